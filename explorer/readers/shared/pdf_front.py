"""Title, authors and abstract on the first pages of a PDF, from sizes of fonts and places.

No journal's layout is known here: the title is what stands out near the top, the authors are names
beside it, and the abstract follows its heading, or is the paragraph set apart before the body.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from explorer.papers.paper import title_key
from explorer.readers.shared.author_lists import author_list
from explorer.readers.shared.pdf_document import PdfPage
from explorer.readers.shared.pdf_layout import joined_text
from explorer.readers.shared.pdf_words import PdfLine

_COVER = re.compile(
    r"researchgate\.net/|see discussions, stats|citer ce document|to cite this version"
    r"|hal is a multi-?disciplinary|l.archive ouverte pluridisciplinaire|jstor is a not-for-profit"
    r"|your use of the jstor|please scroll down for article|this article was downloaded by"
    r"|this is a repository copy of|general rights|terms and conditions of access"
    r"|link to publication|citation for published version|downloaded from|this content downloaded"
    r"|view the article online|stable url|suggested citation|publisher.s version"
    r"|submitted on \d|available from:|copyright and moral rights|version of record",
    re.I,
)
_KIND = re.compile(
    r"\W*(?:(?:original |research |regular |full |short |review |invited |contributed )*"
    r"(?:article|papers?|communication|letter|report|review|note)s?|open access|peer.reviewed"
    r"|editorial|dispatch|perspective|commentary|case study|hypothesis and theory|preprint"
    r"|accepted manuscript|author.s? manuscript|book reviews?|proceedings|contents|notes"
    r"|(?:doctoral |ph\.?d\.? |master.s )?(?:thesis|dissertation)|working paper.*|chapter \d*)\W*",
    re.I,
)
_JOURNAL = re.compile(
    r"\b(?:vol(?:ume)?\.?|no\.|issn|isbn|www\.|https?:|doi:?|issue)\s*\S|^journal of"
    r"|journal homepage|©|\bpp?\. ?\d|^\W*(?:under review|published as|submitted to|appears in)\b"
    r"|^proceedings of|all rights reserved|\S@\S+\.\w",
    re.I,
)
_ABSTRACT = re.compile(
    r"(?P<name>(?:extended |author )?abstracts?|summary|synopsis|resumen|resumo|résumé|resume"
    r"|zusammenfassung|kurzfassung|riassunto|sommario|samenvatting|sammanfattning|streszczenie"
    r"|аннотация|摘要|要旨|抄録|초록|요약)(?P<sign>\s*[.:—–-]+|\s*[\]】：]|(?=\s|$))\s*(?P<rest>.*)",
    re.I,
)
_AFTER = re.compile(
    r"[\[【]?(?:(?:author |additional |index |subject )?key ?-?words?(?: and phrases)?"
    r"|index terms|general terms|ccs concepts|categories and subject"
    r"|acm (?:classification|reference)"
    r"|palabras[ -]clave|mots[ -]cl[ée]s?|palavras[ -]chave|schlüsselwörter|schlagwörter"
    r"|parole chiave|关键词|關鍵詞|キーワード|키워드|ключевые слова"
    r"|pacs|msc\b|jel\b|ams (?:subject|class)"
    r"|mathematics subject|citation:|cite this|to cite|copyright|permission to make|funding"
    r"|correspondence|corresponding author|received[: ]|accepted[: ]|published[: ]|editor:"
    r"|e-?mail|doi:|https?://doi|abbreviations|highlights|disciplines?:|中图分类号|中圖|0x0)",
    re.I,
)
_RIGHTS = re.compile(r"©|\(c\) ?\d{4}|all rights? reserved|^q \d{4} |copyright", re.I)
_INTRODUCTION = re.compile(
    r"(?:(?:\d{1,2}|[ivx]{1,4}|§)[.)]?\s*)?(?:introduction|einleitung|einführung|introducción"
    r"|introdução|introduzione|introductory remarks|引言|绪论|前言|はじめに|서론"
    r"|введение|inleiding)\b.{0,40}",
    re.I,
)
_NUMBERED = re.compile(r"(?:\d{1,2}|[IVX]{1,4})[.)]?\s+[^\W\d_].{2,60}")
_PLACE = re.compile(
    r"\b(?:univ|depart|institut|laborator|school|colleg|facult|hospital|cent(?:re|er)\b|academ"
    r"|corporation|research|division|dept|inc\b|ltd\b|gmbh|cnrs|street|avenue|road|p\.?o\.? box"
    r"|foundation|group\b|engineering|sciences?\b|society|council|box \d)|\S@|\{|大学|学院|研究",
    re.I,
)
_MARKS = re.compile(r"[*∗†‡§¶#✉⋆◊¤¹²³⁰-⁹]+")
_ORCID = re.compile(r"(?:https?://orcid\.org/)?\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_INDEXES = re.compile(r"(?<=[^\W\d_]{2})\s?\d{1,2}(?:\s?,\s?(?:\d{1,2}|[a-z]\b))*(?=\W|$)")
_LEADS = re.compile(r"^(?:by|von|par|por|di|authors?:?|edited by)\s+", re.I)
_TITLES = re.compile(
    r"\b(?:Dr|Prof|Professor|Mr|Mrs|Ms)\.?\s+(?=[A-Z])"
    r"|, (?:Ph\.?D|M\.?D|(?:\w+ )?Member, IEEE|Fellow, IEEE|Student Member|IEEE|MSc|MD)\b\.?"
)
_END = re.compile(r"[.!?。！？][\"”’)\]\d]*$")
_WORD = re.compile(r"[^\W\d_]+")
_LEAST_LETTERS = 0.5
"""Part of the signs of a text that are letters in words; formulas and tables have others."""
_DISPLAYED = 13.0
"""Points from which letters are a heading's, whatever their weight."""
_MOST_AUTHORS = 60
_LONGEST_ABSTRACT = 6_000
_SHORTEST_ABSTRACT = 25
"""Words of a paragraph that may be an abstract without a heading."""


