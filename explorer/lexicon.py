"""The word index: words to keys, ranked by BM25 (Robertson and Zaragoza 2009).

Kept by Tantivy. Words are lower-cased, stripped of accents and stemmed (Porter's English
stemmer), the same way for papers, queries and highlights.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.engines import Keys
from explorer.errors import LibraryDamaged
from explorer.paper import Paper

if TYPE_CHECKING:
    import tantivy

STOP_WORDS = frozenset(
    """a about above after again against all also although am among an and any are as at be
    because been before being below between both but by can cannot could did do does doing down
    during each either else et etc even ever few for from further had has have having he hence her
    here hers him his how however i if in into is it its itself just least less like many may me
    might more most much must my neither no nor not now of off often on once one only or other our
    ours out over own per rather same she should since so some still such than that the their
    theirs them then there thereby therefore these they this those though through thus to too
    toward towards two under until up upon us use used uses using very via was we well were what
    when where whereas whether which while who whom whose why will with within without would yet
    you your yours al eg ie vs
    """.split()
)

_WORD = re.compile(r"[^\W_]+")
"""What Tantivy takes for a word: letters and digits."""
_LONGEST_WORD = 60
_ANALYZER = "paper"
_FIELDS = (("text", 1.0), ("title", 0.3), ("authors", 0.5))
"""The fields that a query's words are looked up in, and how much each counts."""
_MOST_QUERY_WORDS = 256


@dataclass(frozen=True, slots=True)
class Ranking:
    """Keys and their scores, best first; shapes (found,)."""

    keys: Keys
    scores: NDArray[np.float32]


class Lexicon:
    """The word index of one generation."""

    def __init__(self, index: tantivy.Index) -> None:
        self._index = index
        self._index.register_tokenizer(_ANALYZER, _analyzer())
        self._schema = index.schema

    @classmethod
    def build(cls, papers: Iterable[Paper], folder: Path) -> Lexicon:
        """Index ``papers`` under 0, 1, 2, ... into an existing, empty ``folder``."""
        import tantivy

        schema = _schema()
        lexicon = cls(tantivy.Index(schema, path=str(folder)))
        writer = lexicon._index.writer(heap_size=128_000_000, num_threads=1)
        for key, paper in enumerate(papers):
            text = "\n".join((paper.text, " ".join(paper.keywords)))
            document = {
                "key": key,
                "text": text,
                "title": paper.readable_title,
                "authors": " ".join(paper.authors),
            }
            writer.add_document(tantivy.Document.from_dict(document, schema))
        writer.commit()
        writer.wait_merging_threads()
        lexicon._index.reload()
        return lexicon

    @classmethod
    def open(cls, folder: Path) -> Lexicon:
        """Return the word index that was built in ``folder``."""
        import tantivy

        try:
            return cls(tantivy.Index.open(str(folder)))
        except (OSError, ValueError) as error:
            raise LibraryDamaged(f"{folder}: the word index cannot be read ({error}).") from None

    def search(self, text: str, k: int, among: Keys | None = None) -> Ranking:
        """Return the k papers that match the words of ``text`` best; any text will do."""
        import tantivy

        wanted = query_stems(text)
        if not wanted or k <= 0 or (among is not None and not len(among)):
            return Ranking(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))
        should = tantivy.Occur.Should
        clauses = [
            (
                should,
                tantivy.Query.boost_query(
                    tantivy.Query.term_query(self._schema, field, stem), weight
                ),
            )
            for stem in wanted
            for field, weight in _FIELDS
        ]
        query = tantivy.Query.boolean_query(clauses)
        if among is not None:
            allowed = tantivy.Query.term_set_query(self._schema, "key", among.tolist())
            must = tantivy.Occur.Must
            query = tantivy.Query.boolean_query(
                [(must, query), (must, tantivy.Query.const_score_query(allowed, 0.0))]
            )
        searcher = self._index.searcher()
        hits = searcher.search(query, k, count=False).hits
        keys = searcher.fast_field_values("key", [address for _, address in hits])
        return Ranking(
            np.array(keys, dtype=np.int64), np.array([score for score, _ in hits], dtype=np.float32)
        )


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem that ``word`` is indexed under, or ``""`` if it is none."""
    stems = _analyzer().analyze(word)
    return stems[0] if stems else ""


def words(text: str) -> list[tuple[str, int, int]]:
    """Return (stem, start, end) of each word of ``text``."""
    return [(stem(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]


def query_stems(text: str) -> list[str]:
    """Return the distinct stems that a query asks for, in order; stop words only if alone."""
    # Papers are in NFC; a query may come with its accents apart, as some systems type them.
    found = _WORD.findall(unicodedata.normalize("NFC", text))
    meant = [word for word in found if word.casefold() not in STOP_WORDS] or found
    return list(dict.fromkeys(s for word in meant if (s := stem(word))))[:_MOST_QUERY_WORDS]


@cache
def _analyzer() -> tantivy.TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(_LONGEST_WORD))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.stemmer("english"))
        .build()
    )


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", stored=False, indexed=True, fast=True)
    for field, _ in _FIELDS:
        builder.add_text_field(field, stored=False, tokenizer_name=_ANALYZER)
    return builder.build()
