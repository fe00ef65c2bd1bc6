"""Exports: read back by the reference parsers, field by field, and by the project's own readers."""

from __future__ import annotations

import csv
import errno
import io
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, TextIO
from xml.etree import ElementTree

import pytest
import rispy
from bibtexparser.entrypoint import parse_file, parse_string
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.builds.build import BuildOptions, build
from explorer.cli import main
from explorer.desk.desk import DeskChange, ReadingState, desk_of
from explorer.desk.marks import PaperMark, mark_papers, marks_of
from explorer.embedders import Embedder
from explorer.errors import EmbedderError, UnusableInput
from explorer.export import ExportFormat, write_file, write_list
from explorer.export.bibtex import tex, write_bibtex
from explorer.export.citations import (
    CitedPaper,
    EntryType,
    address_of,
    citation_key,
    entry_type_of,
    shown,
    split_name,
)
from explorer.export.csl import csl_item, write_csl_json
from explorer.export.ris import write_ris
from explorer.export.tables import write_table
from explorer.export.zotero_rdf import write_zotero_rdf
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.abstracts import is_placeholder
from explorer.papers.paper import Paper
from explorer.papers.text import plain, tidy
from explorer.readers import Digest, open_digests, read_digest, recognise
from explorer.readers.shared.note_text import html_note_text
from explorer.search.filters import Filters
from explorer.search.model import Query
from explorer.search.search import search
from explorer.settings import ReadingLimits

_NASTY = Paper(
    title=r"100% of $\alpha_{i}$-GANs & {Bayes}: C:\temp, x^2_3 #1 at $5 -- Über LLaMA <3 ~ α≤β",
    abstract=r"""We “quote” R&D, 43\% sure, B\'{e}zier {unbalanced and a backslash \ here;
    @article{x, y = {z}} and
    "quotes", $\sqrt{x}$, 中文, emoji 🎉, p < 0.05 > q. ER  - TY  - JOUR""",
    authors=(
        "Ada Byron",
        "van den Berg, Jan",
        "Institute of A and B",
        "Kurt Gödel",
        "李 明",
        "Martin Luther King Jr.",
    ),
    date="2024-03-11",
    venue="Proceedings of the Meeting on R&D_100%",
    doi="10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim968>3.0.co;2-2",
    arxiv="2403.01234",
    url="https://example.org/a_b?c=d%20e&f=~g#h",
    categories=("cs.CL", "stat.ML"),
    keywords=("birds, small", "R&D", "50%"),
    id="p3eba0ac9fc2",
)
_PLAIN = Paper(
    title="On the Analytical Engine of Babbage",
    abstract="It weaves algebraical patterns.",
    authors=("Ada Byron",),
    date="1843",
    venue="Scientific Memoirs",
    id="p111111111aa",
)
_BARE = Paper(title="No more than a title", id="p22222222222")
_PAPERS = (_NASTY, _PLAIN, _BARE)
_WRITERS = {
    "bibtex": write_bibtex,
    "ris": write_ris,
    "csl-json": write_csl_json,
    "zotero-rdf": write_zotero_rdf,
}
_ENDINGS = {"bibtex": "bib", "ris": "ris", "csl-json": "json", "zotero-rdf": "rdf"}


def _written(form: str, papers: Sequence[Paper]) -> str:
    file = StringIO()
    _WRITERS[form]([CitedPaper(paper) for paper in papers], file)
    return file.getvalue()


def _read_back(form: str, papers: Sequence[Paper], folder: Path) -> list[Paper]:
    path = folder / f"export.{_ENDINGS[form]}"
    path.write_text(_written(form, papers), encoding="utf-8", newline="")
    (digest,) = open_digests(path, path.name, ReadingLimits())
    assert isinstance(digest, Digest)
    assert recognise(digest).name == form
    # A hostile title may be markup or an address, which are no titles unless the format is forced.
    reading = read_digest(path, limits=ReadingLimits(force=form))
    assert not reading.rejections
    return list(reading.papers)


def _person(name: str) -> str:
    """Return a name in the order in which it is spoken."""
    family, given = split_name(name)
    return f"{given} {family}".strip()


def _told(paper: Paper) -> dict[str, object]:
    """Return what must survive an export, as people read it."""
    return {
        "text": paper.text,
        "abstract": paper.readable_abstract,
        "authors": tuple(_person(plain(name)) for name in paper.authors),
        "date": paper.published,
        "venue": plain(paper.venue),
        "doi": paper.doi,
        "arxiv": paper.arxiv,
        "keywords": tuple(map(plain, paper.keywords)),
    }


