"""The user of the page, and their desk.

Where sign-in is configured (an ``[auth]`` table in Streamlit's ``secrets.toml``), every user who
signs in has a desk of their own. Elsewhere the page has one user, and one desk.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import streamlit as st

from explorer.app.resources import is_switched_on, library_folder
from explorer.desk.desk import Desk, DeskChange, default_user, desk_of
from explorer.desk.marks import PaperMarks, mark_papers, marks_of
from explorer.errors import ExplorerError
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown

_SAID = "said-of-the-desk"


def is_admitted() -> bool:
    """Whether the page may be shown: nobody need sign in, or this visitor has, or guests may come.

    Else the way to sign in is drawn.
    """
    if _claims().get("is_logged_in") is not False or is_switched_on("EXPLORER_GUESTS"):
        return True
    st.markdown("### Literature Explorer")
    st.markdown("Sign in to search this library, and to have a desk of your own in it.")
    _ways_in()
    return False


def show_user() -> None:
    """Draw who is signed in and the way out, or the way in; nothing where nobody signs in."""
    signed_in = _claims().get("is_logged_in")
    if signed_in:
        told = str(_claims().get("name") or _claims().get("email") or "you")
        if st.button("Sign out", key="sign-out", type="tertiary", help=f"Signed in as {told}"):
            st.logout()
    elif signed_in is False:
        _ways_in()


def user_name() -> str:
    """Return whose desk it is; empty where a visitor could sign in and has not.

    Who signed in is known by the provider's own id for them, which nobody else is ever given;
    names and mail addresses can change hands.
    """
    claims = _claims()
    signed_in = claims.get("is_logged_in")
    if signed_in is None:
        return default_user()
    if not signed_in or not claims.get("sub"):
        return ""
    issuer = str(claims.get("iss", "")).partition("://")[2]
    return f"{claims['sub']}@{issuer}"


def desk_here() -> Desk | None:
    """Return the user's desk; None for guests, and where a page of nobody's is only looked at."""
    user = user_name()
    is_shared = _claims().get("is_logged_in") is None
    if not user or (is_shared and is_switched_on("EXPLORER_READ_ONLY")):
        return None
    return desk_of(library_folder(), user)


def can_mark() -> bool:
    """Whether the user's desk can be written."""
    desk = desk_here()
    if desk is None:
        return False
    place = desk.path if desk.path.exists() else desk.path.parent
    return os.access(place, os.W_OK) and os.access(desk.path.parent, os.W_OK)


def marks_here(generation: Generation) -> PaperMarks | None:
    """Return what the user's desk says of ``generation``; None where there is no desk.

    A desk that cannot be read is told of once, and the page works as without one.
    """
    desk = desk_here()
    if desk is None:
        return None
    try:
        return marks_of(generation, desk)
    except ExplorerError as error:
        if st.session_state.get(_SAID) != str(error):
            st.session_state[_SAID] = str(error)
            logging.getLogger(__name__).error("%s", error)
            st.toast(escape_markdown(str(error)), icon=":material/error:")
        return None


def change(generation: Generation, paper: str, what: DeskChange) -> None:
    """Do something with a paper of the library; what cannot be done is told."""
    on_desk(lambda desk: mark_papers(generation, desk, [paper], what))


def on_desk(act: Callable[[Desk], object]) -> None:
    """Do something with the user's desk; what cannot be done is told."""
    desk = desk_here()
    if desk is None:
        return
    try:
        act(desk)
    except ExplorerError as error:
        st.toast(escape_markdown(str(error)), icon=":material/error:")


def _claims() -> dict[str, object]:
    """Return what the identity provider says of the visitor; nothing where none is configured."""
    return dict(st.user.to_dict())


def _ways_in() -> None:
    """Draw a button for each identity provider."""
    configured = st.secrets.get("auth", {})
    named = [name for name, value in configured.items() if hasattr(value, "items")]
    for name in named if "client_id" not in configured else [None]:
        label = "Sign in" if name is None else f"Sign in with {name.capitalize()}"
        if st.button(label, key=f"sign-in-{name or ''}", type="tertiary", icon=":material/login:"):
            st.login(name)
