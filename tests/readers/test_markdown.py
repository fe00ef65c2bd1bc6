"""Markdown and HTML digests: dialects, what is reported, hostile input and the real files."""

from __future__ import annotations

import json
import time
from html import escape
from pathlib import Path

import pytest

from explorer.papers.dates import date_within
from explorer.readers import load_reader, open_digests, read_digest
from explorer.readers.contract import Digest
from explorer.readers.shared.markdown_inline import (
    inline,
    markdown_date,
    names,
    reference,
    unnumbered,
)
from explorer.settings import ReadingLimits
from tests.helpers.corpus import ROOT
from tests.helpers.reading import one, read

REAL = ROOT.parent / "shared" / "data" / "digests"
OURS = ("front-matter", "markdown-digest", "markdown-list", "markdown-table", "saved-html")
ABSTRACT = (
    "We study how daily papers are read. Readers skim titles first and open few abstracts, which "
    "a simple model of attention explains well on three public logs, and we give "
    "them all away, together with the code that reads them and a page on which they can be seen."
)


@pytest.mark.parametrize(
    ("markdown", "text", "addresses"),
    [
        ("**Bold** and *light* `code`", "Bold and light code", ()),
        ("$a_i*b_j*c$ and x_1, y_2", "$a_i*b_j*c$ and x_1, y_2", ()),
        ("[**T**](https://a.org/(b)) ![x](y)", "T", ("https://a.org/(b)",)),
        ("[[pdf](https://a.org/b)]", "[pdf]", ("https://a.org/b",)),
        ("CO<sub>2</sub> &amp; <b>R</b>&D<br>x", "CO<sub>2</sub> & R&D x", ()),
        ("see https://a.org/b.", "see https://a.org/b.", ("https://a.org/b",)),
        ("``so'' `it's", "``so'' `it's", ()),
    ],
)
def test_inline_markdown_reads_as_it_shows(
    markdown: str, text: str, addresses: tuple[str, ...]
) -> None:
    assert inline(markdown) == (text, inline(markdown).links)
    assert inline(markdown).addresses == addresses


def test_small_parts_of_markdown_digests() -> None:
    assert unnumbered("12. A Title ⭐ 66") == "A Title"
    assert unnumbered("3D Maps in 2 Steps") == "3D Maps in 2 Steps"
    assert names("Ada Lovelace,C. Babbage, and Mary Somerville et.al.") == (
        "Ada Lovelace",
        "C. Babbage",
        "Mary Somerville",
    )
    assert date_within("Updated on 2026.06.29") == markdown_date("2026.06.29") == "2026-06-29"
    assert date_within("Last Updated: August 22, 2026") == "2026-08-22"
    known = reference(
        ["https://dl.acm.org/doi/10.1145/1.2", "https://aclanthology.org/2024.acl-1.3/"]
    )
    assert (known.doi, known.others) == ("10.1145/1.2", ("acl:2024.acl-1.3",))


def test_table_columns_are_recognised_by_their_headings(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        """
        | **Title** | **Date** | **Abstract** | **Comment** |
        | --- | --- | --- | --- |
        | **[Stable Maps](http://arxiv.org/abs/2409.00001v1)** | 2024-09-01 | ABSTRACT | 9 pages |

        Date | Keywords | Paper | Publication
        :-: | --- | --- | ---:
        2017-06 | maps | [Old Maps](https://arxiv.org/abs/1706.00001) | NeurIPS
        """.replace(
            "ABSTRACT",
            r"<details><summary>Show</summary><p>We draw maps \| trees.</p></details>",
        ),
        "markdown-table",
    )
    first, second = reading.papers
    assert (first.title, first.abstract) == ("Stable Maps", "We draw maps | trees.")
    assert (first.date, first.arxiv) == ("2024-09-01", "2409.00001")
    assert (second.title, second.date, second.venue) == ("Old Maps", "2017-06", "NeurIPS")
    assert second.keywords == ("maps",)
    assert second.sources[0].line == 7


