"""Settings of every part, with units and reasons.

Each part takes its own settings object. Settings that shape stored results are written into the
manifest of the generation.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Limits on the size of a digest, and budgets of reading it.

    Digests come from strangers: without limits one line could fill the memory. Budgets grow with
    the size of the file, so that an honest digest of any size is read.
    """

    line_characters: int = 1_000_000
    title_characters: int = 1_000
    abstract_characters: int = 50_000
    archive_members: int = 10_000
    expanded_bytes: int = 1 << 26
    """Size to which a compressed file may expand in any case."""
    expanded_times: int = 200
    """Times its own size to which a larger compressed file may expand."""
    force: str = ""
    """Format as which every file is read, without a check of the result; empty: by content."""
    in_process: bool = False
    """Read in this process, not in a child: memory then has no limit, and processor time is only
    checked between two records. For tests of readers, and for debugging one."""
    cpu_seconds: float = 30.0
    """Processor time for a digest of any size; most take less than a tenth of a second."""
    archive_cpu_seconds: float = 60.0
    """The same for a whole archive, so that one bad member leaves time for the others."""
    cpu_seconds_per_megabyte: float = 4.0
    """Processor time for each megabyte more: some twenty times what the slowest reader takes."""
    honest_expansion: int = 20
    """Times its packed size up to which unpacked text adds to the budgets; text packs to a tenth
    at best."""
    memory: int = 1536 << 20
    """Bytes of memory for reading; no reader needs a tenth of it for the largest real digests."""
    output_bytes: int = 1 << 26
    """Characters of all papers of a file in any case."""
    output_times: int = 20
    """Characters of papers for each byte of a larger file: a heading counts for each paper below
    it, so that there may be more text in papers than in the file."""
    papers: int = 1_000_000
    """Papers of a file in any case."""
    bytes_per_paper: int = 20
    """Bytes of a larger file for each paper: nothing shorter has a title."""
    rejections_kept: int = 200
    """Rejections of a digest that are kept with their reasons; the others are only counted."""
    archive_rejections_kept: int = 1_000
    """The same for a whole archive."""
    build_rejections_kept: int = 10_000
    """The same for all digests of a build."""


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """Neighbour graph that map, topics, search and "more like this" share."""

    neighbours: int = 30
    recall: float = 0.95
    """Recall of neighbours, at least, in libraries too large to compare all papers."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Choice of the vector index; ``docs/scaling.md`` gives the cost of each."""

    memory: int = 1 << 30
    """Memory of the index in bytes, at most; the full vectors stay on disk."""
    recall: float = 0.99
    """Recall of the ten nearest papers, at least; measured when the index is built."""
    exact_up_to: int = 50_000
    """Vectors up to which a query is compared with all of them; that takes two milliseconds."""


@dataclass(frozen=True, slots=True)
class MapSettings:
    """UMAP on the shared graph (McInnes, Healy, Melville 2018, arXiv:1802.03426)."""

    neighbours: int = 15
    min_distance: float = 0.1
    spread: float = 1.5
    most_drawn: int = 100_000
    """Papers that UMAP lays out; of more, a sample, and the others are placed among it."""
    seed: int = 20_240_311


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """Leiden communities (Traag, Waltman, van Eck 2019, doi:10.1038/s41598-019-41695-z)."""

    neighbours: int = 15
    """Neighbours, at most; small libraries use half the square root of their size, at least 5."""
    resolution: float = 1.0
    """Above 1 topics are finer, below 1 coarser."""
    smallest_topic: int = 4
    """Communities with fewer papers are merged into the one they are tied to most."""
    split_above: int = 24
    """Papers above which a topic is divided on the next, finer level."""
    worth_a_level: float = 0.5
    """Share of papers in divided topics that a finer level needs, at least."""
    handful: int = 8
    """Topics above which they are grouped into fields."""
    most_levels: int = 4
    """Levels by division, at most; those that are put between them come on top."""
    longest_step: float = 4.0
    """Topics of a level for each of the level above, beyond which a level is put between them."""
    seed: int = 1


FINENESS = {"coarser": 0.5, "normal": 1.0, "finer": 2.0}
"""Granularities of topics that users can choose: factors on the resolution."""


