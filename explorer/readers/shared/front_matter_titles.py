"""Front matter of proceedings and journals, which bibliographies list among the papers.

A title alone decides nothing: a paper may be called "Index". It is front matter if no text says
what it is about, or if that text presents a volume.
"""

from __future__ import annotations

import re

from explorer.papers.paper import title_key

_TITLES = frozenset(
    "preface|foreword|front matter|frontmatter|back matter|backmatter|table of contents|contents"
    "|index|author index|authors index|subject index|index of authors|keyword index|title page"
    "|copyright|copyright page|editorial board|program committee|programme committee"
    "|organizing committee|organising committee|conference committee|conference organization"
    "|list of reviewers|reviewers|committees|vorwort|inhaltsverzeichnis|avant propos|prefacio"
    "|prefazione".split("|")
)
_VOLUME = re.compile(
    r"(?:front matter|preface|foreword|proceedings) (?:of|to|for) .{0,200}"
    r"\b(?:volume|proceedings|workshops?|conference|symposium|meeting|congress)\b",
)
_PRESENTS_A_VOLUME = re.compile(
    r"\W*(?:welcome to\b|(?:this|the present) (?:volume|book|issue)\b"
    r"|these (?:are the )?proceedings\b|the (?:proceedings|following pages)\b"
    r"|we are (?:very |most )?(?:pleased|delighted|happy|proud|honou?red) to"
    r" (?:present|welcome|introduce)\b"
    r"|it is (?:our|with) (?:a )?(?:great |much )?(?:pleasure|honou?r)\b)",
    re.IGNORECASE,
)


def is_front_matter(title: str, text: str) -> bool:
    """Whether a record with this title, and with this abstract or summary, is front matter.

    >>> is_front_matter("Preface", ""), is_front_matter("Index", "We index a billion vectors.")
    (True, False)
    """
    key = title_key(title)
    if key not in _TITLES and not _VOLUME.match(key):
        return False
    return not text.strip() or _PRESENTS_A_VOLUME.match(text) is not None
