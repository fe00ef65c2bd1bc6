"""The papers nearest to an open one, each with who wrote it when and why it is near."""

from __future__ import annotations

from explorer.app import session, texts
from explorer.app.paper_row import Rank, show_paper_row
from explorer.insights.selection_summary import shared_phrases
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.map.colouring import topic_colour
from explorer.map.palette import BadgeColours, badge_colours, shares_of_best
from explorer.search.model import Results


def show_neighbours(generation: Generation, row: int, neighbours: Results) -> None:
    """List the neighbours of the paper in ``row``, nearest first."""
    shares = shares_of_best([hit.score for hit in neighbours.hits])
    badges = badge_colours(shares, dark=session.is_dark()) or [
        BadgeColours(topic_colour(generation, hit.row), "#ffffff") for hit in neighbours.hits
    ]
    for hit, badge in zip(neighbours.hits, badges, strict=True):
        reason = reason_for(generation, row, hit.row)
        show_paper_row(generation, hit.row, "hit", rank=Rank(hit.rank, badge), reason=reason)


@cached_by_owner(512)
def reason_for(generation: Generation, row: int, other: int) -> str:
    """Return why two papers are near: phrases, or else the topic, that they have in common."""
    phrases = shared_phrases(generation, row, other)
    if phrases:
        return texts.in_common(phrases)
    topic = generation.topics_of(row)[-1]
    is_shared = generation.topics_of(other)[-1].id == topic.id
    return texts.in_same_topic(topic.label) if is_shared else texts.NEAR_IN_MEANING
