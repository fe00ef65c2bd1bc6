"""Assignment of one label to each topic of a level; no two topics get the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.topics.candidates import Candidate


def assign_labels(candidates: Mapping[int, Sequence[Candidate]]) -> dict[int, Candidate]:
    """Return the label of each topic that has a candidate left, its candidates being best first.

    Of topics that have the same candidate, the one with the higher score gets it, and the others
    go on to their next (deferred acceptance, Gale and Shapley 1962, doi:10.2307/2312726): no topic
    would rather have a label that another has with a lower score.
    """
    holder: dict[frozenset[str], Candidate] = {}
    place = dict.fromkeys(candidates, 0)
    waiting = sorted(candidates, reverse=True)
    while waiting:
        topic = waiting.pop()
        if place[topic] == len(candidates[topic]):
            continue
        candidate = candidates[topic][place[topic]]
        rival = holder.get(candidate.words)
        if rival is not None and (rival.score, -rival.topic) >= (candidate.score, -topic):
            place[topic] += 1
            waiting.append(topic)
            continue
        holder[candidate.words] = candidate
        if rival is not None:
            place[rival.topic] += 1
            waiting.append(rival.topic)
    return {candidate.topic: candidate for candidate in holder.values()}
