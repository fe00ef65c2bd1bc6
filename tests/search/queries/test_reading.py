"""Queries that name people, venues, years or papers, or are requests, read in a small library."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.author_queries import build_corpus, queries, right_share
from explorer.library.generation import Generation
from explorer.search.queries.reading import Understanding, understand
from tests.helpers.corpus import ROOT

_SHARED = ROOT.parent / "shared" / "data"
_ACL = _SHARED / "corpora" / "labelled_acl_workshop_topics.jsonl.gz"
_ACL_VECTORS = _SHARED / "vectors" / "labelled_acl_workshop_topics.f16.npy"


def clauses(understanding: Understanding) -> str:
    """Return the clauses as text; those that only bring papers up have a question mark."""
    return " ".join(f"{one.clause}{'' if one.is_filter else '?'}" for one in understanding.clauses)


@pytest.mark.parametrize(
    ("typed", "inferred"),
    [
        ("Yoav Goldberg", 'author:"Yoav Goldberg"'),
        ("yoav goldberg", 'author:"Yoav Goldberg"'),
        ("Goldberg Yoav", 'author:"Yoav Goldberg"'),
        ("Goldberg, Y.", 'author:"Yoav Goldberg"'),
        ("Y. Goldberg", 'author:"Yoav Goldberg"'),
        ("Prof. Yoav Goldberg", 'author:"Yoav Goldberg"'),
        ("goldberg", 'author:"Yoav Goldberg"'),
        ("Goldberg 2020", 'author:"Yoav Goldberg" year:2020'),
        ("(Goldberg, 2020)", 'author:"Yoav Goldberg" year:2020'),
        ("Goldberg et al. 2020", 'author:"Yoav Goldberg" year:2020'),
        ("Goldberg and Levy 2014", 'author:"Yoav Goldberg" author:Levy year:2014'),
        ("Levy, O., & Goldberg, Y. (2014)", 'author:"Omer Levy" author:"Yoav Goldberg" year:2014'),
        ("papers by Goldberg", 'author:"Yoav Goldberg"'),
        ("what is Yoav Goldberg working on?", 'author:"Yoav Goldberg"'),
        ("Muller", 'author:"Thomas Müller"'),
        ("Mueller 2018", 'author:"Thomas Müller" year:2018'),
        ("Sogaard", 'author:"Anders Søgaard"'),
        ("Anders Soegaard", 'author:"Anders Søgaard"'),
        ("van der Goot 2021", 'author:"Rob van der Goot" year:2021'),
        ("goot, rob van der", 'author:"Rob van der Goot"'),
        ("Jean Luc Wright Bettner", 'author:"Jean-Luc Wright-Bettner"'),
        ("wright-bettner", 'author:"Jean-Luc Wright-Bettner"'),
        ("Lopez Gambino et al.", 'author:"Soledad López Gambino"'),
        ("A. Black", 'author:"Alan W. Black"'),
        ("Alan Black", 'author:"Alan W. Black"'),
        ("Black 2020", 'author:"Alan W. Black" year:2020'),
        ("Wang 2023", "author:Wang year:2023"),
    ],
)
def test_a_name_filters(named_papers: Generation, typed: str, inferred: str) -> None:
    understanding = understand(named_papers, typed)
    assert (clauses(understanding), understanding.words) == (inferred, "")


@pytest.mark.parametrize(
    ("typed", "inferred", "words"),
    [
        ("goldberg et al word vectors", 'author:"Yoav Goldberg"?', "word vectors"),
        ("Yoav Goldberg parsing", 'author:"Yoav Goldberg"?', "parsing"),
        ("parsing by Yoav Goldberg", 'author:"Yoav Goldberg"', "parsing"),
        ("Goldberg et al. 2001", 'author:"Yoav Goldberg" year:2001?', ""),
        ("Plank and Goldberg", 'author:"Barbara Plank"? author:"Yoav Goldberg"?', ""),
        ('"dialogue acts" Yoav Goldberg', 'author:"Yoav Goldberg"', "dialogue acts"),
    ],
)
def test_a_name_beside_a_topic_brings_papers_up(
    named_papers: Generation, typed: str, inferred: str, words: str
) -> None:
    understanding = understand(named_papers, typed)
    assert (clauses(understanding), understanding.words) == (inferred, words)


@pytest.mark.parametrize(
    "typed",
    """Markov chains|Hidden Markov Models|Gaussian splatting|Bayesian optimization
    |Lagrange multipliers|adam optimizer|bert fine-tuning|Brown clustering|Hawkes process|long
    |black boxes|rich text|page|Black and Long|in context learning|He|question answering
    |how-to videos|paper recommendation|survey methodology|scientific papers|Zipf's law|K means
    |information retrieval|show, attend and tell|SQuAD 2.0|Task 3|CoNLL 2003|the|what is|papers
    |black|Wang B cells|author:Goldberg|-goldberg|"Yoav Goldberg"
    """.replace("\n", "").split("|"),
)
def test_topics_stay_topics(named_papers: Generation, typed: str) -> None:
    understanding = understand(named_papers, typed.strip())
    assert clauses(understanding) == ""
    assert understanding.dropped == ()
    assert understanding.unknown_names == ()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Emily Bender", "Emily Bender"),
        ("Emily M. Bender", "Emily M. Bender"),
        ("Emily Bender stochastic parrots", "Emily Bender"),
        ("E. Bender", "E. Bender"),
        ("Bender, E.", "Bender, E."),
        ("bender et al stochastic parrots", "bender"),
        ("Bender et al. 2021", "Bender"),
        ("papers by Bender", "Bender"),
        ("Emily Goldberg", "Emily Goldberg"),
    ],
)
def test_a_strangers_name_is_unknown(named_papers: Generation, typed: str, name: str) -> None:
    understanding = understand(named_papers, typed)
    assert understanding.unknown_names == (name,)
    assert "author" not in clauses(understanding)
    assert name.split(maxsplit=1)[0].strip(",").casefold() in understanding.words.casefold()


def test_a_name_that_several_have_gives_choices(named_papers: Generation) -> None:
    (choices,) = understand(named_papers, "Wang 2023").choices
    assert [(author.name, author.papers) for author in choices.authors] == [
        ("Wei Wang", 2),
        ("Jun Wang", 1),
    ]
    assert understand(named_papers, "Wei Wang").choices == ()
    (namesakes,) = understand(named_papers, "Emily Goldberg").choices
    assert [author.name for author in namesakes.authors] == ["Yoav Goldberg"]
    (undecided,) = understand(named_papers, "Black").choices
    assert [author.name for author in undecided.authors] == ["Alan W. Black"]


def test_a_person_without_a_paper_of_that_year_lacks_one(named_papers: Generation) -> None:
    assert understand(named_papers, "Goldberg et al. 2001").missing_papers == ("Goldberg 2001",)
    assert understand(named_papers, "Goldberg 2020").missing_papers == ()


def test_a_clause_holds_the_words_it_came_from(named_papers: Generation) -> None:
    understanding = understand(named_papers, "Rob van der Goot since 2020")
    assert [one.typed for one in understanding.clauses] == ["Rob van der Goot", "since 2020"]


@pytest.mark.parametrize(
    ("typed", "inferred", "words"),
    [
        ("NeurIPS 2023", 'venue:"Neural Information Processing Systems" year:2023', ""),
        ("neurips", 'venue:"Neural Information Processing Systems"', ""),
        ("WOAH 2020", "venue:WOAH year:2020", ""),
        ("papers at WOAH 2020", "venue:WOAH year:2020", ""),
        ("Workshop on Online Abuse and Harms", "venue:WOAH", ""),
        ("WOAH 2021 slurs", "venue:WOAH? year:2021?", "slurs"),
        ("cs.CL", "category:cs.CL", ""),
        ("swahili cs.cl", "category:cs.CL", "swahili"),
        ("cs.XX", "", "cs.XX"),
        ("tagging 2020", "year:2020?", "tagging"),
        ("tagging in 2020", "year:2020", "tagging"),
        ("tagging since 2020", "year:2020..", "tagging"),
        ("tagging before 2020", 'year:"..2019"', "tagging"),
        ("tagging from 2018 to 2020", "year:2018..2020", "tagging"),
        ("tagging 2018-2020", "year:2018..2020", "tagging"),
        ("tagging 1850", "", "tagging 1850"),
        ("2020", "year:2020", ""),
        ("CoNLL 2003 chunking", "", "CoNLL 2003 chunking"),
        ("author:Levy tagging 2014", "year:2014?", "tagging"),
    ],
)
def test_venues_categories_and_years(
    named_papers: Generation, typed: str, inferred: str, words: str
) -> None:
    understanding = understand(named_papers, typed)
    assert (clauses(understanding), understanding.words) == (inferred, words)


@pytest.mark.parametrize(
    ("typed", "words", "recent"),
    [
        ("papers about Swahili", "Swahili", False),
        ("how do I normalize tweets?", "normalize tweets", False),
        ("what is the best way to cut a tree", "cut a tree", False),
        ("find me papers on speech", "speech", False),
        ("can you show me some recent work on speech synthesis please", "speech synthesis", True),
        ("I am looking for good articles about parsing", "parsing", False),
        ("we're interested in treebanks", "treebanks", False),
        ("any good papers on emotion?", "emotion", False),
        ("recent advances in parsing", "parsing", True),
        ("latest work on tweets", "tweets", True),
        ("state of the art in chunking", "chunking", True),
        ("is there any research on Danish", "Danish", False),
        ("who works on Swahili?", "Swahili", False),
        ("treebank papers", "treebank", False),
        ("speech synthesis recently", "speech synthesis", True),
        ("papers about papers", "papers", False),
    ],
)
def test_requests_are_cut_off(
    named_papers: Generation, typed: str, words: str, *, recent: bool
) -> None:
    understanding = understand(named_papers, typed)
    assert (understanding.words, understanding.prefers_recent) == (words, recent)
    assert understanding.dropped


def test_a_long_text_is_left_alone(named_papers: Generation) -> None:
    abstract = "We show that papers by Yoav Goldberg 2020 matter. " * 9
    assert understand(named_papers, abstract) == Understanding(abstract.strip())


def test_a_title_is_left_alone(named_papers: Generation) -> None:
    understanding = understand(named_papers, "rich long texts in Black Boxes")
    assert understanding.words == "rich long texts in Black Boxes"
    (row,) = understanding.papers
    assert named_papers.records[row].authors == ("Lu Xu",)


@given(st.text(max_size=60))
def test_no_text_raises_an_error(named_papers: Generation, text: str) -> None:
    understanding = understand(named_papers, text)
    assert isinstance(understanding.words, str)


@pytest.mark.slow
@pytest.mark.skipif(not _ACL.exists(), reason=f"{_ACL} is not here")
def test_authors_of_a_real_library(tmp_path: Path) -> None:
    generation = build_corpus(_ACL, _ACL_VECTORS, tmp_path, most=800)
    papers = [paper for paper in generation.records if len(paper.published) >= 4]
    drawn = [query for _, query in queries(papers, is_development=False, each=10)]
    assert right_share(generation, drawn) >= 0.95
