"""Tagged references and PubMed's text: their dialects, their damage, and what they cost."""

from __future__ import annotations

import string
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.papers.paper import Paper
from explorer.readers import Reading, load_reader, read_digest
from explorer.readers.contract import Digest
from explorer.readers.opening import open_digests
from explorer.readers.tagged_references import DIALECTS, dialect_of
from explorer.settings import ReadingLimits

OVID_LABELS = """<1>
Score
  *****
Accession Number
  00042637-900000000-99667.
Author
  Lovelace, Ada 1;  Babbage, Charles 2
Institution
  (1)Institute of Engines, London
Title
  How labels are read: a review.[Review]
Source
  Journal of Curves.
Abstract
  We study labels.
  Source code is not a label.
Author Keywords
  labels;  lines.
Year of Publication
  2014
DOI Number
  10.1000/OVID-2

<2>
Title
  A second title
Authors
  Hopper G.
"""
REFWORKS = """RT Journal Article
SR Electronic(1)
A1 Lovelace,Ada
A1 Babbage,Charles
T1 How labels are read
YR 2020
FD 2020/08/01
JF Journal of Curves
K1 labels
AB We study labels.
US tags are not meant here.
DO DOI:10.1000/RW.1
LK http://example.org/1

RT Book, Whole
A1 张三;李四;
T1 A second title
YR 2019
AB Not Available
"""
NOTE_EXPRESS = """{Reference Type}: Journal Article
{Title}: How labels are read
{Translated Title}: 标签
{Author}: 张三
{Author}: 李四
{Author Address}: 某大学
{Journal}: 示例学报
{Year}: 2020
{Keywords}: 虚构;示例
{Abstract}: 本摘要纯属虚构。
第二行。
{DOI}: 10.1000/ne.1
{Database Provider}: Wanfang

{Reference Type}: Thesis
{Title}: A second title
{Author}: 王五;赵六;
{Year}: 2021
"""
COCHRANE = """Record #1 of 2
ID: CN-00000001
AU: Lovelace A
AU: Babbage C
TI: How labels are read
SO: Journal of Curves
YR: 2020
PM: PUBMED 30000001
KY: labels;lines
DOI: 10.1000/co.1
AB: BACKGROUND: We study labels.

Record #2 of 2
ID: CN-00000002
AU: Hopper G
TI: A second title
YR: 2019
AB: [No abstract available]
"""
ADS = """%R 2020Crv.....5a0201L
%T How labels
are read
%A Lovelace, Ada; Babbage, Charles
%J Journal of Curves
%D 05/2020
%U https://ui.adsabs.harvard.edu/abs/2020Crv.....5a0201L
%B We study labels
of few letters.
%Y DOI: 10.1000/ads.1; eprintid: arXiv:2005.00001

%R 2019Crv.....5a0201H
%T A second title
%A Hopper, Grace
%D 01/2019
%B Not Available <P />
"""
MEDLARS = """PT  - Journal Article
TI  - How labels are read
AU  - Lovelace, Ada
AU  - Babbage, Charles
TA  - Journal of Curves
SO  - Journal of Curves, Volume 3, Issue 2
DP  - 2020 May 00
4099- https://ui.adsabs.harvard.edu/abs/2020Crv.....5a0201L
AB  - We study labels
and what follows them.

PT  - Preprint
TI  - A second title
AU  - Hopper, Grace
DP  - 2019 Mar 05
"""
PROQUEST = """Report Information from ProQuest

December 08 2020 21:33
____________________________________________________________

Table of contents

1. How labels are read
____________________________________________________________

Document 1 of 2

How labels are read

Author: Lovelace, Ada; Babbage, Charles

Publication title: Journal of Curves

http://search.example.com/docview/1

Abstract: We study labels.

Results: They have colons.

Subject: Labels; Lines;

Publication year: 2020

Database: Example Theses

____________________________________________________________

Document 2 of 2

A second title

Author: Hopper, Grace

Abstract: None available.

Publication year: 2019
____________________________________________________________

Bibliography

Citation style: APA
Lovelace, A. (2020). How labels are read.
"""
CNKI = """SrcDatabase-来源库: 期刊
Title-题名: How labels are read
Author-作者: 张三;李四;
Organ-单位: 某大学;
Source-文献来源: 示例学报
Keyword-关键词: 虚构;;示例
Summary-摘要: 本摘要纯属虚构。
PubTime-发表时间: 2020-03-15
FirstDuty-第一责任人: 张三;
Year-年: 2020

SrcDatabase-来源库: 硕士
Title-题名: A second title
Author-作者: 王五;
Summary-摘要: 无
Year-年: 2021
"""
EBSCO = """Record: 1
Title: How labels are read
Authors: Lovelace, Ada; Babbage, Charles
Source: Journal of Curves. 2020, Vol. 3 Issue 2, p1-9. 9p.
Document Type: Article
Abstract: We study labels.
Method: we look at their colons.
DOI: 10.1000/ebsco.1
Accession Number: 12345

Record: 2
Title: A second title
Authors: Hopper, G.
Source: Curves. 2019
"""
SAMPLES = {
    "Ovid, labels": OVID_LABELS,
    "RefWorks": REFWORKS,
    "NoteExpress": NOTE_EXPRESS,
    "Cochrane": COCHRANE,
    "ADS": ADS,
    "MEDLARS": MEDLARS,
    "ProQuest": PROQUEST,
    "labels": CNKI,
}


