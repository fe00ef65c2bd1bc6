"""Fuzzing of the readers: ``make fuzz SECONDS=600``, or ``python -m tests.readers.fuzz``.

Inputs are mutations of the samples, of the corpus and of past finds. One that reaches lines of
the readers which none reached before joins the corpus in ``fuzz_corpus/``; one that breaks a
promise of ``fuzz_property.py`` is saved in ``fuzz_finds/``, where it is a case of the tests for
good. The name of each file begins with its format.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from explorer.readers import reader_names
from tests.helpers.corpus import ROOT
from tests.readers.fuzz_coverage import WATCHED, NewLines
from tests.readers.fuzz_mutation import Mutator
from tests.readers.fuzz_property import Violation, check_readers

SAMPLES = ROOT / "tests" / "samples"
CORPUS = Path(__file__).parent / "fuzz_corpus"
FINDS = Path(__file__).parent / "fuzz_finds"
_LONGEST_KEPT = 8_192
_CORPUS_BYTES = 300_000


def format_of(path: Path) -> str:
    """Return the format that the name of a sample, a seed or a find begins with."""
    return path.name.partition(".")[0]


def seeds() -> dict[str, list[bytes]]:
    """Return, for each format, its sample and what the corpus and the finds have of it."""
    files = [path for path in sorted(SAMPLES.iterdir()) if ".expected." not in path.name]
    files += [path for folder in (CORPUS, FINDS) for path in sorted(folder.glob("*.*"))]
    by_format: dict[str, list[bytes]] = {name: [] for name in reader_names()}
    for path in files:
        if format_of(path) in by_format:
            by_format[format_of(path)].append(path.read_bytes())
    return by_format


def cases(name: str, count: int, seed: str = "") -> list[bytes]:
    """Return ``count`` inputs for one format, the same for the same seed."""
    of = seeds()
    chance = random.Random(f"{seed} {name}")
    mutator = Mutator([content for contents in of.values() for content in contents])
    return [mutator.mutated(chance.choice(of[name]), chance) for _ in range(count)]


@dataclass
class Outcome:
    """Figures of a run."""

    cases: int = 0
    grown: int = 0
    finds: Counter[str] = field(default_factory=Counter)


def fuzz(seconds: float, seed: str, names: list[str]) -> Outcome:
    """Try inputs of all formats in turn until the time is up."""
    of = seeds()
    mutator = Mutator([content for contents in of.values() for content in contents])
    chance = random.Random(seed)
    lines, outcome = NewLines(), Outcome()
    room = _CORPUS_BYTES - sum(path.stat().st_size for path in CORPUS.glob("*.*"))
    seen: set[str] = set()
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for content in of[name]:
                with lines.watching():
                    check_readers(name, content, Path(folder))
        while time.monotonic() < end:
            name = names[outcome.cases % len(names)]
            content = mutator.mutated(chance.choice(of[name]), chance)
            outcome.cases += 1
            before = lines.count
            try:
                with lines.watching() if outcome.cases % WATCHED == 0 else nullcontext():
                    check_readers(name, content, Path(folder))
            except Violation as violation:
                place = str(violation).strip().splitlines()[-1][:120]
                if f"{name} {place}" not in seen:
                    seen.add(f"{name} {place}")
                    outcome.finds[name] += 1
                    print(f"{_save(FINDS, name, content)}: {violation}", flush=True)
            if lines.count > before:
                of[name].append(content)
                mutator.add(content)
                if len(content) <= min(room, _LONGEST_KEPT):
                    room -= len(content)
                    outcome.grown += 1
                    _save(CORPUS, name, content)
    return outcome


def _save(folder: Path, name: str, content: bytes) -> Path:
    path = folder / f"{name}.{hashlib.sha256(content).hexdigest()[:12]}"
    path.write_bytes(content)
    return path


def main() -> int:
    """Fuzz, and print the figures; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description="Fuzz the readers of digests.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", default="", help="default: another one each time")
    parser.add_argument("--reader", choices=reader_names(), action="append", default=[])
    options = parser.parse_args()
    logging.disable()
    seed = options.seed or os.urandom(4).hex()
    outcome = fuzz(options.seconds, seed, options.reader or list(reader_names()))
    rate = outcome.cases / options.seconds
    print(f"{outcome.cases:,} cases in {options.seconds:g} s ({rate:,.0f}/s), seed {seed}")
    print(f"{outcome.grown} new inputs in the corpus, {outcome.finds.total()} finds", end="")
    print(f": {dict(outcome.finds)}" if outcome.finds else "")
    return 1 if outcome.finds else 0


if __name__ == "__main__":
    sys.exit(main())
