"""Digests from the wild that were once read wrongly: records without their first fields, texts of
unknown kinds, impure encodings.

They lie beside the project, not in it; without them these tests are skipped.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from explorer.errors import DigestError
from explorer.readers import digest_files, read_digests
from tests.helpers.failing_digests import failing_digest
from tests.helpers.failing_digests import read_failing as read


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        (
            "eric_no_pmid.nbib",
            ["Placeholder tests in imaginary schools", "Second pretend test"],
        ),
        (
            "ris_without_TY.ris",
            ["Placeholder studies of imaginary things", "Second pretend study"],
        ),
        ("endnote_no_key.bib", ["Placeholder studies of imaginary things"]),
    ],
)
def test_records_without_their_first_field_are_read(name: str, titles: list[str]) -> None:
    reading = read(name)
    assert [paper.title for paper in reading.papers] == titles
    assert all(len(paper.abstract) > 50 for paper in reading.papers)
    assert reading.rejected == 0


def test_blank_lines_part_records_of_nbib() -> None:
    reading = read("nbib_blank_line_between.txt")
    assert ["bees" in paper.abstract for paper in reading.papers] == [True, True]
    assert ["wasps" in paper.abstract for paper in reading.papers] == [False, True]
    assert [(r.line, r.reason) for r in reading.rejections] == [(12, "no title")]


@pytest.mark.parametrize("name", ["mods_collection.xml", "dblp.xml", "papis_info.yaml"])
def test_documents_are_read_or_refused_by_name(name: str) -> None:
    kind = Path(name).suffix.removeprefix(".").upper()
    try:
        reading = read(name)
    except DigestError as refusal:
        assert f"{kind} of a kind that is not known" in refusal.what
    else:
        assert all(paper.title[:1].isalpha() for paper in reading.papers)
        assert len(reading.papers) == (2 if name == "dblp.xml" else 1)


def test_a_stray_byte_spoils_one_character() -> None:
    reading = read("one_stray_byte_in_utf8.bib")
    assert [paper.title for paper in reading.papers] == [f"Café placeholder {n}" for n in range(6)]
    assert {paper.authors for paper in reading.papers} == {("Müller, J",)}
    assert all("naïve" in paper.abstract for paper in reading.papers)
    assert "’number 5" in reading.papers[-1].abstract
    assert "line 34" in reading.recognition.remark


def test_a_name_that_is_not_utf_8_is_read(tmp_path: Path) -> None:
    subprocess.run(["sh", failing_digest("MAKE_latin1_name.sh"), tmp_path], check=True)
    ((name, path),) = digest_files([tmp_path])
    assert name == "caf\ufffd.jsonl"
    assert [len(reading.papers) for reading in read_digests(path, name)] == [1]


def test_a_ragged_row_is_reported() -> None:
    reading = read("ragged_row.csv")
    assert [paper.title for paper in reading.papers] == ["Placeholder B"]
    assert [r.line for r in reading.rejections] == [2]
