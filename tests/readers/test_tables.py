"""Tables of papers: delimited text, workbooks, Parquet, and how their columns are guessed."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.errors import DigestError
from explorer.papers.paper import Paper
from explorer.readers import Reading, read_digest
from explorer.readers.contract import Digest
from explorer.readers.opening import open_digests
from explorer.readers.parquet import Parquet
from explorer.readers.shared.columns import map_columns
from explorer.readers.shared.field_names import normalised
from explorer.settings import ReadingLimits
from tests.helpers.corpus import ROOT

DIGESTS = ROOT.parent / "shared" / "data" / "digests" / "csv"

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _sheet(rows: Sequence[Sequence[object]]) -> str:
    def cell(row: int, column: int, value: object) -> str:
        place = f"{chr(65 + column)}{row}"
        if isinstance(value, int | float):
            return f'<c r="{place}"><v>{value}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'

    inside = "".join(
        f'<row r="{number}">'
        + "".join(cell(number, i, value) for i, value in enumerate(row) if value is not None)
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{inside}</sheetData></worksheet>'


def workbook(*sheets: Sequence[Sequence[object]], raw: str = "") -> bytes:
    """Return a workbook of ``sheets``, or of one whose XML is ``raw``."""
    texts = [raw] if raw else [_sheet(rows) for rows in sheets]
    listed = "".join(
        f'<sheet name="S{i}" sheetId="{i}" r:id="r{i}"/>' for i in range(1, len(texts) + 1)
    )
    links = "".join(
        f'<Relationship Id="r{i}" Type="{_RELATED}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(texts) + 1)
    )
    packages = "http://schemas.openxmlformats.org/package/2006/relationships"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{packages}"><Relationship Id="r1" '
            f'Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>{listed}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{packages}">{links}</Relationships>',
        )
        for number, text in enumerate(texts, start=1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", text)
    return buffer.getvalue()


@pytest.fixture
def reading(tmp_path: Path) -> Callable[[str | bytes], Reading]:
    """Return what a file with this content gives."""

    def read(content: str | bytes, force: str = "") -> Reading:
        path = tmp_path / "table"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_digest(path, name="table", limits=ReadingLimits(force=force))

    return read


def test_column_names_count_without_case_and_punctuation() -> None:
    for name in ("paper_title", "Paper Title", "paperTitle", " PAPER-TITLE ", "\ufeffpaper title"):
        assert normalised(name) == "paper title"
    assert map_columns(["Item Title", "Publication Title"]) == {
        "title": ("Item Title",),
        "venue": ("Publication Title",),
    }
    assert map_columns(["Title", "Publication Title"])["venue"] == ("Publication Title",)
    assert map_columns(["Original Title", "Title"])["title"] == ("Title", "Original Title")
    assert "title" not in map_columns(["name", "value"])


EXPORTS = {
    "IEEE Xplore": (
        '"Document Title",Authors,"Author Affiliations","Publication Title",Date Added To Xplore,'
        '"Publication Year","Abstract","DOI",PDF Link,"Author Keywords","IEEE Terms"',
        '"On Reading","A. Lovelace; C. Babbage","Here","Journal of Reading","11 March 2024","2024",'
        '"We study.","10.1109/X.1","https://ieeexplore.ieee.org/1","reading;papers","Cats"',
    ),
    "Scopus": (
        '\ufeff"Authors","Author full names","Author(s) ID","Title","Year","Source title","DOI",'
        '"Link","Abstract","Author Keywords","Source","EID"',
        '"Lovelace, A.; Babbage, C.","Lovelace, Ada (57202138757); x","1;2","On Reading","2024",'
        '"Journal of Reading","10.1109/x.1","https://www.scopus.com/x","We study.",'
        '"reading; papers","Scopus","2-s2.0-27344436659"',
    ),
    "Springer": (
        "Item Title,Publication Title,Book Series Title,Journal Volume,Item DOI,Authors,"
        "Publication Year,URL,Content Type",
        'On Reading,Journal of Reading,,,10.1109/x.1,Ada LovelaceCharles Babbage,2024,"http://l.x",'
        "Article",
    ),
    "Web of Science": (
        "\ufeffPT\tAU\tAF\tTI\tSO\tDE\tID\tAB\tPY\tDI\tUT\tPM\tWC",
        "J\tLovelace, A; Babbage, C\tLovelace, Ada; Babbage, Charles\tOn Reading\t"
        'JOURNAL OF READING\treading; papers\tCATS\t"We" study.\t2024\t10.1109/x.1\t'
        "WOS:000123456700001\t123\tPsychology",
    ),
    "Dimensions": (
        "\"About the data: Exported on Mar 11, 2024. Criteria: 'x' in title.\"\n"
        "Rank,Publication ID,DOI,PMID,PMCID,ArXiv ID,Title,Abstract,Source title,Publication date,"
        "PubYear,Authors",
        "1,pub.1000,10.1109/x.1,,,2403.00001,On Reading,We study.,Journal of Reading,2024-03-11,"
        '2024,"Lovelace, Ada; Babbage, Charles"',
    ),
    "PubMed": (
        "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,"
        "NIHMS ID,DOI",
        '123,On Reading,"Lovelace A, Babbage C.",J. 2024,Lovelace A,Journal of Reading,2024,'
        "2024/03/11,PMC12,,10.1109/x.1",
    ),
    "Zotero": (
        '"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Url",'
        '"Abstract Note","Date","Manual Tags"',
        '"ABCD2345","journalArticle","2024","Lovelace, Ada; Babbage, Charles","On Reading",'
        '"Journal of Reading","10.1109/x.1","http://l.x","We study.","2024-03-11",'
        '"reading; papers"',
    ),
}


@pytest.mark.parametrize("service", EXPORTS)
def test_exports_of_the_services(service: str, reading: Callable[[str], Reading]) -> None:
    result = reading("\n".join(EXPORTS[service]) + "\n")
    assert (result.format, result.rejections) == ("delimited", ())
    (paper,) = result.papers
    assert paper.title == "On Reading"
    assert paper.venue.title() == "Journal Of Reading"
    assert paper.date[:4] == "2024"
    assert paper.doi == "10.1109/x.1"
    assert paper.abstract in {"We study.", '"We" study.', ""}
    assert (paper.abstract == "") == (service in {"Springer", "PubMed"})
    assert (len(paper.authors) == 2) == (service != "Springer")
    assert paper.keywords in {("reading", "papers"), ()}
    wanted = {
        "Scopus": ("scopus:2-s2.0-27344436659",),
        "Web of Science": ("pmid:123", "wos:000123456700001"),
        "Dimensions": ("digest:pub.1000",),
        "PubMed": ("pmid:123", "pmcid:PMC12"),
        "Zotero": ("digest:ABCD2345",),
    }
    assert paper.other_ids == wanted.get(service, ())
    assert paper.arxiv == ("2403.00001" if service == "Dimensions" else "")


def test_rows_keep_their_lines_and_untitled_ones_are_reported(
    reading: Callable[[str], Reading],
) -> None:
    result = reading(
        'title,abstract,year\r\n"Two\r\nlines","An\r\n\r\nabstract",2020\r\n\r\n,lost,2021\r\n'
        "Last,nan,2022//,more,cells\r\n"
    )
    assert [(p.title, p.abstract, p.date, p.sources[0].line) for p in result.papers] == [
        ("Two lines", "An abstract", "2020", 2),
        ("Last", "", "2022", 8),
    ]
    assert [(r.line, r.reason) for r in result.rejections] == [(7, "no title")]


def test_a_table_needs_a_column_for_titles(reading: Callable[[str], Reading]) -> None:
    for text in (
        "name;value\na;1\nb;2\n",
        "Title, abstract and authors of papers\n\nWe read papers every day, and so do you.\n",
        "title|authors\n---|---\nA Title|Ada\n",
        "title\nOne column is no table\n",
    ):
        with suppress(DigestError):
            assert reading(text).format != "delimited", text


def test_an_unclosed_quote_costs_one_row(reading: Callable[[str], Reading]) -> None:
    rows = "".join(f"Paper {i},{'word ' * 200}\n" for i in range(5000))
    result = reading(f'title,abstract\nBefore,x\n"Broken,y\n{rows}')
    assert [(r.line, r.reason) for r in result.rejections] == [
        (3, "a quote in this row is not closed")
    ]
    assert len(result.papers) == 5001
    assert result.papers[-1].sources[0].line == 5003


def test_hostile_tables_cost_little(reading: Callable[..., Reading]) -> None:
    limit = csv.field_size_limit()
    quotes = reading("title,abstract\n" + '"' * 900_000 + "\nA,b\n")
    assert len(quotes.papers) + len(quotes.rejections) >= 1
    rows = "".join(f"A{number},b\n" for number in range(20))
    many = reading("title,abstract\n" + rows + '"C,d\n' + '"x\n' * 20_000, "delimited")
    assert [p.title for p in many.papers][:2] == ["A0", "A1"]
    assert len(reading("title,abstract\nA,[" + "'a'," * 100_000 + "]\n").rejections) == 1
    assert csv.field_size_limit() == limit


def test_the_first_sheet_with_titles_is_read(reading: Callable[[bytes], Reading]) -> None:
    result = reading(
        workbook(
            [["Notes"], ["about this file"]],
            [[], ["made by hand"], ["TITLE", "Summary", "year"], ["A", "b", 2024.0], [None, "c"]],
        )
    )
    assert result.format == "spreadsheet"
    (paper,) = result.papers
    assert (paper.title, paper.abstract, paper.date) == ("A", "b", "2024")
    assert paper.sources[0].line == 4
    assert [(r.line, r.reason) for r in result.rejections] == [(5, "no title")]
    empty = reading(workbook([["name", "value"]]))
    assert [r.reason for r in empty.rejections] == [
        "no sheet of the workbook has a column for titles"
    ]


def test_workbooks_that_ask_for_too_much_are_refused(reading: Callable[[bytes], Reading]) -> None:
    far = '<c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>'
    wide = reading(
        workbook(
            raw=f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
            f'<row r="1048576">{far}</row></sheetData></worksheet>'
        )
    )
    assert "1,048,576 rows by 16,384 columns" in wide.rejections[0].reason
    bomb = workbook(raw=" " * 80_000_000)
    refused = reading(bomb)
    assert "unpacks to more than" in refused.rejections[0].reason
    declared = (80_000_000).to_bytes(4, "little")
    lying = reading(bomb.replace(declared, (10).to_bytes(4, "little")))
    assert not lying.papers
    assert lying.rejections[0].reason


def _sharing(texts: str, cells: str) -> bytes:
    """Return a workbook with titles in column A, whose rows refer to shared ``texts``."""
    content = io.BytesIO(
        workbook(raw=f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>')
    )
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{texts}</sst>')
    return content.getvalue()


def _shared(row: int, place: str) -> str:
    return f'<row r="{row}"><c r="A{row}" s="1" t="s">{place}</c></row>'


def test_a_shared_text_is_not_copied_until_the_memory_is_full(
    reading: Callable[[bytes], Reading],
) -> None:
    title = f"<si><t>{'x' * 100_000}</t></si>"
    for place in ("<v>1</v>", "<v>0</v><v>1</v>", "<!-- --><v>1</v>", '<v a="<">1</v>'):
        bomb = _sharing(f"<si/>{title}", "".join(_shared(row, place) for row in range(1, 10_001)))
        assert len(bomb) < 100_000
        refused = reading(bomb)
        assert refused.papers == (), place
        assert "repeat texts to 1,000,000,000 bytes" in refused.rejections[0].reason, place
    twice = io.BytesIO(bomb)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/sharedStrings.xml", "<sst/>")
    assert "damaged" in reading(twice.getvalue()).rejections[0].reason


def test_texts_are_shared_by_many_cells(reading: Callable[[bytes, str], Reading]) -> None:
    abstract = f"<si><r><t>{'long ' * 6_000}</t></r><r><t>\x0bword</t></r></si>"
    head = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c></row>'
    rows = "".join(_shared(row, "<v>1</v>") for row in range(2, 30_002))
    result = reading(
        _sharing(
            f"<si><t>Title</t></si><si><t>A</t></si><si><t>Abstract</t></si>{abstract}",
            f'{head}{rows}<row r="30002"><c r="A30002" t="s"><v>1</v></c>'
            '<c r="B30002" t="s"><v>3</v></c></row>',
        ),
        "spreadsheet",  # forced: so many papers of one title are suspicious
    )  # 30,000 cells, by the longest text, would be too many
    assert (len(result.papers), result.rejections) == (30_001, ())
    assert result.papers[-1].abstract.endswith("word")


def test_workbooks_of_other_kinds_are_refused(reading: Callable[[bytes], Reading]) -> None:
    for name in ("xl/workbook.bin", "content.xml"):
        content = io.BytesIO(workbook([["Title", "Year"], ["A", 2024]]))
        with zipfile.ZipFile(content, "a") as archive:
            archive.writestr(name, "x")
        result = reading(content.getvalue())
        assert result.papers == ()
        assert "another kind" in result.rejections[0].reason


def test_parquet_reads_only_what_it_needs(reading: Callable[[bytes], Reading]) -> None:
    table = pa.table(
        {
            "Unnamed: 0": [1, 2, 3],
            "Title": ["A", "", "C"],
            "Abstract": ["a", "b", None],
            "update_date": pa.array([datetime.datetime(2024, 3, 11), None, None]),
            "categories": ["cs.LG stat.ML", None, "['cs.CV', 'cs.AI']"],
            "vector": [[0.5] * 10] * 3,
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    result = reading(buffer.getvalue())
    assert result.format == "parquet"
    assert [(p.title, p.date, p.categories, p.sources[0].line) for p in result.papers] == [
        ("A", "2024-03-11", ("cs.LG", "stat.ML"), 1),
        ("C", "", ("cs.CV", "cs.AI"), 3),
    ]
    assert [(r.line, r.reason) for r in result.rejections] == [(2, "no title")]
    buffer = io.BytesIO()
    pq.write_table(pa.table({"x": [1]}), buffer)
    assert [r.reason for r in reading(buffer.getvalue()).rejections] == [
        "the table has no column for titles"
    ]
    assert "damaged" in reading(b"PAR1 and nothing else PAR1").rejections[0].reason


def _parquet(**columns: object) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


@pytest.mark.slow
def test_a_text_that_rows_of_parquet_share_is_copied_into_few_at_a_time(tmp_path: Path) -> None:
    content = _parquet(
        title=[f"T{row}" for row in range(600)],
        abstract=["word " * 100_000] * 600,
        authors=[[f"{'Ada ' * 5_000}", "Charles"]] * 600,
    )
    assert len(content) < 10_000
    path = tmp_path / "table.parquet"
    path.write_bytes(content)
    (digest,) = open_digests(path, "table", ReadingLimits())
    assert isinstance(digest, Digest)
    before = pa.total_allocated_bytes()
    held = []
    for number, item in enumerate(Parquet().read(digest)):
        assert isinstance(item, Paper)
        assert (item.title, item.authors[1]) == (f"T{number}", "Charles")
        held.append(pa.total_allocated_bytes() - before)
    assert len(held) == 600
    assert max(held) < 40_000_000  # 256 rows have 128 MB


def test_parquet_that_unpacks_to_too_much_is_refused(reading: Callable[[bytes], Reading]) -> None:
    long = "word " * 100_000
    row = reading(_parquet(title=["A", "B"], authors=[["Ada"], [long] * 100]))
    assert [paper.title for paper in row.papers] == ["A"]
    assert [(r.line, r.reason) for r in row.rejections] == [
        (2, "the row has more than the 16,777,216 bytes allowed")
    ]
    for content in (
        _parquet(title=["x" * 70_000_000], year=[2024]),
        _parquet(title=pa.nulls(10_000_000, pa.string()), year=pa.nulls(10_000_000, pa.int64())),
    ):
        assert len(content) < 300_000
        refused = reading(content)
        assert refused.papers == ()
        (rejection,) = refused.rejections
        assert "bytes, more than the 67,108,864 allowed" in rejection.reason
    fixed = pa.array([b"x" * 5_000], pa.binary(5_000))
    refused = reading(_parquet(title=fixed, year=[2024]))
    assert "values of more than 4,096 bytes" in refused.rejections[0].reason


def test_parquet_columns_of_all_kinds_are_read(reading: Callable[[bytes], Reading]) -> None:
    titles = ["A", "B", "C"]
    for column in (
        pa.array(titles, pa.large_string()),
        pa.array(titles, pa.string_view()),
        pa.array(titles).dictionary_encode(),
    ):
        content = _parquet(
            title=column,
            year=[2021, 2022, 2023],
            authors=pa.array([[{"name": "Ada"}], [], None]),
            url=pa.array([[("html", "http://l.x")], None, []], pa.map_(pa.string(), pa.string())),
        )
        result = reading(content)
        assert [p.title for p in result.papers] == titles, column.type
        assert [p.date for p in result.papers] == ["2021", "2022", "2023"]
        assert result.papers[0].authors == ("Ada",)
        assert result.rejections == ()


REAL = {  # papers, with abstract, rejections
    "duplicate_records.csv": (10, 10, 4),
    "embase.csv": (6, 6, 0),
    "generic.csv": (2, 2, 0),
    "generic_column_names_with_spaces.csv": (2, 2, 0),
    "generic_labels.csv": (6, 6, 0),
    "generic_semicolon.csv": (2, 2, 0),
    "missing_values.csv": (2, 0, 2),
    "scopus.csv": (58, 57, 0),
}


@pytest.mark.skipif(not DIGESTS.is_dir(), reason="the real digests are not on this machine")
@pytest.mark.parametrize("name", REAL)
def test_real_tables(name: str) -> None:
    result = read_digest(DIGESTS / name)
    assert result.format == "delimited"
    with_abstract = sum(bool(paper.abstract) for paper in result.papers)
    assert (len(result.papers), with_abstract, len(result.rejections)) == REAL[name]


@pytest.mark.parametrize(
    ("row", "is_read"),
    [
        ("Swifts,An abstract with, a comma,2021", False),
        ("Swifts,An abstract,2021,a note", True),
        ("Swifts,An abstract,2021,,", True),
        ("Swifts,,,a note", False),
    ],
)
def test_a_row_with_surplus_cells_is_read_only_where_nothing_moved(
    row: str, is_read: bool, reading: Callable[[str], Reading]
) -> None:
    result = reading(f"title,abstract,year\n{row}\nGulls,Another,2022\n")
    assert len(result.papers) == 1 + is_read
    assert [r.line for r in result.rejections] == ([] if is_read else [2])
