"""Which records are one paper, and what the one record says.

Two records are one paper if they share an id (arXiv, DOI, or another scheme's; a DOI on two very
different titles is somebody's mistake and joins nothing, see :func:`conflicts`), or if their
titles agree and nothing speaks against it: their first authors or years agree where both are
known, and so do their abstracts where neither has authors or year. The merged record takes the
fullest of each field, so the order of arrival changes nothing.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np

from explorer.papers.dates import year_of
from explorer.papers.paper import Paper, Source, title_key
from explorer.papers.table import PaperTable

_FEWEST_TITLE_WORDS = 3
"""Shorter titles ("Editorial", "Reply to comments") do not tell papers apart."""
_IDENTIFYING = ("title", "arxiv", "doi", "other_ids", "sources", "id")
"""The fields by which records are found that may be one paper."""
_SAME_ABSTRACT = 0.6
"""Share of common words from which two abstracts count as one."""
_SAME_DOI = 0.3
"""Share of common title words below which two records with one DOI are kept apart."""
_HASH_BYTES = 16
_GROUPS_AT_ONCE = 500
_Item = TypeVar("_Item")
_MOST_NAMESAKES = 64
"""A title that more records bear tells no papers apart; their abstracts must be the same."""


class DistinctPaper(NamedTuple):
    """One paper, and the records of it that were read or stored."""

    paper: Paper | None
    """What they say together; None for a stored record of which nothing was read."""
    read: tuple[int, ...]
    """Their places among the records that were read."""
    stored: tuple[int, ...]
    """Their rows in the library."""
    known: tuple[Paper, ...]
    """The stored records, parallel to ``stored``; empty where ``paper`` is None."""


def deduplicate(read: PaperTable, stored: PaperTable) -> Iterator[DistinctPaper]:
    """Yield each distinct paper among ``read`` and ``stored``; only some lie in memory at once.

    ``stored`` are the library's records; they keep their ids. What a stored record knows from
    digests that were read again now is replaced by what those digests say now; what it knows
    from others stays. New ids are made from what identifies a paper best, so the same paper
    gets the same id in every library; papers that nothing tells apart but their texts get the
    same one here (see :func:`disambiguated_ids`).
    """
    given = PaperTable.concatenate(read, stored)
    begin = len(read)  # where the stored records begin
    read_now = read.digest_names
    for groups in _batched(_groups(given), _GROUPS_AT_ONCE):
        wanted = [i for group in groups for i in group if len(group) > 1 or i < begin]
        records = dict(zip(wanted, given.take(np.array(wanted, dtype=np.int64)), strict=True))
        for group in groups:
            if len(group) == 1 and group[0] >= begin:  # as nearly all are in an update
                yield DistinctPaper(None, (), (group[0] - begin,), ())
                continue
            new = tuple(i for i in group if i < begin)
            old = tuple(i - begin for i in group if i >= begin)
            known = [records[begin + row] for row in old]
            from_digests = [records[i] for i in new]
            elsewhere = [_unread(paper, read_now) for paper in known] if new else known
            yield DistinctPaper(merge([*from_digests, *elsewhere]), new, old, tuple(known))


def disambiguated_ids(papers: Sequence[tuple[bool, Paper]], taken: Container[str]) -> list[str]:
    """Return an id for each of several papers that were given the same one.

    Two papers may share a title and nothing else that is known; the texts tell them apart. Stored
    records come first, so that they keep their id.

    Args:
        papers: whether it is new, and the paper.
        taken: ids of other papers.
    """

    def rank(place: int) -> tuple[bool, str, str]:
        is_new, paper = papers[place]
        return is_new, paper.abstract, repr(paper)

    found: dict[int, str] = {}
    for place in sorted(range(len(papers)), key=rank):
        paper = papers[place][1]
        name = paper.id
        while name in found.values() or (found and name in taken):
            name = _hashed(f"{name}|{paper.abstract}")
        found[place] = name
    return [found[place] for place in range(len(papers))]


def _unread(stored: Paper, read_now: frozenset[str]) -> Paper:
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


def conflicts(records: PaperTable) -> list[Conflict]:
    """Return the DOIs that several records claim, in their order."""
    holders = _Keys()
    for row, name in enumerate(records.dois):
        if name:
            holders.add(name, row)
    claimed = [list(records.take(np.array(rows))) for rows in holders.shared()]
    found = [
        Conflict(
            f"doi:{papers[0].doi}",
            tuple(paper.id for paper in papers),
            tuple(paper.readable_title for paper in papers),
        )
        for papers in claimed
    ]
    return sorted(found, key=lambda conflict: conflict.id)


def merge(papers: Sequence[Paper]) -> Paper:
    """Return one record with the fullest of each field; the order of ``papers`` is no matter."""
    known = sorted(p.id for p in papers if p.id)
    said = [paper for paper in papers if paper.title or paper.sources]
    if len(said) == 1:  # as nearly always; the others are ids
        (one,) = said
        return replace(
            one,
            id=known[0] if known else _new_id(one),
            other_ids=tuple(sorted(set(one.other_ids))),
            sources=_in_order(one.sources),
        )
    best = max(papers, key=lambda p: (len(p.abstract), p.abstract, len(p.title), p.title))
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
        sources=_in_order(s for p in papers for s in p.sources),
    )
    return replace(merged, id=known[0] if known else _new_id(merged))


def _in_order(sources: Iterable[Source]) -> tuple[Source, ...]:
    return tuple(sorted(set(sources), key=lambda s: (s.digest, s.line, s.date)))


def is_same_paper(a: Paper, b: Paper) -> bool:
    """Whether two records with one title are one paper, as far as both tell; their ids apart."""
    known = (_known(replace(a, id="")), _known(replace(b, id="")))
    return _one_paper(*known, title_key(a.readable_title))


def may_share_doi(a: Paper, b: Paper) -> bool:
    """Whether two records with one DOI can be one paper: their titles are not very different."""
    one, other = ((title_key(paper.readable_title), "", 0) for paper in (a, b))
    return _may_share_doi(one, other)


def _batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


class _Keys:
    """Which records have which key: hashes and places, so that many take little room."""

    def __init__(self) -> None:
        self._hashes = bytearray()
        self._places = array("q")

    def add(self, key: str, place: int) -> None:
        self._hashes += hashlib.blake2b(key.encode(), digest_size=_HASH_BYTES).digest()
        self._places.append(place)

    def shared(self) -> Iterator[list[int]]:
        """Yield the places of each key that stands at several, in order, each once."""
        hashes = np.frombuffer(bytes(self._hashes), dtype=f"S{_HASH_BYTES}")
        order = np.argsort(hashes, kind="stable")
        in_order = hashes[order]
        same = np.zeros(len(order) + 1, dtype=bool)
        same[1:-1] = in_order[1:] == in_order[:-1]
        begins = np.flatnonzero(~same[:-1] & same[1:])
        ends = np.flatnonzero(same[:-1] & ~same[1:]) + 1
        places = np.frombuffer(self._places, dtype=np.int64)[order]
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            found = np.unique(places[begin:end]).tolist()
            if len(found) > 1:
                yield found


class _Forest:
    """Records joined to groups (Tarjan's disjoint sets)."""

    def __init__(self, size: int) -> None:
        self._parents = array("q", range(size))

    def root(self, i: int) -> int:
        parents = self._parents
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    def join(self, places: Sequence[int]) -> None:
        first = self.root(places[0])
        for place in places[1:]:
            self._parents[self.root(place)] = first

    def groups(self) -> Iterator[list[int]]:
        """Yield the members of each group, in order of their first."""
        roots = np.array([self.root(i) for i in range(len(self._parents))], dtype=np.int64)
        order = np.argsort(roots, kind="stable")
        begins = np.flatnonzero(np.diff(roots[order], prepend=-1))
        ends = np.append(begins[1:], len(order))
        for which in np.argsort(order[begins], kind="stable").tolist():
            yield order[begins[which] : ends[which]].tolist()


def _groups(papers: PaperTable) -> Iterator[list[int]]:
    """Yield the places of the records of each paper."""
    ids, dois, titles = _Keys(), _Keys(), _Keys()
    for i, paper in enumerate(papers.select(*_IDENTIFYING)):
        for key in _joining(paper):
            ids.add(key, i)
        if paper.doi:
            dois.add(paper.doi, i)
        titles.add(title_key(paper.readable_title), i)
    forest = _Forest(len(papers))
    for holding in dois.shared():
        for alike in _of_one_doi(papers, holding):
            forest.join(alike)
    for holding in ids.shared():
        forest.join(holding)
    _join_namesakes(papers, list(titles.shared()), forest)
    return forest.groups()


def _joining(paper: Paper) -> Iterator[str]:
    """Yield the keys that make records one paper, whatever else they say."""
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
            yield f"{scope}\0{known}"


def _of_one_doi(papers: PaperTable, holding: list[int]) -> list[list[int]]:
    """Return which of the records with one DOI are one paper; very different titles stay apart."""
    chosen = zip(papers.take(np.array(holding)), holding, strict=True)
    holders = sorted((title_key(paper.readable_title), paper.id, i) for paper, i in chosen)
    alike: list[list[tuple[str, str, int]]] = []
    for holder in holders:
        for same in alike:
            if all(_may_share_doi(holder, other) for other in same):
                same.append(holder)
                break
        else:
            alike.append([holder])
    return [[i for _, _, i in same] for same in alike]


def _join_namesakes(papers: PaperTable, holding: list[list[int]], forest: _Forest) -> None:
    """Join the records in ``forest`` that share a title where nothing speaks against it.

    Args:
        holding: the records of each title.
    """
    unsure = [places for places in holding if len({forest.root(i) for i in places}) > 1]
    if not unsure:
        return
    first = papers.take(np.array([places[0] for places in unsure])).select("title")
    titles = [title_key(paper.readable_title) for paper in first]
    members = {forest.root(group[0]): group for group in forest.groups() if len(group) > 1}
    in_order = sorted(zip(titles, unsure, strict=True))
    for some in _batched(in_order, _GROUPS_AT_ONCE):
        roots = {forest.root(i) for _, places in some for i in places}
        wanted = sorted({i for root in roots for i in members.get(root, [root])})
        records = papers.take(np.array(wanted))
        known = {i: _known(paper) for i, paper in zip(wanted, records, strict=True)}
        for title, places in some:
            same = {forest.root(i) for i in places}
            known_of = {r: sorted({known[i] for i in members.get(r, [r])}) for r in same}
            for joined in _namesakes(known_of, title):
                forest.join(joined)
                members[joined[0]] = [i for r in joined for i in members.pop(r, [r])]


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
