"""Export of a sentence-transformers model to an OpenVINO graph; runs as a process of its own.

``graph MODEL TARGET TOKENS`` writes the graph (pooling and normalisation inside), the tokenizer
and the prompts, and compares the graph's vectors with the model's own at each precision.
``default MODEL TARGET TOKENS`` does so for the default model in a tenth of the time: it makes the
graph from the weights, without PyTorch, and compares with vectors that sentence-transformers made
once (``reference TARGET`` made them).
``int8 TARGET`` adds a graph with 8-bit weights. If a step fails, the last line on standard error is
the reason, and the exit code is REFUSED if it lies with the model, or another one if the step may
succeed later, as on a disk that was full.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.arrays import Vectors
from explorer.embedders.bert_graph import bert_graph
from explorer.embedders.model_folder import ModelFolder, find_model
from explorer.embedders.openvino import (
    AGREEMENT,
    FACTS,
    GRAPH,
    INT8_GRAPH,
    REFUSED,
    compiled,
    openvino,
    padded,
    precisions,
)
from explorer.embedders.pytorch import fast_tokenizer, load, prompt
from explorer.embedders.windows import Cutter, Window
from explorer.errors import installing
from explorer.files import checksum

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

_PROBES = (
    "x",
    "Liver segmentation in CT scans",
    "We train a latent diffusion transformer on clips without captions; motion stays smooth.",
    "Über β-Faltblätter: \U0001f600 H₂O, 日本語の要旨, and ﬁgures (p < 0.05; n = 1,204).",
)
_REPEATS = (1, 4, 12, 60)
REFERENCE = Path(__file__).with_name("default_model_vectors.npy")
"""Vectors of the probes by sentence-transformers with the default model, shape (windows, 384)."""


class Refused(ValueError):
    """The model is of a kind that has no such graph, or the graph differs from it."""


def export_graph(source: Path, target: Path, token_limit: int) -> None:
    """Write the graph of the model in ``source`` to ``target``.

    Raises:
        Refused: there can be no such graph.
    """
    import torch

    ov = openvino()
    folder = ModelFolder(source.name, source)
    if folder.token_limit != token_limit:
        raise Refused(f"the token limit is {folder.token_limit}, not {token_limit}")
    model = load(folder).eval()
    tokenizer = fast_tokenizer(model)
    if tokenizer is None:
        raise Refused("the model has no fast tokenizer")
    if any(not getattr(module, "include_prompt", True) for module in model):
        raise Refused("the model's pooling leaves out the prompt")
    named = model.preprocess(["probe"])
    if not {"input_ids", "attention_mask"} <= {*named}:
        raise Refused(f"the model's inputs are {', '.join(named)}")
    with _refusing():
        graph = ov.convert_model(
            _Whole(model, "token_type_ids" in named),
            example_input={
                "input_ids": torch.randint(5, 100, (2, 16)),
                "attention_mask": torch.ones((2, 16), dtype=torch.long),
            },
        )
    target.mkdir(parents=True)
    ov.save_model(graph, target / GRAPH, compress_to_fp16=False)
    tokenizer.save(str(target / "tokenizer.json"))
    facts: dict[str, Any] = {
        "dimension": int(model.get_embedding_dimension() or 0),
        "padding": int(model.tokenizer.pad_token_id or 0),
        "prompts": {
            "document": prompt(model, query=False),
            "query": prompt(model, query=True),
        },
    }
    windows = _probe_windows(tokenizer, token_limit, facts["prompts"]["document"])
    _finish(target, facts, windows, _own_vectors(model, windows), token_limit)


def export_default(source: Path, target: Path, token_limit: int) -> None:
    """Write the graph of the default model, whose weights are in ``source``, to ``target``.

    Raises:
        Refused: its vectors differ from those of sentence-transformers.
    """
    from tokenizers import Tokenizer

    ov = openvino()
    expected = np.load(REFERENCE)
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    target.mkdir(parents=True)
    ov.save_model(bert_graph(source), target / GRAPH, compress_to_fp16=False)
    tokenizer.save(str(target / "tokenizer.json"))
    facts: dict[str, Any] = {
        "dimension": expected.shape[1],
        "padding": tokenizer.token_to_id("[PAD]"),
        "prompts": {"document": "", "query": ""},
    }
    windows = _probe_windows(tokenizer, token_limit, "")
    if len(windows) != len(expected):
        raise Refused(f"the probes have {len(windows)} windows, not {len(expected)}")
    _finish(target, facts, windows, expected, token_limit)


def write_reference(target: Path) -> None:
    """Write the vectors of the probes by sentence-transformers with the default model."""
    folder = find_model("")
    folder.check()
    model = load(folder).eval()
    tokenizer = fast_tokenizer(model)
    assert tokenizer is not None
    windows = _probe_windows(tokenizer, folder.token_limit, "")
    np.save(target, _own_vectors(model, windows).astype(np.float32))


def _finish(
    target: Path, facts: dict[str, Any], windows: list[Window], expected: Vectors, limit: int
) -> None:
    """Compare the graph in ``target`` with vectors of the windows, and add the facts to it."""
    with _refusing():
        facts["agreement"] = _agreement(windows, expected, target / GRAPH, limit, facts["padding"])
    if max(facts["agreement"].values()) < AGREEMENT:
        raise Refused(f"the graph's vectors differ from the model's: {facts['agreement']}")
    _write(target, facts, ("tokenizer.json", GRAPH))


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Raise errors of PyTorch and OpenVINO as :class:`Refused`, unless the machine had no room."""
    try:
        yield
    except (MemoryError, OSError):
        raise
    except Exception as error:
        # Neither library has a class of its own for a lack of memory.
        if "memory" in str(error).lower():
            raise
        raise Refused(f"{type(error).__name__}: {error}") from error


