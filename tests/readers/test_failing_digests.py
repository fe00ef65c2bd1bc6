"""Digests that once failed: each file of the collection, and what it must give.

The collection lies beside the repository; a file of it is named by its kind of fault.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from explorer.papers.paper import Paper
from explorer.readers import Reading
from tests.helpers.failing_digests import read_failing

_ABSTRACT = "This invented abstract exists only to show the layout of the file and reports"
_SECOND = "A second invented abstract follows the first one and again says nothing that anybody"

Check = Callable[[Reading], None]


def _papers(reading: Reading, titles: list[str]) -> tuple[Paper, ...]:
    """Return the papers, which must have ``titles``, and nothing must be rejected."""
    assert reading.rejections == ()
    assert [paper.title.rstrip(".") for paper in reading.papers] == titles
    return tuple(reading.papers)


def _pubmed_abstract_text(reading: Reading) -> None:
    title = (
        "Placeholder efficacy of an imaginary vaccine in pretend pigs: a study that has a title on"
        " two lines"
    )
    first, second = _papers(reading, [title, "[A second pretend study]"])
    assert first.authors == ("Doe J", "Roe RB", "Poe E")
    assert second.authors == ("Moe C",)
    assert (first.date, second.date) == ("2021-11", "2020-12")
    assert first.doi == "10.1000/exvet.2021.10.001"
    assert (first.other_ids, second.other_ids) == (("pmid:30000001",), ("pmid:30000002",))
    assert first.abstract.startswith(_ABSTRACT)
    assert first.abstract.endswith("It runs over a second line.")
    assert second.abstract.startswith(_SECOND)


def _ovid_tagged(reading: Reading) -> None:
    first, second = _papers(
        reading, ["Placeholder studies of imaginary things", "Second pretend study"]
    )
    assert (first.authors, second.authors) == (("Doe J.", "Roe R."), ("Poe E.",))
    assert (first.date, second.date) == ("2020", "2019")
    assert (first.doi, first.venue) == ("10.1000/ov.1", "Journal of Examples")
    assert first.abstract.startswith(_ABSTRACT)
    assert second.abstract.startswith(_SECOND)


def _refworks_tagged(reading: Reading) -> None:
    first, second = _papers(
        reading, ["Placeholder studies of imaginary things", "Second pretend study"]
    )
    assert (first.authors, second.authors) == (("Doe, Jane", "Roe, Richard"), ("Poe, Edgar",))
    assert (first.date, second.date) == ("2020-08-01", "2019")
    assert (first.doi, first.venue) == ("10.1000/rw.1", "Journal of Examples")
    assert first.url == "http://example.org/1"
    assert first.abstract.startswith(_ABSTRACT)


def _cnki(reading: Reading) -> None:
    first, second = _papers(reading, ["虚构神经网络研究", "示例基因分析"])
    assert first.authors == ("张三", "李四")
    assert (first.venue, first.date[:4], second.date[:4]) == ("示例学报", *_YEARS[reading.format])
    assert all(paper.abstract.startswith("本摘要纯属虚构") for paper in (first, second))
    assert first.keywords[-1] == "示例"


_YEARS = {
    "tagged-references": ("2020", "2021"),
    "endnote-tagged": ("2020", "2021"),
    "delimited": ("2021", "2022"),
}


def _cochrane(reading: Reading) -> None:
    first, second = _papers(
        reading, ["Placeholder advice for imaginary patients", "Second pretend review"]
    )
    assert (first.authors, second.authors) == (("Doe Jane", "Roe Richard"), ("Poe Edgar",))
    assert (first.date, second.date) == ("2017", "2016")
    assert second.doi == "10.1000/14651858.cd000002"
    assert first.abstract.startswith("Background: This invented abstract")


def _proquest(reading: Reading) -> None:
    first, second = _papers(
        reading, ["Placeholder studies of imaginary things", "Second pretend study"]
    )
    assert (first.authors, second.authors) == (("Doe, Jane",), ("Poe, Edgar",))
    assert (first.date, second.date) == ("2014", "2013")
    assert first.abstract.endswith("of substance whatsoever.")


def _zotero_rdf(reading: Reading) -> None:
    (paper,) = _papers(reading, ["Placeholder studies of imaginary things"])
    assert paper.authors == ("Jane Doe", "Richard Roe")
    assert (paper.date, paper.doi) == ("2020-08", "10.1000/zotero.1")
    assert paper.venue == "Journal of Examples"
    assert paper.abstract.startswith(_ABSTRACT)
    assert reading.not_papers == {"attachment": 1}


def _mods(reading: Reading) -> None:
    (paper,) = _papers(reading, ["Placeholder studies of imaginary things"])
    assert (paper.authors, paper.date, paper.doi) == (("Jane Doe",), "2003", "10.1000/mods.1")
    assert paper.abstract.startswith(_ABSTRACT)


def _dblp(reading: Reading) -> None:
    first, second = _papers(
        reading, ["Placeholder Networks for Imaginary Tasks", "A Single Author Case"]
    )
    assert (first.authors, second.authors) == (("Jane Doe", "Richard Roe"), ("Edgar Poe",))
    assert (first.doi, second.arxiv) == ("10.1000/ex.1", "2201.00001")
    assert (first.venue, second.venue) == ("J. Examples", "EX")


def _papis(reading: Reading) -> None:
    (paper,) = _papers(reading, ["Placeholder studies of imaginary things"])
    assert len(paper.authors) == 2
    assert (paper.date, paper.doi) == ("2020", "10.1000/papis.1")
    assert paper.abstract.startswith(_ABSTRACT)


def _old_excel(reading: Reading) -> None:
    assert reading.rejections == ()
    assert len(reading.papers) == 400
    assert {paper.date for paper in reading.papers} == {"2023-05-04"}


def _inspire(reading: Reading) -> None:
    first, second = _papers(
        reading, ["Imaginary bosons at the placeholder collider", "Pretend neutrinos"]
    )
    assert (first.authors, second.authors) == (("Doe, Jane", "Roe, Richard"), ("Poe, Edgar",))
    assert (first.arxiv, first.doi) == ("2301.00001", "10.1000/jhep01(2023)001")
    assert (first.date, second.date, first.venue) == ("2023-01-01", "2022-05-06", "JHEP")
    assert first.abstract.startswith("We study how invented widgets")


def _datacite(reading: Reading) -> None:
    (paper,) = _papers(reading, ["Placeholder data paper"])
    assert (paper.authors, paper.date) == (("Doe, Jane",), "2020-01-23")
    assert paper.doi == "10.5281/zenodo.1000001"
    assert paper.abstract.startswith("We study how invented widgets")


def _europe_pmc(reading: Reading) -> None:
    titles = ["Imaginary malaria vaccines in placeholder mice", "A preprint on pretend immunity"]
    first, second = _papers(reading, titles)
    assert first.authors == ("Jane Doe", "Richard B Roe", "Edgar Poe")
    assert second.authors == ("Moe C",)
    assert (first.venue, first.date, first.doi) == (
        "Journal of Examples",
        "2021-03-04",
        "10.1000/epmc.1",
    )
    assert (second.date, second.doi) == ("2021-05-06", "10.1101/2021.05.06.000001")


def _zotero_api(reading: Reading) -> None:
    (paper,) = _papers(reading, ["Placeholder libraries"])
    assert paper.authors == ("Jane Doe", "Example Consortium")
    assert (paper.date, paper.doi) == ("2020-01-02", "10.1000/z.1")
    assert reading.not_papers == {"attachment": 1, "note": 1}


def _notion(reading: Reading) -> None:
    first, second = _papers(reading, ["Placeholder Transformers", "Second"])
    assert (first.authors, second.authors) == (("Jane Doe", "Richard Roe"), ("Edgar Poe",))
    assert (first.date, first.arxiv) == ("2021", "2101.00001")


def _ads(reading: Reading) -> None:
    first, second = _papers(
        reading, ["Placeholder materials: keeping up appearances", "Second pretend spin"]
    )
    assert first.abstract.startswith(_ABSTRACT)
    assert second.abstract == ""
    assert (first.venue, second.venue) == ("2D Examples", "Spin")
    assert (first.doi, second.doi) == ("10.1000/2053-1583/x", "10.1000/s2")
    assert first.authors == ("Doe, Jane", "Roe, Richard")


def _pubmed_old(reading: Reading) -> None:
    (paper,) = _papers(reading, ["Placeholder studies of imaginary things"])
    assert paper.authors == ("Doe J", "Roe RB")
    assert (paper.abstract, paper.date, paper.doi) == ("", "2014-11", "10.1000/pm.1")
    assert "pmid:30000001" in paper.other_ids


CHECKS: dict[str, Check] = {
    "ads_tagged.txt": _ads,
    "cnki_columns.csv": _cnki,
    "cnki_endnote_two_authors_a_line.txt": _cnki,
    "cnki_refworks.txt": _cnki,
    "cochrane_citation_export.txt": _cochrane,
    "datacite_api.json": _datacite,
    "dblp.xml": _dblp,
    "europepmc.json": _europe_pmc,
    "inspire_api.json": _inspire,
    "mods_collection.xml": _mods,
    "notion_name_column.csv": _notion,
    "old_excel_over_64k.xls": _old_excel,
    "ovid_tagged.txt": _ovid_tagged,
    "papis_info.yaml": _papis,
    "proquest_report.txt": _proquest,
    "pubmed_abstract_text.txt": _pubmed_abstract_text,
    "pubmed_old.csv": _pubmed_old,
    "refworks_tagged.txt": _refworks_tagged,
    "zotero.rdf": _zotero_rdf,
    "zotero_api.json": _zotero_api,
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_digest_that_failed(name: str) -> None:
    CHECKS[name](read_failing(name))
