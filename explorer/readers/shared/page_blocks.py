"""Pages as paragraphs with roles, and the pairing of titles with abstracts.

Text with Markdown in it and saved HTML are converted to the same blocks; the shape of a block
decides its role. Each abstract takes the title that precedes it; a short paragraph that is neither
furniture nor title is reported with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from explorer.papers.dates import complete_year, parse_date
from explorer.papers.paper import Paper, Source, arxiv_id
from explorer.papers.text import tidy
from explorer.readers.contract import Rejection
from explorer.readers.shared.markdown_inline import BARE_ADDRESS
from explorer.readers.shared.titles import is_labelled, why_no_title

_LABEL = re.compile(
    r"^(?:\*\*)?(?:abstract|summary)(?:\*\*)?(?:\s*[:.—–]|\s+-\s)\s*(?:\*\*)?\s*", re.I
)
_TITLE_LABEL = re.compile(r"^(?:\*\*)?title(?:\*\*)?\s*:\s*(?:\*\*)?\s*", re.I)
_AUTHORS_LABEL = re.compile(r"^(?:\*\*)?(?:authors?|by)\s*:\s*(?:\*\*)?\s*", re.I)
_NAME = r"(?:[A-ZÀ-ÞĀ-Ž][\w.'’\-]*|de|da|van|von|der|den|di|la|le|bin|al)"
_FULL_NAME = rf"{_NAME}(?: {_NAME}){{1,4}}"
_NAMES = re.compile(
    rf"{_FULL_NAME}(?:(?:\s*[,;·&]+\s*(?:and\s+)?|\s+and\s+){_FULL_NAME})+,?(?: et al\.?)?"
)
_DATED = re.compile(r"(?:published|submitted|updated|posted)?(?:\s+on)?\s*:?\s*(.+)", re.I)
_CAPTURED = re.compile(
    r"(?:captured|retrieved|fetched|saved|scraped|accessed|crawled|snapshot)\b[^:\n]{0,20}:\s*(\S.{0,60})",
    re.I,
)
_LONGEST_COUNTER = 80
_FILE_DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")

_FURNITURE = frozenset(
    phrase.strip()
    for phrase in """
    new|subscribe|daily|weekly|monthly|trending|trending papers|papers|daily papers|all papers
    models|datasets|spaces|buckets|buckets new|community|docs|enterprise|pricing|log in|login
    sign in|sign up|log out|join|hugging face|huggingface|hugging face papers
    daily papers hugging face
    by|ak|by ak|byak|and the research community|by ak and the research community
    byak and the research community|get trending papers in your email inbox
    get trending papers in your email inbox once a day
    your daily dose of ai research from ak|previous|next|prev|upvote|submit|submit a paper
    view all|view pdf|view paper|pdf|html|arxiv|arxiv page|code|github|project page|full paper
    search|menu|home|about|about us|contact|careers|jobs|company|tos|terms|terms of service
    privacy|privacy policy|website|skip to content|skip to main content|toggle navigation
    theme|system theme|light|dark|share|save|cite|copy link|read more|show more|load more
    see more|back to top|back|today|yesterday|tomorrow|this week|solutions|inference providers
    title|titles|abstract|abstracts|authors|summary|details|links|comments|likes
    cookie settings|accept cookies
    """.replace("\n", "|").split("|")
)
_COUNTER = re.compile(
    r"[\[\]()\-–—·•|+▲△↑👍❤⭐💬.,:\s\d]*(?:[\d.,]+\s?k)?"
    r"|[\d.,]+k?\s+(?:authors?|comments?|likes?|upvotes?|papers?|models?|stars?|votes?|views?)",
    re.I,
)
_BYLINE = re.compile(r"(?:submitted|posted|uploaded|shared|curated|upvoted)\s+by\b.{0,60}", re.I)


class Role(StrEnum):
    """Role of a paragraph, judged by its shape."""

    FURNITURE = "furniture"
    ADDRESS = "address"
    DATE = "date"
    AUTHORS = "authors"
    SHORT = "short"
    PROSE = "prose"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph: its first line, its text without markup, the addresses it links to."""

    line: int
    text: str
    role: Role
    addresses: tuple[str, ...] = ()
    heading: bool = False

    @property
    def arxiv(self) -> str:
        return next((name for address in self.addresses if (name := arxiv_id(address))), "")


