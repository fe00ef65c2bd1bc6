"""The JSON contract: papers, hits, topics, readings and builds as ``--json`` prints them.

Scripts rely on these names; fields may be added, none renamed or taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from explorer.alerts.briefing import Briefing
from explorer.alerts.followed_search import FollowedResults, described, newest_first
from explorer.builds.apply_edits import EditOutcome
from explorer.builds.build import BuildReport
from explorer.builds.doctor import Finding, damaged, next_step
from explorer.builds.feeds.fetching import FeedOutcome
from explorer.builds.feeds.state import FeedState
from explorer.builds.feeds.subscriptions import Subscription
from explorer.builds.watch import UpdateOutcome
from explorer.desk.marks import PaperMark, PaperMarks
from explorer.errors import printable
from explorer.evaluation.beir import Figure, mean_with_interval
from explorer.evaluation.benchmark import Evaluation
from explorer.evaluation.desk_replay import DeskReplay
from explorer.evaluation.self_evaluation import Metric
from explorer.insights.name_review import NameReview
from explorer.insights.topic_profile import TopicProfile
from explorer.insights.trends import Trend, Trends
from explorer.insights.whats_new import WhatsNew
from explorer.learning.recommendations import (
    Recommendation,
    recommended_rows,
    stars_recognised,
    top_words,
)
from explorer.learning.screening.agreement import Agreement
from explorer.learning.screening.prisma import prisma_counts
from explorer.learning.screening.review import ReviewState, ScreenedPaper
from explorer.learning.screening.stopping import ScreeningProgress
from explorer.learning.taste import DEFAULTS as TASTE_DEFAULTS
from explorer.learning.taste import is_learnable, taste_of
from explorer.library.arrival import moment_at
from explorer.library.generation import Generation, Manifest
from explorer.map.sampling import Sample, Viewport
from explorer.papers.paper import Paper, Source
from explorer.papers.text import plain
from explorer.readers import Rejection
from explorer.readers.shared.zotero_database import ZoteroOverview
from explorer.search.model import Hit, Results
from explorer.search.queries.interpretation import Interpretation
from explorer.search.queries.notes import note_text
from explorer.topics.communities import Topic
from explorer.topics.tracking import TopicEvent


def paper_as_json(paper: Paper) -> dict[str, Any]:
    return _paper_fields(replace(paper, date=paper.published))


def _paper_fields(paper: Paper) -> dict[str, Any]:
    known = {name: value for name, value in asdict(paper).items() if value}
    if paper.sources:
        known["sources"] = list(map(_source_as_json, paper.sources))
    first = {"id": paper.id, "title": paper.title, "abstract": paper.abstract}
    return first | {name: value for name, value in known.items() if name not in first}


def _source_as_json(source: Source) -> dict[str, Any]:
    """Return a source; collections and tags only where it has some."""
    content = asdict(source)
    return {name: value for name, value in content.items() if value != ()}


def mapped_paper_as_json(generation: Generation, row: int) -> dict[str, Any]:
    """Return the paper in ``row`` with its links, its topics, coarse to fine, and its position."""
    paper = generation.records[row]
    x, y = (round(float(value), 4) for value in generation.positions[row])
    return paper_as_json(paper) | {
        "known_as": list(paper.known_as),
        "links": [*(address for _, address in paper.links), *paper.zotero_links],
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
        "likelihood": hit.likelihood,
        "why": asdict(hit.why),
        "date": hit.paper.published,
        "known_as": list(hit.paper.known_as),
        "links": [*(address for _, address in hit.paper.links), *hit.paper.zotero_links],
    }


def results_as_json(results: Results) -> dict[str, Any]:
    """Return hits and the parsed query; ``allowed`` papers pass its filters."""
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
            "notes": [note_text(note) for note in parsed.notes],
        },
        "interpretation": interpretation_as_json(results.interpretation),
        "nothing_close": results.nothing_close,
    }


def interpretation_as_json(interpretation: Interpretation) -> dict[str, Any]:
    return {
        "typed": interpretation.typed,
        "corrections": [list(pair) for pair in interpretation.corrections],
        "offered": list(interpretation.offered),
        "unknown_words": list(interpretation.unknown),
        "dropped": list(interpretation.dropped),
        "inferred": [
            {"typed": one.typed, "clause": str(one.clause), "is_filter": one.is_filter}
            for one in interpretation.inferred
        ],
        "author_choices": [
            {"typed": choice.typed, "authors": [asdict(author) for author in choice.authors]}
            for choice in interpretation.choices
        ],
        "prefers_recent": interpretation.prefers_recent,
    }


def topic_as_json(topic: Topic, trend: Trend, papers: int) -> dict[str, Any]:
    """Return a topic with its trend; ``papers`` is the size of the whole library."""
    return topic.as_dict() | {
        "share": round(topic.size / papers, 6),
        "growth": None if trend.growth is None else round(trend.growth, 3),
        "newest": trend.newest,
        "dated": trend.dated,
        "counts": list(trend.counts),
    }


def topics_as_json(
    levels: Sequence[Sequence[Topic]], trends: Trends, papers: int
) -> dict[str, Any]:
    """Return topics, coarse to fine, each level in the order given."""
    trend_of = trends.of
    return {
        "levels": [[topic_as_json(t, trend_of[t.id], papers) for t in level] for level in levels],
        "periods": trends.periods,
        "library": trends.library,
    }


def evaluation_as_json(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "modes": {
            mode: {
                "ndcg@10": figure_as_json(mean_with_interval(scores.ndcg)),
                "recall@100": figure_as_json(mean_with_interval(scores.recall)),
            }
            for mode, scores in evaluation.modes.items()
        },
        "queries": evaluation.queries,
        "papers": evaluation.papers,
        "model": evaluation.model,
        "embedded": evaluation.embedded,
    }


def desk_replay_as_json(replay: DeskReplay) -> dict[str, Any]:
    """Return the figures of a replay; without weeks there are none, and few are not ``enough``."""
    return {
        "rankings": {
            name: {
                "ndcg@10": figure_as_json(mean_with_interval(scores.ndcg)),
                "recall@10": figure_as_json(mean_with_interval(scores.recall)),
            }
            for name, scores in replay.rankings.items()
        },
        "weeks": replay.weeks,
        "stars": replay.stars,
        "enough": replay.is_enough,
    }


def self_evaluation_as_json(generation: Generation, metrics: Sequence[Metric]) -> dict[str, Any]:
    return {
        "figures": {
            metric.name: figure_as_json(metric.figure)
            | {"unit": metric.unit, "means": metric.means}
            for metric in metrics
        },
        "papers": generation.size,
        "generation": generation.manifest.number,
        "model": generation.manifest.identity,
    }


def figure_as_json(figure: Figure) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(figure).items()}


def topic_profile_as_json(
    generation: Generation, profile: TopicProfile, trends: Trends
) -> dict[str, Any]:
    ids, titles = generation.records.ids, generation.records.titles
    strengths = generation.strengths[profile.topic.level]

    def short(topics: tuple[Topic, ...]) -> list[dict[str, Any]]:
        return [{"id": t.id, "label": t.label, "level": t.level, "size": t.size} for t in topics]

    def papers(rows: tuple[int, ...]) -> list[dict[str, Any]]:
        return [
            {"id": ids[row], "title": titles[row], "strength": round(float(strengths[row]), 3)}
            for row in rows
        ]

    return {
        "topic": topic_as_json(profile.topic, trends.of[profile.topic.id], generation.size),
        "periods": list(trends.periods),
        "library": list(trends.library),
        "coherence": round(profile.coherence, 3),
        "above": short(profile.above),
        "below": short(profile.below),
        "neighbours": short(profile.neighbours),
        "representatives": papers(profile.representatives),
        "members": papers(profile.members),
    }


def parsed_paper_as_json(paper: Paper) -> dict[str, Any]:
    """Return a paper as parsed: without a library id, its sources without a first-seen day."""
    fields = {name: value for name, value in _paper_fields(paper).items() if name != "id"}
    sources = [_source_as_json(source) for source in paper.sources]
    for source in sources:
        del source["seen"]
    return fields | {"sources": sources}


def rejection_as_json(rejection: Rejection) -> dict[str, Any]:
    return {
        "digest": rejection.digest,
        "line": rejection.line,
        "reason": rejection.reason,
        "excerpt": rejection.excerpt,
    }


def topic_edit_as_json(outcome: EditOutcome) -> dict[str, Any]:
    """Return a topic edit; ``topic`` is null while no topic matches it (``resting``)."""
    edit, topic = outcome.edit, outcome.topic
    return {
        "number": edit.number,
        "kind": edit.kind,
        "level": edit.level,
        "name": edit.name,
        "about": list(edit.about),
        "papers": sum(map(len, edit.groups)),
        "resting": topic is None,
        "topic": topic and {"id": topic.id, "label": topic.label, "size": topic.size},
    }


def name_review_as_json(review: NameReview) -> dict[str, Any]:
    """Return the topics whose names are not reviewed; ``closest`` are the nearest five topics."""
    return {
        "reviewed": review.reviewed,
        "total": review.total,
        "topics": [
            {
                "id": each.topic.id,
                "label": each.topic.label,
                "size": each.topic.size,
                "titles": list(each.titles),
                "alternatives": list(each.alternatives),
                "closest": [{"id": other.id, "label": other.label} for other in each.others[:5]],
            }
            for each in review.topics
        ],
    }


def build_report_as_json(report: BuildReport) -> dict[str, Any]:
    content = asdict(report) | {"rejected": report.rejected_count}
    del content["rejected_count"]
    if not report.dry_run:
        del content["planned"]
    return content | {"rejections": [rejection_as_json(rejection) for rejection in report.rejected]}


def topic_event_as_json(event: TopicEvent) -> dict[str, Any]:
    """Return a topic event; ``other`` is the topic it was split from or merged into."""
    return asdict(event)


def generation_as_json(
    number: int, manifest: Manifest | None, live: str, events: Iterable[TopicEvent]
) -> dict[str, Any]:
    """Return a generation's summary; ``damaged`` if its manifest cannot be read."""
    content = {"generation": number, "live": f"{number:06d}" == live, "damaged": manifest is None}
    if manifest is None:
        return content
    return content | {
        "created": manifest.created,
        "papers": manifest.papers,
        **manifest.changes,
        "redrawn": manifest.fit.get("drawn") == manifest.created,
        "events": [topic_event_as_json(event) for event in events if event.generation == number],
    }


