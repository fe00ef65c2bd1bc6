"""Writes ``explorer/topics/verbs.txt``: ``python -m benchmarks.verbs CORPUS.jsonl[.gz] ...``.

The file lists English words that take an object: words that an article or the like follows in many
of their uses ("detecting the errors"). They are verbs, and no name begins with one of them. The
file in the repository comes from the titles and abstracts of 74,728 papers of arXiv's daily lists
of 2025 and 2026, whose metadata is CC0.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

FILE = Path("explorer/topics/verbs.txt")
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_DETERMINERS = frozenset("a an the this these those its their our".split())
_LEAST_USES = 20
_LEAST_SHARE = {True: 0.1, False: 0.3}
"""Share of uses before an article or the like, by whether a word ends in "-ing": those that do are
rarely nouns that happen to be followed by one."""


def main(corpora: list[str]) -> None:
    """Count the words of ``corpora`` and write the file."""
    if not corpora:
        sys.exit(__doc__)
    uses: Counter[str] = Counter()
    with_object: Counter[str] = Counter()
    for corpus in corpora:
        with (gzip.open if corpus.endswith(".gz") else open)(
            corpus, "rt", encoding="utf-8"
        ) as file:
            for line in file:
                row = json.loads(line)
                for text in (row["title"], row["abstract"]):
                    words = _WORD.findall(text.casefold())
                    uses.update(words)
                    with_object.update(
                        word for word, following in pairwise(words) if following in _DETERMINERS
                    )
    verbs = sorted(
        word
        for word, count in uses.items()
        if count >= _LEAST_USES
        and word.isascii()
        and with_object[word] >= _LEAST_SHARE[word.endswith("ing")] * count
    )
    FILE.write_text("\n".join(verbs) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
