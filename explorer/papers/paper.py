"""Paper: the central record.

A reader makes it, deduplication gives it an id, and from then on it never changes; a later digest
with more facts makes a new Paper with the same id.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from explorer.papers.abstracts import clean_abstract
from explorer.papers.dates import dated_by_arxiv
from explorer.papers.language import language_of
from explorer.papers.markup import without_markup
from explorer.papers.sentences import sentences_of
from explorer.papers.text import plain
from explorer.papers.web_pages import pages_of

_ARXIV = re.compile(
    r"(?:arxiv[.:]\s*|arxiv\.org/(?:abs|pdf|html)/|huggingface\.co/papers/|alphaxiv\.org/(?:abs|overview)/"
    r"|(?:(?:dx\.)?doi\.org/|doi:\s*)?10\.48550/arxiv\.)?"
    r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?/?(?:[?#]\S*)?",
    re.IGNORECASE | re.ASCII,
)
_DOI = re.compile(
    r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*|urn:doi:|info:doi/){0,3}(?P<id>10\.\d{4,9}/\S+)",
    re.IGNORECASE,
)
_NEXT_DOI = re.compile(
    r"[,;|]{0,3}(?:https?://(?:dx\.|www\.)?doi\.org/|doi:|urn:doi:|info:doi/)?10\.\d{4,9}/\S",
    re.IGNORECASE,
)
"""Beginning of a second DOI that follows the first without a blank."""
_DOUBLED = re.compile(r"^(?:10\.\d{4,9}/)+(?=10\.\d{4,9}/\S)")
"""A prefix that is there twice: one DOI all the same."""
_MOST_DOIS = 20
_LETTERS_AND_DIGITS = re.compile(r"[^\W_]+")
_ZOTERO = re.compile(r"zotero:(?:groups/(?P<group>\d{1,12})/)?(?P<key>[A-Z0-9]{8})")
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(?P<id>.+)")


TEXT_FIELDS = ("title", "abstract", "summary")
"""The fields that make :attr:`Paper.text` and thus the fingerprint."""


def arxiv_id(text: str) -> str:
    """Return ``text`` (bare, prefixed or a URL) as an arXiv id without version, or ``""``."""
    match = _ARXIV.fullmatch(re.sub(r"^https?://(?:www\.|export\.)?", "", text.strip()))
    return match["id"].lower() if match else ""


def doi(text: str) -> str:
    """Return ``text`` (bare, prefixed or a URL) as a DOI in lower case, or ``""``.

    Of several, apart or fused, the first.

    >>> doi("doi:10.1000/a.10.1000/b"), doi("10.1000/a 10.1000/b"), doi("see 10.1000/a")
    ('10.1000/a', '10.1000/a', '')
    """
    match = _DOI.fullmatch(text.strip().rstrip(".,;|"))
    if match is None:
        parts = text.split()
        whole = 1 < len(parts) <= _MOST_DOIS and all(_DOI.fullmatch(part) for part in parts)
        return doi(parts[0]) if whole else ""
    name = _DOUBLED.sub("", match["id"].lower())
    following = _NEXT_DOI.search(name, name.index("/") + 1)
    return name[: following.start()].rstrip(".,;|") if following else name


def fingerprint_of(text: str) -> str:
    """Return the first 128 bits of a text's SHA-256, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def title_key(title: str) -> str:
    """Return ``title`` as letters and digits only, without case and accents."""
    if title.isascii():
        return " ".join(_LETTERS_AND_DIGITS.findall(title.lower()))
    folded = unicodedata.normalize("NFKD", title).casefold()
    return " ".join(
        _LETTERS_AND_DIGITS.findall("".join(c for c in folded if not unicodedata.combining(c)))
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def path_and_above(path: str) -> tuple[str, ...]:
    """Return a collection and all that it lies in, the outermost first.

    >>> path_and_above("Thesis/Methods/Maps")
    ('Thesis', 'Thesis/Methods', 'Thesis/Methods/Maps')
    """
    names = path.split("/")
    return tuple("/".join(names[: end + 1]) for end in range(len(names)))


@dataclass(frozen=True, slots=True)
class Source:
    """Place in a digest that a paper was read from."""

    digest: str
    line: int
    """First line of its record, from 1; in a PDF its page, in a database the number of its item."""
    date: str = ""
    """Date of the digest itself, in EDTF."""
    seen: str = ""
    """Day of the first build that read it there, in EDTF; empty until then."""
    collections: tuple[str, ...] = ()
    """Collections of a reference manager that hold it there, as paths: ``Thesis/Methods``."""
    tags: tuple[str, ...] = ()
    """Tags that it has there; those of the user's desk are others."""
    notes: tuple[str, ...] = ()
    """Notes that the user wrote on it there, as text; those of the desk are others."""
    annotations: tuple[str, ...] = ()
    """Passages that the user marked in its files there, each with the comment on it."""


def is_pdf(digest: str) -> bool:
    """Return whether a digest of this name is a PDF."""
    return digest.lower().endswith(".pdf")


def place_in(digest: str, line: int) -> str:
    """Return the place of a record in its digest: "line 12", "page 3", "item 7"; empty for 0."""
    if not line:
        return ""
    if is_pdf(digest):
        return f"page {line}"
    return f"{'item' if '.sqlite' in digest.lower() else 'line'} {line:,}"


def located(digest: str, line: int) -> str:
    """Return a digest with the place of a record in it: "alerts.txt, line 12"."""
    return ", ".join(filter(None, (digest, place_in(digest, line))))


@dataclass(frozen=True)
class Paper:
    """One paper with all facts from its digests.

    ``title`` and ``abstract`` are as in the digest, except for white space; :attr:`readable_title`
    and :attr:`readable_abstract` are for people and for the embedder.
    """

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    """Publication date in EDTF (see :mod:`explorer.papers.dates`)."""
    venue: str = ""
    arxiv: str = ""
    doi: str = ""
    other_ids: tuple[str, ...] = ()
    """Ids that other services or the digest itself use, as ``scheme:value``."""
    url: str = ""
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    summary: str = ""
    """One-sentence summary of the abstract, if some service wrote one."""
    sources: tuple[Source, ...] = field(default=())
    id: str = ""
    """The library's id; empty until :mod:`explorer.papers.deduplication` gives one."""

    @cached_property
    def readable_title(self) -> str:
        return plain(self.title)

    @cached_property
    def readable_abstract(self) -> str:
        return plain(self.abstract_body)

    @cached_property
    def abstract_body(self) -> str:
        """The abstract without label, copyright notice and line-wrapping hyphens."""
        return clean_abstract(without_markup(self.abstract))

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Readable sentences of the abstract, or of the summary if there is none."""
        text = self.readable_abstract or plain(self.summary)
        return sentences_of(text, self.language)

    @property
    def text(self) -> str:
        """Text to embed: title and abstract (or summary), readable."""
        body = self.readable_abstract or plain(self.summary)
        return f"{self.readable_title}\n{body}" if body else self.readable_title

    @cached_property
    def language(self) -> str:
        """Language of :attr:`text` (:func:`explorer.papers.language.language_of`)."""
        return language_of(self.text)

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of :attr:`text`: same text, same vector."""
        return fingerprint_of(self.text)

    @property
    def notes(self) -> tuple[str, ...]:
        """The user's notes from all sources; no part of :attr:`text`."""
        return _distinct(note for source in self.sources for note in source.notes)

    @property
    def annotations(self) -> tuple[str, ...]:
        """Passages marked and comments from all sources; no part of :attr:`text`."""
        return _distinct(one for source in self.sources for one in source.annotations)

    @property
    def notes_fingerprint(self) -> str:
        """Fingerprint of notes and annotations; empty without any."""
        texts = (*self.notes, *self.annotations)
        return fingerprint_of("\0".join(texts)) if texts else ""

    @property
    def published(self) -> str:
        """Publication date in EDTF: :attr:`date`, its year from the arXiv id if it has none."""
        return dated_by_arxiv(self.date, self.arxiv)

    @property
    def known_as(self) -> tuple[str, ...]:
        """All ids of the paper as ``scheme:value``; the library's own is bare."""
        ids = [self.id] if self.id else []
        if self.arxiv:
            ids.append(f"arxiv:{self.arxiv}")
        if self.doi:
            ids.append(f"doi:{self.doi}")
        return (*ids, *self.other_ids)

    @property
    def zotero_links(self) -> tuple[str, ...]:
        """Addresses that select the paper in the user's own Zotero; of no use to others."""
        matches = filter(None, map(_ZOTERO.fullmatch, self.other_ids))
        return tuple(
            f"zotero://select/groups/{match['group']}/items/{match['key']}"
            if match["group"]
            else f"zotero://select/library/items/{match['key']}"
            for match in matches
        )

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """(label, URL) pairs of pages about the paper, https and http only."""
        links: list[tuple[str, str]] = []
        if self.arxiv:
            links.append(("arXiv", f"https://arxiv.org/abs/{self.arxiv}"))
            links.append(("PDF", f"https://arxiv.org/pdf/{self.arxiv}"))
        if self.doi and not _ARXIV_DOI.fullmatch(self.doi):
            links.append(("DOI", f"https://doi.org/{self.doi}"))
        links += pages_of(self.known_as, self.url)
        known = {address.rstrip("/") for _, address in links}
        is_known = self.url.rstrip("/") in known or arxiv_id(self.url) != ""
        if re.match(r"https?://", self.url) and not is_known:
            links.append(("Web page", self.url))
        return tuple(links)