def whats_new_as_json(generation: Generation, news: WhatsNew, most: int | None) -> dict[str, Any]:
    """Return new papers, at most ``most`` of them, and their topics, which count all."""
    topic_of = {row: group.topic for group in news.topics for row in group.rows}
    papers = [
        {
            "id": generation.records.ids[row],
            "title": generation.records.titles[row],
            "topic": topic_of[row].label,
            "topic_id": topic_of[row].id,
            "arrived": added_at_as_json(generation, row),
        }
        for row in news.rows[:most]
    ]
    topics = [
        {
            "id": group.topic.id,
            "label": group.topic.label,
            "size": group.topic.size,
            "newcomers": len(group.rows),
            "new": group.is_new,
        }
        for group in news.topics
    ]
    return {
        "since": news.since.isoformat(timespec="milliseconds"),
        "papers": papers,
        "topics": topics,
        "events": [topic_event_as_json(event) for event in news.events],
    }


def map_sample_as_json(generation: Generation, view: Viewport, sample: Sample) -> dict[str, Any]:
    """Return the papers drawn in a view of the map."""
    rows = sample.rows
    titles = generation.records.titles.take(rows)
    return {
        "view": asdict(view),
        "inside": sample.inside,
        "whole": sample.whole,
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
    """Return a paper with its marks; ``resting`` while the library lacks the paper."""
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


def followed_search_as_json(generation: Generation, results: FollowedResults) -> dict[str, Any]:
    """Return a followed search and its new papers, newest first."""
    return {
        "name": results.following.name,
        "query": described(results.following),
        "begun": results.following.followed_at,
        "seen": moment_at(results.following.seen).isoformat(timespec="milliseconds"),
        "hits": len(results.hits),
        "problem": results.problem,
        "new": [
            hit_as_json(hit) | {"arrived": added_at_as_json(generation, hit.row)}
            for hit in newest_first(generation, results.new)
        ],
    }


def added_at_as_json(generation: Generation, row: int) -> str:
    """Return the moment a paper was added to the library, ISO 8601 in milliseconds."""
    return moment_at(int(generation.added_at[row])).isoformat(timespec="milliseconds")


def briefing_as_json(generation: Generation, briefing: Briefing) -> dict[str, Any]:
    """Return new papers by topic; ``relevance`` is null without stars on the desk."""
    return {
        "since": briefing.since.isoformat(timespec="milliseconds"),
        "papers": briefing.papers,
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
                        "words": list(item.words),
                        "searches": list(item.searches),
                        "arrived": added_at_as_json(generation, item.row),
                    }
                    for item in section.items
                ],
            }
            for section in briefing.sections
        ],
    }


