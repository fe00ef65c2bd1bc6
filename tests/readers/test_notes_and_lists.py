"""Notes on papers and reference lists, in the dialects of several programs and styles."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest

from explorer.errors import DigestError
from explorer.readers import load_reader, read_digest, read_digests
from explorer.readers.contract import Digest
from explorer.readers.opening import open_digests
from explorer.settings import ReadingLimits
from tests.helpers.reading import one
from tests.helpers.reading import read as read_text

ABSTRACT = (
    "We study how notes are read. Readers skim titles first and open few of them, which a simple "
    "model of attention explains well on three invented logs."
)


read = partial(read_text, name="note.md")


def test_callouts_with_dataview_fields(tmp_path: Path) -> None:
    text = """
        ---
        cssclass: research-note
        title: "Stable Maps"
        ---
        > [!Cite]
        > Lovelace, Ada. 2021. "Stable Maps."

        >[!md]
        > **FirstAuthor**:: Lovelace, Ada
        > **Author**:: Babbage, Charles
        > **Title**:: Stable Maps of Science
        > **Year**:: 2021
        > **Citekey**:: lovelace2021
        > **Journal**:: *Journal of Maps*
        > **DOI**:: 10.1000/maps.1

        > [!Abstract]
        >
        > We draw maps
        > that stay.

        # Notes
        My own words.
        """
    paper = one(read(tmp_path, text, "property-notes"))
    assert (paper.title, paper.abstract) == ("Stable Maps of Science", "We draw maps that stay.")
    assert paper.authors == ("Lovelace, Ada", "Babbage, Charles")
    assert (paper.date, paper.venue, paper.doi) == ("2021", "Journal of Maps", "10.1000/maps.1")


def test_a_heading_is_the_title_of_properties(tmp_path: Path) -> None:
    text = """
        # Stable Maps

        - authors:: Ada Lovelace; Charles Babbage
        - year:: 2021
        - url:: https://arxiv.org/abs/2101.00001
        - **Abstract:**
          - We draw maps.
        # Second Maps
        - authors:: Mary Somerville
        - year:: 2022
        """
    first, second = read(tmp_path, text, "property-notes").papers
    assert (first.title, first.arxiv, first.abstract) == (
        "Stable Maps",
        "2101.00001",
        "We draw maps.",
    )
    assert first.authors == ("Ada Lovelace", "Charles Babbage")
    assert (second.title, second.authors, second.sources[0].line) == (
        "Second Maps",
        ("Mary Somerville",),
        8,
    )


def test_properties_of_other_pages_are_reported(tmp_path: Path) -> None:
    text = """
        title:: Stable Maps
        authors:: Ada Lovelace
        year:: 2021

        - title:: Groceries
          type:: list
        """
    reading = read(tmp_path, text, "property-notes")
    assert [p.title for p in reading.papers] == ["Stable Maps"]
    assert [(r.line, r.reason) for r in reading.rejections] == [(5, "a note that names no paper")]


@pytest.mark.parametrize("text", ["std::vector<int> a;\nfoo::bar\n", "ratio 3::4\n", "a:: b\n"])
def test_other_texts_with_double_colons(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.txt"
    path.write_text(text)
    (digest,) = open_digests(path, "other.txt", ReadingLimits())
    assert isinstance(digest, Digest)
    assert load_reader("property-notes").recognises(digest) == 0


@pytest.mark.parametrize(
    "authors",
    [
        'authors: ["[[Ada Lovelace]]", "[[Charles Babbage|C. Babbage]]"]',
        "authors:\n  - [[Ada Lovelace]]\n  - [[C. Babbage]]",
        'author: "[[Ada Lovelace]], [[C. Babbage]]"',
        "authors: Ada Lovelace, C. Babbage",
    ],
)
@pytest.mark.parametrize(
    "abstract", ["> [!abstract]\n> TEXT", "## Abstract\n\nTEXT", "> [!abstract]-\n> TEXT"]
)
def test_front_matter_of_notes(tmp_path: Path, authors: str, abstract: str) -> None:
    below = abstract.replace("TEXT", ABSTRACT)
    text = f"---\ncitekey: lovelace2021\n{authors}\nyear: 2021\n---\n\n# Stable Maps\n\n{below}\n"
    path = tmp_path / "note.md"
    path.write_text(text)
    paper = one(read_digest(path))
    assert (paper.title, paper.date, paper.abstract) == ("Stable Maps", "2021", ABSTRACT)
    assert [name.split()[-1] for name in paper.authors] == ["Lovelace", "Babbage"]


@pytest.mark.parametrize("section", ["Metadata", "Info", "信息", "Bibliography"])
@pytest.mark.parametrize("mark", ["- **{}:** {}", "{}: {}", "**{}**: {}", "* {}: {}"])
def test_headings_of_sections_are_no_titles(tmp_path: Path, section: str, mark: str) -> None:
    fields = {
        "Authors": "Ada Lovelace, Charles Babbage",
        "Year": "NeurIPS 2021",
        "DOI": "10.1000/maps.1",
    }
    lines = "\n".join(mark.format(name, value) for name, value in fields.items())
    matter = f"# Stable Maps\n\n## {section}\n\n{lines}\n\n"
    text = f"{matter}## Abstract\n\n{ABSTRACT}\n\n## Notes\nNone.\n"
    path = tmp_path / "note.md"
    path.write_text(text)
    paper = one(read_digest(path))
    assert (paper.title, paper.abstract) == ("Stable Maps", ABSTRACT)
    assert paper.authors == ("Ada Lovelace", "Charles Babbage")
    assert (paper.date, paper.venue, paper.doi) == ("2021", "NeurIPS", "10.1000/maps.1")


def test_bold_titles_with_other_papers_than_arxivs(tmp_path: Path) -> None:
    text = """
        # Topic

        **A Title: With Colon**

        - Paper: https://openaccess.example/a.pdf
        - Code: https://github.com/a/b

        **Second Title**
        * Homepage: https://a.example
        * Paper: [https://arxiv.org/abs/2401.00002](https://arxiv.org/abs/2401.00002)

        **Just a remark in bold**

        Some words below it.
        """
    first, second = read(tmp_path, text, "markdown-digest").papers
    assert (first.title, first.url) == ("A Title: With Colon", "https://openaccess.example/a.pdf")
    assert (second.title, second.arxiv) == ("Second Title", "2401.00002")


def test_a_fold_around_a_list_is_no_paper(tmp_path: Path) -> None:
    text = """
        <details><summary>Some Group</summary>

        - [Stable Maps of Science](https://arxiv.org/abs/2401.00001)
        - [Second Maps](https://arxiv.org/abs/2401.00002)

        </details>
        """
    reading = read(tmp_path, text, "markdown-list")
    assert [p.title for p in reading.papers] == ["Stable Maps of Science", "Second Maps"]


STYLES = {
    "apa": (
        "Lovelace, A., & Babbage, C. J. (2021). Stable maps of science: A survey. Journal of Maps, "
        "3(2), 1-10. https://doi.org/10.1000/maps.1",
        ("Lovelace, A.", "Babbage, C. J."),
        "Journal of Maps",
    ),
    "ieee": (
        '[1] A. Lovelace and C. J. Babbage, "Stable maps of science: A survey," J. Maps, vol. 3, '
        "no. 2, pp. 1-10, Mar. 2021, doi: 10.1000/maps.1.",
        ("A. Lovelace", "C. J. Babbage"),
        "J. Maps",
    ),
    "vancouver": (
        "1. Lovelace A, Babbage CJ. Stable maps of science: A survey. J Maps. 2021;3(2):1-10. "
        "doi:10.1000/maps.1",
        ("Lovelace A", "Babbage CJ"),
        "J Maps",
    ),
    "mla": (
        "Lovelace, Ada, and Charles Babbage. “Stable Maps of Science: A Survey.” Journal of Maps, "
        "vol. 3, no. 2, 2021, pp. 1-10, https://doi.org/10.1000/maps.1.",
        ("Lovelace, Ada", "Charles Babbage"),
        "Journal of Maps",
    ),
    "acm": (
        "Ada Lovelace and Charles Babbage. 2021. Stable Maps of Science: A Survey. In Proceedings "
        "of the Maps Conference (MC '21). ACM, 1-10. https://doi.org/10.1000/maps.1",
        ("Ada Lovelace", "Charles Babbage"),
        "Proceedings of the Maps Conference",
    ),
    "gb/t 7714": (
        "[1] LOVELACE A, BABBAGE C. Stable maps of science: A survey[J]. Journal of Maps, 2021, "
        "3(2): 1-10. DOI:10.1000/maps.1.",
        ("LOVELACE A", "BABBAGE C"),
        "Journal of Maps",
    ),
}


@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.parametrize("style", STYLES)
def test_reference_lists(tmp_path: Path, style: str, between: str) -> None:
    citation, authors, venue = STYLES[style]
    second = citation.replace("maps.1", "maps.2").replace("Stable", "Second").replace("[1]", "[2]")
    reading = read(
        tmp_path, f"References\n\n{citation}{between}{second}\n", "citation-list", name="list.txt"
    )
    assert [p.title.lower() for p in reading.papers] == [
        "stable maps of science: a survey",
        "second maps of science: a survey",
    ]
    assert {(p.authors, p.date, p.venue) for p in reading.papers} == {(authors, "2021", venue)}
    assert [p.doi for p in reading.papers] == ["10.1000/maps.1", "10.1000/maps.2"]
    assert reading.rejections == ()


def test_wrapped_references_and_what_is_none(tmp_path: Path) -> None:
    text = """
        [1] A. Lovelace and C. Babbage, "Stable maps of science,"
        arXiv preprint arXiv:2101.00001,
        2021.
        [2] 张三, 李四, 等. 虚构网络的等待行为[J]. 示例学报, 2020, 5(1): 1-9.
        [3] This entry is only a remark about nothing in particular.
        """
    reading = read(tmp_path, text, "citation-list", name="list.txt")
    first, second = reading.papers
    assert (first.title, first.arxiv, first.venue) == (
        "Stable maps of science",
        "2101.00001",
        "arXiv preprint arXiv:2101.00001",
    )
    assert (second.title, second.authors, second.venue) == (
        "虚构网络的等待行为",
        ("张三", "李四"),
        "示例学报",
    )
    assert [r.line for r in reading.rejections] == [5]


@pytest.mark.parametrize(
    "text",
    [
        f"Stable Maps\n\n{ABSTRACT}\n\nSecond Maps\n\n{ABSTRACT}\n",
        "Dear Ada,\n\nin the summer of (2021) we met.\n\nYours,\nCharles\n",
        'He said, "let us go," in 2021. She said, "no," in 2022.\n\n'
        'They stayed, "at home," 2023.\n',
    ],
)
def test_prose_is_no_reference_list(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prose.txt"
    path.write_text(text)
    (digest,) = open_digests(path, "prose.txt", ReadingLimits())
    assert isinstance(digest, Digest)
    assert load_reader("citation-list").recognises(digest) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("property-notes", "title:: A Title\nauthors:: A B\n"),
        ("citation-list", f"{STYLES['apa'][0]}\n\n{STYLES['apa'][0]}\n\n"),
        ("markdown-digest", "# T\n\n**A Title**\n\n- Paper: https://arxiv.org/abs/2401.00001\n"),
        ("front-matter", "---\ntitle: A\ncitekey: a\nauthors: "),
        ("markdown-table", "|Title|PDF|\n|---|---|\n|A B|https://arxiv.org/abs/2401.00001|\n\n- "),
    ],
)
@pytest.mark.parametrize(
    "unit",
    ["[[", "a:: b\n", "A, B., ", "**a**\n\n", "[1] ", '"', "A. ", "> [!", "::", "- [x](y)\n"],
)
def test_hostile_repetition_is_read_in_seconds(
    tmp_path: Path, name: str, beginning: str, unit: str
) -> None:
    path = tmp_path / "hostile.md"
    path.write_text(beginning + unit * 20_000)
    (digest,) = open_digests(path, "hostile.md", ReadingLimits())
    assert isinstance(digest, Digest)
    started = time.process_time()
    load_reader(name).recognises(digest)
    try:
        list(load_reader(name).read(digest))
        read_digests(path)
    except DigestError:
        pass
    assert time.process_time() - started < 60  # minutes, if the cost grew with the square
