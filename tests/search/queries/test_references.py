"""References to papers in queries: ids, addresses, citations, BibTeX."""

from __future__ import annotations

import pytest

from explorer.library.generation import Generation
from explorer.search.queries.reading import understand
from explorer.search.queries.references import is_citation


@pytest.mark.parametrize(
    ("typed", "author"),
    [
        ("10.1000/syntax", "Omer Levy"),
        ("doi:10.1000/SYNTAX", "Omer Levy"),
        ("https://doi.org/10.1000/syntax", "Omer Levy"),
        ("2001.00002", "Yoav Goldberg"),
        ("arXiv:2001.00002v3", "Yoav Goldberg"),
        ("https://arxiv.org/abs/2001.00002v1", "Yoav Goldberg"),
        ("https://arxiv.org/pdf/2001.00002.pdf", "Yoav Goldberg"),
        ("https://arxiv.org/html/2001.00002v2", "Yoav Goldberg"),
        ("https://huggingface.co/papers/2001.00002", "Yoav Goldberg"),
        ("https://aclanthology.org/2020.woah-1.5.pdf", "Kim Lee"),
        (
            "https://www.semanticscholar.org/paper/Lexical-Normalization-of-Tweets-Goot-Plank/"
            "0123456789abcdef0123456789abcdef01234567",
            "Barbara Plank",
        ),
        (
            "Rob van der Goot and Barbara Plank. 2021. Lexical Normalization of Tweets. In ACL.",
            "Barbara Plank",
        ),
        (
            "van der Goot, R., & Plank, B. (2021). Lexical normalization of tweets. ACL, 3, 1-9.",
            "Barbara Plank",
        ),
        (
            '[3] R. van der Goot and B. Plank, "Lexical normalization of tweets," in ACL, 2021.',
            "Barbara Plank",
        ),
        ("@article{x, title={{L}exical Normalization of Tweets}, year=2021}", "Barbara Plank"),
        ("@misc{y,\n  title = {Another},\n  eprint = {2001.00002},\n}", "Yoav Goldberg"),
        ("@article{z, title={Other}, doi={10.1000/syntax}}", "Omer Levy"),
    ],
)
def test_a_paper_of_the_library_comes_first(
    named_papers: Generation, typed: str, author: str
) -> None:
    understanding = understand(named_papers, typed)
    (row,) = understanding.papers
    paper = named_papers.records[row]
    assert author in paper.authors
    assert understanding.missing_papers == ()
    assert understanding.clauses == ()
    assert understanding.words


@pytest.mark.parametrize(
    ("typed", "shown", "words"),
    [
        ("https://arxiv.org/abs/2401.00001", "arXiv:2401.00001", ""),
        ("10.1000/other", "doi:10.1000/other", ""),
        (
            "https://openreview.net/forum?id=abcDEF123",
            "https://openreview.net/forum?id=abcDEF123",
            "",
        ),
        (
            "Emily M. Bender, Timnit Gebru, and Shmargaret Shmitchell. 2021. On the Dangers of "
            "Stochastic Parrots: Can Language Models Be Too Big? In FAccT.",
            "On the Dangers of Stochastic Parrots: Can Language Models Be Too Big?",
            "On the Dangers of Stochastic Parrots: Can Language Models Be Too Big?",
        ),
        ("@article{k, title={A {Missing} One}}", "A Missing One", "A Missing One"),
    ],
)
def test_a_paper_that_is_not_there_is_named(
    named_papers: Generation, typed: str, shown: str, words: str
) -> None:
    understanding = understand(named_papers, typed)
    assert understanding.missing_papers == (shown,)
    assert understanding.words == words
    assert understanding.papers == ()


def test_other_words_stay_beside_an_id(named_papers: Generation) -> None:
    understanding = understand(named_papers, "primers like arXiv:2001.00002 for beginners")
    assert len(understanding.papers) == 1
    assert understanding.words == "primers like for beginners"


@pytest.mark.parametrize(
    "typed",
    [
        "parsing",
        "machine translation 2016",
        "why do large models in 2020 hallucinate so much more than before",
    ],
)
def test_a_topic_is_no_citation(typed: str) -> None:
    assert not is_citation(typed)