def read(text: str, folder: Path, encoding: str = "utf-8") -> Reading:
    path = folder / "digest"
    path.write_text(text, encoding=encoding, newline="")
    return read_digest(path)


def opened(text: str, folder: Path) -> Digest:
    path = folder / "digest"
    path.write_text(text, encoding="utf-8", newline="")
    (digest,) = open_digests(path, "digest", ReadingLimits())
    assert isinstance(digest, Digest)
    return digest


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_dialect_is_told_and_read(name: str, end: str, tmp_path: Path) -> None:
    text = SAMPLES[name].replace("\n", end)
    dialect = dialect_of(opened(SAMPLES[name], tmp_path))
    assert dialect is not None
    assert dialect.name == name
    reading = read(text, tmp_path)
    assert reading.format == "tagged-references"
    assert reading.rejections == ()
    first, second = reading.papers
    assert first.title.startswith("How labels are read")
    assert second.title == "A second title"
    assert len(first.authors) == 2
    assert first.abstract.startswith(("We study labels", "本摘要纯属虚构", "BACKGROUND: We study"))
    assert second.abstract == ""
    assert first.date.startswith(("2020", "2014"))


def test_every_dialect_has_a_sample() -> None:
    assert {dialect.name for dialect in DIALECTS} == SAMPLES.keys() | {"Ovid"}


def test_what_each_dialect_says_more(tmp_path: Path) -> None:
    papers = {name: read(text, tmp_path).papers[0] for name, text in SAMPLES.items()}
    ovid = papers["Ovid, labels"]
    assert ovid.authors == ("Lovelace, Ada", "Babbage, Charles")
    assert ovid.abstract == "We study labels. Source code is not a label."
    assert (ovid.venue, ovid.doi) == ("Journal of Curves", "10.1000/ovid-2")
    assert papers["RefWorks"].abstract == "We study labels. US tags are not meant here."
    assert papers["RefWorks"].doi == "10.1000/rw.1"
    assert papers["NoteExpress"].abstract == "本摘要纯属虚构。 第二行。"
    assert papers["NoteExpress"].authors == ("张三", "李四")
    assert papers["Cochrane"].other_ids == ("pmid:30000001", "digest:CN-00000001")
    ads = papers["ADS"]
    assert (ads.title, ads.arxiv, ads.doi) == ("How labels are read", "2005.00001", "10.1000/ads.1")
    assert ads.other_ids == ("ads:2020Crv.....5a0201L",)
    assert papers["MEDLARS"].url.endswith("5a0201L")
    assert papers["ProQuest"].abstract == "We study labels. Results: They have colons."
    assert papers["ProQuest"].keywords == ("Labels", "Lines")
    assert papers["labels"].date == "2020-03-15"
    assert papers["labels"].keywords == ("虚构", "示例")


def test_labels_of_any_service(tmp_path: Path) -> None:
    first, second = read(EBSCO, tmp_path).papers
    assert first.abstract == "We study labels. Method: we look at their colons."
    assert (first.venue, first.date, first.doi) == ("Journal of Curves", "2020", "10.1000/ebsco.1")
    assert (second.authors, second.date) == (("Hopper, G.",), "2019")
    german = (
        "Titel: Wie gelesen wird\nAutor: Lovelace, Ada\nJahr: 2020\nZusammenfassung: Ein Text.\n"
    )
    (paper,) = read(german, tmp_path).papers
    assert (paper.title, paper.date) == ("Wie gelesen wird", "2020")
    assert paper.abstract == "Ein Text."


@pytest.mark.parametrize(
    "text",
    [
        "Subject: a mail\nDate: today\nFrom: someone\n\nTitle: of nothing\n",
        "Dear all,\n\nTitle: x is all there is to say about authors: none.\n",
        "RT @someone look at this\nRT @other and that\n",
        "<1>\nhello\n<2>\nworld\n",
        "%R is a comment\n%T in TeX\n",
    ],
)
def test_other_texts_are_none(text: str, tmp_path: Path) -> None:
    assert load_reader("tagged-references").recognises(opened(text, tmp_path)) == 0


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - {"labels", "ProQuest"}))
def test_a_record_without_its_title_is_reported(name: str, tmp_path: Path) -> None:
    lines = SAMPLES[name].split("\n")
    at = max(number for number, line in enumerate(lines) if "A second title" in line)
    del lines[at]
    if name == "Ovid, labels":
        del lines[at - 1]
    reading = read("\n".join(lines), tmp_path)
    assert len(reading.papers) == 1
    assert [rejection.reason for rejection in reading.rejections] == ["no title"]
    assert reading.rejections[0].line > 5