def make_block(
    line: int, text: str, rest: str, links: Sequence[tuple[str, str]], *, heading: bool
) -> Block:
    """Return the block of a paragraph.

    Args:
        line: number of its first line.
        text: its text, with the labels of its links.
        rest: its text without them.
        links: (label, address) pairs without navigation links.
        heading: whether the markup makes it a heading.
    """
    addresses = tuple(address for _, address in links)
    if links and all(is_furniture(label) for label, _ in links) and is_furniture(rest):
        return Block(line, "", Role.ADDRESS, addresses, heading)
    if not BARE_ADDRESS.sub("", text).strip(" ,;|·<>"):
        bare = [address.strip("<>") for address in BARE_ADDRESS.findall(text)]
        kept = tuple(address for address in (*addresses, *bare) if not is_navigation(address))
        role = Role.ADDRESS if bare or kept else Role.FURNITURE
        return Block(line, "", role, kept, heading)
    block = Block(line, tidy(text), Role.SHORT, addresses, heading)
    return replace(block, role=_role(block.text, heading, bool(block.arxiv)))


def is_furniture(text: str) -> bool:
    """Whether ``text`` is a menu entry, a counter or no words at all."""
    words = " ".join(re.sub(r"[^\w\s]|_", "", text).casefold().split())
    counter = text.strip()
    return (
        not words
        or words in _FURNITURE
        or (len(counter) <= _LONGEST_COUNTER and bool(_COUNTER.fullmatch(counter)))
    )


def reads_as_names(text: str) -> bool:
    """Whether ``text`` has the shape of two people's names or more."""
    return bool(_NAMES.fullmatch(text))


def is_navigation(address: str) -> bool:
    return bool(
        re.search(r"/login\b|/join\b|#community|/papers/(?:date|week|month|trending)\b", address)
    )


def _role(text: str, heading: bool, names_paper: bool) -> Role:
    words = text.split()
    if is_furniture(text) or _BYLINE.fullmatch(text):
        return Role.FURNITURE
    dated = _DATED.fullmatch(text)
    if dated and parse_date(dated[1]):
        return Role.DATE
    # "Large Models, Small Data" has the shape of two names; a heading or a link tells it apart.
    may_be_names = not heading and not names_paper and len(words) < 200
    if _AUTHORS_LABEL.match(text) or (may_be_names and reads_as_names(text)):
        return Role.AUTHORS
    ends_as_sentence = bool(re.search(r"[.!?…][\"'”’)\]]*$", text))
    if heading:
        return Role.PROSE if len(words) > 60 else Role.SHORT
    if len(words) >= 30 or (len(words) >= 10 and ends_as_sentence and not text.endswith("?")):
        return Role.PROSE
    return Role.SHORT


def digest_date(blocks: Sequence[Block], front_matter: Mapping[str, str], file_name: str) -> str:
    first_prose = next((i for i, b in enumerate(blocks) if b.role is Role.PROSE), len(blocks))
    on_page = [_date_of(b) for b in blocks[:first_prose] if b.role is Role.DATE]
    captured = (_CAPTURED.match(block.text) for block in blocks[:first_prose])
    named = _FILE_DATE.search(file_name)
    elsewhere = [
        front_matter.get(key, "") for key in ("date", "retrieved", "exported", "fetched", "created")
    ]
    elsewhere += [match[1] for match in captured if match]
    known = next((full for text in elsewhere if len(full := parse_date(text)) == 10), "")
    known = known or (parse_date(named[1]) if named else "")
    return complete_year(on_page[0], known) if on_page else known


def _date_of(block: Block) -> str:
    match = _DATED.fullmatch(block.text)
    return parse_date(match[1]) if match else ""


@dataclass(slots=True)
class _Draft:
    """Blocks since the last abstract."""

    shorts: list[Block] = field(default_factory=list)
    authors: Block | None = None
    addresses: list[Block] = field(default_factory=list)
    dates: dict[int, str] = field(default_factory=dict)
    """The first date after each short paragraph, by that paragraph's line."""

    @property
    def may_hold_title(self) -> bool:
        """Whether any short paragraph is more than a link to another site."""
        return any(b.heading or b.arxiv or not b.addresses for b in self.shorts)


@dataclass(slots=True)
class _OpenPaper:
    """A paper whose abstract has begun; following blocks may still belong to it."""

    paper: Paper
    abstract: list[str]
    date: str

    def complete(self) -> Paper:
        date = complete_year(self.paper.date or self.date, self.paper.sources[0].date)
        return replace(self.paper, abstract=" ".join(self.abstract), date=date)