def of_fineness(settings: TopicSettings, fineness: str) -> TopicSettings:
    """Return ``settings`` for a ``fineness`` of topics, one of :data:`FINENESS`."""
    factor = FINENESS[fineness]
    return replace(
        settings,
        resolution=settings.resolution * factor,
        split_above=round(settings.split_above / factor),
    )


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Combination of the two rankings; ``docs/search.md`` gives the effect of each setting."""

    candidates: int = 200
    """Papers taken from each retriever before fusion."""
    least_candidates: int = 30
    """Papers that are enough from the word retriever if a filter excludes most of its best matches:
    the others match too badly to be hits."""
    dense_weight: float = 0.6
    """Weight of meaning in the fused score; words get the rest."""
    leading: int = 20
    """Best papers of a retriever whose mean score normalises its scores."""
    smoothing_weight: float = 0.3
    """Share of the final score that comes from the paper's neighbours."""
    smoothing_neighbours: int = 5
    unlike_weight: float = 0.5
    """Weight of the similarity to negative examples, subtracted from a score."""
    examples_at_once: int = 3
    """Examples that a paper is compared with, at most: those it is most similar to."""
    relevance_weight: float = 0.4
    """Weight of relevance in diversified results; dissimilarity to better hits gets the rest."""
    recency_weight: float = 0.2
    """Share of the best score that the newest paper gains where a query prefers recent papers."""
    diversified_from: int = 5
    """Candidates for each hit in diversified results."""


@dataclass(frozen=True, slots=True)
class TasteSettings:
    """Model of a user's interests (:mod:`explorer.learning.taste`); ``docs/desk.md`` explains it.

    Scores are in standard deviations from the library's mean.
    """

    least_stars: int = 3
    """Stars from which an interest is learned: fewer say too little of what they have in common."""
    sample: int = 2_000
    """Random papers of the library, at most: they stand for papers without interest, and give the
    mean and spread of scores. More take longer and change little."""
    dismissed_weight: float = 3.0
    """Weight of a dismissed paper; a random one counts 1. Dismissed ones are near to the starred
    ones, else nobody would have looked at them, and there are few."""
    meaning_penalty: float = 10.0
    """Ridge penalty of the vectors."""
    word_penalty: float = 5.0
    """Ridge penalty of the words: that of a support vector machine with C = 0.1, 1 / (2 C)."""
    likeness_weight: float = 0.5
    """Weight of the nearest stars; meaning and words have 1 each."""
    all_words_up_to: int = 50_000
    """Papers up to which the words of all are read; of more, meaning chooses ``candidates``."""
    candidates: int = 2_000
    floor: float = 2.0
    """Score from which a paper is recommended: about one of forty random papers reaches it, and on
    a day without a paper of interest none need to."""
    most_interests: int = 12
    """Tags that are learned, at most, those with the most stars: each takes its time."""


@dataclass(frozen=True, slots=True)
class ScreeningSettings:
    """Screening of papers for a review; ``docs/screening.md`` has the method."""

    vectors_penalty: float = 1.0
    """Ridge penalty of the regression on vectors."""
    words_penalty: float = 2.0
    """Ridge penalty of the regression on words."""
    excluded_weight: float = 1 / 9.8
    """Weight of all excluded papers together beside that of all included ones: the balance of
    ASReview 3, chosen on other reviews (SYNERGY)."""
    question_weight: float = 0.5
    """Weight of the cosine to the question, as a z-score, before anything is included."""
    question_fades: int = 5
    """Included papers after which the question has half that weight: they say it better."""
    every_label_up_to: int = 20
    """Labels up to which each one trains anew."""
    retrain_share: float = 0.05
    """Share of the labels that must be new, after these, for the next training."""
    least_labels: int = 20
    """Labels from which a curve of probabilities is worth fitting."""
    target_recall: float = 0.95
    """Share of the relevant papers that a review is to find, as is usual in medicine."""
    confidence: float = 0.95
    """Confidence of the test that needs no model."""
    most_trained_on: int = 4_000
    """Labelled papers trained on: a random part of more, so that a step takes about a second."""
    more_reading: tuple[int, ...] = (25, 100)
    """Numbers of further papers whose likely yield is shown: an hour's and a day's reading."""