@dataclass(frozen=True, slots=True)
class PdfFrontMatter:
    """Fields of a paper as they stand on its first pages; empty where they do not."""

    title: str = ""
    authors: tuple[str, ...] = ()
    abstract: str = ""
    page: int = 1
    """Page of the title."""
    top: float = 0.0
    """Place of the title from the top of that page, in points."""
    covers: tuple[PdfPage, ...] = ()
    """Pages that a repository put before the paper."""


@dataclass(slots=True)
class _Block:
    """Lines that belong together."""

    lines: list[PdfLine]
    first: int
    """Index of the first of them among the page's."""
    text: str = field(default="")

    @property
    def size(self) -> float:
        return max(line.size for line in self.lines)

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    @property
    def top(self) -> float:
        return min(line.y0 for line in self.lines)


def is_readable(pages: Iterable[PdfPage]) -> bool:
    """Whether the text of pages is text: letters, and in words, not the codes of a font."""
    signs = letters = 0
    for page in pages:
        for line in page.lines:
            signs += len(line.text.replace(" ", ""))
            words = _WORD.findall(line.text)
            letters += sum(len(word) for word in words if len(word) > 1)
    return signs > 0 and letters >= _LEAST_LETTERS * signs


def has_text(pages: Iterable[PdfPage]) -> bool:
    """Whether pages hold more than a stamp or a number."""
    return sum(len(line.text) for page in pages for line in page.lines) >= 40


