"""DOI, arXiv id and date of the paper that a PDF is, not of those that it cites."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from explorer.papers.dates import parse_date, publication_date
from explorer.papers.paper import arxiv_id, doi, title_key
from explorer.readers.shared.pdf_document import PdfPage
from explorer.readers.shared.pdf_front import PdfFrontMatter
from explorer.readers.shared.pdf_words import PdfLine

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>{}|\\^`]*[^\s\"<>{}|\\^`.,;:)\]]")
_PART_OF_DOI = re.compile(r"\.(?:[gts]\d{3}|supp\w*|abstract|full|pdf)$", re.I)
_STAMP = re.compile(r"arXiv:\s?(\S+?)(?:v\d+)?\s+\[[\w.-]+\]\s+(\d{1,2} \w{3,9} \d{4})")
_BARE_STAMP = re.compile(r"\s*arXiv:\s?(\S+?)(?:v\d+)?(?:\s+\[[\w.-]+\].*)?\s*")
_NAMED_BY_ARXIV = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+\d{7})(?:v\d+)?\.pdf", re.I)
_REFERENCES = re.compile(
    r"\W*(?:\d{1,2}\.?\s*)?(?:references|bibliography|literature cited|works cited|literatur"
    r"|literaturverzeichnis|bibliographie|referencias|referências|参考文献)\W*",
    re.I,
)
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_YEAR = r"(?:19[2-9]\d|20[0-4]\d)"
_DAY = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS})\.?,? {_YEAR}|(?:{_MONTHS})\.? \d{{1,2}},? {_YEAR}"
    rf"|(?:{_MONTHS})\.?,? {_YEAR}|{_YEAR}-\d\d-\d\d)"
)
_PUBLISHED = re.compile(
    r"(?:published(?: online)?|posted(?: online)?|publication date|available online|online)[: ]*"
    rf"(?:first posted online )?({_DAY})",
    re.I,
)
_ACCEPTED = re.compile(rf"(?:accepted|revised|received|submitted)[^.;]{{0,20}}?({_DAY})", re.I)
_DATED = re.compile(rf"\b({_DAY})\b", re.I)
_RIGHTS = re.compile(rf"(?:©|copyright|\(c\)|\bq)[^\d]{{0,40}}({_YEAR})\b", re.I)
_ISSUE = re.compile(
    rf"\(({_YEAR})\)|\b({_YEAR})[;,:] ?\d|\bvol\S* ?\d+.{{0,30}}\b({_YEAR})\b"
    rf"|\b({_YEAR}) (?:•|·|\||tome|vol)|,? ({_YEAR}), tome",
    re.I,
)
_LEADING = re.compile(
    r"\W*(?:article |digital object identifier[:]? ?)?(?:doi\b|https?://(?:dx\.)?doi\.org|10\.\d{4})",
    re.I,
)
_CITATION = re.compile(r"\bcit(?:e|ation|ed as)\b|reference format|zitier|citer|citar", re.I)
_OF_DATA = re.compile(r"zenodo|dryad|figshare|osf\.io|dataset|data (?:are|is)|supplement", re.I)
_CITED = re.compile(r"\[\d{1,3}\]|et al|^\W*\d{1,3}\. ")
_YEARS = re.compile(rf"\b({_YEAR})\b")
_HEAD = 160
"""Points below the top of the title within which the journal and dates may stand."""
_FEW_LINES = 40
_MOST_ROWS = 5
_FROM_EDGE = 0.13
"""Part of the page's height within which running heads and feet stand."""


def own_doi(pages: Sequence[PdfPage], front: PdfFrontMatter, info: Mapping[str, str]) -> str:
    """Return the paper's DOI: from the metadata, a cover, or where pages name their own paper.

    Of several on the first page none is sure to be the paper's unless other pages repeat it.
    """
    for key in ("DOI", "Title", "Subject", "Keywords"):
        if len(names := set(_dois([info.get(key, "")]))) == 1:
            return names.pop()
    for cover in front.covers:
        if len(names := set(_dois(line.text for line in cover.lines))) == 1:
            return names.pop()
    repeated: Counter[str] = Counter()
    for page in pages:
        repeated.update(set(_dois(line.text for line in _edges(page))))
    for name, count in repeated.most_common(1):
        if count >= 2:
            return name
    opening = next((page for page in pages if page.number == front.page), None)
    if opening is None:
        return ""
    first = set(_dois(_naming_itself(opening, front)))
    edge = {name for name in repeated if repeated[name]} & first
    if len(first) == 1:
        return first.pop()
    if len(edge) == 1:
        return edge.pop()
    # A head or foot of the next page, as where the first one has none.
    return next(iter(repeated)) if not first and len(repeated) == 1 else ""


