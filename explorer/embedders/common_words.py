"""Common English words: those that have a token of their own in the default model's vocabulary.

The vocabulary was made from Wikipedia and books, so a word in it is no typing error, whether a
library has it or not.
"""

from __future__ import annotations

from functools import cache

from explorer.embedders import DEFAULT_MODEL
from explorer.embedders.model_folder import find_model
from explorer.errors import EmbedderError

_VOCABULARY = "vocab.txt"


def is_common_word(form: str) -> bool:
    """Return whether a word in lower case, or what it is the plural of, is a common one."""
    singular = {form.removesuffix("s"), form.removesuffix("es")}
    return not common_words().isdisjoint({form, *singular})


@cache
def common_words() -> frozenset[str]:
    """Return the words, in lower case; none where the default model is not installed."""
    try:
        text = (find_model(DEFAULT_MODEL).path / _VOCABULARY).read_text(encoding="utf-8")
    except (EmbedderError, OSError):
        return frozenset()
    return frozenset(token for token in text.split("\n") if token.isalpha())