def front_matter(pages: Sequence[PdfPage], info_title: str = "") -> PdfFrontMatter:
    """Return what the first pages say of the paper that begins there.

    Args:
        pages: the first pages, in order.
        info_title: the title in the file's own metadata; it helps only where a page has it, too.
    """
    covers: list[PdfPage] = []
    rest = list(pages)
    while len(rest) > 1 and is_cover(rest[0]):
        covers.append(rest.pop(0))
    while len(rest) > 1 and not has_text(rest[:1]):
        rest.pop(0)
    body = _body_size(rest)
    hints = [title_key(info_title)] if len(_WORD.findall(info_title)) >= 2 else []
    for cover in covers:
        hints += [title_key(_cleaned_title(b.text)) for b in _largest(cover, body)[:2]]
    for page in rest[:3]:
        title = _title(page, body, [hint for hint in hints if hint])
        if title is None:
            continue
        start = rest.index(page)
        abstract, at = _abstract(rest[start:], title, body)
        authors = _authors(page, title, at)
        return PdfFrontMatter(
            _cleaned_title(title.text), authors, abstract, page.number, title.top, tuple(covers)
        )
    return PdfFrontMatter(covers=tuple(covers))


def several_abstracts(pages: Sequence[PdfPage]) -> list[PdfFrontMatter]:
    """Return the papers on pages that hold abstracts one after the other; none if they do not.

    Each is a heading in bold or larger letters, names, and a paragraph.
    """
    papers: list[PdfFrontMatter] = []
    for page in pages:
        body = _body_size([page])
        blocks = list(_paragraphs(page, body))
        for block, follower in pairwise(blocks):
            if not _stands_out(block, body) or _stands_out(follower, body):
                continue
            title = _cleaned_title(joined_text(block.lines))
            if len(_WORD.findall(title)) < 2 or _INTRODUCTION.fullmatch(title):
                continue
            names = _names_on(follower.lines[0].text)
            count = 1
            while count < len(follower.lines) and not _is_full(follower.lines[count], follower):
                count += 1
            text = joined_text(_to_last_sentence(follower.lines[count:]))
            if not names or len(_WORD.findall(text)) < _SHORTEST_ABSTRACT:
                continue
            papers.append(PdfFrontMatter(title, names, text, page.number, block.top))
    return papers if len(papers) >= 3 else []


def is_cover(page: PdfPage) -> bool:
    """Whether a repository put the page before the paper."""
    text = " ".join(line.text for line in page.lines)
    hits = {match[0].lower() for match in _COVER.finditer(text)}
    few = len(text) < 2_500 or len(hits) >= 3
    return few and bool(hits) and not _has_abstract(page)


def _has_abstract(page: PdfPage) -> bool:
    return any(_heading(line.text) for line in page.lines)


def _body_size(pages: Sequence[PdfPage]) -> float:
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            if not line.rotated:
                sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _blocks(page: PdfPage, *, even: bool = False) -> Iterator[_Block]:
    """Yield runs of lines of one size, one close below the other; ``even`` parts paragraphs."""
    block: _Block | None = None
    for place, line in enumerate(page.lines):
        if line.rotated:
            continue
        if (
            block
            and _goes_on(block.lines[-1], line)
            and not (even and _is_parted(block.lines, line))
        ):
            block.lines.append(line)
        else:
            if block:
                yield block
            block = _Block([line], place)
    if block:
        yield block


def _goes_on(before: PdfLine, line: PdfLine) -> bool:
    large, small = max(before.size, line.size), min(before.size, line.size)
    gap = line.y0 - before.y1
    beside = line.x0 < before.x1 + 2 * large and before.x0 < line.x1 + 2 * large
    # Capitals of two sizes in one title, or a title of a word or two with a second one below.
    closer = gap < 0.3 * large or len(before.text.split()) <= 2
    alike = small >= 0.93 * large
    alike = alike or (small >= 0.78 * large and before.font == line.font and closer)
    same_weight = before.bold == line.bold or large > _DISPLAYED
    return alike and same_weight and beside and -0.9 * large < gap < 1.15 * large


def _is_parted(lines: Sequence[PdfLine], line: PdfLine) -> bool:
    """Whether more space stands before a line than between those before it."""
    gap = line.y0 - lines[-1].y1
    usual = lines[-1].y0 - lines[-2].y1 if len(lines) > 1 else 0.0
    return gap > 0.6 * line.size and gap > 1.6 * usual


