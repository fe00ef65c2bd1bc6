"""What failures leave behind: ``python -m benchmarks faults [--kills N]``.

Builds and updates of a library of some hundred papers (the ``hashing`` embedder) are killed
(``SIGKILL``) at 100 random moments: a stage is drawn, publishing three times as often as any other,
then a moment within it; one kill in four is followed by another before the command may end. After
each kill everything stored is verified, the live generation must be the old one or the new one
completely, and the same command run again must succeed. All the while another process opens the
library, compares all its parts and searches. Then the disk is full at levels that make each file
the one that does not fit; folders may not be written; several builds begin at once. Ends with
exit code 1 if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.material import DIGESTS, papers_of, shuffled_papers, write_digest
from benchmarks.runs import NOBODY, Ended, Run, disk, fill, forked, repeated
from explorer.embedders import open_embedder
from explorer.embedders.cache import BATCH
from explorer.errors import ExplorerError, LibraryMissing
from explorer.files import checksum
from explorer.library.checks import verify_files, verify_parts
from explorer.library.generation import Generation, open_generation
from explorer.library.store import LibraryStore
from explorer.search.model import Query
from explorer.search.search import search
from explorer.topics import edits

_KILLS, _PAPERS = 100, 300
_SEED = 20
_PUBLISHING_WEIGHT = 3
_AGAIN = 0.25
"""Share of kills after which the command is killed once more before it may end."""
_READERS_PAUSE = 0.01
_GRAPH = ("neighbours", "similarities")
_DISK = 64 << 20
_FIRST_BUILD = "first build's"
_HELD_SECONDS = 2.0
"""How long one of several builds embeds at least, so that the others meet it."""
_ROOT = Path(__file__).resolve().parent.parent


class Checks:
    """Counts what was checked and keeps what did not hold."""

    def __init__(self) -> None:
        self.made = 0
        self.failed: list[str] = []

    def that(self, holds: bool, what: str) -> None:
        self.made += 1
        if not holds:
            self.failed.append(what)
            print(f"  NOT SO: {what}", file=sys.stderr)


def measure(arguments: list[str]) -> dict[str, object]:
    """Return what was met and counted; exit with code 1 if anything was not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks faults")
    parser.add_argument("--kills", type=int, default=_KILLS)
    parser.add_argument("--papers", type=int, default=_PAPERS)
    options = parser.parse_args(arguments)
    checks = Checks()
    with scratch() as folder:
        digests = Digests.write(folder, options.papers)
        found: dict[str, object] = {"papers": options.papers}
        found |= kills(folder / "kills", digests, options.kills, checks)
        found |= full_disk(folder / "full", digests, checks)
        found |= read_only(folder / "read-only", digests, checks)
        found |= builders(folder / "builders", digests, (2, 8), checks)
    found = {"checks": checks.made, "checks that failed": len(checks.failed)} | found
    if checks.failed:
        print(json.dumps(found, indent=2), file=sys.stderr)
        sys.exit(f"{len(checks.failed)} of {checks.made} checks failed.")
    return found


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a folder into which every user may look."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@dataclass(frozen=True, slots=True)
class Digests:
    """What is built from: papers, some more, and then some fewer, some of them edited."""

    first: Path
    more: Path
    edited: Path

    @classmethod
    def write(cls, folder: Path, count: int) -> Digests:
        """Make ``count`` papers, a tenth of which come later, are edited, are dropped."""
        papers = shuffled_papers(papers_of([_ROOT / DIGESTS]), count)
        tenth = count // 10
        changed = [
            paper | {"abstract": f"{other['abstract']} Revised."}
            for paper, other in zip(papers[: 2 * tenth], papers[-2 * tenth :], strict=True)
        ]
        return cls(
            write_digest(papers[:-tenth], folder / "first.jsonl"),
            write_digest(papers[-tenth:], folder / "more.jsonl"),
            write_digest(changed[tenth:] + papers[2 * tenth :], folder / "edited.jsonl"),
        )


# What a library holds.


@dataclass(frozen=True, slots=True)
class State:
    """The live generation of a library, verified."""

    live: str
    seal: str
    papers: dict[str, str]
    """The fingerprint of each paper, by title."""