def pair_titles_with_abstracts(
    blocks: Iterable[Block], opening: Sequence[Block], digest: str, date: str
) -> Iterator[Paper | Rejection]:
    """Give each abstract the title before it; report leftover blocks as rejections.

    ``opening`` are the first of ``blocks``; they show on which side of a title its address is.
    """
    draft = _Draft()
    current: _OpenPaper | None = None
    interrupted = False  # whether anything but addresses came since the last abstract
    leading = _addresses_lead(opening)
    for block in blocks:
        match block.role:
            case Role.PROSE:
                title, leftovers = _choose_title(draft)
                if title is None:
                    if current is not None and not interrupted:
                        current.abstract.append(block.text)
                    else:
                        reason = "a long paragraph without a title before it"
                        yield Rejection(digest, block.line, reason, block.text[:80])
                    continue
                if current is not None:
                    yield current.complete()
                yield from _leftover(leftovers, digest, date)
                ids = [b.arxiv for b in (title, *draft.addresses, block) if b.arxiv]
                addresses = [a for b in (title, *draft.addresses) for a in b.addresses]
                paper = Paper(
                    title=_TITLE_LABEL.sub("", title.text),
                    authors=_authors(draft.authors) if title is not draft.authors else (),
                    arxiv=ids[0] if ids else "",
                    url=next((a for a in addresses if a.startswith("http")), ""),
                    sources=(Source(digest, title.line, date),),
                )
                current = _OpenPaper(
                    paper, [_LABEL.sub("", block.text)], draft.dates.get(title.line, "")
                )
                draft, interrupted = _Draft(), False
            case Role.ADDRESS:
                after_abstract = current is not None and not draft.shorts and not interrupted
                if current and after_abstract and not leading and not current.paper.arxiv:
                    current.paper = replace(current.paper, arxiv=block.arxiv)
                draft.addresses.append(block)
            case Role.DATE:
                if current is not None and not current.date and not draft.may_hold_title:
                    current.date = _date_of(block)
                elif draft.shorts:
                    draft.dates.setdefault(draft.shorts[-1].line, _date_of(block))
                interrupted = True
            case Role.AUTHORS:
                draft.authors = block
                interrupted = True
            case Role.SHORT:
                if not draft.shorts:
                    draft.addresses = draft.addresses[-1:] if leading else []
                draft.shorts.append(block)
                interrupted = True
            case Role.FURNITURE:
                interrupted = True
    if current is not None:
        yield current.complete()
    yield from _leftover(draft.shorts, digest, date)


def _addresses_lead(blocks: Sequence[Block]) -> bool:
    """Whether addresses precede titles on this page, judged by the first paper."""
    for before, block in pairwise(blocks):
        if block.role in {Role.SHORT, Role.AUTHORS} and before.role is Role.ADDRESS:
            return bool(before.arxiv) and not block.arxiv
        if block.role is Role.PROSE or (block.arxiv and block.role is Role.SHORT):
            return False
    return False


def _choose_title(draft: _Draft) -> tuple[Block | None, list[Block]]:
    """Split the short paragraphs before an abstract into its title and the others.

    A heading or a link to a paper is the title; else the last paragraph.
    """
    if not draft.shorts:
        # A single author list never stands alone: "Ada Lovelace, Charles Babbage" as a title.
        return (draft.authors, []) if draft.authors else (None, [])
    titles = [block for block in draft.shorts if _may_be_title(block)]
    if not titles:
        return None, []
    marked = [block for block in titles if block.arxiv or block.heading]
    title = (marked or titles)[-1]
    same = title.text.casefold()
    return title, [b for b in draft.shorts if b is not title and b.text.casefold() != same]


def _may_be_title(block: Block) -> bool:
    text = _TITLE_LABEL.sub("", block.text)
    return not why_no_title(text) and not is_labelled(text)


def _leftover(blocks: list[Block], digest: str, date: str) -> Iterator[Paper | Rejection]:
    seen: set[str] = set()
    for block in blocks:
        if block.arxiv and len(block.text.split()) >= 2 and _may_be_title(block):
            if block.arxiv not in seen:
                seen.add(block.arxiv)
                yield Paper(
                    title=block.text, arxiv=block.arxiv, sources=(Source(digest, block.line, date),)
                )
        elif not any(address.startswith("http") for address in block.addresses):
            reason = "neither a title with an abstract nor known page furniture"
            yield Rejection(digest, block.line, reason, block.text[:80])


def _authors(block: Block | None) -> tuple[str, ...]:
    if block is None:
        return ()
    names = _AUTHORS_LABEL.sub("", block.text)
    parts = re.split(r"\s*(?:,|;|·|&|\band\b)\s*", names)
    return tuple(part for part in parts if part and part.lower() not in {"et al", "et al."})