def _same(before: Paper, after: Paper) -> None:
    assert _told(after) == _told(before)
    assert after.fingerprint == before.fingerprint
    assert after.url.replace("%3B", ";") in {before.url, address_of(before)}


# -- by the project's own readers


@pytest.mark.parametrize("form", _WRITERS)
def test_nothing_is_lost_on_the_way_through_a_file(form: str, tmp_path: Path) -> None:
    for before, after in zip(_PAPERS, _read_back(form, _PAPERS, tmp_path), strict=True):
        _same(before, after)


_TOKENS = st.sampled_from(
    r"\ { } $ % & # _ ^ ~ < > @ = , . : ; ' ` - -- ( ) [ ] / | ! ? * + 3 42 é ß ø α Ω ≤ → ∞ 中 א"
    " 🎉 – “ ” neural Bayes GPT-4 LLaMA mRNA the of and title TY ER AB year".split()
)
_PROSE = st.lists(st.tuples(_TOKENS, st.sampled_from(["", " "])), min_size=1, max_size=14).map(
    lambda parts: tidy("".join(token + gap for token, gap in parts))
)
_WORDS = st.text("abcdeéöñßABC-'", min_size=2, max_size=8).filter(str.strip)


def _stable(text: str) -> bool:
    """Whether what is read in a text can be written down: reading that says the same."""
    return bool(plain(text)) and plain(plain(text)) == plain(text)


def _is_abstract(text: str) -> bool:
    # Signs alone, as in "--", say that there is no abstract.
    return len(text) > 5 and _stable(text) and not is_placeholder(plain(text))


