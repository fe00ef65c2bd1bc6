"""Which records are one paper, and what the one record says.

Two records are one paper if they share an id (arXiv, DOI, or another scheme's; a DOI on two very
different titles is somebody's mistake and joins nothing, see :func:`conflicts`), or if their
titles agree and nothing speaks against it: their first authors or years agree where both are
known, and so do their abstracts where neither has authors or year. The merged record takes the
fullest of each field, so the order of arrival changes nothing.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from explorer.dates import year_of
from explorer.paper import Paper

_LETTERS_AND_DIGITS = re.compile(r"[^\W_]+")
_FEWEST_TITLE_WORDS = 3
"""Shorter titles ("Editorial", "Reply to comments") do not tell papers apart."""
_SAME_ABSTRACT = 0.6
"""Share of common words from which two abstracts count as one."""
_SAME_DOI = 0.3
"""Share of common title words below which two records with one DOI are kept apart."""
_MOST_NAMESAKES = 64
"""A title that more records bear tells no papers apart; their abstracts must be the same."""


def identify(readings: Sequence[Paper], stored: Sequence[Paper] = ()) -> list[Paper]:
    """Return one record for each distinct paper among ``readings`` and ``stored``.

    ``stored`` are the library's records; they keep their ids. What a stored record knows from
    digests that were read again now is replaced by what those digests say now; what it knows
    from others stays. New ids are made from what identifies a paper best, so the same paper
    gets the same id in every library. The result is in the order of the ids.
    """
    read_now = {source.digest for paper in readings for source in paper.sources}
    given = [*readings, *stored]
    records: dict[str, Paper] = {}
    found: dict[str, list[tuple[bool, Paper]]] = defaultdict(list)
    for group in _groups(given):
        new = [given[i] for i in group if i < len(readings)]
        old = [given[i] for i in group if i >= len(readings)]
        if not new and len(old) == 1:
            paper = old[0]  # nothing was read of it, so nothing about it changes
        else:
            paper = merge([*new, *(_unread(paper, read_now) for paper in old)] if new else old)
        found[paper.id].append((not old, paper))
    for name, papers in sorted(found.items()):
        if len(papers) == 1 and name not in records:
            records[name] = papers[0][1]
            continue
        # Stored records come first of those with one id, so that they keep it.
        for _, paper in sorted(papers, key=lambda one: (one[0], one[1].abstract, repr(one[1]))):
            # Two papers may share a title and nothing else that is known; the texts tell them
            # apart.
            distinct = paper.id
            while distinct in records:
                distinct = _hashed(f"{distinct}|{paper.abstract}")
            records[distinct] = replace(paper, id=distinct)
    return sorted(records.values(), key=lambda paper: paper.id)


def _unread(stored: Paper, read_now: set[str]) -> Paper:
    """Return what ``stored`` knows from digests that were not read now: all of it, or its id."""
    elsewhere = tuple(source for source in stored.sources if source.digest not in read_now)
    return replace(stored, sources=elsewhere) if elsewhere else Paper(title="", id=stored.id)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One id on records that are not one paper: somebody's mistake, for people to sort out."""

    id: str
    papers: tuple[str, ...]
    """The records' library ids."""
    titles: tuple[str, ...]


def conflicts(records: Iterable[Paper]) -> list[Conflict]:
    """Return the DOIs that several records claim, in their order."""
    holders: dict[str, list[Paper]] = defaultdict(list)
    for paper in records:
        if paper.doi:
            holders[paper.doi].append(paper)
    return [
        Conflict(
            f"doi:{name}", tuple(p.id for p in papers), tuple(p.readable_title for p in papers)
        )
        for name, papers in sorted(holders.items())
        if len(papers) > 1
    ]