@dataclass(frozen=True, slots=True)
class SpellingSettings:
    """Correction of the spelling of queries; scores are natural logarithms of likelihoods."""

    most_words: int = 40
    """Words of a query; a longer one was pasted, and its words are those of an author."""
    shortest: int = 4
    """Letters of a word that may be corrected."""
    error_cost: float = 6.0
    """Cost of each typing error."""
    first_letter_cost: float = 2.5
    """Cost of another first letter on top: it is seldom mistyped."""
    right_word: float = -3.0
    """Score of the word as it was typed: it may be right, though the library lacks it."""
    right_letter: float = 0.8
    """Taken from that for each letter: the longer a word, the rarer one like it by chance."""
    derived_word: float = 1.0
    """Score of a word that is made of another one of the library and a prefix or suffix."""
    common_word: float = 6.0
    """Score of a common English word that the library lacks: it is hardly a typing error."""
    neighbour_weight: float = 1.0
    """Weight of how often a word stands near its neighbours in the query."""
    clear: float = 1.5
    """Lead of a correction over the next likely one from which it is applied at once."""
    meaning_weight: float = 40.0
    """Weight of the cosine of a whole query to its nearest papers."""
    far_rarer: int = 20
    """Times that the library's usual spelling is as frequent as one that gives way to it."""
    joint: int = 3
    """Times that two words stand near each other from which one word may be the two joined."""
    rare: int = 2
    """Papers with a word up to which it may be a typing error in the library itself."""
    rare_times: int = 100
    """Times as many papers that have the word that is then offered for it."""


@dataclass(frozen=True, slots=True)
class RedrawSettings:
    """Thresholds of redraws of the map, advised and automatic."""

    least_share: float = 0.1
    """Share of newcomers below which a redraw would change little."""
    mostly_new: float = 0.5
    """Advise a redraw from this share of newcomers on."""
    least_neighbours_kept: float = 0.75
    """Advise a redraw if newcomers preserve less than this share of the neighbours that papers
    drawn with the map preserve."""
    least_modularity_kept: float = 0.9
    """Advise a redraw if modularity is below this share of its value when topics were detected."""
    automatic_above: float = 4
    """Added papers per paper on the map above which a build redraws by itself."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """Times of ``explorer watch``, in seconds."""

    settle: float = 2.0
    """Time without a change before a file is read."""
    look: float = 30.0
    """Time between scans of a folder from which no events arrive."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits on clients that are slow or many, for the page and ``explorer serve``."""

    header_seconds: float = 10.0
    """Time for the first line and the headers of a request."""
    body_seconds: float = 20.0
    """Time in which a body must end, or bring :attr:`bytes_per_second` on average."""
    reader_seconds: float = 30.0
    """Time in which a client must read what is sent, or as much of it."""
    bytes_per_second: int = 1_000
    connections: int = 512
    """Connections at once; fewer where the system allows fewer open files."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Limits on requests to ``explorer serve``."""

    body_bytes: int = 1 << 16
    """Size of a body; a pasted abstract has a few thousand bytes."""
    running: int = 256
    """Requests that run or wait at once; more are refused."""
    seconds: float = 30.0
    """Time for a response; then the client is refused, and what was computed is dropped."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Limits on the files that the page keeps in memory until they are added."""

    file_megabytes: int = 50
    session_megabytes: int = 250
    """Files of one visitor together."""
    all_megabytes: int = 1_000
    """Files of all visitors together."""
    kept_seconds: float = 120.0
    """Time that the files of a visitor stay after the connection was lost, for a reconnection."""
    message_bytes: int = 1 << 20
    """One message of the browser; the longest are corners of a selection on the map."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Limits on ``explorer fetch``, which services may make slow, long or endless."""

    idle_seconds: float = 30.0
    """Time to connect, and time without a byte."""
    page_seconds: float = 180.0
    """Time for a page as a whole."""
    page_bytes: int = 64 << 20
    """Size of a page, unpacked."""
    pages: int = 200
    """Pages of a feed in one run; the next run goes on from there."""
    tries: int = 4
    """Requests for a page, if errors pass."""
    longest_wait: float = 120.0
    """Seconds that a service may ask to wait; after longer ones the next run tries again."""
    redirects: int = 5
    """Redirects that are followed, one after the other."""
    first_days: int = 7
    """Days before today that the first run of a feed asks for."""
    overlap_days: int = 2
    """Days that are asked for again: services list papers late."""
    messages: int = 500
    """Messages of a mailbox in one run."""


KEPT_GENERATIONS = 5
"""Generations that stay on disk for rollback, unless ``--keep`` sets another number."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a library."""

    reading: ReadingLimits = field(default_factory=ReadingLimits)
    index: IndexSettings = field(default_factory=IndexSettings)
    graph: GraphSettings = field(default_factory=GraphSettings)
    map: MapSettings = field(default_factory=MapSettings)
    topics: TopicSettings = field(default_factory=TopicSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
