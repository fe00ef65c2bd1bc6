"""Digests that are XML: dialects, damage, hostile documents, and real files."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from explorer.papers.paper import Paper
from explorer.readers import Digest, Reading, load_reader, open_digests, read_digest, read_items
from explorer.settings import ReadingLimits
from tests.helpers.corpus import ROOT

REAL = ROOT.parent / "shared" / "data" / "digests"
OAI = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">\n<ListRecords>\n'
DC = (
    "<record>\n<header><identifier>oai:x:{0}</identifier></header>"
    "<metadata><dc>{1}</dc></metadata></record>\n"
)


def read(text: str | bytes, folder: Path) -> Reading:
    path = folder / "digest"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_digest(path, name="digest")


def only(text: str | bytes, folder: Path) -> Paper:
    (paper,) = read(text, folder).papers
    return paper


def atom(entry: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom">\n<entry>{entry}</entry></feed>'


def rss(item: str) -> str:
    return f'<rss version="2.0"><channel><title>J</title>\n<item>{item}</item></channel></rss>'


def faults(reading: Reading) -> list[tuple[int, str]]:
    return [(rejection.line, rejection.reason) for rejection in reading.rejections]


# Feeds


def test_arxiv_api_entry(tmp_path: Path) -> None:
    paper = only(
        "<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns='http://www.w3.org/2005/Atom' "
        "xmlns:arxiv='http://arxiv.org/schemas/atom'>\n<updated>2026-05-11T23:51:23Z</updated>\n"
        "<entry><id>http://arxiv.org/abs/astro-ph/0601001v1</id><title>Hot\n  Jupiters</title>"
        "<updated>2007-01-02T14:57:58Z</updated><published>2006-01-02T14:57:58Z</published>"
        "<summary>  With $p &lt; q$ and\nTeX.  </summary>"
        "<author><name>A. Gould</name><arxiv:affiliation>OSU</arxiv:affiliation></author>"
        "<author><name>S. Dorsher</name></author><arxiv:journal_ref>Acta 56</arxiv:journal_ref>"
        "<arxiv:doi>10.1000/X.1</arxiv:doi><arxiv:primary_category term='astro-ph'/>"
        "<category term='astro-ph'/><link href='https://arxiv.org/pdf/astro-ph/0601001v1' "
        "rel='related'/></entry></feed>",
        tmp_path,
    )
    assert (paper.title, paper.abstract) == ("Hot Jupiters", "With $p < q$ and TeX.")
    assert (paper.arxiv, paper.doi, paper.date) == ("astro-ph/0601001", "10.1000/x.1", "2006-01-02")
    assert (paper.venue, paper.authors) == ("Acta 56", ("A. Gould", "S. Dorsher"))
    assert (paper.categories, paper.sources[0].date) == (("astro-ph",), "2026-05-11")


def test_arxiv_api_error_is_no_paper(tmp_path: Path) -> None:
    reading = read(
        atom(
            "<id>http://arxiv.org/api/errors#incorrect_id_format</id><title>Error</title>"
            "<summary>incorrect id format for 1</summary>"
        ),
        tmp_path,
    )
    assert faults(reading) == [(2, "arXiv's answer to a faulty query")]


def test_arxivs_former_rss(tmp_path: Path) -> None:
    paper = only(
        "<?xml version='1.0'?><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
        "xmlns='http://purl.org/rss/1.0/'>\n<channel rdf:about='http://arxiv.org/'><title>cs</title>"
        "<dc:date>2023-01-05T20:30:00-05:00</dc:date><items><rdf:Seq/></items></channel>\n"
        "<item rdf:about='http://arxiv.org/abs/2301.00001'><title>Reading Feeds. "
        "(arXiv:2301.00001v2 [cs.DL] UPDATED)</title><link>http://arxiv.org/abs/2301.00001</link>"
        "<description>&lt;p&gt;We read &amp;amp; write.\n&lt;/p&gt; </description><dc:creator>"
        "&lt;a href=&quot;http://arxiv.org/find/x&quot;&gt;Ada Lovelace&lt;/a&gt;, "
        "&lt;a href=&quot;http://arxiv.org/find/y&quot;&gt;J. Doe (MIT)&lt;/a&gt;</dc:creator>"
        "</item></rdf:RDF>",
        tmp_path,
    )
    assert (paper.title, paper.abstract) == ("Reading Feeds", "We read & write.")
    assert (paper.arxiv, paper.authors) == ("2301.00001", ("Ada Lovelace", "J. Doe"))
    assert (paper.categories, paper.sources[0].date) == (("cs.DL",), "2023-01-05")


def test_descriptions_of_publishers(tmp_path: Path) -> None:
    paper = only(
        rss(
            "<title>A</title><description><![CDATA[<p>Publication date: 15 June 2024</p><p><b>"
            "Source:</b> Neurocomputing, Volume 585</p><p>Author(s): A. One, B. Two</p>]]>"
            "</description><link>https://www.sciencedirect.com/pii/1</link>"
        ),
        tmp_path,
    )
    assert (paper.abstract, paper.venue, paper.date) == ("", "Neurocomputing", "2024-06-15")
    assert paper.authors == ("A. One", "B. Two")
    paper = only(
        rss(
            "<title>B</title><content:encoded><![CDATA[<p>Nature, Published online: 07 November "
            '2024; <a href="https://x">doi:10.1038/s1-2</a></p>Reading is good.]]>'
            "</content:encoded><dc:date>2024-11-07</dc:date>"
        ),
        tmp_path,
    )
    assert (paper.abstract, paper.venue, paper.doi) == (
        "Reading is good.",
        "Nature",
        "10.1038/s1-2",
    )


def test_atom_content_in_xhtml_and_plain_angle_brackets(tmp_path: Path) -> None:
    paper = only(
        atom(
            "<title type='html'>&lt;b&gt;H&lt;/b&gt; of a &amp;lt; b &lt;c, d&gt;</title>"
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>One.</p>"
            "<p>Two<sub>2</sub>.</p></div></content><author><name>A B</name></author>"
        ),
        tmp_path,
    )
    assert (paper.title, paper.abstract) == ("H of a < b <c, d>", "One. Two<sub>2</sub>.")


def test_entry_without_title_is_rejected(tmp_path: Path) -> None:
    assert faults(read(atom("<summary>x</summary>"), tmp_path)) == [(2, "no title")]


# OAI-PMH


def test_deleted_records_are_reported(tmp_path: Path) -> None:
    deleted = (
        '<record><header status="deleted"><identifier>oai:x:1</identifier></header></record>\n'
    )
    reading = read(OAI + deleted + DC.format(2, "<title>T</title>"), tmp_path)
    assert faults(reading)[0] == (3, "deleted from its repository")
    assert [(p.title, p.sources[0].line) for p in reading.papers] == [("T", 4)]
    assert reading.rejections[0].excerpt == "oai:x:1"


def test_records_without_envelope_and_several_documents(tmp_path: Path) -> None:
    bare = DC.format(1, "<dc:title>One</dc:title>") + DC.format(2, "<dc:title>Two</dc:title>")
    whole = "<?xml version='1.0'?>\n" + OAI + DC.format(3, "<title>Three</title>")
    reading = read(f"{bare}\n{whole}</ListRecords></OAI-PMH>\n{bare}", tmp_path)
    assert reading.format == "oai-pmh"
    lines = [(p.title, p.sources[0].line) for p in reading.papers]
    assert lines == [("One", 1), ("Two", 3), ("Three", 9), ("One", 12), ("Two", 14)]


def test_dublin_core_dialects(tmp_path: Path) -> None:
    fields = (
        "<title>T</title><creator>Hopper, G.</creator><subject>reading</subject><date>2015</date>"
        "<date>2015-03-01</date><identifier>https://repository.example/1</identifier>"
        "<identifier>https://doi.org/10.1000/A.1</identifier><description>Note: no</description>"
        "<description>Yes, this.</description><source>J. Read</source><type>text</type>"
    )
    paper = only(OAI + DC.format(7, fields), tmp_path)
    assert (paper.date, paper.doi, paper.venue) == ("2015-03-01", "10.1000/a.1", "J. Read")
    assert (paper.abstract, paper.keywords) == ("Yes, this.", ("reading",))
    assert (paper.other_ids, paper.url) == (("digest:oai:x:7",), "https://repository.example/1")


def test_jats_and_unknown_metadata_in_records(tmp_path: Path) -> None:
    record = "<record><header><identifier>x</identifier></header><metadata>{}</metadata></record>\n"
    jats = (
        "<article><front><article-meta><title-group><article-title>T</article-title></title-group>"
        "</article-meta></front><body><p>Long.</p></body></article>"
    )
    marc = "<marc:record><leader>1</leader></marc:record>"
    reading = read(OAI + record.format(jats) + record.format(marc), tmp_path)
    assert [p.title for p in reading.papers] == ["T"]
    assert reading.rejections[0].line == 4
    assert "<record>" in reading.rejections[0].reason


# PubMed


def pubmed(article: str, more: str = "") -> str:
    return (
        f"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>{article}"
        f"</Article>{more}</MedlineCitation></PubmedArticle></PubmedArticleSet>"
    )


@pytest.mark.parametrize(
    ("date", "edtf"),
    [
        ("<MedlineDate>2015 Jan-Feb</MedlineDate>", "2015-01"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998-12"),
        ("<MedlineDate>2000 Spring</MedlineDate>", "2000"),
        ("<MedlineDate>2020 Oct 12-18</MedlineDate>", "2020-10-12"),
        ("<Year>2013</Year><Season>Spring</Season>", "2013"),
        ("<Year>2013</Year><Month>Sep</Month><Day>7</Day>", "2013-09-07"),
        ("<Year>2013</Year><Month>9</Month>", "2013-09"),
    ],
)
def test_pubmed_dates(date: str, edtf: str, tmp_path: Path) -> None:
    journal = f"<Journal><JournalIssue><PubDate>{date}</PubDate></JournalIssue></Journal>"
    assert only(pubmed(f"{journal}<ArticleTitle>T</ArticleTitle>"), tmp_path).date == edtf


def test_pubmed_titles(tmp_path: Path) -> None:
    foreign = (
        "<ArticleTitle>[Not Available].</ArticleTitle><VernacularTitle>Lesen.</VernacularTitle>"
    )
    assert only(pubmed(foreign), tmp_path).title == "Lesen."
    reading = read(pubmed("<Abstract><AbstractText>x</AbstractText></Abstract>"), tmp_path)
    assert faults(reading) == [(1, "no title")]


def test_abstract_in_another_language_stands_in(tmp_path: Path) -> None:
    other = "<OtherAbstract Language='spa'><AbstractText>Leemos.</AbstractText></OtherAbstract>"
    assert only(pubmed("<ArticleTitle>T</ArticleTitle>", other), tmp_path).abstract == "Leemos."


# ACL Anthology, JATS, EndNote


@pytest.mark.parametrize(
    ("collection", "volume", "paper", "key"),
    [
        ("P18", "1", "1", "P18-1001"),
        ("W18", "1", "2", "W18-0102"),
        ("D19", "50", "3", "D19-5003"),
        ("D19", "1", "3", "D19-1003"),
        ("2024.acl", "long", "12", "2024.acl-long.12"),
    ],
)
def test_anthology_ids(collection: str, volume: str, paper: str, key: str, tmp_path: Path) -> None:
    text = (
        f"<collection id='{collection}'><volume id='{volume}'><meta><booktitle>B</booktitle></meta>"
        f"<paper id='{paper}'><title>T</title></paper></volume></collection>"
    )
    assert only(text, tmp_path).other_ids == (f"acl:{key}",)


def test_retracted_and_untitled_anthology_papers(tmp_path: Path) -> None:
    reading = read(
        "<collection id='2024.x'><volume id='1'>\n<paper id='1'><title>T</title><retracted "
        "date='2024-05-01'>Wrong.</retracted></paper>\n<paper id='2'><abstract>A</abstract></paper>"
        "</volume></collection>",
        tmp_path,
    )
    assert faults(reading) == [(2, "retracted"), (3, "no title")]


def test_jats_formulas_and_bare_article(tmp_path: Path) -> None:
    paper = only(
        "<!DOCTYPE article PUBLIC '-//NLM//DTD JATS' 'JATS.dtd'>\n<article><front><journal-meta>"
        "<journal-title>J</journal-title></journal-meta><article-meta><article-id "
        "pub-id-type='doi'>10.1101/2024.01.01</article-id><title-group><article-title>On "
        "<inline-formula><alternatives><tex-math>\\documentclass{x}\\begin{document}$$a_1$$"
        "\\end{document}</tex-math><mml:math><mml:mi>a</mml:mi></mml:math></alternatives>"
        "</inline-formula></article-title></title-group><contrib-group><contrib "
        "contrib-type='author'><string-name>A. One</string-name></contrib></contrib-group>"
        "<pub-date date-type='pub' iso-8601-date='2024-01-02'><year>2024</year></pub-date>"
        "<abstract><p>One.</p><p>Two.</p></abstract></article-meta></front></article>",
        tmp_path,
    )
    assert (paper.title, paper.abstract) == ("On $a_1$", "One. Two.")
    assert (paper.venue, paper.date, paper.authors) == ("J", "2024", ("A. One",))


def test_endnote_without_styles_from_another_exporter(tmp_path: Path) -> None:
    paper = only(
        "<xml><records><record><ref-type name='Journal Article'>17</ref-type><contributors>"
        "<authors><author>Hopper, G.</author></authors></contributors><titles><title>T</title>"
        "</titles><periodical><full-title>J</full-title></periodical><dates><year>2020</year>"
        "<pub-dates><date>2020-05-06</date></pub-dates></dates><urls><web-urls><url>"
        "https://arxiv.org/abs/2005.00001</url></web-urls></urls><remote-database-name>Medline"
        "</remote-database-name><accession-num>123</accession-num></record></records></xml>",
        tmp_path,
    )
    assert (paper.venue, paper.date, paper.arxiv) == ("J", "2020-05-06", "2005.00001")
    assert paper.other_ids == ("pmid:123",)


# The stream


def test_damage_costs_one_record(tmp_path: Path) -> None:
    good = DC.format(1, "<title>Good</title>")
    broken = DC.format(2, "<title>Bad</dc:title>")
    unclosed = "<record><header/>\n<metadata><dc><title>Open</title></dc></metadata>\n"
    text = f"{OAI}{good}{broken}{good}{unclosed}{good}</ListRecords></OAI-PMH>"
    reading = read(text, tmp_path)
    assert [p.sources[0].line for p in reading.papers] == [3, 7, 11]
    assert faults(reading) == [
        (5, "not well-formed XML: mismatched tag"),
        (9, "this <record> is not closed before the next one starts"),
    ]


def test_truncated_file_gives_what_came_before(tmp_path: Path) -> None:
    text = OAI + DC.format(1, "<title>Good</title>") + "<record>\n<header/><metadata><dc><title>T"
    reading = read(text, tmp_path)
    assert [p.title for p in reading.papers] == ["Good"]
    assert faults(reading) == [(5, "the file ends inside this record")]
    reading = read(OAI + DC.format(1, "<title>Good</title>"), tmp_path)
    assert faults(reading) == [(5, "the file ends too early")]


def test_loose_ampersands_and_signs_are_text(tmp_path: Path) -> None:
    fields = (
        "<title>R & D at p < 0.05&nbsp;\x0b&eacute;</title>"
        "<description><![CDATA[a & b < c]]></description>"
    )
    paper = only(f"<?xml version='1.0' standalone='yes'?>{OAI}{DC.format(1, fields)}", tmp_path)
    assert (paper.title, paper.abstract) == ("R & D at p < 0.05 é", "a & b < c")


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "windows-1251"])
def test_other_encodings(encoding: str, tmp_path: Path) -> None:
    title = "Чтение писем" if encoding == "windows-1251" else "Müller liest"
    text = f"<?xml version='1.0' encoding='{encoding}'?>\n{OAI}"
    text += DC.format(1, f"<title>{title}</title>")
    assert only(text.encode(encoding), tmp_path).title == title


def test_lines_hold_beyond_what_tree_parsers_count(tmp_path: Path) -> None:
    text = OAI + "\n" * 100_000 + DC.format(1, "<title>T</title>")
    assert only(text, tmp_path).sources[0].line == 100_003


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))


@pytest.mark.parametrize(
    ("subset", "body"),
    [
        (f'<!ENTITY l0 "lol">{LAUGHS}', "&l11;"),
        (f'<!ENTITY l0 "{"x" * 50_000}">', "&l0;" * 50_000),
        ('<!ENTITY l0 SYSTEM "file:///etc/passwd">', "&l0;"),
        ('<!ENTITY % l0 SYSTEM "file:///etc/passwd"> %l0;', "x"),
        ('<!ENTITY l0 "harmless">', "&l0;"),
    ],
    ids=["billion laughs", "quadratic", "external", "parameter", "any"],
)
def test_declared_entities_are_refused(subset: str, body: str, tmp_path: Path) -> None:
    start = time.process_time()
    records = DC.format(1, f"<title>{body}</title>")
    reading = read(
        f"<!DOCTYPE OAI-PMH [{subset}]>\n{OAI}{records}</ListRecords></OAI-PMH>", tmp_path
    )
    assert reading.papers == ()
    ((line, reason),) = faults(reading)
    assert line == 1
    assert "declares entities" in reason
    assert time.process_time() - start < 2


def test_document_type_is_passed_over_and_never_loaded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.dtd"
    secret.write_text('<!ENTITY found "SECRET">')
    head = f'<!DOCTYPE OAI-PMH SYSTEM "{secret.as_uri()}">\n'
    paper = only(head + OAI + DC.format(1, "<title>T &found;</title>"), tmp_path)
    assert paper.title == "T &found;"


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (f"<title>{'A' * 10_000_000}</title>", "a record of more than 4,000,000 characters"),
        (f"<title x='{'A' * 10_000_000}'/>", "a tag or comment of more than 1,000,000 characters"),
        (f"<title>T<!--{'A' * 3_000_000}--></title>", "a tag or comment of more than 1,000,000"),
        ("<title>" * 5_000, "elements nested more than 100 deep"),
        ("<a/>" * 500_000, "a record of more than 4,000,000 characters"),
    ],
    ids=["title", "attribute", "comment", "depth", "elements"],
)
def test_records_beyond_all_bounds(field: str, reason: str, tmp_path: Path) -> None:
    start = time.process_time()
    good = DC.format(2, "<title>Good</title>")
    reading = read(f"{OAI}{DC.format(1, field)}{good}</ListRecords></OAI-PMH>", tmp_path)
    assert [p.title for p in reading.papers] == ["Good"]
    assert reading.rejections[0].reason.startswith(reason)
    assert reading.rejections[0].line == 3
    assert time.process_time() - start < 5


def test_endless_damage_ends(tmp_path: Path) -> None:
    start = time.process_time()
    reading = read(OAI + "<record <" * 200_000, tmp_path)
    assert "reading stops here" in reading.rejections[-1].reason
    assert len(reading.rejections) < 1_100
    assert time.process_time() - start < 5


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "big.xml"
    path.write_text(OAI + DC.format(1, f"<title>T</title>{'<date/>' * 5}{'x ' * 500}") * 2_000)
    (digest,) = open_digests(path, "big", ReadingLimits())
    assert isinstance(digest, Digest)
    tracemalloc.start()
    count = sum(isinstance(item, Paper) for item in read_items(digest, load_reader("oai-pmh")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2_000
    assert peak < 2_000_000 < path.stat().st_size


def test_html_and_other_xml_are_not_claimed(tmp_path: Path) -> None:
    names = ("acl-xml", "endnote-xml", "feed", "jats", "oai-pmh", "pubmed-xml", "arxiv-mailing")
    for text in (
        "<!DOCTYPE html><html><head><title>x</title></head><article><front/></article></html>",
        "<svg xmlns='http://www.w3.org/2000/svg'><title>x</title></svg>",
        "<collection><record><leader/></record></collection>",
        "<p>Title\n\nAbstract of <record> and <entry></p>",
        "Not XML at all: <feed><entry><title>x</title></entry></feed>",
    ):
        path = tmp_path / "other"
        path.write_text(text)
        (digest,) = open_digests(path, "other", ReadingLimits())
        assert isinstance(digest, Digest)
        assert {name: load_reader(name).recognises(digest) for name in names} == dict.fromkeys(
            names, 0
        )


# Real files


@pytest.mark.skipif(not REAL.is_dir(), reason="the collection of real digests is not here")
@pytest.mark.parametrize(
    ("path", "format_", "papers", "abstracts", "rejected"),
    [
        ("acl_xml/2024.sigtyp.xml", "acl-xml", 19, 19, []),
        ("arxiv_api_atom/q_testing_s0_m100_cfe7536492ca.atom.xml", "feed", 100, 100, []),
        ("arxiv_api_atom/q_testing_s0_m10_bc5a6c384fe9.atom.xml", "feed", 10, 10, []),
        ("arxiv_api_atom/id_1605.08386_s0_m100_199195aa31ad.atom.xml", "feed", 1, 1, []),
        ("arxiv_oai_xml/arxiv-physics-hep-th.xml", "oai-pmh", 3, 3, []),
        ("arxiv_oai_xml/sample_arxiv_record0.xml", "oai-pmh", 1, 1, []),
        ("arxiv_oai_xml/sample_arxiv_record4.xml", "oai-pmh", 1, 1, []),
        ("arxiv_oai_xml/sample_arxiv_record8.xml", "oai-pmh", 1, 1, []),
        ("arxiv_oai_xml/sample_arxiv_record10.xml", "oai-pmh", 1, 1, []),
        ("arxiv_rss_atom/arxiv_rss_example.xml", "feed", 7, 7, []),
        ("endnote/EndnoteXmlImporterTestArticle.xml", "endnote-xml", 1, 1, []),
        ("pubmed_xml/MedlineImporterTestArticleItalics.xml", "pubmed-xml", 1, 1, []),
        (
            "pubmed_xml/MedlineImporterTestBookArticleSet.xml",
            "pubmed-xml",
            1,
            0,
            [(67, "no title")],
        ),
        ("pubmed_xml/MedlineImporterTestNbib.xml", "pubmed-xml", 2, 2, []),
    ],
)
def test_real_files(
    path: str, format_: str, papers: int, abstracts: int, rejected: list[tuple[int, str]]
) -> None:
    reading = read_digest(REAL / path)
    assert (reading.format, len(reading.papers), faults(reading)) == (format_, papers, rejected)
    assert sum(bool(p.abstract) for p in reading.papers) == abstracts
    lines = (REAL / path).read_text(encoding="utf-8").splitlines()
    starts = ("<entry", "<record", "<paper", "<PubmedArticle>", "<PubmedBookArticle>", "<GetRecord")
    for paper in reading.papers:
        assert any(start in lines[paper.sources[0].line - 1] for start in starts)
        assert paper.authors
        assert paper.date
