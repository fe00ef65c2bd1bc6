"""The full-text index: words to papers, ranked by BM25 (Robertson and Zaragoza 2009).

The index is Tantivy's; ``analysis.py`` makes words of texts, the same way for papers, queries and
highlights. Papers are analysed in their own language, queries in each that the index holds.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys, RowMap
from explorer.errors import LibraryDamaged
from explorer.files import share
from explorer.index.analysis import (
    ANALYZER,
    VERSION,
    Token,
    analyzer,
    has_stemmer,
    indexed_form,
    is_paired,
    plain_tokens,
    stems,
    term_counts,
    tokens,
)
from explorer.papers.function_words import FUNCTION_WORDS
from explorer.papers.language import ENGLISH, language_of
from explorer.papers.paper import Paper
from explorer.papers.table import papers_at

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

_LOCK = ".tantivy-meta.lock"
_REMOVALS = 5
"""Attempts to remove a folder that another thread may still write to."""
_FIELDS = ("text", "title", "abstract", "authors")
_RANKED = (("text", 1.0), ("title", 0.1), ("authors", 0.5))
"""Ranked fields and their weights; text holds the title, too."""
BY_TITLE = (("title", 1.0),)
_MOST_QUERY_WORDS = 256
_DEPTH_FACTOR = 16
"""Best papers searched through for the allowed ones, at most, per allowed paper; beyond that, a
query for the allowed papers themselves is faster."""
_LEAST_DEPTH = 8_000
_MOST_DEPTH = 80_000
_MOST_TERM_QUERIES = 4_000
"""Papers up to which one query each is faster than a query for a set of them."""
_MARGIN = 1.5
"""Papers searched through for each that is expected to be allowed."""
_ROWS = "rows.npy"
_RULES = "analysis.json"
_SEGMENT = re.compile(r"[0-9a-f]{32}(?:\.\d+)?\.[a-z]+")
"""Name of a file in a segment of Tantivy's index."""
_MOST_DELETED = 0.2
"""Deleted papers per paper in the index above which it is built anew."""
_LANGUAGE = "language"
"""The field of a paper's language, if that has a stemmer."""
INDEXED_FIELDS = ("title", "abstract", "summary", "keywords", "authors", "notes_fingerprint")
"""The fields of a paper that are indexed; its notes and annotations by their fingerprint."""