def state_of(library: LibraryStore, checks: Checks) -> State | None:
    """Verify the live generation and return what it holds; None where there is none yet."""
    try:
        generation = library.open()
        verify_files(generation.folder)
        verify_parts(open_generation(generation.folder))
    except LibraryMissing:
        return None
    except ExplorerError as error:
        checks.that(False, f"the library can be opened and verified: {error}")
        return None
    checks.that(True, "the library can be opened and verified")
    records = generation.records
    papers = dict(zip(records.titles, records.fingerprints, strict=True))
    return State(generation.folder.name, seal_of(generation), papers)


def seal_of(generation: Generation) -> str:
    """Return a hash over which paper is where, in which topics, and what they are called."""
    seal = hashlib.sha256(generation.manifest.created.encode())
    seal.update("\n".join([*generation.records.ids, *generation.records.titles]).encode())
    for level in generation.levels:
        seal.update("\n".join(f"{topic.id} {topic.label}" for topic in level).encode())
    arrays = (
        generation.positions,
        *generation.memberships,
        *generation.strengths,
        generation.added_at,
        generation.graph.neighbours,
    )
    for array in arrays:
        seal.update(np.ascontiguousarray(array).tobytes())
    return seal.hexdigest()


def _seals_on_disk(library: LibraryStore, checks: Checks) -> set[str]:
    seals = set()
    for number, manifest in library.history():
        checks.that(manifest is not None, f"the manifest of generation {number} can be read")
        folder = library.folder / "generations" / f"{number:06d}"
        verify_files(folder)
        verify_parts(open_generation(folder))
        seals.add(seal_of(open_generation(folder)))
    return seals


# A process that reads all the while.


class Reader:
    """A process that opens a library again and again, and compares and searches what it opens."""

    def __init__(self, library: LibraryStore, folder: Path) -> None:
        self._stop = folder / "stop"
        self._found = folder / "read.json"
        self._process = forked(_read_on, library.folder, self._stop, self._found)

    def end(self, seals: set[str], checks: Checks) -> Counter[str]:
        """End it, check what it has seen, and return its counts.

        Args:
            seals: of all generations that there ever were.
        """
        self._stop.touch()
        self._process.join()
        checks.that(self._process.exitcode == 0, "the reader ends by itself")
        found = json.loads(self._found.read_text(encoding="utf-8"))
        for wrong in found["wrong"]:
            checks.that(False, f"a reader sees one whole generation: {wrong}")
        checks.that(found["opened"] > 0, "a reader opens the library")
        strange = set(found["seals"]) - seals
        checks.that(not strange, "a reader sees only generations that were written")
        return Counter(
            {
                "opened by readers": found["opened"],
                "of them with a mix of generations": len(strange),
                "opened before there was one": found["missing"],
                "exceptions in readers": len(found["wrong"]),
                "generations seen by readers": len(found["seals"]),
            }
        )


def _read_on(folder: Path, stop: Path, found: Path) -> None:
    library, embedder, rows = LibraryStore(folder), open_embedder("hashing"), random.Random(_SEED)
    seals: dict[str, str] = {}
    opened = missing = 0
    wrong: list[str] = []
    while not stop.exists():
        time.sleep(_READERS_PAUSE)
        try:
            generation = library.open()
            verify_parts(generation)
            seal = seal_of(generation)
            if seals.setdefault(seal, generation.manifest.created) != generation.manifest.created:
                wrong.append("two generations of one content")
            row = rows.randrange(generation.size)
            paper = generation.records[row]
            vector = generation.engine.vectors(np.array([row], dtype=np.int64))
            if not np.allclose(vector, embedder.embed([paper.text]), atol=1e-5):
                wrong.append(f"generation {generation.manifest.number}: row {row} is another's")
            hits = search(generation, embedder, Query(paper.title)).hits
            if not hits or hits[0].row != row:
                wrong.append(f"generation {generation.manifest.number}: row {row} is not found")
            opened += 1
        except LibraryMissing:
            missing += 1
            if seals:
                wrong.append("the library went missing")
        # Whatever is raised in a reader is what this is here to find.
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
    told = {"seals": list(seals), "opened": opened, "missing": missing, "wrong": wrong}
    found.write_text(json.dumps(told), encoding="utf-8")


# Kills.


