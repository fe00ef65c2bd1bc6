"""Every record of a digest is a paper, a rejection, or counted as no paper, however one is damaged.

Files of six records are generated in each format whose records are easily written, and the third
is damaged in one way. The others must come out whole, and all six must be accounted for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from explorer.readers import Reading, read_digest

RECORDS = 6
DAMAGED = 3
WORDS = "zero swifts gulls terns plovers larks wagtails".split()


@dataclass(frozen=True)
class Format:
    """The lines of one record, with ``{n}`` for its number and ``{word}`` for its subject."""

    name: str
    fields: Sequence[str]
    before: str = ""
    between: str = "\n"
    after: str = ""
    by_line: bool = True
    """Whether a record may be cut anywhere without the rest of the file being of no use."""
    kept: Sequence[int] = ()
    """Lines without which the rest of the file would be of no use."""
    abstracts: bool = True

    def record(self, number: int) -> list[str]:
        return [
            line.replace("{n}", str(number)).replace("{word}", WORDS[number])
            for line in self.fields
        ]

    def file(self, records: Sequence[Sequence[str]]) -> str:
        texts = ("".join(f"{line}\n" for line in record) for record in records)
        return self.before + self.between.join(texts) + self.after


FORMATS = [
    Format(
        "ris",
        [
            "TY  - JOUR",
            "AU  - Doe, Jane",
            "TI  - A study of {word}",
            "PY  - 2021",
            "AB  - What we saw of {word}.",
            "DO  - 10.1000/{n}",
            "ER  - ",
        ],
    ),
    Format(
        "nbib",
        [
            "PMID- 3000{n}",
            "OWN - NLM",
            "TI  - A study of {word}",
            "AB  - What we saw of {word}.",
            "AU  - Doe J",
            "DP  - 2021",
        ],
    ),
    Format(
        "wos",
        [
            "PT J",
            "AU Doe, J",
            "TI A study of {word}",
            "SO NESTS",
            "AB What we saw of {word}.",
            "PY 2021",
            "UT WOS:00{n}",
            "ER",
        ],
        before="FN Clarivate\nVR 1.0\n",
        after="EF\n",
    ),
    Format(
        "endnote-tagged",
        [
            "%0 Journal Article",
            "%A Doe, Jane",
            "%T A study of {word}",
            "%D 2021",
            "%X What we saw of {word}.",
        ],
    ),
    Format(
        "bibtex",
        [
            "@article{key{n},",
            "  title = {A study of {word}},",
            "  author = {Doe, Jane},",
            "  abstract = {What we saw of {word}.},",
            "  year = {2021}",
            "}",
        ],
    ),
    Format(
        "delimited", ["A study of {word},What we saw of {word}.,2021"], "Title,Abstract,Year\n", ""
    ),
    Format(
        "json-lines",
        ['{"title": "A study of {word}", "abstract": "What we saw of {word}.", "year": 2021}'],
        between="",
    ),
    Format(
        "json-records",
        [
            "{",
            '"id": "{n}",',
            '"title": "A study of {word}",',
            '"abstract": "What we saw of {word}.",',
            '"year": 2021',
            "}",
        ],
        before="[\n",
        between=",\n",
        after="]\n",
        by_line=False,
    ),
    Format(
        "pubmed-xml",
        [
            "<PubmedArticle><MedlineCitation>",
            "<PMID>3000{n}</PMID>",
            "<Article>",
            "<ArticleTitle>A study of {word}</ArticleTitle>",
            "<Abstract><AbstractText>What we saw of {word}.</AbstractText></Abstract>",
            "</Article></MedlineCitation></PubmedArticle>",
        ],
        before="<PubmedArticleSet>\n",
        after="</PubmedArticleSet>\n",
        by_line=False,
    ),
    Format(
        "feed",
        [
            "<entry>",
            "<id>urn:{n}</id>",
            "<title>A study of {word}</title>",
            "<summary>What we saw of {word}.</summary>",
            "<published>2021-02-03T00:00:00Z</published>",
            "</entry>",
        ],
        before='<feed xmlns="http://www.w3.org/2005/Atom">\n',
        after="</feed>\n",
        by_line=False,
    ),
    Format(
        "endnote-xml",
        [
            "<record>",
            "<rec-number>{n}</rec-number>",
            '<ref-type name="Journal Article">17</ref-type>',
            "<titles><title>A study of {word}</title></titles>",
            "<abstract>What we saw of {word}.</abstract>",
            "</record>",
        ],
        before="<xml><records>\n",
        after="</records></xml>\n",
        by_line=False,
    ),
    Format(
        "csl-json",
        [
            "{",
            '"id": "x{n}",',
            '"type": "article-journal",',
            '"title": "A study of {word}",',
            '"abstract": "What we saw of {word}.",',
            '"issued": {"date-parts": [[2021, 2]]}',
            "}",
        ],
        before="[\n",
        between=",\n",
        after="]\n",
        by_line=False,
    ),
    Format(
        "crossref",
        [
            "{",
            '"DOI": "10.1000/{n}",',
            '"type": "journal-article",',
            '"title": ["A study of {word}"],',
            '"abstract": "What we saw of {word}.",',
            '"issued": {"date-parts": [[2021, 2]]},',
            '"member": "1"',
            "}",
        ],
        before='{"status": "ok", "message-type": "work-list", "message": {"items": [\n',
        between=",\n",
        after="]}}\n",
        by_line=False,
    ),
    Format(
        "semantic-scholar",
        [
            "{",
            '"paperId": "00000000000000000000000000000000000000a{n}",',
            '"title": "A study of {word}",',
            '"abstract": "What we saw of {word}.",',
            '"externalIds": {"DOI": "10.1000/{n}"},',
            '"year": 2021',
            "}",
        ],
        before='{"total": 6, "offset": 0, "data": [\n',
        between=",\n",
        after="]}\n",
        by_line=False,
    ),
    Format(
        "oai-pmh",
        [
            "<record><header><identifier>oai:x:{n}</identifier></header><metadata>",
            '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/">',
            "<dc:title>A study of {word}</dc:title>",
            "<dc:description>What we saw of {word}.</dc:description>",
            "</oai_dc:dc>",
            "</metadata></record>",
        ],
        before='<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>\n',
        after="</ListRecords></OAI-PMH>\n",
        by_line=False,
        kept=(1, 4),
    ),
    Format(
        "acl-xml",
        [
            '<paper id="{n}">',
            "<title>A study of {word}</title>",
            "<author><first>Jane</first><last>Doe</last></author>",
            "<abstract>What we saw of {word}.</abstract>",
            "</paper>",
        ],
        before='<collection id="2021.x"><volume id="1"><meta><booktitle>B</booktitle></meta>\n',
        after="</volume></collection>\n",
        by_line=False,
    ),
    Format(
        "xml-records",
        [
            "<mods>",
            "<titleInfo><title>A study of {word}</title></titleInfo>",
            "<name><namePart>Doe, Jane</namePart></name>",
            "<abstract>What we saw of {word}.</abstract>",
            "<originInfo><dateIssued>2021</dateIssued></originInfo>",
            "</mods>",
        ],
        before='<modsCollection xmlns="http://www.loc.gov/mods/v3">\n',
        after="</modsCollection>\n",
        by_line=False,
    ),
    Format(
        "tagged-references",
        [
            "RT Journal Article",
            "A1 Doe, Jane",
            "T1 A study of {word}",
            "YR 2021",
            "JF Nests",
            "AB What we saw of {word}.",
        ],
    ),
    Format(
        "yaml-records",
        [
            "- id: x{n}",
            "  title: A study of {word}",
            "  author: Doe, Jane",
            "  year: 2021",
            "  abstract: What we saw of {word}.",
        ],
        between="",
        by_line=False,
    ),
    Format(
        "markdown-table",
        [
            "| 2021-02-03 | **A study of {word}** | Jane Doe "
            "| [2101.0000{n}](https://arxiv.org/abs/2101.0000{n}) |"
        ],
        before="| Date | Title | Authors | PDF |\n|---|---|---|---|\n",
        between="",
        abstracts=False,
    ),
    Format(
        "pubmed-abstracts",
        [
            "{n}. J Nests. 2021 Nov;22(1):89-9{n}.",
            "",
            "A study of {word}",
            "",
            "Doe J(1), Roe R(1).",
            "",
            "What we saw of {word}.",
            "",
            "PMID: 3000{n}",
        ],
        before="\n",
        between="\n\n",
    ),
    Format(
        "arxiv-mailing",
        [
            "\\\\",
            "arXiv:2411.0000{n}",
            "Date: Sat, 2 Nov 2024 00:16:29 GMT   (15kb)",
            "",
            "Title: A study of {word}",
            "Authors: Jane Doe, Richard Roe",
            "Categories: cs.DL",
            "\\\\",
            "  What we saw of {word}.",
            "\\\\ ( https://arxiv.org/abs/2411.0000{n} ,  15kb)",
        ],
        before=f"Archives at http://arxiv.org/\n{'-' * 78}\n",
        between=f"{'-' * 78}\n",
        after="%%--%%--%%--\n",
    ),
    Format(
        "front-matter",
        [
            "---",
            "title: A study of {word}",
            "author:",
            "- given: Jane",
            "  family: Doe",
            "date: 2021-07-08",
            "abstract: What we saw of {word}.",
            "---",
        ],
    ),
    Format(
        "property-notes",
        [
            "- title:: A study of {word}",
            "  authors:: Jane Doe and Richard Roe",
            "  year:: 2022",
            "  arxiv:: https://arxiv.org/abs/2201.0000{n}",
            "  abstract:: What we saw of {word}.",
        ],
    ),
    Format(
        "markdown-digest",
        [
            "### [{n}] [A study of {word}](https://arxiv.org/abs/2506.0000{n})",
            "*Jane Doe, Richard Roe*",
            "",
            "Main category: cs.CL",
            "",
            "Abstract: What we saw of {word}.",
        ],
        before="# Papers of 2025-06-09\n\n",
    ),
    Format(
        "markdown-list",
        [
            "- [A study of {word}](https://arxiv.org/abs/2211.0000{n}) - Jane Doe, Max Roe (ICML)",
            "  - Abstract: What we saw of {word}.",
        ],
        before="# Papers on birds\n\n",
        between="",
    ),
    Format(
        "citation-list",
        ["Doe, J., & Roe, R. A. (2021). A study of {word}. Journal of Nests, 3(2), 1-1{n}."],
        before="References\n\n",
        abstracts=False,
    ),
    Format(
        "topic-tables",
        [
            '"2201.0000{n}": "- 2022-01-19, **A study of {word}**, Jane Doe et.al., Paper: '
            '[http://arxiv.org/abs/2201.0000{n}](http://arxiv.org/abs/2201.0000{n})\\n"'
        ],
        before='{"Birds": {\n',
        between=",\n",
        after="}}\n",
        by_line=False,
        abstracts=False,
    ),
    Format(
        "jats",
        [
            '<article article-type="research-article"><front><article-meta>',
            '<article-id pub-id-type="doi">10.1000/jr.{n}</article-id>',
            "<title-group><article-title>A study of {word}</article-title></title-group>",
            "<pub-date><year>2021</year></pub-date>",
            "<abstract><p>What we saw of {word}.</p></abstract>",
            "</article-meta></front></article>",
        ],
        before="<pmc-articleset>\n",
        after="</pmc-articleset>\n",
        by_line=False,
    ),
    Format(
        "openalex",
        [
            "{",
            '"id": "https://openalex.org/W274180980{n}",',
            '"display_name": "A study of {word}",',
            '"publication_year": 2021,',
            '"abstract_inverted_index": {"What": [0], "we": [1], "saw": [2], "of": [3],'
            ' "{word}.": [4]},',
            '"authorships": []',
            "}",
        ],
        before='{"meta": {"count": 6}, "results": [\n',
        between=",\n",
        after="]}\n",
        by_line=False,
    ),
    Format(
        "openreview",
        [
            "{",
            '"id": "abcDEF123{n}", "forum": "abcDEF123{n}",',
            '"invitations": ["c.org/C/2024/Conference/-/Submission"],',
            '"pdate": 1720569600000,',
            '"content": {"title": {"value": "A study of {word}"},'
            ' "abstract": {"value": "What we saw of {word}."}}',
            "}",
        ],
        before='{"notes": [\n',
        between=",\n",
        after='], "count": 6}\n',
        by_line=False,
    ),
    Format(
        "hugging-face",
        [
            "{",
            '"paper": {"id": "2403.0000{n}", "upvotes": 3, "title": "A study of {word}",'
            ' "summary": "What we saw of {word}.", "publishedAt": "2024-03-08T18:59:59.000Z"},',
            '"title": "A study of {word}",',
            '"numComments": 2',
            "}",
        ],
        before="[\n",
        between=",\n",
        after="]\n",
        by_line=False,
    ),
    Format(
        "slack",
        [
            "{",
            '"type": "message", "user": "U0000001", "ts": "173106000{n}.000200",',
            '"text": "<https://arxiv.org/abs/2411.0000{n}>",',
            '"attachments": [{"from_url": "https://arxiv.org/abs/2411.0000{n}",'
            ' "title": "[2411.0000{n}] A study of {word}", "text": "What we saw of {word}."}]',
            "}",
        ],
        before="[\n",
        between=",\n",
        after="]\n",
        by_line=False,
        abstracts=False,
    ),
    Format(
        "telegram",
        [
            "{",
            '"id": {n}, "type": "message", "date": "2024-11-08T10:00:00",',
            '"from": "Birds", "from_id": "channel1000000001",',
            '"text": [{"type": "bold", "text": "A study of {word}"},'
            ' "\\n\\nJane Doe\\n\\n", {"type": "link", "text": "https://arxiv.org/abs/2411.0000{n}"}]',
            "}",
        ],
        before='{"name": "Birds", "type": "public_channel", "id": 1, "messages": [\n',
        between=",\n",
        after="]}\n",
        by_line=False,
        abstracts=False,
    ),
    Format(
        "zotero-rdf",
        [
            '<bib:Article rdf:about="http://example.org/{n}">',
            "<z:itemType>journalArticle</z:itemType>",
            "<dc:title>A study of {word}</dc:title>",
            "<dcterms:abstract>What we saw of {word}.</dcterms:abstract>",
            "<dc:date>May 2021</dc:date>",
            "</bib:Article>",
        ],
        before='<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:bib="http://purl.org/net/biblio#" xmlns:dc="http://purl.org/dc/elements/1.1/">\n',
        after="</rdf:RDF>\n",
        by_line=False,
    ),
]


def damages(form: Format) -> Iterator[tuple[str, list[str]]]:
    """Yield each way in which the lines of a record may be damaged, and what is left."""
    whole = form.record(DAMAGED)
    inner = range(len(whole)) if form.by_line else range(1, len(whole) - 1)
    if len(whole) > 1:
        for index in (index for index in inner if index not in form.kept):
            yield f"without {whole[index]!r}", [*whole[:index], *whole[index + 1 :]]
            yield f"twice {whole[index]!r}", [*whole[: index + 1], *whole[index:]]
            yield f"blank line before {whole[index]!r}", [*whole[:index], "", *whole[index:]]
            yield f"blank lines before {whole[index]!r}", [*whole[:index], "", "", *whole[index:]]
        if form.by_line:
            for index in range(1, len(whole)):
                yield f"ends before {whole[index]!r}", whole[:index]
    yield (
        "wrong name of the title",
        [line.replace("TI", "Q9").replace("%T", "%+").replace("itle", "ixle") for line in whole],
    )
    if form.by_line:
        for share in (3, 2):
            line = next(line for line in whole if "study" in line)
            cut = line[: len(line) * share // 4]
            yield f"cut off in {cut!r}", [cut if own == line else own for own in whole]


CASES = [
    pytest.param(form, lines, id=f"{form.name}: {what}")
    for form in FORMATS
    for what, lines in damages(form)
    if re.search(r"[^\W_]", "".join(lines))  # else nothing is left that could be lost
]


def read(text: str, folder: Path) -> Reading:
    path = folder / "digest"
    path.write_text(text, encoding="utf-8")
    return read_digest(path)


@pytest.mark.parametrize("form", FORMATS, ids=[form.name for form in FORMATS])
def test_sound_records_are_papers(form: Format, tmp_path: Path) -> None:
    reading = read(form.file([form.record(n + 1) for n in range(RECORDS)]), tmp_path)
    assert reading.format == form.name
    assert [paper.title for paper in reading.papers] == [f"A study of {w}" for w in WORDS[1:]]
    assert reading.rejected == 0


@pytest.mark.parametrize(("form", "damaged"), CASES)
def test_a_damaged_record_is_not_lost(form: Format, damaged: list[str], tmp_path: Path) -> None:
    records = [form.record(number) for number in range(1, RECORDS + 1)]
    records[DAMAGED - 1] = damaged
    reading = read(form.file(records), tmp_path)
    assert reading.format == form.name
    others = [word for word in WORDS[1:] if word != WORDS[DAMAGED]]
    whole = [
        word
        for word in others
        for paper in reading.papers
        if paper.title == f"A study of {word}"
        and paper.abstract == (f"What we saw of {word}." if form.abstracts else "")
    ]
    assert whole == others
    outcomes = len(reading.papers) + reading.rejected + sum(reading.not_papers.values())
    # A record that is torn in two may be reported twice, but never not at all.
    assert RECORDS <= outcomes <= RECORDS + 1
    assert all(rejection.line and rejection.reason for rejection in reading.rejections)
