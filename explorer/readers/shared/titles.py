"""Texts that are no titles: markup, tagged fields, identifiers, addresses."""

from __future__ import annotations

import re

LONGEST_TITLE = 300
"""Characters; a longer text is hardly a title."""
_LONGEST = 400
"""Characters looked at; what is no title begins so."""
_LONGEST_SEARCHED = 10_000
_INLINE = (
    r"(?:i|b|em|strong|su[bp]|span|sc|scp|tt|u|small|math|inf|sup|title|ovid:[\w-]+|mml:[\w-]+"
    r"|jats:[\w-]+)"
)
_QUOTED_TAG = r"<([a-z]+)>[^<>]{1,200}</\1>\s+\w+\s+\w+"
"""A tag that a title quotes, as in "<think> ... </think> Lessons from language models"."""
_FIELD_TAGS = (
    "TI|T1|T2|AU|A1|AB|AN|AD|PY|Y1|TY|ER|DO|DP|JO|JF|JA|JT|KW|SN|SP|EP|UR|VL|PB|LA|OT|MH|PT|N1|N2"
    "|M1|M3|LID|AID|PMID|OWN|STAT|FAU|SO"
)
_REASONS = (
    (
        re.compile(
            rf"(?!{_QUOTED_TAG})<(?:[?!]|/?(?!{_INLINE}\b)[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>)", re.I
        ),
        "markup",
    ),
    (re.compile(r"[\[{]\s*\"[^\"]{0,80}\"\s*[:,\]}]|\{\s*\\?['\"]"), "JSON"),
    (re.compile(r"@[A-Za-z]{3,20}\s*\{"), "an entry of BibTeX"),
    (re.compile(rf"(?:{_FIELD_TAGS}) {{0,4}}[-–] |%[A-Z0-9@] \S"), "a field with its tag"),
    (
        re.compile(
            r"(?:doi\s*[:=]?\s*(?:https?://\S+/)?10\.\d{4,9}/|(?:pmid|pmcid|issn|isbn|eid|oclc)\s*[:=]"
            r"\s*[\dP(]|arxiv\s*:\s*(?:\d{4}\.\d{4,5}|[a-z-]+/\d{7})(?:v\d+)?\s*(?:\[|\(|$)"
            r"|10\.\d{4,9}/\S+$)",
            re.I,
        ),
        "an identifier",
    ),
    (
        re.compile(r"(?:[\w ]{1,20}:\s*)?<?(?:https?://|www\.)\S+>?$|\S+@\S+\.\S+$", re.I),
        "an address",
    ),
)
_RUN_TOGETHER = re.compile(
    r"\]\(|\"\s*:\s*[\"\[{]|</|://|\|\s*:?-{3}|(?:^|\s)#{1,6}\s|[^\s\u3040-\u9fff]{80}"
    rf"|(?:{_FIELD_TAGS}|OTO?|OAB|GR|PHST|CRDT|EDAT|MHDA) {{0,4}}- "
)
"""In a text longer than titles are: a sign that records or fields ran together in it."""
_LABEL = re.compile(
    r"(?:authors?|author information|author affiliations?|corresponding author|abstract|keywords?"
    r"|journal|publication(?: info(?:rmation)?| date| title| type| year)?|published(?: online)?"
    r"|publisher|issn|isbn|volume|issue|pages?|number of pages|language|document type|database"
    r"|copyright|source|subjects?|url|link|date|year|comments|cite as|from|to|cc|subject|sent"
    r"|reply-to|content-type|message-id)\s*:(?:\s|$)",
    re.IGNORECASE,
)


def why_no_title(text: str) -> str:
    """Return what ``text`` is instead of a title; empty where it may be one.

    >>> why_no_title("DOI: 10.1000/abc PMID: 3"), why_no_title("<i>Vespa</i>: a review")
    ('an identifier', '')
    """
    start = text[:_LONGEST].strip()
    reason = next((reason for form, reason in _REASONS if form.match(start)), "")
    if not reason and len(text) > LONGEST_TITLE and _RUN_TOGETHER.search(text[:_LONGEST_SEARCHED]):
        return "several fields run together"
    return reason


def is_labelled(text: str) -> bool:
    """Whether ``text`` begins with the name of a field, as few titles do."""
    return bool(_LABEL.match(text[:_LONGEST].strip()))
