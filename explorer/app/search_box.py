"""The search box, how it was understood, and what narrows a search."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from explorer.app import state
from explorer.app.user import marks_here
from explorer.desk.marks import PaperMarks
from explorer.insights.topic_tree import shown_level
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown
from explorer.search.facets import AMONG_BEST, Count, facets, rows_to_count
from explorer.search.filters import Filters, inside
from explorer.search.query import ON_DESK, Clause, Field, parse
from explorer.search.search import Mode, Query, Results, Sort

_EXAMPLES = 4
_MODES = {Mode.HYBRID: "Meaning + words", Mode.DENSE: "Meaning", Mode.LEXICAL: "Words"}
_SORTS = {Sort.RELEVANCE: "Best", Sort.DATE: "Newest"}
_SHORT = 44
"""Signs of a title or a venue on a button."""
_HEADINGS = {
    Field.TOPIC: "Topic",
    Field.YEAR: "Year",
    Field.VENUE: "Venue",
    Field.SOURCE: "Digest",
    Field.IS: "Desk",
    Field.TAG: "Tag",
}
_PIECE = re.compile(r'[^\s"“”]*["“”][^"“”]*["“”]?|\S+')
_QUOTES = re.compile(r'["“”]')
_BOILERPLATE = re.compile(r"^(?:in )?proceedings of (?:the )?", re.IGNORECASE)
_MEANT = re.compile(r"did you mean (?P<field>\w+):(?P<value>.+)\?$")
_ANY = Clause(Field.HAS, "date")
_HELP = """
| Type | to find papers |
|---|---|
| `diffusion models` | about these words, by meaning and wording |
| `"speculative decoding"` | that hold this phrase, inflected or not |
| `-survey` `-"case study"` | without it |
| `title:segmentation` | with the word in the title; `abstract:` likewise |
| `author:"Ada Lovelace"` | by this author |
| `venue:neurips` `category:cs.CL` `keyword:robotics` | with these words there |
| `year:2023` `year:2020..2022` `year:2023..` | of these years |
| `topic:"video generation"` | of this topic |
| `source:march.txt` | read in this digest |
| `has:abstract` | that have one; also `doi`, `arxiv`, `venue`, `authors`, `date` |
| `is:starred` `tag:thesis` | on your desk so; also `to-read`, `read`, `not-for-me`, `noted` |
| `like:2405.14458` `unlike:10.1000/5` | like this paper, unlike that one |
| `like:starred` `unlike:dismissed` | like what you starred, unlike what is not for you |

A pasted abstract is searched as it is, whatever marks stand in it.

Keys: `/` to the search box, `j` `k` or `↓` `↑` through the hits, `Enter` opens, `s` stars,
`Esc` goes back.
"""


@dataclass(frozen=True, slots=True)
class SearchForm:
    """What the page is asked for."""

    text: str
    mode: Mode
    topic: str
    sort: Sort
    varied: bool
    alike: tuple[str, ...]
    """Papers that hits are to be like, beside those that the text names."""
    within: state.Corners
    """The region of the map that is searched in."""
    desk: PaperMarks | None
    """The user's marks, for the fields of a query that refer to the desk."""

    @property
    def is_search(self) -> bool:
        """Whether there is anything to search for, not only something to choose among."""
        return bool(self.text.strip() or self.alike)

    @property
    def query(self) -> Query:
        return Query(
            text=self.text,
            like=self.alike,
            filters=Filters(topic=self.topic, region=self.within, desk=self.desk),
            mode=self.mode,
            sort=self.sort,
            diverse=self.varied and self.sort is Sort.RELEVANCE,
        )


@dataclass(frozen=True, slots=True)
class _Chip:
    """A part of what is asked, and how to ask without it."""

    label: str
    drop: Callable[..., None]
    args: tuple[str, ...] = ()


