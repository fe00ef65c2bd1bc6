"""Groups of records that are one paper: by shared ids, by DOI, by title.

Records are joined with a union-find structure over their positions; keys are kept as hashes, so
that millions of records take little memory.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import numpy as np

from explorer.papers.paper import Paper, title_key
from explorer.papers.same_paper import (
    MOST_NAMESAKES,
    DoiHolder,
    Evidence,
    agree,
    evidence_of,
    titles_allow_one_doi,
)
from explorer.papers.table import PaperTable

_IDENTIFYING_FIELDS = ("title", "arxiv", "doi", "other_ids", "sources", "id")
"""Fields needed to find records that may be one paper."""
_HASH_BYTES = 16
GROUPS_AT_ONCE = 500
_Item = TypeVar("_Item")


def group_records(papers: PaperTable) -> Iterator[list[int]]:
    """Yield groups of row numbers, one for each distinct paper."""
    ids, dois, titles = KeyIndex(), KeyIndex(), KeyIndex()
    for i, paper in enumerate(papers.select(*_IDENTIFYING_FIELDS)):
        for key in _id_keys(paper):
            ids.add(key, i)
        if paper.doi:
            dois.add(paper.doi, i)
        titles.add(title_key(paper.readable_title), i)
    groups = UnionFind(len(papers))
    for holders in dois.shared():
        for same in _split_by_title(papers, holders):
            groups.union(same)
    for holders in ids.shared():
        groups.union(holders)
    _join_by_title(papers, list(titles.shared()), groups)
    return groups.groups()


class KeyIndex:
    """Rows by key; holds hashes and row numbers only, so that many take little memory."""

    def __init__(self) -> None:
        self._hashes = bytearray()
        self._rows = array("q")

    def add(self, key: str, row: int) -> None:
        self._hashes += hashlib.blake2b(key.encode(), digest_size=_HASH_BYTES).digest()
        self._rows.append(row)

    def shared(self) -> Iterator[list[int]]:
        """Yield the rows of each key that several rows share, in order, each row once."""
        hashes = np.frombuffer(bytes(self._hashes), dtype=f"S{_HASH_BYTES}")
        order = np.argsort(hashes, kind="stable")
        in_order = hashes[order]
        same = np.zeros(len(order) + 1, dtype=bool)
        same[1:-1] = in_order[1:] == in_order[:-1]
        starts = np.flatnonzero(~same[:-1] & same[1:])
        ends = np.flatnonzero(same[:-1] & ~same[1:]) + 1
        rows = np.frombuffer(self._rows, dtype=np.int64)[order]
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            sharing = np.unique(rows[start:end]).tolist()
            if len(sharing) > 1:
                yield sharing


class UnionFind:
    """Disjoint sets of the numbers 0 to size - 1 (Tarjan 1975), with path halving."""

    def __init__(self, size: int) -> None:
        self._parents = array("q", range(size))

    def find(self, i: int) -> int:
        """Return the representative of the set that holds ``i``."""
        parents = self._parents
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    def union(self, members: Sequence[int]) -> None:
        """Merge the sets of ``members``; the first one's representative stays."""
        first = self.find(members[0])
        for member in members[1:]:
            self._parents[self.find(member)] = first

    def groups(self) -> Iterator[list[int]]:
        """Yield the members of each set, in order of their first."""
        roots = np.array([self.find(i) for i in range(len(self._parents))], dtype=np.int64)
        order = np.argsort(roots, kind="stable")
        starts = np.flatnonzero(np.diff(roots[order], prepend=-1))
        ends = np.append(starts[1:], len(order))
        for group in np.argsort(order[starts], kind="stable").tolist():
            yield order[starts[group] : ends[group]].tolist()


def _id_keys(paper: Paper) -> Iterator[str]:
    """Yield keys that identify the paper beyond doubt: all its ids but the DOI."""
    for known in paper.known_as:
        if known.startswith("doi:"):
            continue
        scopes = {""}
        if known.startswith("digest:"):
            # A digest's own id such as "17" is valid within that digest only, and for a record
            # of several digests it is unknown which of them the id comes from.
            digests = {source.digest for source in paper.sources}
            scopes = digests if len(digests) == 1 else set()
        for scope in scopes:
            yield f"{scope}\0{known}"


def _split_by_title(papers: PaperTable, rows: list[int]) -> list[list[int]]:
    """Split ``rows``, which share a DOI, into groups with similar titles."""
    with_rows = zip(papers.take(np.array(rows)), rows, strict=True)
    holders = sorted(DoiHolder(title_key(p.readable_title), p.id, row) for p, row in with_rows)
    groups: list[list[DoiHolder]] = []
    for holder in holders:
        for group in groups:
            if all(titles_allow_one_doi(holder, other) for other in group):
                group.append(holder)
                break
        else:
            groups.append([holder])
    return [[holder.row for holder in group] for group in groups]


def _join_by_title(papers: PaperTable, rows_by_title: list[list[int]], groups: UnionFind) -> None:
    """Join the ``groups`` of records that share a title and do not contradict each other.

    Args:
        rows_by_title: the rows of each title.
    """
    unsure = [rows for rows in rows_by_title if len({groups.find(i) for i in rows}) > 1]
    if not unsure:
        return
    first = papers.take(np.array([rows[0] for rows in unsure])).select("title")
    titles = [title_key(paper.readable_title) for paper in first]
    members = {groups.find(group[0]): group for group in groups.groups() if len(group) > 1}
    in_order = sorted(zip(titles, unsure, strict=True))
    for batch in batched(in_order, GROUPS_AT_ONCE):
        roots = {groups.find(i) for _, rows in batch for i in rows}
        wanted = sorted({i for root in roots for i in members.get(root, [root])})
        records = papers.take(np.array(wanted))
        evidence = {i: evidence_of(paper) for i, paper in zip(wanted, records, strict=True)}
        for title, rows in batch:
            same = {groups.find(i) for i in rows}
            by_root = {r: sorted({evidence[i] for i in members.get(r, [r])}) for r in same}
            for joined in _agreeing_groups(by_root, title):
                groups.union(joined)
                members[joined[0]] = [i for r in joined for i in members.pop(r, [r])]


def _agreeing_groups(evidence: dict[int, list[Evidence]], title: str) -> list[list[int]]:
    """Return lists of groups with the key ``title`` that are one paper.

    A group joins another if each of its records agrees with each of the other's: a record of a
    title only agrees with many, and must not join two that disagree. Groups with the most
    evidence come first, so the order of arrival changes nothing.
    """

    def rank(group: int) -> tuple[int, list[Evidence]]:
        return -max(sum(map(bool, record)) for record in evidence[group]), evidence[group]

    alike: dict[str, list[list[int]]] = defaultdict(list)
    joined_evidence: dict[int, list[Evidence]] = {}
    for group in sorted(evidence, key=rank):
        abstract = evidence[group][0].abstract if len(evidence) > MOST_NAMESAKES else ""
        for joined in alike[abstract]:
            others = joined_evidence[joined[0]]
            if all(agree(a, b, title) for a in evidence[group] for b in others):
                joined.append(group)
                joined_evidence[joined[0]] = sorted({*others, *evidence[group]})
                break
        else:
            alike[abstract].append([group])
            joined_evidence[group] = evidence[group]
    return [joined for lists in alike.values() for joined in lists]


def batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield lists of ``size`` items; the last may be shorter."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