def test_table_cell_with_title_and_authors(tmp_path: Path) -> None:
    paper = one(
        read(
            tmp_path,
            """
            | Title & Authors | Introduction | Links |
            |:--|:--|:--|
            |BADGE<br>LINK <br> Ada Lovelace, Charles Babbage |<img src="a.png">|[Paper](x)|
            """.replace(
                "BADGE", "[![Star](https://img.shields.io/x)](https://github.com/a/b)"
            ).replace("LINK", "[**Stable Maps**](https://arxiv.org/abs/2409.00001)"),
            "markdown-table",
        )
    )
    assert paper.title == "Stable Maps"
    assert paper.authors == ("Ada Lovelace", "Charles Babbage")


@pytest.mark.parametrize(
    ("heading", "date"),
    [
        ("Top ML Papers of the Week (June 23 - June 29) - 2025", "2025-06-29"),
        ("Top ML Papers of the Week (December 30 - January 5) - 2025", "2025-01-05"),
        ("Top ML Papers of the Week (Feb 20-26)", "XXXX-02-26"),
        ("Jan 30-Feb 5", "XXXX-02-05"),
        ("2025-06-09", "2025-06-09"),
    ],
)
def test_headings_date_the_tables_below(tmp_path: Path, heading: str, date: str) -> None:
    table = "|Paper|Links|\n|---|---|\n|1) **Maps** - are drawn at last|[Paper](https://arxiv.org/abs/2401.00001)|"
    paper = one(read(tmp_path, f"## {heading}\n{table}\n", "markdown-table"))
    assert paper.sources[0].date == date
    assert (paper.summary, paper.abstract) == ("are drawn at last", "")


def test_table_rows_that_are_no_papers_are_reported(tmp_path: Path) -> None:
    prose = "words " * 60
    reading = read(
        tmp_path,
        f"""
        |Paper|Links|
        |---|---|
        |1) **Stable Maps** - draws them very well|[Paper](https://arxiv.org/abs/2401.00001)|
        |2) |[Paper](https://arxiv.org/abs/2401.00002)|
        |3) {prose}|[Paper](https://arxiv.org/abs/2401.00003)|
        | | |
        """,
        "markdown-table",
    )
    assert [(r.line, r.reason) for r in reading.rejections] == [
        (4, "no title"),
        (5, "a table cell without a clear end of the title"),
    ]
    assert len(reading.papers) == 1


def test_tables_of_other_things_are_left_to_others(tmp_path: Path) -> None:
    path = tmp_path / "models.md"
    path.write_text("|Model|Title|\n|---|---|\n|BERT|large|\n\nSome words below.\n")
    (digest,) = open_digests(path, "models.md", ReadingLimits())
    assert isinstance(digest, Digest)
    assert [name for name in OURS if load_reader(name).recognises(digest)] == []


def test_digest_fields_have_many_names(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        f"""
        # arXiv today (June 9, 2025)

        ## 1. [Stable Maps](https://arxiv.org/abs/2506.00001)

        - **Authors:** Ada Lovelace, Charles Babbage
        - **Published:** 2025-06-08
        - **Categories:** cs.HC, cs.LG
        - **Comments:** 9 pages

        **Abstract**

        First half.

        Second half.

        ## Paper 2
        **Title:** Reading Lists
        **摘要**：{ABSTRACT}
        **Link:** https://arxiv.org/abs/2506.00002

        ## [Quotes](https://arxiv.org/abs/2506.00003)
        > {ABSTRACT}

        ```
        ## [Not a paper](https://arxiv.org/abs/2506.00004)
        ```
        """,
        "markdown-digest",
    )
    first, second, third = reading.papers
    assert first.title == "Stable Maps"
    assert first.authors == ("Ada Lovelace", "Charles Babbage")
    assert (first.date, first.categories) == ("2025-06-08", ("cs.HC", "cs.LG"))
    assert first.abstract == "First half. Second half."
    assert first.sources[0].date == "2025-06-09"
    assert (second.title, second.abstract) == ("Reading Lists", ABSTRACT)
    assert second.arxiv == "2506.00002"
    assert (third.title, third.abstract, third.summary) == ("Quotes", ABSTRACT, "")
    assert reading.rejections == ()