def search_row(generation: Generation) -> SearchForm:
    """Draw search box and filters, and return what they say."""
    level = generation.levels[shown_level(generation)]
    topics = {topic.id: topic for topic in level}
    if st.query_params.get(state.TOPIC, "") in generation.topics:
        wanted = generation.topics[st.query_params[state.TOPIC]]
        topics.setdefault(wanted.id, wanted)
    with st.container(horizontal=True, vertical_alignment="bottom", key="search-row"):
        query = st.text_input(
            "Search",
            key=state.QUERY,
            type="search",
            live="350ms",
            bind="query-params",
            label_visibility="collapsed",
            icon=":material/search:",
            placeholder="Search by meaning, or paste an abstract, a title, an arXiv id",
            on_change=_asked_anew,
        )
        with st.popover("", icon=":material/help:", type="tertiary", key="help"):
            st.markdown(_HELP)
        modes = {mode.value: name for mode, name in _MODES.items()}
        mode = state.choice(state.MODE, [*modes], "Rank by", modes, width=190)
        names = {"": "All topics"} | {key: topic.label for key, topic in topics.items()}
        topic = state.choice(state.TOPIC, [*names], "Topic", names, width=240)
    return SearchForm(
        query or "",
        Mode(mode),
        topic,
        Sort.DATE if state.is_sorted_otherwise(Sort.RELEVANCE) else Sort.RELEVANCE,
        state.is_varied(),
        tuple(generation.records.ids[row] for row in rows_in(generation, state.alike())),
        state.within(),
        marks_here(generation),
    )


def rows_in(generation: Generation, region: state.Corners) -> list[int]:
    """Return the rows of the papers in a region of the map."""
    return np.flatnonzero(inside(region, generation.positions)).tolist() if region else []


def show_examples(generation: Generation) -> None:
    """Offer queries that this library can answer."""
    st.caption("try", width="content")
    for number, example in enumerate(_examples(generation)):
        label = escape_markdown(example)
        st.button(
            label, key=f"example-{number}", type="tertiary", on_click=state.ask, args=(example,)
        )


def show_understood(generation: Generation, asked: SearchForm, results: Results | None) -> None:
    """Show how the query was understood, part by part, and what can be done about it."""
    chips = _chips(generation, asked, results)
    with st.container(
        horizontal=True, vertical_alignment="center", key="clauses", gap="xsmall", width="stretch"
    ):
        for number, chip in enumerate(chips):
            st.button(
                chip.label,
                key=f"clause-{number}",
                icon=":material/close:",
                icon_position="right",
                on_click=chip.drop,
                args=chip.args,
            )
        if results is not None and chips and results.allowed is not None:
            noun = "paper passes" if results.allowed == 1 else "papers pass"
            st.caption(f"{results.allowed:,} {noun}", width="content")
        for number, note in enumerate(results.parsed.notes if results is not None else ()):
            _note(asked.text, note, number)


def show_controls(generation: Generation, asked: SearchForm, results: Results) -> None:
    """Draw what narrows, sorts and varies the hits."""
    with st.container(
        horizontal=True, vertical_alignment="center", key="controls", gap="small", width="content"
    ):
        if _takes_more(asked.text):
            _refine(generation, asked, results)
        state.sort_of({sort.value: name for sort, name in _SORTS.items()})
        by_date = asked.sort is Sort.DATE
        state.vary(
            "Varied",
            "Hits that are unlike each other" + (", by relevance only." if by_date else "."),
            disabled=by_date,
        )


def added(text: str, piece: str) -> str:
    """Return a query that asks for ``piece``, too: ``piece`` alone where ``text`` was pasted."""
    closed = f'{text.strip()}"' if len(_QUOTES.findall(text)) % 2 else text.strip()
    return f"{closed} {piece}".strip() if _takes_more(closed) else piece


def without(text: str, clause: Clause) -> str:
    """Return a query that does not ask for ``clause``."""
    return _kept(text, lambda piece: clause not in parse(piece).clauses)


def without_paper(text: str, paper: str) -> str:
    """Return a query that neither asks for papers like ``paper`` nor for papers unlike it."""
    return _kept(text, lambda piece: paper not in (*parse(piece).like, *parse(piece).unlike))


def like_this(text: str, paper: str, *, less: bool = False) -> str:
    """Return a query that asks for papers like ``paper``, or unlike it."""
    field = Field.UNLIKE if less else Field.LIKE
    return added(without_paper(text, paper), f"{field}:{paper}")


def chip_of(generation: Generation, clause: Clause) -> str:
    """Return what a clause is called on the page, as Markdown."""
    value = clause.value
    if clause.field is Field.TOPIC:
        value = next((t.label for t in generation.topics.values() if t.id == value), value)
    value = escape_markdown(_cut(value))
    without_it = "without " if clause.without else ""
    if clause.field is Field.TEXT:
        return f"{without_it}“{value}”" if not clause.without else f"{without_it}{value}"
    return f"{without_it}{clause.field}\\: {value}"


def _kept(text: str, wanted: Callable[[str], bool]) -> str:
    pieces: list[str] = _PIECE.findall(text)
    kept = [piece for piece in pieces if wanted(piece)]
    return " ".join(kept) if len(kept) < len(pieces) else text


