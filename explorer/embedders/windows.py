"""Texts longer than a model can take: cut into overlapping windows, pooled by length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.arrays import Vectors

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

OVERLAP = 64
"""Tokens that a window shares with the one before, so that cut sentences are also seen whole."""


@dataclass(frozen=True, slots=True)
class Window:
    """A text, or a part of it that fits the model."""

    owner: int
    """Index of the text that this is a window of."""
    text: str
    tokens: tuple[int, ...]
    """Token ids of prompt and text, special tokens included."""


class Cutter:
    """Cuts texts into windows of at most ``limit`` tokens, each behind the same prompt."""

    def __init__(self, tokenizer: Tokenizer, limit: int, prompt: str = "") -> None:
        from tokenizers import Tokenizer

        self._prompt = prompt
        self._whole = Tokenizer.from_str(tokenizer.to_str())
        self._whole.no_padding()
        self._whole.enable_truncation(limit)
        self._windows = Tokenizer.from_str(self._whole.to_str())
        room = limit - len(self._whole.encode(prompt, add_special_tokens=False).ids)
        overlap = max(0, min(OVERLAP, room // 4))
        self._windows.enable_truncation(max(room, overlap + 8), stride=overlap)

    def cut(self, texts: Sequence[str]) -> list[Window]:
        """Return the windows of ``texts`` in order; most texts fit into one."""
        windows: list[Window] = []
        # Tokenizers refuse halves of surrogate pairs, which a shell may pass on.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        whole = self._whole.encode_batch([self._prompt + text for text in clean])
        for owner, (text, encoding) in enumerate(zip(clean, whole, strict=True)):
            if not encoding.overflowing:
                windows.append(Window(owner, text, tuple(encoding.ids)))
                continue
            first = self._windows.encode(text)
            pieces = [text[slice(*_span(part))] for part in (first, *first.overflowing)]
            again = self._whole.encode_batch([self._prompt + piece for piece in pieces])
            windows += [
                Window(owner, piece, tuple(part.ids))
                for piece, part in zip(pieces, again, strict=True)
            ]
        return windows


def pooled(vectors: Vectors, windows: Sequence[Window], texts: int) -> Vectors:
    """Return one unit vector a text, each window weighted by its tokens.

    Args:
        vectors: unit vectors of ``windows``, shape (len(windows), dimension).
        windows: the owner of each is the text that its row belongs to.
        texts: number of texts.
    """
    sums = np.zeros((texts, vectors.shape[1]), dtype=np.float32)
    weights = np.array([max(1, len(window.tokens)) for window in windows], dtype=np.float32)
    # A window without a single token has no vector: models answer with NaN.
    weighted = np.nan_to_num(vectors * weights[:, None])
    np.add.at(sums, np.array([window.owner for window in windows], dtype=np.int64), weighted)
    sums[~sums.any(axis=1), 0] = 1.0
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / lengths, dtype=np.float32)


def _span(window: Encoding) -> tuple[int, int]:
    """Return the first and last character of a window; special tokens have no place."""
    places = [
        place
        for place, special in zip(window.offsets, window.special_tokens_mask, strict=True)
        if not special
    ]
    return (places[0][0], places[-1][1]) if places else (0, 0)
