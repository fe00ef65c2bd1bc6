"""Texts of papers for an embedder, read on demand."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping

from explorer.arrays import Rows
from explorer.papers.table import PaperTable


class TextsByFingerprint(Mapping[str, str]):
    """Texts of papers to embed, by fingerprint; each is read on access."""

    def __init__(self, papers: PaperTable, rows: Rows) -> None:
        """Select the papers in ``rows``."""
        self._papers = papers.take(rows)
        names = self._papers.fingerprints
        self._rows = {name: row for row, name in enumerate(names)}

    def __getitem__(self, fingerprint: str) -> str:
        return self._papers[self._rows[fingerprint]].text

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def items(self) -> ItemsView[str, str]:
        return _Items(self)

    def in_order(self) -> Iterator[tuple[str, str]]:
        """Yield all fingerprints and texts; only some lie in memory at once."""
        for paper in self._papers:
            yield paper.fingerprint, paper.text


class _Items(ItemsView[str, str]):
    def __init__(self, texts: TextsByFingerprint) -> None:
        super().__init__(texts)
        self._texts = texts

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return self._texts.in_order()
