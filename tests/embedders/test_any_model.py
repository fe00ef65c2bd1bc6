"""Models of other makes than the default: their pooling, prompts and limits are kept.

The models are tiny and their weights random, made here with sentence-transformers itself. What
they say means nothing; that every backend says the same is what counts.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from explorer.embedders import lasting_name, open_embedder, openvino, openvino_export
from explorer.embedders.model_folder import find_model
from explorer.embedders.openvino import NotExportable, OpenVinoBackend, exported
from explorer.embedders.pytorch import PyTorchBackend, load
from explorer.embedders.sentence_transformer import SentenceTransformerEmbedder
from explorer.embedders.windows import pooled
from explorer.errors import EmbedderError
from explorer.papers.paper import Paper

pytestmark = pytest.mark.slow

LIMIT = 96
SHORT = ["Liver segmentation in CT scans", "x", "", "Clips from video diffusion: 3 seconds, β!"]


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Keep the graphs of throw-away models out of the user's cache."""
    before = os.environ.get("EXPLORER_CACHE")
    os.environ["EXPLORER_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["EXPLORER_CACHE"]
    else:
        os.environ["EXPLORER_CACHE"] = before


@pytest.fixture
def exporting_here(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Let exports run in this process, where PyTorch is loaded already; ten seconds less each."""

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        reason = io.StringIO()
        with contextlib.redirect_stderr(reason), warnings.catch_warnings(action="ignore"):
            code = openvino_export.main(command[3:])
        return subprocess.CompletedProcess(command, code, "", reason.getvalue())

    starting = SimpleNamespace(run=run)
    monkeypatch.setattr(openvino, "subprocess", starting)
    return starting


@pytest.fixture(scope="module")
def make_model(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper]
) -> Callable[..., Path]:
    """Return a maker of small models: ``kind``, ``pooling``, ``dense``, ``prompts``."""

    def make(
        kind: str = "bert",
        pooling: str = "mean",
        dense: int = 0,
        prompts: dict[str, str] | None = None,
        include_prompt: bool = True,
        marked: bool = True,
        seed: int = 0,
    ) -> Path:
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules import Dense, Transformer
        from sentence_transformers.sentence_transformer.modules import Pooling
        from tokenizers import BertWordPieceTokenizer
        from tokenizers.processors import BertProcessing
        from transformers import (
            BertConfig,
            BertModel,
            PreTrainedTokenizerFast,
            RobertaConfig,
            RobertaModel,
        )

        torch.manual_seed(seed)
        folder = tmp_path_factory.mktemp(f"{kind}-{pooling}")
        words = BertWordPieceTokenizer()
        words.train_from_iterator(
            [paper.text for paper in corpus], vocab_size=600, show_progress=False
        )
        if marked:
            ends = [(sign, words.token_to_id(sign)) for sign in ("[SEP]", "[CLS]")]
            words._tokenizer.post_processor = BertProcessing(*ends)
        special = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]"}
        words.save(str(folder / "words.json"))
        tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_file=str(folder / "words.json"),
            **special,
            unk_token="[UNK]",
            mask_token="[MASK]",
            model_max_length=LIMIT,
        )
        size: dict[str, Any] = {
            "vocab_size": 700,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
        }
        size |= {"intermediate_size": 64, "pad_token_id": tokenizer.pad_token_id}
        if kind == "bert":
            model: Any = BertModel(BertConfig(**size, max_position_embeddings=LIMIT))
        else:  # positions begin behind the padding's
            behind = LIMIT + int(tokenizer.pad_token_id) + 1
            model = RobertaModel(RobertaConfig(**size, max_position_embeddings=behind))
        model.save_pretrained(folder / "bare")
        tokenizer.save_pretrained(folder / "bare")
        reader = Transformer(str(folder / "bare"))
        modules = [reader, Pooling(32, pooling, include_prompt=include_prompt)]
        modules += [Dense(32, dense)] if dense else []
        whole = SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
        whole.save(str(folder / "model"))
        return Path(folder / "model")

    return make


def _long(corpus: list[Paper]) -> list[str]:
    return [" ".join(paper.text for paper in corpus[start : start + 6]) for start in (0, 6, 12)]


def _reference(path: Path, texts: list[str], *, query: bool) -> np.ndarray:
    model = load(find_model(str(path)))
    encode = model.encode_query if query else model.encode_document
    name = "query" if query else "passage"  # not taken by itself: "document" is there, but empty
    options: dict[str, Any] = {"prompt_name": name} if name in model.prompts else {}
    vectors = encode(texts, **options, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors)


KINDS: dict[str, dict[str, Any]] = {
    "mean, prompts": {"prompts": {"query": "find this: ", "passage": "a paper: "}},
    "first token, other positions": {"pooling": "cls", "kind": "roberta"},
    "largest, a dense layer": {"pooling": "max", "dense": 24},
}


@pytest.fixture(scope="module")
def prompted(make_model: Callable[..., Path]) -> Path:
    return make_model(**KINDS["mean, prompts"])


@pytest.fixture(scope="module")
def without_graph(make_model: Callable[..., Path]) -> Path:
    return make_model(prompts={"query": "find this: "}, include_prompt=False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("exporting_here")
def test_the_graph_gives_the_vectors_of_the_model(
    kind: str, make_model: Callable[..., Path], corpus: list[Paper]
) -> None:
    path = make_model(**KINDS[kind])
    embedder = open_embedder(str(path))
    OpenVinoBackend(find_model(str(path)))  # it does export: what is compared is not PyTorch
    texts = SHORT + [paper.title for paper in corpus]
    for query, vectors in (
        (False, embedder.embed(texts)),
        (True, embedder.embed_queries(texts)),
    ):
        expected = _reference(path, texts, query=query)
        assert vectors.shape == expected.shape == (len(texts), embedder.dimension)
        assert (vectors * expected).sum(axis=1).min() >= 0.9999


@pytest.mark.usefixtures("exporting_here")
def test_a_prompt_changes_the_vector_and_the_identity(prompted: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(prompted, tmp_path / "model"))
    settings = other / "config_sentence_transformers.json"
    changed = json.loads(settings.read_text()) | {"prompts": {"query": "", "document": ""}}
    settings.write_text(json.dumps(changed))
    first, second = open_embedder(str(prompted)), open_embedder(str(other))
    assert first.identity != second.identity
    # PyTorch serves the second here: one more graph would show nothing more.
    vectors = open_embedder(f"pytorch:{other}").embed(SHORT)
    assert (first.embed(SHORT) * vectors).sum(axis=1).min() < 0.999


def test_other_weights_are_another_identity(make_model: Callable[..., Path]) -> None:
    first, second = make_model(seed=1), make_model(seed=2)
    identities = {open_embedder(str(path)).identity.partition(" ")[2] for path in (first, second)}
    assert len(identities) == 2


@pytest.mark.usefixtures("exporting_here")
def test_pooling_that_leaves_out_the_prompt_is_left_to_pytorch(without_graph: Path) -> None:
    path = without_graph
    with pytest.raises(NotExportable, match="leaves out the prompt"):
        OpenVinoBackend(find_model(str(path)))
    expected = _reference(path, SHORT, query=True)
    vectors = open_embedder(str(path)).embed_queries(SHORT)
    assert (vectors * expected).sum(axis=1).min() >= 0.9999


def test_a_refused_export_is_not_tried_again(
    without_graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = find_model(str(without_graph))
    with pytest.raises(NotExportable, match="leaves out the prompt"):
        exported(folder)
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_k: pytest.fail("it is tried again"))
    with pytest.raises(NotExportable, match="leaves out the prompt"):
        exported(folder)


def test_an_export_that_was_killed_or_had_no_room_is_tried_again(
    prompted: Path,
    tmp_path: Path,
    exporting_here: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    folder = find_model(str(prompted))

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def short(*_arguments: object) -> None:
        with openvino_export._refusing():
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    codes = [-9]
    for failure in (full, short):
        with monkeypatch.context() as patch:
            patch.setattr(openvino_export, "export_graph", failure)
            codes.append(openvino_export.main(["graph", "model", "target", "8"]))
    for code in codes:
        with monkeypatch.context() as patch:
            ended = subprocess.CompletedProcess([], code, "", "")
            patch.setattr(exporting_here, "run", lambda *_a, _ended=ended, **_k: _ended)
            with pytest.raises(NotExportable):
                exported(folder)
    assert (exported(folder) / "model.xml").is_file()


@pytest.mark.usefixtures("exporting_here")
def test_a_model_of_word_vectors_works_though_it_has_no_graph(
    tmp_path: Path, corpus: list[Paper]
) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import BertWordPieceTokenizer

    words = BertWordPieceTokenizer()
    words.train_from_iterator([paper.text for paper in corpus], vocab_size=600, show_progress=False)
    static = StaticEmbedding(words._tokenizer, embedding_dim=16)
    SentenceTransformer(modules=[static], device="cpu").save(str(tmp_path / "static"))
    embedder = open_embedder(str(tmp_path / "static"))
    texts = [paper.text for paper in corpus]
    assert embedder.dimension == 16
    expected = _reference(tmp_path / "static", texts, query=False)
    assert (embedder.embed(texts) * expected).sum(axis=1).min() >= 0.9999


def test_a_long_text_is_pooled_from_overlapping_windows(
    prompted: Path, corpus: list[Paper]
) -> None:
    path = prompted
    embedder = open_embedder(str(path))
    texts = _long(corpus)
    assert min(embedder.windows(texts)) > 1
    assert embedder.windows(SHORT) == [1] * len(SHORT)

    backend = OpenVinoBackend(find_model(str(path)))
    windows = backend.cut(texts, query=False)
    assert max(len(window.tokens) for window in windows) <= LIMIT
    expected = pooled(
        _reference(path, [window.text for window in windows], query=False), windows, len(texts)
    )
    assert (embedder.embed(texts) * expected).sum(axis=1).min() >= 0.9999
    for owner, text in enumerate(texts):
        pieces = [window.text for window in windows if window.owner == owner]
        assert text.startswith(pieces[0])
        assert text.endswith(pieces[-1])
        for piece, following in pairwise(pieces):
            assert text.index(following) < text.index(piece) + len(piece), "no gap"


def test_both_backends_agree_on_long_texts(prompted: Path, corpus: list[Paper]) -> None:
    path = prompted
    texts = _long(corpus)
    graph, pytorch = open_embedder(str(path)), open_embedder(f"pytorch:{path}")
    assert graph.identity == pytorch.identity
    assert graph.windows(texts) == pytorch.windows(texts)
    assert (graph.embed(texts) * pytorch.embed(texts)).sum(axis=1).min() >= 0.9999


def test_half_precision_agrees_as_it_is_used_on_graphics_processors() -> None:
    folder = find_model("")
    half = SentenceTransformerEmbedder(folder, lambda f, _: PyTorchBackend(f, "cpu", half=True))
    expected = load(folder).encode(SHORT, normalize_embeddings=True, show_progress_bar=False)
    assert (half.embed(SHORT) * expected).sum(axis=1).min() >= 0.9999


def test_a_damaged_graph_is_exported_again(prompted: Path) -> None:
    before = open_embedder(str(prompted)).embed(SHORT)
    weights = exported(find_model(str(prompted))) / "model.bin"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    assert np.array_equal(open_embedder(str(prompted)).embed(SHORT), before)
    assert weights.read_bytes() != bytes(content)


def test_an_export_that_cannot_be_kept_leaves_the_model_to_pytorch(
    prompted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = prompted
    (tmp_path / "a file").write_text("not a folder")
    expected = open_embedder(str(path)).embed(SHORT)
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "a file" / "below"))
    vectors = open_embedder(str(path)).embed(SHORT)
    assert (vectors * expected).sum(axis=1).min() >= 0.9999


@pytest.mark.usefixtures("exporting_here")
def test_a_text_without_a_single_token_still_gets_a_unit_vector(
    make_model: Callable[..., Path],
) -> None:
    vectors = open_embedder(str(make_model(marked=False))).embed(["", "liver", " "])
    assert np.isfinite(vectors).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_int8_of_a_model_that_has_no_graph_says_so(without_graph: Path) -> None:
    path = without_graph
    with pytest.raises(EmbedderError, match="leaves out the prompt"):
        open_embedder(f"int8:{path}").embed(SHORT)


def test_a_path_means_the_same_from_any_folder(
    prompted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = prompted
    monkeypatch.chdir(path.parent)
    for prefix in ("", "int8:", "pytorch:"):
        assert lasting_name(f"{prefix}model") == f"{prefix}{path}"
    assert lasting_name("sentence-transformers/all-MiniLM-L6-v2").count("/") == 1


def test_nothing_of_a_query_needs_pytorch_once_the_graph_is_there(prompted: Path) -> None:
    path = prompted
    open_embedder(str(path)).embed_queries(SHORT)
    code = (
        "import json, sys; from explorer.embedders import open_embedder\n"
        f"open_embedder({str(path)!r}).embed_queries(['liver'])\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'openvino_telemetry'}\n"
        "print(json.dumps(sorted(m for m in heavy if sys.modules.get(m))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
