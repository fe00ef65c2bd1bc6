"""Any sentence-transformers model (Reimers and Gurevych 2019, arXiv:1908.10084).

On a CPU the model runs as an OpenVINO graph; PyTorch serves graphics processors and models that
do not export. Both give the same vectors within a cosine of 0.9999, so they share an identity.
The 8-bit variant does not, and has its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np

from explorer.arrays import Vectors
from explorer.embedders.model_folder import ModelFolder, find_model
from explorer.embedders.openvino import NotExportable, OpenVinoBackend
from explorer.embedders.pytorch import PyTorchBackend, accelerator
from explorer.embedders.windows import Window, pooled

_CHUNK = 64
"""Texts cut at once; their windows are computed in the order of their tokens."""


class Backend(Protocol):
    """Runs a loaded model on windows of texts."""

    dimension: int
    batch_tokens: int
    """Tokens to compute at once, padding included."""

    def cut(self, texts: list[str], *, query: bool) -> list[Window]:
        """Return the windows of ``texts``, in order."""

    def encode(
        self, batches: Iterator[list[Window]], *, query: bool
    ) -> Iterator[tuple[list[Window], Vectors]]:
        """Yield each batch with its unit vectors, in order."""


Load = Callable[[ModelFolder, str], Backend]
"""Makes a backend for a model on a device: "cpu", "cuda" or "mps"."""


class SentenceTransformerEmbedder:
    """A sentence-transformers model in a local folder."""

    def __init__(self, folder: ModelFolder, load: Load, variant: str = "") -> None:
        self._folder = folder
        self._load = load
        self._variant = variant
        self._loaded: dict[str, Backend] = {}
        self._loading = threading.Lock()

    @property
    def identity(self) -> str:
        return self._folder.identity + self._variant

    @cached_property
    def dimension(self) -> int:
        return self._folder.dimension or self._backend(query=True).dimension

    def windows(self, texts: Sequence[str]) -> list[int]:
        counts = [0] * len(texts)
        for window in self._backend(query=False).cut(list(texts), query=False):
            counts[window.owner] += 1
        return counts

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, query=False)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, query=True)

    def _encode(self, texts: Sequence[str], *, query: bool) -> Vectors:
        backend = self._backend(query=query)
        windows: list[Window] = []
        vectors = [np.empty((0, self.dimension), dtype=np.float32)]
        for batch, encoded in backend.encode(_batches(backend, texts, query=query), query=query):
            windows += batch
            vectors.append(encoded)
        return pooled(np.concatenate(vectors), windows, len(texts))

    def _backend(self, *, query: bool) -> Backend:
        with self._loading:
            # A query is too short to be worth the seconds that importing PyTorch takes.
            device = "cpu" if query else accelerator()
            if device not in self._loaded:
                self._loaded[device] = self._load(self._folder, device)
            return self._loaded[device]


def _batches(backend: Backend, texts: Sequence[str], *, query: bool) -> Iterator[list[Window]]:
    """Yield windows in batches of like length, so that little is wasted on padding."""
    for start in range(0, len(texts), _CHUNK):
        cut = backend.cut(list(texts[start : start + _CHUNK]), query=query)
        windows = [replace(window, owner=start + window.owner) for window in cut]
        windows.sort(key=lambda window: len(window.tokens))
        batch: list[Window] = []
        for window in windows:  # each is as long as those before it or longer
            if batch and (len(batch) + 1) * len(window.tokens) > backend.batch_tokens:
                yield batch
                batch = []
            batch.append(window)
        if batch:
            yield batch


def open_embedder(model: str) -> SentenceTransformerEmbedder:
    """Return the embedder for a sentence-transformers model, by name or path.

    Raises:
        EmbedderError: the model is not on this machine and cannot be fetched.
    """
    return SentenceTransformerEmbedder(find_model(model), fastest_backend)


def open_int8(model: str) -> SentenceTransformerEmbedder:
    """Return the 8-bit variant: faster on a CPU, at a loss that ``docs/benchmarks.md`` states."""
    return SentenceTransformerEmbedder(
        find_model(model), lambda folder, _: OpenVinoBackend(folder, int8=True), " int8"
    )


def open_pytorch(model: str) -> SentenceTransformerEmbedder:
    """Return the embedder that runs on PyTorch whatever the machine."""
    return SentenceTransformerEmbedder(find_model(model), PyTorchBackend)


def fastest_backend(folder: ModelFolder, device: str) -> Backend:
    """Return the backend that runs a model fastest on a device."""
    if device != "cpu":
        return PyTorchBackend(folder, device)
    try:
        return OpenVinoBackend(folder)
    except NotExportable as error:
        logging.getLogger(__name__).info("PyTorch serves %s: %s", folder.name, error)
        return PyTorchBackend(folder)
