"""Backend: sentence-transformers on PyTorch, for GPUs and for models that do not export."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from explorer.arrays import Vectors
from explorer.embedders.model_folder import OFFLINE_HINT, ModelFolder
from explorer.embedders.windows import Cutter, Window
from explorer.errors import EmbedderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer


class PyTorchBackend:
    """Encodes windows with the model as sentence-transformers loads it."""

    batch_tokens = 16_384

    def __init__(self, folder: ModelFolder, device: str = "cpu", half: bool | None = None) -> None:
        self._model = load(folder, device)
        if device != "cpu" if half is None else half:
            self._model.half()
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        tokenizer = fast_tokenizer(self._model)
        self._cutters = {
            query: None
            if tokenizer is None
            else Cutter(tokenizer, folder.token_limit, prompt(self._model, query=query))
            for query in (False, True)
        }

    def cut(self, texts: list[str], *, query: bool) -> list[Window]:
        """Return the windows of ``texts``; without a fast tokenizer each is its own."""
        cutter = self._cutters[query]
        if cutter is None:
            return [Window(owner, text, (0,)) for owner, text in enumerate(texts)]
        return cutter.cut(texts)

    def encode(
        self, batches: Iterator[list[Window]], *, query: bool
    ) -> Iterator[tuple[list[Window], Vectors]]:
        """Yield each batch with its unit vectors."""
        encode = self._model.encode_query if query else self._model.encode_document
        prompted = prompt(self._model, query=query)
        for windows in batches:
            vectors = encode(
                [window.text for window in windows],
                prompt=prompted,
                batch_size=len(windows),
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
            yield windows, np.asarray(vectors, dtype=np.float32).reshape(len(windows), -1)


def load(folder: ModelFolder, device: str = "cpu") -> SentenceTransformer:
    """Return the model in ``folder``, its token limit set to that of its architecture.

    Raises:
        EmbedderError: it is altered, or no such model.
    """
    folder.check()  # altered weights must not be used, not even once
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(str(folder.path), device=device, local_files_only=True)
    except Exception as error:
        raise EmbedderError(
            f"{folder.path}: cannot be loaded as a sentence-transformers model "
            f"({type(error).__name__}: {error}). {OFFLINE_HINT}"
        ) from error
    if fast_tokenizer(model) is not None:
        model.max_seq_length = folder.token_limit
    return model


def fast_tokenizer(model: SentenceTransformer) -> Tokenizer | None:
    """Return the model's tokenizer if it is one of the ``tokenizers`` library."""
    return getattr(model.tokenizer, "backend_tokenizer", None)


def prompt(model: SentenceTransformer, *, query: bool) -> str:
    """Return the model's prompt for queries, or for documents; empty if there is none.

    An empty prompt of one name does not hide that of another: models that call it "passage" get
    an empty "document" prompt besides when they are loaded.
    """
    names = ("query",) if query else ("document", "passage", "corpus")
    named = [model.prompts.get(name) for name in (*names, model.default_prompt_name or "")]
    return str(next((text for text in named if text), ""))


def accelerator() -> str:
    """Return "cuda" or "mps" if PyTorch can compute there, else "cpu".

    PyTorch is imported only if there is a driver, because importing it takes seconds.
    """
    import platform
    from pathlib import Path

    nvidia = Path("/proc/driver/nvidia/version").exists() or Path("/dev/dxg").exists()
    nvidia = nvidia or os.environ.get("CUDA_PATH") is not None
    apple = (platform.system(), platform.machine()) == ("Darwin", "arm64")
    if not (nvidia or apple):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
