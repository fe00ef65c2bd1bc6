"""Names of topics: candidates, a shortlist of them, and one label for each topic.

Candidates are phrases of the topic's papers (``candidates.py``). Among the best of each topic the
one is chosen that, compared with the labels of all other topics of the level, points to the topic's
papers and not to those of others (``assignment.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from explorer.arrays import Labels, Vectors
from explorer.topics.candidates import (
    FEWEST_CANDIDATES,
    Candidate,
    EmbedPhrases,
    TopicLevel,
    phrase_scores,
    shortlist,
    words_of,
)
from explorer.topics.communities import TopicName
from explorer.topics.distinct_labels import assign_labels
from explorer.topics.phrases import PhraseTable

_KEYWORDS = 8


def name_topics(
    table: PhraseTable,
    labels: Labels,
    parents: Labels,
    parent_names: Sequence[TopicName],
    vectors: Vectors,
    embed_phrases: EmbedPhrases,
    kept: Mapping[int, TopicName] | None = None,
    reserved: Iterable[str] = (),
) -> dict[int, TopicName]:
    """Return a name for each topic of one level that has papers here, by its number.

    Args:
        table: phrases of the papers.
        labels: topic of each paper on this level, shape (papers,).
        parents: topic of each paper one level up, all zero for the top level.
        parent_names: names one level up; empty for the top level.
        vectors: unit vectors of the papers, shape (papers, dimension).
        embed_phrases: phrases to unit vectors in the papers' space.
        kept: names that topics of this level keep.
        reserved: labels that new topics may not get.

    Labels of the same level or of the parent are not given twice. A topic with all papers of its
    parent has its parent's name.
    """
    level = TopicLevel.of(labels, parents)
    names = dict(kept or {})
    if parent_names:
        inherited = {t: parent_names[level.parent_of[t]] for t in level if level.is_whole[t]}
        names = inherited | names
    unnamed = [topic for topic in level if topic not in names]
    scores = phrase_scores(table, labels, parents, unnamed)
    candidates = shortlist(table, scores, level, vectors, embed_phrases)
    used = {words_of(name.label) for name in (*parent_names, *names.values())}
    used |= {words_of(label) for label in reserved}
    eligible: dict[int, Sequence[Candidate]] = {}
    for topic in unnamed:
        parent = parent_names[level.parent_of[topic]].label if parent_names else ""
        eligible[topic] = _eligible(candidates[topic], used, words_of(parent))
    if unnamed and kept:
        eligible |= _only_candidates(kept, embed_phrases)
    assigned = assign_labels(eligible, level, vectors)
    for topic in sorted(unnamed, key=lambda topic: -level.size(topic)):
        rows = frozenset(level.members[topic].tolist())
        names[topic] = _name(topic, candidates[topic], assigned.get(topic), table, rows, used)
        used.add(words_of(names[topic].label))
    return names


def _eligible(
    candidates: Sequence[Candidate], used: set[frozenset[str]], parent: frozenset[str]
) -> list[Candidate]:
    """Return the best candidates that may be a label, of several words if there are such."""
    free = [c for c in candidates if c.words not in used and not c.words <= parent]
    several = [candidate for candidate in free if len(candidate.label.split()) > 1]
    return (several or free)[:FEWEST_CANDIDATES]


def _only_candidates(
    kept: Mapping[int, TopicName], embed_phrases: EmbedPhrases
) -> dict[int, Sequence[Candidate]]:
    """Return the names that topics keep, each as the only candidate of its topic."""
    vectors = embed_phrases([name.label for name in kept.values()])
    return {
        topic: [Candidate(topic, name.label, words_of(name.label), 1.0, vector)]
        for (topic, name), vector in zip(kept.items(), vectors, strict=True)
    }


def _name(
    topic: int,
    candidates: Sequence[Candidate],
    assigned: Candidate | None,
    table: PhraseTable,
    rows: frozenset[int],
    used: set[frozenset[str]],
) -> TopicName:
    """Return the name with its keywords and evidence; a numbered one if no candidate is free."""
    label = assigned.label if assigned is not None else ""
    evidence = len(table.papers[assigned.key] & rows) if assigned is not None else 0
    number = topic
    # A topic with all papers of its parent brings its number along from there, so try the next.
    while not label or words_of(label) in used:
        number += 1
        label = f"{candidates[0].label} ({number})" if candidates else f"Topic {number}"
        evidence = 0
    keywords = [candidate.label for candidate in candidates if candidate.label != label]
    return TopicName(label, tuple(keywords[:_KEYWORDS]), evidence)
