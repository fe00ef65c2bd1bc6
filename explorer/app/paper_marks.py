"""A user's marks on a paper: star, tags, note, reading state."""

from __future__ import annotations

import streamlit as st

from explorer.app.user import can_mark, change, marks_here
from explorer.desk.desk import LONGEST_NOTE, DeskChange, ReadingState
from explorer.desk.marks import PaperMark, PaperMarks
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown

STATES = {
    ReadingState.TO_READ: "To read",
    ReadingState.READ: "Read",
    ReadingState.NOT_FOR_ME: "Not for me",
}
_MOST_TAGS_SHOWN = 3
_NOTE_SHOWN = 300
"""Signs of a note that are shown beside other things."""


def show_star(generation: Generation, row: int, where: str) -> None:
    """Draw a paper's star, which a click puts on or takes off; ``where`` tells it from others."""
    marks = marks_here(generation)
    if marks is None:
        return
    paper = generation.records.ids[row]
    starred = bool(marks[row].starred)
    st.button(
        "Take the star off" if starred else "Star this paper",
        key=f"star-{where}-{paper}",
        # The kinds differ only in what style.css makes of them.
        type="primary" if starred else "tertiary",
        icon=":material/star:",
        disabled=not can_mark(),
        on_click=change,
        args=(generation, paper, DeskChange(star=not starred)),
    )


@st.fragment
def show_keeping(generation: Generation, row: int, where: str, *, note: bool = False) -> None:
    """Draw what stands on a paper, with its ``note`` or without, and what opens to change it."""
    marks = marks_here(generation)
    if marks is None:
        return
    paper = generation.records.ids[row]
    told = _summary(marks[row])
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        key=f"keep-{where}-{paper}",
        gap="xxsmall",
        wrap=False,
    ):
        # Its label stays: under another one it would be another popover, and closed.
        opened = st.popover(
            "Keep",
            icon=":material/bookmark:",
            type="tertiary",
            key=f"keeper-{where}-{paper}",
            on_change="rerun",
        )
        if told:
            st.caption(told, width="content")
    with opened, st.container(key=f"keeping-{where}-{paper}", gap="small"):
        # Something is there from the start, as high as all of it: it opens where there is room.
        st.caption("Kept on your desk as you change it")
        if opened.open:
            _show_form(generation, row, marks, where)
    if note:
        show_note(marks[row])


def show_note(mark: PaperMark) -> None:
    """Draw the beginning of a note, if there is one."""
    if mark.note:
        shown = mark.note if len(mark.note) <= _NOTE_SHOWN else f"{mark.note[:_NOTE_SHOWN]} …"
        st.caption("  \n".join(escape_markdown(line) for line in shown.splitlines()))


def _show_form(generation: Generation, row: int, marks: PaperMarks, where: str) -> None:
    """Draw state, tags and note of a paper; what is changed is kept at once."""
    paper, mark = generation.records.ids[row], marks[row]
    name = f"{where}-{paper}"
    disabled = not can_mark()
    _shows(f"state-{name}", None if mark.state is ReadingState.NONE else mark.state)
    st.segmented_control(
        "ReadingState",
        list(STATES),
        format_func=lambda state: STATES[state],
        key=f"state-{name}",
        label_visibility="collapsed",
        disabled=disabled,
        on_change=_state_chosen,
        args=(generation, paper, f"state-{name}"),
    )
    _shows(f"tags-{name}", list(mark.tags))
    st.multiselect(
        "Tags",
        sorted({*marks.tags, *mark.tags}),
        key=f"tags-{name}",
        label_visibility="collapsed",
        placeholder="Tags",
        accept_new_options=True,
        disabled=disabled,
        on_change=_tags_chosen,
        args=(generation, paper, f"tags-{name}", mark.tags),
    )
    _shows(f"note-{name}", mark.note)
    st.text_area(
        "Note",
        key=f"note-{name}",
        label_visibility="collapsed",
        placeholder="Note",
        max_chars=LONGEST_NOTE,
        height=90,
        disabled=disabled,
        on_change=_note_written,
        args=(generation, paper, f"note-{name}"),
    )


def _shows(key: str, value: object) -> None:
    """Let a widget show what the desk says, which is right; it writes back what is changed."""
    # A value that is set, even to the same, takes away what is being typed.
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _summary(mark: PaperMark) -> str:
    """Return state, tags and whether there is a note in a few words, as Markdown."""
    parts = [STATES[mark.state]] if mark.state in STATES else []
    parts += [escape_markdown(f"#{tag}") for tag in mark.tags[:_MOST_TAGS_SHOWN]]
    more = len(mark.tags) - _MOST_TAGS_SHOWN
    parts += [rf"\+{more}"] if more > 0 else []
    parts += ["note"] if mark.note else []
    return " · ".join(parts)


def _state_chosen(generation: Generation, paper: str, key: str) -> None:
    change(
        generation,
        paper,
        DeskChange(state=ReadingState(st.session_state[key] or ReadingState.NONE)),
    )


def _tags_chosen(generation: Generation, paper: str, key: str, before: tuple[str, ...]) -> None:
    now = [str(tag) for tag in st.session_state[key]]
    dropped = tuple(tag for tag in before if tag not in now)
    added = tuple(tag for tag in now if tag not in before)
    change(generation, paper, DeskChange(add_tags=added, drop_tags=dropped))


def _note_written(generation: Generation, paper: str, key: str) -> None:
    change(generation, paper, DeskChange(note=str(st.session_state[key] or "")))
