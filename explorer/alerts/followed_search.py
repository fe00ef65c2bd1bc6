"""Followed searches: stored whole and run again to report their new hits.

The hits of a followed search are the papers at the top of its ranking over the whole library, old
and new: as many as the user chose, :data:`MOST` by default, less those that are off its subject.
Filters alone rank nothing; then every paper that passes is a hit. A hit is new if it was added
after those that the user saw last. ``docs/desk.md`` has the reasons.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer.desk.desk import Anchor, FollowedSearch, anchor_as_dict, anchor_from_dict, anchor_of
from explorer.desk.marks import PaperMarks, locate
from explorer.embedders import Embedder
from explorer.errors import ExplorerError, UnusableInput
from explorer.library.generation import Generation
from explorer.library.lookup import find_paper
from explorer.search.filters import Filters, allowed_rows, usable
from explorer.search.likelihood import ALL_WORDS
from explorer.search.model import Hit, Mode, Query
from explorer.search.queries.notes import Note, NoteKind, note_text, problem_text, suggestion_text
from explorer.search.queries.syntax import ON_DESK, Field, parse, quotable
from explorer.search.search import needs_model as query_needs_model
from explorer.search.search import search

MOST = 20
"""Papers at the top of a ranking that count as hits."""
ON_SUBJECT = 0.6
"""Nearness from which a paper is on the subject of a followed search. It is stricter than what
makes a hit likely: those who search read on to where hits get vague, those who follow get each.
Chosen on half of the searches of ``benchmarks/follow_replay.py``."""
LONGEST_NAME = 100
_SCHEMA = 1
_MOST_PASSING = 1_000
"""New papers that are reported where filters alone select them."""


@dataclass(frozen=True, slots=True)
class FollowedResults:
    """Present hits of a followed search."""

    following: FollowedSearch
    hits: tuple[Hit, ...] = ()
    """Best first."""
    new: tuple[Hit, ...] = ()
    """The hits that are new."""
    problem: str = ""
    """Reason, as text for people, why there are no results; empty if there are."""


def followed(
    generation: Generation, name: str, query: Query, most: int = MOST, since: int | None = None
) -> FollowedSearch:
    """Return ``query`` as a followed search; papers in the library now count as seen.

    Args:
        since: papers added after this moment are new, in milliseconds since 1970.

    Raises:
        UnusableInput: the query is empty or has notes, or ``name`` is not valid.
        UnknownPaper, UnknownTopic: an example or a topic is unknown.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UnusableInput(f"A followed search has a name of 1 to {LONGEST_NAME} characters.")
    query = _with_desk_in_text(query)
    parsed = parse(query.text)
    clauses, notes = usable(generation, parsed.clauses, query.filters.desk)
    is_ranked = (
        parsed.words.strip()
        or clauses
        or parsed.like
        or parsed.unlike
        or query.like
        or query.unlike
    )
    allowed = allowed_rows(generation, query.filters)
    if not is_ranked and allowed is None:
        raise UnusableInput(
            "There is nothing to follow.", advice="Give some words, a field, --like ID or a filter."
        )
    if notes or parsed.notes:
        notes = [*parsed.notes, *notes]
        raise UnusableInput(
            " ".join(problem_text(note) for note in notes),
            advice=" ".join(suggestion_text(note) for note in notes if note.suggestion),
        )
    typed = [name for name in (*parsed.like, *parsed.unlike) if name.casefold() not in ON_DESK]
    for example in (*query.like, *query.unlike, *typed):
        find_paper(generation, example)
    seen = int(generation.added_at.max()) if since is None else since
    return FollowedSearch(
        name, json.dumps(_as_dict(generation, query), ensure_ascii=False), most, seen
    )


