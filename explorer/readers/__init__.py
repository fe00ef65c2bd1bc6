"""Socket: digest formats. A reader turns one digest file into Papers and Rejections.

A reader is an object with a ``name``, a ``recognises`` and a ``read`` (see :class:`Reader`).
The readers of this package are listed in ``_BUILT_IN``; outside packages add theirs through the
entry-point group ``explorer.readers``. Which one reads a file is decided by its content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from explorer.errors import DigestError
from explorer.papers.paper import Paper
from explorer.readers.digest import Digest, Rejection, binary_kind, open_digests
from explorer.settings import ReadingLimits

__all__ = [
    "UNFINISHED",
    "Digest",
    "Reader",
    "Reading",
    "Rejection",
    "digest_files",
    "open_digests",
    "read_digest",
    "read_digests",
    "reader_names",
    "recognise",
    "stream",
]

_BUILT_IN = {
    "acl-xml": "explorer.readers.acl_xml:AclXml",
    "arxiv-mailing": "explorer.readers.arxiv_mailing:ArxivMailing",
    "bibtex": "explorer.readers.bibtex:BibTeX",
    "crossref": "explorer.readers.crossref:Crossref",
    "csl-json": "explorer.readers.csl_json:CslJson",
    "delimited": "explorer.readers.delimited:Delimited",
    "endnote-tagged": "explorer.readers.endnote_tagged:EndNoteTagged",
    "endnote-xml": "explorer.readers.endnote_xml:EndnoteXml",
    "feed": "explorer.readers.feed:Feed",
    "front-matter": "explorer.readers.front_matter:FrontMatter",
    "hugging-face": "explorer.readers.hugging_face:HuggingFace",
    "jats": "explorer.readers.jats:Jats",
    "json-lines": "explorer.readers.json_lines:JsonLines",
    "json-records": "explorer.readers.json_lines:JsonRecords",
    "markdown-digest": "explorer.readers.markdown_digest:MarkdownDigest",
    "markdown-list": "explorer.readers.markdown_list:MarkdownList",
    "markdown-table": "explorer.readers.markdown_table:MarkdownTable",
    "nbib": "explorer.readers.nbib:Nbib",
    "oai-pmh": "explorer.readers.oai_pmh:OaiPmh",
    "openalex": "explorer.readers.openalex:OpenAlex",
    "openreview": "explorer.readers.openreview:OpenReview",
    "parquet": "explorer.readers.parquet:Parquet",
    "pubmed-xml": "explorer.readers.pubmed_xml:PubmedXml",
    "recorded-responses": "explorer.readers.recorded:RecordedResponses",
    "ris": "explorer.readers.ris:Ris",
    "saved-html": "explorer.readers.saved_html:SavedHtml",
    "scraped-page": "explorer.readers.scraped_page:ScrapedPage",
    "semantic-scholar": "explorer.readers.semantic_scholar:SemanticScholar",
    "spreadsheet": "explorer.readers.spreadsheet:Spreadsheet",
    "topic-tables": "explorer.readers.topic_tables:TopicTables",
    "wos": "explorer.readers.wos:WebOfScience",
}


UNFINISHED = (".part", ".crdownload", ".tmp", "~")
"""How names of files end that a browser, a script or an editor has not finished."""


class Reader(Protocol):
    """The contract of a digest format."""

    name: str
    """What the format is called, in lower case: ``scraped-page``."""

    def recognises(self, digest: Digest) -> int:
        """Return how surely ``digest`` is of this format, from 0 (it is not) to 100.

        Only ``digest.head`` may be looked at. Formats that are recognised by a signature
        answer 90 or more, formats that fit almost any text answer 10 or less.
        """

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        """Yield what stands in ``digest``, in its order, each with its line.

        Never raises on content: what cannot be understood is yielded as a Rejection.
        """


@dataclass(frozen=True, slots=True)
class Reading:
    """What one digest file gave."""

    digest: str
    path: Path
    format: str
    papers: Sequence[Paper]
    rejections: tuple[Rejection, ...]


def reader_names() -> tuple[str, ...]:
    """Return the names of all readers, built in and added by other packages."""
    added = (point.name for point in entry_points(group="explorer.readers"))
    return tuple(sorted({*_BUILT_IN, *added}))


@lru_cache
def load_reader(name: str) -> Reader:
    """Return the reader called ``name``, importing it now."""
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        reader: Reader = getattr(import_module(module), attribute)()
        return reader
    for point in entry_points(group="explorer.readers", name=name):
        added: Reader = point.load()()
        return added
    raise DigestError(f"No reader is called {name!r}. Known: {', '.join(reader_names())}.")


def recognise(digest: Digest) -> Reader:
    """Return the reader that is surest of ``digest``; ties go to the name first in order.

    Raises:
        DigestError: no reader takes it.
    """
    readers = [load_reader(name) for name in reader_names()]
    sureness = {reader.name: reader.recognises(digest) for reader in readers}
    best = max(readers, key=lambda reader: sureness[reader.name])
    if sureness[best.name] <= 0:
        what = "text in none of the known formats" if digest.encoding else binary_kind(digest)
        raise DigestError(
            f"{digest.path}: this is {what}, not a digest. Save titles and abstracts as text; "
            "docs/formats.md lists what can be read."
        )
    return best


def digest_files(given: Sequence[Path]) -> list[tuple[str, Path]]:
    """Return (digest name, file) for each file that ``given`` names or holds, in order.

    A folder stands for all files below it, apart from hidden ones, partial downloads and an
    editor's leftovers; a digest is called by its path relative to that folder, a single file by
    its own name.

    Raises:
        DigestError: one of ``given`` does not exist, or none of them holds a file.
    """
    found: dict[Path, str] = {}
    for path in given:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                inside = file.relative_to(path)
                if file.is_file() and not _is_passed_over(inside):
                    found.setdefault(file.resolve(), inside.as_posix())
        elif path.exists():
            found.setdefault(path.resolve(), path.name)
        else:
            raise DigestError(f"{path}: there is no such file or folder. Check the spelling.")
    if not found:
        names = ", ".join(str(path) for path in given)
        raise DigestError(f"{names}: no digest in there. Drop a file with titles and abstracts in.")
    return [(name, file) for file, name in found.items()]


def _is_passed_over(inside: Path) -> bool:
    hidden = any(part.startswith(".") for part in inside.parts)
    return hidden or inside.name.lower().endswith(UNFINISHED)


def read_digests(
    path: Path,
    name: str = "",
    limits: ReadingLimits | None = None,
    hold: Callable[[Iterator[Paper]], Sequence[Paper]] = tuple,
) -> list[Reading]:
    """Read one file, whatever its format: one Reading, or one for each member of an archive.

    A member that cannot be read has no papers and one Rejection. ``hold`` takes the papers of a
    digest as they are read and returns what holds them.

    Raises:
        DigestError: the file as a whole cannot be read (missing, empty, binary, unknown).
    """
    readings = []
    for opened in open_each(path, name or path.name, limits or ReadingLimits()):
        if isinstance(opened, Rejection):
            readings.append(Reading(opened.digest, path, "", (), (opened,)))
            continue
        digest, reader = opened
        try:
            readings.append(_read(digest, reader, hold))
        except DigestError as error:
            readings.append(_unread(digest, path, error, name or path.name))
    return readings


def _unread(digest: Digest, path: Path, error: DigestError, name: str) -> Reading:
    if digest.name == name:
        raise error
    return Reading(digest.name, path, "", (), (Rejection(digest.name, 0, str(error)),))


def open_each(
    path: Path, name: str, limits: ReadingLimits
) -> Iterator[tuple[Digest, Reader] | Rejection]:
    """Yield the digest in ``path`` with its reader, or each that an archive holds.

    A member of an archive that cannot be read is a Rejection.

    Raises:
        DigestError: the file as a whole cannot be read.
    """
    for digest in open_digests(path, name, limits):
        if isinstance(digest, Rejection):
            yield digest
            continue
        try:
            reader = recognise(digest)
        except DigestError as error:
            if digest.name == name:
                raise
            yield Rejection(digest.name, 0, str(error))
            continue
        yield digest, reader


def read_digest(path: Path, name: str = "", limits: ReadingLimits | None = None) -> Reading:
    """Read a file that is one digest.

    Raises:
        DigestError: it cannot be read, or is an archive of several; see :func:`read_digests`.
    """
    readings = read_digests(path, name, limits)
    if len(readings) > 1:
        raise DigestError(f"{path}: an archive of {len(readings)} digests, not one digest.")
    return readings[0]


def stream(digest: Digest, reader: Reader) -> Iterator[Paper | Rejection]:
    """Yield what stands in ``digest``, within its limits, holding one record at a time.

    A file that turns out to be torn gives what came before, and a Rejection.
    """
    read = 0
    try:
        for item in reader.read(digest):
            read += 1
            yield _within(item, digest.limits) if isinstance(item, Paper) else item
    except DigestError as error:
        if not read:
            raise
        yield Rejection(digest.name, 0, str(error))


def _read(
    digest: Digest, reader: Reader, hold: Callable[[Iterator[Paper]], Sequence[Paper]]
) -> Reading:
    rejections: list[Rejection] = []

    def papers() -> Iterator[Paper]:
        for item in stream(digest, reader):
            if isinstance(item, Paper):
                yield item
            else:
                rejections.append(item)

    held = hold(papers())
    if not held and not rejections:
        raise DigestError(
            f"{digest.path}: no paper found. A digest holds titles, each followed by its abstract."
        )
    return Reading(digest.name, digest.path, reader.name, held, tuple(rejections))


def _within(paper: Paper, limits: ReadingLimits) -> Paper | Rejection:
    source = paper.sources[0]
    for what, text, most in (
        ("title", paper.title, limits.title_characters),
        ("abstract", paper.abstract, limits.abstract_characters),
    ):
        if len(text) > most:
            reason = f"the {what} has {len(text):,} characters, more than the {most:,} allowed"
            return Rejection(source.digest, source.line, reason, text[:80])
    if not any(character.isalnum() for character in paper.title):
        return Rejection(source.digest, source.line, "a paper without a title", paper.abstract[:80])
    return replace(paper, id="")