@st.composite
def _papers(draw: st.DrawFn) -> Paper:
    letters = re.compile(r"[^\W\d_]")
    title = draw(_PROSE.filter(lambda text: _stable(text) and bool(letters.search(plain(text)))))
    return Paper(
        title=title,
        abstract=draw(st.just("") | _PROSE.filter(_is_abstract)),
        authors=tuple(
            dict.fromkeys(
                draw(
                    st.lists(
                        st.tuples(_WORDS, _WORDS).map(lambda two: f"A{two[0]} B{two[1]}"),
                        max_size=4,
                    )
                )
            )
        ),
        date=draw(st.sampled_from(["", "2024", "2023-01", "2020-02-29", "1998-12-31"])),
        venue=draw(st.sampled_from(["", "Nature", "Proceedings of X & Y_Z", "Science #1: 50% $5"])),
        doi=draw(st.sampled_from(["", "10.1000/a_b(c)d", "10.1234/x.y-z;2"])),
        arxiv=draw(st.sampled_from(["", "2403.01234", "hep-th/9901001"])),
        url=draw(st.sampled_from(["", "https://example.org/~a_b%20c?d=e&f#g"])),
        keywords=tuple(
            draw(
                st.lists(
                    st.sampled_from(["R&D", "50%", "a_b", "birds, small", "α-helix", "x#1"]),
                    max_size=3,
                    unique=True,
                )
            )
        ),
        id=f"p{draw(st.integers(0, 16**11 - 1)):011x}",
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", _WRITERS)
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(paper=_papers())
def test_hostile_text_comes_back_as_it_reads(form: str, tmp_path: Path, paper: Paper) -> None:
    # A neighbour before and after: text must not break out of its record.
    found = _read_back(form, [_PLAIN, paper, _BARE], tmp_path)
    assert len(found) == 3
    _same(_PLAIN, found[0])
    _same(paper, found[1])
    _same(_BARE, found[2])


def test_no_field_breaks_out_of_its_entry(tmp_path: Path) -> None:
    attack = "10.1000/x},title={y}}@article{z,title={Smuggled"
    hostile = replace(_PLAIN, doi=attack, url=f"https://example.org/{attack}", date="2024~")
    for form in _WRITERS:
        found = _read_back(form, [hostile, _BARE], tmp_path)
        assert [paper.title for paper in found] == [_PLAIN.title, _BARE.title]
        assert found[0].date == "2024"


@pytest.mark.parametrize("form", _WRITERS)
def test_a_summary_by_somebody_else_never_becomes_the_abstract(form: str, tmp_path: Path) -> None:
    blurb = "Relevant to AI agents because it weaves."
    for abstract in ("", "It weaves algebraical patterns."):
        paper = replace(_PLAIN, abstract=abstract, summary=blurb)
        (after,) = _read_back(form, [paper], tmp_path)
        assert (after.abstract, after.title, after.date) == (abstract, paper.title, paper.date)
        assert tuple(map(_person, after.authors)) == paper.authors
        assert blurb not in after.text
        written = _written(form, [paper])
        field = {
            "bibtex": "annote = {",
            "ris": "N1  - ",
            "csl-json": '"note": "',
            "zotero-rdf": "<rdf:value>&lt;p&gt;",
        }[form]
        assert f"{field}Summary: {blurb}" in written


@pytest.mark.parametrize("form", _WRITERS)
def test_tags_become_keywords_and_notes_become_notes(form: str, tmp_path: Path) -> None:
    paper = replace(_PLAIN, keywords=("Looms", "engines"), summary="A machine.")
    note = "Compare figure 3.\nER  - \n@article{x, title={No}}\n100% of it"
    mark = PaperMark(tags=("thesis", "looms"), note=note)
    file = StringIO()
    _WRITERS[form]([CitedPaper(paper, mark), CitedPaper(_BARE)], file)
    path = tmp_path / f"marked.{_ENDINGS[form]}"
    path.write_text(file.getvalue(), encoding="utf-8")
    first, second = read_digest(path).papers
    assert (first.title, second.title) == (paper.title, _BARE.title)
    assert first.keywords == ("thesis", "looms", "engines")
    assert first.abstract == paper.abstract
    notes = {
        "bibtex": lambda: (
            parse_string(
                file.getvalue(),
                append_middleware=[LatexDecodingMiddleware()],  # type: ignore[no-untyped-call]
            )
            .entries[0]
            .fields_dict["annote"]
            .value
        ),
        "ris": lambda: "\n".join(rispy.loads(file.getvalue())[0]["notes"]),
        "csl-json": lambda: json.loads(file.getvalue())[0]["note"],
        "zotero-rdf": lambda: "\n".join(
            html_note_text(memo.text or "")
            for memo in ElementTree.fromstring(file.getvalue()).iter(
                "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}value"
            )
        ),
    }[form]()
    assert "Compare figure 3." in notes
    assert "100% of it" in notes
    assert notes.endswith("Summary: A machine.")


@pytest.mark.parametrize("form", _WRITERS)
def test_an_arxiv_id_gives_the_year(form: str, tmp_path: Path) -> None:
    dates = {"2608.01234": "2026-08", "cs/0112017": "2001-12", "hep-th/9901001": "1999-01"}
    papers = [replace(_PLAIN, date="", arxiv=arxiv) for arxiv in dates]
    found = _read_back(form, papers, tmp_path)
    assert [paper.date for paper in found] == list(dates.values())
    assert "byron2026analytical" in _written(form, papers)
    partial = replace(_PLAIN, date="XXXX-08-14", arxiv="2608.01234")
    assert _read_back(form, [partial], tmp_path)[0].date == "2026-08-14"
    own = replace(_PLAIN, arxiv="2608.01234")
    assert _read_back(form, [own], tmp_path)[0].date == "1843"


# -- by the reference parsers


def test_bibtexparser_reads_every_field() -> None:
    text = _written("bibtex", _PAPERS)
    library = parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    assert not library.failed_blocks
    nasty, classic, bare = library.entries
    fields = {field.key: field.value for field in nasty.fields}
    assert nasty.key == citation_key(_NASTY) == "byron2024100-9fc2"
    assert nasty.entry_type == "inproceedings"
    assert fields["eprint"] == "2403.01234"
    assert fields["archiveprefix"] == "arXiv"
    assert fields["primaryclass"] == "cs.CL"
    assert (fields["year"], fields["month"], fields["day"]) == ("2024", "mar", "11")
    assert fields["booktitle"] == _NASTY.venue
    assert fields["keywords"] == "birds, small; R&D; 50%"
    assert fields["author"].split(" and ")[0] == "Ada Byron"
    assert "Kurt Gödel" in fields["author"]
    for part in ("100% of", "GANs & {Bayes}", "#1 at $5", "Über LLaMA <3", "α≤β"):
        assert part in fields["title"].replace("{LLaMA}", "LLaMA"), part
    assert classic.entry_type == "article"
    assert classic.fields_dict["journal"].value == "Scientific Memoirs"
    assert set(bare.fields_dict) == {"title"}


def test_bibtex_separates_names_correctly() -> None:
    text = _written("bibtex", [_NASTY])
    library = parse_string(text, append_middleware=[SeparateCoAuthors()])
    names = library.entries[0].fields_dict["author"].value
    assert [name.strip("{}") for name in names] == list(_NASTY.authors)


def test_rispy_reads_every_field() -> None:
    nasty, classic, bare = rispy.loads(_written("ris", _PAPERS))
    assert nasty["type_of_reference"] == "CPAPER"
    assert nasty["title"] == shown(_NASTY.title)
    assert nasty["abstract"] == shown(_NASTY.abstract)
    assert nasty["authors"][:2] == ["Byron, Ada", "van den Berg, Jan"]
    assert nasty["secondary_title"] == _NASTY.venue
    assert (nasty["year"], nasty["date"]) == ("2024", "2024/03/11")
    assert nasty["doi"] == _NASTY.doi
    assert nasty["accession_number"] == "arXiv:2403.01234"
    assert nasty["urls"] == [_NASTY.url]
    assert nasty["keywords"] == list(_NASTY.keywords)
    assert classic["type_of_reference"] == "JOUR"
    assert (classic["year"], classic["date"]) == ("1843", "1843//")
    assert bare == {"type_of_reference": "GEN", "id": citation_key(_BARE), "title": _BARE.title}


def test_citeproc_sets_a_bibliography_of_the_csl_json() -> None:
    from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle
    from citeproc import formatter as formatters
    from citeproc.source.json import CiteProcJSON

    items = json.loads(_written("csl-json", _PAPERS))
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatters.plain)
    for item in items:
        bibliography.register(Citation([CitationItem(item["id"])]))
    bibliography.sort()
    told = " ".join(map(str, bibliography.bibliography()))
    assert "Byron, A" in told
    assert "Byron, A. et al. (2024)" in told
    assert "2024" in told
    assert "On the Analytical Engine of Babbage" in told
    assert "Scientific Memoirs" in told


