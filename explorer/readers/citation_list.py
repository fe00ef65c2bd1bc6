"""Lists of references as people write them: APA, IEEE, Vancouver, Chicago and MLA, ACM, GB/T 7714.

A reference is a paragraph, or begins with a number, a bullet or an author. Each style has a mark
that tells it: the year in brackets after the authors, the title in quotation marks, the year after
a full stop, the kind of work in brackets. What has none of them is no reference and is reported,
so that a text is not taken for a list of its sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from explorer.papers.dates import issue_date
from explorer.papers.paper import Paper, Source
from explorer.papers.text import tidy
from explorer.readers.contract import Digest, Line, Rejection
from explorer.readers.shared.author_lists import author_list
from explorer.readers.shared.markdown_inline import inline, reference
from explorer.readers.shared.reference_fields import arxiv_in, doi_in

_LONGEST = 3_000
_FEWEST_IN_HEAD = 2
_SHARE = 0.6
_SHORTEST_WORDS = 5
_NUMBER = re.compile(r"^\s*(?:\[\d{1,4}\]|\(?\d{1,4}[.)]|[-*•–])\s+")
_BEGINS_WITH_AUTHOR = re.compile(
    r"^\s*[^\W\d_a-z][\w'’-]{1,30}(?:\s[^\W\d_a-z][\w'’-]{1,30})?(?:,\s[A-Z]\.|\s[A-Z]{1,3}[,.]\s)"
)
_YEAR = r"(?:19|20)\d\d"
_YEAR_IN_BRACKETS = re.compile(rf"\s\(({_YEAR})[a-z]?(?:,\s[^()]{{3,30}})?\)[.,:]?\s")
_YEAR_AFTER_STOP = re.compile(rf"\.\s({_YEAR})[a-z]?\.\s")
_ANY_YEAR = re.compile(rf"(?<![\d/.:-]){_YEAR}(?![\d/])")
_KIND_OF_WORK = re.compile(r"\s?\[(?:J|C|D|M|N|R|P|Z|EB|DB|CP|A|G)(?:/OL|/CD)?\][.．,，]?\s*")
_APA_NAME = re.compile(
    r"([^\W\d_][^\d,&()]{0,60}),\s((?:[^\W\d_a-z]\.[\s-]?(?:[^\W\d_a-z]\.[\s-]?){0,4}))(?=[,&\s]|$)"
)
_VANCOUVER_NAME = (
    r"(?:(?:van|von|de|der|den|di|da|du|la|le|el|al|bin)\s){0,3}[^\W\d_a-z][\w'’-]{0,40}"
    r"(?:\s[\w'’-]{1,40}){0,2}\s[A-Z]{1,4}(?:\s(?:Jr|Sr|II|III))?"
)
_VANCOUVER = re.compile(rf"{_VANCOUVER_NAME}(?:,\s(?:and\s)?(?:{_VANCOUVER_NAME}|et al))*\.\s")
_QUOTES = {"“": "”", '"': '"', "«": "»"}
_SENTENCE_END = re.compile(r"(?<![A-Z])[.?!](?:\s+(?=[^\W\d_a-z]|\d|https?:|doi|arXiv)|$)")
_ADDRESS = re.compile(r"\b(?:https?://|doi:\s?|available (?:at|from)\b).*$", re.I | re.S)
_BEFORE_VENUE = re.compile(r"^\W*(?:in:?|presented at(?: the)?|published in)\s+", re.I)
_AFTER_VENUE = re.compile(r"[,;(]|\svol\b|\s\d|\spp?\.\s|\spages?\s|(?<=\w{5})\.\s")


@dataclass(frozen=True, slots=True)
class _Reference:
    authors: tuple[str, ...]
    title: str
    venue: str
    year: str


@dataclass(slots=True)
class _Unit:
    """The lines of what may be one reference."""

    line: int
    texts: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def text(self) -> str:
        return tidy(" ".join(self.texts))


class CitationList:
    """Reads bibliographies in the styles in common use."""

    name = "citation-list"

    def recognises(self, digest: Digest) -> int:
        if not digest.encoding or digest.head.lstrip("\ufeff \t\r\n")[:1] in {"<", "{", "@", "%"}:
            return 0
        lines = [Line(number, text) for number, text in enumerate(digest.head.splitlines(), 1)]
        units = [unit for unit in _units(lines) if isinstance(unit, _Unit) and _is_long(unit)]
        # The last one may be cut off.
        known = sum(_parsed(unit) is not None for unit in units)
        return 55 if known >= _FEWEST_IN_HEAD and known >= _SHARE * len(units) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for unit in _units(digest.lines()):
            if isinstance(unit, Rejection):
                yield unit
                continue
            parsed = _parsed(unit)
            if parsed is not None:
                yield _paper(parsed, unit, Source(digest.name, unit.line))
            elif _is_long(unit):
                reason = "not a reference in a style that is known"
                yield Rejection(digest.name, unit.line, reason, unit.text[:80])


def cited_paper(text: str) -> Paper | None:
    """Return the paper that ``text`` cites if it is one reference and nothing else."""
    unit = _Unit(1, [line.strip() for line in text.splitlines() if line.strip()], len(text))
    parsed = _parsed(unit)
    return None if parsed is None else _paper(parsed, unit, Source("", 1))


def _is_long(unit: _Unit) -> bool:
    """Whether a unit is more than a heading."""
    return len(unit.text.split()) >= _SHORTEST_WORDS and not unit.texts[0].startswith("#")


def _units(lines: Iterable[Line | Rejection]) -> Iterator[_Unit | Rejection]:
    unit: _Unit | None = None
    for line in lines:
        if isinstance(line, Rejection):
            yield line
            continue
        text = line.text.strip("\ufeff \t\r")
        begins = not text or _NUMBER.match(text) or text.startswith("#") or _begins(unit, text)
        if unit is not None and begins:
            yield unit
            unit = None
        if text:
            unit = unit or _Unit(line.number)
            unit.size += len(text) + 1
            if unit.size <= 2 * _LONGEST:
                unit.texts.append(text)
    if unit is not None:
        yield unit


def _begins(unit: _Unit | None, text: str) -> bool:
    """Whether a line begins a reference of its own, after one that is whole."""
    if unit is None or unit.size > _LONGEST:
        return unit is not None
    # Only a list without blank lines and numbers needs this; wrapped lines of names do not end.
    ended = bool(re.search(r"[.\d/)\w]$", unit.texts[-1])) and not unit.texts[-1].endswith(",")
    if not ended or not (_BEGINS_WITH_AUTHOR.match(text) or _parsed_text(text) is not None):
        return False
    return _parsed(unit) is not None


def _parsed(unit: _Unit) -> _Reference | None:
    return _parsed_text(unit.text) if unit.size <= _LONGEST else None


def _parsed_text(text: str) -> _Reference | None:
    text = inline(_NUMBER.sub("", text)).text
    if len(text) > _LONGEST or (len(text.split()) < _SHORTEST_WORDS and "[" not in text):
        return None
    for style in (_quoted, _apa, _chinese, _stopped_year, _vancouver):
        if (parsed := style(text)) is not None and _is_title(parsed.title):
            return parsed
    return None


def _is_title(title: str) -> bool:
    letters = len(re.findall(r"[^\W\d_]", title))
    words = len(title.split())
    return letters >= 4 and words <= 60 and "://" not in title


def _apa(text: str) -> _Reference | None:
    """``Doe, J., & Roe, R. (2021). Title. Venue, 3(2), 1-10.``"""
    mark = _YEAR_IN_BRACKETS.search(text)
    if mark is None:
        return None
    people = text[: mark.start()]
    authors = [
        f"{family.strip(' &.…')}, {given.strip()}" for family, given in _APA_NAME.findall(people)
    ]
    left = re.sub(r"[\s,&.…]|et al|and", "", _APA_NAME.sub("", people))
    if (left and len(left) > 0.3 * len(people)) or not authors:
        names = author_list(people)
        if not names:
            return None
        authors = list(names)
    title, rest = _sentence(text[mark.end() :])
    return _Reference(tuple(authors), title, _venue(rest), mark[1])


def _quoted(text: str) -> _Reference | None:
    """``J. Doe and R. Roe, "Title," Venue, vol. 3, 2021.`` and the same after a full stop."""
    start = next((n for n, character in enumerate(text) if character in _QUOTES), -1)
    end = text.find(_QUOTES[text[start]], start + 1) if start >= 0 else -1
    if end < 0:
        return None
    before, rest = text[:start].strip(), text[end + 1 :]
    years = _ANY_YEAR.findall(_ADDRESS.sub("", rest)) or _ANY_YEAR.findall(before)
    authors = _people(re.sub(rf"\(?{_YEAR}\)?[.,]?\s*$", "", before))
    if not years or not authors:
        return None
    return _Reference(authors, text[start + 1 : end].strip(" ,."), _venue(rest), years[-1])


def _chinese(text: str) -> _Reference | None:
    """``张三, 李四. 题名[J]. 期刊, 2021, 3(2): 1-10.``"""
    mark = _KIND_OF_WORK.search(text)
    if mark is None:
        return None
    people, stop, title = _partition(text[: mark.start()], r"[.．]\s?(?![.．])")
    rest = text[mark.end() :]
    year = _ANY_YEAR.search(rest)
    if not stop or year is None:
        return None
    parts = [part.strip() for part in re.split(r"[,，;；、]", people)]
    authors = tuple(part for part in parts if part and part not in {"等", "et al"})
    venue = re.split(r"[,，]", rest, maxsplit=1)[0].strip(" ./")
    return _Reference(authors, title.strip(), "" if _ANY_YEAR.search(venue) else venue, year[0])


def _stopped_year(text: str) -> _Reference | None:
    """``Jane Doe and Richard Roe. 2021. Title. In Proceedings ...``"""
    mark = _YEAR_AFTER_STOP.search(text)
    authors = _people(text[: mark.start()]) if mark else ()
    if mark is None or not authors:
        return None
    title, rest = _sentence(text[mark.end() :])
    return _Reference(authors, title, _venue(rest), mark[1])


def _vancouver(text: str) -> _Reference | None:
    """``Doe J, Roe R. Title. Journal. 2021;3(2):1-10.``"""
    mark = _VANCOUVER.match(text)
    if mark is None:
        return None
    title, rest = _sentence(text[mark.end() :])
    year = _ANY_YEAR.search(_ADDRESS.sub("", rest))
    if year is None:
        return None
    names = (part.strip() for part in mark[0].strip(" .").split(","))
    authors = tuple(name.removeprefix("and ") for name in names if name != "et al")
    return _Reference(authors, title, rest[: year.start()].strip(" .,;("), year[0])


def _people(text: str) -> tuple[str, ...]:
    """Return the authors, of whom the first may be the other way round: "Doe, Jane, and R. Roe"."""
    names = author_list(text.strip(" ,"))
    inverted = (
        len(names) >= 2
        and " " not in names[0]
        and not any("," in name for name in names)
        and all(" " in name for name in names[2:])
    )
    return (f"{names[0]}, {names[1]}", *names[2:]) if inverted else names


def _partition(text: str, pattern: str) -> tuple[str, str, str]:
    match = re.search(pattern, text)
    return (text[: match.start()], match[0], text[match.end() :]) if match else (text, "", "")


def _sentence(text: str) -> tuple[str, str]:
    """Return the first sentence, with a question mark but without a full stop, and the rest."""
    end = _SENTENCE_END.search(text)
    if end is None:
        return text.strip(), ""
    title = text[: end.start()] + (end[0][0] if end[0][0] in "?!" else "")
    return title.strip(), text[end.end() :]


def _venue(text: str) -> str:
    text = _BEFORE_VENUE.sub("", _ADDRESS.sub("", text).strip(" ,."))
    return _AFTER_VENUE.split(text, maxsplit=1)[0].strip(" .,")


def _paper(parsed: _Reference, unit: _Unit, source: Source) -> Paper:
    span = inline(unit.text)
    known = reference([address.rstrip(".,;") for address in span.addresses])
    arxiv = re.search(r"arxiv:\s?(\d{4}\.\d{4,5})", unit.text, re.I)
    return Paper(
        title=parsed.title,
        authors=parsed.authors,
        date=issue_date(parsed.year),
        venue=parsed.venue,
        arxiv=known.arxiv or (arxiv_in(arxiv[0]) if arxiv else ""),
        doi=known.doi or doi_in(span.text),
        other_ids=known.others,
        url=known.url,
        sources=(source,),
    )