def merge(papers: Sequence[Paper]) -> Paper:
    """Return one record with the fullest of each field; the order of ``papers`` is no matter."""
    best = max(papers, key=lambda p: (len(p.abstract), p.abstract, len(p.title), p.title))
    sources = sorted(
        {s for p in papers for s in p.sources}, key=lambda s: (s.digest, s.line, s.date)
    )
    merged = Paper(
        title=_fullest([p.title for p in papers if p.abstract == best.abstract]),
        abstract=best.abstract,
        authors=_longest([p.authors for p in papers]),
        date=min((p.date for p in papers if p.date), key=lambda d: (-_precision(d), d), default=""),
        venue=_fullest([p.venue for p in papers]),
        arxiv=min((p.arxiv for p in papers if p.arxiv), default=""),
        doi=min((p.doi for p in papers if p.doi), default=""),
        other_ids=tuple(sorted({i for p in papers for i in p.other_ids})),
        url=min((p.url for p in papers if p.url), key=lambda u: (len(u), u), default=""),
        categories=_longest([p.categories for p in papers]),
        keywords=_longest([p.keywords for p in papers]),
        summary=_fullest([p.summary for p in papers]),
        sources=tuple(sources),
    )
    known = sorted(p.id for p in papers if p.id)
    return replace(merged, id=known[0] if known else _new_id(merged))


def title_key(title: str) -> str:
    """Return ``title`` reduced to what survives retyping: letters and digits, no case."""
    if title.isascii():
        return " ".join(_LETTERS_AND_DIGITS.findall(title.lower()))
    folded = unicodedata.normalize("NFKD", title).casefold()
    return " ".join(
        _LETTERS_AND_DIGITS.findall("".join(c for c in folded if not unicodedata.combining(c)))
    )


def _groups(papers: list[Paper]) -> list[list[int]]:
    parents = list(range(len(papers)))

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    holders: dict[str, int] = {}
    by_title: dict[str, list[int]] = defaultdict(list)
    for one_doi in _by_doi(papers):
        for i in one_doi[1:]:
            parents[root(i)] = root(one_doi[0])
    for i, paper in enumerate(papers):
        for known in paper.known_as:
            if known.startswith("doi:"):
                continue
            scopes = {""}
            if known.startswith("digest:"):
                # What a digest calls "17" says nothing outside that digest, and a record of
                # several digests does not tell which of them calls it so.
                read_in = {source.digest for source in paper.sources}
                scopes = read_in if len(read_in) == 1 else set()
            for scope in scopes:
                parents[root(i)] = root(holders.setdefault(f"{scope}\0{known}", i))
        by_title[title_key(paper.readable_title)].append(i)

    members: dict[int, list[int]] = defaultdict(list)
    for i in range(len(papers)):
        members[root(i)].append(i)
    for key in sorted(by_title):
        same = {root(i) for i in by_title[key]}
        if len(same) == 1:
            continue
        known_of = {r: sorted({_known(papers[i]) for i in members[r]}) for r in same}
        for joined in _namesakes(known_of, key):
            for r in joined[1:]:
                parents[r] = joined[0]
                members[joined[0]] += members.pop(r)
    groups: dict[int, list[int]] = defaultdict(list)
    for i in range(len(papers)):
        groups[root(i)].append(i)
    return list(groups.values())


def _by_doi(papers: list[Paper]) -> Iterator[list[int]]:
    """Yield the places of records that one DOI joins; very different titles stay apart."""
    holders: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for i, paper in enumerate(papers):
        if paper.doi:
            holders[paper.doi].append((title_key(paper.readable_title), paper.id, i))
    for holding in holders.values():
        alike: list[list[tuple[str, str, int]]] = []
        for holder in sorted(holding):
            for same in alike:
                if all(_may_share_doi(holder, other) for other in same):
                    same.append(holder)
                    break
            else:
                alike.append([holder])
        yield from ([i for _, _, i in same] for same in alike)


