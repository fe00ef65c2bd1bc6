"""Libraries written by older versions open, grow, and keep what people did in them."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.builds.apply_edits import all_edits, rename, undo
from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.builds.doctor import Severity, examine
from explorer.cli import main
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.queries.spelling import correct_spelling
from explorer.topics import edits
from tests.helpers.corpus import WriteDigest

STORED = Path(__file__).parents[1] / "stored_libraries"
STARRED = "p5356ec40742"


@pytest.fixture(params=sorted(path.name for path in STORED.iterdir()))
def library(request: pytest.FixtureRequest, tmp_path: Path) -> LibraryStore:
    """A library as an older version left it: 28 papers, two topic edits, a desk."""
    with tarfile.open(STORED / request.param / "library.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    return LibraryStore(tmp_path / "library")


@pytest.fixture
def grow(library: LibraryStore, corpus: list[Paper], write_digest: WriteDigest) -> BuildReport:
    """Update the library with one more paper on each subject."""
    digest = library.folder.with_name("digests") / "2024-03-13.txt"
    return build(
        library, [write_digest(digest, [corpus[10 * subject + 7] for subject in range(4)])]
    )


def run(capsys: pytest.CaptureFixture[str], library: LibraryStore, *command: str) -> Any:
    """Return what a command of the terminal prints as JSON."""
    capsys.readouterr()
    assert main([command[0], "--json", "--library", str(library.folder), *command[1:]]) == 0
    return json.loads(capsys.readouterr().out)


def test_it_opens_and_is_searched(
    library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    generation = library.open()
    assert (generation.size, generation.manifest.number) == (28, 4)
    assert [number for number, manifest in library.history() if manifest] == [1, 2, 3, 4]
    hits = run(capsys, library, "search", "liver segmentation", "-k", "3")["hits"]
    assert {hit["topic"] for hit in hits} == {"Liver scans"}


def test_the_doctor_finds_nothing_wrong(library: LibraryStore) -> None:
    findings = {finding.subject: finding for finding in examine(library)}
    assert {finding.severity for finding in findings.values()} == {Severity.GOOD}
    assert findings["topics.json"].what == "2 topic edits."


def test_an_update_keeps_places_topics_and_edits(library: LibraryStore, grow: BuildReport) -> None:
    assert (grow.generation, grow.added, grow.unchanged) == (5, 4, 28)
    assert (grow.embedded, grow.redrawn, grow.resting) == (4, "", 0)
    after = library.open()
    library.rollback()
    before = library.open()
    rows = [after.records.ids.index(name) for name in before.records.ids]
    assert np.array_equal(after.positions[rows], before.positions)
    for old, new in enumerate(rows):
        assert [(topic.id, topic.label) for topic in after.topics_of(new)] == [
            (topic.id, topic.label) for topic in before.topics_of(old)
        ]
    assert {topic.size for topic in after.levels[0]} == {8}
    assert {"Memory of language models", "Liver scans"} <= {
        topic.label for topic in after.levels[0]
    }


@pytest.mark.usefixtures("grow")
def test_an_updated_library_is_sound(library: LibraryStore) -> None:
    assert {finding.severity for finding in examine(library)} == {Severity.GOOD}
    assert build(library, [library.folder.with_name("digests")]).published is False


def test_spelling_is_corrected_from_the_next_update_on(
    library: LibraryStore, grow: BuildReport
) -> None:
    assert correct_spelling(library.open(), "segmentaton").words == "segmentation"
    assert library.rollback().number == grow.generation - 1
    assert library.open().vocabulary is None
    assert correct_spelling(library.open(), "segmentaton").words == "segmentaton"


@pytest.mark.usefixtures("grow")
def test_the_desk_is_kept(library: LibraryStore, capsys: pytest.CaptureFixture[str]) -> None:
    (paper,) = run(capsys, library, "desk")["papers"]
    assert (paper["id"], paper["note"]) == (STARRED, "Try this on our icons.")
    assert paper["starred"]
    (search,) = run(capsys, library, "follow")["searches"]
    assert (search["name"], search["query"]) == ("Video", "video diffusion")


@pytest.mark.usefixtures("grow")
def test_a_rollback_goes_back_to_what_the_older_version_wrote(library: LibraryStore) -> None:
    assert library.open().size == 32
    assert library.rollback().number == 4
    assert library.open().size == 28


def test_edits_are_stored_under_the_new_name_with_the_next_edit(library: LibraryStore) -> None:
    old, new = (library.folder / name for name in (edits.OLD_FILE, edits.FILE))
    assert [edit.topic and edit.topic.label for edit in all_edits(library)] == [
        "Memory of language models",
        "Liver scans",
    ]
    assert old.exists()
    assert not new.exists()
    rename(library, "t1", "Molecules for drugs")
    assert new.exists()
    assert not old.exists()
    assert len(all_edits(library)) == 3
    undo(library, 1)
    labels = {topic.label for topic in library.open().levels[0]}
    assert labels == {"Molecules for drugs", "KV cache", "Liver scans", "text-to-video diffusion"}


def test_a_full_build_keeps_papers_and_edits(library: LibraryStore) -> None:
    digests = library.folder.with_name("digests")
    report = build(library, [digests], BuildOptions(full=True))
    assert (report.papers, report.embedded, report.resting) == (28, 0, 0)
    assert {topic.label for topic in library.open().levels[0]} >= {
        "Memory of language models",
        "Liver scans",
    }
