"""Links to pages about a paper, by its ids, and to searches for its title."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from explorer.papers.paper import Paper
from explorer.papers.web_pages import searches_for


@pytest.mark.parametrize(
    ("paper", "label", "address"),
    [
        (Paper("T", other_ids=("acl:W18-5115",)), "ACL Anthology", "aclanthology.org/W18-5115"),
        (
            Paper("T", other_ids=("digest:2020.acl-main.1",)),
            "ACL Anthology",
            "aclanthology.org/2020.acl-main.1",
        ),
        (
            Paper("T", doi="10.18653/v1/n18-3011"),
            "ACL Anthology",
            "aclanthology.org/N18-3011",
        ),
        (
            Paper("T", other_ids=("openreview:0UK8c2kg7c",)),
            "OpenReview",
            "openreview.net/forum?id=0UK8c2kg7c",
        ),
        (
            Paper("T", url="https://openreview.net/pdf?id=0UK8c2kg7c"),
            "OpenReview",
            "openreview.net/forum?id=0UK8c2kg7c",
        ),
        (Paper("T", other_ids=("pmid:16000001",)), "PubMed", "pubmed.ncbi.nlm.nih.gov/16000001/"),
        (
            Paper("T", other_ids=("pmcid:PMC5000001",)),
            "PMC",
            "pmc.ncbi.nlm.nih.gov/articles/PMC5000001/",
        ),
        (Paper("T", arxiv="2608.01234"), "arXiv", "arxiv.org/abs/2608.01234"),
        (Paper("T", doi="10.1000/a"), "DOI", "doi.org/10.1000/a"),
        (Paper("T", url="https://example.org/a"), "Web page", "example.org/a"),
    ],
)
def test_a_paper_links_to_its_pages(paper: Paper, label: str, address: str) -> None:
    assert dict(paper.links)[label] == f"https://{address}"


@pytest.mark.parametrize(
    "name",
    ["digest:17", "digest:lovelace21a", "acl:../x", "openreview:<b>", "pmid:1;2", "pmcid:PMCx"],
)
def test_other_ids_make_no_link(name: str) -> None:
    assert Paper("T", other_ids=(name,)).links == ()


def test_an_address_is_linked_once() -> None:
    paper = Paper("T", other_ids=("acl:W18-5115",), url="https://aclanthology.org/W18-5115/")
    assert paper.links == (("ACL Anthology", "https://aclanthology.org/W18-5115"),)


@pytest.mark.parametrize("title", ["A & B: 50% #1?", '"> <script>', "中文 é", "x" * 3000])
def test_any_title_is_searched_for(title: str) -> None:
    for _, address in searches_for(title):
        parts = urlsplit(address)
        assert parts.scheme == "https"
        assert not set(address) & set(" <>\"'")
        (searched,) = [value for [value] in parse_qs(parts.query).values() if value != "title"]
        assert searched == title[:300]
