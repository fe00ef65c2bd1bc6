"""Backend: the model as an OpenVINO graph, several times as fast on a CPU and free of PyTorch.

The graph is exported from the loaded sentence-transformers model once, by a process of its own
(``openvino_export.py``), and kept in the user's cache under the model's identity. It is used at
the precision at which its vectors agree with those of the model it came from.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from explorer.arrays import Vectors
from explorer.embedders.model_folder import ModelFolder
from explorer.embedders.windows import Cutter, Window
from explorer.errors import EmbedderError
from explorer.files import checksum

SCHEMA = 1
GRAPH = "model.xml"
INT8_GRAPH = "model-int8.xml"
FACTS = "facts.json"
AGREEMENT = 0.9999
"""Least cosine between a backend's vector and that of sentence-transformers in single precision."""
_INT8_GROUP = 128
"""Values that share one scale when activations are quantised on the fly."""
_NO_EXPORT = "refused.json"
REFUSED = 3
"""Exit code of an export that would fail again however often it is tried."""
_TOKEN_STEP = 16
"""Rows are padded to a multiple of this, at which the products of attention run faster."""


class NotExportable(EmbedderError):
    """The model has no graph that agrees with it; PyTorch serves it."""


class _Refused(NotExportable):
    """The same version of OpenVINO would refuse the model again."""


class OpenVinoBackend:
    """Encodes windows on the CPU with an exported graph.

    Raises:
        NotExportable: there is no graph of this model that agrees with it.
        EmbedderError: the model itself cannot be used.
    """

    batch_tokens = 768
    """Few, so that a batch fits into the processor's caches."""

    def __init__(self, folder: ModelFolder, *, int8: bool = False) -> None:
        from tokenizers import Tokenizer

        export = exported(folder, int8=int8)
        facts = json.loads((export / FACTS).read_text(encoding="utf-8"))
        self.dimension = int(facts["dimension"])
        self._padding = int(facts["padding"])
        self._limit = folder.token_limit
        tokenizer = Tokenizer.from_file(str(export / "tokenizer.json"))
        self._cutters = {
            False: Cutter(tokenizer, folder.token_limit, facts["prompts"]["document"]),
            True: Cutter(tokenizer, folder.token_limit, facts["prompts"]["query"]),
        }
        precision = best_precision(facts["agreement"])
        if precision is None:
            raise NotExportable(f"{folder.name}: its graph does not agree with it on this machine.")
        self._compiled = compiled(export / (INT8_GRAPH if int8 else GRAPH), precision, int8=int8)

    def cut(self, texts: list[str], *, query: bool) -> list[Window]:
        """Return the windows of ``texts``."""
        return self._cutters[query].cut(texts)

    def encode(
        self,
        batches: Iterator[list[Window]],
        *,
        query: bool,  # noqa: ARG002  the prompt is in the window's tokens already
    ) -> Iterator[tuple[list[Window], Vectors]]:
        """Yield each batch with its unit vectors; the next is cut while one is computed."""
        # Requests belong to one call, so that several threads may encode at once.
        streams = self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        idle = [self._compiled.create_infer_request() for _ in range(2 * streams)]
        running: deque[tuple[list[Window], Any]] = deque()

        def finished() -> tuple[list[Window], Vectors]:
            windows, request = running.popleft()
            request.wait()
            idle.append(request)
            return windows, np.array(request.get_output_tensor(0).data, dtype=np.float32)

        for windows in batches:
            request = idle.pop()
            request.start_async(
                padded([window.tokens for window in windows], self._padding, self._limit)
            )
            running.append((windows, request))
            if not idle:
                yield finished()
        while running:
            yield finished()


