"""Papers from PDFs by their layout."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.errors import DigestError
from explorer.papers.merging import merge_records
from explorer.papers.paper import Paper, Source
from explorer.readers import read_digests, stream_digests_apart
from explorer.readers.pdf_pages import PDF_LIMITS
from explorer.readers.shared.pdf_scan import words_of_table
from explorer.settings import ReadingLimits
from tests.helpers.pdf_files import Run, block, pdf, pdf_of_streams

ABSTRACT = (
    "We ask whether a library of papers can be kept on a map that stays put while others are added "
    "to it. It can, at little cost, and readers find what they saw before."
)
BODY = "Maps of papers are many, and few of them stay where they were when new papers arrive. " * 8
Read = Callable[[bytes], Paper]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(content: bytes, name: str = "paper.pdf") -> Paper:
        path = tmp_path / name
        path.write_bytes(content)
        (reading,) = read_digests(path, limits=ReadingLimits(in_process=True))
        (paper,) = reading.papers
        return paper

    return read


def article(*more: Run, heading: str = "Abstract", doi: str = "") -> list[Run]:
    """Return the first page of an article."""
    return [
        Run("Journal of Maps 12 (2021) 7-19", 200, 40, 8),
        Run("A Map of Papers That Stays", 120, 100, 18, "bold"),
        Run("Where It Was Drawn", 150, 122, 18, "bold"),
        Run("Ada B. Lovell, Ben Okoro and Chloe Marchand", 150, 150, 11),
        Run("Department of Maps, University of Somewhere, Harbour Street 5", 150, 166, 9),
        *([Run(heading, 72, 200, 10, "bold")] if heading else []),
        *block(ABSTRACT, 72, 216, 9),
        Run("Keywords: maps, papers", 72, 260, 9),
        Run("1 Introduction", 72, 290, 12, "bold"),
        *block(BODY, 72, 310, 10),
        *([Run(f"https://doi.org/{doi}", 72, 770, 7)] if doi else []),
        *more,
    ]


def test_an_article_gives_its_fields(read: Read) -> None:
    paper = read(pdf([article(doi="10.1000/own.1")]))
    assert paper.title == "A Map of Papers That Stays Where It Was Drawn"
    assert paper.authors == ("Ada B. Lovell", "Ben Okoro", "Chloe Marchand")
    assert paper.abstract == ABSTRACT
    assert (paper.date, paper.doi, paper.sources[0].line) == ("2021", "10.1000/own.1", 1)


def test_an_abstract_without_a_heading_is_what_is_set_apart(read: Read) -> None:
    assert read(pdf([article(heading="")])).abstract == ABSTRACT


def test_a_cover_is_skipped_and_its_doi_kept(read: Read) -> None:
    cover = [
        Run(
            "See discussions, stats, and author profiles at: www.researchgate.net/publication",
            60,
            60,
        ),
        Run("A Map of Papers That Stays Where It Was Drawn", 60, 120, 18),
        Run("DOI: 10.1000/cover.2", 60, 160, 8),
    ]
    paper = read(pdf([cover, article()]))
    assert (paper.sources[0].line, paper.doi, paper.abstract) == (2, "10.1000/cover.2", ABSTRACT)


@pytest.mark.parametrize(
    "other",
    [
        Run("[3] D. Other, Maps, 2019, doi:10.1000/cited.9", 72, 640, 8),
        Run("Our data are at https://doi.org/10.5281/zenodo.123456", 72, 640, 9),
        Run("as shown before (Other 2019, 10.1000/cited.9) for other maps", 72, 640, 10),
    ],
)
def test_a_doi_of_others_is_not_the_papers(read: Read, other: Run) -> None:
    assert read(pdf([article(other)])).doi == ""


def test_arxivs_stamp_gives_id_and_date_and_other_ids_do_not(read: Read) -> None:
    stamp = Run("arXiv:2401.00001v2  [cs.DL]  3 Jan 2024", 30, 560, 20, turned=True)
    paper = read(pdf([article(stamp)]))
    assert (paper.arxiv, paper.date) == ("2401.00001", "2024-01-03")
    assert read(pdf([article(Run("See arXiv:2301.00009 for more", 72, 640, 10))])).arxiv == ""


def test_a_record_is_surer_than_a_layout() -> None:
    layout = Paper("A MAP OF PAPERS", "Longer. " * 9, ("A",), sources=(Source("a.pdf", 1),))
    record = Paper("A Map of Papers", "Short.", ("Ada",), "2021", sources=(Source("b.bib", 1),))
    merged = merge_records([layout, record])
    assert (merged.title, merged.abstract, merged.authors) == (
        "A Map of Papers",
        "Short.",
        ("Ada",),
    )
    bare = merge_records([layout, Paper("A Map of Papers", sources=(Source("b.bib", 1),))])
    assert (bare.title, bare.abstract) == ("A Map of Papers", layout.abstract)


def test_a_scan_is_refused_with_advice_or_named_by_its_file(tmp_path: Path) -> None:
    scan = pdf_of_streams([b"0 0 100 100 re f"])
    path = tmp_path / "scan.pdf"
    path.write_bytes(scan)
    with pytest.raises(DigestError, match="scan without text"):
        read_digests(path, limits=ReadingLimits(in_process=True))
    named = tmp_path / "Lovell - 2021 - A Map of Papers.pdf"
    named.write_bytes(scan)
    (reading,) = read_digests(named, limits=ReadingLimits(in_process=True))
    assert [(p.title, p.authors, p.date) for p in reading.papers] == [
        ("A Map of Papers", ("Lovell",), "2021")
    ]
    assert "only its title" in reading.rejections[0].reason


def test_tesseracts_words_get_places_in_points() -> None:
    head = "level page_num block_num par_num line_num word_num left top width height conf text"
    rows = ["5 1 1 1 1 1 100 200 50 20 96 Maps", "5 1 1 1 1 2 160 200 50 20 9 x"]
    (word,) = words_of_table("\n".join(row.replace(" ", "\t") for row in [head, *rows]), 0.5)
    assert (word.text, word.x0, word.y0, word.x1, word.size) == ("Maps", 50, 100, 75, 10)


def test_five_thousand_pages_cost_the_first_ones(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(pdf([article(), *[[Run("More", 72, 72)]] * 4_999]))
    (reading,) = read_digests(path, limits=PDF_LIMITS, streams=stream_digests_apart)
    assert reading.papers[0].abstract == ABSTRACT


def test_damaged_objects_are_refused_or_read(tmp_path: Path) -> None:
    chance, whole = random.Random(28), pdf([article(doi="10.1000/own.1")], {"Title": "A"})
    outcomes = set()
    for number in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            place = chance.randrange(len(damaged))
            match chance.randrange(3):
                case 0:
                    damaged[place] = chance.randrange(256)
                case 1:
                    del damaged[place : place + chance.randrange(40)]
                case _:
                    damaged[place:place] = damaged[: chance.randrange(200)]
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(bytes(damaged))
        try:
            readings = read_digests(path, limits=PDF_LIMITS, streams=stream_digests_apart)
            outcomes.add(bool(readings[0].papers))
        except DigestError as error:
            assert error.what and "exit code" not in error.what
            outcomes.add(False)
    assert outcomes == {True, False}
