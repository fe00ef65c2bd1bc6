"""Features of the papers of a review: unit vectors, and weights of words and pairs of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Vectors

_MOST_COMMON = 0.95
"""Share of papers from which a word is too common to tell papers apart."""
_MANY = 20
"""Papers from which that share means something; among fewer every word counts."""

Values = NDArray[np.float64]
"""One number a paper of the review: shape (papers,)."""


@dataclass(frozen=True, eq=False)
class WordFeatures:
    """Sublinear tf-idf of one and two words in a row, rows of length 1."""

    matrix: Any
    """SciPy's compressed rows, shape (papers, terms)."""
    vectoriser: Any
    """The fitted scikit-learn vectoriser; None where no text has a word."""

    def of(self, texts: Sequence[str]) -> Any:
        """Return the features of other texts, such as sentences, shape (len(texts), terms)."""
        if self.vectoriser is None:
            from scipy.sparse import csr_matrix

            return csr_matrix((len(texts), self.matrix.shape[1]))
        return self.vectoriser.transform(texts)


@dataclass(frozen=True, eq=False)
class ReviewFeatures:
    """Everything that the ranking knows of the papers of a review, row by row."""

    vectors: Vectors
    words: WordFeatures
    question: Values | None = None
    """Cosine of each paper to the typed question; None without one."""

    @property
    def size(self) -> int:
        """Number of papers."""
        return len(self.vectors)


def word_features(texts: Sequence[str]) -> WordFeatures:
    """Return the word features of the ``texts`` of all papers of a review.

    The weights are those of the default model of ASReview 3 (ELAS u4), which were chosen on the
    reviews of SYNERGY (De Bruin et al. 2023, doi:10.34894/HE6NAQ).
    """
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(
        ngram_range=(1, 2),
        sublinear_tf=True,
        max_df=_MOST_COMMON if len(texts) >= _MANY else 1.0,
    )
    try:
        return WordFeatures(vectoriser.fit_transform(texts), vectoriser)
    except ValueError:  # not one word in any text
        return WordFeatures(csr_matrix((len(texts), 1)), None)
