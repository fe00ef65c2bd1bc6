"""Saying what topics are: rename, merge and pin one, and take back what was said."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.app import state
from explorer.app.hits import topic_button
from explorer.app.resources import (
    current_generation,
    library_folder,
    said_of,
    why_read_only,
)
from explorer.builds import apply_edits
from explorer.builds.apply_edits import EditOutcome
from explorer.errors import ExplorerError
from explorer.insights.topic_tree import node_of
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.text import escape_markdown
from explorer.topics.communities import LONGEST_NAME, Topic
from explorer.topics.edits import YOU, EditKind, TopicEdit

_Saying = tuple[str, Callable[[], Topic | None]]
"""What is being done, for people to read, and what does it; it returns the topic to go to."""


def said_of_topic(generation: Generation, topic: Topic) -> list[TopicEdit]:
    """Return what people said of a topic; where that cannot be read, say so."""
    standing = node_of(generation, topic)
    return [
        one.statement
        for one in _said(generation)
        if one.topic is not None and node_of(generation, one.topic) is standing
    ]


def show_editing(generation: Generation, topic: Topic, said: Sequence[TopicEdit]) -> None:
    """Draw the button that unfolds all that can be said of a topic, where it can be said here."""
    if why_read_only():
        return
    with (
        st.popover("Edit", type="tertiary", icon=":material/edit:", key=f"edit-{_form_of(topic)}"),
        st.container(key="edits"),
    ):
        forms: list[Callable[[], _Saying | None]] = [
            lambda: _rename(topic),
            lambda: _merge(generation, topic),
            lambda: _pin(topic, said),
        ]
        asked: list[tuple[DeltaGenerator, _Saying]] = []
        for draw in forms:
            section = st.container()
            with section:
                saying = draw()
            if saying is not None:
                asked.append((section, saying))
        # Only once all forms are drawn: what is typed into one that is not is lost.
        for section, (doing, say) in asked:
            with section:
                _do(doing, say)
        _move_focus_here()


def show_said(topic: Topic, said: Sequence[TopicEdit]) -> None:
    """Tell what people said of a topic, each with a button that takes it back."""
    if not said:
        return
    naming = [one for one in said if _is_in_force(one, topic)]
    # A rename outdoes the name that a merge or a pin came with.
    naming.sort(key=lambda one: (one.kind is EditKind.RENAME, one.number))
    with st.container(key="said", gap="xsmall"):
        for statement in said:
            names = statement in naming[-1:]
            _told(_as_told(statement, topic, names=names), statement, topic)


def show_all_said(generation: Generation) -> None:
    """List all that people said of topics, and what it bears on now, if there is any."""
    said = _said(generation)
    if not said:
        return
    st.markdown("##### What you said of topics")
    with st.container(key="all-said", gap="small"):
        for one in said:
            with st.container(gap=None):
                _told(_as_listed(one.statement), one.statement, None)
                _bearing(generation, one)


def _bearing(generation: Generation, said: EditOutcome) -> None:
    """Tell which topic a statement bears on now."""
    topic = said.topic
    if topic is None:
        st.caption("It rests: no topic matches it now.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption("now", width="content")
        topic_button(node_of(generation, topic).topic, f"said{said.statement.number}")
        st.caption(f"{topic.size:,}", width="content")


def _rename(topic: Topic) -> _Saying | None:
    with st.form(f"rename-{_form_of(topic)}", border=False), _line():
        name = st.text_input(
            "Name",
            topic.label[:LONGEST_NAME],
            max_chars=LONGEST_NAME,
            key=f"name-{_form_of(topic)}",
            autocomplete="off",
        )
        if not st.form_submit_button("Rename", key=f"do-rename-{_form_of(topic)}"):
            return None
    return "Renaming", lambda: apply_edits.rename(_library(), topic.id, name).topic


def _merge(generation: Generation, topic: Topic) -> _Saying | None:
    others = {other.id: other for other in _mergeable(generation, topic)}
    if not others:
        return None
    with st.form(f"merge-{_form_of(topic)}", border=False):
        chosen = st.selectbox(
            "Merge with",
            [*others],
            index=None,
            format_func=lambda other: f"{others[other].label} · {others[other].size:,}",
            key=f"other-{_form_of(topic)}",
            placeholder="Choose a topic of this level",
        )
        with _line():
            name = st.text_input(
                "Name of both",
                max_chars=LONGEST_NAME,
                key=f"both-{_form_of(topic)}",
                autocomplete="off",
                label_visibility="collapsed",
                placeholder="Name of both, if you like",
            )
            merged = st.form_submit_button("Merge", key=f"do-merge-{_form_of(topic)}")
        if not merged:
            return None
    if chosen is None:
        st.warning("Choose the topic to merge it with.")
        return None
    return "Merging", lambda: apply_edits.merge(_library(), [topic.id, chosen], name.strip()).topic


def _mergeable(generation: Generation, topic: Topic) -> list[Topic]:
    """Return the other topics of its level, its siblings first, then the largest."""
    others = (other for other in generation.levels[topic.level] if other.id != topic.id)
    return sorted(others, key=lambda other: (other.parent != topic.parent, -other.size, other.id))


def _pin(topic: Topic, said: Sequence[TopicEdit]) -> _Saying | None:
    if any(statement.kind is EditKind.PIN for statement in said):
        return None
    with _line():
        st.caption("Hold its papers together under this name, whatever later builds find.")
        if not st.button("Pin", key=f"do-pin-{_form_of(topic)}"):
            return None
    return "Pinning", lambda: apply_edits.pin(_library(), topic.id).topic


def _told(line: str, statement: TopicEdit, topic: Topic | None) -> None:
    """Draw one thing that was said, with what takes it back, if it can be; stay on ``topic``."""
    with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False):
        st.markdown(escape_markdown(line))
        wanted = not why_read_only() and st.button(
            "Take back",
            key=f"take-back-{state.edits()}-{statement.number}",
            type="tertiary",
            icon=":material/undo:",
        )
    if wanted:
        _do("Taking it back", lambda: _take_back(statement, topic))


def _take_back(statement: TopicEdit, topic: Topic | None) -> Topic | None:
    """Take back a statement, and return what stands where ``topic`` stood."""
    apply_edits.undo(_library(), statement.number)
    if topic is None:
        return None
    generation = current_generation()
    # What was merged comes apart: its most central paper tells which part to show.
    row = next(map(generation.records.find, topic.representatives), None)
    return None if row is None else generation.topics_of(row)[: topic.level + 1][-1]


def _do(doing: str, say: Callable[[], Topic | None]) -> None:
    """Do what was asked and show the page anew, at the topic that it returns, or say why not."""
    with st.empty():
        try:
            with st.spinner(f"{doing} ..."):
                topic = say()
                state.start_edits_anew()
                generation = current_generation()
                if topic is not None and topic.id in generation.topics:
                    state.filter_by(node_of(generation, topic).topic.id)
        except ExplorerError as error:
            st.warning(escape_markdown(str(error)))
        except Exception:
            logging.getLogger(__name__).exception("what was said of a topic fails")
            st.warning("That did not work; the server's log says why.")
        else:
            st.rerun()


def _said(generation: Generation) -> Sequence[EditOutcome]:
    """Return all that was said; where that cannot be read, say so."""
    try:
        return said_of(generation)
    except ExplorerError as error:
        st.warning(escape_markdown(str(error)))
        return ()


def _is_in_force(statement: TopicEdit, topic: Topic) -> bool:
    return topic.named_by == YOU and statement.name.casefold() == topic.label.casefold()


def _as_told(statement: TopicEdit, topic: Topic, *, names: bool) -> str:
    """Tell of a statement on the page of its topic; ``names``: whether that has its name by it."""
    if statement.kind is EditKind.MERGE:
        told = f"You merged {_quoted(statement.about)}"
    elif statement.kind is EditKind.PIN:
        told = "You pinned its papers together"
    elif _is_in_force(statement, topic):
        told = "You named this topic"
    else:
        told = f"You named it “{statement.name}”; another name is in force"
    found = topic.own_name.label
    if names and found.casefold() != topic.label.casefold():
        told += f"; its papers call it “{found}”"
    return f"{told}."


def _as_listed(statement: TopicEdit) -> str:
    about, name = _quoted(statement.about), f"“{statement.name}”"
    if statement.kind is EditKind.RENAME:
        return f"You renamed {about} to {name}"
    verb = "merged" if statement.kind is EditKind.MERGE else "pinned"
    return f"You {verb} {about}" + (f" as {name}" if statement.name and name != about else "")


def _quoted(names: Sequence[str]) -> str:
    *first, last = [f"“{name}”" for name in names] or ["topics"]
    return f"{', '.join(first)} and {last}" if first else last


def _move_focus_here() -> None:
    """Let the next tab key lead to the first form; what unfolds stands last in the document."""
    # The script runs whenever the forms unfold. No input takes the focus: a phone would then cover
    # half of the forms with its keyboard.
    st.html(
        "<script>{const edits = document.querySelector('.st-key-edits');"
        "edits.tabIndex = -1; edits.focus({preventScroll: true})}</script>",
        unsafe_allow_javascript=True,
    )


def _line() -> DeltaGenerator:
    """Return a row of a form: what is asked, and its button at the end."""
    return st.container(horizontal=True, vertical_alignment="bottom", gap="small", wrap=False)


def _library() -> LibraryStore:
    return LibraryStore(library_folder())


def _form_of(topic: Topic) -> str:
    """Return what tells this topic's forms from others.

    By its name too: after a build an id may be another topic's, of which nothing was asked.
    """
    return f"{state.edits()}-{topic.id}-{zlib.crc32(topic.label.encode()):x}"