def export_int8(target: Path) -> None:
    """Add a graph with 8-bit weights; activations are quantised while it runs.

    Raises:
        ImportError: the ``int8`` extra is not installed.
    """
    ov = openvino()
    import nncf

    graph = ov.Core().read_model(target / GRAPH)
    with contextlib.redirect_stdout(io.StringIO()):
        small = nncf.compress_weights(graph, mode=nncf.CompressWeightsMode.INT8_SYM)
    ov.save_model(small, target / INT8_GRAPH, compress_to_fp16=False)
    facts = json.loads((target / FACTS).read_text(encoding="utf-8"))
    _write(target, facts, (*facts["files"], INT8_GRAPH))


def _Whole(model: SentenceTransformer, token_types: bool) -> Any:  # noqa: N802  makes a module
    """Return a module that takes ids and mask and gives unit vectors, as ``encode`` does."""
    import torch

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            if token_types:
                features["token_type_ids"] = torch.zeros_like(input_ids)
            vectors: torch.Tensor = self.model(features)["sentence_embedding"]
            return torch.nn.functional.normalize(vectors, p=2, dim=1)

    return Whole()


def _probe_windows(tokenizer: Tokenizer, limit: int, prompted: str) -> list[Window]:
    texts = [" ".join([text] * times) for times in _REPEATS for text in _PROBES]
    return Cutter(tokenizer, limit, prompted).cut(texts)


def _own_vectors(model: SentenceTransformer, windows: list[Window]) -> Vectors:
    """Return unit vectors of the windows by the model itself, as a document's."""
    vectors = model.encode_document(
        [window.text for window in windows],
        prompt=prompt(model, query=False),
        normalize_embeddings=True,
        show_progress_bar=False,
    )
    return np.asarray(vectors)


def _agreement(
    windows: list[Window], expected: Vectors, graph: Path, limit: int, padding: int
) -> dict[str, float]:
    """Return, by precision, the least cosine between the graph's vectors and the expected."""
    inputs = [padded([window.tokens], padding, limit) for window in windows]
    agreement = {}
    for precision in precisions():
        run = compiled(graph, precision)
        vectors = np.concatenate([run(tokens)[0] for tokens in inputs])
        agreement[precision] = round(float(np.min((vectors * expected).sum(axis=1))), 6)
    return agreement


def _write(target: Path, facts: dict[str, Any], files: tuple[str, ...]) -> None:
    names = {*files} | {Path(name).with_suffix(".bin").name for name in files if ".xml" in name}
    facts["files"] = {name: checksum(target / name) for name in sorted(names)}
    (target / FACTS).write_text(json.dumps(facts, indent=2), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run one step and return its exit code; the last line on standard error is the reason."""
    try:
        match arguments:
            case ["graph", source, target, tokens]:
                export_graph(Path(source), Path(target), int(tokens))
            case ["default", source, target, tokens]:
                export_default(Path(source), Path(target), int(tokens))
            case ["reference", target]:
                write_reference(Path(target))
            case ["int8", target]:
                export_int8(Path(target))
            case _:
                raise ValueError(f"unknown step {arguments}")
    except ImportError as error:
        print(f"{error.name} is missing: {installing('int8')}", file=sys.stderr)
        return 1
    except Refused as error:
        print(" ".join(str(error).split())[:300], file=sys.stderr)
        return REFUSED
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        print(f"{type(error).__name__}: {text}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
