"""One record made of several records of a paper, and its id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from explorer.papers.dates import year_of
from explorer.papers.paper import Paper, Source, is_pdf, title_key
from explorer.papers.same_paper import FEWEST_TITLE_WORDS, surname_of


def merge_records(papers: Sequence[Paper]) -> Paper:
    """Return one record with the fullest of each field, whatever the order of ``papers``.

    Title, abstract, authors and date of PDFs count only where no other record has them.
    """
    known = sorted(p.id for p in papers if p.id)
    filled = [paper for paper in papers if paper.title or paper.sources]
    if len(filled) == 1:  # as nearly always; the others are bare ids
        (one,) = filled
        return replace(
            one,
            id=known[0] if known else _new_id(one),
            other_ids=tuple(sorted(set(one.other_ids))),
            sources=_sorted_sources(one.sources),
        )
    # What a PDF's layout says is a guess beside any record.
    surer = [paper for paper in filled if not _is_from_pdf(paper)] or papers
    best = max(
        [p for p in surer if p.abstract] or papers,
        key=lambda p: (len(p.abstract), p.abstract, len(p.title), p.title),
    )
    titled = [p for p in surer if p.title and p.abstract == best.abstract]
    dates = [p.date for p in surer if p.date] or [p.date for p in papers if p.date]
    merged = Paper(
        title=_fullest([p.title for p in titled or [p for p in surer if p.title] or papers]),
        abstract=best.abstract,
        authors=_longest([p.authors for p in surer if p.authors] or [p.authors for p in papers]),
        date=min(dates, key=lambda d: (-_precision(d), d), default=""),
        venue=_fullest([p.venue for p in papers]),
        arxiv=min((p.arxiv for p in papers if p.arxiv), default=""),
        doi=min((p.doi for p in papers if p.doi), default=""),
        other_ids=tuple(sorted({i for p in papers for i in p.other_ids})),
        url=min((p.url for p in papers if p.url), key=lambda u: (len(u), u), default=""),
        categories=_longest([p.categories for p in papers]),
        keywords=_longest([p.keywords for p in papers]),
        summary=_fullest([p.summary for p in papers]),
        sources=_sorted_sources(s for p in papers for s in p.sources),
    )
    return replace(merged, id=known[0] if known else _new_id(merged))


def _is_from_pdf(paper: Paper) -> bool:
    """Return whether a paper has no other sources than PDFs."""
    return bool(paper.sources) and all(is_pdf(source.digest) for source in paper.sources)


def _new_id(paper: Paper) -> str:
    if paper.arxiv:
        name = f"arxiv:{paper.arxiv}"
    elif paper.doi:
        name = f"doi:{paper.doi}"
    else:
        author = surname_of(paper.authors[0]) if paper.authors else ""
        name = f"title:{title_key(paper.readable_title)}|{author or year_of(paper.date) or ''}"
        if len(title_key(paper.readable_title).split()) < FEWEST_TITLE_WORDS:
            name += f"|{paper.abstract}"
    return id_from(name)


def id_from(name: str) -> str:
    """Return a library id, made of 44 bits of the SHA-256 of ``name``."""
    return "p" + hashlib.sha256(name.encode()).hexdigest()[:11]


def _sorted_sources(sources: Iterable[Source]) -> tuple[Source, ...]:
    return tuple(sorted(set(sources), key=_place_of))


def _place_of(source: Source) -> tuple[object, ...]:
    lists = (source.collections, source.tags, source.notes, source.annotations)
    return source.digest, source.line, source.date, *lists


def _fullest(texts: Iterable[str]) -> str:
    return max(texts, key=lambda text: (len(text), text), default="")


def _longest(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return max(lists, key=lambda names: (len(names), len("".join(names)), names), default=())


def _precision(edtf: str) -> int:
    return sum(character.isdigit() for character in edtf)
