"""The default model's graph, made from its weights without PyTorch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.embedders import openvino, openvino_export
from explorer.embedders.model_folder import ModelFolder, find_model
from explorer.embedders.openvino import AGREEMENT, FACTS, GRAPH, REFUSED, exported, is_whole

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder() -> ModelFolder:
    return find_model("")


def test_the_graph_is_made_without_pytorch_and_agrees_with_the_reference(
    folder: ModelFolder, tmp_path: Path
) -> None:
    program = (
        "import sys; from explorer.embedders.openvino_export import main;"
        "code = main(sys.argv[1:]);"
        "print(code, 'torch' in sys.modules, 'transformers' in sys.modules)"
    )
    step = ("default", str(folder.path), str(tmp_path / "graph"), str(folder.token_limit))
    done = subprocess.run(
        [sys.executable, "-c", program, *step], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "False", "False"], done.stderr
    assert is_whole(tmp_path / "graph", GRAPH)
    agreement = json.loads((tmp_path / "graph" / FACTS).read_text("utf-8"))["agreement"]
    assert agreement["f32"] >= AGREEMENT


def test_a_graph_that_differs_from_the_reference_is_refused(
    folder: ModelFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.save(tmp_path / "other.npy", np.load(openvino_export.REFERENCE)[::-1])
    monkeypatch.setattr(openvino_export, "REFERENCE", tmp_path / "other.npy")
    step = ["default", str(folder.path), str(tmp_path / "graph"), str(folder.token_limit)]
    assert openvino_export.main(step) == REFUSED
    assert "vectors differ" in capsys.readouterr().err


def test_where_it_cannot_be_made_pytorch_exports_it(
    folder: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        steps.append(command[3])
        draft = Path(command[5])
        draft.mkdir()  # an attempt that failed halfway leaves files
        return subprocess.CompletedProcess(command, int(len(steps) == 1), "", "no such operation")

    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(openvino, "subprocess", SimpleNamespace(run=run))
    exported(folder)
    assert steps == ["default", "graph"]