def stored_query(
    generation: Generation, following: FollowedSearch, desk: PaperMarks | None = None
) -> tuple[Query, str]:
    """Return the query of a followed search, and the title of an example that is gone.

    Examples are stored as anchors, as on the desk: they are located even if their ids changed, and
    left out while they are gone.
    """
    kept = json.loads(following.query)
    if kept["schema"] != _SCHEMA:
        raise UnusableInput(
            f"The followed search {following.name!r} was written in schema {kept['schema']}, this "
            f"version reads {_SCHEMA}.",
            advice="Use the version of the explorer that wrote it.",
        )
    like, gone = _located(generation, kept["like"])
    unlike, _ = _located(generation, kept["unlike"])
    filters = Filters(
        topic=kept["topic"],
        source=kept["source"],
        year_from=kept["years"][0],
        year_to=kept["years"][1],
        clauses=parse(" ".join(kept.get("clauses", ()))).clauses,
        region=tuple((float(x), float(y)) for x, y in kept["region"]),
        desk=desk,
    )
    query = Query(
        kept["text"],
        like,
        unlike,
        filters,
        Mode(kept["mode"]),
        literal=kept.get("literal", False),
        as_typed=tuple(kept.get("as_typed", ())),
    )
    return query, gone if not like else ""


def needs_model(generation: Generation, following: FollowedSearch) -> bool:
    """Return whether the embedder is needed to run a followed search."""
    query, _ = stored_query(generation, following)
    return query_needs_model(generation, query)


def run(
    generation: Generation,
    embedder: Embedder | None,
    following: FollowedSearch,
    desk: PaperMarks | None = None,
    since: int | None = None,
) -> FollowedResults:
    """Return the results of :func:`find`, or an error as their problem."""
    try:
        return find(generation, embedder, following, desk, since)
    except ExplorerError as error:
        return FollowedResults(following, problem=str(error))


def find(
    generation: Generation,
    embedder: Embedder | None,
    following: FollowedSearch,
    desk: PaperMarks | None = None,
    since: int | None = None,
) -> FollowedResults:
    """Return the hits of a followed search, and which are new.

    Args:
        embedder: may be None where :func:`needs_model` is false.
        since: papers added at this moment, in milliseconds since 1970, or later are new; without
            it, those added after the user last saw the hits.

    Raises:
        ExplorerError: it cannot be run now.
    """
    query, gone = stored_query(generation, following, desk)
    if gone and not parse(query.text).words.strip():
        return FollowedResults(
            following, problem=f"Its example is not in the library at present: {gone}."
        )
    begin = following.seen + 1 if since is None else since
    narrowed, most = _with_recent_papers(generation, query, following.most, begin)
    results = search(generation, embedder, narrowed, most)
    hits = tuple(filter(_is_on_subject, results.hits))
    new = tuple(hit for hit in hits if int(generation.added_at[hit.row]) >= begin)
    problem = "" if results.hits else _problem(results.parsed.notes, query)
    return FollowedResults(following, hits, new, problem)


def _is_on_subject(hit: Hit) -> bool:
    """Return whether a paper is near the query, has all its words, or is one that it names.

    Where nearness was not measured, every paper is: by words alone, of filters alone, of
    counter-examples alone and in a library without a scale.
    """
    return (
        hit.nearness is None
        or hit.nearness >= ON_SUBJECT
        or hit.why.coverage >= ALL_WORDS
        or hit.likelihood == 1.0
    )


def _with_recent_papers(
    generation: Generation, query: Query, most: int, begin: int
) -> tuple[Query, int]:
    """Return a query and its number of hits: of filters alone, all papers added since ``begin``.

    These are filled up to ``most`` with the last ones added before. Other queries stay as they are.
    """
    parsed = parse(query.text)
    if parsed.words.strip() or parsed.like or parsed.unlike or query.like or query.unlike:
        return query, most
    clauses, _ = usable(generation, parsed.clauses, query.filters.desk)
    filters = replace(query.filters, clauses=tuple(clauses))
    rows = allowed_rows(generation, filters)
    if rows is None:
        return query, most
    added_at = generation.added_at[rows]
    wanted = max(most, min(int((added_at >= begin).sum()), _MOST_PASSING))
    newest = rows[np.argsort(-added_at, kind="stable")[:wanted]]
    ids = generation.records.ids
    chosen = replace(filters, papers=frozenset(ids[row] for row in newest.tolist()))
    return replace(query, text="", filters=chosen), wanted


def newest_first(generation: Generation, hits: Iterable[Hit]) -> list[Hit]:
    """Return ``hits``, the last added first; those of one build, the best first."""
    return sorted(hits, key=lambda hit: (-int(generation.added_at[hit.row]), hit.rank))