class QueryWord(NamedTuple):
    """A word of a query, or a pair of its characters."""

    stem: str
    in_language: tuple[tuple[str, str], ...] = ()
    """(language, stem) in each language in which the stem is another."""

    @property
    def stems(self) -> tuple[str, ...]:
        return (self.stem, *dict.fromkeys(stem for _, stem in self.in_language))

    @property
    def is_character(self) -> bool:
        """Whether it is one character of a script that is indexed in pairs."""
        return len(self.stem) == 1 and is_paired(self.stem)


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules by which the texts of an index were analysed."""

    version: int = VERSION
    """Number of the rules of ``analysis.py`` that it follows."""
    languages: tuple[str, ...] = ()
    """Languages besides English that its papers are stemmed in, in order."""

    @classmethod
    def read(cls, folder: Path) -> Rules:
        """Return the rules of the index in ``folder``.

        Raises:
            ValueError: their file is damaged.
        """
        path = folder / _RULES
        if not path.exists():
            return cls(version=0)
        stored = json.loads(path.read_text(encoding="utf-8"))
        match stored:
            case {"version": int(version), "languages": [*languages]}:
                return cls(version, tuple(map(str, languages)))
        raise ValueError(f"{_RULES} holds no rules")

    def write(self, folder: Path) -> None:
        """Write the rules into the ``folder`` of an index."""
        stored = json.dumps({"version": self.version, "languages": self.languages})
        (folder / _RULES).write_text(stored, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class WordRanking:
    """Rows and their scores, best first; shapes (hits,)."""

    keys: Keys
    scores: NDArray[np.float32]
    threshold: float = 0.0
    """Upper bound on the scores of all other allowed papers."""
    unfiltered: WordRanking | None = None
    """The best of all papers, if the best allowed ones were taken from them."""


class FullTextIndex:
    """The full-text index of one generation.

    Papers are indexed under keys of their own, which stay the same when rows shift.
    """

    def __init__(
        self,
        index: tantivy.Index,
        folder: Path,
        rows: NDArray[np.int64],
        rules: Rules,
        *,
        is_old: bool = False,
    ) -> None:
        self._index = index
        self._index.register_tokenizer(ANALYZER, analyzer())
        self._rules = rules
        self._schema = index.schema
        self._folder = folder
        self._rows = rows
        """The row of each key, -1 if the paper was removed."""
        self._keys = np.full(int(rows.max(initial=-1)) + 1, -1, dtype=np.int64)
        """The key of each row."""
        present = np.flatnonzero(rows >= 0)
        self._keys[rows[present]] = present
        self._is_old = is_old
        """Whether it was written before abstracts had a field of their own."""

    @classmethod
    def build(cls, papers: Sequence[Paper], folder: Path) -> FullTextIndex:
        """Index ``papers`` under their rows into an existing, empty ``folder``."""
        import tantivy

        rows = np.arange(len(papers), dtype=np.int64)
        index = _with_manual_reload(tantivy.Index(_schema(), path=str(folder)))
        lexicon = cls(index, folder, rows, Rules())
        lexicon._write(enumerate(papers), gone=())
        return lexicon

    def updated(self, papers: Sequence[Paper], row_map: RowMap, folder: Path) -> FullTextIndex:
        """Write the index of ``papers`` into an existing, empty ``folder``, starting from this one.

        Args:
            row_map: for each row of this index, its row in ``papers``, or -1 if the paper was
                removed or its text changed; shape (papers of this index,).
        """
        rows = np.where(self._rows >= 0, row_map[self._rows], -1)
        gone = np.flatnonzero((self._rows >= 0) & (rows < 0))
        is_outdated = self._is_old or self._rules.version != VERSION
        if is_outdated or np.count_nonzero(rows < 0) > _MOST_DELETED * len(papers):
            return self.build(papers, folder)  # deleted papers still count in the weights of words
        for path in self._folder.iterdir():
            # Tantivy writes a segment once, and deletes it after merging it into a larger one.
            is_segment = _SEGMENT.fullmatch(path.name) is not None
            (share if is_segment else shutil.copyfile)(path, folder / path.name)
        new = np.setdiff1d(np.arange(len(papers)), rows)
        keys = range(len(rows), len(rows) + len(new))
        lexicon = FullTextIndex(
            _open_index(folder),
            folder,
            np.concatenate([rows, new]).astype(np.int64),
            self._rules,
        )
        lexicon._write(zip(keys, papers_at(papers, new), strict=True), gone.tolist())
        return lexicon

    @classmethod
    def open(cls, folder: Path) -> FullTextIndex:
        """Return the full-text index in ``folder``."""
        try:
            index = _open_index(folder)
            is_old = not (folder / _ROWS).exists()
            if is_old:
                rows = np.arange(index.searcher().num_docs, dtype=np.int64)
            else:
                rows = np.load(folder / _ROWS, allow_pickle=False)
            rules = Rules.read(folder)
        except (OSError, ValueError, EOFError) as error:
            raise LibraryDamaged(
                f"the full-text index cannot be read ({error}).", path=folder
            ) from None
        return cls(index, folder, rows, rules, is_old=is_old)

    def _write(self, papers: Iterable[tuple[int, Paper]], gone: Sequence[int]) -> None:
        import tantivy

        writer = self._index.writer(heap_size=128_000_000, num_threads=1)
        if gone:
            writer.delete_documents_by_query(
                tantivy.Query.term_set_query(self._schema, "key", list(gone))
            )
        languages = set(self._rules.languages)
        for key, paper in papers:
            language = paper.language
            own = (*paper.notes, *paper.annotations)
            text = "\n".join((paper.text, " ".join(paper.keywords), *own))
            document = {
                "key": key,
                "text": indexed_form(text, language),
                "title": indexed_form(paper.readable_title, language),
                "abstract": indexed_form(paper.readable_abstract, language),
                "authors": indexed_form(" ".join(paper.authors), ENGLISH),
            }
            if has_stemmer(language):
                document[_LANGUAGE] = language
                languages.add(language)
            writer.add_document(tantivy.Document.from_dict(document, self._schema))
        writer.commit()
        writer.wait_merging_threads()
        np.save(self._folder / _ROWS, self._rows, allow_pickle=False)
        self._rules = Rules(VERSION, tuple(sorted(languages)))
        self._rules.write(self._folder)
        self._index.reload()

    def search(
        self,
        text: str,
        k: int,
        allowed: Keys | None = None,
        by: Sequence[tuple[str, float]] = _RANKED,
        least: int | None = None,
    ) -> WordRanking:
        """Return the k papers that match the words of ``text`` best; any text is valid.

        Args:
            allowed: rows of the papers to rank, in order; all without it.
            by: the fields to search, with their weights.
            least: number of hits that suffices where more of them would take long.
        """
        import tantivy

        wanted = self.query_words(text)
        if not wanted or k <= 0 or (allowed is not None and not len(allowed)):
            return WordRanking(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))
        should = tantivy.Occur.Should
        clauses = [
            (should, tantivy.Query.boost_query(self._word_query(word, field), weight * times))
            for word, times in wanted.items()
            for field, weight in by
        ]
        query = tantivy.Query.boolean_query(clauses)
        if allowed is None:
            return self._best(query, k)
        least = k if least is None else min(k, least)
        depth, least_depth = (
            math.ceil(_MARGIN * count * len(self._keys) / len(allowed)) for count in (k, least)
        )
        if depth > _LEAST_DEPTH:
            depth = max(_LEAST_DEPTH, least_depth)
        most_depth = min(max(_LEAST_DEPTH, _DEPTH_FACTOR * len(allowed)), _MOST_DEPTH)
        best = None
        while depth <= most_depth:
            best = self._best(query, depth)
            is_allowed = np.zeros(len(self._keys), dtype=bool)
            is_allowed[allowed] = True
            passed = np.flatnonzero(is_allowed[best.keys])[:k]
            if len(passed) >= least or len(best.keys) < depth:
                scores = best.scores[passed]
                threshold = float(scores[-1]) if len(passed) == k else best.threshold
                return WordRanking(best.keys[passed], scores, threshold, best)
            # Fewer of the best matches are allowed than expected: go deeper by that factor.
            depth = math.ceil(_MARGIN * depth * least / max(1, len(passed)))
        must = tantivy.Occur.Must
        keys_query = self._keys_query(self._keys[allowed].tolist())
        both = [(must, query), (must, tantivy.Query.const_score_query(keys_query, 0.0))]
        return replace(self._best(tantivy.Query.boolean_query(both), k), unfiltered=best)

    def _keys_query(self, keys: list[int]) -> tantivy.Query:
        """Return the query for the papers with these keys."""
        import tantivy

        if len(keys) > _MOST_TERM_QUERIES:
            return tantivy.Query.term_set_query(self._schema, "key", keys)
        either = tantivy.Occur.Should
        return tantivy.Query.boolean_query(
            [(either, tantivy.Query.term_query(self._schema, "key", key)) for key in keys]
        )

    def _best(self, query: tantivy.Query, k: int) -> WordRanking:
        searcher = self._index.searcher()
        hits = searcher.search(query, k, count=False).hits
        keys = searcher.fast_field_values("key", [address for _, address in hits])
        scores = np.array([score for score, _ in hits], dtype=np.float32)
        threshold = float(scores[-1]) if 0 < len(hits) == k else 0.0
        return WordRanking(self._rows[np.array(keys, dtype=np.int64)], scores, threshold)

    def query_words(self, text: str) -> dict[QueryWord, int]:
        """Return the words of a query in the languages of this index (:func:`query_words`)."""
        return query_words(text, self._rules)

    def rarity(self, word: QueryWord) -> float:
        """Return the inverse document frequency of a word, as in BM25; the highest if it is new."""
        searcher = self._index.searcher()
        papers = searcher.num_docs
        frequency = max(
            searcher.doc_freq(field, stem) for stem in word.stems for field in ("text", "authors")
        )
        return math.log1p((papers - min(frequency, papers) + 0.5) / (frequency + 0.5))

    def terms_of(self, paper: Paper) -> Counter[str]:
        """Return the count of each indexed term of a paper's title and abstract; no stop words."""
        text = paper.text
        language = language_of(text) if self._rules.version else ENGLISH
        counts = term_counts(text, language)
        for term in _stop_terms(language) & counts.keys():
            del counts[term]
        return counts

    def spellings(self, paper: Paper) -> dict[str, str]:
        """Return the terms of a paper's title and abstract, each as its first word there."""
        text = paper.text
        language = paper.language if self._rules.version else ENGLISH
        words = ((token.stem, text[token.start : token.end]) for token in tokens(text, language))
        return {term: word for term, word in reversed(list(words)) if term}

    def papers_with_term(self, term: str) -> int:
        """Return the number of papers with a term (:meth:`terms_of`), a few removed ones too."""
        return int(self._index.searcher().doc_freq("text", term))

    def has_word(self, word: str) -> bool:
        """Return whether any text has ``word`` in any inflection; names of authors are no text."""
        searcher = self._index.searcher()
        stems = (stem for query_word in self.query_words(word) for stem in query_word.stems)
        return any(searcher.doc_freq("text", stem) > 0 for stem in stems)

    def _word_query(self, word: QueryWord, field: str) -> tantivy.Query:
        """Return the query for the papers whose ``field`` has ``word``; the best stem scores."""
        import tantivy

        query = self._term_query(word.stem, field)
        if not word.in_language:
            return query
        must = tantivy.Occur.Must
        either = [query]
        for language, stem in word.in_language:
            # A stem may be another word elsewhere: French "cas" is a case, English "cas" is none.
            spoken = tantivy.Query.term_query(self._schema, _LANGUAGE, language)
            of_language = tantivy.Query.const_score_query(spoken, 0.0)
            both = [(must, self._term_query(stem, field)), (must, of_language)]
            either.append(tantivy.Query.boolean_query(both))
        return tantivy.Query.disjunction_max_query(either)

    def _term_query(self, stem: str, field: str) -> tantivy.Query:
        import tantivy

        if len(stem) == 1 and self._rules.version and is_paired(stem):
            pairs = rf"{stem}.?|.{stem}"
            return tantivy.Query.regex_query(self._schema, field, pairs)
        return tantivy.Query.term_query(self._schema, field, stem)

    def rows_with_phrase(self, phrase: str, field: str) -> Keys:
        """Return the rows whose ``field`` contains ``phrase``, in any inflection.

        ``field`` is text (title, abstract and keywords), title, abstract or authors.
        """
        query = self._query_of_phrase(phrase, field)
        if query is None:
            return np.empty(0, dtype=np.int64)
        searcher = self._index.searcher()
        # With an order by field, hits are not scored and carry the field's value.
        hits = searcher.search(
            query, max(1, searcher.num_docs), count=False, order_by_field="key"
        ).hits
        keys = np.fromiter((key for key, _ in hits), dtype=np.int64, count=len(hits))
        return np.sort(self._rows[keys])

    def papers_with_phrase(self, phrase: str, field: str) -> int:
        """Return the number of papers whose ``field`` contains ``phrase``; of a word at once.

        Of one word those are counted, too, that were removed and are not yet forgotten.
        """
        searcher = self._index.searcher()
        stems = [token.stem for token in _tokens(_nfc(phrase), ENGLISH, self._rules) if token.stem]
        if len(stems) == 1:
            return int(searcher.doc_freq(field, stems[0]))
        query = self._query_of_phrase(phrase, field)
        if query is None:
            return 0
        hits = searcher.search(query, 1, count=True)
        return int(hits.count or 0)  # type: ignore[attr-defined]  # its stubs lack it

    def _query_of_phrase(self, phrase: str, field: str) -> tantivy.Query | None:
        """Return the query for ``phrase`` in any language of the index; None without words."""
        import tantivy

        if self._is_old and field == "abstract":
            field = "text"
        phrase = _nfc(phrase)
        readings = dict.fromkeys(
            tuple(token.stem for token in _tokens(phrase, language, self._rules) if token.stem)
            for language in (ENGLISH, *self._rules.languages)
        )
        queries = [self._phrase_query(stems, field) for stems in readings if stems]
        if len(queries) < 2:
            return queries[0] if queries else None
        should = tantivy.Occur.Should
        return tantivy.Query.boolean_query([(should, one) for one in queries])

    def _phrase_query(self, stems: tuple[str, ...], field: str) -> tantivy.Query:
        import tantivy

        if self._rules.version:
            # Beside others, one character of a script that is indexed in pairs has no term.
            stems = tuple(s for s in stems if not QueryWord(s).is_character) or stems[:1]
        if len(stems) == 1:
            return self._term_query(stems[0], field)
        return tantivy.Query.phrase_query(self._schema, field, list(stems))


