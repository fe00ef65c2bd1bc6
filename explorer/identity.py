"""Which records are one paper, and what the one record says.

Two records are one paper if they share an id (arXiv, DOI, or another scheme's), or if their
titles agree and nothing speaks against it: their first authors or years agree where both are
known, and so do their abstracts where neither has authors or year. The merged record takes the
fullest of each field, so the order of arrival changes nothing.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from explorer.dates import year_of
from explorer.paper import Paper

_FEWEST_TITLE_WORDS = 3
"""Shorter titles ("Editorial", "Reply to comments") do not tell papers apart."""
_SAME_ABSTRACT = 0.6
"""Share of common words from which two abstracts count as one."""


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
    merged = []
    for group in _groups(given):
        new = [given[i] for i in group if i < len(readings)]
        old = [given[i] for i in group if i >= len(readings)]
        merged.append(merge([*new, *(_unread(paper, read_now) for paper in old)] if new else old))
    for paper in sorted(merged, key=lambda record: (record.id, record.abstract, record.title)):
        # Two papers may share a title and nothing else that is known; the texts tell them apart.
        distinct = _hashed(f"{paper.id}|{paper.abstract}") if paper.id in records else paper.id
        records[distinct] = replace(paper, id=distinct)
    return sorted(records.values(), key=lambda paper: paper.id)


def _unread(stored: Paper, read_now: set[str]) -> Paper:
    """Return what ``stored`` knows from digests that were not read now: all of it, or its id."""
    elsewhere = tuple(source for source in stored.sources if source.digest not in read_now)
    return replace(stored, sources=elsewhere) if elsewhere else Paper(title="", id=stored.id)


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
    folded = unicodedata.normalize("NFKD", title).casefold()
    return " ".join(
        re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c)))
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
    for i, paper in enumerate(papers):
        for known in paper.known_as:
            # What a digest calls "17" says nothing outside that digest.
            scopes = [s.digest for s in paper.sources] if known.startswith("digest:") else [""]
            for scope in scopes:
                parents[root(i)] = root(holders.setdefault(f"{scope}\0{known}", i))
        by_title[title_key(paper.readable_title)].append(i)
    for key, same in by_title.items():
        for position, i in enumerate(same):
            for j in same[:position]:
                if root(i) != root(j) and _one_paper(papers[i], papers[j], key):
                    parents[root(i)] = root(j)
                    break
    groups: dict[int, list[int]] = defaultdict(list)
    for i in range(len(papers)):
        groups[root(i)].append(i)
    return list(groups.values())


def _one_paper(a: Paper, b: Paper, key: str) -> bool:
    """Whether two records with the same title are one paper."""
    if (a.arxiv and b.arxiv and a.arxiv != b.arxiv) or (a.doi and b.doi and a.doi != b.doi):
        return False
    if len(key.split()) < _FEWEST_TITLE_WORDS and not (a.authors and b.authors):
        return bool(a.abstract) and a.abstract == b.abstract
    if a.authors and b.authors:
        return _surname(a.authors[0]) == _surname(b.authors[0])
    years = year_of(a.date), year_of(b.date)
    if None not in years:
        return years[0] == years[1]
    return not (a.abstract and b.abstract) or _overlap(a.abstract, b.abstract) >= _SAME_ABSTRACT


def _surname(author: str) -> str:
    family, comma, _ = author.partition(",")
    words = title_key(family if comma else author).split()
    return words[-1] if words else ""


def _overlap(a: str, b: str) -> float:
    left, right = set(title_key(a).split()), set(title_key(b).split())
    return len(left & right) / max(1, min(len(left), len(right)))


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