def _title(page: PdfPage, body: float, hints: Sequence[str]) -> _Block | None:
    """Return the block that is the title; None if nothing on the page looks like one."""
    blocks = [_trimmed(block) for block in _blocks(page)]
    for block in blocks:
        block.text = _title_text(block)
    candidates = [block for block in blocks if _may_be_title(block, page)]
    for hint in hints:
        for block in candidates:
            if (key := title_key(_cleaned_title(block.text))) and key == hint:
                return block
    if not candidates:
        return None
    largest = max(block.size for block in candidates)
    if largest > 1.12 * body:
        near = [block for block in candidates if block.size >= 0.97 * largest]
        if len(near) > 1:
            longer = [block for block in near if len(_WORD.findall(block.text)) >= 3]
            near = longer or near
        return min(near, key=lambda block: (block.top, block.lines[0].x0))
    upper = [
        block
        for block in candidates
        if block.top < 0.5 * page.height and (block.lines[0].bold or block.text.isupper())
    ]
    upper = [block for block in upper if not _names_on(block.text)] or upper
    return min(upper or candidates, key=lambda block: block.top)


def _largest(page: PdfPage, body: float) -> list[_Block]:
    blocks = [_trimmed(block) for block in _blocks(page)]
    for block in blocks:
        block.text = _title_text(block)
    blocks = [block for block in blocks if _may_be_title(block, page) and block.size > body]
    return sorted(blocks, key=lambda block: -block.size)


def _trimmed(block: _Block) -> _Block:
    """Return a block without a number, a kind of paper or a journal's line before the title."""
    lines = list(block.lines)
    first = block.first
    while len(lines) > 1 and (
        not _WORD.search(lines[0].text)
        or _KIND.fullmatch(lines[0].text)
        or lines[0].text.startswith("http")
    ):
        lines.pop(0)
        first += 1
    for place in range(1, len(lines)):
        # Names of the title's size below it, after a gap or several of them.
        names = _names_on(lines[place].bare or lines[place].text)
        gap = lines[place].y0 - lines[place - 1].y1
        if names and (len(names) > 1 or gap > 0.5 * lines[place].size):
            lines = lines[:place]
            break
    return _Block(lines, first)


def _title_text(block: _Block) -> str:
    lines = block.lines
    first = lines[0]
    if len(lines) > 1 and len(first.text.split()) <= 2 and first.text[-1].isalnum():
        drop = first.size - lines[1].size
        if drop > 0.1 * first.size and lines[1].y0 - first.y1 > 0.6 * first.size:
            return f"{first.text}: {joined_text(lines[1:])}"
    return joined_text([line.bare or line for line in lines])


def _may_be_title(block: _Block, page: PdfPage) -> bool:
    text = block.text
    words = _WORD.findall(text)
    letters = sum(map(len, words))
    dense = any("\u2e80" < sign < "\ud7ff" for sign in text)
    if letters < (4 if dense else 8) or len(text) > 350 or len(block.lines) > 8:
        return False
    if not dense and len(words) < 2 and block.size < 14:
        return False
    if _KIND.fullmatch(text) or _JOURNAL.search(text) or _heading(text):
        return False
    if _AFTER.match(text) or _INTRODUCTION.fullmatch(text):
        return False
    if len(words) < 7 and block.size < _DISPLAYED and ":" not in text and _PLACE.search(text):
        return False
    if letters < 0.6 * len(text.replace(" ", "")):
        return False
    return block.top < 0.75 * page.height


def _cleaned_title(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"^(?:chapter )?\d{1,3}[.:]\s+(?=\S)", "", text, flags=re.I)
    return re.sub(r"(?:\s+[-–]|\s*[*∗†‡§¶✩☆⋆¤]+|(?<=[a-z])[¹²³])+$", "", text).strip()


def _heading(text: str) -> re.Match[str] | None:
    """Return the match of a line that is or begins with the heading of an abstract."""
    tight = text.strip()
    spaced = re.match(r"(?:[^\W\d_] ){4,}[^\W\d_](?=\W|$)|摘\s+要", tight)
    if spaced:
        tight = re.sub(r"\s", "", spaced[0]) + tight[spaced.end() :]
    tight = re.sub(r"^[\[【■•\d]{1,3}\s*(?=[^\W\d])", "", tight)
    match = _ABSTRACT.match(tight)
    if match is None:
        return None
    rest = match["rest"].strip(" ]】")
    if not rest:
        return match
    return match if match["sign"].strip() or match["name"].isupper() else None