def query_words(text: str, rules: Rules = Rules()) -> dict[QueryWord, int]:
    """Return the count of each word of a query, in order; stop words only if it has no others.

    ``rules`` are those of the index that is asked.
    """
    text = _nfc(text)
    readings = {
        language: [token.stem for token in _tokens(text, language, rules)]
        for language in rules.languages
    }
    stop_words = STOP_WORDS
    if readings and (spoken := language_of(text)) in readings:
        stop_words |= FUNCTION_WORDS[spoken]
    typed: list[tuple[QueryWord, bool]] = []
    for index, (stem, start, end) in enumerate(_tokens(text, ENGLISH, rules)):
        others = tuple(
            (language, stems[index])
            for language, stems in readings.items()
            if stems[index] not in ("", stem)
        )
        if stem:
            typed.append((QueryWord(stem, others), text[start:end].casefold() in stop_words))
    kept = [word for word, is_stop in typed if not is_stop] or [word for word, _ in typed]
    return dict(list(Counter(kept).items())[:_MOST_QUERY_WORDS])


@cache
def _stop_terms(language: str) -> frozenset[str]:
    """Return the terms of the stop words of a language, and of English."""
    words = STOP_WORDS | FUNCTION_WORDS.get(language, frozenset())
    return frozenset().union(*(stems(word, language) for word in words))