def described(following: FollowedSearch) -> str:
    """Return the query of a followed search in one line, as typed into the search box."""
    kept = json.loads(following.query)
    first, last = kept["years"]
    parts = [kept["text"]]
    for field, anchors in (("like", kept["like"]), ("unlike", kept["unlike"])):
        parts += [f"{field}:{anchor['paper'].get('id', '')}" for anchor in anchors]
    parts += [f'topic:"{quotable(kept["topic"])}"'] if kept["topic"] else []
    parts += [f'source:"{quotable(kept["source"])}"'] if kept["source"] else []
    parts += [f"year:{first or ''}..{last or ''}"] if first or last else []
    parts += ["(within a region of the map)"] if kept["region"] else []
    parts += [f"({kept['mode']})"] if kept["mode"] != Mode.HYBRID else []
    return " ".join(part for part in parts if part)


def typed(query: Query) -> str:
    """Return ``query`` as typed into the search box, without its region and mode.

    With very many examples it is too long for a query (see :mod:`explorer.search.queries.syntax`).
    """
    filters = query.filters
    parsed = parse(query.text)
    parts = [query.text.strip()]
    for field, names, there in (
        (Field.LIKE, query.like, parsed.like),
        (Field.UNLIKE, query.unlike, parsed.unlike),
    ):
        parts += [f"{field}:{name}" for name in names if name not in there]
    parts += [f'{Field.SOURCE}:"{quotable(filters.source)}"'] if filters.source else []
    parts += [str(clause) for clause in filters.clauses if clause not in parsed.clauses]
    first, last = filters.year_from, filters.year_to
    parts += [f"{Field.YEAR}:{first or ''}..{last or ''}"] if first or last else []
    return " ".join(part for part in parts if part)


def _with_desk_in_text(query: Query) -> Query:
    """Return ``query`` with its examples on the desk as typed ones: they are no papers to store."""
    like, unlike = (
        tuple(name for name in names if name.casefold() in ON_DESK)
        for names in (query.like, query.unlike)
    )
    typed_like = (f"{Field.LIKE}:{name}" for name in like)
    typed_unlike = (f"{Field.UNLIKE}:{name}" for name in unlike)
    return replace(
        query,
        text=" ".join([query.text, *typed_like, *typed_unlike]).strip(),
        like=tuple(name for name in query.like if name not in like),
        unlike=tuple(name for name in query.unlike if name not in unlike),
    )


def _as_dict(generation: Generation, query: Query) -> dict[str, Any]:
    """Return ``query`` as JSON values; examples, typed ones too, as anchors instead of ids."""
    parsed = parse(query.text)
    filters = query.filters

    def anchors(names: Iterable[str]) -> list[dict[str, Any]]:
        rows = (generation.records.find(name) for name in names)
        distinct = dict.fromkeys(row for row in rows if row is not None)
        return [anchor_as_dict(anchor_of(generation.records[row])) for row in distinct]

    return {
        "schema": _SCHEMA,
        "text": query.text.strip(),
        "like": anchors((*query.like, *parsed.like)),
        "unlike": anchors((*query.unlike, *parsed.unlike)),
        "clauses": [str(clause) for clause in filters.clauses],
        "topic": filters.topic,
        "source": filters.source,
        "years": [filters.year_from, filters.year_to],
        "region": [list(corner) for corner in filters.region],
        "mode": str(query.mode),
        "literal": query.literal,
        "as_typed": list(query.as_typed),
    }


def _located(
    generation: Generation, anchors: Iterable[dict[str, Any]]
) -> tuple[tuple[str, ...], str]:
    """Return the present ids of examples, and the title of one that is gone."""
    ids: list[str] = []
    gone = ""
    for content in anchors:
        anchor: Anchor = anchor_from_dict(content)
        row = locate(generation, anchor)
        if row is None:
            gone = anchor.paper.readable_title
        else:
            ids.append(generation.records.ids[row])
    return tuple(ids), gone


def _problem(notes: tuple[Note, ...], query: Query) -> str:
    # An example that was typed is in query.like too, under the id that the paper has now.
    return " ".join(
        note_text(note)
        for note in notes
        if not (query.like and note.kind is NoteKind.UNKNOWN_PAPER)
    )
