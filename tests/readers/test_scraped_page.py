"""Scraped daily-papers pages: the seed digest, two real scrapes and small pages like others."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from explorer.papers.paper import Source
from explorer.papers.text import tidy
from explorer.readers import Reading, read_digest
from tests.helpers.corpus import ROOT

REPO = ROOT
SEED = REPO / "data" / "digests" / "000_e4aba755c2719253.txt"
SCRAPES = REPO.parent / "shared" / "data" / "digests" / "transcribed"

FIRST = (
    "We study how daily papers are read. Readers skim titles first and open few abstracts, "
    "which a simple model of attention explains well on three public logs."
)
SECOND = (
    "Compression of large models often costs accuracy. We show that a learned codebook keeps "
    "most of it, at a tenth of the memory, and release all of our code."
)
THIRD = (
    "Maps of science need stable layouts. Our method moves old points as little as possible "
    "when new papers arrive, and is fast enough for a laptop computer."
)


def page(folder: Path, text: str, name: str = "page.md") -> Reading:
    path = folder / name
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    reading = read_digest(path)
    assert reading.format == "scraped-page"
    return reading


def titles(reading: Reading) -> list[str]:
    return [paper.title for paper in reading.papers]


@pytest.fixture(scope="module")
def seed() -> Reading:
    return read_digest(SEED)


def test_seed_digest_gives_what_stands_in_it(seed: Reading) -> None:
    # Told apart by position alone: four menu lines and the date, then title, abstract, ...
    lines = SEED.read_text(encoding="utf-8").splitlines()
    paragraphs = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    pairs = paragraphs[5:]
    expected = [
        (tidy(title), tidy(abstract), line)
        for (line, title), (_, abstract) in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    found = [(paper.title, paper.abstract, paper.sources[0].line) for paper in seed.papers]
    assert len(expected) == 124
    assert found == expected


def test_seed_digest_has_nothing_to_report(seed: Reading) -> None:
    assert seed.format == "scraped-page"
    assert seed.rejections == ()


def test_seed_digest_has_a_day_and_no_year(seed: Reading) -> None:
    assert {paper.sources[0].date for paper in seed.papers} == {"XXXX-03-11"}
    assert {paper.sources[0].digest for paper in seed.papers} == {SEED.name}


@pytest.mark.parametrize(
    ("name", "ids", "dates"),
    [
        (
            "hf_papers_page_firecrawl_markdown.md",
            ["2606.00683", "2502.20581", "2605.08583"],
            ["2026-05-29", "2025-02-27", "2026-05-08"],
        ),
        (
            "hf_papers_page_plain_urls.md",
            ["2410.05434", "2502.06858", "1802.08979"],
            ["2024-10-07", "2025-02-07"],
        ),
    ],
)
def test_real_scrapes(name: str, ids: list[str], dates: list[str]) -> None:
    path = SCRAPES / name
    if not path.exists():
        pytest.skip(f"the transcribed scrape {name} is not beside this repository")
    reading = read_digest(path)
    assert [paper.arxiv for paper in reading.papers] == ids
    assert [paper.date for paper in reading.papers][: len(dates)] == dates
    text = path.read_text(encoding="utf-8").splitlines()
    for paper in reading.papers:
        assert len(paper.abstract) > 300
        assert "](" not in paper.abstract + paper.title
        assert "\\" not in paper.abstract
        assert paper.title.split()[0] in text[paper.sources[0].line - 1]
    assert {r.excerpt for r in reading.rejections} <= {"Intercode Bash"}


def test_markdown_with_linked_headings_and_wrapped_abstracts(tmp_path: Path) -> None:
    first, rest = FIRST[:40], FIRST[40:]
    reading = page(
        tmp_path,
        rf"""
        ---
        url: https://huggingface.co/papers
        retrieved: 2026-10-02
        title: Daily Papers - Hugging Face
        ---
        [Subscribe](https://huggingface.co/login?next=%2Fpapers)

        # Daily Papers

        ## by [![](https://x.example/a.png)AK](https://example.org/ak) and the research community

        - Daily
        - Weekly

        Oct 2

        [101](https://huggingface.co/login?next=%2Fpapers%2F2606.00001)

        ### [How Daily Papers\  Are Read](https://huggingface.co/papers/2606.00001)

        [{first}\\
        {rest}](https://huggingface.co/papers/2606.00001)

        [![org](https://cdn.example/a_(b).png)Some Institute](https://huggingface.co/some)

        ·

        May 29[6](https://huggingface.co/papers/2606.00001#community)

        [-](https://huggingface.co/login?next=%2Fpapers%2F2502.00002)

        ### [Learned Codebooks: A Study](https://huggingface.co/papers/2502.00002v3)

        [{SECOND}](https://huggingface.co/papers/2502.00002v3)

        [- ![](https://cdn.example/1.jpeg)\\
        - ![](https://huggingface.co/avatars/2.svg)\\
        - 3 authors](https://huggingface.co/papers/2502.00002)

        ·

        Feb 27, 2025
        """,
    )
    assert [(p.title, p.arxiv, p.date, p.sources[0].line) for p in reading.papers] == [
        ("How Daily Papers Are Read", "2606.00001", "2026-05-29", 19),
        ("Learned Codebooks: A Study", "2502.00002", "2025-02-27", 32),
    ]
    assert [p.abstract for p in reading.papers] == [f"{first} {rest.strip()}", SECOND]
    assert reading.papers[0].url == "https://huggingface.co/papers/2606.00001"
    assert reading.papers[0].sources[0].date == "2026-10-02"
    assert reading.rejections == ()


def test_plain_text_with_addresses_between_the_fields(tmp_path: Path) -> None:
    reading = page(
        tmp_path,
        f"""
        Log In

        https://huggingface.co/login

        Mar 25

         [-] 1

        https://huggingface.co/login?next=%2Fpapers%2F2410.00001

        How Daily Papers Are Read

        https://huggingface.co/papers/2410.00001

        {FIRST}

        https://huggingface.co/papers/2410.00001

        [

        6 authors](https://huggingface.co/papers/2410.00001)

        ·

        Feb 7, 2025

         [-] -

        https://huggingface.co/login?next=%2Fpapers%2F2502.00002

        Learned Codebooks: A Study

        https://huggingface.co/papers/2502.00002

        {SECOND}
        """,
        name="digest-2026-03-26.txt",
    )
    assert [(p.title, p.arxiv, p.date) for p in reading.papers] == [
        ("How Daily Papers Are Read", "2410.00001", "2025-02-07"),
        ("Learned Codebooks: A Study", "2502.00002", ""),
    ]
    assert [p.abstract for p in reading.papers] == [FIRST, SECOND]
    assert {p.sources[0].date for p in reading.papers} == {"2026-03-25"}
    assert reading.rejections == ()


def test_a_vote_link_of_the_next_paper_gives_no_id_to_this_one(tmp_path: Path) -> None:
    reading = page(
        tmp_path,
        f"""
        How Daily Papers Are Read

        {FIRST}

        https://huggingface.co/login?next=%2Fpapers%2F2502.00002

        [7](https://huggingface.co/login?next=%2Fpapers%2F2502.00002)

        Learned Codebooks: A Study

        https://huggingface.co/papers/2502.00002

        {SECOND}
        """,
    )
    assert [p.arxiv for p in reading.papers] == ["", "2502.00002"]


@pytest.mark.parametrize("order", ["address title abstract", "title address abstract"])
def test_an_address_goes_to_its_paper_wherever_it_stands(tmp_path: Path, order: str) -> None:
    papers = [
        ("How Daily Papers Are Read", "2410.00001", FIRST),
        ("Learned Codebooks: A Study", "2502.00002", SECOND),
        ("Stable Maps of Science", "2503.00003", THIRD),
    ]
    paragraphs: list[str] = []
    for title, arxiv, abstract in papers:
        fields = {"title": title, "abstract": abstract, "address": f"https://arxiv.org/abs/{arxiv}"}
        paragraphs += [fields[name] for name in order.split()]
    reading = page(tmp_path, "\n\n".join(paragraphs))
    assert [(p.title, p.arxiv, p.abstract) for p in reading.papers] == papers


def test_an_address_after_each_abstract_goes_to_the_paper_above(tmp_path: Path) -> None:
    reading = page(
        tmp_path,
        f"""
        How Daily Papers Are Read

        {FIRST}

        https://arxiv.org/abs/2410.00001

        Learned Codebooks: A Study

        {SECOND}

        https://arxiv.org/abs/2502.00002
        """,
    )
    assert [p.arxiv for p in reading.papers] == ["2410.00001", "2502.00002"]


def test_reference_style_links(tmp_path: Path) -> None:
    reading = page(
        tmp_path,
        f"""
        [How Daily Papers Are Read][1]

        {FIRST} See [4][5] for more.

        ### [Learned Codebooks: A Study][Two]

        {SECOND}

        [1]: https://arxiv.org/abs/2410.00001 "arXiv"
        [two]: <https://arxiv.org/pdf/2502.00002v2.pdf>
        """,
    )
    assert [(p.title, p.arxiv) for p in reading.papers] == [
        ("How Daily Papers Are Read", "2410.00001"),
        ("Learned Codebooks: A Study", "2502.00002"),
    ]
    assert reading.papers[0].abstract.endswith("See [4][5] for more.")
    assert reading.papers[1].abstract == SECOND
    assert reading.rejections == ()


def test_a_repeated_title_is_one_paper(tmp_path: Path) -> None:
    reading = page(
        tmp_path,
        f"""
        How Daily Papers Are Read

        How daily papers are read

        {FIRST}
        """,
    )
    assert [(p.title, p.abstract) for p in reading.papers] == [("How daily papers are read", FIRST)]
    assert reading.rejections == ()


def test_menus_counters_and_labels_are_no_papers(tmp_path: Path) -> None:
    reading = page(
        tmp_path,
        f"""
        Skip to main content

        - Models
        - Datasets
        - Spaces

        **Trending Papers**

        1.2k

        ↑ 34

        12 comments

        Submitted by someone

        Title: How Daily Papers Are Read

        Authors: Ada Lovelace, Charles Babbage and Grace B. M. Hopper

        **Abstract:** {FIRST}

        Learned Codebooks: A Study

        José García, Ludwig van Beethoven, and Jean-Luc Picard

        Abstract

        {SECOND}

        Privacy Policy
        """,
    )
    assert [(p.title, p.abstract, p.authors) for p in reading.papers] == [
        (
            "How Daily Papers Are Read",
            FIRST,
            ("Ada Lovelace", "Charles Babbage", "Grace B. M. Hopper"),
        ),
        (
            "Learned Codebooks: A Study",
            SECOND,
            ("José García", "Ludwig van Beethoven", "Jean-Luc Picard"),
        ),
    ]
    assert reading.rejections == ()


@pytest.mark.parametrize("start", ["", "### ", "> "])
def test_a_title_of_two_names_is_a_title(tmp_path: Path, start: str) -> None:
    reading = page(tmp_path, f"{start}Large Models, Small Data\n\n{FIRST}\n")
    assert [(p.title, p.authors) for p in reading.papers] == [("Large Models, Small Data", ())]


def test_abstracts_keep_words_that_look_like_labels(tmp_path: Path) -> None:
    text = f"Abstract-level reasoning is hard. {FIRST}"
    reading = page(tmp_path, f"Reasoning over Abstracts\n\n{text}\n")
    assert reading.papers[0].abstract == text


def test_an_abstract_of_several_paragraphs_stays_whole(tmp_path: Path) -> None:
    reading = page(tmp_path, f"How Daily Papers Are Read\n\n{FIRST}\n\n{SECOND}\n\n{THIRD}\n")
    assert [p.abstract for p in reading.papers] == [f"{FIRST} {SECOND} {THIRD}"]


def test_a_date_between_title_and_abstract_belongs_to_that_paper(tmp_path: Path) -> None:
    reading = page(
        tmp_path,
        f"""
        March 20, 2024

        How Daily Papers Are Read

        Published on Feb 3, 2024

        {FIRST}

        Learned Codebooks: A Study

        Published on Jan 5, 2024

        {SECOND}
        """,
    )
    assert [p.date for p in reading.papers] == ["2024-02-03", "2024-01-05"]
    assert {p.sources[0].date for p in reading.papers} == {"2024-03-20"}


def test_what_is_neither_is_reported_with_its_line(tmp_path: Path) -> None:
    reading = page(
        tmp_path,
        f"""
        Some Stray Remark

        How Daily Papers Are Read

        {FIRST}

        Another Stray Remark
        """,
    )
    assert titles(reading) == ["How Daily Papers Are Read"]
    assert [(r.line, r.excerpt) for r in reading.rejections] == [
        (1, "Some Stray Remark"),
        (7, "Another Stray Remark"),
    ]
    assert all("neither" in r.reason for r in reading.rejections)


def test_an_abstract_without_a_title_is_reported_with_its_line(tmp_path: Path) -> None:
    reading = page(tmp_path, f"Subscribe\n\n{FIRST}\n\nDaily\n\nStable Maps\n\n{SECOND}\n")
    assert titles(reading) == ["Stable Maps"]
    assert [(r.line, r.excerpt) for r in reading.rejections] == [(3, FIRST[:80])]


def test_linked_titles_without_abstracts_are_papers(tmp_path: Path) -> None:
    reading = page(
        tmp_path,
        """
        ### [How Daily Papers Are Read](https://huggingface.co/papers/2410.00001)

        ### [Learned Codebooks: A Study](https://huggingface.co/papers/2502.00002)
        """,
    )
    assert [(p.title, p.arxiv, p.abstract) for p in reading.papers] == [
        ("How Daily Papers Are Read", "2410.00001", ""),
        ("Learned Codebooks: A Study", "2502.00002", ""),
    ]


def test_markup_leaves_no_trace_in_the_text(tmp_path: Path) -> None:
    reading = page(
        tmp_path,
        f"""
        <h2>**How Daily Papers Are Read**</h2>

        > {FIRST} <b>Bold</b> words, [a link](https://example.org/a_(b)) and
        > ![an image](https://example.org/x.png) after.
        """,
    )
    assert titles(reading) == ["How Daily Papers Are Read"]
    assert reading.papers[0].abstract == f"{FIRST} Bold words, a link and after."


def test_angle_brackets_in_prose_are_no_markup(tmp_path: Path) -> None:
    text = f"We draw <workload, configuration> pairs and <s, a> tuples where x < y. {FIRST}"
    reading = page(tmp_path, f"Tuning Knobs\n\n{text}\n")
    assert reading.papers[0].abstract == text


def test_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    text = f"How Daily Papers Are Read\n\n{FIRST}\n\nStable Maps\n\n{THIRD}\n"
    (tmp_path / "unix.txt").write_bytes(text.encode())
    (tmp_path / "windows.txt").write_bytes(text.replace("\n", "\r\n").encode())
    unix = read_digest(tmp_path / "unix.txt", name="digest")
    windows = read_digest(tmp_path / "windows.txt", name="digest")
    assert unix.papers == windows.papers
    assert [p.sources for p in unix.papers] == [
        (Source("digest", 1),),
        (Source("digest", 5),),
    ]


HOSTILE_UNITS = (
    "{ } [ ] \\ $ ( ) [] ]( []( [a]( [a](b [a](b( [a](b) [1](u) [a][ ![ ![]( < <a > # * ** _ ` ~"
    ' . , 1 1. 1, http:// www. - | A A, ( … ." Abstract:'
).split()


@pytest.mark.slow
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit", [*HOSTILE_UNITS, " ", "[a](b c ", "A B, ", "A B and ", "Aand ", "\\\n", "> \n", "a\n\n"]
)
def test_work_grows_with_the_length_only(tmp_path: Path, unit: str) -> None:
    hostile = unit * (50_000 if "\n\n" not in unit else 5_000)
    reading = page(tmp_path, f"Stable Maps\n\n{THIRD}\n\n#\n\nHostile {hostile} end\n")
    assert titles(reading)[0] == "Stable Maps"


@pytest.mark.timeout(20)
def test_a_list_of_names_that_does_not_end_as_one_takes_no_time(tmp_path: Path) -> None:
    reading = page(tmp_path, "Stable Maps\n\n" + "Aand " * 190 + "!\n")
    assert titles(reading) == ["Stable Maps"]


@pytest.mark.timeout(20)
def test_thousands_of_paragraphs_take_no_time(tmp_path: Path) -> None:
    reading = page(tmp_path, "Stable Maps\n\n" + f"{THIRD}\n\n" * 5_000)
    assert "50,000 allowed" in reading.rejections[0].reason
