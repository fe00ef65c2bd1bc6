"""Scenes in the browser's JavaScript, compared with those of the server."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deno
import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.library.generation import Generation
from explorer.map.colouring import ColourBy
from explorer.map.highlights import Highlights
from explorer.map.html_export import library_message
from explorer.map.sampling import Viewport
from explorer.map.scene import (
    SceneRequest,
    corners,
    detail_of,
    home_view,
    sampling_settings,
    scene,
    unpacked,
)

_SCRIPT = Path(__file__).parent / "browser" / "print_scenes.js"
_MATCHES = tuple(range(7, 4_000, 97))
_PART = (0.1, 0.9)
_CLOSE = (0.3, 0.5)


@dataclass(frozen=True, slots=True)
class _Case:
    part: tuple[float, float] | None = None
    """Where the view begins and ends, as shares of the whole map; None for the whole map."""
    by: ColourBy = ColourBy.TOPIC
    safe: bool = False
    span: tuple[int, int] | None = None
    matches: tuple[int, ...] = ()
    """Rows of papers that match a search."""

    def request(self, generation: Generation) -> SceneRequest:
        if self.part is None:
            return SceneRequest(None, self.by, self.safe, self.span)
        home, (low, high) = home_view(generation), self.part
        width, height = home.right - home.left, home.top - home.bottom
        left, bottom, right, top = (
            home.left + low * width,
            home.bottom + low * height,
            home.left + high * width,
            home.bottom + high * height,
        )
        rounded = (float(f"{value:.7g}") for value in (left, bottom, right, top))
        return SceneRequest(Viewport(*rounded), self.by, self.safe, self.span)


_CASES = {
    "whole map": _Case(),
    "part, by year": _Case(_PART, ColourBy.YEAR),
    "few papers": _Case(_CLOSE),
    "colour-blind safe": _Case(by=ColourBy.NOVELTY, safe=True),
    "two periods": _Case(span=(0, 1)),
    "search results": _Case(matches=_MATCHES),
    "search results of two periods": _Case(_PART, span=(3, 4), matches=_MATCHES),
}


@dataclass(frozen=True, slots=True)
class _Scenes:
    """One scene in three ways."""

    header: dict[str, Any]
    """As the server packs it: header and arrays."""
    arrays: dict[str, NDArray[Any]]
    exported: dict[str, Any]
    """As an exported map makes it."""
    decoded: dict[str, Any]
    """As the page decodes it."""


@pytest.fixture(scope="module")
def scenes(crowd: Generation) -> dict[str, _Scenes]:
    """The scenes of all cases."""
    index = np.empty(crowd.size, dtype=np.int64)
    index[detail_of(crowd).order] = np.arange(crowd.size)
    requests = {name: case.request(crowd) for name, case in _CASES.items()}
    packed = [
        scene(crowd, request, Highlights(focus=_CASES[name].matches))
        for name, request in requests.items()
    ]
    sent = [
        (
            {
                "view": corners(request.view) if request.view else None,
                "colourBy": request.by,
                "safe": request.safe,
                "span": request.span,
            },
            index[list(_CASES[name].matches)].tolist() or None,
        )
        for name, request in requests.items()
    ]
    message = {
        "library": base64.b64encode(library_message(crowd, None)).decode(),
        "requests": sent,
        "scenes": [base64.b64encode(each).decode() for each in packed],
    }
    command = [deno.find_deno_bin(), "run", "--quiet", "--no-check", str(_SCRIPT)]
    run = subprocess.run(
        command, input=json.dumps(message), capture_output=True, check=True, text=True
    )
    printed = json.loads(run.stdout)
    return {
        name: _Scenes(*unpacked(own), exported, decoded)
        for name, own, exported, decoded in zip(
            _CASES, packed, printed["made"], printed["decoded"], strict=True
        )
    }


@pytest.mark.parametrize("case", _CASES)
def test_an_exported_map_draws_the_papers_that_the_page_draws(
    crowd: Generation, scenes: dict[str, _Scenes], case: str
) -> None:
    header, arrays, exported = scenes[case].header, scenes[case].arrays, scenes[case].exported
    assert exported["papersInView"] == header["papersInView"] > 0
    assert exported["complete"] is header["complete"] is (case == "few papers")
    assert exported["extent"] == pytest.approx(header["extent"], abs=1e-4)
    assert detail_of(crowd).order[exported["row"]].tolist() == arrays["row"].tolist()
    for name in ("colour", "year", "period"):
        assert exported[name] == arrays[name].tolist(), name
    assert exported["titles"] == header["titles"].split("\n")
    for name in ("palette", "periods", "papersPerPeriod", "home", "view"):
        assert exported[name] == header[name], name


@pytest.mark.parametrize("case", _CASES)
def test_an_exported_map_has_the_density_of_the_page(scenes: dict[str, _Scenes], case: str) -> None:
    header, arrays, exported = scenes[case].header, scenes[case].arrays, scenes[case].exported
    assert (exported["density"] is None) is (header["density"] is None) is (case == "few papers")
    if header["density"] is None:
        return
    assert exported["density"]["columns"] == header["density"]["columns"]
    assert exported["density"]["rows"] == header["density"]["rows"]
    opacity = np.array(exported["cellOpacity"])
    assert np.abs(opacity - arrays["cellOpacity"]).max() <= 1
    assert ((opacity > 0) == (arrays["cellOpacity"] > 0)).all()
    assert opacity.max() == sampling_settings()["maxOpacity"]
    assert exported["cellColour"] == arrays["cellColour"].tolist()


@pytest.mark.parametrize("case", _CASES)
def test_the_page_decodes_a_scene(crowd: Generation, scenes: dict[str, _Scenes], case: str) -> None:
    header, arrays, decoded = scenes[case].header, scenes[case].arrays, scenes[case].decoded
    left, _, right, _ = header["extent"]
    positions = np.stack([decoded["x"], decoded["y"]], axis=1)
    exact = crowd.positions[arrays["row"]]
    assert np.abs(positions - exact).max() < (right - left) / 30_000
    assert decoded["count"] == len(arrays["row"])
    for name in set(arrays) - {"x", "y"}:
        assert decoded[name] == arrays[name].tolist(), name
    for name in set(header) - {"titles", "arrays"}:
        assert decoded[name] == header[name], name
    assert decoded["titles"] == header["titles"].split("\n")
    assert decoded["request"]["colourBy"] == _CASES[case].by
    span = _CASES[case].span
    assert decoded["request"]["span"] == (None if span is None else list(span))
