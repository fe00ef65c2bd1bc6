"""Papers that messages of a chat name: by a link to the paper, with a title in the words around it.

What people write about a paper is a summary, never its abstract, unless they say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from explorer.papers.paper import Paper, Source
from explorer.papers.text import tidy
from explorer.readers.contract import Rejection
from explorer.readers.shared.author_lists import author_list
from explorer.readers.shared.markdown_inline import BARE_ADDRESS, reference, unnumbered
from explorer.readers.shared.page_blocks import is_furniture
from explorer.readers.shared.redirects import public_address

_MOST_LINKS = 100
_LONGEST_TITLE_WORDS = 40
_FEWEST_WORDS = 2
_SUMMARY_WORDS = 4
_DECORATION = re.compile(r"^[^\w\"“'(\[$]+|\s*#\w+|[^\w\s!?.)\]”\"'$…%]+$")
_ARXIV_TITLE = re.compile(r"^\[(?:arxiv:)?\d{4}\.\d{4,5}(?:v\d+)?\]\s*", re.I)
_LEAD_IN = re.compile(
    r"^(?:(?:new |today'?s |great |nice |cool |interesting )*(?:paper|preprint|article|work)"
    r"(?: alert| of the day)?|title|论文|статья)\s*[:：—–-]\s*",
    re.I,
)
_LABEL = re.compile(
    r"^\W{0,4}(authors?|by|abstract|тл;?др|tl;?dr|summary)\W{0,3}[:：]\W{0,3}\s*(.*)$", re.I | re.S
)
_LINK_WORDS = re.compile(
    r"\W*(?:(?:paper|pdf|arxiv|abs|abstract|link|code|github|project(?: page)?|website|demo|blog"
    r"|read(?: more)?|here|source|статья|ссылка|论文)\W*){1,4}",
    re.I,
)


class Span(NamedTuple):
    """A stretch of a message in one style."""

    text: str
    address: str = ""
    bold: bool = False


@dataclass(slots=True)
class _Line:
    text: str = ""
    bold: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Named:
    """A paper that is linked to: its addresses, and where the first link is."""

    line: int
    labels: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)


def papers_of_message(spans: Iterable[Span], source: Source) -> list[Paper | Rejection]:
    """Return the papers that a message links to; nothing if it links to none."""
    lines = _lines(spans)
    named: dict[str, _Named] = {}
    for number, line in enumerate(lines):
        for label, address in line.links[:_MOST_LINKS]:
            known = reference([address])
            if known.names_paper:
                key = known.arxiv or known.doi or known.others[0]
                paper = named.setdefault(key, _Named(number))
                paper.labels.append(label)
                paper.addresses.append(address)
    if len(named) == 1:
        (only,) = named.values()
        return [_only_paper(lines, only, source)]
    return [_one_of_several(lines, paper, source) for paper in named.values()]


def paper_linked(
    title: str, text: str, address: str, source: Source, authors: Sequence[str] = ()
) -> Paper | Rejection | None:
    """Return the paper that the preview of a link shows, or None if it leads to none."""
    known = reference([address])
    if not known.names_paper:
        return None
    title = _as_title(title)
    if not title:
        return Rejection(source.digest, source.line, _NO_TITLE, address[:80])
    text = tidy(text)
    cut = bool(re.search(r"(?:\.\.\.|…)\W*$", text)) or len(text.split()) < 20
    return Paper(
        title=title,
        abstract="" if cut else text,
        authors=tuple(authors),
        arxiv=known.arxiv,
        doi=known.doi,
        other_ids=known.others,
        url=public_address(known.url),
        summary=text if cut and title not in text else "",
        sources=(source,),
    )


_NO_TITLE = "a link to a paper without a title beside it"


def _lines(spans: Iterable[Span]) -> list[_Line]:
    lines = [_Line()]
    for span in spans:
        for number, text in enumerate(span.text.split("\n")):
            if number:
                lines.append(_Line())
            line = lines[-1]
            if span.address:
                line.links.append((text.strip(), span.address))
            elif bare := BARE_ADDRESS.findall(text):
                line.links += [("", address.strip("<>").rstrip(".,;)")) for address in bare]
            line.text += BARE_ADDRESS.sub(" ", text)
            if span.bold:
                line.bold += text
    return [line for line in lines if line.text.strip() or line.links]


def _only_paper(lines: list[_Line], paper: _Named, source: Source) -> Paper | Rejection:
    labels = [title for label in paper.labels if len((title := _as_title(label)).split()) > 2]
    bold = [title for line in lines if (title := _as_title(line.bold))]
    texts = [title for line in lines if (title := _as_title(line.text))]
    title = next(iter((*labels, *bold, *texts)), "")
    if not title:
        return Rejection(source.digest, source.line, _NO_TITLE, paper.addresses[0][:80])
    fields: dict[str, list[str]] = {}
    current = "summary"
    for line in lines:
        text = tidy(line.text)
        if label := _LABEL.match(text):
            kind = label[1].lower()
            current = "abstract" if kind == "abstract" else "summary"
            current = "authors" if kind in {"author", "authors", "by"} else current
            fields.setdefault(current, []).append(tidy(label[2]))
            current = "summary" if current == "authors" and label[2] else current
        elif (
            _as_title(text) != title and not _LINK_WORDS.fullmatch(text) and not is_furniture(text)
        ):
            fields.setdefault(current, []).append(text)
    authors = _authors(fields)
    known = reference(paper.addresses)
    summary = " ".join(filter(None, fields.get("summary", ())))
    return Paper(
        title=title,
        abstract=" ".join(filter(None, fields.get("abstract", ()))),
        authors=authors,
        arxiv=known.arxiv,
        doi=known.doi,
        other_ids=known.others,
        url=public_address(known.url),
        summary=summary if len(summary.split()) >= _SUMMARY_WORDS else "",
        sources=(source,),
    )


def _authors(fields: dict[str, list[str]]) -> tuple[str, ...]:
    """Return the authors, from their label or from a first line that is a list of people."""
    if named := author_list(" ".join(fields.get("authors", ()))):
        return named
    first = fields.get("summary", [""])[0]
    names = author_list(first, alone=False)
    if names:
        fields["summary"] = fields["summary"][1:]
    return names


def _one_of_several(lines: list[_Line], paper: _Named, source: Source) -> Paper | Rejection:
    own = lines[paper.line].text
    above = lines[paper.line - 1] if paper.line else _Line()
    given = [*(label for label in paper.labels if len(label.split()) > 2), own]
    given += [] if above.links else [above.text]
    title = next((title for text in given if (title := _as_title(text))), "")
    if not title:
        return Rejection(source.digest, source.line, _NO_TITLE, paper.addresses[0][:80])
    known = reference(paper.addresses)
    return Paper(
        title=title,
        arxiv=known.arxiv,
        doi=known.doi,
        other_ids=known.others,
        url=public_address(known.url),
        sources=(source,),
    )


def _as_title(text: str) -> str:
    """Return ``text`` without what surrounds a title in a chat, or ``""`` if it can be none."""
    text = _ARXIV_TITLE.sub("", tidy(text[:2_000]))
    for _ in range(2):
        text = _DECORATION.sub("", _LEAD_IN.sub("", text)).strip()
    text = unnumbered(text).strip(" :–—-|")
    words = len(re.findall(r"[^\W\d]{2,}", text))
    long_enough = (
        words >= _FEWEST_WORDS or len(re.findall(r"[\u3400-\u9fff\u3040-\u30ff]", text)) >= 5
    )
    if not long_enough or len(text.split()) > _LONGEST_TITLE_WORDS:
        return ""
    return "" if _LABEL.match(text) or _LINK_WORDS.fullmatch(text) or is_furniture(text) else text