def test_what_someone_wrote_about_a_paper_is_no_abstract(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        f"""
        ### [A](https://arxiv.org/abs/2506.00001)
        **TL;DR:** {ABSTRACT}
        ### [B](https://arxiv.org/abs/2506.00002)
        **Abstract:** {ABSTRACT}..
        ### [C](https://arxiv.org/abs/2506.00003)
        **Abstract:** No abstract available.
        """,
        "markdown-digest",
    )
    assert [paper.abstract for paper in reading.papers] == ["", "", ""]
    assert [bool(paper.summary) for paper in reading.papers] == [True, True, False]


def test_digest_without_a_title_is_reported(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        f"""
        ### [A](https://arxiv.org/abs/2506.00001)
        Abstract: {ABSTRACT}
        ### [...](https://arxiv.org/abs/2506.00002)
        Abstract: {ABSTRACT}
        """,
        "markdown-digest",
    )
    assert [(r.line, r.reason) for r in reading.rejections] == [(3, "no title")]


def test_lists_pass_over_what_is_no_paper(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        """
        # Awesome
        - [Papers](#papers)
        * **A Title: With Colon** [[paper](https://openreview.net/forum?id=abcDEF123)]
        - [2023/05] **Another**. Ada Lovelace et al. [[arXiv](https://arxiv.org/abs/2305.00001)]
        - [Tool](https://github.com/a/b)
        - **[...](https://arxiv.org/abs/2305.00002)**
        """,
        "markdown-list",
    )
    first, second = reading.papers
    assert (first.title, first.other_ids) == ("A Title: With Colon", ("openreview:abcDEF123",))
    assert (second.title, second.authors, second.date) == ("Another", ("Ada Lovelace",), "2023-05")
    assert [(r.line, r.reason) for r in reading.rejections] == [(6, "no title")]


def test_front_matter_in_other_words(tmp_path: Path) -> None:
    hugo = one(
        read(
            tmp_path,
            """
            ---
            title: "Stable Maps"
            authors: [ada, Charles Babbage]
            publication_types: ["1"]
            publication: "*In NeurIPS*"
            publishDate: 2021-01-02T00:00:00Z
            doi: 10.1000/xyz
            tags: [maps]
            links:
            - name: arXiv
              url: https://arxiv.org/abs/2101.00001
            ---

            ## Abstract
            We draw maps.
            """,
            "front-matter",
        )
    )
    assert (hugo.venue, hugo.date, hugo.doi) == ("In NeurIPS", "2021-01-02", "10.1000/xyz")
    assert (hugo.arxiv, hugo.keywords) == ("2101.00001", ("maps",))
    assert hugo.abstract == "We draw maps."
    toml = '+++\ntitle = "Maps"\nabstract = "Drawn."\ndate = 2021-01-02\n+++\n'
    paper = one(read(tmp_path, toml, "front-matter"))
    assert (paper.title, paper.abstract, paper.date) == ("Maps", "Drawn.", "2021-01-02")


@pytest.mark.parametrize(
    ("matter", "reason"),
    [
        ("title: x\nabstract: 'a", "the front matter is not valid YAML"),
        ("title: ''\nabstract: a", "no title"),
        ("a: &a [1,1]\nb: [*a,*a]\ntitle: x\nabstract: *a", "the front matter is not valid YAML"),
        ("title: x\nabstract: " + "[" * 5000, "the front matter is not valid YAML"),
        ("title: x\nabstract: |\n" + "  words\n" * 200_000, "front matter of more than"),
        ("title: !!python/object/apply:os.system [ls]\nabstract: x", "no title"),
    ],
    ids=["torn", "untitled", "aliases", "deep", "endless", "object"],
)
def test_front_matter_that_cannot_be_read_is_reported(
    tmp_path: Path, matter: str, reason: str
) -> None:
    reading = read(tmp_path, f"---\n{matter}\n---\nText.\n", "front-matter")
    (rejection,) = reading.rejections
    assert rejection.line == 1
    assert rejection.reason.startswith(reason)
    assert reading.papers == ()