def _tokens(text: str, language: str, rules: Rules) -> Iterable[Token]:
    return tokens(text, language) if rules.version else plain_tokens(text)


def _open_index(folder: Path) -> tantivy.Index:
    """Open the index in ``folder``, which may be read-only."""
    import tantivy

    if os.access(folder / _LOCK, os.W_OK):
        return _with_manual_reload(tantivy.Index.open(str(folder)))
    # Even to read, Tantivy locks a file that it opens for writing; opened segments stay mapped.
    copy = Path(mkdtemp())
    try:
        for path in folder.iterdir():
            if path.suffix != ".lock":
                (copy / path.name).symlink_to(path.resolve())
        return _with_manual_reload(tantivy.Index.open(str(copy)))
    finally:
        # Tantivy's watcher may create that file again while the folder is being removed.
        for _ in range(_REMOVALS):
            shutil.rmtree(copy, ignore_errors=True)
            if not copy.exists():
                break


def _with_manual_reload(index: tantivy.Index) -> tantivy.Index:
    """Return ``index`` with a reader that reloads only on request.

    Otherwise a thread of Tantivy's reloads half a second after each commit, when another program
    may have replaced the files.
    """
    index.config_reader("manual")
    return index


def _nfc(text: str) -> str:
    # Papers are in NFC; some systems type accents as separate characters.
    return unicodedata.normalize("NFC", text)


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", stored=False, indexed=True, fast=True)
    for field in _FIELDS:
        builder.add_text_field(field, stored=False, tokenizer_name=ANALYZER)
    builder.add_text_field(_LANGUAGE, stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()
