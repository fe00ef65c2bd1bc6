"""XML read as a stream: one record's elements at a time, whatever the size of the file.

The parser is expat: it knows the exact line of every tag in files of any length (tree parsers
lose it in the millions), loads nothing from outside, and reports what a document type declares.
A document that declares entities is refused, so none is ever expanded; a document type without
them is skipped. HTML's named characters (``&nbsp;``) are understood without one.

Damage costs one record: its line is reported, and reading resumes at the next tag that starts a
record. Concatenated documents, as harvesters write, are read as one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.entities import html5
from xml.parsers import expat

from explorer.papers.text import tidy
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Rejection
from explorer.readers.encodings import handler
from explorer.readers.shared.declared_encoding import known_encoding

_CHUNK = 1 << 16
_PART_CHARACTERS = 32
"""Cost of a tag or a piece of text in addition to its characters."""
_TOKEN_CHARACTERS = 1_000_000
"""A tag, comment or attribute longer than this is no markup."""
_DEPTH = 100
_DAMAGES = 1_000
"""After so many damaged places in a row the file is given up."""
_ANOTHER_DOCUMENT = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT,
        expat.errors.XML_ERROR_MISPLACED_XML_PI,
    )
)
_CONTROLS = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)], " "
)
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{1,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})[\"']")
_UNMARKED = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?![#A-Za-z_]|\Z)|<(?=[\s\d=])"
    # An XML declaration that says so makes an error of every unknown entity.
    r"|(?<=\s)standalone\s?=\s?[\"']yes[\"'](?=\s?\?>)",
    re.DOTALL,
)
_MENDED = {"&": "&amp;", "<": "&lt;"}
_TAG = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)(?=[\s/>])")
_NOT_TAGS = re.compile(r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)", re.DOTALL)


def local(name: str) -> str:
    """Return a tag's or attribute's name without its namespace prefix."""
    return name.rpartition(":")[2]


@dataclass(slots=True)
class Element:
    """An element of a record; prefixes do not matter for finding, so names are local."""

    tag: str
    """As written, with its prefix."""
    attributes: Mapping[str, str]
    line: int
    parents: tuple[Element, ...] = ()
    """Ancestors, outermost first: names and attributes only."""
    parts: list[Element | str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return local(self.tag)

    @property
    def children(self) -> list[Element]:
        return [part for part in self.parts if isinstance(part, Element)]

    def all(self, path: str) -> list[Element]:
        """Return the elements at ``path``, names from child to child: ``"authors/author"``."""
        elements = [self]
        for name in path.split("/"):
            elements = [
                child for parent in elements for child in parent.children if child.name == name
            ]
        return elements

    def first(self, path: str) -> Element | None:
        return next(iter(self.all(path)), None)

    def descendants(self, *names: str) -> Iterator[Element]:
        """Yield the elements of these names at any depth, in document order."""
        for child in self.children:
            if child.name in names:
                yield child
            yield from child.descendants(*names)

    def attribute(self, name: str) -> str:
        return next((tidy(v) for key, v in self.attributes.items() if local(key) == name), "")

    @property
    def content(self) -> str:
        """All text inside as it stands, line ends included."""
        return "".join(p if isinstance(p, str) else p.content for p in self.parts)

    def text(self, path: str = "") -> str:
        """Return the text of the first element at ``path`` (or of this one) that has any."""
        elements = self.all(path) if path else [self]
        return next((text for element in elements if (text := tidy(element.content))), "")

    def texts(self, path: str) -> list[str]:
        return [text for element in self.all(path) if (text := tidy(element.content))]


def opening_tags(digest: Digest) -> list[str]:
    """Return the local names of the tags in the head of an XML text, first the root's.

    Empty if the text is not XML; HTML is not.
    """
    start = digest.head[:1000].lstrip("\ufeff \t\r\n")
    if not digest.encoding or not re.match(r"<[?!A-Za-z_]", start):
        return []
    names = _TAG.findall(_NOT_TAGS.sub("", digest.head))
    return names if names and names[0].lower() not in {"html", "head", "body", "div"} else []


def xml_records(
    digest: Digest, names: frozenset[str], unread: frozenset[str] = frozenset()
) -> Iterator[Element | Rejection]:
    """Yield every element called one of ``names`` that is not inside another, as it ends.

    Args:
        digest: an XML text.
        names: local names.
        unread: local names of elements within records whose content is of no use.
    """
    yield from _Stream(digest, names, unread).read()


class _RefusedError(Exception):
    """The document may not be read."""


class _BrokenError(Exception):
    """The open record cannot be completed; at which byte of what the parser was fed."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.at = at


