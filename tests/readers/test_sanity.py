"""Digests whose papers do not look like papers are refused; honest oddities are not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.errors import DigestError
from explorer.papers.paper import Paper, Source
from explorer.readers import Rejection, read_digest, stream_digests_apart
from explorer.readers.contract import Digest, Item
from explorer.readers.opening import open_digests
from explorer.readers.sanity import checked
from explorer.readers.shared.titles import is_labelled, why_no_title
from explorer.settings import ReadingLimits

LONG = "An abstract of a whole book. " * 1_000


def papers(titles: list[str], abstract: str = "An abstract.", doi: str = "") -> list[Paper]:
    return [
        Paper(title, abstract=abstract, doi=doi, sources=(Source("d", line),))
        for line, title in enumerate(titles, start=1)
    ]


@pytest.fixture
def digest(tmp_path: Path) -> Digest:
    path = tmp_path / "d"
    path.write_text("text", encoding="utf-8")
    (opened,) = open_digests(path, "d", ReadingLimits())
    assert isinstance(opened, Digest)
    return opened


def outcome(given: list[Paper], digest: Digest, confidence: int = 95) -> list[Item]:
    return list(checked(iter(given), digest, "ris", confidence))


SUSPICIOUS = {
    "markup": (papers(['<?xml version="1.0"?>', '<rec id="1">', "A title"]), 95),
    "identifiers": (papers(["DOI: 10.1000/a PMID: 1", "DOI: 10.1000/b PMID: 2"]), 95),
    "tags": (papers(["TI  - Swifts", "AU - Doe", "Gulls", "Terns"]), 95),
    "addresses": (papers(["Paper: https://arxiv.org/abs/2101.00001"] * 3), 60),
    "labels": (papers([f"Author: Doe {n}" for n in range(5)]), 95),
    "one title for all": (papers(["Meta"] * 30), 95),
    "one title for most of a page": (papers(["Meta"] * 8 + ["A", "B"]), 5),
    "long abstracts": (papers([f"Book {n}" for n in range(6)], LONG), 95),
    "one long abstract in a page": (papers(["Book"], LONG), 5),
    "long titles": (papers([f"{n} {'word ' * 80}" for n in range(6)]), 95),
}
HONEST = {
    "five papers of which two share a title": papers(["Swifts", "Swifts", "A", "B", "C"]),
    "editorials": papers(["Editorial"] * 40, doi="10.1000/x"),
    "some theses": papers([f"Thesis {n}" for n in range(4)], LONG) + papers(["Swifts"] * 5),
    "titles with colons": papers([f"Language: a study of {n} birds" for n in range(3)] + ["A"] * 4),
    "formatting": papers(["<i>Apus apus</i> in towns", "<sub>2</sub>O", "{T}he", "[In French]"]),
    "a few long titles": papers(["word " * 80] * 2 + [f"Swifts {n}" for n in range(9)]),
}


@pytest.mark.parametrize("name", SUSPICIOUS)
def test_suspicious_digest_is_refused_with_an_example(name: str, digest: Digest) -> None:
    given, confidence = SUSPICIOUS[name]
    with pytest.raises(DigestError, match=r"does not read like papers: .*“") as refusal:
        outcome(given, digest, confidence)
    assert "--force ris" in refusal.value.advice


@pytest.mark.parametrize("name", HONEST)
def test_honest_digest_is_passed_on(name: str, digest: Digest) -> None:
    assert outcome(HONEST[name], digest) == HONEST[name]


def test_a_single_bad_title_is_a_rejection_with_its_line(digest: Digest) -> None:
    given = papers(["Swifts", "<rec>", "Gulls", "Terns"])
    made = outcome(given, digest)
    assert [item for item in made if isinstance(item, Paper)] == [given[0], *given[2:]]
    assert [item for item in made if isinstance(item, Rejection)] == [
        Rejection("d", 2, "the title is markup, no title", "<rec>")
    ]


def test_only_the_first_papers_are_held(digest: Digest) -> None:
    made = 0

    def endless() -> Iterator[Paper]:
        nonlocal made
        while True:
            made += 1
            yield from papers([f"Swifts {made}"])

    assert next(checked(endless(), digest, "ris", 95))
    assert made <= 300


def test_refusal_passes_through_the_child_and_force_lifts_it(tmp_path: Path) -> None:
    path = tmp_path / "digest.jsonl"
    rows = [{"title": f"DOI: 10.1000/{n}", "abstract": "Text."} for n in range(5)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    with pytest.raises(DigestError, match="5 of the first 5 papers have titles that are no titles"):
        for stream in stream_digests_apart(path, "digest.jsonl", ReadingLimits()):
            list(stream.items)
    forced = ReadingLimits(force="json-lines")
    assert len(read_digest(path, limits=forced).papers) == 5
    (stream,) = stream_digests_apart(path, "digest.jsonl", forced)
    assert stream.recognition.forced


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('<?xml version="1.0"?>', "markup"),
        ("<mods ID='x'>Doe", "markup"),
        ("<br/>", "markup"),
        ('{"title": 1}', "JSON"),
        ("@article{doe", "an entry of BibTeX"),
        ("TI - Swifts", "a field with its tag"),
        ("%T Swifts", "a field with its tag"),
        ("doi:10.1000/abc", "an identifier"),
        ("PMID: 3000", "an identifier"),
        ("https://example.org/a", "an address"),
        ("someone@example.org", "an address"),
        ("Abstract: a workload study", ""),
        ("AI - a view", ""),
        ("<plan> Swifts first </plan> A study of outlines", ""),
        ("<rec><title>Swifts</title></rec>", "markup"),
        ("Attention @ work: mail to a@b.c is read", ""),
        ("a < b > c in orders", ""),
        ("<p, q>-colourings", ""),
        ("www.example.org as a corpus", ""),
        ("DOI: what it stands for", ""),
    ],
)
def test_what_is_no_title(text: str, what: str) -> None:
    assert why_no_title(text) == what


_LONG_TITLE = (
    "Randomised, double-blind, placebo-controlled trial of the effects of early against late "
    "treatment on survival, function (as measured at 12, 24 and 52 weeks) and quality of life "
    "in adults with newly diagnosed disease of unknown origin: rationale, design, and results at "
    "one year from 31 centres - the first report of the collaborative group for long titles"
)


def test_a_long_title_of_ordinary_words_is_one() -> None:
    assert len(_LONG_TITLE) > 300
    assert why_no_title(_LONG_TITLE) == ""


@pytest.mark.parametrize(
    "torn",
    [
        "Swifts](https://example.org) and ",
        'Swifts", "year": "2021", "title": "',
        "</details> ### Gulls and terns ",
        "OT  - swifts AU  - Doe ",
        "| --- | --- | swifts ",
        "swifts" * 20,
    ],
)
def test_a_long_title_in_which_fields_ran_together_is_none(torn: str) -> None:
    assert why_no_title(f"{_LONG_TITLE} {torn}") == "several fields run together"
    assert len(f"Swifts {torn}") < 300


@pytest.mark.parametrize("unit", ["<a ", "a:", "10.", "TI ", "{ ", "a@b.", "www."])
def test_judgement_of_titles_is_linear(unit: str) -> None:
    begun = time.process_time()
    why_no_title(unit * 50_000)
    is_labelled(unit * 50_000)
    assert time.process_time() - begun < 0.5


_WORDS = "We index a billion vectors on one machine and measure the recall."


@pytest.mark.parametrize(
    ("title", "abstract", "is_front"),
    [
        ("Preface", "", True),
        ("PREFACE.", "", True),
        ("Front Matter", "N/A", True),
        ("Préface", "", True),
        ("Table of Contents", "This volume contains the papers of the workshop.", True),
        ("Proceedings of the 5th Workshop on Online Abuse and Harms", "", True),
        ("Proceedings of the 5th Workshop on Birds", "Welcome to the fifth workshop!", True),
        ("Index", _WORDS, False),
        ("Foreword", _WORDS, False),
        ("Proceedings of the 5th Workshop on Online Abuse and Harms", _WORDS, False),
        ("Proceedings Retrieval with Language Models", "", False),
        ("A Preface to Grammatical Inference", "", False),
        ("Indexing", "", False),
    ],
)
def test_front_matter_is_skipped_by_name(
    tmp_path: Path, title: str, abstract: str, is_front: bool
) -> None:
    records = [{"title": "A study of swifts", "abstract": "We saw swifts."}]
    records += [{"title": title, "abstract": abstract}]
    path = tmp_path / "papers.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    reading = read_digest(path)
    assert [paper.title for paper in reading.papers[1:]] == ([] if is_front else [title])
    reasons = [(one.line, one.reason, one.excerpt) for one in reading.rejections]
    assert reasons == ([(2, "front matter of a volume, not a paper", title)] if is_front else [])
