"""The JSON contract: what ``--json`` prints of papers, hits, readings and builds.

Scripts rely on these names; fields may be added, none renamed or taken away.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from explorer.build import Report
from explorer.paper import Paper
from explorer.readers import Rejection
from explorer.search import Hit


def paper_as_json(paper: Paper) -> dict[str, Any]:
    known = {name: value for name, value in asdict(paper).items() if value}
    first = {"id": paper.id, "title": paper.title, "abstract": paper.abstract}
    return first | {name: value for name, value in known.items() if name not in first}


def hit_as_json(hit: Hit) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "id": hit.paper.id,
        "title": hit.paper.title,
        "score": hit.score,
        "topic": hit.topic.label,
        "topic_id": hit.topic.id,
        "why": asdict(hit.why),
        "date": hit.paper.date,
        "known_as": list(hit.paper.known_as),
        "links": [address for _, address in hit.paper.links],
    }


def read_as_json(paper: Paper) -> dict[str, Any]:
    """Return a paper as it was read: it has no id yet, and nobody has dated its sources."""
    fields = {name: value for name, value in paper_as_json(paper).items() if name != "id"}
    sources = [{"digest": s.digest, "line": s.line, "date": s.date} for s in paper.sources]
    return fields | {"sources": sources}


def rejection_as_json(rejection: Rejection) -> dict[str, Any]:
    return {
        "digest": rejection.digest,
        "line": rejection.line,
        "reason": rejection.reason,
        "excerpt": rejection.excerpt,
    }


def report_as_json(report: Report) -> dict[str, Any]:
    facts = asdict(report) | {"rejected": len(report.rejected)}
    return facts | {"rejections": [rejection_as_json(rejection) for rejection in report.rejected]}
