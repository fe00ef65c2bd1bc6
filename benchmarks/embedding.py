"""Encoding speed and faithfulness: ``python -m benchmarks embedding [DIGEST_OR_FOLDER ...]``.

Paired in one run, round by round, on the same texts at the same token limit: sentence-transformers
on PyTorch in single precision (the reference), this project's default, and its 8-bit variant.
``times the reference`` is the median over rounds of the ratio within a round, so it is not quite
the ratio of the papers a second, which are medians themselves. ``share of the peak`` is of the
machine's measured matrix-product peak at the precision named below. Products of 8-bit numbers have
a higher peak than that, so ``int8`` can reach more than all of it.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.material import DIGESTS, papers_of
from explorer.embedders import open_embedder
from explorer.embedders.model_folder import find_model
from explorer.embedders.openvino import openvino, precisions
from explorer.embedders.pytorch import load

_ROUNDS = 3
_TEXTS = 256
_BATCH = 32

Encode = Callable[[list[str]], NDArray[np.float32]]


def measure(arguments: list[str]) -> dict[str, object]:
    """Return papers a second, ratios and cosines of each way to embed the digests' papers."""
    digests = [Path(argument) for argument in arguments] or [DIGESTS]
    folder = find_model("")
    texts = _whole_texts(digests)
    reference = load(folder)
    ways: dict[str, Encode] = {
        "sentence-transformers, PyTorch fp32": lambda texts: reference.encode(
            texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        ),
        "default": open_embedder().embed,
        "int8": open_embedder("int8").embed,
    }
    tokens = [min(len(row), folder.token_limit) for row in reference.tokenizer(texts)["input_ids"]]
    vectors = {name: encode(texts) for name, encode in ways.items()}  # warms up, too
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    peaks = []
    for _ in range(_ROUNDS):
        for name, encode in ways.items():
            begin = time.perf_counter()
            encode(texts)
            seconds[name].append(time.perf_counter() - begin)
        peaks.append(matrix_peak())
    (baseline, exact), *_ = vectors.items()
    flops = sum(_flops(folder.path, count) for count in tokens)
    peak = statistics.median(peaks)
    return {
        "texts": len(texts),
        "mean tokens": round(statistics.mean(tokens), 1),
        "precision": precisions()[0],
        "matrix-product peak, GFLOP/s": round(peak / 1e9),
        "ways": {
            name: {
                "papers/s": round(len(texts) / statistics.median(spent), 1),
                "times the reference": round(
                    statistics.median(
                        slow / fast for slow, fast in zip(seconds[baseline], spent, strict=True)
                    ),
                    2,
                ),
                "share of the peak": round(flops / statistics.median(spent) / peak, 3),
                "least cosine to the reference": round(
                    float((vectors[name] * exact).sum(axis=1).min()), 6
                ),
            }
            for name, spent in seconds.items()
        },
    }


def _whole_texts(digests: list[Path]) -> list[str]:
    """Return as many texts of one window as are measured, repeated if there are too few."""
    texts = [paper.text for paper in papers_of(digests)]
    counts = open_embedder().windows(texts)
    whole = [text for text, count in zip(texts, counts, strict=True) if count == 1]
    return list(islice(cycle(whole), _TEXTS))


def matrix_peak(size: int = 2048, times: int = 8) -> float:
    """Return FLOP/s of a product of two square matrices at the fastest precision."""
    ov = openvino()
    left = ov.opset13.parameter([size, size], np.float32)
    weights = ov.opset13.constant(np.random.default_rng(0).random((size, size), dtype=np.float32))
    graph = ov.Model([ov.opset13.matmul(left, weights, False, True)], [left])
    compiled = ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": precisions()[0]})
    values = np.random.default_rng(1).random((size, size), dtype=np.float32)
    request = compiled.create_infer_request()
    request.infer([values])
    best = float("inf")
    for _ in range(times):
        begin = time.perf_counter()
        request.infer([values])
        best = min(best, time.perf_counter() - begin)
    return 2 * size**3 / best


def _flops(model: Path, tokens: int) -> float:
    """Return the floating-point operations of the matrix products for a text of so many tokens."""
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    width, inner = config["hidden_size"], config["intermediate_size"]
    a_token = 2 * (4 * width * width + 2 * width * inner)
    attention = 4 * tokens * tokens * width
    return float(config["num_hidden_layers"] * (tokens * a_token + attention))
