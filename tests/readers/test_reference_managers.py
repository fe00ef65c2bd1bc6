"""Reference managers' formats: their dialects, what is rejected where, hostile input."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.papers.dates import issue_date, publication_date
from explorer.papers.paper import Paper
from explorer.readers import Reading, load_reader, read_digest
from explorer.readers.contract import Digest
from explorer.readers.opening import open_digests
from explorer.readers.shared.bibtex_values import without_braces
from explorer.readers.shared.reference_fields import (
    accession,
    arxiv_in,
    doi_in,
)
from explorer.settings import ReadingLimits
from tests.helpers.corpus import ROOT

REAL = ROOT.parent / "shared" / "data" / "digests"
REAL_FILES = [
    # file, format, papers, with abstract, rejections
    ("bibtex_abstract/MedlineImporterTestNbib.bib", "bibtex", 2, 2, 0),
    ("bibtex_abstract/SearchExamples.bib", "bibtex", 15, 1, 0),
    ("bibtex_abstract/pdfContentImporterTest-pdfs.bib", "bibtex", 8, 8, 0),
    ("bibtex_abstract/v148.bib", "bibtex", 23, 23, 1),
    ("ris/asreview_baseline.ris", "ris", 100, 98, 0),
    ("ris/baseline_tag-notes_labels.ris", "ris", 32, 0, 0),
    ("ris/example_bom.ris", "ris", 0, 0, 1),
    ("ris/example_extraneous_data.ris", "ris", 2, 2, 0),
    ("ris/example_utf_chars.ris", "ris", 1, 1, 0),
    ("ris/litstudy_example.ris", "ris", 25, 25, 0),
    ("ris/ovid_psycinfo.ris", "ris", 6, 6, 0),
    ("ris/proquest.ris", "ris", 6, 6, 0),
    ("ris/pubmed_zotero.ris", "ris", 6, 6, 0),
    ("ris/ris_issue_992.txt", "ris", 19, 8, 0),
    ("ris/scopus.ris", "ris", 6, 6, 0),
    ("wos_isi/IsiImporterTestWOS.isi", "wos", 2, 2, 0),
    ("wos_isi/web_of_science.txt", "ris", 10, 10, 0),
    ("pubmed_nbib/MedlinePlainImporterTestCompleteEntry.txt", "nbib", 1, 1, 0),
    ("pubmed_nbib/NbibImporterTest.nbib", "nbib", 1, 1, 0),
    ("pubmed_nbib/pubmed_endnote.txt", "ris", 6, 6, 0),
    ("endnote/Endnote.entries.enw", "endnote-tagged", 1, 0, 12),
]


@pytest.mark.parametrize(("file", "format_", "papers", "abstracts", "rejected"), REAL_FILES)
def test_real_files(file: str, format_: str, papers: int, abstracts: int, rejected: int) -> None:
    path = REAL / file
    if not path.exists():
        pytest.skip(f"{path} is not here")
    reading = read_digest(path)
    assert reading.format == format_
    assert len(reading.papers) == papers
    assert sum(bool(paper.abstract) for paper in reading.papers) == abstracts
    assert len(reading.rejections) == rejected


REAL_RECORDS = [
    # file, index, line, start of the title, date, DOI, other ids, authors, end of the abstract
    (
        "bibtex_abstract/SearchExamples.bib", 7, 91, "Molecular structure of nucleic",
        "1953-04", "10.1038/171737a0", ("digest:Watson1953",), 2, "appear to be too small.",
    ),
    (
        "bibtex_abstract/v148.bib", 11, 107, "Model-Agnostic Learning to Meta-Learn",
        "", "", ("digest:devos21",), 2, "conclusive experiments were carried out.",
    ),
    (
        "ris/asreview_baseline.ris", 50, 1766, "Wernicke encephalopathy in patients",
        "2020-08-06", "10.1111/pcn.13113", ("pmcid:PMC7590192", "pmid:32657502"), 1, "",
    ),
    (
        "ris/ris_issue_992.txt", 18, 541, "Behavioral health care quality among",
        "2021-02", "10.1176/appi.ps.202000115",
        ("wos:000614610400014", "digest:rayyan-264553584"), 4, "All rights reserved.",
    ),
    (
        "wos_isi/web_of_science.txt", 9, 408, "On the power of secondary confession",
        "2014-04-21", "10.1080/1068316x.2013.777963", ("wos:000333482900004",), 3,
        "potentially dangerous form of evidence.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("record", REAL_RECORDS, ids=lambda record: str(record[0]))
def test_records_of_real_files(
    record: tuple[str, int, int, str, str, str, tuple[str, ...], int, str],
) -> None:
    file, index, line, title, date, doi, others, authors, ending = record
    if not (REAL / file).exists():
        pytest.skip(f"{REAL / file} is not here")
    paper = read_digest(REAL / file).papers[index]
    assert (paper.sources[0].line, paper.date, paper.doi) == (line, date, doi)
    assert paper.title.startswith(title)
    assert paper.other_ids == others
    assert len(paper.authors) == authors
    assert paper.abstract.endswith(ending)
    assert bool(paper.abstract) == bool(ending)


def read(text: str, folder: Path) -> Reading:
    path = folder / "digest"
    path.write_text(text, encoding="utf-8", newline="")
    return read_digest(path)


def only(text: str, folder: Path) -> Paper:
    (paper,) = read(text, folder).papers
    return paper


def sureness(name: str, text: str, folder: Path) -> int:
    path = folder / "digest"
    path.write_text(text, encoding="utf-8")
    (digest,) = open_digests(path, "digest", ReadingLimits())
    assert isinstance(digest, Digest)
    return load_reader(name).recognises(digest)


def problems(reading: Reading) -> list[tuple[int, str]]:
    return [(rejection.line, rejection.reason) for rejection in reading.rejections]


@pytest.mark.parametrize(
    ("text", "year", "date"),
    [
        ("2014//", "", "2014"),
        ("2019/05/01/", "", "2019-05-01"),
        ("2019/10//undefined", "", "2019-10"),
        ("2021/03/04/Spring", "", "2021-03-04"),
        ("2018/Jun/12", "", "2018-06-12"),
        ("2020/2021", "", "2020"),
        ("2019-05-12/2019-05-14", "", "2019-05-12"),
        ("2020-21", "", "2020"),
        ("20160419", "", "2016-04-19"),
        ("1 Jan.-Feb. 2019", "", "2019-01-01"),
        ("24-27 Sept. 2019", "", "2019-09-24"),
        ("1999 Dec 31-2000 Jan 6", "", "1999-12-31"),
        ("2016/05/12 06:00", "", "2016-05-12"),
        ("2019 Spring", "", "2019"),
        ("c1999", "", "1999"),
        ("SEP", "2018", "2018-09"),
        ("JUN 14", "2006", "2006-06-14"),
        ("JUL-AUG", "2006", "2006-07"),
        ("7", "2006", "2006-07"),
        ("7-9", "2006", "2006-07-09"),
        ("Summer", "", ""),
        ("in press", "", ""),
        ("", "", ""),
    ],
)
def test_issue_dates(text: str, year: str, date: str) -> None:
    assert issue_date(text, year) == date


def test_publication_date_is_the_most_precise_of_the_first_year() -> None:
    assert publication_date(["2012", "2012/07/03"]) == "2012-07-03"
    assert publication_date(["2012", "2011/12/20"]) == "2012"
    assert publication_date(["2012", "JUL 3"]) == "2012-07-03"
    assert publication_date(["", "2011/12/20"]) == "2011-12-20"
    assert publication_date([]) == ""


def test_ids_are_found_where_exporters_put_them() -> None:
    assert doi_in("http://dx.doi.org/10.1000/ABC") == "10.1000/abc"
    assert doi_in("Nests. doi: 10.1000/abc.") == "10.1000/abc"
    assert doi_in("https://doi-org.proxy.example.edu/10.1000/abc") == "10.1000/abc"
    assert doi_in("see 10.1000/abc") == ""
    assert doi_in("DOI 10.1000/abc; 10.1000/def", named=False) == "10.1000/abc"
    assert doi_in("10.1000%2Fabc") == "10.1000/abc"
    assert arxiv_in("arXiv preprint arXiv:1706.03762v5 [cs.CL]") == "1706.03762"
    assert arxiv_in("https://arxiv.org/abs/math/0601001") == "math/0601001"
    assert arxiv_in("2214.9914") == ""
    assert accession("WOS:000444108200009") == ("wos", "000444108200009")
    assert accession("2019-65183-001") == ("digest", "2019-65183-001")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{The {DNA} of {{Swifts}}}", "The DNA of Swifts"),
        (r"G{\"o}del, \v{C}ech, {\'{E}}tale", r"G{\"o}del, \v{C}ech, {\'{E}}tale"),
        (r"{CO}$_{2}$ and CO_{2}", r"CO$_{2}$ and CO_{2}"),
        (r"{B}races of \textbf{B}old and \{sets\}", r"Braces of \textbf{B}old and \{sets\}"),
        ("It costs $5 and {B} $10", "It costs $5 and B $10"),
        ("an {open one", "an open one"),
        ("a closed} one", "a closed one"),
        ("{}", ""),
        ("\\", "\\"),
    ],
)
def test_protective_braces_go_and_tex_stays(value: str, text: str) -> None:
    assert without_braces(value) == text


def test_bibtex_goes_on_after_an_entry_that_is_not_closed(tmp_path: Path) -> None:
    reading = read(
        "@article{a, title = {Fine}, year = 2020}\n"
        "@article{b, title = {Torn,\n  year = {2020}\n"
        "\n"
        "@article{c, title = {Fine too}}\n"
        "@article{d, title {No sign}}\n"
        "@article{e,\n  author = {Nobody}\n}\n"
        "@book{f, title = {Last}}",
        tmp_path,
    )
    assert reading.format == "bibtex"
    assert [(p.title, p.sources[0].line) for p in reading.papers] == [
        ("Fine", 1),
        ("Fine too", 5),
        ("Last", 10),
    ]
    assert problems(reading) == [
        (2, "the entry is not closed: its braces or quotes do not match"),
        (6, "the entry is not valid BibTeX: a field lacks its '=' or its comma"),
        (7, "no title"),
    ]


@pytest.mark.parametrize("parent_first", [True, False])
def test_bibtex_children_inherit_from_their_proceedings(parent_first: bool, tmp_path: Path) -> None:
    parent = (
        "@string{conf = {Conference on }}\n"
        "@proceedings{P24, title = conf # {Nests}, year = 2024, month = may}\n"
    )
    child = "@inproceedings{c, title = {Child}, crossref = {p24}}\n"
    other = "@inproceedings{d, title = {Other}, booktitle={Own}, year=2023, crossref = {P24}}\n"
    reading = read(parent + child + other if parent_first else child + other + parent, tmp_path)
    assert [(p.title, p.venue, p.date) for p in reading.papers] == [
        ("Child", "Conference on Nests", "2024-05"),
        ("Other", "Own", "2023"),
    ]
    assert problems(reading) == []
    assert reading.not_papers == {"proceedings volume": 1}


def test_bibtex_entries_in_unusual_shape(tmp_path: Path) -> None:
    reading = read(
        "Scopus\nEXPORT DATE: 18 November 2019\n\n"
        "  @ARTICLE\n{ a,\n TITLE = {Brace on the Next Line}, Title = {Again} }\n"
        '@misc(b, title = "Round (Brackets) and @ {Ats}", note = {doi: 10.1000/Abc})'
        "@misc{c, title={Same Line}, abstract={[No abstract available]}}\n"
        "% @misc{x, title={Commented Out}}\n"
        "@comment{@misc{y, title={Commented Out}}}\n"
        "@misc{, title = undefined, year = {2018--2019}, author={A; B C}}\n"
        "@misc{d, title={Ends Without Comma}, eprint = {1706.03762} }",
        tmp_path,
    )
    assert reading.rejections == ()
    assert [p.title for p in reading.papers] == [
        "Brace on the Next Line",
        "Round (Brackets) and @ Ats",
        "Same Line",
        "undefined",
        "Ends Without Comma",
    ]
    assert reading.papers[1].doi == "10.1000/abc"
    assert reading.papers[2].abstract == ""
    assert (reading.papers[3].date, reading.papers[3].authors) == ("2018", ("A", "B C"))
    assert reading.papers[4].arxiv == "1706.03762"
    assert {p.sources[0].date for p in reading.papers} == {"2019-11-18"}


def test_bibtex_in_a_page_is_not_a_bibliography(tmp_path: Path) -> None:
    page = "# Nests\n\nA paper on nests.\n\n```bibtex\n@misc{a, title={Nests}}\n```\n"
    assert sureness("bibtex", page, tmp_path) == 0


def test_bibtex_macros_cannot_explode(tmp_path: Path) -> None:
    bomb = '@string{a0 = "xxxxxxxxxx"}\n'
    bomb += "".join(f"@string{{a{i} = a{i - 1} # a{i - 1}}}\n" for i in range(1, 60))
    paper = only(bomb + "@misc{k, title = {Small}, abstract = a59 # a58}", tmp_path)
    assert len(paper.abstract) < 100


HOSTILE = {
    "bibtex braces": "@misc{k, title={" + "{" * 500_000,
    "bibtex arguments": "@misc{k, title={x" + "\\a{" * 100_000 + "}" * 100_000 + "}}",
    "bibtex lines": "@misc{k,\n" * 10_000,
    "bibtex blanks": "@misc{k, title={x}}\n@" + " " * 500_000,
    "bibtex ats": "@misc{k, title={x}}\n" + "@a{" * 100_000,
    "ris fields": "TY  - JOUR\n" + "AU  - \n" * 100_000,
    "ris blanks": "TY  - JOUR\nTI  - x\nty" + " " * 500_000 + "- JOUR",
    "ris ids": "TY  - JOUR\nTI  - x\nDO  - " + "10.1000/" * 50_000 + "\nPY  - " + "1-" * 200_000,
    "enw blanks": "%0 J\n%T x\n" + "\n%A\n" * 50_000,
    "nbib owners": "PMID- 1\nTI  - x\n" + "\nOWN - NLM\n" * 20_000,
    "wos lines": "FN x\nVR 1.0\nPT J\nAU a\n" + "   b\n" * 100_000 + "TI x\nER\n",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_input_is_read_in_no_time(what: str, tmp_path: Path) -> None:
    reading = read(HOSTILE[what], tmp_path)
    assert reading.papers or reading.rejections


@pytest.mark.parametrize(
    "text",
    [
        "TY  - JOUR\nTI  - x\n" + ("AB  - " + "a" * 900_000 + "\n") * 5 + "ER  -\n",
        "@misc{k, title={x}, abstract={" + ("a" * 900_000 + "\n") * 5 + "}}\n@misc{l, note={y}}",
    ],
)
def test_a_record_beyond_all_bounds_is_rejected(text: str, tmp_path: Path) -> None:
    reading = read(text, tmp_path)
    assert reading.papers == ()
    assert reading.rejections[0].line == 1
    assert "more than 4,000,000 characters" in reading.rejections[0].reason


def test_ris_without_end_tags_and_with_counted_records(tmp_path: Path) -> None:
    text = (
        "<1>\r\nTY  - JOUR\r\nTI  - One\r\nAB  - First.\r\n\r\n"
        "<2>\r\nTY  - JOUR\r\nAB  - Second,\r\nin two lines.\r\nT1  - Two\r\n\r\n3.\r\n"
        "TY  - JOUR\r\nDO  - 10.1000/abc\r\n"
    )
    reading = read(text, tmp_path)
    assert [(p.title, p.abstract, p.sources[0].line) for p in reading.papers] == [
        ("One", "First.", 2),
        ("Two", "Second, in two lines.", 7),
    ]
    assert [(r.line, r.reason, r.excerpt) for r in reading.rejections] == [
        (13, "no title", "10.1000/abc")
    ]


@pytest.mark.parametrize(
    ("before", "dash"), [("", " - "), ("", "  -"), ("", "-"), (" ", "  - "), ("", "\t-\t")]
)
@pytest.mark.parametrize("lower", [True, False])
def test_ris_in_loose_spelling(before: str, dash: str, lower: bool, tmp_path: Path) -> None:
    tags = ["TY", "TI", "AB", "ER"]
    ty, ti, ab, er = (f"{before}{tag.lower() if lower else tag}{dash}" for tag in tags)
    text = f"{ty}JOUR\n{ti}Swifts\n{ab}They have\nIL-2 and\n2 wings.\n{er}\n"
    reading = read(text * 2, tmp_path)
    assert reading.format == "ris"
    assert reading.rejections == ()
    assert [(p.title, p.abstract) for p in reading.papers] == [
        ("Swifts", "They have IL-2 and 2 wings.")
    ] * 2


def test_ris_abstracts_may_look_like_fields(tmp_path: Path) -> None:
    text = "TY  - JOUR\nTI  - Swifts\nAB  - They have\nAU - 2 wings\nand\n\nTI - 3.\nER -\n"
    assert only(text, tmp_path).abstract == "They have AU - 2 wings and TI - 3."


def test_ris_from_embase_and_google_scholar(tmp_path: Path) -> None:
    embase = (
        "TY  - JOUR\nM3  - Article\nT1  - Swifts\nJ2  - J. Nests\nU2  - L2003456789\n"
        "C5  - 32000001\nY1  - 2020///\nN2  - Fast.\nUR  - https://www.embase.com/x\n"
        "L3  - http://dx.doi.org/10.1000/e.1\nER  -\n"
    )
    paper = only(embase, tmp_path)
    assert (paper.doi, paper.other_ids) == ("10.1000/e.1", ("embase:L2003456789", "pmid:32000001"))
    assert (paper.venue, paper.date) == ("J. Nests", "2020")
    scholar = "TY  - JOUR\nT1  - Nests\nA1  - A, B\nJO  - arXiv preprint arXiv:1706.03762\nER  - \n"
    assert only(scholar, tmp_path).arxiv == "1706.03762"


def test_a_record_without_its_first_tag_is_not_lost(tmp_path: Path) -> None:
    text = "TY  - JOUR\nTI  - One\nER  -\n\nAU  - A, B\nTI  - Two\nER  -\n"
    assert [p.sources[0].line for p in read(text, tmp_path).papers] == [1, 5]


def test_wos_without_a_header_and_without_ends(tmp_path: Path) -> None:
    text = "PT J\nAU A, B\nTI One\n   line\nSO J\nPT J\nAU C, D\nSO J\nUT WOS:1\nPT J\nTI Three\n"
    reading = read(text, tmp_path)
    assert reading.format == "wos"
    assert [(p.title, p.sources[0].line) for p in reading.papers] == [
        ("One line", 1),
        ("Three", 10),
    ]
    assert problems(reading) == [(6, "no title")]


def test_nbib_dates_titles_and_missing_blank_lines(tmp_path: Path) -> None:
    text = (
        "PMID- 1\nOWN - NLM\nTI  - One\nDP  - 2018 Dec\nDEP - 20180901\n"
        "PMID- 2\nOWN - NLM\nAB  - No title here.\n\n"
        "PMID- 3\nTT  - Drei\nEDAT- 2016/05/12 06:00\nAID - S1-2 [pii]\nAID - 10.1000/x [doi]\n"
    )
    reading = read(text, tmp_path)
    assert [(p.title, p.date, p.doi) for p in reading.papers] == [
        ("One", "2018-12", ""),
        ("Drei", "2016-05-12", "10.1000/x"),
    ]
    assert problems(reading) == [(6, "no title")]


def test_refer_without_types_is_cut_at_blank_lines(tmp_path: Path) -> None:
    text = "%T One\n%A A, B\n%D 1999\n\n\n%A C, D\n%T Two\n%X Text\nof two lines.\n\n%A E\n%J J\n"
    reading = read(text, tmp_path)
    assert reading.format == "endnote-tagged"
    assert [(p.title, p.abstract, p.sources[0].line) for p in reading.papers] == [
        ("One", "", 1),
        ("Two", "Text of two lines.", 6),
    ]
    assert problems(reading) == [(11, "no title")]


def test_comments_with_percent_signs_are_not_refer(tmp_path: Path) -> None:
    assert sureness("endnote-tagged", "% A comment\n%T\n", tmp_path) == 0


def test_nbib_of_eric_has_no_numbers(tmp_path: Path) -> None:
    text = (
        "\nOWN - ERIC\nTI  - Swifts in schools\nAU  - A, B\nDP  - 2020\nAB  - They fly.\n\n"
        "OWN - ERIC\nTI  - Gulls\nDP  - 2019\nJT  - J. Nests\n"
    )
    reading = read(text, tmp_path)
    assert reading.format == "nbib"
    assert [(p.title, p.abstract, p.date) for p in reading.papers] == [
        ("Swifts in schools", "They fly.", "2020"),
        ("Gulls", "", "2019"),
    ]


@pytest.mark.parametrize("end", ["ER  - \n", ""])
def test_ris_without_types(end: str, tmp_path: Path) -> None:
    records = [
        f"C1  - {n}\nAU  - A, B\nTI  - Swifts {n}\nPY  - 2021\nDO  - 10.1000/{n}\nJO  - J\n{end}\n"
        for n in (1, 2, 3)
    ]
    reading = read("".join(records), tmp_path)
    assert reading.format == "ris"
    assert [p.title for p in reading.papers] == ["Swifts 1", "Swifts 2", "Swifts 3"]
    assert reading.rejected == 0


def test_a_blank_line_within_a_record_parts_nothing(tmp_path: Path) -> None:
    text = "PMID- 3\nTI  - Swifts\nAU  - A\n\nAU  - B\nAB  - They\n\n      fly.\nDP  - 2020\n"
    (paper,) = read(text, tmp_path).papers
    assert (paper.authors, paper.abstract, paper.date) == (("A", "B"), "They fly.", "2020")


def test_bibtex_without_a_key(tmp_path: Path) -> None:
    text = "@string{x = {Nests}}\n@article{\n  title = {Swifts},\n  journal = x\n}\n"
    (paper,) = read(text, tmp_path).papers
    assert (paper.title, paper.venue) == ("Swifts", "Nests")