@dataclass(frozen=True, slots=True)
class Step:
    """One command in the life of a library."""

    name: str
    words: Callable[[LibraryStore], list[str]]
    """The command, for the library as it is then."""
    says: str = ""
    """What it calls a topic."""


def steps(digests: Digests, keep: int) -> list[Step]:
    """Return the life of a library, from its first build on."""

    def build(digest: Path, *options: str) -> Callable[[LibraryStore], list[str]]:
        def words(library: LibraryStore) -> list[str]:
            return ["build", "--library", str(library.folder), *options, str(digest)]

        return words

    def say(command: str, place: int, *name: str) -> Callable[[LibraryStore], list[str]]:
        def words(library: LibraryStore) -> list[str]:
            topic = library.open().levels[0][place].id
            return [command, "--library", str(library.folder), topic, *name]

        return words

    first = ("--model", "hashing", "--keep", str(keep))
    return [
        Step("first build", build(digests.first, *first)),
        Step("papers added", build(digests.more)),
        Step("papers edited, --prune", build(digests.edited, "--prune")),
        Step("--redraw", build(digests.edited, "--redraw")),
        Step("--full", build(digests.edited, "--full")),
        Step("rename", say("rename", 0, "A name of ours"), "A name of ours"),
        Step("pin", say("pin", -1, "--name", "Held together"), "Held together"),
    ]


@dataclass(slots=True)
class Tally:
    """What was counted over all kills."""

    by_step: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_stage: Counter[str] = field(default_factory=Counter)
    reading: Counter[str] = field(default_factory=Counter)
    most_repeated: int = 0
    torn: int = 0
    left: int = 0

    @property
    def kills(self) -> int:
        return sum(self.by_stage.values())


def kills(folder: Path, digests: Digests, wanted: int, checks: Checks) -> dict[str, object]:
    """Kill ``wanted`` runs of builds and updates at random moments; return what was counted."""
    undisturbed = _Life(folder / "undisturbed", digests, 2, checks)
    expected, lengths = undisturbed.unharmed()
    moments, tally, number = random.Random(_SEED), Tally(), 0
    tally.reading.update(undisturbed.reading)
    while tally.kills < wanted:
        # With one generation kept, each publication removes what a reader may just be opening.
        life = _Life(folder / f"{number}", digests, 1 + number % 2, checks)
        life.harmed(expected, lengths, moments, tally, wanted)
        shutil.rmtree(folder / f"{number}")
        number += 1
    columns = ("kills", "nothing yet", "as before", "new", "new, not live yet", "too late")
    return {
        "kills": tally.kills,
        "texts in a batch": BATCH,
        "texts repeated after a kill, at most": tally.most_repeated,
        "ends of the vector cache torn": tally.torn,
        "half-written generations cleared away": tally.left,
        **tally.reading,
        "after a kill": {
            name: {column: counts[column] for column in columns}
            for name, counts in tally.by_step.items()
        },
        "killed while": dict(tally.by_stage.most_common()),
    }


