"""Nested records by the meaning of names: JSON of services, XML of catalogues, YAML, Zotero RDF."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explorer.papers.paper import Paper
from explorer.readers import Reading, load_reader, read_digest
from explorer.readers.contract import Digest
from explorer.readers.opening import open_digests
from explorer.readers.shared.nested_records import flat_record
from explorer.settings import ReadingLimits


@pytest.fixture
def reading(tmp_path: Path) -> Callable[[str], Reading]:
    def read(text: str) -> Reading:
        path = tmp_path / "file"
        path.write_text(text, encoding="utf-8")
        return read_digest(path, name="file")

    return read


_DBLP = {
    "result": {
        "status": {"@code": "200", "text": "OK"},
        "completions": {"@total": "1", "c": {"@sc": "1", "text": "curves"}},
        "hits": {
            "@total": "2",
            "hit": [
                {
                    "@id": "1",
                    "info": {
                        "authors": {
                            "author": [
                                {"@pid": "1/2", "text": "Ada Lovelace 0001"},
                                {"@pid": "1/3", "text": "Charles Babbage"},
                            ]
                        },
                        "title": "How hits are read.",
                        "venue": ["CRV", "WS"],
                        "year": "2021",
                        "type": "Journal Articles",
                        "key": "journals/crv/L21",
                        "doi": "10.1000/DBLP.1",
                        "ee": "https://doi.org/10.1000/DBLP.1",
                    },
                    "url": "URL#1",
                },
                {"info": {"title": "Proceedings", "year": "2021", "type": "Editorship"}},
            ],
        },
    }
}
_LENS = {
    "total": 1,
    "data": [
        {
            "lens_id": "000-111",
            "title": "How hits are read.",
            "year_published": 2021,
            "date_published": "2021-05-01T00:00:00.000000+00:00",
            "source": {"title": "CRV", "type": "Journal", "issn": [{"value": "0000"}]},
            "external_ids": [
                {"type": "doi", "value": "10.1000/dblp.1"},
                {"type": "pmid", "value": "30000001"},
                {"type": "magid", "value": "1"},
            ],
            "authors": [
                {"first_name": "Ada", "last_name": "Lovelace", "affiliations": [{"name": "U"}]},
                {"first_name": "Charles", "last_name": "Babbage"},
            ],
            "abstract": "We study hits.",
            "keywords": [{"value": "hits"}],
        }
    ],
}
_DATACITE = {
    "data": {
        "id": "10.1000/dblp.1",
        "type": "dois",
        "attributes": {
            "doi": "10.1000/dblp.1",
            "titles": [
                {"title": "Wie Treffer", "titleType": "TranslatedTitle"},
                {"title": "How hits are read."},
            ],
            "creators": [{"name": "Ada Lovelace"}, {"name": "Charles Babbage"}],
            "contributors": [{"name": "Ed Itor", "contributorType": "Editor"}],
            "publicationYear": 2021,
            "container": {"type": "Journal", "title": "CRV"},
            "descriptions": [
                {"description": "By hand.", "descriptionType": "Methods"},
                {"description": "We study hits.", "descriptionType": "Abstract"},
            ],
            "dates": [
                {"date": "2020-01-01", "dateType": "Created"},
                {"date": "2021-05-01", "dateType": "Issued"},
            ],
        },
    }
}
_EUROPE_PMC = {
    "hitCount": 1,
    "request": {"queryString": "hits", "resultType": "core"},
    "resultList": {
        "result": [
            {
                "id": "30000001",
                "source": "MED",
                "pmid": "30000001",
                "doi": "10.1000/dblp.1",
                "title": "How hits are read.",
                "authorString": "Lovelace A, Babbage C.",
                "authorList": {
                    "author": [
                        {"fullName": "Lovelace A", "firstName": "Ada", "lastName": "Lovelace"},
                        {"fullName": "Babbage C", "firstName": "Charles", "lastName": "Babbage"},
                    ]
                },
                "journalInfo": {"volume": "1", "journal": {"title": "CRV"}},
                "pubYear": "2021",
                "firstPublicationDate": "2021-05-01",
                "abstractText": "We study hits.",
            }
        ]
    },
}
_DOAJ = {
    "results": [
        {
            "id": "abc",
            "bibjson": {
                "title": "How hits are read.",
                "author": [{"name": "Ada Lovelace"}, {"name": "Charles Babbage"}],
                "journal": {"title": "CRV"},
                "year": "2021",
                "month": "5",
                "abstract": "We study hits.",
                "identifier": [
                    {"type": "eissn", "id": "0000"},
                    {"type": "doi", "id": "10.1000/dblp.1"},
                ],
            },
        }
    ]
}
_SCOPUS = {
    "search-results": {
        "opensearch:totalResults": "1",
        "entry": [
            {
                "dc:title": "How hits are read.",
                "dc:creator": ["Ada Lovelace", "Charles Babbage"],
                "prism:publicationName": "CRV",
                "prism:coverDate": "2021-05-01",
                "prism:doi": "10.1000/dblp.1",
                "dc:description": "We study hits.",
            }
        ],
    }
}
_SERVICES: dict[str, Any] = {
    "dblp": _DBLP,
    "lens": _LENS,
    "datacite": _DATACITE,
    "europe-pmc": _EUROPE_PMC,
    "doaj": _DOAJ,
    "scopus": _SCOPUS,
}


@pytest.mark.parametrize("service", _SERVICES)
def test_json_of_services(service: str, reading: Callable[[str], Reading]) -> None:
    result = reading(json.dumps(_SERVICES[service]))
    assert (result.format, result.rejections) == ("json-records", ())
    (paper,) = result.papers
    assert paper.title == "How hits are read."
    assert paper.authors == ("Ada Lovelace", "Charles Babbage")
    assert (paper.doi, paper.venue) == ("10.1000/dblp.1", "CRV")
    assert paper.date in {"2021", "2021-05", "2021-05-01"}
    assert paper.abstract == ("" if service == "dblp" else "We study hits.")
    assert result.not_papers == ({"proceedings volume": 1} if service == "dblp" else {})


def test_items_of_zotero(reading: Callable[[str], Reading]) -> None:
    items = [
        {
            "itemType": "bookSection",
            "title": "A chapter",
            "creators": [
                {"creatorType": "editor", "firstName": "Ed", "lastName": "Itor"},
                {"creatorType": "author", "firstName": "Ada", "lastName": "Lovelace"},
            ],
            "abstractNote": "N/A",
            "tags": [{"tag": "a"}, {"tag": "b", "type": 1}],
        },
        {"itemType": "annotation", "annotationText": "well said"},
        {"itemType": "note", "note": "<p>hm</p>"},
        {"itemType": "journalArticle", "title": ""},
    ]
    result = reading(json.dumps([{"key": "K", "data": item} for item in items], indent=1))
    (paper,) = result.papers
    assert (paper.authors, paper.abstract) == (("Ada Lovelace",), "")
    assert paper.keywords == ("a", "b")
    assert result.not_papers == {"annotation": 1, "note": 1}
    assert [rejection.reason for rejection in result.rejections] == ["the object has no title"]


def test_values_in_values() -> None:
    assert flat_record({"title": {"en": "A", "de": "B"}}) == {"title": "A"}
    assert flat_record({"date": {"date-parts": [[2020, 5]]}}) == {"date": "2020-5"}
    assert flat_record({"dates": [{"date": "2020", "dateType": "Other"}]}) == {"dates": "2020"}
    assert flat_record({"ids": {"DOI": "10.1000/x"}})["DOI"] == "10.1000/x"
    deep: Any = "end"
    for _ in range(500):
        deep = {"title": [deep]}
    assert flat_record({"title": deep, "authors": deep}) == {}


UNIXREF = """<?xml version="1.0" encoding="UTF-8"?>
<doi_records><doi_record><crossref>
<journal><journal_metadata><full_title>CRV</full_title><issn>0000</issn></journal_metadata>
<journal_article><titles><title>How <i>H</i><sub>2</sub> is read</title><subtitle>A study</subtitle>
</titles><contributors>
<person_name contributor_role="author"><given_name>Ada</given_name><surname>Lovelace</surname>
</person_name><person_name contributor_role="editor"><given_name>Ed</given_name>
<surname>Itor</surname></person_name></contributors>
<jats:abstract xmlns:jats="http://www.ncbi.nlm.nih.gov/JATS1"><jats:p>We study.</jats:p>
</jats:abstract>
<publication_date><month>05</month><day>06</day><year>2021</year></publication_date>
<doi_data><doi>10.1000/X</doi><resource>http://example.org/x</resource></doi_data></journal_article>
</journal>
<journal><journal_metadata><full_title>Another</full_title></journal_metadata>
<journal_article><titles><title>Second</title></titles><doi_data><doi>10.1000/y</doi></doi_data>
</journal_article></journal></crossref></doi_record></doi_records>"""
DATACITE_XML = """<resource xmlns="http://datacite.org/schema/kernel-4">
<identifier identifierType="DOI">10.1000/X</identifier><creators><creator>
<creatorName nameType="Personal">Lovelace, Ada</creatorName><givenName>Ada</givenName>
<familyName>Lovelace</familyName></creator></creators>
<titles><title xml:lang="en">How data are read</title></titles><publisher>Zenodo</publisher>
<publicationYear>2021</publicationYear>
<contributors><contributor contributorType="Editor"><contributorName>Itor, Ed</contributorName>
</contributor></contributors>
<dates><date dateType="Created">2019</date><date dateType="Issued">2021-05-06</date></dates>
<descriptions><description descriptionType="Methods">By hand.</description>
<description descriptionType="Abstract">We study data.</description></descriptions></resource>"""
ADS_XML = """<records xmlns="http://ads.harvard.edu/schema/1.0/references"><record>
<bibcode>2021Crv.....5a0201L</bibcode><title>How bibcodes are read</title>
<author>Lovelace, Ada</author><author>Babbage, C.</author><journal>CRV</journal>
<pubdate>May 2021</pubdate><keywords><keyword>x</keyword><keyword>y</keyword></keywords>
<link type="abstract"><name>Abstract</name><url>http://example.org/l</url></link>
<url>http://example.org/x</url><abstract>We study codes.</abstract><DOI>10.1000/X</DOI>
<eprintid>arXiv:2105.00001</eprintid></record></records>"""
DBLP_API = """<result><hits total="2"><hit id="1"><info><authors><author pid="1/2">Ada Lovelace 0001
</author></authors><title>How hits are read.</title><venue>CRV</venue><year>2021</year>
<type>Journal Articles</type><doi>10.1000/X</doi></info></hit>
<hit><info><title>Proceedings</title><year>2021</year><type>Editorship</type></info></hit></hits>
</result>"""
OTHER_XML = """<bibliothek><werk><titel>Wie gelesen wird</titel><autor>Lovelace, Ada</autor>
<jahr>2021</jahr></werk><werk><autor>Niemand</autor><jahr>2020</jahr></werk></bibliothek>"""


def test_unixref(reading: Callable[[str], Reading]) -> None:
    result = reading(UNIXREF)
    first, second = result.papers
    assert result.format == "xml-records"
    assert first.title == "How H<sub>2</sub> is read: A study"
    assert (first.authors, first.date) == (("Ada Lovelace",), "2021-05-06")
    assert (first.venue, second.venue) == ("CRV", "Another")
    assert (first.doi, first.url) == ("10.1000/x", "http://example.org/x")
    assert first.abstract == "We study."


def test_xml_of_datacite_ads_and_dblp(reading: Callable[[str], Reading]) -> None:
    (data,) = reading(DATACITE_XML).papers
    assert (data.authors, data.date, data.abstract, data.doi) == (
        ("Lovelace, Ada",),
        "2021-05-06",
        "We study data.",
        "10.1000/x",
    )
    (code,) = reading(ADS_XML).papers
    assert (code.authors, code.date) == (("Lovelace, Ada", "Babbage, C."), "2021-05")
    assert (code.url, code.doi, code.venue) == ("http://example.org/x", "10.1000/x", "CRV")
    assert (code.keywords, code.other_ids) == (("x", "y"), ("ads:2021Crv.....5a0201L",))
    result = reading(DBLP_API)
    assert result.papers[0].authors == ("Ada Lovelace",)
    assert result.not_papers == {"proceedings volume": 1}


def test_dblp_files(reading: Callable[[str], Reading]) -> None:
    result = reading(
        '<?xml version="1.0"?><!DOCTYPE dblp SYSTEM "dblp.dtd"><dblp>'
        '<article key="journals/x/1"><author>K&ouml;nig</author><title>One &amp; all.</title>'
        "<year>2021</year><journal>CRV</journal></article>"
        '<proceedings key="conf/x"><title>Proceedings</title></proceedings>'
        '<www key="homepages/1"><author>A</author><title>Home Page</title></www></dblp>'
    )
    (paper,) = result.papers
    assert (paper.title, paper.authors) == ("One & all.", ("König",))
    assert result.not_papers == {"proceedings volume": 1, "home page": 1}


def test_xml_of_another_kind(reading: Callable[[str], Reading]) -> None:
    result = reading(OTHER_XML)
    assert [paper.title for paper in result.papers] == ["Wie gelesen wird"]
    assert [(r.line, r.reason) for r in result.rejections] == [(2, "no title")]


@pytest.mark.parametrize(
    "text",
    [
        "<svg><title>A drawing</title><path d='M'/></svg>",
        "<rss><channel><title>News</title></channel></rss>",
        "<catalogue><price>1</price><price>2</price></catalogue>",
    ],
)
def test_other_xml_is_none(text: str, tmp_path: Path) -> None:
    assert load_reader("xml-records").recognises(_opened(text, tmp_path)) == 0


CFF = """cff-version: 1.2.0
message: "If you use this, cite it"
title: "Some software"
authors:
  - family-names: Babbage
    given-names: Charles
