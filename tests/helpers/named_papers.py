"""A small library whose papers have authors, venues, ids and years to name in queries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from explorer.builds.build import BuildOptions, build
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore

_FILLER = (
    "We train a model on a long text and evaluate it on a rich set of black boxes, page by page."
)


def _paper(number: int, title: str, authors: str, year: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"n{number}",
        "title": title,
        "abstract": f"{title}. {more.pop('abstract', _FILLER)}",
        "authors": authors.split("; "),
        "date": str(year),
        **more,
    }


PAPERS = (
    _paper(1, "Syntax in Word Embeddings", "Yoav Goldberg; Omer Levy", 2014, doi="10.1000/syntax"),
    _paper(2, "A Primer on Neural Networks", "Yoav Goldberg", 2020, arxiv="2001.00002"),
    _paper(3, "Attention for Parsing Trees", "Roger Levy; Wei Wang", 2019),
    _paper(4, "Lexical Normalization of Tweets", "Rob van der Goot; Barbara Plank", 2021),
    _paper(5, "Umlauts and Their Frequency", "Thomas Müller", 2018),
    _paper(6, "Danish Treebanks Compared", "Anders Søgaard; Barbara Plank", 2018),
    _paper(7, "Speech Synthesis by Rule", "Alan W. Black", 2020),
    _paper(8, "Optical Reading of a Page", "Ella Page", 2017),
    _paper(9, "Hidden Markov Chains Revisited", "Wei Wang; Jun Wang", 2023),
    _paper(10, "Emotion Words Across Ages", "Emily Öhman; Emily Sheng", 2022),
    _paper(
        11, "Shared Task on Chunking", "Bo Li", 2003, abstract="The CoNLL 2003 data, and SQuAD 2.0"
    ),
    _paper(12, "Swahili Morphology Learned", "Jean-Luc Wright-Bettner", 2020, categories=["cs.CL"]),
    _paper(13, "Spoken Dialogue Acts", "Soledad López Gambino", 2016),
    _paper(
        14,
        "Summaries of Scientific Papers",
        "Ana María Ruiz",
        2023,
        venue="Advances in Neural Information Processing Systems",
    ),
    _paper(
        15,
        "Offensive Speech as a Practice",
        "Kim Lee",
        2020,
        venue="Proceedings of the Fourth Workshop on Online Abuse and Harms (WOAH 2020)",
        id="2020.woah-1.5",
    ),
    _paper(16, "Rich Long Texts in Black Boxes", "Lu Xu", 2020),
    _paper(17, "Abusive Language on the Page", "Noor Haddad", 2021, venue="WOAH"),
)


def build_named_papers(folder: Path) -> Generation:
    """Build the library in ``folder`` with the hashing embedder."""
    digest = folder / "named.jsonl"
    digest.write_text("\n".join(map(json.dumps, PAPERS)) + "\n", encoding="utf-8")
    library = LibraryStore(folder / "library")
    build(library, [digest], BuildOptions(model="hashing"))
    return library.open()