class _Life:
    """One library, from its first build to its last update, under the eyes of a reader."""

    def __init__(self, folder: Path, digests: Digests, keep: int, checks: Checks) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._library = LibraryStore(folder / "library")
        self._steps = steps(digests, keep)
        self._keep = keep
        self._checks = checks
        self._seals: set[str] = set()
        self._repeated = 0
        self.reading: Counter[str] = Counter()

    def unharmed(self) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, float]]]:
        """Live without harm; return the papers after each step and the seconds of its stages."""
        expected, lengths = {}, {}
        reader = Reader(self._library, self._folder)
        for step in self._steps:
            run = Run(step.words(self._library), self._folder)
            lengths[step.name] = run.timed()
            self._checks.that(run.ended().code == 0, f"{step.name} succeeds without harm")
            state = state_of(self._library, self._checks)
            assert state is not None
            expected[step.name] = state.papers
            self._seals |= _seals_on_disk(self._library, self._checks)
        self.reading = reader.end(self._seals, self._checks)
        return expected, lengths

    def harmed(
        self,
        expected: dict[str, dict[str, str]],
        lengths: dict[str, dict[str, float]],
        moments: random.Random,
        tally: Tally,
        wanted: int,
    ) -> None:
        """Kill each step, at least once as long as kills are ``wanted``; then let it succeed."""
        reader = Reader(self._library, self._folder)
        for step in self._steps:
            words = step.words(self._library)
            again = tally.kills < wanted
            while again:
                self._kill(step, words, expected[step.name], lengths[step.name], moments, tally)
                again = tally.kills < wanted and moments.random() < _AGAIN
            self._let_succeed(step, words, expected[step.name], tally)
            if tally.kills == wanted:
                break
        tally.reading.update(reader.end(self._seals, self._checks))

    def _kill(
        self,
        step: Step,
        words: list[str],
        expected: dict[str, str],
        lengths: dict[str, float],
        moments: random.Random,
        tally: Tally,
    ) -> None:
        library, checks, counts = self._library, self._checks, tally.by_step[step.name]
        before, said = state_of(library, checks), edits.read(library.folder)
        stages = list(lengths)
        weights = [_PUBLISHING_WEIGHT if stage == "Publishing" else 1 for stage in stages]
        stage = moments.choices(stages, weights)[0]
        run = Run(words, self._folder)
        killed = run.kill(stage, moments.random(), lengths[stage])
        self._count_repeated(step, tally)
        self._seals |= _seals_on_disk(library, checks)
        if not killed:
            counts["too late"] += 1
            return
        counts["kills"] += 1
        tally.by_stage[killed] += 1
        told = f"{step.name}, killed while {killed}"
        after = state_of(library, checks)
        if after is None:
            checks.that(before is None, f"{told}: the library is there still")
            # The build of the newest may have been cut off just before it was made the live one.
            counts["new, not live yet" if library.history() else "nothing yet"] += 1
        elif before is not None and after.live == before.live:
            checks.that(after == before, f"{told}: the generation before is as it was")
            not_live = library.history()[-1][0] > int(before.live)
            counts["new, not live yet" if not_live else "as before"] += 1
        else:
            checks.that(after.papers == expected, f"{told}: the new generation has all papers")
            counts["new"] += 1
        said_after = edits.read(library.folder)
        checks.that(
            said_after[: len(said)] == said and len(said_after) <= len(said) + bool(step.says),
            f"{told}: what was said of topics is whole",
        )
        tally.left += len(list((library.folder / "generations").glob(".*")))

    def _let_succeed(
        self, step: Step, words: list[str], expected: dict[str, str], tally: Tally
    ) -> None:
        library, checks = self._library, self._checks
        torn_before = len(list(library.vectors.glob("*.damaged-*")))
        ended = Run(words, self._folder).ended()
        self._count_repeated(step, tally)
        checks.that(ended.code == 0, f"{step.name} succeeds after a kill: {ended.told[-500:]}")
        state = state_of(library, checks)
        holds = state is not None and state.papers == expected
        checks.that(holds, f"{step.name}, run again: all papers are there")
        generations = library.folder / "generations"
        checks.that(not list(generations.glob(".*")), f"{step.name}, run again: nothing is left")
        kept = len(library.history())
        # A build that was killed once all was published leaves the oldest to the next to publish.
        most = self._keep + 1
        checks.that(kept <= most, f"{step.name}, run again: {kept} generations stay")
        if step.says:
            labels = {topic.label for topic in library.open().topics.values()}
            checks.that(step.says in labels, f"{step.name}, run again: the topic has its name")
        self._seals |= _seals_on_disk(library, checks)
        tally.torn += len(list(library.vectors.glob("*.damaged-*"))) - torn_before

    def _count_repeated(self, step: Step, tally: Tally) -> None:
        """Check how many texts the last run embedded again."""
        so_far = repeated(self._folder)
        again, self._repeated = so_far - self._repeated, so_far
        tally.most_repeated = max(tally.most_repeated, again)
        self._checks.that(again <= BATCH, f"{step.name}: {again} texts were embedded again")


# A full disk.


