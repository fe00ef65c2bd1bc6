"""Saved pages of sites that show papers, each laid out as the site does, with invented papers."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from explorer.errors import DigestError
from explorer.readers import Reading, read_digest, read_digests

ABSTRACT = "This invented abstract reports nothing but shows the layout. It ends here."
SITES = Path(__file__).parent / "saved_sites"
Found = tuple[str, tuple[str, ...], str, str]
"""Title, authors, date, and any id or address."""
FOUND: dict[str, list[Found]] = {
    "acl": [
        (
            "Placeholder Quantization for Imaginary Models",
            ("Jane Doe", "Richard Roe"),
            "",
            "acl:2024.acl-long.1",
        ),
        ("Second Pretend Parser", ("Edgar Poe",), "", "acl:2024.acl-long.2"),
    ],
    "arxivsearch": [
        (
            "How Placeholders Implement Logic",
            ("Jane Doe", "Richard Roe"),
            "2024-11-06",
            "arxiv:2411.04105",
        ),
        ("Second Pretend Paper", ("Edgar Poe",), "2024-11-05", "arxiv:2411.04106"),
    ],
    "coins": [
        ("Placeholder Transformers", ("Jane Doe", "Richard Roe"), "2021-08", "doi:10.1000/ob.1")
    ],
    "gscholar": [
        ("Placeholder learning for imaginary bugs", ("J Doe", "R Roe"), "2019", "arxiv:1912.02015"),
        (
            "Second pretend recommendation",
            ("C Moe",),
            "2018",
            "https://www.sciencedirect.com/science/article/pii/S0000000000000001",
        ),
    ],
    "jsonld": [
        ("Placeholder Things", ("Jane Doe", "Richard Roe"), "2023-05-04", "doi:10.1000/x.1"),
        ("Second Pretend", ("Edgar Poe",), "", "doi:10.1000/x.2"),
    ],
    "neurips": [
        (
            "Placeholder Modulated Detection for Imaginary Shift",
            ("Jane Doe", "Richard Roe", "Edgar Allan Poe"),
            "",
            "https://papers.nips.cc/paper_files/paper/2023/hash/0001ca33ba34ce0351e4612b744b3936-Abstract-Conference.html",
        ),
        (
            "Second Pretend Paper on Nothing",
            ("Jane Moe",),
            "",
            "https://papers.nips.cc/paper_files/paper/2023/hash/0001e4612b744b3936-Abstract-Conference.html",
        ),
    ],
    "openreview": [
        (
            "Placeholder Diffusion with Imaginary Noise",
            ("Jane Doe", "Richard Roe"),
            "2024-01-16",
            "openreview:abcDEF1234",
        ),
        ("Second Pretend Agent", ("Edgar Poe",), "2024-01-17", "openreview:zzzDEF1234"),
    ],
    "pmlr": [
        (
            "Placeholder Attention for Imaginary Sequences",
            ("Jane Doe", "Richard Roe"),
            "",
            "https://proceedings.mlr.press/v139/doe21a.html",
        ),
        (
            "Second Pretend Optimizer",
            ("Edgar Poe",),
            "",
            "https://proceedings.mlr.press/v139/poe21a.html",
        ),
    ],
    "pubmed": [
        (
            "Placeholder therapy in imaginary disease",
            ("Doe J", "Roe R", "Poe EA"),
            "2023-11-12",
            "doi:10.1000/je.2023.1",
        ),
        ("Second pretend trial", ("Moe C",), "2022-02", "pmid:38000002"),
    ],
}


def site(name: str) -> Reading:
    reading = read_digest(SITES / f"{name}.html")
    assert reading.format == "saved-html"
    return reading


@pytest.mark.parametrize("name", FOUND)
def test_papers_of_a_site(name: str) -> None:
    reading, found = site(name), FOUND[name]
    assert [(p.title, p.authors, p.date) for p in reading.papers] == [f[:3] for f in found]
    for paper, (*_, named) in zip(reading.papers, found, strict=True):
        assert named in (*paper.known_as, paper.url)
    assert {r.reason for r in reading.rejections} <= {"a volume of proceedings, not a paper"}


def test_abstracts_snippets_and_venues() -> None:
    first, _ = site("pubmed").papers
    assert (first.venue, first.abstract) == ("J Examples", "")
    assert first.summary.startswith("Background: invented text")
    first, _ = site("acl").papers
    assert first.abstract.startswith("This invented abstract")
    first, _ = site("openreview").papers
    assert first.keywords == ("diffusion", "noise")
    assert first.abstract.endswith("It ends here.")
    first, _ = site("arxivsearch").papers
    assert first.abstract.startswith("This invented abstract")
    assert first.abstract.endswith("It ends here.")
    first, _ = site("pmlr").papers
    assert first.venue.startswith("Proceedings of the 38th International Conference")


def test_microdata_as_dblp_has_it(tmp_path: Path) -> None:
    person = (
        '<span itemprop="author" itemscope itemtype="http://schema.org/Person">'
        '<a href="https://dblp.org/pid/1" itemprop="url"><span itemprop="name" title="{0}">{0}'
        "</span></a></span>"
    )
    html = (
        '<html><body><ul class="publ-list">'
        '<li class="entry editor" itemscope itemtype="http://schema.org/Book"><span class="title" '
        'itemprop="name">Proceedings of X.</span></li>'
        '<li class="entry article" itemscope itemtype="http://schema.org/ScholarlyArticle">'
        '<meta property="genre" content="computer science"><nav class="publ"><ul><li><a '
        'href="https://doi.org/10.1000/x.1" itemprop="url">doi</a></li></ul></nav>'
        f'<cite class="data" itemprop="headline">{person.format("Jane Doe")}, '
        f'{person.format("Richard Roe")}:<br><span class="title" itemprop="name">Placeholder '
        'Networks.</span> <a href="https://dblp.org/db/j"><span itemprop="isPartOf" itemscope '
        'itemtype="http://schema.org/Periodical"><span itemprop="name">J. Examples</span></span> '
        '<span itemprop="isPartOf" itemscope itemtype="http://schema.org/PublicationVolume"><span '
        'itemprop="volumeNumber">3</span></span></a>: <span itemprop="pagination">1-9</span> ('
        '<span itemprop="datePublished">2022</span>)</cite></li></ul></body></html>'
    )
    path = tmp_path / "dblp.html"
    path.write_text(html)
    (paper,) = read_digest(path).papers
    assert (paper.title, paper.authors) == ("Placeholder Networks", ("Jane Doe", "Richard Roe"))
    assert (paper.venue, paper.date, paper.doi) == ("J. Examples", "2022", "10.1000/x.1")


@pytest.mark.parametrize(
    "html",
    [
        "<html><body><nav><a href='/a'>About this fine site</a></nav><h1>My Holidays</h1>"
        "<p>We went to the sea.</p></body></html>",
        "<html><body><ul><li><a href='https://news.example/a'>A Firm Raises Money Again</a></li>"
        "<li><a href='https://news.example/b'>Weather Stays As It Was</a></li></ul></body></html>",
    ],
)
def test_pages_of_other_things_have_no_papers(tmp_path: Path, html: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(html)
    with suppress(DigestError):
        assert all(reading.papers == () for reading in read_digests(path))


@pytest.mark.parametrize(
    ("start", "format_"),
    [
        ("<!--[if gte mso 9]><xml><o:x/></xml><![endif]--><html><body>", "saved-html"),
        ("<?xml version='1.0'?>\n<!DOCTYPE html>\n<html><body>", "saved-html"),
        ("<html><head><!--[if mso]><xml></xml><![endif]--></head><body>", "saved-html"),
    ],
)
def test_comments_for_outlook_do_not_make_it_a_feed(
    tmp_path: Path, start: str, format_: str
) -> None:
    path = tmp_path / "page.html"
    link = '<h2><a href="https://arxiv.org/abs/2411.00001">Placeholder Diffusion</a></h2>'
    path.write_text(f"{start}{link}<p>{ABSTRACT}</p></body></html>")
    reading = read_digest(path)
    assert (reading.format, [p.title for p in reading.papers]) == (
        format_,
        ["Placeholder Diffusion"],
    )
