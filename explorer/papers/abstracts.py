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
_LONGEST_PLACEHOLDER = 120
_DIGIT = re.compile(r"\d")
_TAGS = re.compile(r"<[^<>]{0,100}>")
_PLACEHOLDER = re.compile(
    r"n/?a|n\.a\.|nan|none(?: available)?|null|nil|tb[ad]|unavailable|not available|not provided"
    r"|missing|see (?:pdf|full text|the article)"
    r"|(?:there is )?no (?:abstract|summary)(?: is)?(?: available| provided| given| found| listed)?"
    r"(?: (?:for|in|on|from) .{1,60})?"
    r"|(?:an |the |this )?(?:abstract|summary|article abstract)(?: is)?"
    r" (?:not (?:available|provided|included|found)|unavailable|missing|n/?a)(?: .{1,60})?"
    r"|this (?:article|paper|item|record) (?:has|contains) no abstract"
    r"|(?:es ist )?keine?(?: abstract| zusammenfassung| kurzfassung)(?: verfügbar| vorhanden)?"
    r"|(?:abstract|zusammenfassung|kurzfassung) (?:ist )?nicht (?:verfügbar|vorhanden)"
    r"|nicht verfügbar|pas de résumé(?: disponible)?|aucun résumé(?: disponible)?|sans résumé"
    r"|(?:le )?résumé (?:n.est pas|non|indisponible) ?(?:disponible)?|non disponible|indisponible"
    r"|sin resumen(?: disponible)?|(?:el )?resumen no(?: está)? disponible|no disponible"
    r"|no hay resumen(?: disponible)?|sem resumo(?: disponível)?|resumo (?:não disponível|ausente)"
    r"|não disponível|nessun (?:riassunto|abstract)(?: disponibile)?|non disponibile"
    r"|(?:本文|该文)?[暂暫]?[无無](?:中文|英文)?(?:摘要|内容|文摘)?|摘要(?:不可用|暂无|暫無|缺失)|没有摘要"
    r"|(?:抄録|要旨|要約|概要)(?:は)?(?:なし|無し|無|ありません)|なし|초록 ?없음|없음"
    r"|нет (?:аннотации|реферата)|аннотация (?:отсутствует|недоступна)|без аннотации|нет данных",
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


def is_placeholder(text: str) -> bool:
    """Whether ``text`` says that there is nothing: "N/A", "-", "[No abstract available]".

    >>> is_placeholder("Not Available <P />"), is_placeholder("无摘要")
    (True, True)
    """
    if len(text) > _LONGEST_PLACEHOLDER or _DIGIT.search(text):
        return False
    words = _TAGS.sub(" ", text).strip(" \t\r\n.,;:!?…()[]{}<>\"'*_–—―-（）【】〔〕。")
    return not words or _PLACEHOLDER.fullmatch(" ".join(words.split())) is not None


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
