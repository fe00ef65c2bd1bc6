"""Every knob, with its unit and its reason, frozen.

A station takes its own settings object and nothing else. What changes a stored result is
written into the manifest of the generation that it shaped.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Bounds on what a digest may ask of the machine.

    A digest is text from strangers: without bounds one line could fill the memory.
    """

    line_characters: int = 1_000_000
    title_characters: int = 1_000
    abstract_characters: int = 50_000
    archive_members: int = 10_000
    expanded_bytes: int = 1 << 26
    """A compressed file may grow to this in any case ..."""
    expanded_times: int = 200
    """... and beyond it to so many times its own size."""


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """The neighbour graph that map, topics, search and "more like this" share."""

    neighbours: int = 30
    recall: float = 0.95
    """Share of neighbours found, at least, in libraries too large to compare all papers."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """How the vector index is chosen; ``docs/scaling.md`` says what each choice costs."""

    memory: int = 1 << 30
    """Bytes that what is searched may take in memory; the vectors themselves stay on disk."""
    recall: float = 0.99
    """Share of the ten nearest papers that the index must find, measured when it is built."""
    exact_up_to: int = 50_000
    """Vectors that are all compared with every query: two milliseconds for as many."""


@dataclass(frozen=True, slots=True)
class MapSettings:
    """UMAP on the shared graph (McInnes, Healy, Melville 2018, arXiv:1802.03426)."""

    neighbours: int = 15
    min_distance: float = 0.1
    spread: float = 1.5
    most_drawn: int = 100_000
    """Papers that UMAP draws; of more a sample is drawn, and the others are placed among it."""
    seed: int = 20_240_311


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """Leiden communities (Traag, Waltman, van Eck 2019, doi:10.1038/s41598-019-41695-z)."""

    neighbours: int = 15
    """At most; small libraries use half the square root of their size, at least 5."""
    resolution: float = 1.0
    """Above 1 topics are finer, below coarser."""
    smallest_topic: int = 4
    """Communities with fewer papers join the one they are tied to most."""
    split_above: int = 24
    """A topic with more papers than this is divided again on the next, finer level."""
    worth_a_level: float = 0.5
    """A finer level needs at least this share of the papers in topics that are divided."""
    handful: int = 8
    """More topics than this are gathered into fields."""
    most_levels: int = 4
    seed: int = 1


FINENESS = {"coarser": 0.5, "normal": 1.0, "finer": 2.0}
"""How fine people may ask topics to be: the factor on the resolution."""


def of_fineness(settings: TopicSettings, fineness: str) -> TopicSettings:
    """Return ``settings`` for topics of a ``fineness``, one of :data:`FINENESS`."""
    factor = FINENESS[fineness]
    return replace(
        settings,
        resolution=settings.resolution * factor,
        split_above=round(settings.split_above / factor),
    )


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How the two rankings become one; ``docs/search.md`` says what each is worth."""

    candidates: int = 200
    """Papers taken from each leg before fusion."""
    least_candidates: int = 30
    """Papers that do from the words leg, where a filter lets few of those through that match best:
    the others match too badly to end among the hits."""
    dense_weight: float = 0.6
    """Share of the meaning leg in the fused score; words get the rest."""
    leading: int = 20
    """Papers at the top of a leg whose mean score is the measure of that leg."""
    smoothing_weight: float = 0.3
    """Share of the final score that comes from the paper's neighbours."""
    smoothing_neighbours: int = 5
    unlike_weight: float = 0.5
    """What likeness to negative examples takes off a score."""
    examples_at_once: int = 3
    """Of more examples than these, a paper is compared with so many that it is most like."""
    relevance_weight: float = 0.7
    """Share of relevance, against being unlike those above, in diversified results."""
    diversified_from: int = 5
    """Candidates for each place in diversified results."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a library."""

    reading: ReadingLimits = field(default_factory=ReadingLimits)
    index: IndexSettings = field(default_factory=IndexSettings)
    graph: GraphSettings = field(default_factory=GraphSettings)
    map: MapSettings = field(default_factory=MapSettings)
    topics: TopicSettings = field(default_factory=TopicSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