def test_csl_items_hold_what_citation_styles_know() -> None:
    from citeproc import DATES, NAMES, NUMBERS, VARIABLES, types

    known = {"id", "type", *NAMES, *VARIABLES, *DATES, *NUMBERS}
    for paper in _PAPERS:
        item = csl_item(CitedPaper(paper))
        assert hasattr(types, item["type"].replace("-", "_").upper())
        assert {name.replace("-", "_") for name in item} <= known


# -- keys, names, kinds


def test_a_citation_key_depends_on_the_paper_alone() -> None:
    alone = re.findall(r"@\w+\{([^,]+),", _written("bibtex", [_NASTY]))
    among = re.findall(r"@\w+\{([^,]+),", _written("bibtex", _PAPERS))
    assert alone == among[:1]
    twin = replace(_NASTY, id="p3eba0ac9fc3")
    assert citation_key(twin) != citation_key(_NASTY)
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in among)


def test_keys_of_a_library_differ(hashing_library: LibraryStore) -> None:
    papers = list(hashing_library.open().records)
    assert len({citation_key(paper) for paper in papers}) == len(papers)


@pytest.mark.parametrize(
    ("written", "family", "given"),
    [
        ("Ada Byron", "Byron", "Ada"),
        ("Byron, Ada", "Byron", "Ada"),
        ("Ludwig van Beethoven", "van Beethoven", "Ludwig"),
        ("Martin Luther King Jr.", "King Jr.", "Martin Luther"),
        ("DeepSeek-AI", "DeepSeek-AI", ""),
        ("Gemma Team", "Gemma Team", ""),
        ("Institute of A and B", "Institute of A and B", ""),
        ("李明", "李明", ""),
    ],
)
def test_names_in_their_parts(written: str, family: str, given: str) -> None:
    assert split_name(written) == (family, given)


@pytest.mark.parametrize(
    ("venue", "arxiv", "kind"),
    [
        ("NeurIPS 2023", "", EntryType.CONFERENCE),
        ("Proceedings of the 5th Workshop on X", "", EntryType.CONFERENCE),
        ("Nature", "2403.1", EntryType.JOURNAL),
        ("arXiv preprint", "", EntryType.PREPRINT),
        ("", "2403.01234", EntryType.PREPRINT),
        ("", "", EntryType.OTHER),
    ],
)
def test_kinds_of_publication(venue: str, arxiv: str, kind: EntryType) -> None:
    assert entry_type_of(Paper("T", venue=venue, arxiv=arxiv)) is kind