def recommendations_as_json(
    generation: Generation, marks: PaperMarks, papers: Sequence[Recommendation]
) -> dict[str, Any]:
    """Return recommended papers with reasons; ``missing_stars`` are needed for any."""
    ids, titles = generation.records.ids, generation.records.titles
    missing = 0 if is_learnable(marks) else TASTE_DEFAULTS.least_stars - len(marks.starred)
    return {
        "missing_stars": max(missing, 0),
        "floor": TASTE_DEFAULTS.floor,
        "papers": [
            {
                "id": ids[paper.row],
                "title": titles[paper.row],
                "score": paper.score,
                "topic": paper.topic.label,
                "topic_id": paper.topic.id,
                "reason": {
                    "like": ids[paper.reason.star],
                    "like_title": titles[paper.reason.star],
                    "words": list(paper.reason.words),
                    "tag": paper.reason.interest,
                },
                "arrived": added_at_as_json(generation, paper.row),
            }
            for paper in papers
        ],
    }


def interests_as_json(generation: Generation, marks: PaperMarks) -> dict[str, Any]:
    """Return what is learned from a desk; the first interest, without a tag, is of all stars."""
    taste = taste_of(generation, marks)
    recognised, tried = stars_recognised(generation, marks)
    return {
        "stars": len(marks.starred),
        "dismissed": len(marks.dismissed),
        "missing_stars": max(TASTE_DEFAULTS.least_stars - len(marks.starred), 0),
        "compared_with": 0 if taste is None else len(taste.sample.rows),
        "recommended": len(recommended_rows(generation, marks)) if taste else 0,
        "recognised": {"stars": recognised, "of": tried},
        "interests": [
            {
                "tag": one.name,
                "stars": [generation.records.ids[row] for row in one.examples.stars],
                "words": list(top_words(generation, one)),
            }
            for one in (taste.interests if taste else ())
        ],
    }