def _abstract(
    pages: Sequence[PdfPage], title: _Block, body: float
) -> tuple[str, tuple[int, int] | None]:
    """Return the abstract and its place (page and index); empty and None if there is none."""
    for number, page in enumerate(pages[:12]):
        start = title.last + 1 if number == 0 else 0
        for place in range(start, len(page.lines)):
            line = page.lines[place]
            if line.rotated or (match := _heading_of(page, place)) is None:
                continue
            rest = match["rest"].strip(" ]】")
            text = _abstract_text(pages[number:], place, rest)
            if len(_WORD.findall(text)) >= 12 or (len(text) > 40 and not text.isascii()):
                return text, (number, place)
        if number == 0:
            text, at = _unheaded(page, title, body)
            if text:
                return text, (0, at)
        if number >= 3 and any(_INTRODUCTION.fullmatch(line.text) for line in page.lines):
            break
    return "", None


def _heading_of(page: PdfPage, place: int) -> re.Match[str] | None:
    line = page.lines[place]
    match = _heading(line.text)
    if match is None:
        # "Abstract" in bold, set before the text without a sign between them.
        run_in = _ABSTRACT.match(line.text)
        if run_in and run_in["name"][0].isupper() and run_in["rest"][:1].isupper():
            return run_in if place and page.lines[place - 1].size >= 0 else None
        return None
    if not match["rest"].strip() and len(line.text) < 30:
        after = page.lines[place + 1] if place + 1 < len(page.lines) else None
        # A table of contents names it, too.
        if after is not None and re.fullmatch(r"[\divxlc. ]+", after.text):
            return None
    return match


def _abstract_text(pages: Sequence[PdfPage], place: int, rest: str) -> str:
    """Return the text from its heading on until something else begins."""
    page = pages[0]
    heading = page.lines[place]
    lines: list[PdfLine | str] = [rest] if rest else []
    before: PdfLine | None = heading if rest else None
    after = list(page.lines[place + 1 :])
    stopped = False
    size = heading.size if rest else 0.0
    for line in after:
        if line.rotated or not line.text.strip():
            continue
        if not size:
            size = line.size
        if _ends_abstract(line, before, size, lines):
            smaller = before is not None and line.size < size - 0.6
            if smaller and before and not _END.search(before.text) and not _stops(line.text):
                continue  # a footnote or a note in the margin between two columns
            stopped = True
            break
        lines.append(line)
        before = line
        if len(joined_text(lines)) > _LONGEST_ABSTRACT:
            stopped = True
            break
    if not stopped and len(pages) > 1 and before is not None and not _END.search(before.text):
        for line in pages[1].lines:
            if line.rotated or abs(line.size - size) > 0.6 or line.y0 < 0.06 * pages[1].height:
                continue
            if _ends_abstract(line, None, size, lines):
                break
            lines.append(line)
            if len(lines) > 80:
                break
    return joined_text(lines, words_on_pages(pages)).strip()


def words_on_pages(pages: Iterable[PdfPage]) -> set[str]:
    """Return the words on pages in lower case."""
    return {
        word.lower() for page in pages for line in page.lines for word in _WORD.findall(line.text)
    }


def _ends_abstract(
    line: PdfLine, before: PdfLine | None, size: float, lines: Sequence[PdfLine | str]
) -> bool:
    text = line.text.strip()
    if _stops(text):
        return True
    if _heading(text) and lines:
        return True
    if before is None:
        return False
    if abs(line.size - size) > 0.6:
        return bool(_END.search(before.text)) or len(text) > 3
    done = bool(_END.search(before.text))
    if done and line.bold and not before.bold and len(text) < 40 and text.isupper():
        return True
    if done and _NUMBERED.fullmatch(text) and not _END.search(text) and len(text) < 60:
        return True
    gap = line.y0 - before.y1
    next_column = line.y1 < before.y0 and line.x0 > before.x1 + 4
    return done and (gap > 2.2 * size or (next_column and not _is_narrow(lines)))