def _may_share_doi(a: tuple[str, str, int], b: tuple[str, str, int]) -> bool:
    # Stored records were compared before they were merged, when they knew what they were.
    if a[1] and b[1] and a[1] != b[1]:
        return False
    tells = min(len(a[0].split()), len(b[0].split())) >= _FEWEST_TITLE_WORDS
    return not tells or _overlap(a[0], b[0]) >= _SAME_DOI


class _Known(NamedTuple):
    """What speaks for or against two records with one title being one paper."""

    id: str
    arxiv: str
    doi: str
    surname: str
    year: int
    abstract: str


def _known(paper: Paper) -> _Known:
    surname = _surname(paper.authors[0]) if paper.authors else ""
    year = year_of(paper.date) or 0
    return _Known(paper.id, paper.arxiv, paper.doi, surname, year, paper.abstract)


def _namesakes(known_of: dict[int, list[_Known]], key: str) -> list[list[int]]:
    """Return which of the groups with the title ``key`` are one paper.

    A group joins another if each of its records agrees with each of the other's: a record that
    says little ("title only") agrees with many, and must not make one of two that disagree.
    Those that say most come first, so the order of arrival changes nothing.
    """

    def said(group: int) -> tuple[int, list[_Known]]:
        return -max(sum(map(bool, known)) for known in known_of[group]), known_of[group]

    alike: dict[str, list[list[int]]] = defaultdict(list)
    knowns: dict[int, list[_Known]] = {}
    for group in sorted(known_of, key=said):
        crowd = known_of[group][0].abstract if len(known_of) > _MOST_NAMESAKES else ""
        for joined in alike[crowd]:
            others = knowns[joined[0]]
            if all(_one_paper(a, b, key) for a in known_of[group] for b in others):
                joined.append(group)
                knowns[joined[0]] = sorted({*others, *known_of[group]})
                break
        else:
            alike[crowd].append([group])
            knowns[group] = known_of[group]
    return [joined for crowd in alike.values() for joined in crowd]


def _one_paper(a: _Known, b: _Known, key: str) -> bool:
    """Whether two records with the same title are one paper."""
    # Stored records were compared before they were merged; now they know less of their parts.
    if any(x and y and x != y for x, y in ((a.id, b.id), (a.arxiv, b.arxiv), (a.doi, b.doi))):
        return False
    if len(key.split()) < _FEWEST_TITLE_WORDS and not (a.surname and b.surname):
        return a.abstract == b.abstract
    if a.surname and b.surname:
        return a.surname == b.surname
    if a.year and b.year:
        return a.year == b.year
    return not (a.abstract and b.abstract) or _overlap(a.abstract, b.abstract) >= _SAME_ABSTRACT


def _surname(author: str) -> str:
    family, comma, _ = author.partition(",")
    words = title_key(family if comma else author).split()
    return words[-1] if words else ""


def _overlap(a: str, b: str) -> float:
    left, right = _words(a), _words(b)
    return len(left & right) / max(1, min(len(left), len(right)))


@lru_cache(maxsize=4 * _MOST_NAMESAKES)
def _words(text: str) -> frozenset[str]:
    return frozenset(title_key(text).split())


def _new_id(paper: Paper) -> str:
    if paper.arxiv:
        name = f"arxiv:{paper.arxiv}"
    elif paper.doi:
        name = f"doi:{paper.doi}"
    else:
        author = _surname(paper.authors[0]) if paper.authors else ""
        name = f"title:{title_key(paper.readable_title)}|{author or year_of(paper.date) or ''}"
        if len(title_key(paper.readable_title).split()) < _FEWEST_TITLE_WORDS:
            name += f"|{paper.abstract}"
    return _hashed(name)


def _hashed(name: str) -> str:
    return "p" + hashlib.sha256(name.encode()).hexdigest()[:11]


def _fullest(texts: Iterable[str]) -> str:
    return max(texts, key=lambda text: (len(text), text), default="")


def _longest(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return max(lists, key=lambda names: (len(names), len("".join(names)), names), default=())


def _precision(edtf: str) -> int:
    return sum(character.isdigit() for character in edtf)
