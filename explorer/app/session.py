"""State of one visitor between runs, beside the URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from explorer.insights.name_review import NameChoice
from explorer.search.model import Explanation

HITS_PER_PAGE = 10
PAPERS_PER_PAGE = 30
_HITS = "hits-wanted"
_PAPERS = "papers-wanted"
_TRAIL = "trail"
_SENTENCES = "key-sentences"
_POSTPONED = "later"
_TOGGLED = "turned"
_EDITS = "edits"
_UPLOADS = "uploads"
_WHOLE_MAP_REQUESTS = "calls-for-the-whole-map"
_FOCUS_REQUESTS = "calls-to-search"
_NAME_CHOICES = "name-choices"
_QUESTIONS = "questions"
_VERDICT = "verdict"
_LISTED = "recommended-before"


def hits_shown() -> int:
    """Return the number of hits to list."""
    return int(st.session_state.get(_HITS, HITS_PER_PAGE))


def show_more_hits() -> None:
    """List one page of hits more."""
    st.session_state[_HITS] = hits_shown() + HITS_PER_PAGE


def papers_shown() -> int:
    """Return the number of papers to list."""
    return int(st.session_state.get(_PAPERS, PAPERS_PER_PAGE))


def show_more_papers() -> None:
    """List one page of papers more."""
    st.session_state[_PAPERS] = papers_shown() + PAPERS_PER_PAGE


def reset_lengths() -> None:
    """List one page of hits and of papers again."""
    for name in (_HITS, _PAPERS):
        st.session_state.pop(name, None)


def trail() -> list[str]:
    """Return the papers that led to the open one, the first first; append to it and pop from it."""
    papers: list[str] = st.session_state.setdefault(_TRAIL, [])
    return papers


def clear_trail() -> None:
    """Forget the papers that led to the open one."""
    st.session_state.pop(_TRAIL, None)


def explanations(search: str) -> dict[int, Explanation]:
    """Return the explanations of a search so far, by row; fill it. Only one search is kept."""
    kept = st.session_state.get(_SENTENCES)
    if kept is None or kept[0] != search:
        kept = (search, {})
        st.session_state[_SENTENCES] = kept
    explanations: dict[int, Explanation] = kept[1]
    return explanations


def postpone() -> None:
    """Leave work for after the page is drawn; see :func:`take_postponed`."""
    st.session_state[_POSTPONED] = True


def take_postponed() -> bool:
    """Return whether this run only draws the page, and forget it."""
    return bool(st.session_state.pop(_POSTPONED, False))


def is_toggled(topic: str) -> bool:
    """Whether a topic of the tree was expanded or collapsed since the tree was first shown."""
    return topic in st.session_state.get(_TOGGLED, ())


def toggle(topic: str) -> None:
    """Expand or collapse a topic of the tree."""
    st.session_state[_TOGGLED] = st.session_state.get(_TOGGLED, frozenset()) ^ {topic}


def edit_forms() -> int:
    """Return the number of the current topic forms; another number makes new, empty forms."""
    return int(st.session_state.get(_EDITS, 0))


def reset_edit_forms() -> None:
    """Close and empty the topic forms."""
    st.session_state[_EDITS] = edit_forms() + 1


def name_choices() -> dict[str, NameChoice]:
    """Return the choices of the review of names that are not applied yet, by topic; fill it."""
    choices: dict[str, NameChoice] = st.session_state.setdefault(_NAME_CHOICES, {})
    return choices


def clear_name_choices() -> None:
    """Forget the choices of the review of names."""
    st.session_state.pop(_NAME_CHOICES, None)


@dataclass(slots=True)
class Questions:
    """Questions about papers, by row of one generation."""

    generation: str = ""
    queue: list[int] = field(default_factory=list)
    """Papers to ask about, the next first."""
    answered: int = 0
    skipped: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A star or a dismissal in the list of recommended papers."""

    paper: str
    listed: tuple[str, ...]
    """Ids of the papers that were listed before."""


def questions_in(generation: str) -> Questions:
    """Return the questions of this visit about papers of a generation; change it."""
    kept = st.session_state.get(_QUESTIONS)
    if not isinstance(kept, Questions) or kept.generation != generation:
        kept = st.session_state[_QUESTIONS] = Questions(generation)
    return kept


def reset_questions() -> None:
    """Begin with the first question."""
    st.session_state.pop(_QUESTIONS, None)


def verdict_on(listed: tuple[str, ...], is_judged: Callable[[str], bool]) -> Verdict | None:
    """Return the last verdict in the list of recommended papers, and keep the list as it is now.

    None if there was none, or if it was taken back.
    """
    before: tuple[str, ...] = st.session_state.get(_LISTED, ())
    st.session_state[_LISTED] = listed
    new = next((paper for paper in before if paper not in listed and is_judged(paper)), None)
    verdict: Verdict | None = st.session_state.get(_VERDICT)
    if new is not None:
        verdict = Verdict(new, before)
    elif verdict is not None and not is_judged(verdict.paper):
        verdict = None
    st.session_state[_VERDICT] = verdict
    return verdict


def forget_verdict() -> None:
    """Forget the last verdict in the list of recommended papers."""
    st.session_state.pop(_VERDICT, None)
    st.session_state.pop(_LISTED, None)


def upload_box() -> int:
    """Return the number of the current upload box; another number makes a new, empty box."""
    return int(st.session_state.get(_UPLOADS, 0))


def reset_upload_box() -> None:
    """Empty the upload box."""
    st.session_state[_UPLOADS] = upload_box() + 1


def focus_requests() -> int:
    """Return how often the search box was to get the focus."""
    return int(st.session_state.get(_FOCUS_REQUESTS, 0))


def request_focus() -> None:
    """Let the search box get the focus."""
    st.session_state[_FOCUS_REQUESTS] = focus_requests() + 1


def whole_map_requests() -> int:
    """Return how often the map was to show all papers."""
    return int(st.session_state.get(_WHOLE_MAP_REQUESTS, 0))


def request_whole_map() -> None:
    """Let the map show all papers."""
    st.session_state[_WHOLE_MAP_REQUESTS] = whole_map_requests() + 1


def is_dark() -> bool:
    """Whether the page is shown in the dark theme."""
    return bool(st.context.theme.type == "dark")
