"""Writes ``tests/samples/pdf.pdf``: ``python -m tests.helpers.pdf_sample``."""

from __future__ import annotations

from tests.helpers.corpus import ROOT
from tests.helpers.pdf_files import Run, block, pdf

TALKS = (
    ("Maps That Stay Where They Are", "Ada Lovell", "We keep a map of papers still"),
    ("Reading Pages by Their Layout", "Ben Okoro", "We find titles by their size"),
    ("Abstracts on One Page", "Chloe Marchand", "We part abstracts by their headings"),
)


def sample() -> bytes:
    """Return a page with three abstracts."""
    runs = [Run("Abstracts of the Workshop", 72, 72, 16, "bold")]
    for place, (title, name, text) in enumerate(TALKS):
        top = 120 + 120 * place
        sentence = f"{text}, while others are added to it each day and nobody wants to look again."
        runs += [
            Run(title, 72, top, 11, "bold"),
            Run(name, 72, top + 16),
            *block(f"{sentence} We say how, and measure it on made-up pages.", 72, top + 34),
        ]
    return pdf([runs])


if __name__ == "__main__":
    (ROOT / "tests" / "samples" / "pdf.pdf").write_bytes(sample())
