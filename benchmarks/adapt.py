"""An encoder of one's own field: ``python -m benchmarks adapt BEIR_FOLDER ...``.

The default model is trained on the papers of each judged collection, never on its queries, and the
collection is searched with it as with any other model. A pair is a title and its abstract; a paper
that has one of them alone gives a run of its words, a quarter of them at most, and the rest (Lee et
al. 2019, arXiv:1906.00300). Each is to find its
own partner among those of its batch: the contrastive loss with negatives from the batch (Henderson
et al. 2017, arXiv:1705.00652), AdamW, as sentence-transformers' documentation has it for such pairs
(learning rate 2e-5, scale 20, warm-up over a tenth of the steps). One paper in ten is held out, and
tells how often its title finds its abstract among all held-out ones, before and after.

Half way is the mean of the weights before and after, which keeps more of what the model knew
(Wortsman et al. 2022, arXiv:2109.01903). Figures are nDCG@10 of the default ranking with 95 %
bootstrap intervals over queries, and differences to the default model with intervals over pairs.

Another encoder is the other way to a better ranking, for those who have one (`--model`). None of
these could be measured here; their publishers, and the MTEB leaderboard for the first, give as the
mean nDCG@10 of MTEB's fifteen retrieval tasks (Muennighoff et al. 2023, arXiv:2210.07316), by
meaning alone:

| model | parameters | published |
|---|--:|--:|
| `sentence-transformers/all-MiniLM-L6-v2`, the default here | 23 million | .4195 |
| `intfloat/e5-small-v2` | 33 million | .4904 |
| `Snowflake/snowflake-arctic-embed-xs` | 22 million | .5015 |
| `BAAI/bge-small-en-v1.5` | 33 million | .5168 |
| `Snowflake/snowflake-arctic-embed-s` | 33 million | .5198 |

`allenai/specter2` has no figure of that kind: it places papers beside papers, and its adapters
for queries are measured on SciRepEval (Singh et al. 2023, arXiv:2211.13308).
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.builds.progress import Silence
from explorer.embedders import DEFAULT_MODEL, open_embedder
from explorer.embedders.model_folder import find_model
from explorer.embedders.openvino import cache_folder
from explorer.evaluation.beir import Collection, Figure, mean_with_interval, read_collection
from explorer.evaluation.benchmark import evaluate
from explorer.papers.paper import Paper
from explorer.search.model import Mode

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

Pair = tuple[str, str]

_SEED = 20_240_311
_EPOCHS = 1
_BATCH = 32
_RATE = 2e-5
_SCALE = 20.0
_WARM_UP = 0.1
_TOKENS = 128
"""Longest text in training; searching reads as much as ever."""
_LEAST_WORDS = 12
"""A text of fewer is not parted."""
_HELD_OUT = 10
"""One paper in so many."""
_DEFAULT, _TRAINED, _HALF_WAY = "default model", "trained", "half way"
_WANTED_MEAN, _MOST_LOST = 0.01, 0.005
"""What would make a command of it: the mean gain, and the most that a collection may lose."""


def measure(arguments: list[str]) -> dict[str, object]:
    """Return how well each collection is searched with the default and with its own model."""
    if not arguments:
        sys.exit(__doc__)
    quality: dict[str, dict[str, str]] = {name: {} for name in (_DEFAULT, _TRAINED, _HALF_WAY)}
    gains: dict[str, dict[str, str]] = {name: {} for name in (_TRAINED, _HALF_WAY)}
    means: dict[str, list[float]] = {name: [] for name in gains}
    training: dict[str, dict[str, float]] = {}
    for folder in map(Path, arguments):
        collection = read_collection(folder)
        with tempfile.TemporaryDirectory() as scratch:
            training[folder.name] = _train(collection.papers, Path(scratch))
            models = {_TRAINED: Path(scratch) / _TRAINED, _HALF_WAY: Path(scratch) / _HALF_WAY}
            before = _ndcg(collection, DEFAULT_MODEL)
            quality[_DEFAULT][folder.name] = _shown(mean_with_interval(before))
            for name, model in models.items():
                after = _ndcg(collection, str(model))
                quality[name][folder.name] = _shown(mean_with_interval(after))
                gained = [new - old for new, old in zip(after, before, strict=True)]
                gains[name][folder.name] = _shown(mean_with_interval(gained), "+")
                means[name].append(statistics.mean(gained))
        print(folder.name, training[folder.name], quality, gains, file=sys.stderr)
    return {
        "training": training,
        "ndcg@10": quality,
        "ndcg@10, difference to the default model": {
            name: row | {"mean": f"{statistics.mean(means[name]):+.4f}"}
            for name, row in gains.items()
        },
        "pays (mean at least +.01, none below -.005)": {
            name: "yes" if statistics.mean(of) >= _WANTED_MEAN and min(of) >= -_MOST_LOST else "no"
            for name, of in means.items()
        },
    }


def _ndcg(collection: Collection, model: str) -> tuple[float, ...]:
    """Return the nDCG@10 of each query of a collection, searched with ``model``."""
    embedder = open_embedder(model)
    cache = cache_folder() / "evaluate"
    return evaluate(collection, embedder, cache, Silence()).modes[Mode.HYBRID].ndcg


def _train(papers: Sequence[Paper], folder: Path) -> dict[str, float]:
    """Train on pairs of ``papers``, write both models, and return figures of the training."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.manual_seed(_SEED)
    drawn = random.Random(_SEED)
    pairs = [pair for paper in papers if (pair := _pair(paper, drawn))]
    drawn.shuffle(pairs)
    cut = len(pairs) // _HELD_OUT
    held_out, learnt = pairs[:cut], pairs[cut:]
    model = SentenceTransformer(str(find_model(DEFAULT_MODEL).path), device="cpu")
    length = model.max_seq_length
    model.max_seq_length = _TOKENS
    origin = {name: value.detach().clone() for name, value in model.state_dict().items()}
    before = _found_first(model, held_out)
    started = time.monotonic()
    steps = _EPOCHS * (len(learnt) // _BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps))
    model.train()
    for step in range(steps):
        if step % (len(learnt) // _BATCH) == 0:
            drawn.shuffle(learnt)
        start = step % (len(learnt) // _BATCH) * _BATCH
        batch = learnt[start : start + _BATCH]
        left, right = (_encode(model, [pair[side] for pair in batch]) for side in (0, 1))
        scores = _SCALE * left @ right.T
        loss = torch.nn.functional.cross_entropy(scores, torch.arange(len(batch)))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 10 == 0:
            print(f"step {step} of {steps}, loss {loss.item():.3f}", file=sys.stderr)
    seconds = time.monotonic() - started
    model.eval()
    after = _found_first(model, held_out)
    model.max_seq_length = length
    model.save(str(folder / _TRAINED))
    trained = model.state_dict()
    model.load_state_dict(
        {
            name: (value + origin[name]) / 2 if value.is_floating_point() else value
            for name, value in trained.items()
        }
    )
    model.save(str(folder / _HALF_WAY))
    return {
        "pairs": len(learnt),
        "held-out pairs that find each other, before": before,
        "after": after,
        "minutes": round(seconds / 60, 1),
    }


def _pair(paper: Paper, drawn: random.Random) -> Pair | None:
    """Return two texts of one paper, or None if it has one alone."""
    if paper.readable_title and paper.readable_abstract:
        return paper.readable_title, paper.readable_abstract
    words = (paper.readable_abstract or paper.readable_title).split()
    if len(words) < _LEAST_WORDS:
        return None
    length = drawn.randint(_LEAST_WORDS // 4, max(_LEAST_WORDS // 4, len(words) // 4))
    start = drawn.randrange(len(words) - length + 1)
    run, rest = words[start : start + length], words[:start] + words[start + length :]
    return " ".join(run), " ".join(rest)


def _rate(step: int, steps: int) -> float:
    """Return the share of the learning rate: it rises over the warm-up, then falls to 0."""
    warm = max(1, round(_WARM_UP * steps))
    return (step + 1) / warm if step < warm else (steps - step) / max(1, steps - warm)


def _encode(model: SentenceTransformer, texts: list[str]) -> torch.Tensor:
    """Return unit vectors with gradients, shape (len(texts), dimension)."""
    import torch

    features: Any = model(model.preprocess(texts))
    return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)


def _found_first(model: SentenceTransformer, pairs: Sequence[Pair]) -> float:
    """Return the share of pairs whose first text is nearer to its partner than to any other."""
    left, right = (model.encode([pair[side] for pair in pairs], batch_size=32) for side in (0, 1))
    nearest = (np.asarray(left) @ np.asarray(right).T).argmax(axis=1)
    return round(float((nearest == np.arange(len(pairs))).mean()), 3)


def _shown(figure: Figure, sign: str = "") -> str:
    return f"{figure.value:{sign}.4f} [{figure.low:{sign}.4f}, {figure.high:{sign}.4f}]"