def test_front_matter_of_pages_and_posts_is_left_to_others(tmp_path: Path) -> None:
    for matter in (
        "url: https://huggingface.co/papers\nretrieved: 2026-10-02\ntitle: Daily Papers",
        "layout: default\ntitle: 2024-06-21\npermalink: /2024-06-21/",
        "title: My Holidays\ndate: 2024-06-21\ntags: [sea]",
    ):
        path = tmp_path / "page.md"
        path.write_text(f"---\n{matter}\n---\n\nHere are some words.\n", encoding="utf-8")
        (digest,) = open_digests(path, "page.md", ReadingLimits())
        assert isinstance(digest, Digest)
        assert load_reader("front-matter").recognises(digest) == 0


LISTING = """
<!DOCTYPE html><html><head><title>Computation and Language</title></head><body>
<h3>Showing new listings for Monday, 9 June 2025</h3>
<dl id='articles'><h3>New submissions (showing 2 of 2 entries)</h3>
<dt><a name='item1'>[1]</a> <a href ="/abs/2506.05555" id="2506.05555">arXiv:2506.05555</a>
[<a href="/pdf/2506.05555">pdf</a>]</dt>
<dd><div class='meta'><div class='list-title mathjax'><span class='descriptor'>Title:</span>
 A Study of $p(x|y)$ &lt; 3</div>
<div class='list-authors'><a href="x">Ada Lovelace</a>, <a href="y">Charles Babbage</a></div>
<div class='list-comments mathjax'><span class='descriptor'>Comments:</span> 12 pages</div>
<div class='list-subjects'><span class='descriptor'>Subjects:</span>
<span>Computation and Language (cs.CL)</span>; Artificial Intelligence (cs.AI)</div>
<p class='mathjax'> We study things. </p></div></dd>
<dt><a href="/abs/2506.05556">arXiv:2506.05556</a></dt>
<dd><div class='list-title mathjax'><span class='descriptor'>Title:</span> Second</div></dd>
</dl></body></html>
"""


def test_arxiv_listing(tmp_path: Path) -> None:
    reading = read(tmp_path, LISTING, "saved-html")
    first, second = reading.papers
    assert (first.title, first.abstract) == ("A Study of $p(x|y)$ < 3", "We study things.")
    assert first.authors == ("Ada Lovelace", "Charles Babbage")
    assert first.categories == ("cs.CL", "cs.AI")
    assert (first.arxiv, first.sources[0].line) == ("2506.05555", 4)
    assert first.sources[0].date == "2025-06-09"
    assert (second.title, second.abstract, second.sources[0].line) == ("Second", "", 13)
    assert reading.rejections == ()


def test_page_of_one_paper_has_citation_fields(tmp_path: Path) -> None:
    paper = one(
        read(
            tmp_path,
            """
            <html><head><meta name="citation_title" content="Stable Maps"/>
            <meta name="citation_author" content="Lovelace, Ada"/>
            <meta name="citation_author" content="Babbage, C."/>
            <meta name="citation_date" content="2025/06/05"/>
            <meta name="citation_arxiv_id" content="2506.05555"/></head>
            <body><h1>Menu</h1><blockquote class="abstract mathjax">
            <span class="descriptor">Abstract:</span>We draw.</blockquote></body></html>
            """,
            "saved-html",
        )
    )
    assert (paper.title, paper.abstract, paper.date) == ("Stable Maps", "We draw.", "2025-06-05")
    assert paper.authors == ("Lovelace, Ada", "Babbage, C.")
    assert paper.arxiv == "2506.05555"


def test_records_that_a_page_carries_for_its_script(tmp_path: Path) -> None:
    record = {
        "paper": {
            "id": "2506.00001",
            "title": "Stable Maps",
            "summary": ABSTRACT,
            "authors": [{"name": "Ada Lovelace"}],
            "publishedAt": "2025-06-08T00:00:00.000Z",
        }
    }
    props = escape(json.dumps({"dailyPapers": [record, {"paper": {"id": "2506.00002"}}]}))
    text = f'<html><body>\n<div data-props="{props}"><h3>Stable Maps</h3></div></body></html>'
    reading = read(tmp_path, text, "saved-html", "2025-06-09.html")
    (paper,) = reading.papers
    assert (paper.title, paper.abstract, paper.arxiv) == ("Stable Maps", ABSTRACT, "2506.00001")
    assert (paper.authors, paper.date) == (("Ada Lovelace",), "2025-06-08")
    assert paper.sources[0].date == "2025-06-09"
    assert [(r.line, r.reason) for r in reading.rejections] == [(2, "no title")]


