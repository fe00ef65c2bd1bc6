"""A made-up field of research, of any size: papers with vectors, the same for the same seed.

Papers lie in fields, topics and problems, each with words of its own, so that topics can be named
and searched for. Vectors follow the same tree. How wide its branches are and along how many
directions they spread was set so that nearest neighbours behave as those of 74,728 arXiv papers
under all-MiniLM-L6-v2 do: the cosine of the first, tenth and thirtieth neighbour is .72, .65 and
.60 (there .74, .68 and .65), that of two papers at random .28 in both, and inverted lists find as
many of them (.91 of the nearest ten in 16 of 1,093 lists, there .92).

Paper number n is the same in a corpus of any size that has it, so a larger corpus is a smaller one
that has grown. Everything is made in pieces of :data:`PIECE` papers; memory does not grow.

``python -m benchmarks.synthetic FOLDER PAPERS [FIRST]`` writes ``corpus.jsonl`` (or
``corpus.parquet`` with ``--parquet``) and ``vectors.npy`` for ``explorer build --vectors``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Vectors

PIECE = 10_000
"""Papers that are made at once."""
DIMENSION = 384
_FIELDS, _TOPICS, _PROBLEMS = 24, 24, 24
"""Fields, topics in each of them, problems in each of those."""
_COMMON, _FIELD, _TOPIC, _PROBLEM, _OWN = 0.28, 0.10, 0.12, 0.14, 0.36
"""Shares of a vector's squared length: what all papers have in common, then ever narrower."""
_DECAY, _FLAT = 1.1, 4.0
"""The variance along the i-th direction is (i + flat) ** -decay."""
_TIGHTNESS = 0.25
"""By how much problems differ in how near their papers are to each other (log-normal)."""
_SKEW = 1.0
"""By how much problems differ in how many papers they have (log-normal)."""
_FIRST_YEAR, _YEARS = 2005, 20

_MODIFIERS = """
    adaptive adversarial amortised asynchronous bayesian bilevel bounded calibrated causal coherent
    compact compressed conditional constrained contrastive convex coupled cyclic decentralised
    discrete distilled distributed dual dynamic elastic entropic episodic equivariant federated
    fractional generative graded greedy hidden hierarchical hybrid implicit incremental invariant
    isotropic iterative joint latent layered lazy lifelong linear local low-rank marginal masked
    modular monotone multimodal nested nonlinear oblique online ordinal orthogonal parallel partial
    periodic persistent planar predictive private probabilistic progressive proximal quantised
    random recurrent recursive regularised relational residual robust sampled self-supervised
    semantic sequential shallow smooth sparse spectral stable stochastic streaming structured
    symbolic temporal tensor topological transductive tropical unsupervised variational weighted
""".split()
_SUBJECTS = """
    alignment annotation antenna array attention bandit belief calibration catalyst channel
    circuit citation classifier cluster codebook compiler contour corpus crystal curriculum
    decoder demand detector dialogue diffusion document dose electrode embedding emission encoder
    enzyme estimator evidence exposure feature fibre filter flow forecast fragment galaxy gene
    gesture glacier grammar graph harmonic hypothesis image impedance inference isotope kernel
    knowledge label lattice lens lexicon likelihood magnet manifold market membrane memory mesh
    metabolite mixture molecule motion mutation network neuron orbit oscillator packet particle
    pathogen pattern plasma polymer pose preference protein protocol proof quasar query ranking
    receptor reef reservoir retrieval reward rhythm sediment sensor sentence signal soil solver
    spectrum speech spike surface syntax tissue token traffic trajectory treatment turbine vaccine
    vision vortex wavelet workload
""".split()
_TASKS = """
    approximation assembly compression control decomposition design detection discovery editing
    estimation expansion exploration fusion generation grounding imputation inversion labelling
    localisation matching modelling monitoring optimisation parsing planning prediction pruning
    quantification reconstruction recovery repair sampling scheduling search segmentation selection
    separation simulation smoothing summarisation synthesis tracking transfer translation triage
    unmixing verification
""".split()
_TITLES = (
    "{coined}: {problem} for {topic}",
    "{coined}: {own} in {problem}",
    "{coined}, or {topic} by {problem}",
    "{coined}: towards {problem} with {own}",
)
_SENTENCES = (
    "We study {problem} in the setting of {topic}, where {field} is usually taken for granted.",
    "Earlier work on {topic} treats {own} as a separate step.",
    "In this paper we present {coined}, a method for {problem} that needs no {own}.",
    "{coined} combines {field} with {own} and is trained end to end on public data.",
    "Our analysis shows when {problem} is possible and how its error grows with {own}.",
    "On {count} benchmarks of {topic} it improves over the best published result by {gain} points.",
    "It also takes {times} times less memory than approaches based on {own}.",
    "An ablation shows that {problem} accounts for most of the difference.",
    "Experiments with {own} suggest that the findings hold for {field} in general.",
    "We discuss limits of {problem}, in particular under {own}, and release code and data.",
    "The results make {topic} practical where only small amounts of labelled data are at hand.",
    "Finally we relate {problem} to open questions in {field}.",
)
_SENTENCES_A_PAPER = 8
_GIVEN = """
    Ada Amir Ana Anke Bao Bela Carla Chen Dara Dmitri Elif Emeka Eva Farid Femi Grace Hana Hugo Ines
    Ivan Jana Jorge Kei Lena Li Luca Mara Mei Milan Nadia Noor Olga Omar Paul Priya Quinn Rosa Ravi
    Sara Sven Tala Tomas Uma Vera Wei Yara Yusuf Zoe
""".split()
_SYLLABLES = [c + v for c in "bdfgjklmnprstvwxyzhq" for v in "aeiou"]


