"""Requests in plain English around what is sought: "any good papers on ...?", "how do I ...".

A request is put together from parts (a verb, a quantity, a kind of work, a preposition), so that no
list of sentences is needed. It is cut off at the beginning or the end only, and never everything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from explorer.index.full_text import STOP_WORDS
from explorer.library.generation import Generation
from explorer.papers.paper import title_key

_WORKS = (
    r"(?:(?:research|journal|conference|academic|scientific)\s+)?"
    r"(?:papers?|articles?|publications?|preprints?|works?|research|studies|literature|references?)"
)
_FINDINGS = r"(?:information|info|details|results|approaches|methods|techniques|ideas)"
_RECENT = (
    r"(?:(?:most|more|very)\s+)?(?:recent|latest|newest|new|current|cutting[- ]edge"
    r"|up[- ]to[- ]date|state[- ]of[- ]the[- ]art)"
)
_GOOD = (
    r"(?:(?:most|very|really|more)\s+)?(?:good|best|great|nice|interesting|important|relevant"
    r"|key|main|seminal|classic|influential|foundational|related|cited|popular|top|must[- ]read)"
)
_ADVANCES = r"(?:advances|developments|progress|trends|breakthroughs|findings)"
_MANY = (
    r"(?:(?:some|any|all|the|a\s+few|a\s+couple\s+of|a\s+list\s+of|more|other|many|several|an?)\s+)"
    r"{0,2}"
)
_TO_ME = r"(?:\s+(?:me|us))?"
_ABOUT = (
    r"(?:about|on|regarding|concerning|covering|discussing|addressing|exploring|related\s+to"
    r"|dealing\s+with|(?:that|which)\s+(?:deals?|discuss(?:es)?|cover|address|talk|are)"
    r"(?:\s+(?:with|about|on))?)"
)
_ASIDE = r"(?:please|hi|hello|hey|ok|okay|so|well)"
_WISH = (
    r"(?:i|we)(?:\s*['’]?(?:m|re|d)|\s+(?:am|are|would|was))?(?:\s+(?:just|currently|really|also))?"
    r"\s+(?:look(?:ing)?\s+for|search(?:ing)?\s+for|trying\s+to\s+(?:find|understand|learn)"
    r"|(?:want|need|like|love|hope)(?:\s+to\s+(?:find|see|read|know|learn|understand|search))?"
    r"|interested\s+in|searching|curious\s+about)"
)
_DEMAND = (
    r"(?:(?:can|could|would|will)\s+(?:you|someone|anyone)\s+(?:please\s+)?)?"
    r"(?:(?:find|show|give|get|bring|recommend|suggest|list|tell|search)\s+(?:me|us)(?:\s+about)?"
    r"|(?:find|show|give|get|list|recommend|suggest|search(?:\s+for)?|look(?:ing)?\s+for)"
    rf"(?=\s+{_MANY}(?:{_RECENT}\s+|{_GOOD}\s+)?{_WORKS}\b))"
)
_EXISTS = (
    r"(?:(?:are|is)\s+there|do\s+(?:you|we)\s+have|do\s+you\s+know(?:\s+of)?|has\s+there\s+been"
    r"|where\s+can\s+i\s+(?:find|read(?:\s+about)?))"
)
_ONE = r"(?:i|we|you|one|people|they|researchers)"
_WAY = (
    r"(?:what(?:\s+is|\s+are|['’]?s)\s+)?(?:the|a|some)\s+(?:best|right|easiest|simplest|standard"
    r"|usual|common|good|fastest|most\s+\w+)\s+ways?\s+(?:to|of|for)"
)
_QUESTION = (
    rf"(?:how\s+(?:do|does|can|could|should|would|did|is|are)(?:\s+{_ONE}\b)?(?:\s+best)?"
    r"|how\s+to"
    r"|what\s+(?:is|are|was|were|do(?:es)?)(?:\s+(?:we|people)\s+know\s+about"
    r"|\s+known\s+about)?(?:\s+the)?"
    r"|what['’]?s(?:\s+the)?"
    rf"|why\s+(?:do|does|is|are|did)(?:\s+{_ONE}\b)?"
    r"|who\s+(?:works?|worked|wrote|has\s+written|published|has\s+worked)(?:\s+on|\s+about)?"
    r"|has\s+(?:anyone|anybody|someone)\s+(?:tried|done|studied|looked\s+at|worked\s+on|used)"
    r"|(?:tell|teach)\s+(?:me|us)\s+about|explain\s+to\s+(?:me|us)|learn\s+about)"
)
_OPENINGS = tuple(
    re.compile(rf"(?:{pattern})(?:[\s,:]+|$)", re.I)
    for pattern in (
        _ASIDE,
        _WISH,
        _DEMAND,
        _EXISTS,
        _WAY,
        _QUESTION,
        rf"{_MANY}(?:(?:{_RECENT}|{_GOOD})\s+){{0,2}}{_WORKS}\s+{_ABOUT}",
        rf"{_MANY}(?:(?:{_RECENT}|{_GOOD})\s+){{1,2}}{_WORKS}(?:\s+(?:in|of|for|using|with))?",
        rf"(?:some|any|all|the|a\s+few|more)\s+{_FINDINGS}\s+{_ABOUT}",
        rf"(?:information|info)\s+{_ABOUT}",
        rf"(?:the\s+)?{_RECENT}\s+{_ADVANCES}\s+(?:in|on|of|for)",
        r"(?:the\s+)?(?:state[- ]of[- ]the[- ]art|sota)\s+(?:in|on|for|of)",
        r"(?:the\s+)?(?:most\s+)?(?:recent|latest|newest)",
    )
)
"""Beginnings of requests; several may follow each other."""
_BY = re.compile(
    rf"{_MANY}(?:(?:{_RECENT}|{_GOOD})\s+)?(?:(?:{_WORKS}|anything|everything|stuff)\s+"
    r"(?:written\s+|published\s+)?(?:by|from|of)|(?:written\s+|published\s+)?by|authors?:?)"
    r"\s+(?!\(?\d)",
    re.I,
)
_CLOSING = re.compile(
    r"[\s,]+(?:please|thanks|thank\s+you|these\s+days|nowadays|lately|recently|so\s+far"
    r"|in\s+(?:the\s+)?(?:recent\s+)?literature|in\s+recent\s+years|working\s+on"
    r"|(?:most\s+)?(?:recent|latest|newest))[\s.!]*$",
    re.I,
)
_CLOSING_WORKS = re.compile(
    r"\s+(?P<works>(?:research\s+)?(?:papers?|articles|publications|preprints))[\s.!]*$", re.I
)
_ONLY_WORKS = re.compile(rf"{_MANY}(?:(?:{_RECENT}|{_GOOD})\s+){{0,2}}{_WORKS}", re.I)
_NEW = re.compile(
    rf"\b(?:{_RECENT}|lately|recently|nowadays|these\s+days|in\s+recent\s+years|sota)\b", re.I
)
_NO_TOPIC = STOP_WORDS | {"new", "recent", "latest", "newest", "good", "best", "related", "top"}
_ENDING = re.compile(r"[\s?]+$")


@dataclass(frozen=True, slots=True)
class Request:
    """A query without the request around it."""

    text: str
    """The text that is left; never empty where the query has words."""
    dropped: tuple[str, ...] = ()
    """The parts that were cut off, as typed."""
    prefers_recent: bool = False
    """Whether recent papers were requested."""
    names_author: bool = False
    """Whether the text that is left begins with an author: "papers by ..." came before it."""


def without_request(generation: Generation, text: str) -> Request:
    """Cut the request off the beginning and the end of ``text``.

    "Papers" at the end is one unless the library itself uses it with the word before, as in
    "scientific papers".
    """
    left, dropped, names_author = text.strip(), list[str](), False
    shortened = True
    while shortened:
        shortened = False
        for opening in _OPENINGS:
            match = opening.match(left)
            if match and _has_topic(left[match.end() :]):
                dropped.append(match[0].strip(" ,:"))
                left, shortened = left[match.end() :], True
    by = _BY.match(left)
    if by and left[by.end() :].strip():
        dropped.append(by[0].strip())
        left, names_author = left[by.end() :], True
    left = _ENDING.sub("", left)
    while (match := _closing(generation, left)) and _has_topic(left[: match.start()]):
        dropped.append(match[0].strip(" ,.!"))
        left = left[: match.start()]
    recent = any(_NEW.search(part) for part in dropped)
    return Request(left.strip() or text.strip(), tuple(dropped), recent, names_author)


def names_works_only(text: str) -> bool:
    """Return whether ``text`` says no more than "papers", with adjectives or without."""
    return _ONLY_WORKS.fullmatch(text.strip()) is not None


def _closing(generation: Generation, text: str) -> re.Match[str] | None:
    match = _CLOSING.search(text) or _CLOSING_WORKS.search(text)
    if match is None or match.re is _CLOSING:
        return match
    before = text[: match.start()].split()
    if not before or before[-1].casefold() in STOP_WORDS:
        return None
    phrase = f"{before[-1]} {match['works']}"
    return None if generation.lexicon.papers_with_phrase(phrase, "text") else match


def _has_topic(text: str) -> bool:
    """Return whether a word is left that ranks."""
    return any(word not in _NO_TOPIC for word in title_key(text).split())