def test_capitals_that_styles_would_lose_are_protected() -> None:
    written = _written(
        "bibtex", [replace(_PLAIN, title="Teaching LLaMA and Bayes to read 3D maps")]
    )
    assert "{Teaching {LLaMA} and {Bayes} to read {3D} maps}" in written
    headline = _written("bibtex", [replace(_PLAIN, title="Attention Is All You Need with BERT")])
    assert "{Attention Is All You Need with {BERT}}" in headline


def test_formulas_stay_formulas_and_the_rest_is_escaped() -> None:
    assert tex(r"50% of $\alpha_{i}$ & {x}_1") == r"50\% of $\alpha_{i}$ \& \lbrace{}x\rbrace{}\_1"
    assert tex("α ≤ é") == r"\ensuremath{\alpha} \ensuremath{\leq} é"


# -- lists and the command


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def test_zotero_rdf_has_collections_for_tags_and_stars_and_notes_as_text(tmp_path: Path) -> None:
    marks = (
        PaperMark(starred="2026-01-01", tags=("thesis",), note="<b>1 < 2</b>\n]]> & \x01"),
        PaperMark(tags=("Thesis", "A & B")),
        PaperMark(),
    )
    file = StringIO()
    write_zotero_rdf(map(CitedPaper, _PAPERS, marks), file)
    root = ElementTree.fromstring(file.getvalue())
    names = {
        "z": "http://www.zotero.org/namespaces/export#",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "bib": "http://purl.org/net/biblio#",
    }
    collections = {
        one.findtext("dc:title", "", names): [
            part.get(f"{{{names['rdf']}}}resource")
            for part in one.findall("dcterms:hasPart", names)
        ]
        for one in root.findall("z:Collection", names)
    }
    assert collections == {
        "Literature Explorer": ["#collection_2", "#collection_3", "#collection_4"],
        "A & B": ["#item_2"],
        "Starred": ["#item_1"],
        "thesis": ["#item_1", "#item_2"],
    }
    subjects = root.findall("*/dc:subject", names)
    assert [one.text for one in subjects if not len(one)] == [
        "thesis",
        "starred",
        "Thesis",
        "A & B",
    ]
    by_nobody = root.findall("*/dc:subject/z:AutomaticTag/rdf:value", names)
    keywords = [shown(word) for paper in _PAPERS for word in paper.keywords]
    assert [value.text for value in by_nobody] == keywords
    (note,) = (memo.findtext("rdf:value", "", names) for memo in root.findall("bib:Memo", names))
    assert note == "<p>&lt;b&gt;1 &lt; 2&lt;/b&gt;</p><p>]]&gt; &amp; </p>"
    path = tmp_path / "marked.rdf"
    path.write_text(file.getvalue(), encoding="utf-8")
    reading = read_digest(path)
    assert [paper.title for paper in reading.papers] == [shown(p.title) for p in _PAPERS]
    assert reading.papers[0].keywords[:2] == ("thesis", "starred")
    assert reading.not_papers == {"note": 1, "collection": 4}


@pytest.mark.parametrize("form", [form for form in ExportFormat if form is not ExportFormat.HTML])
def test_any_list_is_written_in_its_order(
    generation: Generation, form: ExportFormat, tmp_path: Path
) -> None:
    rows = [7, 3, 30]
    path = tmp_path / f"list.{form.extension}"
    with path.open("w", encoding="utf-8", newline="") as file:
        write_list(generation, rows, form, file)
    wanted = [generation.records[row] for row in rows]
    for before, after in zip(wanted, read_digest(path).papers, strict=True):
        _same(before, after)