@pytest.mark.parametrize("name", ["RefWorks", "NoteExpress", "MEDLARS", "labels"])
def test_a_record_without_its_first_field_stays_apart(name: str, tmp_path: Path) -> None:
    first = SAMPLES[name].split("\n", 1)[0].partition(":")[0].partition(" ")[0]
    head, _, rest = SAMPLES[name].rpartition(f"\n{first}")
    reading = read(f"{head}\n{rest.split(chr(10), 1)[1]}", tmp_path)
    assert [paper.title for paper in reading.papers] == ["How labels are read", "A second title"]


PUBMED = """
1. Curves. 2021 Nov;22:89-96. doi: 10.1000/c.1.

A title
on two lines.

Lovelace A(1), Babbage CR(2).

Author information:
(1)Institute.

An abstract of one paragraph.

Copyright © 2021 Example.

PMID: 30000001  [Indexed for MEDLINE]


2. Curves. 2020 Dec 3.

Comment on nothing.

Hopper G.

1. A list begins this abstract.

DOI: 10.1000/c.2
PMID: 30000002
"""


def test_pubmed_as_text(tmp_path: Path) -> None:
    reading = read(PUBMED, tmp_path)
    first, second = reading.papers
    assert (reading.format, reading.rejections) == ("pubmed-abstracts", ())
    assert (first.title, first.authors) == ("A title on two lines.", ("Lovelace A", "Babbage CR"))
    assert (first.abstract, first.doi) == ("An abstract of one paragraph.", "10.1000/c.1")
    assert second.abstract == "1. A list begins this abstract."
    assert (second.date, second.doi) == ("2020-12-03", "10.1000/c.2")


def test_a_pubmed_record_that_lost_title_and_authors_is_rejected(tmp_path: Path) -> None:
    cut = PUBMED.replace("A title\non two lines.\n\nLovelace A(1), Babbage CR(2).\n\n", "")
    reading = read(cut, tmp_path)
    assert [paper.title for paper in reading.papers] == ["Comment on nothing."]
    assert [rejection.reason for rejection in reading.rejections] == ["no title"]


_WORD = st.text(string.ascii_letters + "äöü漢字", min_size=2, max_size=9)
_TITLE = st.lists(_WORD, min_size=2, max_size=6).map(" ".join)
_NAME = st.tuples(_WORD, _WORD).map(", ".join)
_RECORD = st.tuples(
    _TITLE, st.lists(_NAME, min_size=1, max_size=4, unique=True), _TITLE, st.integers(1900, 2026)
)
_FORMS = {
    "Ovid": "<{n}. >\nAU  - {authors}\nTI  - {title}\nAB  - {abstract}\nYR  - {year}\n\n",
    "RefWorks": "RT Journal Article\nA1 {authors}\nT1 {title}\nAB {abstract}\nYR {year}\n\n",
    "NoteExpress": "{{Reference Type}}: Thesis\n{{Author}}: {authors}\n{{Title}}: {title}\n"
    "{{Abstract}}: {abstract}\n{{Year}}: {year}\n\n",
    "Cochrane": "Record #{n} of 9\nAU: {authors}\nTI: {title}\nAB: {abstract}\nYR: {year}\n\n",
    "labels": "Title: {title}\nAuthors: {authors}\nAbstract: {abstract}\nYear: {year}\n\n",
}


@settings(max_examples=25, deadline=None)
@given(records=st.lists(_RECORD, min_size=1, max_size=4))
@pytest.mark.parametrize("name", _FORMS)
def test_what_is_written_is_read(
    name: str,
    records: list[tuple[str, list[str], str, int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    text = "".join(
        _FORMS[name].format(
            n=n, title=title, authors="; ".join(authors), abstract=abstract, year=year
        )
        for n, (title, authors, abstract, year) in enumerate(records, 1)
    )
    reader = load_reader("tagged-references")
    papers = list(reader.read(opened(text, tmp_path_factory.mktemp("written"))))
    assert all(isinstance(paper, Paper) for paper in papers)
    got = [
        (paper.title, list(paper.authors), paper.abstract, paper.date)
        for paper in papers
        if isinstance(paper, Paper)
    ]
    assert got == [(title, authors, text, str(year)) for title, authors, text, year in records]


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        "T1 ",
        "<1. >\n",
        "RT A\n",
        "Title: ",
        "a: ",
        "%A ",
        "{Title}: ",
        "1. J. 2020",
        "\n\n1. x\n",
        " ",
    ],
)
def test_repetition_costs_in_proportion(unit: str, tmp_path: Path) -> None:
    for name in ("tagged-references", "pubmed-abstracts"):
        reader = load_reader(name)
        for head in (REFWORKS, COCHRANE, PROQUEST, CNKI, PUBMED):
            digest = opened(head + unit * 50_000, tmp_path)
            begin = time.thread_time()
            reader.recognises(digest)
            sum(1 for _ in reader.read(digest))
            assert time.thread_time() - begin < 4