def full_disk(
    folder: Path, digests: Digests, checks: Checks, only: Sequence[str] = ()
) -> dict[str, object]:
    """Build on a disk that is full at every level in turn; return what became of it.

    Where no disk may be mounted, no file may grow beyond the vectors that are there.

    Args:
        only: names of levels, as they are returned; empty for all.
    """
    folder.mkdir(parents=True)
    original = LibraryStore(folder / "original")
    _must_succeed(_build(original, digests.first, "--model", "hashing"), folder, checks)
    told: dict[str, dict[str, int]] = {}
    with disk(folder / "disk", _DISK) as room:
        library = LibraryStore((room or folder / "disk") / "library")
        shutil.copytree(original.folder, library.folder)
        _must_succeed(_build(library, digests.more), folder, checks)
        levels = _levels(original, library) if room else {"vectors": _bytes_of_vectors(original)}
        for name, level in levels.items():
            if only and name not in only:
                continue
            shutil.rmtree(library.folder)
            words = _build(library, digests.first, "--model", "hashing")
            if not name.startswith(_FIRST_BUILD):
                shutil.copytree(original.folder, library.folder)
                words = _build(library, digests.more)
            before = state_of(library, checks)
            ballast = fill(room, level) if room else None
            refused = Run(words, folder, most_bytes=0 if room else level).ended()
            _check_refused(f"no room for the {name}", refused, checks)
            _check_untouched(f"no room for the {name}", library, before, checks)
            if before is not None:
                searching = ["search", "--library", str(library.folder), "model"]
                _must_succeed(searching, folder, checks)
            if ballast:
                ballast.unlink()
            ended = _must_succeed(words, folder, checks)
            after = state_of(library, checks)
            grown = len(after.papers if after else ()) > len(before.papers if before else ())
            checks.that(grown, f"no room for the {name}: with room again, all papers are there")
            told[name] = {
                "bytes free" if room else "bytes a file may have": level,
                "exit code": refused.code,
                "with room again": ended.code,
            }
    return {"a full disk, the first that does not fit": told}