def test_a_table_holds_no_formula_and_loses_nothing(tmp_path: Path) -> None:
    from explorer.export.tables import _COLUMNS, paper_cells

    hostile = replace(
        _NASTY,
        title="=HYPERLINK(0) and 'quotes'",
        abstract="-1 is @ the start + the end.",
        authors=("Byron, Ada",),
    )
    apostrophe = replace(_PLAIN, title="'=1+1 is no formula", keywords=("a|b", "c"))
    path = tmp_path / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        for paper in (hostile, apostrophe, _NASTY):
            facts: dict[str, Any] = paper_cells(paper) | {"topic": "t", "x": 0, "y": 0}
            facts |= {"my_tags": "thesis", "my_note": "Compare."}
            table.writerow([facts[name] for name in _COLUMNS])
    cells = [cell for row in csv.reader(path.open(encoding="utf-8", newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    for before, after in zip((hostile, apostrophe, _NASTY), read_digest(path).papers, strict=True):
        _same(before, after)
        assert after.authors == before.authors
        assert after.keywords == before.keywords


@pytest.fixture
def run(hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]) -> Any:
    def export(*arguments: str) -> str:
        assert main(["export", "--library", str(hashing_library.folder), *arguments]) == 0
        return capsys.readouterr().out

    return export


def test_the_command_writes_hits_topics_regions_and_ids(run: Any, generation: Generation) -> None:
    def ids(*arguments: str) -> list[str]:
        return [json.loads(line)["id"] for line in run(*arguments).splitlines()]

    everything = list(generation.records.ids)
    assert ids() == everything
    hits = ids("--query", "liver segmentation", "-k", "3", "--mode", "lexical")
    assert len(hits) == 3
    filtered = ids("--query", "author:byron")
    assert set(filtered) == {
        paper.id for paper in generation.records if "Ada Byron" in paper.authors
    }
    topic = generation.levels[-1][0]
    assert set(ids("--topic", topic.id)) == {everything[row] for row in generation.members(topic)}
    left, bottom = generation.positions.min(axis=0) - 1
    right, top = generation.positions.max(axis=0) + 1
    corners = f"{left},{bottom},{right},{bottom},{right},{top},{left},{top}"
    assert set(ids(f"--region={corners}")) == set(everything)
    assert ids("--ids", everything[5], everything[2]) == [everything[5], everything[2]]


def test_an_export_to_a_file_reports_the_number(run: Any, tmp_path: Path) -> None:
    target = tmp_path / "hits.bib"
    said = run("--format", "bibtex", "--query", "video", "-k", "4", "--output", str(target))
    assert "4 papers written" in said
    assert len(parse_file(str(target)).entries) == 4


@pytest.mark.parametrize(
    "failure",
    [OSError(errno.ENOSPC, "No space left"), UnusableInput("too many"), KeyboardInterrupt],
)
def test_what_was_in_a_file_stays_until_all_is_written(
    tmp_path: Path, failure: BaseException | type[BaseException]
) -> None:
    target = tmp_path / "hits.bib"
    target.write_text("before")
    target.chmod(0o640)
    link = tmp_path / "link.bib"
    link.symlink_to(target)

    def fail(file: TextIO) -> None:
        file.write("half")
        raise failure

    for path in (target, link, tmp_path / "new.bib"):
        with pytest.raises((UnusableInput, KeyboardInterrupt)):
            write_file(path, fail)
    assert target.read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"hits.bib", "link.bib"}
    write_file(link, lambda file: print("after", file=file))
    assert (target.read_text(), link.is_symlink()) == ("after\n", True)
    assert target.stat().st_mode & 0o777 == 0o640


def test_what_is_no_file_is_written_to_as_it_is(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_file(Path("/dev/stdout"), lambda file: print("out", file=file))
    assert capfd.readouterr().out == "out\n"
    with pytest.raises(UnusableInput, match="cannot be written"):
        write_file(tmp_path, lambda file: print("out", file=file))


def test_ids_and_a_choice_exclude_each_other(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["export", "--library", str(hashing_library.folder), "--ids", "x", "--query", "y"]
    assert main(command) == 2
    assert "--ids" in capsys.readouterr().err


def test_the_command_knows_the_desk(
    tmp_path: Path, hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(hashing_library.folder, tmp_path / "library")
    library = LibraryStore(tmp_path / "library")
    generation = library.open()
    ids = generation.records.ids
    desk = desk_of(library.folder, "grace")
    mark_papers(generation, desk, [ids[3], ids[9]], DeskChange(star=True, add_tags=("thesis",)))
    mark_papers(generation, desk, [ids[20]], DeskChange(state=ReadingState.NOT_FOR_ME))

    def written(query: str, *options: str) -> list[str]:
        here = ["--library", str(library.folder), "--query", query, *options]
        assert main(["export", *here]) == 0
        return [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]

    assert set(written("is:starred", "--user", "grace")) == {ids[3], ids[9]}
    assert set(written("tag:thesis", "--user", "grace")) == {ids[3], ids[9]}
    assert written("is:starred") == []
    query = Query("like:starred unlike:dismissed", filters=Filters(desk=marks_of(generation, desk)))
    near = [hit.paper.id for hit in search(generation, None, query, 7).hits]
    assert written(query.text, "--user", "grace", "-k", "7") == near


def test_what_no_text_is_embedded_for_is_written_without_the_model(
    run: Any, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(model: str) -> Embedder:
        raise EmbedderError(f"{model} is not on this machine")

    for command in ("export", "search"):
        monkeypatch.setattr(f"explorer.cli.{command}.open_embedder", missing)
    assert run("--query", "liver", "--mode", "lexical")
    assert len(run("--query", "has:abstract").splitlines()) == generation.size
    assert run("--query", f"like:{generation.records.ids[0]}")
    here = ["--library", str(generation.folder.parent.parent)]
    assert main(["search", "has:abstract", *here]) == 0
    assert main(["search", "liver", "--mode", "lexical", *here]) == 0
    assert main(["search", "liver", *here]) == 1


def test_what_is_ranked_by_examples_alone_is_written_to_a_length(
    run: Any, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.cli.export._MOST_RANKED", 6)
    for query in (f"like:{generation.records.ids[0]}", "liver"):
        assert len(run("--query", query).splitlines()) == 6


def test_authors_in_a_table_are_parted_by_semicolons_where_that_can_be_undone(
    tmp_path: Path,
) -> None:
    cells = {
        ("Jane Doe", "Max Roe"): "Jane Doe; Max Roe",
        ("Doe, Jane", "Roe, Max"): "Doe, Jane; Roe, Max",
        ("Madonna",): "Madonna",
        ("A; B", "C"): "['A; B', 'C']",
    }
    lines = [
        json.dumps({"title": f"A study of {bird}", "abstract": f"We saw {bird}.", "authors": names})
        for bird, names in zip(("swifts", "gulls", "terns", "larks"), cells, strict=True)
    ]
    digest = tmp_path / "papers.jsonl"
    digest.write_text("\n".join(lines), encoding="utf-8")
    build(LibraryStore(tmp_path / "library"), [digest], BuildOptions(model="hashing"))
    generation = LibraryStore(tmp_path / "library").open()
    file = io.StringIO()
    write_table(generation, file, range(4))
    written = [row["authors"] for row in csv.DictReader(io.StringIO(file.getvalue()))]
    assert sorted(written) == sorted(cells.values())


def test_the_command_writes_tags_and_notes_unless_they_are_left_out(
    tmp_path: Path, hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(hashing_library.folder, tmp_path / "library")
    library = LibraryStore(tmp_path / "library")
    generation = library.open()
    paper = generation.records.ids[3]
    change = DeskChange(add_tags=("=thesis",), note="Compare figure 3")
    mark_papers(generation, desk_of(library.folder), [paper], change)

    def written(form: str, *options: str) -> str:
        here = ["--library", str(library.folder), "--format", form, "--ids", paper, *options]
        assert main(["export", *here]) == 0
        return capsys.readouterr().out

    for form in ExportFormat:
        if form is not ExportFormat.HTML:
            assert "Compare figure 3" in written(form)
            assert "thesis" in written(form)
            assert "Compare figure 3" not in written(form, "--no-marks")
            assert "thesis" not in written(form, "--no-marks")
    record = json.loads(written("jsonl"))
    assert (record["my_tags"], record["my_note"]) == (["=thesis"], "Compare figure 3")
    (row,) = csv.DictReader(io.StringIO(written("csv")))
    assert (row["my_tags"], row["my_note"]) == ("'=thesis", "Compare figure 3")


def test_all_that_pass_the_filters_of_a_ranked_query_are_written_on_demand(
    run: Any, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.cli.export._MOST_RANKED", 2)
    query = ["--query", "liver author:byron"]
    by_byron = {paper.id for paper in generation.records if "Ada Byron" in paper.authors}
    ranked = [json.loads(line)["id"] for line in run(*query, "--all").splitlines()]
    assert len(ranked) > 2
    assert set(ranked) == by_byron
    best = [json.loads(line)["id"] for line in run(*query, "--limit", "1").splitlines()]
    assert best == ranked[:1]
