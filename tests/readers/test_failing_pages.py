"""Mail, pages and notes that were once misread, and what stands in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.readers import Reading, read_digest
from tests.helpers.failing_digests import FOLDER
from tests.helpers.failing_digests import read_failing as read

NOTE = "Placeholder Transformers for Imaginary Tasks"
NOTED = "This invented abstract says nothing of substance but is long enough"


def text_of(reading: Reading) -> str:
    return repr((reading.papers, reading.rejections))


def test_a_scholar_alert() -> None:
    reading = read("google_scholar_alert.eml")
    first, second = reading.papers
    assert first.title == "Placeholder Learning for Repairing Imaginary Bugs"
    assert first.authors == ("J Doe", "R Roe", "E Poe")
    assert (first.date, first.arxiv) == ("2019", "1912.02015")
    assert first.url == "https://arxiv.org/pdf/1912.02015"
    assert first.summary.startswith("Invented snippet of the first paper")
    assert (second.title, second.authors) == ("Second Pretend Recommendation", ("C Moe",))
    assert (second.date, second.url) == ("2019", "https://example.org/doc/2")
    assert {paper.sources[0].date for paper in reading.papers} == {"2019-12-10"}
    for private in ("me@example.com", "ancel alert", "scholar_url", "my alerts"):
        assert private not in text_of(reading)


def test_a_newsletter_with_a_comment_for_outlook() -> None:
    reading = read("newsletter_with_mso_comment.html")
    assert [(p.title, p.arxiv) for p in reading.papers] == [
        ("Placeholder Diffusion is All You Need", "2411.00001"),
        ("Second Pretend Agent", "2411.00002"),
    ]
    assert all(p.abstract.startswith("This invented abstract") for p in reading.papers)


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        (
            "page_cvf.html",
            [
                ("Placeholder Invertible Networks", ("Jane Doe", "Richard Roe")),
                ("Second Pretend Detector", ("Edgar Poe",)),
            ],
        ),
        ("page_dblp.html", [("Placeholder Networks", ("Jane Doe", "Richard Roe"))]),
        (
            "page_arxiv_new.html",
            [
                ("How Placeholders Implement Logic", ("Jane Doe", "Richard Roe")),
                ("Second Pretend Paper", ("Edgar Poe",)),
            ],
        ),
    ],
)
def test_saved_pages(name: str, papers: list[tuple[str, tuple[str, ...]]]) -> None:
    reading = read(name)
    assert [(p.title, p.authors) for p in reading.papers] == papers
    assert reading.rejections == ()


def test_a_listing_has_its_date() -> None:
    reading = read("page_arxiv_new.html")
    assert {(p.date, p.sources[0].date) for p in reading.papers} == {("2024-11-08", "2024-11-08")}


def test_text_copied_from_a_page() -> None:
    reading = read("page_text_reference_links.md")
    assert [p.title for p in reading.papers] == [
        "A placeholder about long recordings",
        "Another placeholder, about short ones",
    ]
    assert all(p.abstract.endswith(("data sets.", "heard.")) for p in reading.papers)


def test_tables_in_folds_and_lists_beside_them() -> None:
    reading = read("awesome_folded_table.md")
    titles = ["Placeholder Attention", "Imaginary Pretraining", "Third Paper", "OPT"]
    assert [p.title for p in reading.papers] == titles
    assert [p.date for p in reading.papers] == ["2017-06", "2018-06", "2019-06", ""]


def test_bold_titles_above_labelled_links() -> None:
    reading = read("awesome_bold_title_then_paper_link.md")
    assert [p.arxiv for p in reading.papers] == [f"2312.0000{number}" for number in range(4)]
    assert reading.papers[0].title.startswith("Placeholder Splatting: Structured Imaginary")
    assert reading.papers[3].title == "Imaginary Backbones for Everything"


def test_notes_are_one_paper_each() -> None:
    (paper,) = read("note_heading_then_sections.md").papers
    assert paper.title == "Placeholder Modeling through Imaginary Equations"
    assert paper.authors == ("Jane Doe", "Richard Roe", "Edgar Poe")
    assert (paper.date, paper.venue, paper.abstract) == ("2021", "ICLR", "")
    for name in ("note_obsidian.md", "note_zotero_md.md"):
        (paper,) = read(name).papers
        assert (paper.title, paper.authors) == (NOTE, ("Jane Doe", "Richard Roe"))
        assert (paper.date, paper.doi) == ("2021", "10.1000/ob.1")
        assert paper.abstract.startswith(NOTED)
        assert paper.abstract.endswith("It ends here.")


def test_labelled_headings_are_fields() -> None:
    reading = read("labelled_headings.md")
    first, second = reading.papers
    assert first.title == "Placeholder networks learn to wait"
    assert first.authors == ("A. Example", "B. Sample", "C. Person")
    assert (first.categories, first.arxiv) == (("cs.LG", "cs.AI"), "2301.00011")
    assert first.abstract.endswith("has already been trained.")
    assert (second.authors, second.categories) == (("D. Nobody",), ("cs.CV",))
    assert second.abstract.startswith("Recognising soup")
    assert second.abstract.endswith("nine times out of ten.")


@pytest.mark.parametrize(
    "path", [path for kind in ("eml", "html", "md") for path in sorted(FOLDER.glob(f"*.{kind}"))]
)
def test_no_title_is_markup(path: Path) -> None:
    for paper in read_digest(path).papers:
        assert not paper.title.startswith(("<", "[", "#", "*", "http"))
