"""Hugging Face's daily papers: its API, and what scrapers of the pages store.

In the API ``summary`` is the abstract and ``ai_summary`` one sentence. In the scraped form,
``details.abstract`` is whatever stood first on the page: the abstract, the one sentence, the
submitter's announcement, a robot's comment, bare links or the title once more; only what reads
like an abstract is taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest
from explorer.readers.shared.columns import NO_TITLE
from explorer.readers.shared.fields import first_date, first_text, ids_in, listed, people, text_of
from explorer.readers.shared.json_stream import JsonReader, ObjectShape

_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_ROBOT = re.compile(r"automated message from the Librarian Bot|arXivLens breakdown", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=[\s\"')\]]|$)")
_SHORTEST_ABSTRACT = 200
_FEWEST_SENTENCES = 3
_FEWEST_WORDS = 8


class HuggingFace(JsonReader):
    """Reads daily papers of huggingface.co, from its API or scraped."""

    name = "hugging-face"

    def confidence(self, shape: ObjectShape) -> int:
        if shape.kind("paper") == "object":
            inner = shape.inside("paper")
            return 97 if inner.all("id", "title") and inner.any("summary", "upvotes") else 0
        if shape.all("id", "title") and shape.any("upvotes", "ai_summary", "discussionId"):
            return 96 if "publishedAt" in shape or "summary" in shape else 0
        scraped = shape.kind("details") == "object" and shape.any("paper_url", "scraped_date")
        return 97 if scraped and "title" in shape else 0

    def paper(self, record: Mapping[str, Any], source: Source) -> Paper | str:
        inner = record.get("paper")
        if isinstance(inner, dict):
            return _from_api({**record, **inner}, source)
        if isinstance(record.get("details"), dict):
            return _scraped(record, record["details"], source)
        return _from_api(record, source)

    def digest_date(self, record: Mapping[str, Any], digest: Digest) -> str:
        inner = record.get("paper")
        fields = {**record, **inner} if isinstance(inner, dict) else record
        given = first_text(fields, ("submittedOnDailyAt", "scraped_date"))
        return first_date(given[:10]) or super().digest_date(record, digest)


def _from_api(fields: Mapping[str, Any], source: Source) -> Paper | str:
    title = text_of(fields.get("title"))
    if not title:
        return NO_TITLE
    own = text_of(fields.get("id"))
    ids = ids_in((own, fields.get("doi")))
    return Paper(
        title=title,
        abstract=text_of(fields.get("summary")),
        authors=people(fields.get("authors")),
        date=first_date(text_of(fields.get("publishedAt"))[:10]),
        arxiv=ids.arxiv,
        doi=ids.doi,
        other_ids=() if ids.arxiv or not own else (f"digest:{own}",),
        url=f"https://huggingface.co/papers/{own}" if ids.arxiv else "",
        keywords=listed(fields.get("ai_keywords")),
        summary=text_of(fields.get("ai_summary")),
        sources=(source,),
    )


def _scraped(record: Mapping[str, Any], details: Mapping[str, Any], source: Source) -> Paper | str:
    title = first_text(record, ("title",)) or text_of(details.get("title"))
    if not title:
        return NO_TITLE
    page = first_text(record, ("paper_url",)) or text_of(details.get("page_url"))
    ids = ids_in((details.get("arxiv_page_url"), details.get("pdf_url"), page))
    abstract, summary = _abstract_and_summary(text_of(details.get("abstract")), title)
    return Paper(
        title=title,
        abstract=abstract,
        authors=people(record.get("authors") or details.get("authors")),
        arxiv=ids.arxiv,
        doi=ids.doi,
        url=page,
        summary=summary,
        sources=(source,),
    )


def _abstract_and_summary(text: str, title: str) -> tuple[str, str]:
    """Return ``text`` as (abstract, summary), one or both of them empty."""
    words = _ADDRESS.sub("", text).split()
    repeats_title = text.casefold() == title.casefold()
    if repeats_title or len(words) < _FEWEST_WORDS or _ROBOT.search(text[:200]):
        return "", ""
    sentences = len(_SENTENCE_END.findall(text))
    if len(text) < _SHORTEST_ABSTRACT or sentences < _FEWEST_SENTENCES:
        return "", text
    return text, ""
