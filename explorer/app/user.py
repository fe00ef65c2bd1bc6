"""The user of the page, and their desk.

Where sign-in is configured (an ``[auth]`` table in Streamlit's ``secrets.toml``), every user who
signs in has a desk of their own. Elsewhere the page has one user, and one desk.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import streamlit as st

from explorer.app import texts
from explorer.app.headings import page_title
from explorer.app.resources import is_switched_on, library_folder
from explorer.desk.desk import Desk, DeskChange, default_user, desk_of
from explorer.desk.marks import PaperMarks, mark_papers, marks_of
from explorer.errors import ExplorerError
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown

_LAST_ERROR = "desk-error"


def is_admitted() -> bool:
    """Whether the page may be shown: to users who signed in, to guests, or to all without sign-in.

    Else the buttons to sign in are drawn.
    """
    if _claims().get("is_logged_in") is not False or is_switched_on("EXPLORER_GUESTS"):
        return True
    page_title()
    st.markdown(texts.SIGN_IN_TO_SEARCH)
    _show_sign_in()
    return False


def show_user() -> None:
    """Draw the button to sign out or to sign in; nothing without sign-in."""
    is_signed_in = _claims().get("is_logged_in")
    if is_signed_in:
        name = str(_claims().get("name") or _claims().get("email") or texts.YOU)
        help_text = texts.signed_in_as(name)
        if st.button(texts.SIGN_OUT, key="sign-out", type="tertiary", help=help_text):
            st.logout()
    elif is_signed_in is False:
        _show_sign_in()


def user_name() -> str:
    """Return the user of the desk; empty where a visitor could sign in and has not.

    It is the identity provider's own id, which is never given to anybody else; names and mail
    addresses can change hands.
    """
    claims = _claims()
    is_signed_in = claims.get("is_logged_in")
    if is_signed_in is None:
        return default_user()
    if not is_signed_in or not claims.get("sub"):
        return ""
    issuer = str(claims.get("iss", "")).partition("://")[2]
    return f"{claims['sub']}@{issuer}"


def current_desk() -> Desk | None:
    """Return the user's desk; None for guests, and on a read-only page without sign-in."""
    user = user_name()
    is_shared = _claims().get("is_logged_in") is None
    if not user or (is_shared and is_switched_on("EXPLORER_READ_ONLY")):
        return None
    return desk_of(library_folder(), user)


def can_write_desk() -> bool:
    """Whether the user's desk can be written."""
    desk = current_desk()
    if desk is None:
        return False
    file_or_folder = desk.path if desk.path.exists() else desk.path.parent
    return os.access(file_or_folder, os.W_OK) and os.access(desk.path.parent, os.W_OK)


def current_marks(generation: Generation) -> PaperMarks | None:
    """Return the user's marks on the papers of ``generation``; None without a desk.

    An unreadable desk is reported once, and the page works as without one.
    """
    desk = current_desk()
    if desk is None:
        return None
    try:
        return marks_of(generation, desk)
    except ExplorerError as error:
        if st.session_state.get(_LAST_ERROR) != str(error):
            st.session_state[_LAST_ERROR] = str(error)
            logging.getLogger(__name__).error("%s", error)
            st.toast(escape_markdown(str(error)), icon=":material/error:")
        return None


def mark_paper(generation: Generation, paper: str, change: DeskChange) -> None:
    """Change the marks on a paper; errors are shown as a toast."""
    change_desk(lambda desk: mark_papers(generation, desk, [paper], change))


def change_desk(act: Callable[[Desk], object]) -> None:
    """Change the user's desk; errors are shown as a toast."""
    desk = current_desk()
    if desk is None:
        return
    try:
        act(desk)
    except ExplorerError as error:
        st.toast(escape_markdown(str(error)), icon=":material/error:")


def _claims() -> dict[str, object]:
    """Return the identity provider's claims about the visitor; empty without sign-in."""
    return dict(st.user.to_dict())


def _show_sign_in() -> None:
    """Draw a button for each identity provider."""
    configured = st.secrets.get("auth", {})
    named = [name for name, value in configured.items() if hasattr(value, "items")]
    for name in named if "client_id" not in configured else [None]:
        label = texts.SIGN_IN if name is None else texts.sign_in_with(name)
        if st.button(label, key=f"sign-in-{name or ''}", type="tertiary", icon=":material/login:"):
            st.login(name)
