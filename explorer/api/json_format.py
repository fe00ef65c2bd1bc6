"""The JSON contract: what ``--json`` prints of papers, hits, topics, readings and builds.

Scripts rely on these names; fields may be added, none renamed or taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from explorer.alerts.briefing import Briefing
from explorer.alerts.followed_search import FollowedResults, described, newest_first
from explorer.builds.apply_edits import EditOutcome
from explorer.builds.build import BuildReport
from explorer.builds.watch import UpdateOutcome
from explorer.desk.marks import PaperMark
from explorer.doctor import Finding, damaged, next_step
from explorer.evaluation.beir import Figure, mean_with_interval
from explorer.evaluation.benchmark import Evaluation
from explorer.evaluation.self_evaluation import Metric
from explorer.insights.topic_profile import TopicProfile
from explorer.insights.trends import Trend, Trends
from explorer.insights.whats_new import WhatsNew, moment_at
from explorer.library.generation import Generation, Manifest
from explorer.map.sampling import Sample, Viewport
from explorer.papers.paper import Paper
from explorer.papers.text import plain
from explorer.readers import Rejection
from explorer.search.search import Hit, Results
from explorer.topics.communities import Topic
from explorer.topics.tracking import TopicEvent


def paper_as_json(paper: Paper) -> dict[str, Any]:
    known = {name: value for name, value in asdict(paper).items() if value}
    first = {"id": paper.id, "title": paper.title, "abstract": paper.abstract}
    return first | {name: value for name, value in known.items() if name not in first}


def mapped_paper_as_json(generation: Generation, row: int) -> dict[str, Any]:
    """Return the paper in ``row`` with its links, its topics, coarse to fine, and its place."""
    paper = generation.records[row]
    x, y = (round(float(value), 4) for value in generation.positions[row])
    return paper_as_json(paper) | {
        "known_as": list(paper.known_as),
        "links": [address for _, address in paper.links],
        "topics": [{"id": topic.id, "label": topic.label} for topic in generation.topics_of(row)],
        "x": x,
        "y": y,
    }


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


def results_as_json(results: Results) -> dict[str, Any]:
    """Return hits and how the query was understood; ``allowed`` papers passed its filters."""
    parsed = results.parsed
    return {
        "hits": [hit_as_json(hit) for hit in results.hits],
        "seconds": round(results.seconds, 4),
        "mode": results.mode,
        "allowed": results.allowed,
        "parsed": {
            "words": parsed.words,
            "clauses": [str(clause) for clause in parsed.clauses],
            "like": list(parsed.like),
            "unlike": list(parsed.unlike),
            "notes": list(parsed.notes),
        },
    }


def topic_as_json(topic: Topic, trend: Trend, papers: int) -> dict[str, Any]:
    """Return a topic with its trend; ``papers`` are in the whole library."""
    return asdict(topic) | {
        "share": round(topic.size / papers, 6),
        "growth": None if trend.growth is None else round(trend.growth, 3),
        "newest": trend.newest,
        "dated": trend.dated,
        "counts": list(trend.counts),
    }


def topics_as_json(levels: Sequence[Sequence[Topic]], found: Trends, papers: int) -> dict[str, Any]:
    """Return topics, coarse to fine, each level in its order."""
    of = found.of
    return {
        "levels": [[topic_as_json(t, of[t.id], papers) for t in level] for level in levels],
        "periods": found.periods,
        "library": found.library,
    }


def evaluation_as_json(found: Evaluation) -> dict[str, Any]:
    return {
        "modes": {
            mode: {
                "ndcg@10": figure_as_json(mean_with_interval(of.ndcg)),
                "recall@100": figure_as_json(mean_with_interval(of.recall)),
            }
            for mode, of in found.modes.items()
        },
        "queries": found.queries,
        "papers": found.papers,
        "model": found.model,
        "embedded": found.embedded,
    }


def self_evaluation_as_json(generation: Generation, told: Sequence[Metric]) -> dict[str, Any]:
    return {
        "figures": {
            one.name: figure_as_json(one.figure) | {"unit": one.unit, "means": one.means}
            for one in told
        },
        "papers": generation.size,
        "generation": generation.manifest.number,
        "model": generation.manifest.identity,
    }


def figure_as_json(figure: Figure) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(figure).items()}


def topic_profile_as_json(
    generation: Generation, found: TopicProfile, dated: Trends
) -> dict[str, Any]:
    ids, titles = generation.records.ids, generation.records.titles
    belonging = generation.strengths[found.topic.level]

    def short(topics: tuple[Topic, ...]) -> list[dict[str, Any]]:
        return [{"id": t.id, "label": t.label, "level": t.level, "size": t.size} for t in topics]

    def papers(rows: tuple[int, ...]) -> list[dict[str, Any]]:
        return [
            {"id": ids[row], "title": titles[row], "strength": round(float(belonging[row]), 3)}
            for row in rows
        ]

    return {
        "topic": topic_as_json(found.topic, dated.of[found.topic.id], generation.size),
        "periods": list(dated.periods),
        "library": list(dated.library),
        "above": short(found.above),
        "below": short(found.below),
        "neighbours": short(found.neighbours),
        "representatives": papers(found.representatives),
        "members": papers(found.members),
    }


def parsed_paper_as_json(paper: Paper) -> dict[str, Any]:
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


def topic_edit_as_json(said: EditOutcome) -> dict[str, Any]:
    """Return something that people said of topics; its topic is null while it rests."""
    statement, topic = said.statement, said.topic
    return {
        "number": statement.number,
        "kind": statement.kind,
        "level": statement.level,
        "name": statement.name,
        "about": list(statement.about),
        "papers": sum(map(len, statement.groups)),
        "resting": topic is None,
        "topic": topic and {"id": topic.id, "label": topic.label, "size": topic.size},
    }


def build_report_as_json(report: BuildReport) -> dict[str, Any]:
    facts = asdict(report) | {"rejected": len(report.rejected)}
    if not report.dry_run:
        del facts["planned"]
    return facts | {"rejections": [rejection_as_json(rejection) for rejection in report.rejected]}


def topic_event_as_json(event: TopicEvent) -> dict[str, Any]:
    """Return what became of a topic; ``other`` is what it was split off or went into."""
    return asdict(event)


def generation_as_json(
    number: int, manifest: Manifest | None, live: str, events: Iterable[TopicEvent]
) -> dict[str, Any]:
    """Return what a generation says of itself; ``damaged`` if its manifest cannot be read."""
    facts = {"generation": number, "live": f"{number:06d}" == live, "damaged": manifest is None}
    if manifest is None:
        return facts
    return facts | {
        "created": manifest.created,
        "papers": manifest.papers,
        **manifest.changes,
        "redrawn": manifest.fit.get("drawn") == manifest.created,
        "events": [topic_event_as_json(event) for event in events if event.generation == number],
    }


def whats_new_as_json(generation: Generation, found: WhatsNew, most: int | None) -> dict[str, Any]:
    """Return what is new; at most ``most`` papers are listed, topics count all."""
    topic_of = {row: of.topic for of in found.topics for row in of.rows}
    papers = [
        {
            "id": generation.records.ids[row],
            "title": generation.records.titles[row],
            "topic": topic_of[row].label,
            "topic_id": topic_of[row].id,
            "arrived": added_at_as_json(generation, row),
        }
        for row in found.rows[:most]
    ]
    topics = [
        {
            "id": of.topic.id,
            "label": of.topic.label,
            "size": of.topic.size,
            "newcomers": len(of.rows),
            "new": of.is_new,
        }
        for of in found.topics
    ]
    return {
        "since": found.since.isoformat(timespec="milliseconds"),
        "papers": papers,
        "topics": topics,
        "events": [topic_event_as_json(event) for event in found.events],
    }


def map_sample_as_json(generation: Generation, view: Viewport, shown: Sample) -> dict[str, Any]:
    """Return the papers that are drawn of a view of the map."""
    rows = shown.rows
    titles = generation.records.titles.take(rows)
    return {
        "view": asdict(view),
        "inside": shown.inside,
        "whole": shown.whole,
        "points": [
            {
                "id": generation.records.ids[row],
                "title": plain(title),
                "x": round(float(generation.positions[row, 0]), 4),
                "y": round(float(generation.positions[row, 1]), 4),
                "topic": generation.topics_of(row)[-1].label,
                "topic_id": generation.topics_of(row)[-1].id,
                "year": int(generation.records.years[row]) or None,
            }
            for row, title in zip(rows.tolist(), titles, strict=True)
        ],
    }


def mark_as_json(paper: Paper, mark: PaperMark, *, resting: bool = False) -> dict[str, Any]:
    """Return what stands on a paper; ``resting`` while the library does not hold it."""
    return {
        "id": paper.id,
        "title": paper.title,
        "starred": mark.starred or None,
        "state": mark.state,
        "tags": list(mark.tags),
        "note": mark.note,
        "resting": resting,
        "known_as": list(paper.known_as),
        "links": [address for _, address in paper.links],
    }


def followed_search_as_json(generation: Generation, found: FollowedResults) -> dict[str, Any]:
    """Return a followed search and its new papers, the newest first."""
    return {
        "name": found.following.name,
        "query": described(found.following),
        "begun": found.following.begun,
        "seen": moment_at(found.following.seen).isoformat(timespec="milliseconds"),
        "hits": len(found.hits),
        "problem": found.problem,
        "new": [
            hit_as_json(hit) | {"arrived": added_at_as_json(generation, hit.row)}
            for hit in newest_first(generation, found.new)
        ],
    }


def added_at_as_json(generation: Generation, row: int) -> str:
    """Return when a paper came into the library."""
    return moment_at(int(generation.added_at[row])).isoformat(timespec="milliseconds")


def briefing_as_json(generation: Generation, told: Briefing) -> dict[str, Any]:
    """Return what is new by topic; ``relevance`` is null where the desk tells nothing."""
    return {
        "since": told.since.isoformat(timespec="milliseconds"),
        "papers": told.papers,
        "topics": [
            {
                "id": section.topic.id,
                "label": section.topic.label,
                "papers": [
                    {
                        "id": item.paper.id,
                        "title": item.paper.title,
                        "relevance": item.relevance,
                        "like": None if item.nearest is None else item.nearest.id,
                        "searches": list(item.searches),
                        "arrived": added_at_as_json(generation, item.row),
                    }
                    for item in section.items
                ],
            }
            for section in told.sections
        ],
    }


def findings_as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what was found of a library; ``next`` is empty where all is well."""
    return {
        "damaged": damaged(findings),
        "next": next_step(findings),
        "findings": [asdict(finding) for finding in findings],
    }


def update_as_json(update: UpdateOutcome) -> dict[str, Any]:
    """Return one update of a watch; either ``report`` or ``error`` is null."""
    error = update.error
    told = None if error is None else {"kind": type(error).__name__, "message": str(error)}
    return {
        "ended": update.ended.isoformat(timespec="seconds"),
        "report": None if update.report is None else build_report_as_json(update.report),
        "error": told,
        "retry_seconds": update.retry,
    }
