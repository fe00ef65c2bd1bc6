"""Topic edits: rename, merge and pin topics, and undo it."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.app import navigation, session, texts
from explorer.app.headings import view_heading
from explorer.app.list_rows import topic_button
from explorer.app.resources import (
    current_generation,
    edit_outcomes,
    library_folder,
    read_only_reason,
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

_Action = tuple[str, Callable[[], Topic | None]]
"""An edit's name while it runs, and the function that makes it and returns the topic to show."""


def edits_of(generation: Generation, topic: Topic) -> list[TopicEdit]:
    """Return the edits of a topic; warn on the page if they cannot be read."""
    node = node_of(generation, topic)
    return [
        outcome.edit
        for outcome in _outcomes(generation)
        if outcome.topic is not None and node_of(generation, outcome.topic) is node
    ]


def show_edit_menu(generation: Generation, topic: Topic, edits: Sequence[TopicEdit]) -> None:
    """Draw the popover with the forms that edit a topic, unless the library is read-only."""
    if read_only_reason():
        return
    with (
        st.popover(
            texts.EDIT,
            type="tertiary",
            icon=":material/edit:",
            key=f"edit-{_form_key(topic)}",
        ),
        st.container(key="edits"),
    ):
        forms: list[Callable[[], _Action | None]] = [
            lambda: _rename_form(topic),
            lambda: _merge_form(generation, topic),
            lambda: _pin_button(topic, edits),
        ]
        submitted: list[tuple[DeltaGenerator, _Action]] = []
        for draw in forms:
            section = st.container()
            with section:
                action = draw()
            if action is not None:
                submitted.append((section, action))
        # Only after all forms are drawn: a form that is not drawn loses what was typed into it.
        for section, (spinner, act) in submitted:
            with section:
                run_edit(spinner, act)
        _move_focus_here()


def show_topic_edits(topic: Topic, edits: Sequence[TopicEdit]) -> None:
    """Draw the edits of a topic, each with a button that undoes it."""
    if not edits:
        return
    naming = [one for one in edits if _names(one, topic)]
    # A rename has precedence over the name given by a merge or a pin.
    naming.sort(key=lambda one: (one.kind is EditKind.RENAME, one.number))
    with st.container(key="topic-edits", gap="xsmall"):
        for one in edits:
            _show_edit(_text(one, topic, is_naming=one in naming[-1:]), one, topic)


def show_all_edits(generation: Generation) -> None:
    """List all topic edits and the topics they apply to, if there are any."""
    outcomes = _outcomes(generation)
    if not outcomes:
        return
    view_heading(texts.YOUR_EDITS)
    with st.container(key="all-edits", gap="small"):
        for outcome in outcomes:
            with st.container(gap=None):
                one = outcome.edit
                _show_edit(texts.edit(one.kind, one.about, one.name), one, None)
                _show_outcome(generation, outcome)


def _show_outcome(generation: Generation, outcome: EditOutcome) -> None:
    topic = outcome.topic
    if topic is None:
        st.caption(texts.INACTIVE)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(texts.APPLIES_TO, width="content")
        topic_button(node_of(generation, topic).topic, f"edit{outcome.edit.number}")
        st.caption(f"{topic.size:,}", width="content")


def _rename_form(topic: Topic) -> _Action | None:
    with st.form(f"rename-{_form_key(topic)}", border=False), _form_row():
        name = st.text_input(
            texts.NAME,
            topic.label[:LONGEST_NAME],
            max_chars=LONGEST_NAME,
            key=f"name-{_form_key(topic)}",
            autocomplete="off",
        )
        if not st.form_submit_button(texts.RENAME, key=f"do-rename-{_form_key(topic)}"):
            return None
    return texts.RENAMING, lambda: apply_edits.rename(_library(), topic.id, name).topic


def _merge_form(generation: Generation, topic: Topic) -> _Action | None:
    others = {other.id: other for other in _mergeable(generation, topic)}
    if not others:
        return None
    with st.form(f"merge-{_form_key(topic)}", border=False):
        chosen = st.selectbox(
            texts.MERGE_WITH,
            [*others],
            index=None,
            format_func=lambda other: f"{others[other].label} · {others[other].size:,}",
            key=f"other-{_form_key(topic)}",
            placeholder=texts.CHOOSE_TOPIC,
        )
        with _form_row():
            name = st.text_input(
                texts.MERGED_NAME,
                max_chars=LONGEST_NAME,
                key=f"both-{_form_key(topic)}",
                autocomplete="off",
                label_visibility="collapsed",
                placeholder=texts.NEW_NAME,
            )
            merged = st.form_submit_button(texts.MERGE, key=f"do-merge-{_form_key(topic)}")
        if not merged:
            return None
    if chosen is None:
        st.warning(texts.NO_MERGE_CHOSEN)
        return None
    pair = [topic.id, chosen]
    return texts.MERGING, lambda: apply_edits.merge(_library(), pair, name.strip()).topic


