"""Deduplication: records of one paper, the merged record, independence of order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.papers.deduplication import conflicts
from explorer.papers.merging import merge_records
from explorer.papers.paper import Paper, Source, arxiv_id, doi, title_key
from explorer.papers.table import PaperTable
from tests.helpers.joining import identify

TITLE = "How Daily Papers Are Read"
ABSTRACT = "Readers skim titles first and open few abstracts, which a simple model explains."
OTHER = "Codebooks that were learned keep nearly all accuracy at one tenth of memory."


def at(digest: str, line: int = 1, date: str = "") -> tuple[Source, ...]:
    return (Source(digest, line, date),)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2401.00001", "2401.00001"),
        ("arXiv:2401.00001v3", "2401.00001"),
        ("https://arxiv.org/abs/2401.00001v2", "2401.00001"),
        ("http://export.arxiv.org/pdf/2401.00001v2.pdf", "2401.00001"),
        ("https://arxiv.org/abs/2401.00001?context=cs", "2401.00001"),
        ("https://huggingface.co/papers/2401.00001", "2401.00001"),
        ("https://doi.org/10.48550/arXiv.2401.00001", "2401.00001"),
        ("hep-th/9901001v2", "hep-th/9901001"),
        ("math.GT/0309136", "math.gt/0309136"),
        ("10.1000/2401.00001", ""),
        ("https://example.org/2401.00001", ""),
        ("version 2401.00001", ""),
        ("٢٤٠١.٠٠٠٠١", ""),
        ("", ""),
    ],
)
def test_arxiv_ids_in_all_their_forms(text: str, found: str) -> None:
    assert arxiv_id(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10.1002/SPE.2984", "10.1002/spe.2984"),
        ("doi: 10.1002/spe.2984.", "10.1002/spe.2984"),
        ("https://dx.doi.org/10.1002/spe.2984", "10.1002/spe.2984"),
        ("https://www.doi.org/10.1002/spe.2984", "10.1002/spe.2984"),
        ("https://example.org/10.1002/spe.2984", ""),
        ("10.1002", ""),
    ],
)
def test_dois_in_all_their_forms(text: str, found: str) -> None:
    assert doi(text) == found


def test_one_arxiv_id_is_one_paper_whatever_the_version_and_title() -> None:
    papers = [
        Paper("A Title", arxiv=arxiv_id("arXiv:2401.00001v1"), sources=at("a")),
        Paper("Another Title Altogether", arxiv=arxiv_id("2401.00001v7"), sources=at("b")),
    ]
    assert len(identify(papers)) == 1


def test_one_doi_is_one_paper() -> None:
    papers = [
        Paper("A Title", doi=doi("https://doi.org/10.1002/SPE.2984"), sources=at("a")),
        Paper("Another Title Altogether", doi=doi("doi:10.1002/spe.2984"), sources=at("b")),
    ]
    assert len(identify(papers)) == 1


def test_ids_chain_records_together() -> None:
    papers = [
        Paper("First", arxiv="2401.00001", sources=at("a")),
        Paper("Second", doi="10.1/x", sources=at("b")),
        Paper("Third", arxiv="2401.00001", doi="10.1/x", sources=at("c")),
    ]
    assert [len(record.sources) for record in identify(papers)] == [3]


@pytest.mark.parametrize(
    "retyped",
    [
        "HOW DAILY PAPERS ARE READ",
        "How daily papers are read.",
        "  How “Daily” Papers – are read?",
        "Hów Daïly Papers Are Read",
        "How Daily Papers Are \\textbf{Read}",
        "How_Daily_Papers_Are_Read",
    ],
)
def test_titles_are_one_after_retyping(retyped: str) -> None:
    papers = [
        Paper(TITLE, abstract=ABSTRACT, sources=at("a")),
        Paper(retyped, abstract=ABSTRACT.upper(), sources=at("b")),
    ]
    assert len(identify(papers)) == 1


def test_title_keys_ignore_case_accents_and_punctuation_only() -> None:
    assert title_key("Straße & Café-Bar: “X_1”") == title_key("STRASSE cafe bar x 1")
    assert title_key("Paper A") != title_key("Paper B")


def test_editorials_are_as_many_as_their_texts() -> None:
    papers = [
        Paper("Editorial", abstract=ABSTRACT, sources=at("a", 1)),
        Paper("Editorial", abstract=OTHER, sources=at("a", 5)),
        Paper("Editorial", abstract=OTHER, sources=at("b", 9)),
    ]
    records = identify(papers)
    assert sorted((r.abstract, len(r.sources)) for r in records) == [(OTHER, 2), (ABSTRACT, 1)]
    assert len({r.id for r in records}) == 2


@pytest.mark.parametrize(
    ("one", "other", "papers"),
    [
        ({"authors": ("Ada Lovelace",)}, {"authors": ("Charles Babbage",)}, 2),
        ({"authors": ("Ada Lovelace", "X Y")}, {"authors": ("Lovelace, A.",)}, 1),
        ({"date": "2023-05-01"}, {"date": "2024"}, 2),
        ({"date": "2024-05-01"}, {"date": "2024"}, 1),
        ({"abstract": ABSTRACT}, {"abstract": OTHER}, 2),
        ({"abstract": ABSTRACT}, {"abstract": ABSTRACT + " Code is out."}, 1),
        ({"abstract": ABSTRACT}, {}, 1),
        ({"arxiv": "2401.00001"}, {"arxiv": "2401.00002"}, 2),
        ({"doi": "10.1/x"}, {"doi": "10.1/y"}, 2),
        ({"arxiv": "2401.00001"}, {"doi": "10.1/y"}, 1),
    ],
)
def test_one_title_is_one_paper_unless_something_speaks_against_it(
    one: dict[str, str], other: dict[str, str], papers: int
) -> None:
    given_papers = [
        replace(Paper(TITLE, sources=at("a")), **one),  # type: ignore[arg-type]
        replace(Paper(TITLE, sources=at("b")), **other),  # type: ignore[arg-type]
    ]
    assert len(identify(given_papers)) == papers


def test_a_record_with_few_facts_does_not_join_two_that_disagree() -> None:
    papers = [
        Paper(TITLE, authors=("Ada Lovelace",), sources=at("a")),
        Paper(TITLE, sources=at("b")),
        Paper(TITLE, authors=("Charles Babbage",), sources=at("c")),
    ]
    records = identify(papers)
    assert {record.authors for record in records} == {("Ada Lovelace",), ("Charles Babbage",)}


def test_ids_of_a_digest_are_valid_within_it_only() -> None:
    papers = [
        Paper("A First Long Title", other_ids=("digest:1",), sources=at("a")),
        Paper("A Second Long Title", other_ids=("digest:1",), sources=at("b")),
        Paper("A Second Long Title, Revised", other_ids=("digest:1",), sources=at("b", 2)),
    ]
    assert sorted(len(record.sources) for record in identify(papers)) == [1, 2]


def test_numbers_of_one_digest_are_not_taken_for_those_of_another() -> None:
    monday = [Paper(TITLE, other_ids=("digest:1",), sources=at("monday"))]
    tuesday = [
        Paper("A Second Long Title", other_ids=("digest:1",), sources=at("tuesday", 1)),
        Paper(TITLE, other_ids=("digest:2",), sources=at("tuesday", 2)),
    ]
    stored = identify(tuesday, identify(monday))
    assert len(stored) == 2
    assert identify(tuesday, stored) == stored


WORDS = ("daily papers read", "Daily Papers: Read", "editorial", "graphs and maps of science")
RECORDS = st.builds(
    Paper,
    title=st.sampled_from(WORDS),
    abstract=st.sampled_from(("", ABSTRACT, ABSTRACT + " More.", OTHER)),
    authors=st.sampled_from(((), ("Ada Lovelace",), ("Lovelace, A.", "B C"), ("Charles Babbage",))),
    date=st.sampled_from(("", "2023", "2023-05-01", "2024", "XXXX-03-11")),
    arxiv=st.sampled_from(("", "", "2401.00001", "2401.00002")),
    doi=st.sampled_from(("", "", "10.1/x")),
    other_ids=st.sampled_from(((), ("digest:1",), ("s2:9",))),
    url=st.sampled_from(("", "https://example.org/a", "https://example.org/b")),
    sources=st.builds(lambda d, n: (Source(d, n),), st.sampled_from("abc"), st.integers(1, 3)),
)


@settings(deadline=None)
@given(st.lists(RECORDS, max_size=7).flatmap(lambda r: st.tuples(st.just(r), st.permutations(r))))
def test_order_of_arrival_changes_nothing(orders: tuple[list[Paper], list[Paper]]) -> None:
    first, second = (identify(order) for order in orders)
    assert repr(first).encode() == repr(second).encode()
    assert len({record.id for record in first}) == len(first)
    assert [record.id for record in first] == sorted(record.id for record in first)


@settings(deadline=None)
@given(st.lists(RECORDS, max_size=7))
def test_nothing_is_lost_and_nothing_appears(papers: list[Paper]) -> None:
    records = identify(papers)
    told = [(s.digest, s.line) for record in records for s in record.sources]
    assert set(told) == {(s.digest, s.line) for paper in papers for s in paper.sources}
    assert {r.abstract for r in records} <= {p.abstract for p in papers}
    assert {p.arxiv for p in papers} - {""} >= {r.arxiv for r in records} - {""}


@settings(deadline=None)
@given(st.lists(RECORDS, max_size=7))
def test_a_library_read_again_stays_as_it_is(papers: list[Paper]) -> None:
    stored = identify(papers)
    assert identify([], stored) == stored


@settings(deadline=None)
@given(st.lists(RECORDS, max_size=6), st.lists(RECORDS, max_size=6))
def test_merged_records_depend_on_no_order(some: list[Paper], more: list[Paper]) -> None:
    papers = [*some, *more]
    if papers:
        assert merge_records(papers) == merge_records(papers[::-1])
        assert merge_records([merge_records(papers)]) == merge_records(papers)


def test_merging_takes_the_fullest_fields_and_all_sources() -> None:
    full = merge_records(
        [
            Paper(
                "How daily papers are read",
                abstract="Short.",
                authors=("Ada Lovelace", "Charles Babbage"),
                date="2024",
                arxiv="2401.00001",
                other_ids=("s2:1",),
                keywords=("reading",),
                sources=at("b", 7, "2024-05-02"),
            ),
            Paper(
                TITLE,
                abstract=ABSTRACT,
                authors=("Ada Lovelace",),
                date="2024-05-01",
                venue="JCDL",
                doi="10.1/x",
                other_ids=("s2:2",),
                url="https://example.org",
                categories=("cs.DL",),
                summary="People skim.",
                sources=at("a", 3),
            ),
        ]
    )
    assert replace(full, id="") == Paper(
        TITLE,
        abstract=ABSTRACT,
        authors=("Ada Lovelace", "Charles Babbage"),
        date="2024-05-01",
        venue="JCDL",
        arxiv="2401.00001",
        doi="10.1/x",
        other_ids=("s2:1", "s2:2"),
        url="https://example.org",
        categories=("cs.DL",),
        keywords=("reading",),
        summary="People skim.",
        sources=(Source("a", 3), Source("b", 7, "2024-05-02")),
    )
    assert full.id.startswith("p")


def test_one_paper_has_one_id_in_every_library() -> None:
    bare = Paper(TITLE, arxiv="2401.00001", sources=at("a"))
    told = Paper("Retitled", abstract=OTHER, arxiv="2401.00001", sources=at("z", 9))
    assert identify([bare])[0].id == identify([told])[0].id


def test_stored_records_keep_their_ids() -> None:
    stored = identify([Paper(TITLE, abstract=ABSTRACT, sources=at("monday"))])
    told_more = Paper(TITLE, abstract=ABSTRACT, arxiv="2401.00001", sources=at("tuesday"))
    (record,) = identify([told_more], stored)
    assert record.id == stored[0].id
    assert record.arxiv == "2401.00001"
    assert [source.digest for source in record.sources] == ["monday", "tuesday"]


def test_a_namesake_takes_no_stored_id() -> None:
    (stored,) = identify([Paper(TITLE, abstract=ABSTRACT, sources=at("monday"))])
    namesake = Paper(TITLE, abstract=OTHER, sources=at("tuesday"))
    assert namesake.abstract < stored.abstract
    records = {record.abstract: record for record in identify([namesake], [stored])}
    assert records[ABSTRACT] == stored
    assert records[OTHER].id != stored.id


@pytest.mark.parametrize("title", [TITLE, "Editorial"])
@pytest.mark.parametrize("abstract", ["", ABSTRACT])
def test_reading_a_digest_again_changes_nothing(title: str, abstract: str) -> None:
    papers = [Paper(title, abstract=abstract, sources=at("monday", line)) for line in (1, 5)]
    stored = identify(papers)
    assert identify(papers, stored) == stored


def test_a_digest_read_again_replaces_only_its_own_facts() -> None:
    wrong = Paper(TITLE, abstract=ABSTRACT + " Typo here.", venue="X", sources=at("monday"))
    other = Paper(TITLE, date="2024", sources=at("tuesday"))
    first = identify([wrong])
    (both,) = identify([other], first)
    corrected = Paper(TITLE, abstract=ABSTRACT, sources=at("monday", 3))

    (alone,) = identify([corrected], first)
    assert [(source.digest, source.line) for source in alone.sources] == [("monday", 3)]
    assert alone == replace(corrected, id=first[0].id, sources=alone.sources)

    (kept,) = identify([corrected], [both])
    assert kept.id == first[0].id
    assert kept.date == "2024"
    told = [(source.digest, source.line) for source in kept.sources]
    assert told == [("monday", 3), ("tuesday", 1)]


def test_papers_of_digests_that_were_not_read_stay() -> None:
    stored = identify([Paper("An Old Long Title", abstract=OTHER, sources=at("monday"))])
    records = identify([Paper(TITLE, abstract=ABSTRACT, sources=at("tuesday"))], stored)
    assert stored[0] in records
    assert len(records) == 2


@pytest.mark.slow
@pytest.mark.timeout(20)
@pytest.mark.parametrize("title", ["Editorial", TITLE])
def test_thousands_of_namesakes_take_no_time(title: str) -> None:
    papers = [Paper(title, abstract=f"{n} {ABSTRACT}", sources=at("a", n)) for n in range(1, 3001)]
    records = identify(papers)
    assert len(records) == 3000
    assert identify(papers[:10], records) == records


def test_one_doi_on_two_different_papers_is_reported_and_joins_nothing() -> None:
    papers = [
        Paper("Deep residual learning for image recognition", doi="10.1/x", sources=at("a")),
        Paper("Deep residual learning for images recognition", doi="10.1/x", sources=at("b")),
        Paper("Soil bacteria of northern peat bogs", doi="10.1/x", sources=at("c")),
    ]
    records = identify(papers)
    assert sorted(len(record.sources) for record in records) == [1, 2]
    (conflict,) = conflicts(PaperTable.from_papers(records))
    assert conflict.id == "doi:10.1/x"
    assert set(conflict.papers) == {record.id for record in records}
    assert any("peat" in title for title in conflict.titles)
    assert identify([], records) == records


def test_records_with_ids_of_their_own_are_in_no_conflict() -> None:
    records = identify([Paper("One", doi="10.1/x", sources=at("a")), Paper("Two words here")])
    assert conflicts(PaperTable.from_papers(records)) == []
