"""PDFs written by hand: text at places on pages, with metadata, streams and faults as needed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

FONTS = {"plain": "Helvetica", "bold": "Helvetica-Bold", "italic": "Times-Italic"}


class Run(NamedTuple):
    """Text at a place: ``x`` points from the left and ``y`` from the top of the page."""

    text: str
    x: float
    y: float
    size: float = 10.0
    font: str = "plain"
    turned: bool = False
    """Whether it is written upwards."""


def block(text: str, x: float, y: float, size: float = 10.0, width: int = 80) -> list[Run]:
    """Return a paragraph as runs of about ``width`` characters, one line below the other."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [Run(line, x, y + place * 1.2 * size, size) for place, line in enumerate(lines)]


def pdf(
    pages: Sequence[Sequence[Run]],
    info: Mapping[str, str] | None = None,
    size: tuple[int, int] = (612, 792),
) -> bytes:
    """Return a PDF with these pages."""
    return pdf_of_streams([_content(runs, size[1]) for runs in pages], info, size)


def pdf_of_streams(
    streams: Sequence[bytes],
    info: Mapping[str, str] | None = None,
    size: tuple[int, int] = (612, 792),
    *,
    packed: bool = False,
) -> bytes:
    """Return a PDF whose pages have these contents; ``packed`` says they are compressed."""
    kids = [6 + 2 * place for place in range(len(streams))]
    facts = "".join(f"/{key} ({_escaped(text)})" for key, text in (info or {}).items())
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids)),
        b"<</Font<<%s>>>>"
        % b"".join(
            f"/{name}<</Type/Font/Subtype/Type1/BaseFont/{font}/Encoding/WinAnsiEncoding>>".encode()
            for name, font in FONTS.items()
        ),
        f"<<{facts}>>".encode("cp1252"),
    ]
    coding = b"/Filter/FlateDecode" if packed else b""
    for kid, stream in zip(kids, streams, strict=True):
        objects.append(b"<</Length %d%s>>stream\n%s\nendstream" % (len(stream), coding, stream))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources 3 0 R/Contents %d 0 R>>"
            % (*size, kid - 1)
        )
    made = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer<</Size %d/Root 1 0 R/Info 4 0 R>>\n" % (len(objects) + 1)
    return bytes(made + b"startxref\n%d\n%%%%EOF\n" % start)


def bomb(megabytes: int) -> bytes:
    """Return a PDF whose one page unpacks to ``megabytes`` of text."""
    packer = zlib.compressobj(9)
    line = b"BT /plain 10 Tf 1 0 0 1 72 700 Tm (boom) Tj ET\n" * 22_000
    packed = b"".join(packer.compress(line) for _ in range(megabytes)) + packer.flush()
    return pdf_of_streams([packed], packed=True)


def _content(runs: Sequence[Run], height: int) -> bytes:
    parts = []
    for run in runs:
        turn = "0 1 -1 0" if run.turned else "1 0 0 1"
        place = f"{turn} {run.x} {height - run.y} Tm"
        parts.append(f"BT /{run.font} {run.size} Tf {place} ({_escaped(run.text)}) Tj ET")
    return "\n".join(parts).encode("cp1252")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