def findings_as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return a doctor's findings; ``next`` is empty if the library is healthy."""
    return {
        "damaged": damaged(findings),
        "next": next_step(findings),
        "findings": [asdict(finding) for finding in findings],
    }


def feed_as_json(feed: Subscription, state: FeedState) -> dict[str, Any]:
    """Return a feed with its last run."""
    return {
        "name": feed.name,
        "source": feed.source,
        "last_success": state.last_success,
        "new": state.last_new,
        "error": state.error,
    }


def feed_outcome_as_json(outcome: FeedOutcome) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "new": outcome.new,
        "error": outcome.error,
        "files": [str(file) for file in outcome.files],
    }


def zotero_as_json(overview: ZoteroOverview, database: Path) -> dict[str, Any]:
    """Return what a Zotero database holds."""
    collections = [{"path": path, "papers": papers} for path, papers in overview.collections]
    content = asdict(overview) | {"collections": collections, "groups": list(overview.groups)}
    return {"database": printable(str(database)), **content}


def update_as_json(update: UpdateOutcome) -> dict[str, Any]:
    """Return one update of ``explorer watch``; either ``report`` or ``error`` is null."""
    error = update.error
    failure = None if error is None else {"kind": type(error).__name__, "message": str(error)}
    return {
        "ended": update.ended.isoformat(timespec="seconds"),
        "report": None if update.report is None else build_report_as_json(update.report),
        "error": failure,
        "retry_seconds": update.retry,
    }


def review_as_json(state: ReviewState) -> dict[str, Any]:
    """Return a review with its numbers."""
    counts = prisma_counts(state)
    return {
        "name": state.record.review.name,
        "question": state.record.review.question,
        "sources": list(state.record.sources),
        "papers": len(state.papers),
        "reviewers": list(state.reviewers),
        "included": counts.included,
        "excluded": counts.excluded,
        "unscreened": counts.unscreened,
        "conflicts": counts.conflicts,
        "missing": sum(one.row is None for one in state.papers),
    }


def screened_as_json(one: ScreenedPaper) -> dict[str, Any]:
    """Return a paper of a review with its labels."""
    return {
        "id": one.paper.id,
        "title": one.paper.title,
        "abstract": one.paper.abstract,
        "known_as": list(one.paper.known_as),
        "in_library": one.row is not None,
        "labels": {
            name: {"decision": label.decision, "reason": label.reason, "at": label.at}
            for name, label in sorted(one.labels.items())
        },
    }


def progress_as_json(progress: ScreeningProgress) -> dict[str, Any]:
    return asdict(progress) | {"unread": progress.unread}


def agreement_as_json(pair: Agreement) -> dict[str, Any]:
    return asdict(pair)