class _Stream:
    """The parser, its place in the file, and the record that it is in."""

    def __init__(self, digest: Digest, names: frozenset[str], unread: frozenset[str]) -> None:
        self._digest = digest
        self._names = names
        self._unread = unread
        self._start = re.compile(rb"<(?:[\w.-]+:)?(?:%s)(?=[\s/>])" % "|".join(names).encode())
        self._outside: list[Element] = []
        self._open: list[Element] = []
        self._ready: list[Element | Rejection] = []
        self._line = 1
        """Of the first byte that the parser has not seen."""
        self._damages = 0
        self._in_literal = False
        self._new_parser()

    def read(self) -> Iterator[Element | Rejection]:
        rest, stalled = b"", 0
        with _text(self._digest) as file:
            while chunk := file.read(_CHUNK):
                self._moved = False
                try:
                    rest = self._feed(rest + self._mended(chunk).encode("utf-8", "replace"))
                except _RefusedError as error:
                    self._ready.append(Rejection(self._digest.name, self._now, str(error)))
                    yield from self._take()
                    return
                stalled = 0 if self._moved or self._seeking else stalled + len(chunk)
                if stalled > _TOKEN_CHARACTERS:
                    self._damaged(f"a tag or comment of more than {_TOKEN_CHARACTERS:,} characters")
                    stalled = 0
                yield from self._take()
                if self._damages > _DAMAGES:
                    reason = f"more than {_DAMAGES:,} damaged places in a row; reading stops here"
                    yield Rejection(self._digest.name, self._line, reason)
                    return
        yield from self._end()

    def _mended(self, chunk: str) -> str:
        """Escape signs that cannot be markup ("p < 0.05", "R & D") and drop control characters."""
        literal = chunk.find("]]>") if self._in_literal else 0
        if literal < 0:
            return chunk.translate(_CONTROLS)
        self._in_literal = False

        def mend(match: re.Match[str]) -> str:
            markup = match.group()
            if markup.startswith("<!"):
                self._in_literal = not markup.endswith("]]>")
                return markup
            return _MENDED.get(markup, " ")

        mended = chunk[:literal] + _UNMARKED.sub(mend, chunk[literal:])
        return mended.translate(_CONTROLS)

    def _take(self) -> list[Element | Rejection]:
        ready, self._ready = self._ready, []
        return ready

    @property
    def _now(self) -> int:
        return self._first_line + max(self._parser.CurrentLineNumber, 1) - 1

    def _new_parser(self) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        # Else an unknown entity is an error; there is no handler that would load anything.
        parser.UseForeignDTD(True)
        parser.StartElementHandler = self._on_start
        parser.EndElementHandler = self._on_end
        parser.CharacterDataHandler = self._on_text
        parser.SkippedEntityHandler = self._on_entity
        parser.EntityDeclHandler = self._on_declaration
        parser.CommentHandler = self._on_other
        parser.ProcessingInstructionHandler = self._on_other
        self._parser = parser
        self._first_line = self._line
        self._fed = 0
        self._seeking = False
        self._skipped_depth = 0

    def _feed(self, data: bytes) -> bytes:
        """Parse ``data``, over damaged places; return what the search for a record still needs."""
        while data and self._damages <= _DAMAGES:
            reopened = self._seeking
            if self._seeking:
                match = self._start.search(data)
                if match is None:
                    # The tag may be cut by the end of the chunk.
                    cut = data.rfind(b"<", max(0, len(data) - 200))
                    return self._pass(data, cut if cut >= 0 else len(data))
                data = self._pass(data, match.start())
                self._reopen()
            before = self._fed
            try:
                self._parser.Parse(data, False)
            except expat.ExpatError as error:
                at = max(0, self._parser.ErrorByteIndex - before)
                if error.code in _ANOTHER_DOCUMENT and not self._open:
                    start = data.find(b"<", at)
                    data = self._pass(data, start if start >= 0 else len(data))
                    self._outside.clear()
                    self._new_parser()
                    continue
                # What cannot even be started must not be tried again.
                data = self._pass(data, max(at, 1) if reopened else at)
                self._damaged(f"not well-formed XML: {expat.ErrorString(error.code)}")
            except _BrokenError as error:
                data = self._pass(data, max(0, error.at - before))
                self._damaged(str(error))
            else:
                self._fed += len(data)
                self._pass(data, len(data))
                return b""
        return b""

    def _pass(self, data: bytes, end: int) -> bytes:
        self._line += data.count(b"\n", 0, end)
        return data[end:]

    def _damaged(self, reason: str) -> None:
        """Report the open record, or else the place, and seek the next record."""
        if self._open:
            self._ready.append(self._rejection(reason))
        elif self._damages == 0:
            self._ready.append(Rejection(self._digest.name, self._line, reason))
        self._damages += 1
        self._open.clear()
        self._seeking = True

    def _rejection(self, reason: str) -> Rejection:
        record = self._open[0]
        begun = " ".join(element.content[:100] for element in self._open)
        return Rejection(self._digest.name, record.line, reason, tidy(begun)[:80])

    def _reopen(self) -> None:
        """Start a parser at a record, inside the elements that the damaged one stood in."""
        self._new_parser()
        outside, self._outside = self._outside, []
        tags = "".join(f"<{element.tag}>" for element in outside).encode() or b"<_>"
        self._parser.Parse(tags, False)
        self._outside = outside
        self._fed = len(tags)

    def _end(self) -> Iterator[Rejection]:
        if self._open:
            yield self._rejection("the file ends inside this record")
        elif self._outside and not self._seeking:
            yield Rejection(self._digest.name, self._line, "the file ends too early")

    # Handlers of expat. After an exception it parses on through the chunk, without calling them.

    def _on_start(self, tag: str, attributes: dict[str, str]) -> None:
        self._moved = True
        name = local(tag)
        if not self._open:
            self._on_outer_start(Element(tag, attributes, self._now))
        elif name == self._open[0].name and self._open[-1].name != "metadata":
            raise self._broken(f"this <{name}> is not closed before the next one starts")
        elif len(self._open) + self._skipped_depth >= _DEPTH:
            raise self._broken(f"elements nested more than {_DEPTH} deep")
        elif self._skipped_depth or name in self._unread:
            self._skipped_depth += 1
        else:
            self._grow(len(tag) + sum(len(key) + len(v) for key, v in attributes.items()))
            self._open.append(Element(tag, attributes, self._now))

    def _on_outer_start(self, element: Element) -> None:
        if element.name in self._names:
            element.parents = tuple(self._outside)
            self._open.append(element)
            self._record_size = 0
        elif len(self._outside) >= _DEPTH:
            raise self._broken(f"elements nested more than {_DEPTH} deep")
        elif element.tag != "_":
            self._outside.append(element)

    def _on_end(self, _: str) -> None:
        self._moved = True
        if self._skipped_depth:
            self._skipped_depth -= 1
        elif not self._open:
            if self._outside:
                self._outside.pop()
        else:
            element = self._open.pop()
            if self._open:
                self._open[-1].parts.append(element)
            else:
                self._ready.append(element)
                self._damages = 0

    def _on_text(self, text: str) -> None:
        self._moved = True
        if self._open and not self._skipped_depth:
            self._grow(len(text))
            self._open[-1].parts.append(text)

    def _on_entity(self, name: str, is_parameter: bool) -> None:
        if not is_parameter:
            self._on_text(html5.get(f"{name};", f"&{name};"))

    def _on_declaration(self, *_: object) -> None:
        raise _RefusedError(
            "the document declares entities of its own, which can hide files or fill the memory; "
            "save it without its document type"
        )

    def _on_other(self, *_: object) -> None:
        self._moved = True

    def _broken(self, reason: str) -> _BrokenError:
        return _BrokenError(reason, self._parser.CurrentByteIndex)

    def _grow(self, size: int) -> None:
        self._record_size += size + _PART_CHARACTERS
        if self._record_size > RECORD_CHARACTERS:
            raise self._broken(f"a record of more than {RECORD_CHARACTERS:,} characters")


def _text(digest: Digest) -> io.TextIOWrapper:
    """Open ``digest`` in the encoding that it declares, unless its bytes contradict it."""
    encoding = digest.encoding or "utf-8"
    declared = _DECLARED.match(digest.head_bytes)
    if declared and not encoding.startswith("utf"):
        encoding = known_encoding(declared[1].decode("ascii", "replace")) or encoding
    return io.TextIOWrapper(digest.open(), encoding=encoding, errors=handler(encoding))
