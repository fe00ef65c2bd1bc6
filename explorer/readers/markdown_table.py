"""Markdown tables of papers: awesome lists and daily READMEs, a paper a row.

Their columns differ, so the heading of a column decides its field, and a table without a column of
titles is not a table of papers. Bots do not escape the ``|`` of a formula:
a row with too many cells has its surplus in the title. In the weekly tables of ``Paper`` and
``Links`` the first cell holds the title and an editor's summary, in bold, after a dash, or only
with more than one blank between them. A heading that is a week or a date dates what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.papers.dates import date_within, file_date, parse_date
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Line, Rejection
from explorer.readers.markdown_list import papers_of_bullets
from explorer.readers.shared.markdown_inline import (
    IMAGE,
    LINK,
    Inline,
    inline,
    markdown_date,
    names,
    reference,
    unnumbered,
)

_COLUMNS = {
    name: kind
    for kind, kinds in {
        "title": "title|titles|paper title|article title|title & authors|title and authors"
        "|title/authors|标题|论文标题|题目|paper name|论文名称",
        "paper": "paper|papers|article|论文|work|works|publication title",
        "date": "date|publish date|published|publication date|published date|time|year|submitted"
        "|update date|updated|month|release date|submit date|日期|时间|发布日期|发布时间|年份",
        "authors": "authors|author|作者|author(s)|first author",
        "abstract": "abstract|摘要|abstracts",
        "summary": "summary|tl;dr|tldr|description|introduction|highlights|highlight|key idea"
        "|overview|总结|简介|中文摘要",
        "venue": "venue|venues|publication|conference|journal|pub|pub.|published in|会议|期刊"
        "|conf|proceedings|来源",
        "keywords": "keywords|keyword|tags|tag|关键词|topics|topic",
        "categories": "categories|category|subject|subjects|分类",
        "doi": "doi|arxiv id|id|arxiv|paper id",
        "links": "pdf|link|links|url|paper link|code|github|project|resources|链接|代码|paper url",
    }.items()
    for name in kinds.split("|")
}
_DELIMITER_CELL = re.compile(r"\s*:?-+:?\s*")
_UNESCAPED_BAR = re.compile(r"(?<!\\)\|")
_HEADING = re.compile(r"^#{1,6}\s+(.*)")
_UPDATED = re.compile(r"\b(?:updated?|last modified|更新)", re.I)
_BREAK = re.compile(r"<br\s*/?>", re.I)
_BOLD_START = re.compile(r"^(?:\*\*|__)(.{1,2000}?)(?:\*\*|__)(?!\*)")
_NUMBER = re.compile(r"^(?:\d{1,4}[.)]|\[\d{1,4}\])(?:\s+|$)")
_SUMMARY_BEGINS = re.compile(
    r"\s+[-–—]\s+|\s{2,}|<br\s*/?>"
    r"|\s(?=(?:This|The|In this) (?:new )?(?:paper|work|survey|study|report|article|research)\b"
    r"|(?:Introduces|Presents|Proposes|Explores|Investigates|Shows|Researchers from) )"
)
_LONGEST_TITLE_WORDS = 30
_SHORTEST_SUMMARY_WORDS = 4
_DETAILS_LABEL = re.compile(r"<summary>.{0,200}?</summary>", re.I)
_DAY = r"([A-Z][a-z]{2,8})\.?\s+\d{1,2}"
_WEEK = re.compile(
    rf"{_DAY}\s*[-–—]+\s*(?:([A-Z][a-z]{{2,8}})\.?\s*)?(\d{{1,2}})\s*\)?"
    r"(?:\s*[-–—,]?\s*(\d{4}))?"
)
_NOTHING = frozenset(("", "null", "none", "n/a", "-", "–", "—", "nan"))

ColumnKinds = tuple[str, ...]


class MarkdownTable:
    """Reads Markdown tables that have a column of titles."""

    name = "markdown-table"

    def recognises(self, digest: Digest) -> int:
        if not digest.encoding or "|" not in digest.head:
            return 0
        columns: ColumnKinds = ()
        before = ""
        for line in digest.head.splitlines():
            if columns and "|" in line and _is_paper_row(_cells(line), columns):
                return 92
            if _is_delimiter(line):
                columns = _columns(before) or columns
            before = line
        return 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        # Lists stand beside the tables: papers without a table of their own.
        yield from papers_of_bullets(_rows(digest), digest.name, file_date(digest.path.name))


def _rows(digest: Digest) -> Iterator[Line | Paper | Rejection]:
    """Yield the papers of the tables, and the lines that are in none."""
    columns: ColumnKinds = ()
    date = file_date(digest.path.name)
    before = Line(0, "")
    waiting = False  # whether the line before is a row, unless it heads the next table
    for line in digest.lines():
        if isinstance(line, Rejection):
            yield line
            continue
        text = line.text.strip()
        delimiter = _is_delimiter(text)
        if waiting and not delimiter:
            yield from _row(before.text, columns, Source(digest.name, before.number, date))
        waiting = False
        if delimiter:
            columns = _columns(before.text)
        elif columns and (text.startswith("|") or len(_cells(text)) == len(columns)):
            waiting = True
        elif heading := _HEADING.match(text):
            columns = ()
            date = _dated_heading(heading[1]) or date
        elif text and not columns and _UPDATED.search(text[:100]):
            date = date_within(text) or date
        if not waiting and not delimiter:
            yield line
        before = Line(line.number, text)
    if waiting:
        yield from _row(before.text, columns, Source(digest.name, before.number, date))


def _cells(line: str) -> list[str]:
    line = line.strip()
    if "|" not in line:
        return []
    line = line.removeprefix("|")
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [cell.strip().replace("\\|", "|") for cell in _UNESCAPED_BAR.split(line)]


def _is_delimiter(line: str) -> bool:
    cells = _cells(line)
    return bool(cells) and all(_DELIMITER_CELL.fullmatch(cell) for cell in cells)


def _columns(header: str) -> ColumnKinds:
    """Return the kind of each column; nothing unless one holds titles and another helps."""
    headings = [
        re.sub(r"[^\w\s&/.;()]|_", "", inline(cell).text).strip().casefold()
        for cell in _cells(header)
    ]
    kinds = [_COLUMNS.get(heading, "") for heading in headings]
    if "title" in kinds:
        # Beside titles, a column called "paper" holds links.
        kinds = ["links" if kind == "paper" else kind for kind in kinds]
    else:
        kinds = ["title" if kind == "paper" else kind for kind in kinds]
    if kinds.count("title") != 1 or not {*kinds} - {"title", ""}:
        return ()
    title = kinds.index("title")
    if "author" in headings[title] or "作者" in headings[title]:
        kinds[title] = "title and authors"
    return tuple(kinds)


def _title_column(columns: ColumnKinds) -> int:
    return next(i for i, kind in enumerate(columns) if kind.startswith("title"))


def _is_paper_row(cells: list[str], columns: ColumnKinds) -> bool:
    """Whether a row has a title and any sign that it is a paper's."""
    if (
        len(cells) < len(columns)
        or len(re.findall(r"[^\W\d]{2}", cells[_title_column(columns)])) < 1
    ):
        return False
    spans = {kind: cell for kind, cell in zip(columns, cells, strict=False) if kind}
    addresses = [address for cell in cells for address in inline(cell).addresses]
    return bool(
        reference(addresses).names_paper
        or spans.get("abstract")
        or (spans.get("authors") and markdown_date(inline(spans.get("date", "")).text))
        or (addresses and {"authors", "venue", "summary"} & spans.keys())
    )


