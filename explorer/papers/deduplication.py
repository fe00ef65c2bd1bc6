"""Deduplication: the distinct papers among records that were read or are stored.

Two records are one paper if they share an id (arXiv, DOI, or another scheme's) or a title, by the
rules of :mod:`explorer.papers.same_paper`. The merged record takes the fullest of each field, so
the order of arrival changes nothing.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from explorer.papers.grouping import GROUPS_AT_ONCE, KeyIndex, batched, group_records
from explorer.papers.merging import id_from, merge_records
from explorer.papers.paper import Paper
from explorer.papers.table import PaperTable


class DistinctPaper(NamedTuple):
    """One paper, and its records that were read or stored."""

    paper: Paper | None
    """The merged record; None for a stored record that no record just read belongs to."""
    read: tuple[int, ...]
    """Row numbers among the records read."""
    stored: tuple[int, ...]
    """Row numbers in the library."""
    known: tuple[Paper, ...]
    """The stored records, parallel to ``stored``; empty if ``paper`` is None."""


def deduplicate(
    read: PaperTable, stored: PaperTable, read_again: frozenset[str] = frozenset()
) -> Iterator[DistinctPaper]:
    """Yield each distinct paper of ``read`` and ``stored``; only some lie in memory at once.

    ``stored`` are the library's records; they keep their ids. Facts that a stored record has from
    digests now read again are replaced by the new reading; facts from other digests stay. New ids
    are made from the strongest identifier of a paper, so the same paper gets the same id in every
    library; papers that differ in their texts only get one id here (see
    :func:`disambiguated_ids`).

    Args:
        read_again: names of more digests that were read, though none of ``read`` is from them.
    """
    records = PaperTable.concatenate(read, stored)
    begin = len(read)  # the first stored record
    digests_read = read.digest_names | read_again
    for groups in batched(group_records(records), GROUPS_AT_ONCE):
        wanted = [i for group in groups for i in group if len(group) > 1 or i < begin]
        papers = dict(zip(wanted, records.take(np.array(wanted, dtype=np.int64)), strict=True))
        for group in groups:
            if len(group) == 1 and group[0] >= begin:  # as nearly all in an update
                yield DistinctPaper(None, (), (group[0] - begin,), ())
                continue
            new = tuple(i for i in group if i < begin)
            old = tuple(i - begin for i in group if i >= begin)
            known = [papers[begin + row] for row in old]
            from_read = [papers[i] for i in new]
            others = [without_digests(paper, digests_read) for paper in known] if new else known
            yield DistinctPaper(merge_records([*from_read, *others]), new, old, tuple(known))


def disambiguated_ids(papers: Sequence[tuple[bool, Paper]], taken: Container[str]) -> list[str]:
    """Return a unique id for each of several papers with the same one.

    Two papers may share a title and have no other known identifier; their abstracts then make
    the ids. Stored records come first, so that they keep their id.

    Args:
        papers: whether it is new, and the paper.
        taken: ids of other papers.
    """

    def rank(index: int) -> tuple[bool, str, str]:
        is_new, paper = papers[index]
        return is_new, paper.abstract, repr(paper)

    ids: dict[int, str] = {}
    for index in sorted(range(len(papers)), key=rank):
        paper = papers[index][1]
        name = paper.id
        while name in ids.values() or (ids and name in taken):
            name = id_from(f"{name}|{paper.abstract}")
        ids[index] = name
    return [ids[index] for index in range(len(papers))]


def without_digests(stored: Paper, digests: frozenset[str]) -> Paper:
    """Return ``stored`` without its sources in ``digests``; a bare id if no other is left."""
    others = tuple(source for source in stored.sources if source.digest not in digests)
    return replace(stored, sources=others) if others else Paper(title="", id=stored.id)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One id on records that are not one paper: somebody's mistake, for people to sort out."""

    id: str
    papers: tuple[str, ...]
    """Library ids of the records."""
    titles: tuple[str, ...]


def conflicts(records: PaperTable) -> list[Conflict]:
    """Return the DOIs that several records claim, in order."""
    holders = KeyIndex()
    for row, name in enumerate(records.dois):
        if name:
            holders.add(name, row)
    claims = [list(records.take(np.array(rows))) for rows in holders.shared()]
    by_doi = [
        Conflict(
            f"doi:{papers[0].doi}",
            tuple(paper.id for paper in papers),
            tuple(paper.readable_title for paper in papers),
        )
        for papers in claims
    ]
    return sorted(by_doi, key=lambda conflict: conflict.id)