def _stops(text: str) -> bool:
    """Whether a line is none of an abstract, whatever comes before it."""
    text = text.strip()
    return bool(_AFTER.match(text) or _INTRODUCTION.fullmatch(text) or _RIGHTS.search(text))


def _is_narrow(lines: Sequence[PdfLine | str]) -> bool:
    """Whether the text stands in a column, not across the page."""
    widths = [line.x1 - line.x0 for line in lines if isinstance(line, PdfLine)]
    return bool(widths) and max(widths) < 300


def _unheaded(page: PdfPage, title: _Block, body: float) -> tuple[str, int]:
    """Return the paragraph set apart between the title and the body, and its place."""
    for whole in _blocks(page, even=True):
        if whole.first <= title.last or whole.lines[0].y0 < title.lines[-1].y0:
            continue
        block = _Block(_to_last_sentence(whole.lines), whole.first)
        first = block.lines[0].text.strip()
        if _INTRODUCTION.fullmatch(first) or (_NUMBERED.fullmatch(first) and len(first) < 60):
            break
        text = joined_text(block.lines)
        words = _WORD.findall(text)
        if len(words) < _SHORTEST_ABSTRACT or len(block.lines) < 2 or _PLACE.search(first):
            continue
        if not _END.search(text) or _AFTER.match(first) or _RIGHTS.search(text):
            continue
        line = block.lines[0]
        sizes = abs(line.size - body) > 0.4
        fonts = Counter(one.font for one in page.lines for _ in range(len(one.text)))
        other = line.font != fonts.most_common(1)[0][0] and len(block.lines) >= 3
        wide = max(one.x1 - one.x0 for one in block.lines)
        if sizes or other or (wide > 0.6 * page.width and _is_columned(page, block)):
            lower = sum(word[0].islower() for word in words)
            if lower > 0.5 * len(words):
                return text, block.first
        if line.size >= 0.95 * body and not sizes and not other:
            break  # the body has begun
    return "", 0


def _to_last_sentence(lines: list[PdfLine]) -> list[PdfLine]:
    """Return lines up to the last one that ends a sentence; all of them if none does."""
    end = next(
        (place for place in range(len(lines), 0, -1) if _END.search(lines[place - 1].text)), 0
    )
    return lines[:end] or lines


def _is_columned(page: PdfPage, block: _Block) -> bool:
    below = [line for line in page.lines if line.y0 > block.lines[-1].y1 and len(line.text) > 20]
    narrow = [line for line in below if line.x1 - line.x0 < 0.5 * page.width]
    return len(below) > 10 and len(narrow) > 0.7 * len(below)


def _authors(page: PdfPage, title: _Block, abstract: tuple[int, int] | None) -> tuple[str, ...]:
    """Return the names between title and abstract, or just above the title."""
    end = abstract[1] if abstract and abstract[0] == 0 else min(len(page.lines), title.last + 16)
    lines = [line for line in page.lines[title.last + 1 : end] if not line.rotated]
    below = _author_lines(lines)
    if below:
        return below
    if abstract and abstract[0] == 0:
        # A summary may stand between the title and the names.
        rest = [line for line in page.lines[end + 1 : end + 12] if not line.rotated]
        if people := _author_lines(rest[:8]):
            return people
    above = [line for line in page.lines[max(0, title.first - 3) : title.first] if not line.rotated]
    return _author_lines(above)


