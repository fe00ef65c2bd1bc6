"""Cleaning of abstracts: labels, copyright notices and line-wrapping hyphens removed."""

from __future__ import annotations

import re

_LABEL = re.compile(r"^\s*(?:abstract|summary)\s*(?:[:.—–]\s*|-\s+)", re.IGNORECASE)
_UPPER_CASE_LABEL = re.compile(r"^\s*ABSTRACT\s+(?=[A-Z])")
_NOTICE = re.compile(
    r"(?:^|(?<=[.!?)\]])\s*|\s+)(?:©|\(c\)|Copyright\b|\bCopyright:|All rights reserved)"
    r"\s*(?:©|\(c\))?\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_LONGEST_NOTICE = 300
_OWNER = re.compile(
    r"\s*(?:\d{4}|by\b|the authors?\b|author\(s\)|\.?$|held by|elsevier|springer|wiley|ieee|acm|"
    r"american|royal|oxford|cambridge|taylor|sage|nature)",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"\b([^\W\d_]{2,})- ([a-zß-ÿ]{2,})\b")
_COMPOUND_PREFIXES = frozenset(
    "non multi self pre post co re sub semi anti inter intra cross well high low long short large "
    "small real end state one two three few zero single double full half open".split()
)
_CONJUNCTIONS = frozenset("and or to nor bis und et".split())


def clean_abstract(abstract: str) -> str:
    """Return ``abstract`` without label, copyright notice and line-wrapping hyphens."""
    text = _UPPER_CASE_LABEL.sub("", abstract)
    label = _LABEL.match(text)
    if label:
        text = text[label.end() :]
    return _without_notice(_unwrapped(text)).strip()


def _without_notice(text: str) -> str:
    """Cut a copyright notice off the end: "... in mice. (c) 2021 Elsevier Ltd. All rights ..."."""
    tail = max(0, len(text) - _LONGEST_NOTICE)
    match = _NOTICE.search(text, tail)
    if match and match.start() > 0 and _OWNER.match(match["rest"]):
        return text[: match.start()].rstrip()
    return text


def _unwrapped(text: str) -> str:
    """Join words that were cut at a line's end ("repre- sentation"), compounds apart."""
    if "- " not in text:
        return text
    present = set(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.casefold()))

    def joined(match: re.Match[str]) -> str:
        left, right = match[1], match[2]
        if right in _CONJUNCTIONS:  # "pre- and post-processing"
            return match[0]
        compound = f"{left}-{right}".casefold()
        if compound in present or left.casefold() in _COMPOUND_PREFIXES:
            return f"{left}-{right}"
        return left + right

    return _WRAPPED.sub(joined, text)
