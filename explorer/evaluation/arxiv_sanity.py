"""The ranking of arxiv-sanity-lite (github.com/karpathy/arxiv-sanity-lite), to compare with.

A linear support vector machine on sublinear tf-idf of words and pairs of words in title, abstract
and authors, with the settings of its ``compute.py`` and ``serve.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.papers.paper import Paper

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_FEATURES = 20_000
_COST = 0.01
_RAREST, _MOST_FREQUENT = 5, 0.1
"""Papers that a word stands in at least, and their share at most."""


def arxiv_sanity_features(papers: Iterable[Paper], library: Sequence[int]) -> csr_matrix | None:
    """Return the features of ``papers``, shape (papers, features).

    None where no word stands in enough papers.

    Args:
        library: indices of the papers that words and weights are taken from.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [" ".join([paper.title, paper.abstract, *paper.authors]) for paper in papers]
    vectorizer = TfidfVectorizer(
        strip_accents="unicode",
        stop_words="english",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",
        ngram_range=(1, 2),
        max_features=_FEATURES,
        sublinear_tf=True,
        max_df=_MOST_FREQUENT,
        min_df=_RAREST,
    )
    try:
        vectorizer.fit([texts[row] for row in library])
    except ValueError:  # of a few papers, no word is left
        return None
    return vectorizer.transform(texts)


def arxiv_sanity_scores(
    features: csr_matrix, library: Sequence[int], stars: Sequence[int], rows: Sequence[int]
) -> NDArray[np.float32]:
    """Return the scores of the papers in ``rows``, trained on all papers of the library."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=_COST, random_state=0)
    machine.fit(features[library], np.isin(library, stars))
    scores: NDArray[np.float32] = machine.decision_function(features[rows]).astype(np.float32)
    return scores