doi: 10.5281/zenodo.1
date-released: 2021-07-18
"""
PREFERRED = """preferred-citation:
  type: article
  title: "How citations are read"
  authors:
    - family-names: Lovelace
      given-names: Ada
      name-particle: of
  journal: "CRV"
  year: 2020
  month: 9
  doi: "10.1000/cff"
"""
PAPIS = """author: Lovelace, Ada and Babbage, Charles
author_list:
- family: Lovelace
  given: Ada
- family: Babbage
  given: Charles
title: 'Papis: how it is read'
year: 2020
journal: CRV
"""


def test_citation_files(reading: Callable[[str], Reading]) -> None:
    (software,) = reading(CFF).papers
    assert (software.title, software.date) == ("Some software", "2021-07-18")
    assert software.authors == ("Charles Babbage",)
    result = reading(CFF + PREFERRED)
    (paper,) = result.papers
    assert (result.format, result.not_papers) == ("yaml-records", {"software": 1})
    assert (paper.title, paper.authors) == ("How citations are read", ("Ada of Lovelace",))
    assert (paper.date, paper.doi, paper.venue) == ("2020-09", "10.1000/cff", "CRV")


def test_papis_alone_and_several(reading: Callable[[str], Reading]) -> None:
    (paper,) = reading(PAPIS).papers
    assert (paper.title, paper.date) == ("Papis: how it is read", "2020")
    assert paper.authors == ("Ada Lovelace", "Charles Babbage")
    several = reading(f"---\n{PAPIS}---\n{PAPIS.replace('Papis:', 'Two:')}")
    assert [paper.sources[0].line for paper in several.papers] == [2, 12]


def test_a_damaged_item_of_a_list_costs_itself(reading: Callable[[str], Reading]) -> None:
    item = "- title: {0}\n  author: Ada Lovelace\n  date: 2020\n  doi: 10.1000/{0}\n"
    result = reading(f"{item.format('one')}- title: [torn\n  author: x\n{item.format('two')}")
    assert [paper.title for paper in result.papers] == ["one", "two"]
    assert [(r.line, r.reason[:14]) for r in result.rejections] == [(5, "not valid YAML")]


def test_yaml_with_aliases_is_refused(reading: Callable[[str], Reading]) -> None:
    result = reading("title: x\nauthor: &a [a]\ndate: 2020\nabstract: [*a, *a]\n")
    assert [rejection.reason for rejection in result.rejections] == ["not valid YAML"]


@pytest.mark.parametrize(
    "text",
    [
        "# A heading\n\nSome words.\n\ntitle: x\nauthor: y\ndate: 2020\n",
        "---\ntitle: x\nauthor: y\ndate: 2020\n---\n\nThe text of a page.\n",
        "title: x\nauthor: y\nyear: 2020\n\ntitle: z\nauthor: y\nyear: 2020\n",
        "name: build\non: push\njobs:\n  test:\n    steps: []\n",
    ],
)
def test_other_texts_are_no_yaml_of_papers(text: str, tmp_path: Path) -> None:
    assert load_reader("yaml-records").recognises(_opened(text, tmp_path)) == 0


def test_old_documents_that_are_no_workbooks(tmp_path: Path) -> None:
    signature = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    beginning = b"\x09\x08\x10\x00\x00\x06\x05\x00"
    reader = load_reader("spreadsheet")

    def sureness(content: bytes) -> int:
        path = tmp_path / "old"
        path.write_bytes(content)
        (digest,) = open_digests(path, "old", ReadingLimits())
        assert isinstance(digest, Digest)
        return reader.recognises(digest)

    large = signature + bytes(504)
    assert sureness(large + beginning + bytes(100_000)) > 90
    assert sureness(large + bytes(100) + beginning + bytes(100_000)) == 0
    assert sureness(large + "WordDocument".encode("utf-16-le") + bytes(300) + beginning) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "head", "unit"),
    [
        ("xml-records", "<mods><titleInfo><title>x", "<a>"),
        ("xml-records", "<mods><titleInfo/>", "<title>x</title>"),
        ("xml-records", "<mods><titleInfo/>", "<name><namePart>x</namePart></name>"),
        ("zotero-rdf", "<RDF><itemType/><title/>", "<Article><title>x</title></Article>"),
        ("yaml-records", PAPIS, "- a\n"),
        ("yaml-records", "- title: x\n  author: y\n  doi: z\n", "- title: x\n"),
        ("yaml-records", PAPIS, "a: b: "),
        ("yaml-records", PAPIS, "  " * 20 + "\n"),
        ("json-records", '[{"title": "x", "authors": ', "["),
        ("json-records", '[{"title": "x", "authors": [', '{"a": "b"},'),
    ],
)
def test_repetition_costs_in_proportion(name: str, head: str, unit: str, tmp_path: Path) -> None:
    digest = _opened(head + unit * 20_000, tmp_path)
    reader = load_reader(name)
    begin = time.thread_time()
    reader.recognises(digest)
    assert all(isinstance(item, Paper) or item.line for item in reader.read(digest))
    # Seconds of processor time: where cost grows with the square, it takes many minutes.
    assert time.thread_time() - begin < 60


def _opened(text: str, folder: Path) -> Digest:
    path = folder / "file"
    path.write_text(text, encoding="utf-8")
    (digest,) = open_digests(path, "file", ReadingLimits())
    assert isinstance(digest, Digest)
    return digest