def _takes_more(text: str) -> bool:
    """Whether a clause after ``text`` is one: in a pasted text nothing is."""
    return parse(f"{text} {_ANY}").words == parse(text).words


def _chips(generation: Generation, asked: SearchForm, results: Results | None) -> list[_Chip]:
    parsed = results.parsed if results is not None else parse(asked.text)
    chips = [
        _Chip(chip_of(generation, clause), state.ask, (without(asked.text, clause),))
        for clause in parsed.clauses
    ]
    for word, papers in ((Field.LIKE, parsed.like), (Field.UNLIKE, parsed.unlike)):
        for paper in papers:
            row = generation.records.find(paper)
            if row is not None or paper.casefold() in ON_DESK:
                title = (
                    f"my {paper}"
                    if row is None
                    else escape_markdown(_cut(generation.records[row].readable_title))
                )
                chips.append(
                    _Chip(f"{word}\\: {title}", state.ask, (without_paper(asked.text, paper),))
                )
    if asked.alike:
        chips.append(_Chip(f"like {_selected(len(asked.alike))}", state.forget_alike))
    if asked.within:
        number = len(rows_in(generation, asked.within))
        chips.append(_Chip(f"within {_selected(number)}", state.forget_within))
    return chips


def _selected(papers: int) -> str:
    return "the selected paper" if papers == 1 else f"{papers:,} selected papers"


def _note(text: str, note: str, number: int) -> None:
    """Show what was not understood; what may have been meant can be pressed."""
    meant = _MEANT.search(note)
    if meant is None:
        st.caption(f":material/info: {escape_markdown(note)}", width="content")
        return
    told = note[: meant.start()] + "did you mean"
    st.caption(f":material/info: {escape_markdown(told)}", width="content")
    value = meant["value"]
    clause = f'{meant["field"]}:"{value}"' if " " in value else f"{meant['field']}:{value}"
    pieces = [clause if note in parse(p).notes else p for p in _PIECE.findall(text)]
    st.button(
        escape_markdown(clause),
        key=f"meant-{number}",
        type="tertiary",
        on_click=state.ask,
        args=(" ".join(pieces),),
    )


@st.fragment
def _refine(generation: Generation, asked: SearchForm, results: Results) -> None:
    """Draw what the hits can be narrowed by; it is counted only while somebody looks."""
    refine = st.popover(
        "Refine", icon=":material/filter_list:", type="tertiary", key="refine", on_change="rerun"
    )
    if not refine.open:
        return
    filters = asked.query.filters
    clauses = replace(filters, clauses=results.parsed.clauses)
    rows = rows_to_count(generation, results, clauses)
    found = facets(generation, rows, shown_level(generation), desk=asked.desk)
    with refine, st.container(key="facets"):
        best = len(rows) == AMONG_BEST and results.allowed != AMONG_BEST
        noun = "paper" if len(rows) == 1 else "papers"
        st.caption(f"Among the {len(rows):,} best hits" if best else f"Among {len(rows):,} {noun}")
        if not found:
            st.caption("They do not differ in topic, year, venue or digest.")
        with st.container(horizontal=True, key="facet-columns", gap="medium"):
            for facet in found:
                with st.container(key=f"facet-{facet.field}", gap=None, width="content"):
                    st.markdown(f"**{_HEADINGS[facet.field]}**")
                    for number, count in enumerate(facet.counts):
                        _count(asked.text, count, f"{facet.field}-{number}")


def _count(text: str, count: Count, key: str) -> None:
    pressed = st.button(
        f"{escape_markdown(_cut(_BOILERPLATE.sub('', count.label)))} :gray[{count.papers:,}]",
        key=f"count-{key}",
        type="tertiary",
        on_click=state.ask,
        args=(added(text, str(count.clause)),),
    )
    if pressed:  # the query was changed, and with it all of the page
        st.rerun()


def _cut(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1].rstrip()}…"


def _asked_anew() -> None:
    state.close_paper()
    state.release()


def _examples(generation: Generation) -> list[str]:
    """Return queries that this library can answer: keywords of its largest topics."""
    level = generation.levels[shown_level(generation)]
    found: list[str] = []
    for topic in sorted(level, key=lambda topic: -topic.size):
        phrases = [phrase for phrase in (topic.label, *topic.keywords) if " " in phrase]
        fresh = [phrase for phrase in phrases if phrase not in found]
        found += fresh[:1]
    return found[:_EXAMPLES]