def test_html_entities_of_a_document_are_not_expanded(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        f"""
        <!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>
        <html><body><h2>Stable &b; Maps</h2><p>{ABSTRACT}</p></body></html>
        """,
        "saved-html",
    )
    assert [paper.title for paper in reading.papers] == ["Stable &b; Maps"]


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("unit", ["[a](http://", "<a ", "**a ", "*a ", "| ", "A Ba, ", "<!--", "["])
def test_hostile_repetition_takes_no_time(tmp_path: Path, name: str, unit: str) -> None:
    beginnings = {
        "front-matter": "---\ntitle: x\nabstract: x\n---\n",
        "markdown-digest": "### [x](http://arxiv.org/abs/2401.00001)\n",
        "markdown-list": "- ",
        "markdown-table": "|Title|PDF|\n|---|---|\n|",
        "saved-html": "<html><p>",
    }
    path = tmp_path / "hostile"
    path.write_text(beginnings[name] + unit * (100_000 // len(unit)))
    (digest,) = open_digests(path, "hostile", ReadingLimits())
    assert isinstance(digest, Digest)
    started = time.process_time()
    load_reader(name).recognises(digest)
    list(load_reader(name).read(digest))
    assert time.process_time() - started < 3


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason=f"the collected digests are not at {REAL}")
@pytest.mark.parametrize(
    ("file", "format_", "papers", "abstracts", "summaries", "rejections", "last"),
    [
        ("ml_papers_of_the_week/README.md", "markdown-table", 1300, 0, 1292, 0, 2141),
        (
            "arxiv_daily_readme_noabs/cv-arxiv-daily_README.md",
            "markdown-table",
            9312,
            0,
            0,
            0,
            9366,
        ),
        ("arxiv_daily_readme_noabs/cv-arxiv-daily_wechat.md", "markdown-list", 839, 0, 0, 0, 885),
        ("arxiv_daily_jsonl/2026-01-01.md", "markdown-digest", 148, 148, 148, 0, 3411),
        ("hf_daily_markdown/AtharvaDomale_README.md", "markdown-digest", 26, 0, 22, 0, 455),
        ("hf_daily_markdown/InMatrix_2024-06-21_index.md", "markdown-digest", 15, 0, 15, 0, 103),
        ("hf_daily_markdown/InMatrix_2025-05-30_index.md", "markdown-digest", 9, 0, 9, 0, 67),
        ("hf_daily_markdown/InMatrix_2026-08-14_index.md", "markdown-digest", 14, 0, 14, 0, 97),
        ("hf_daily_markdown/InMatrix_2406.11912.md", "front-matter", 1, 0, 1, 0, 1),
        ("pmlr_frontmatter_md/2021-07-08-alves21a.md", "front-matter", 1, 1, 0, 0, 1),
        ("pmlr_frontmatter_md/2021-07-08-benz21a.md", "front-matter", 1, 1, 0, 0, 1),
        ("transcribed/hf_papers_page_firecrawl_markdown.md", "scraped-page", 3, 3, 0, 0, 77),
        ("transcribed/hf_papers_page_plain_urls.md", "scraped-page", 3, 3, 0, 1, 133),
    ],
)
def test_real_files(
    file: str,
    format_: str,
    papers: int,
    abstracts: int,
    summaries: int,
    rejections: int,
    last: int,
) -> None:
    reading = read_digest(REAL / file)
    assert reading.format == format_
    assert len(reading.papers) == papers
    assert sum(bool(paper.abstract) for paper in reading.papers) == abstracts
    assert sum(bool(paper.summary) for paper in reading.papers) == summaries
    assert len(reading.rejections) == rejections
    assert reading.papers[-1].sources[0].line == last