def own_arxiv(pages: Sequence[PdfPage], info: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return arXiv's id and the date from its stamp in the margin, or from the file's name."""
    for page in pages[:2]:
        for line in _edges(page):
            match = _STAMP.search(line.text)
            if match and arxiv_id(match[1]):
                return arxiv_id(match[1]), parse_date(match[2])
            if (bare := _BARE_STAMP.fullmatch(line.text)) and arxiv_id(bare[1]):
                return arxiv_id(bare[1]), ""
    if own := arxiv_id(info.get("DOI", "")):
        return own, ""
    if match := _NAMED_BY_ARXIV.fullmatch(name.rpartition("/")[2]):
        text = match[1]
        return arxiv_id(text if "." in text else f"{text[:-7]}/{text[-7:]}"), ""
    return "", ""


def publication_day(pages: Sequence[PdfPage], front: PdfFrontMatter) -> str:
    """Return the date of publication as its first page or its cover states it, in EDTF."""
    page = next((page for page in pages if page.number == front.page), None)
    if page is None:
        return ""
    edges = [
        line.text
        for one in pages
        if front.page <= one.number <= front.page + 1
        for line in _edges(one)
        if not _ACCEPTED.search(line.text)
    ]
    covers = [line.text for cover in front.covers for line in cover.lines]
    # References and the notes below a page name other years.
    lines = [line for line in page.lines if not _CITED.search(line.text)]
    head = [line for line in lines if line.y0 < front.top or line.y0 < front.top + _HEAD]
    near = [line.text for line in head if len(line.text) < 120]
    issue = next((day for texts in (edges, covers, near) if (day := _first(_ISSUE, texts))), "")
    everything = [line.text for line in lines]
    stated = next(
        (day for p in (_PUBLISHED, _RIGHTS) if (day := _first(p, everything))), ""
    ) or _first(_DATED, [text for text in (*near, *edges) if not _ACCEPTED.search(text)])
    if issue and not stated.startswith(issue):
        return issue
    if stated:
        return stated
    if accepted := _first(_ACCEPTED, everything):
        return accepted
    if len(page.lines) < _FEW_LINES:  # a title page or a slide
        return _first(_DATED, everything)
    return _first(_YEARS, [line.text for line in head if line.y0 < front.top])


def _first(pattern: re.Pattern[str], texts: Iterable[str]) -> str:
    matches = [
        group
        for text in texts
        for match in pattern.finditer(text)
        if (group := next(filter(None, match.groups()), ""))
    ]
    return publication_date(matches) if matches else ""


def _dois(texts: Iterable[str]) -> list[str]:
    names = []
    for text in texts:
        for match in _DOI.finditer(text):
            name = doi(_PART_OF_DOI.sub("", match[0]))
            if name and not name.startswith("10.48550/"):
                names.append(name)
    return names


def _naming_itself(page: PdfPage, front: PdfFrontMatter) -> Iterator[str]:
    """Yield the lines of a page that can hold the paper's own DOI: heads and feet, lines about the
    paper above its title, those that begin with a DOI, and its own citation."""
    edges = {id(line) for line in _edges(page)}
    words = title_key(front.title).split()[:4]
    own = " ".join(words)
    for place, line in enumerate(page.lines):
        if _REFERENCES.fullmatch(line.text):
            return
        if not _DOI.search(line.text) or _CITED.search(line.text) or _OF_DATA.search(line.text):
            continue
        before = " ".join(one.text for one in page.lines[max(0, place - 3) : place + 1])
        if (
            id(line) in edges
            or _LEADING.match(line.text)
            or line.y1 < front.top
            or _CITATION.search(before)
            or (len(words) > 2 and own in title_key(before))
        ):
            yield line.text


def _edges(page: PdfPage) -> list[PdfLine]:
    """Return the running heads and feet of a page, and what is turned in its margins.

    They are the few rows at the top or bottom with more space to the text than among themselves.
    """
    upright = sorted((line for line in page.lines if not line.rotated), key=lambda line: line.y0)
    edges = [line for line in page.lines if line.rotated]
    edges += _apart(upright, 1, page.height)
    edges += _apart(upright[::-1], -1, page.height)
    return edges


def _apart(lines: Sequence[PdfLine], way: int, height: float) -> list[PdfLine]:
    """Return the first of the lines, in the direction ``way``, that stand apart from the rest."""
    kept: list[PdfLine] = []
    rows = 0
    for line in lines:
        place = line.y1 if way > 0 else height - line.y0
        if place > _FROM_EDGE * height:
            break
        if kept:
            gap = line.y0 - kept[-1].y1 if way > 0 else kept[-1].y0 - line.y1
            if gap > 0.9 * line.size and rows > 0:
                return kept
            rows += gap > -0.3 * line.size
        else:
            rows = 1
        kept.append(line)
        if rows > _MOST_ROWS:
            return []
    else:
        return []
    gap = line.y0 - kept[-1].y1 if way > 0 and kept else kept[-1].y0 - line.y1 if kept else 0.0
    return kept if kept and gap > 0.9 * line.size else []