def _mergeable(generation: Generation, topic: Topic) -> list[Topic]:
    """Return the other topics of its level, its siblings first, then the largest."""
    others = (other for other in generation.levels[topic.level] if other.id != topic.id)
    return sorted(others, key=lambda other: (other.parent != topic.parent, -other.size, other.id))


def _pin_button(topic: Topic, edits: Sequence[TopicEdit]) -> _Action | None:
    if any(one.kind is EditKind.PIN for one in edits):
        return None
    with _form_row():
        st.caption(texts.PIN_HELP)
        if not st.button(texts.PIN, key=f"do-pin-{_form_key(topic)}"):
            return None
    return texts.PINNING, lambda: apply_edits.pin(_library(), topic.id).topic


def _show_edit(text: str, edit: TopicEdit, topic: Topic | None) -> None:
    """Draw an edit with its undo button; ``topic`` is the open one, None in the list of all."""
    with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False):
        st.markdown(escape_markdown(text))
        pressed = not read_only_reason() and st.button(
            texts.UNDO,
            key=f"undo-{session.edit_forms()}-{edit.number}",
            type="tertiary",
            icon=":material/undo:",
        )
    if pressed:
        run_edit(texts.UNDOING, lambda: _undo(edit, topic))


def _undo(edit: TopicEdit, topic: Topic | None) -> Topic | None:
    """Undo an edit, and return the topic in place of ``topic``."""
    apply_edits.undo(_library(), edit.number)
    if topic is None:
        return None
    generation = current_generation()
    # A merged topic comes apart: show the part with its most central paper.
    row = next(map(generation.records.find, topic.representatives), None)
    return None if row is None else generation.topics_of(row)[: topic.level + 1][-1]


def run_edit(spinner: str, act: Callable[[], Topic | None]) -> None:
    """Make an edit and draw the page anew at the topic it returns, or warn why that failed."""
    with st.empty():
        try:
            with st.spinner(spinner):
                topic = act()
                session.reset_edit_forms()
                generation = current_generation()
                if topic is not None and topic.id in generation.topics:
                    navigation.filter_by_topic(node_of(generation, topic).topic.id)
        except ExplorerError as error:
            st.warning(escape_markdown(str(error)))
        except Exception:
            logging.getLogger(__name__).exception("editing a topic failed")
            st.warning(texts.FAILED)
        else:
            st.rerun()


def _outcomes(generation: Generation) -> Sequence[EditOutcome]:
    """Return all topic edits; warn on the page if they cannot be read."""
    try:
        return edit_outcomes(generation)
    except ExplorerError as error:
        st.warning(escape_markdown(str(error)))
        return ()


def _names(edit: TopicEdit, topic: Topic) -> bool:
    """Whether the topic has the name that the edit gave it."""
    return topic.named_by == YOU and edit.name.casefold() == topic.label.casefold()


def _text(edit: TopicEdit, topic: Topic, *, is_naming: bool) -> str:
    """Return an edit as its topic's page shows it; ``is_naming``: the topic's name is from it."""
    if edit.kind is EditKind.MERGE:
        text = texts.merged_here(edit.about)
    elif edit.kind is EditKind.PIN:
        merged = len(edit.about) > 1
        text = texts.merged_and_pinned_here(edit.about) if merged else texts.PINNED_HERE
    else:
        text = texts.NAMED_HERE if _names(edit, topic) else texts.named_otherwise(edit.name)
    automatic = topic.computed_name.label
    if is_naming and automatic.casefold() != topic.label.casefold():
        text = texts.automatic_name(text, automatic)
    return f"{text}."


def _move_focus_here() -> None:
    """Let the next Tab lead to the first form; a popover stands last in the document."""
    # The script runs whenever the forms open. No input takes the focus: a phone would then cover
    # half of the forms with its keyboard.
    st.html(
        "<script>{const edits = document.querySelector('.st-key-edits');"
        "edits.tabIndex = -1; edits.focus({preventScroll: true})}</script>",
        unsafe_allow_javascript=True,
    )


def _form_row() -> DeltaGenerator:
    """Return a row of a form: an input and its button at the end."""
    return st.container(horizontal=True, vertical_alignment="bottom", gap="small", wrap=False)


def _library() -> LibraryStore:
    return LibraryStore(library_folder())


def _form_key(topic: Topic) -> str:
    """Return a key for this topic's forms.

    It holds the name too: after a build an id may be another topic's, whose forms are empty.
    """
    return f"{session.edit_forms()}-{topic.id}-{zlib.crc32(topic.label.encode()):x}"