def _row(text: str, columns: ColumnKinds, source: Source) -> Iterator[Paper | Rejection]:
    cells = _cells(text)
    if not any(cells) or _columns(text) == columns:
        return
    surplus = len(cells) - len(columns)
    where = _title_column(columns)
    if surplus > 0:
        cells[where : where + surplus + 1] = ["|".join(cells[where : where + surplus + 1])]
    fields: dict[str, list[Inline]] = {}
    for kind, cell in zip(columns, cells, strict=False):
        if not kind.startswith("title"):
            span = inline(_DETAILS_LABEL.sub(" ", cell))
            if span.text.casefold() not in _NOTHING or span.links:
                fields.setdefault(kind, []).append(span)
    split = _title(cells[where]) if where < len(cells) else ("", "")
    if split is None:
        reason = "a table cell without a clear end of the title"
        yield Rejection(source.digest, source.line, reason, cells[where][:80])
        return
    title, rest = split
    if not any(character.isalnum() for character in title):
        yield Rejection(source.digest, source.line, "no title", text[:80])
        return

    def field_text(kind: str) -> str:
        return next((s.text for s in fields.get(kind, ()) if s.text.casefold() not in _NOTHING), "")

    own = inline(cells[where])
    linked = [
        span for kind in ("doi", "links", "", "venue", "date") for span in fields.get(kind, ())
    ]
    known = reference(
        [*own.addresses, *(address for span in linked for address in span.addresses)],
        [span.text for kind in ("doi", "links") for span in fields.get(kind, ())],
    )
    both = columns[where] == "title and authors"
    summary = field_text("summary") or ("" if both else rest)
    long_enough = len(summary.split()) >= _SHORTEST_SUMMARY_WORDS
    yield Paper(
        title=title,
        abstract=field_text("abstract"),
        authors=names(rest if both else field_text("authors")),
        date=markdown_date(field_text("date")),
        venue=field_text("venue"),
        arxiv=known.arxiv,
        doi=known.doi,
        other_ids=known.others,
        url=known.url,
        categories=_parts(field_text("categories")),
        keywords=_parts(field_text("keywords")),
        summary=summary if long_enough else "",
        sources=(source,),
    )


def _title(cell: str) -> tuple[str, str] | None:
    """Return the title in its cell and the text after it; None if the title has no clear end."""
    cell = IMAGE.sub(" ", cell).strip()
    numbered = bool(_NUMBER.match(cell))
    # A badge that was a link leaves an empty one.
    cell = re.sub(r"^(?:\[\s*\]\([^()\s]*\)|<br\s*/?>|\s)+", "", _NUMBER.sub("", cell))
    marked = _BOLD_START.match(cell) or LINK.match(cell)
    if marked:
        rest = inline(cell[marked.end() :]).text
        return unnumbered(inline(marked[1]).text), re.sub(r"^[\s\-–—:.,]+", "", rest)
    first, *below = _BREAK.split(cell, maxsplit=1)
    if not numbered and len(first.split()) <= _LONGEST_TITLE_WORDS:
        return unnumbered(inline(first).text), inline(below[0]).text if below else ""
    title, *behind = _SUMMARY_BEGINS.split(cell, maxsplit=1)
    if behind and len(title.split()) <= _LONGEST_TITLE_WORDS:
        return inline(title).text, inline(behind[0]).text
    return (inline(cell).text, "") if len(cell.split()) <= _LONGEST_TITLE_WORDS else None


def _dated_heading(heading: str) -> str:
    """Return the date of a heading; for a week its last day, with a year if it has one."""
    text = inline(heading).text
    if date := date_within(text) or markdown_date(text):
        return date
    week = _WEEK.search(text)
    if week is None:
        return ""
    year = f", {week[4]}" if week[4] else ""
    return parse_date(f"{week[2] or week[1]} {week[3]}{year}")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in (p.strip() for p in re.split(r"[;,，、|]", text)) if part)