@dataclass(frozen=True, slots=True)
class SyntheticPaper:
    """A paper that nobody wrote, under the names that readers of digests know."""

    title: str
    abstract: str
    authors: list[str]
    date: str
    doi: str
    venue: str
    keywords: list[str]


@dataclass(frozen=True)
class Field:
    """Where papers come from."""

    seed: int = 0

    def vectors(self, first: int, count: int) -> Vectors:
        """Return the unit vectors of papers ``first`` and on, shape (count, 384)."""
        rows = np.empty((count, DIMENSION), dtype=np.float32)
        for start, piece, inside in _pieces(first, count):
            made = self._vectors_of(piece)[inside]
            rows[start : start + len(made)] = made
        return rows

    def problems(self, first: int, count: int) -> NDArray[np.int64]:
        """Return the problem that each paper is about; 24 in a row share a topic, 576 a field."""
        found = [self._problems_of(piece)[inside] for _, piece, inside in _pieces(first, count)]
        return np.concatenate([np.empty(0, dtype=np.int64), *found])

    def papers(self, first: int, count: int) -> Iterator[SyntheticPaper]:
        """Yield papers ``first`` and on."""
        for _, piece, inside in _pieces(first, count):
            yield from self._papers_of(piece, inside)

    @cached_property
    def _centres(self) -> tuple[Vectors, NDArray[np.float64], NDArray[np.float64]]:
        """The middle of each problem; how far its papers scatter; its share of all papers."""
        draw = np.random.default_rng([self.seed, 0])
        topics = _FIELDS * _TOPICS
        problems = topics * _PROBLEMS
        common = draw.normal(size=DIMENSION)
        middle = np.sqrt(_COMMON) * common / np.linalg.norm(common)
        fields = draw.normal(size=(_FIELDS, DIMENSION)) * self._spread * np.sqrt(_FIELD)
        within = draw.normal(size=(topics, DIMENSION)) * self._spread * np.sqrt(_TOPIC)
        deeper = draw.normal(size=(problems, DIMENSION)) * self._spread * np.sqrt(_PROBLEM)
        number = np.arange(problems)
        topic = number // _PROBLEMS
        centres = middle + fields[topic // _TOPICS] + within[topic] + deeper
        scatter = np.sqrt(_OWN) * draw.lognormal(0.0, _TIGHTNESS, problems)
        sizes = draw.lognormal(0.0, _SKEW, problems)
        return centres.astype(np.float32), scatter, sizes / sizes.sum()

    @property
    def _spread(self) -> NDArray[np.float64]:
        variance = (np.arange(DIMENSION) + _FLAT) ** -_DECAY
        return np.asarray(np.sqrt(variance / variance.sum()))

    def _problems_of(self, piece: int) -> NDArray[np.int64]:
        _, _, sizes = self._centres
        draw = np.random.default_rng([self.seed, 1, piece])
        return draw.choice(len(sizes), PIECE, p=sizes)

    def _vectors_of(self, piece: int) -> Vectors:
        centres, scatter, _ = self._centres
        problems = self._problems_of(piece)
        draw = np.random.default_rng([self.seed, 2, piece])
        own = draw.standard_normal((PIECE, DIMENSION), dtype=np.float32)
        own *= self._spread.astype(np.float32)
        vectors = centres[problems] + own * scatter[problems, None].astype(np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = np.asarray(vectors / lengths, dtype=np.float32) @ self._turn
        return unit

    @cached_property
    def _turn(self) -> Vectors:
        """A rotation: no model's directions of most variance lie along its numbers."""
        draw = np.random.default_rng([self.seed, 5])
        turn: Vectors = np.linalg.qr(draw.normal(size=(DIMENSION, DIMENSION)))[0].astype(np.float32)
        return turn

    @cached_property
    def _phrases(self) -> tuple[list[str], list[str], list[list[str]]]:
        """What fields and topics are called; for each problem, its name and phrases beside it."""
        draw = np.random.default_rng([self.seed, 3])
        topics = _FIELDS * _TOPICS
        problems = topics * _PROBLEMS
        fields = [
            f"{_SUBJECTS[i]} {_TASKS[j]}"
            for i, j in zip(
                draw.permutation(len(_SUBJECTS))[:_FIELDS],
                draw.permutation(len(_TASKS))[:_FIELDS],
                strict=True,
            )
        ]
        pairs = draw.permutation(len(_MODIFIERS) * len(_SUBJECTS))[:topics]
        named = [
            f"{_MODIFIERS[i]} {_SUBJECTS[j]} models"
            for i, j in zip(*np.divmod(pairs, len(_SUBJECTS)), strict=True)
        ]
        sizes = (len(_MODIFIERS), len(_SUBJECTS), len(_TASKS))
        triples = draw.permutation(int(np.prod(sizes)))[: problems * 4].reshape(problems, 4)
        phrases = [
            [
                f"{_MODIFIERS[i]} {_SUBJECTS[j]} {_TASKS[k]}"
                for i, j, k in zip(*np.unravel_index(row, sizes), strict=True)
            ]
            for row in triples
        ]
        return fields, named, phrases

    def _papers_of(self, piece: int, inside: slice) -> Iterator[SyntheticPaper]:
        fields, topics, phrases = self._phrases
        problems = self._problems_of(piece)
        draw = np.random.default_rng([self.seed, 4, piece])
        chance = draw.random((PIECE, len(_SENTENCES)))
        which = np.sort(np.argsort(chance, axis=1)[:, :_SENTENCES_A_PAPER], axis=1)
        style = draw.integers(len(_TITLES), size=PIECE)
        own = draw.integers(1, 4, size=(PIECE, _SENTENCES_A_PAPER + 1))
        names = draw.integers(len(_GIVEN) * 100, size=(PIECE, 4))
        many = draw.integers(1, 5, size=PIECE)
        figures = draw.integers(2, 9, size=(PIECE, 3))
        days = draw.integers(_YEARS * 365, size=PIECE)
        for row in range(*inside.indices(PIECE)):
            number = piece * PIECE + row
            problem = int(problems[row])
            topic = problem // _PROBLEMS
            beside = phrases[problem]
            fill = {
                "coined": coined(number),
                "field": fields[topic // _TOPICS],
                "topic": topics[topic],
                "problem": beside[0],
                "count": str(figures[row, 0]),
                "gain": f"{figures[row, 1]}.{figures[row, 2]}",
                "times": str(figures[row, 1]),
            }
            title = _TITLES[style[row]].format(**fill, own=beside[own[row, -1]])
            abstract = " ".join(
                _SENTENCES[sentence].format(**fill, own=beside[own[row, place]])
                for place, sentence in enumerate(which[row].tolist())
            )
            day = int(days[row])
            yield SyntheticPaper(
                title,
                abstract,
                [_person(int(name)) for name in names[row, : many[row]]],
                f"{_FIRST_YEAR + day // 365}-{day % 365 // 31 + 1:02}-{day % 28 + 1:02}",
                f"10.5555/made-up.{number:08}",
                f"Proceedings of {fill['field']}",
                [fill["topic"], fill["field"]],
            )


def coined(number: int) -> str:
    """Return the name of the method of paper ``number``: pronounceable, and no other paper's."""
    scattered = (number + 1) * 38_756_341 % 100_000_000
    syllables = [_SYLLABLES[scattered // 100**place % 100] for place in range(4)]
    return "".join(syllables).capitalize()


def write_corpus(
    folder: Path, count: int, first: int = 0, *, seed: int = 0, parquet: bool = False
) -> tuple[Path, Path]:
    """Write papers ``first`` and on as a digest, and their vectors; return both files."""
    folder.mkdir(parents=True, exist_ok=True)
    field = Field(seed)
    digest = folder / ("corpus.parquet" if parquet else "corpus.jsonl")
    papers = field.papers(first, count)
    if parquet:
        _write_parquet(papers, digest)
    else:
        with digest.open("w", encoding="utf-8") as file:
            _write_lines(papers, file)
    return digest, write_vectors(folder / "vectors.npy", count, first, seed=seed)


def write_vectors(path: Path, count: int, first: int = 0, *, seed: int = 0) -> Path:
    """Write the vectors of papers ``first`` and on, float32, shape (count, 384)."""
    field = Field(seed)
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(count, DIMENSION))
    for start, piece, inside in _pieces(first, count):
        made = field._vectors_of(piece)[inside]
        rows[start : start + len(made)] = made
    rows.flush()
    return path


def _write_lines(papers: Iterator[SyntheticPaper], file: TextIO) -> None:
    for paper in papers:
        file.write(json.dumps(asdict(paper)) + "\n")


def _write_parquet(papers: Iterator[SyntheticPaper], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, texts = pa.string(), pa.list_(pa.string())
    kinds = [text, text, texts, text, text, text, texts]
    schema = pa.schema(list(zip(SyntheticPaper.__slots__, kinds, strict=True)))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while some := [asdict(paper) for paper in islice(papers, PIECE)]:
            writer.write_table(pa.Table.from_pylist(some, schema))


def _pieces(first: int, count: int) -> Iterator[tuple[int, int, slice]]:
    """Yield which rows of which pieces make ``count`` papers: (start, piece, rows of it)."""
    start = 0
    while start < count:
        piece, low = divmod(first + start, PIECE)
        high = min(PIECE, low + count - start)
        yield start, piece, slice(low, high)
        start += high - low


def _person(number: int) -> str:
    given, family = divmod(number, 100)
    return f"{_GIVEN[given]} {_SYLLABLES[family].capitalize()}{_SYLLABLES[given]}n"


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.synthetic", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("papers", type=int)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parquet", action="store_true")
    given = parser.parse_args()
    write_corpus(given.folder, given.papers, given.first, seed=given.seed, parquet=given.parquet)


if __name__ == "__main__":
    _main()
