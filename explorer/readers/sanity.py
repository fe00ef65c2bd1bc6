"""A check of what was read: whether the papers of a digest look like papers.

It judges the first papers before any of them is passed on, and by shares, as single papers may
have odd titles in any honest digest. If too many are odd, the file is something else than it was
taken for, and is refused as a whole. A single title that can be none is a rejection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from explorer.errors import DigestError
from explorer.papers.paper import Paper, title_key
from explorer.papers.text import plural
from explorer.readers.contract import Digest, Item, Rejection
from explorer.readers.shared.front_matter_titles import is_front_matter
from explorer.readers.shared.titles import LONGEST_TITLE, is_labelled, why_no_title

_FIRST = 300
"""Papers that are judged before any is passed on."""
_FIRST_CHARACTERS = 2_000_000
_LONG_ABSTRACT = 20_000
_SHOWN = 80
_EVIDENCE = 40
"""Confidence of a reader that saw more than text; those below are guesses and judged strictly."""


def checked(items: Iterator[Item], digest: Digest, reader: str, confidence: int) -> Iterator[Item]:
    """Yield ``items``; front matter, and papers whose titles can be none, as rejections.

    Raises:
        DigestError: what was read first does not look like papers; nothing was yielded then.
    """
    first: list[Item] = []
    papers: list[Paper] = []
    characters = 0
    for item in items:
        first.append(item)
        if isinstance(item, Paper):
            papers.append(item)
            characters += len(item.title) + len(item.abstract)
        if len(first) >= _FIRST or characters > _FIRST_CHARACTERS:
            break
    if fault := _fault(papers, guessed=confidence < _EVIDENCE):
        raise DigestError(
            f"this does not read like papers: {fault}.",
            path=digest.path,
            advice=f"It was taken for {reader}. If that is right, add --force {reader}; "
            "else name its format with --force, or save it in another.",
        )
    for item in first:
        yield _judged(item)
    for item in items:
        yield _judged(item)


def _judged(item: Item) -> Item:
    if isinstance(item, Paper) and (reason := _why_no_paper(item)):
        source = item.sources[0]
        return Rejection(source.digest, source.line, reason, item.title[:_SHOWN])
    return item


def _why_no_paper(paper: Paper) -> str:
    if what := why_no_title(paper.title):
        return f"the title is {what}, no title"
    is_front = is_front_matter(paper.readable_title, paper.readable_abstract or paper.summary)
    return "front matter of a volume, not a paper" if is_front else ""


def _fault(papers: Sequence[Paper], *, guessed: bool) -> str:
    """Return what is wrong with most of the ``papers``, with an example; empty if nothing is."""
    least, share = (1, 0.3) if guessed else (5, 0.5)
    odd: tuple[tuple[str, int, float, Callable[[Paper], object]], ...] = (
        ("titles that are no titles", 1 if len(papers) == 1 else 2, 0.3, _no_title),
        ("titles that begin with the name of a field", 3, 0.5, lambda p: is_labelled(p.title)),
        (
            f"titles of more than {LONGEST_TITLE} characters",
            max(3, least),
            share,
            lambda p: len(p.title) > LONGEST_TITLE,
        ),
        (
            f"abstracts of more than {_LONG_ABSTRACT:,} characters",
            least,
            share,
            lambda p: len(p.abstract) > _LONG_ABSTRACT,
        ),
    )
    for what, fewest, part, is_odd in odd:
        such = [paper for paper in papers if is_odd(paper)]
        if len(such) >= fewest and len(such) > part * len(papers):
            return f"{_of(len(such), papers)} have {what}, such as {_example(such[0])}"
    return _repeated(papers, guessed=guessed)


def _no_title(paper: Paper) -> str:
    return why_no_title(paper.title)


def _repeated(papers: Sequence[Paper], *, guessed: bool) -> str:
    """Return the fault of one title for most papers; journals have many an "Editorial" with a DOI
    of its own."""
    same = [paper for paper in papers if guessed or not (paper.arxiv or paper.doi or paper.url)]
    titles = Counter(title_key(paper.title) for paper in same)
    title, count = max(titles.items(), key=lambda item: item[1], default=("", 0))
    if count < (8 if guessed else 20) or 2 * count <= len(papers):
        return ""
    example = next(paper for paper in same if title_key(paper.title) == title)
    return f"{_of(count, papers)} have one title, {_example(example)}"


def _of(count: int, papers: Sequence[Paper]) -> str:
    return f"{count:,} of the first {plural(len(papers), 'paper')}"


def _example(paper: Paper) -> str:
    return f"“{paper.title[:_SHOWN]}”"