def padded(rows: list[tuple[int, ...]], padding: int, limit: int) -> dict[str, NDArray[np.int64]]:
    """Return token ids and attention mask, both of shape (len(rows), at most ``limit``)."""
    longest = max(map(len, rows))
    shape = (len(rows), max(longest, min(limit, -(-longest // _TOKEN_STEP) * _TOKEN_STEP)))
    ids = np.full(shape, padding, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return {"input_ids": ids, "attention_mask": mask}


def openvino() -> ModuleType:
    """Return the OpenVINO module, its telemetry left out.

    Importing OpenVINO reports its use to its makers over the network unless the package that does
    so is missing; here nothing leaves the machine.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        return import_module("openvino")
    except ImportError as error:
        raise NotExportable(f"OpenVINO cannot be imported ({error}).") from None


def precisions() -> tuple[str, ...]:
    """Return the precisions that this processor computes in, the fastest first."""
    capabilities = openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("bf16", "f32") if "BF16" in capabilities else ("f32",)


def best_precision(agreement: dict[str, float]) -> str | None:
    """Return the fastest precision at which the graph agrees with its model."""
    agreeing = (name for name in precisions() if agreement.get(name, 0.0) >= AGREEMENT)
    return next(agreeing, None)


def compiled(graph: Path, precision: str, *, int8: bool = False) -> Any:
    """Return ``graph`` compiled for the CPU."""
    options = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "THROUGHPUT"}
    if int8:
        options["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = str(_INT8_GROUP)
    return openvino().Core().compile_model(graph, "CPU", options)


def exported(folder: ModelFolder, *, int8: bool = False) -> Path:
    """Return the folder with the graph of a model, exporting it if that has not been done yet.

    Raises:
        NotExportable: it does not export, or its graph does not agree with it.
    """
    key = hashlib.sha256(f"{SCHEMA} {folder.identity}".encode()).hexdigest()[:12]
    slug = re.sub(r"[^A-Za-z0-9]+", "-", folder.name).strip("-")[:60]
    target = cache_folder() / "openvino" / f"{slug}-{key}"
    if is_whole(target, INT8_GRAPH if int8 else GRAPH):
        return target
    version = openvino().__version__
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f"{target.name}.lock")):
            if not is_whole(target, GRAPH):
                _export(folder, target, version)
            if int8 and not is_whole(target, INT8_GRAPH):
                _run("int8", target)
    except OSError as error:
        raise NotExportable(f"{target.parent}: the graph cannot be kept ({error}).") from None
    return target


def cache_folder() -> Path:
    """Return the folder of exported graphs: ``EXPLORER_CACHE`` or the user's own cache folder."""
    from platformdirs import user_cache_path

    named = os.environ.get("EXPLORER_CACHE")
    return Path(named) if named else user_cache_path("literature-explorer")


def is_whole(export: Path, graph: str) -> bool:
    """Return whether an exported graph is complete, every file as it was written."""
    try:
        sums = json.loads((export / FACTS).read_text(encoding="utf-8"))["files"]
        names = ("tokenizer.json", graph, Path(graph).with_suffix(".bin").name)
        return all(sums[name] == checksum(export / name) for name in names)
    except (OSError, ValueError, KeyError):
        return False


def _export(folder: ModelFolder, target: Path, version: str) -> None:
    """Write the graph; a model that this version of OpenVINO refused is not tried again."""
    refused = target.with_name(f"{target.name}.{_NO_EXPORT}")
    if refused.exists() and _refusal(refused)["openvino"] == version:
        raise NotExportable(_refusal(refused)["reason"])
    draft = target.with_name(f"{target.name}.draft")
    try:
        _export_to(draft, folder)
    except NotExportable as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, _Refused):
            refused.write_text(json.dumps({"openvino": version, "reason": str(error)}), "utf-8")
        raise
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def _export_to(draft: Path, folder: ModelFolder) -> None:
    """Write the graph to ``draft``: that of the default model in seconds, without PyTorch."""
    shutil.rmtree(draft, ignore_errors=True)
    if folder.published:
        try:
            _run("default", folder.path, draft, folder.token_limit)
            return
        except NotExportable:
            shutil.rmtree(draft, ignore_errors=True)
    _run("graph", folder.path, draft, folder.token_limit)


def _run(step: str, *arguments: object) -> None:
    """Export in a process of its own, so that PyTorch never enters this one."""
    command = [sys.executable, "-m", "explorer.embedders.openvino_export", step]
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it ended without a message"])[-1]
        message = f"no OpenVINO graph of this model: {reason}"
        raise _Refused(message) if done.returncode == REFUSED else NotExportable(message)


def _refusal(path: Path) -> dict[str, str]:
    try:
        return {"openvino": "", "reason": "", **json.loads(path.read_text(encoding="utf-8"))}
    except (OSError, ValueError):
        return {"openvino": "", "reason": ""}
