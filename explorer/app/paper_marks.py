"""The user's marks on a paper: its star, status, tags and note."""

from __future__ import annotations

import streamlit as st

from explorer.app import texts
from explorer.app.user import can_write_desk, current_marks, mark_paper
from explorer.desk.desk import LONGEST_NOTE, DeskChange, ReadingState
from explorer.desk.marks import PaperMark
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown

_MOST_TAGS = 3
_LONGEST_NOTE_SHOWN = 300
"""Characters of a note in a list."""


def show_star(generation: Generation, row: int, list_name: str) -> None:
    """Draw a paper's star, which a click puts on or takes off."""
    marks = current_marks(generation)
    if marks is None:
        return
    paper = generation.records.ids[row]
    starred = bool(marks[row].starred)
    st.button(
        texts.UNSTAR if starred else texts.STAR,
        key=f"star-{list_name}-{paper}",
        # style.css draws the two kinds as a full and an empty star.
        type="primary" if starred else "tertiary",
        icon=":material/star:",
        disabled=not can_write_desk(),
        on_click=mark_paper,
        args=(generation, paper, DeskChange(star=not starred)),
    )


def show_dismissal(generation: Generation, row: int, list_name: str) -> None:
    """Draw the button that marks a paper as not for the user, or takes that back."""
    marks = current_marks(generation)
    if marks is None:
        return
    paper = generation.records.ids[row]
    dismissed = marks[row].state is ReadingState.NOT_FOR_ME
    state = ReadingState.NONE if dismissed else ReadingState.NOT_FOR_ME
    st.button(
        texts.STATES[ReadingState.NOT_FOR_ME],
        key=f"dismiss-{list_name}-{paper}",
        type="tertiary",
        icon=":material/check_circle:" if dismissed else ":material/thumb_down:",
        help=texts.UNDO_DISMISSAL if dismissed else texts.DISMISSAL_HELP,
        disabled=not can_write_desk(),
        on_click=mark_paper,
        args=(generation, paper, DeskChange(state=state)),
    )


@st.fragment
def show_marks(generation: Generation, row: int, list_name: str, *, note: bool = False) -> None:
    """Draw a paper's status and tags, with its ``note`` or without, and the form to edit them."""
    marks = current_marks(generation)
    if marks is None:
        return
    paper = generation.records.ids[row]
    summary = marks_summary(marks[row])
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        key=f"keep-{list_name}-{paper}",
        gap="xxsmall",
        wrap=False,
    ):
        # Its label never changes: another label would make it another popover, a closed one.
        popover = st.popover(
            texts.TAGS_AND_NOTE,
            icon=":material/bookmark:",
            type="tertiary",
            key=f"keeper-{list_name}-{paper}",
            on_change="rerun",
        )
        if summary:
            st.caption(summary, width="content")
    with popover, st.container(key=f"keeping-{list_name}-{paper}", gap="small"):
        # style.css gives it its full height from the start, so that it opens where there is room.
        if popover.open:
            show_marks_form(generation, row, list_name)
    if note and marks[row].note:
        with st.container(key=f"note-{list_name}-{paper}"):
            show_note(marks[row])


def show_note(mark: PaperMark) -> None:
    """Draw the beginning of a note, if there is one."""
    if mark.note:
        long = len(mark.note) > _LONGEST_NOTE_SHOWN
        shown = f"{mark.note[:_LONGEST_NOTE_SHOWN]} …" if long else mark.note
        st.caption("  \n".join(escape_markdown(line) for line in shown.splitlines()))


def show_marks_form(generation: Generation, row: int, list_name: str) -> None:
    """Draw status, tags and note of a paper, if there is a desk; each change is saved at once."""
    marks = current_marks(generation)
    if marks is None:
        return
    paper, mark = generation.records.ids[row], marks[row]
    st.caption(texts.SAVED_AUTOMATICALLY)
    name = f"{list_name}-{paper}"
    disabled = not can_write_desk()
    _set_value(f"state-{name}", None if mark.state is ReadingState.NONE else mark.state)
    st.segmented_control(
        texts.STATUS,
        list(texts.STATES),
        format_func=lambda state: texts.STATES[state],
        key=f"state-{name}",
        label_visibility="collapsed",
        disabled=disabled,
        on_change=_save_state,
        args=(generation, paper, f"state-{name}"),
    )
    _set_value(f"tags-{name}", list(mark.tags))
    st.multiselect(
        texts.TAGS,
        sorted({*marks.tags, *mark.tags}),
        key=f"tags-{name}",
        label_visibility="collapsed",
        placeholder=texts.TAGS,
        accept_new_options=True,
        disabled=disabled,
        on_change=_save_tags,
        args=(generation, paper, f"tags-{name}", mark.tags),
    )
    _set_value(f"note-{name}", mark.note)
    st.text_area(
        texts.NOTE,
        key=f"note-{name}",
        label_visibility="collapsed",
        placeholder=texts.NOTE,
        max_chars=LONGEST_NOTE,
        height=90,
        disabled=disabled,
        on_change=_save_note,
        args=(generation, paper, f"note-{name}"),
    )


def _set_value(key: str, value: object) -> None:
    """Set a widget to the value on the desk."""
    # Setting a value, even the same one, would discard what is being typed.
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def marks_summary(mark: PaperMark) -> str:
    """Return status, tags and whether there is a note in a few words, as Markdown."""
    parts = [texts.STATES[mark.state]] if mark.state in texts.STATES else []
    parts += [escape_markdown(f"#{tag}") for tag in mark.tags[:_MOST_TAGS]]
    more = len(mark.tags) - _MOST_TAGS
    parts += [rf"\+{more}"] if more > 0 else []
    parts += [texts.HAS_NOTE] if mark.note else []
    return " · ".join(parts)


def _save_state(generation: Generation, paper: str, key: str) -> None:
    state = ReadingState(st.session_state[key] or ReadingState.NONE)
    mark_paper(generation, paper, DeskChange(state=state))


def _save_tags(generation: Generation, paper: str, key: str, before: tuple[str, ...]) -> None:
    tags = [str(tag) for tag in st.session_state[key]]
    added = tuple(tag for tag in tags if tag not in before)
    dropped = tuple(tag for tag in before if tag not in tags)
    mark_paper(generation, paper, DeskChange(add_tags=added, drop_tags=dropped))


def _save_note(generation: Generation, paper: str, key: str) -> None:
    mark_paper(generation, paper, DeskChange(note=str(st.session_state[key] or "")))
