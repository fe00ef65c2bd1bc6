"""Texts with a structure of their own, named so that they can be refused.

Some readers fit almost any text. What is XML, JSON, YAML, a table or records of tagged
lines is none of theirs: where no reader knows its kind, it is refused with a name that tells the
user what to do. Plain text and Markdown have no such structure.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from explorer.papers.text import tidy
from explorer.readers.contract import Digest
from explorer.readers.shared.columns import map_columns
from explorer.readers.shared.json_stream import outline

_LINES = 400
"""Lines looked at; enough for many records."""
_LONGEST_LINE = 2_000
_NAMES_SHOWN = 6
_LONGEST_NAME = 40

_EXPORT = "Export the records as RIS, BibTeX or CSV, or save the page that lists them."

_SIGNATURES = (
    (re.compile(r"\{\\rtf"), "an RTF document", "Save it as plain text."),
    (re.compile(r"\\documentclass|\\begin\{document\}"), "a LaTeX document", _EXPORT),
    (re.compile(r"BEGIN:V(?:CALENDAR|CARD)"), "a calendar or an address book", _EXPORT),
    (re.compile(r"%!PS"), "PostScript", "Save it as text or export the records as RIS."),
    (re.compile(r"#! ?/"), "a script", "Run it, and give the file that it makes."),
    (re.compile(r"-----BEGIN [A-Z ]+-----"), "an encrypted or signed text", "Decrypt it first."),
)
_XML_BEGINS = re.compile(r"<(?:\?xml|!DOCTYPE|!--|[A-Za-z_])", re.IGNORECASE)
_XML_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_HTML = frozenset(
    "a abbr address article aside audio b blockquote body br button center cite code dd details "
    "del dfn div dl dt em embed fieldset figcaption figure font footer form frameset h1 h2 h3 h4 "
    "h5 h6 head header hr html i iframe img input ins kbd label legend li link main map mark menu "
    "meta nav noscript object ol optgroup option p picture pre q s samp script section select "
    "small source span strike strong style sub summary sup svg table tbody td template textarea "
    "tfoot th thead time title tr tt u ul var video wbr".split()
)
_JSON = re.compile(
    r"\{\s*(?:\"(?:[^\"\\]|\\.){0,300}\"\s*:|\})"
    r"|\[\s*(?:\{\s*[\"}]|\[\s*[\"\[{\d]|\"(?:[^\"\\]|\\.){0,2000}\"\s*[,\]])"
)
_YAML_KEY = re.compile(r"(?:- )?(\"?[A-Za-z_][\w .-]{0,60}\"?):(?:\s|$)")
_YAML_OTHER = re.compile(r"\s+\S|- |#|---\s*$|\.\.\.\s*$|-$|[\]}]")
_SETTING = re.compile(r"\s*([\w.\"'-]{1,60})\s?=\s?\S")
_SECTION = re.compile(r"\[{1,2}[\w. \"'-]{1,60}\]{1,2}$|[#;]|\s+\S|[\]}]")
_TAG_STYLES = (
    re.compile(r"\s{0,3}([A-Z][A-Z0-9]{1,3}) {0,4}[-–](?:\s|$)"),
    re.compile(r"([A-Z][A-Z0-9])(?: {1,3}\S|\s*$)"),
    re.compile(r"(=[0-9A-Z]{3})  \S"),
    re.compile(r"\s{0,3}(%[0-9A-Za-z@+!])(?:\s|$)"),
    re.compile(r"\s{0,3}(\{[^{}:]{1,40}\}|【[^】]{1,40}】)\s?[::]?"),
)
_LABEL = re.compile(r"\s{0,3}([^\W\d_][\w/()&' .-]{0,40}?)\s?[::](?:\s|$)")
_INDENTED = re.compile(r"\s{2,}\S")
_DELIMITERS = "\t,;|"
_TABLE_ROWS = 40
_MARKDOWN_RULE = re.compile(r"\s*\|?[\s|:+-]+\|?\s*")


class Kind(NamedTuple):
    """Kind of a text in words, and the next step."""

    what: str
    advice: str


def unknown_kind(digest: Digest) -> Kind | None:
    """Return the kind of a text with a structure of its own; None for prose and Markdown."""
    head = digest.head.lstrip("\ufeff \t\r\n")
    for pattern, what, advice in _SIGNATURES:
        if pattern.match(head):
            return Kind(what, advice)
    lines = _lines(head)
    return (
        _xml(head)
        or _json(head)
        or _yaml(lines)
        or _settings(lines)
        or _tagged(lines)
        or _table(lines)
    )


def _lines(head: str) -> list[str]:
    """Return the first lines that are not blank, without one that may be cut off."""
    lines = head.splitlines()
    if len(lines) > 1 and not head.endswith("\n") and len(head) > _LONGEST_LINE:
        lines.pop()
    return [line[:_LONGEST_LINE].rstrip() for line in lines[: 2 * _LINES] if line.strip()][:_LINES]


def _named(names: Iterable[str]) -> str:
    """Return some names from a file in a form that can be shown."""
    kept = [f"`{tidy(name)[:_LONGEST_NAME]}`" for name in names if tidy(name)]
    more = ", …" if len(kept) > _NAMES_SHOWN else ""
    return ", ".join(kept[:_NAMES_SHOWN]) + more


def _of_unknown_kind(what: str, names: Iterable[str]) -> Kind:
    named = _named(names)
    return Kind(f"{what} of a kind that is not known" + (f": {named}" if named else ""), _EXPORT)


def _xml(head: str) -> Kind | None:
    if not _XML_BEGINS.match(head):
        return None
    # What comes before the end of a comment may look like an element.
    comment = head.find("<!--")
    begin = 0
    while comment >= 0 and not _XML_ROOT.search(head, begin, comment):
        begin = head.find("-->", comment)
        comment = head.find("<!--", begin) if begin >= 0 else -1
    root = _XML_ROOT.search(head, begin) if begin >= 0 else None
    if root is None or root[1].lower() in _HTML:
        return None
    return _of_unknown_kind("XML", [f"<{root[1]}>"])


def _json(head: str) -> Kind | None:
    if not _JSON.match(head):
        return None
    objects = outline(head).objects
    keys = dict.fromkeys(key for path in sorted(objects, key=len) for key in objects[path])
    return _of_unknown_kind("JSON", keys)


def _yaml(lines: Sequence[str]) -> Kind | None:
    keys = [match[1] for line in lines if (match := _YAML_KEY.match(line))]
    other = sum(bool(_YAML_OTHER.match(line)) and not _YAML_KEY.match(line) for line in lines)
    written_low = [key for key in keys if key.strip('"')[:1].islower() or "_" in key]
    if len(keys) < 3 or 2 * len(written_low) < len(keys) or len(keys) + other < 0.95 * len(lines):
        return None
    return _of_unknown_kind("YAML", dict.fromkeys(key.strip('"') for key in keys))


def _settings(lines: Sequence[str]) -> Kind | None:
    keys = [match[1] for line in lines if (match := _SETTING.match(line))]
    others = sum(bool(_SECTION.match(line)) and not _SETTING.match(line) for line in lines)
    if len(keys) < 3 or 2 * len(keys) < len(lines) or len(keys) + others < 0.95 * len(lines):
        return None
    return _of_unknown_kind("TOML or a file of settings", dict.fromkeys(keys))


def _tagged(lines: Sequence[str]) -> Kind | None:
    for style in _TAG_STYLES:
        tags = Counter(match[1] for line in lines if (match := style.match(line)))
        indented = sum(bool(_INDENTED.match(line)) for line in lines)
        if len(tags) >= 4 and 2 * (tags.total() + indented) >= len(lines) and tags.total() >= 4:
            return _of_unknown_kind("text in tagged lines", tags)
    labels = Counter(
        tidy(match[1])
        for line in lines
        if (match := _LABEL.match(line)) and map_columns([match[1]])
    )
    # Pages name some fields, too; records name them all.
    if len(labels) >= 4 and 2 * labels.total() >= len(lines):
        return _of_unknown_kind("text in labelled lines", [f"{label}:" for label in labels])
    return None


def _table(lines: Sequence[str]) -> Kind | None:
    rows = lines[:_TABLE_ROWS]
    if len(rows) < 2 or any(_MARKDOWN_RULE.fullmatch(row) for row in rows[:3]):
        return None
    for delimiter in _DELIMITERS:
        cells = [_cells(row, delimiter) for row in rows]
        width = len(cells[0])
        least = 2 if delimiter == "\t" else 3
        regular = sum(len(row) == width for row in cells)
        if width >= least and regular >= max(2, 0.9 * len(rows)) and _is_header(cells[0]):
            what = f"a table without a column of titles; its columns are {_named(cells[0])}"
            return Kind(what, "Name the column that holds them Title.")
    return None


def _cells(row: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([row], delimiter=delimiter), [])
    except csv.Error:
        return []


def _is_header(cells: Sequence[str]) -> bool:
    named = [cell.strip() for cell in cells if cell.strip()]
    return 2 * len(named) > len(cells) and all(len(cell) <= 60 for cell in named)
