"""A library measures itself: plausible figures, nothing written, clear refusals."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.builds.build import BuildOptions, build
from explorer.cli import main
from explorer.embedders import open_embedder
from explorer.evaluation.self_evaluation import self_evaluate
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from tests.helpers.corpus import WriteDigest


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))


def _tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def test_every_figure_has_a_description(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _tree(hashing_library.folder)
    assert main(["evaluate", "--self", "--library", str(hashing_library.folder), "--json"]) == 0
    output: Any = json.loads(capsys.readouterr().out)
    figures = output["figures"]
    assert output["papers"] == 40
    assert figures["index recall@10"]["value"] == 1.0
    for name, figure in figures.items():
        assert figure["low"] <= figure["value"] <= figure["high"], name
        assert figure["means"], name
        if figure["unit"] != "ms" and "stability" not in name:
            assert 0.0 <= figure["value"] <= 1.0, name
    for mode in ("hybrid", "dense", "lexical"):
        of = [figures[f"title to abstract, {mode}, {name}"] for name in ("hit@1", "MRR", "hit@10")]
        assert of[0]["value"] <= of[1]["value"] <= of[2]["value"] + 0.1
    latency = [figures[f"search, p{share}"]["value"] for share in (50, 95, 99)]
    assert 0 < latency[0] <= latency[1] <= latency[2]
    assert _tree(hashing_library.folder) == before


def test_the_title_of_a_paper_searched_for_does_not_help_to_find_it(
    tmp_path: Path, write_digest: WriteDigest, corpus: list[Paper]
) -> None:
    # Titles whose words stand nowhere else: only who cheats finds these papers.
    names = [f"Zq{i}x wv{i}k jh{i}p" for i in range(len(corpus))]
    papers = [Paper(title=n, abstract=p.abstract) for n, p in zip(names, corpus, strict=True)]
    digest = write_digest(tmp_path / "2024-01-01.txt", papers)
    library = LibraryStore(tmp_path / "library")
    build(library, [digest], BuildOptions(model="hashing"))
    metrics = self_evaluate(library.open(), open_embedder("hashing"), tmp_path / "vectors")
    values = {metric.name: metric.figure.value for metric in metrics}
    assert values["title to abstract, lexical, MRR"] == 0.0
    assert values["title to abstract, hybrid, hit@1"] < 0.3


def test_a_scattered_map_is_less_trustworthy_than_a_drawn_one(
    hashing_library: LibraryStore, tmp_path: Path
) -> None:
    drawn = hashing_library.open()
    scattered = replace(drawn, positions=np.random.default_rng(1).permutation(drawn.positions))
    embedder = open_embedder("hashing")
    trust = [
        next(
            one.figure.value
            for one in self_evaluate(generation, embedder, tmp_path)
            if one.name == "map trustworthiness"
        )
        for generation in (drawn, scattered)
    ]
    assert trust[0] > trust[1] + 0.2


def test_an_evaluation_that_is_impossible_is_refused(
    tmp_path: Path,
    hashing_library: LibraryStore,
    write_digest: WriteDigest,
    corpus: list[Paper],
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = LibraryStore(tmp_path / "small")
    build(small, [write_digest(tmp_path / "d.txt", corpus[:12])], BuildOptions(model="hashing"))
    of = ["--library", str(hashing_library.folder)]
    for arguments, message in (
        (["--self", "--library", str(small.folder)], "Only 12 papers with title and abstract"),
        ([], "Give the folder of a collection, --self or --taste"),
        ([str(tmp_path), "--self", *of], "Give the folder of a collection, --self or --taste"),
        (["--self", "--model", "hashing", *of], "leave out --model"),
        ([str(tmp_path / "gone")], "there is no corpus.jsonl"),
    ):
        assert main(["evaluate", *arguments]) == 2
        assert message in capsys.readouterr().err