def _author_lines(lines: Sequence[PdfLine]) -> tuple[str, ...]:
    names: list[str] = []
    style: tuple[float, bool, str] | None = None
    pending = ""
    for line in lines:
        text = (line.bare or line.text).strip()
        if _heading(text) or (_AFTER.match(text) and not text.lower().startswith("e")):
            break
        if names and style is not None and abs(line.size - style[0]) > 0.6:
            if pending:
                names += _names_on(pending)
            pending = ""
            continue
        people = _names_on(f"{pending} {text}".strip())
        if people:
            names += people
            style = (line.size, line.bold, line.font)
            pending = ""
        elif names and text.lower().rstrip(".,") in ("and", "&", "und", "et", "y"):
            continue
        elif not pending and len(text) < 40 and _may_begin_names(text):
            pending = text
        else:
            pending = ""
        if len(names) >= _MOST_AUTHORS:
            break
    distinct = dict.fromkeys(_cased(name) for name in names)
    return tuple(distinct)


def _may_begin_names(text: str) -> bool:
    return not _PLACE.search(text) and _cleaned_names(text)[:1].isupper()


def _cased(name: str) -> str:
    """Return a name in capitals as it is written elsewhere: ``PACHE-DURÁN`` as ``Pache-Durán``.

    >>> _cased("MICHAEL J. FISCHER"), _cased("María PACHE-DURÁN"), _cased("J. McNEILL")
    ('Michael J. Fischer', 'María Pache-Durán', 'J. McNEILL')
    """
    words = [
        word.title() if len(word) > 3 and word.isupper() and "." not in word else word
        for word in name.split()
    ]
    return " ".join(words)


def _cleaned_names(text: str) -> str:
    text = _ORCID.sub("", text)
    text = _TITLES.sub("", _LEADS.sub("", text.strip()))
    text = _MARKS.sub(" ", text)
    text = _INDEXES.sub("", text)
    text = re.sub(r"\(([^()]*)\)|\[[^\[\]]*\]", "", text)
    text = re.sub(r"(?<=[^\W\d_])'{1,2}(?=\W|$)", "", text)
    text = re.sub(r"(?:^|(?<=[,;\s]))\d{1,2}(?=[,;\s]|$)", "", text)
    text = re.sub(r"\s*[,;，](?:\s*[,;，])+", ",", text)
    text = re.sub(r"(?:(?<=,)|(?<=\s))[a-g](?=\s*(?:,|$))", "", text)
    text = re.sub(r"\s+(?=[,;])", "", re.sub(r"[,\s]*,[,\s]*", ", ", text))
    return re.sub(r"\s+", " ", text).strip(" ,;·")


def _names_on(text: str) -> tuple[str, ...]:
    """Return the people that a line names; empty if it is anything else."""
    text = re.sub(r"\s\([^()]*\)|\s*\S+@\S+$", "", text)
    if _PLACE.search(text) or len(text) > 1_500:
        return ()
    cleaned = re.sub(r"^(?:and|&|und|et|y)\s+|\s+(?:and|&|und|et|y)$", "", _cleaned_names(text))
    names = author_list(cleaned)
    if not names or any(len(name.split()) < 2 and name.isascii() for name in names):
        return ()
    return names


def _paragraphs(page: PdfPage, body: float) -> Iterator[_Block]:
    """Yield headings and the text below each as blocks."""
    block: _Block | None = None
    for place, line in enumerate(page.lines):
        if line.rotated:
            continue
        if block and _line_stands_out(block.lines[-1], body) == _line_stands_out(line, body):
            gap = line.y0 - block.lines[-1].y1
            if not _line_stands_out(line, body) or (
                gap < 0.8 * line.size and abs(line.size - block.lines[-1].size) < 0.6
            ):
                block.lines.append(line)
                continue
        if block:
            yield block
        block = _Block([line], place)
    if block:
        yield block


def _line_stands_out(line: PdfLine, body: float) -> bool:
    return line.bold or line.size > 1.12 * body


def _stands_out(block: _Block, body: float) -> bool:
    return _line_stands_out(block.lines[0], body)


def _is_full(line: PdfLine, block: _Block) -> bool:
    """Whether a line is as wide as the paragraph."""
    left, right = (min(one.x0 for one in block.lines), max(one.x1 for one in block.lines))
    return line.x1 - line.x0 > 0.75 * (right - left)