def _levels(original: LibraryStore, updated: LibraryStore) -> dict[str, int]:
    """Return how much is to be free for each file of an update in turn not to fit."""
    block = os.statvfs(updated.folder).f_bsize

    def blocks(paths: Sequence[Path]) -> int:
        return sum(-(-path.stat().st_size // block) for path in paths)

    made = updated.open().folder
    cache = blocks([*updated.vectors.iterdir()]) - blocks([*original.vectors.iterdir()])
    in_order = {
        "records": [made / "papers.arrow"],
        "vector index": [made / "index" / "index.faiss"],
        "word index": [path for path in (made / "words").iterdir() if path.is_file()],
        "neighbour graph": [made / "neighbours.npy", made / "similarities.npy"],
        "map and topics": [
            *(path for path in made.glob("*.npy") if path.stem not in _GRAPH),
            made / "lineage.json",
            made / "topics.json",
        ],
        "manifest": [made / "manifest.json"],
    }
    first = blocks([*original.vectors.iterdir()])
    levels = {
        f"{_FIRST_BUILD} vectors": first * block // 2,
        f"{_FIRST_BUILD} generation": (first + blocks([made / "papers.arrow"])) * block,
        "first vector": 0,
        "vectors": cache * block // 2,
    }
    taken = cache
    for name, paths in in_order.items():
        needed = blocks(paths)
        levels[name] = (taken + needed // 2) * block
        taken += needed
    return levels | {"name of the live generation": taken * block}


def _bytes_of_vectors(library: LibraryStore) -> int:
    return max(path.stat().st_size for path in library.vectors.iterdir())


# Rights.


def read_only(folder: Path, digests: Digests, checks: Checks) -> dict[str, object]:
    """Use libraries in which not all may be written; return how many commands were refused."""
    folder.mkdir(parents=True)
    original = LibraryStore(folder / "original")
    _must_succeed(_build(original, digests.first, "--model", "hashing"), folder, checks)
    _must_succeed(_build(original, digests.more), folder, checks)
    user = NOBODY if os.geteuid() == 0 else 0
    refused: Counter[str] = Counter()
    for locked in (".", "generations", "vectors"):
        library = LibraryStore(folder / f"locked-{locked.strip('.')}")
        shutil.copytree(original.folder, library.folder)
        _lock(library.folder, library.folder / locked, user)
        before, files = state_of(library, checks), _files_below(library.folder / locked)
        topic = library.open().levels[0][0].id
        named = ["--library", str(library.folder)]
        commands = [
            _build(library, digests.edited),
            _build(library, digests.edited, "--full"),
            ["rename", *named, topic, "Another name"],
            *([["rollback", *named]] if locked == "." else []),
        ]
        for words in commands:
            ended = Run(words, folder, user=user).ended()
            if locked == "vectors" and words[0] == "rename" and ended.code == 0:
                continue  # it had nothing to embed
            _check_refused(f"{words[0]} with {locked} locked", ended, checks)
            told = f"{words[0]} with {locked} locked"
            _check_untouched(told, library, before, checks)
            refused[locked] += 1
        for words in (["search", *named, "diffusion"], ["topics", *named], ["doctor", *named]):
            _must_succeed(words, folder, checks, user)
        same = _files_below(library.folder / locked) == files
        checks.that(same, f"no file below {locked} has changed while it was locked")
        _unlock(library.folder)
    return {"refused where nothing may be written": dict(refused)}


def _lock(library: Path, folder: Path, user: int) -> None:
    """Give ``library`` to ``user``, but let nobody write below ``folder``."""
    for path in [library, *library.rglob("*")]:
        if user and not path.is_relative_to(folder):
            os.chown(path, user, user)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def _unlock(library: Path) -> None:
    for path in [library, *library.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _files_below(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): checksum(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# Several at once.


def builders(
    folder: Path, digests: Digests, counts: Sequence[int], checks: Checks
) -> dict[str, object]:
    """Start several builds of one library at once, each of its own papers."""
    lines = digests.first.read_text(encoding="utf-8").splitlines()
    told: dict[str, dict[str, object]] = {}
    for count in counts:
        here = folder / f"{count}"
        here.mkdir(parents=True)
        library = LibraryStore(here / "library")
        share = len(lines) // count
        own = []
        for number in range(count):
            own.append(here / f"{number}.jsonl")
            part = lines[number * share : (number + 1) * share]
            own[-1].write_text("\n".join(part) + "\n", encoding="utf-8")
        commands = [_build(library, digest, "--model", "hashing") for digest in own]
        runs = [Run(words, here, batch_seconds=_HELD_SECONDS) for words in commands]
        ended = [run.ended() for run in runs]
        done = [each for each in ended if each.code == 0]
        busy = [
            each for each in ended if each.code == 1 and "another build is running" in each.told
        ]
        checks.that(len(done) == 1, f"{count} builds at once: {len(done)} succeeded")
        checks.that(len(busy) == count - 1, f"{count} builds at once: {len(busy)} were refused")
        for each in busy:
            _check_refused(f"{count} builds at once", each, checks)
        state = state_of(library, checks)
        checks.that(
            state is not None and len(state.papers) == share,
            f"{count} builds at once: the papers of one are there",
        )
        for words in commands:
            _must_succeed(words, here, checks)
        state = state_of(library, checks)
        checks.that(
            state is not None and len(state.papers) == share * count,
            f"{count} builds one after the other: all papers are there",
        )
        told[f"{count}"] = {
            "succeeded": len(done),
            "refused": len(busy),
            "seconds of the one": round(max((each.seconds for each in done), default=0), 1),
            "seconds of the refused, at most": round(
                max((each.seconds for each in busy), default=0), 1
            ),
        }
    return {"builds begun at once": told}


# What is the same for all.


def _build(library: LibraryStore, digest: Path, *options: str) -> list[str]:
    return ["build", "--library", str(library.folder), *options, str(digest)]


def _must_succeed(words: list[str], folder: Path, checks: Checks, user: int = 0) -> Ended:
    ended = Run(words, folder, user=user).ended()
    checks.that(ended.code == 0, f"{words[0]} succeeds: {ended.told[-500:]}")
    return ended


def _check_refused(told: str, ended: Ended, checks: Checks) -> None:
    checks.that(ended.is_clear_failure, f"{told}: code 1 and one message: {ended.told[-500:]}")


def _check_untouched(
    told: str, library: LibraryStore, before: State | None, checks: Checks
) -> None:
    checks.that(state_of(library, checks) == before, f"{told}: the library is as it was")
    left = [
        path.name
        for pattern in ("generations/.*", "vectors/*.damaged-*", ".LIVE.*.new")
        for path in library.folder.glob(pattern)
    ]
    checks.that(not left, f"{told}: nothing is left behind, but {left}")
