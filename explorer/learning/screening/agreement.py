"""Agreement of reviewers who screened the same papers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from explorer.desk.reviews import ReviewDecision
from explorer.learning.screening.review import ReviewState


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two reviewers."""

    reviewers: tuple[str, str]
    papers: int
    """Papers that both decided on."""
    agreed: int
    kappa: float | None
    """Cohen's kappa; None where it is not defined: one has no paper, or all have one decision."""


def agreements(state: ReviewState) -> tuple[Agreement, ...]:
    """Return the agreement of each pair of reviewers with a paper in common."""
    pairs = []
    for one, other in combinations(state.reviewers, 2):
        both = [
            (paper.labels[one].decision, paper.labels[other].decision)
            for paper in state.papers
            if one in paper.labels and other in paper.labels
        ]
        decided = [pair for pair in both if ReviewDecision.LATER not in pair]
        if decided:
            agreed = sum(first is second for first, second in decided)
            pairs.append(Agreement((one, other), len(decided), agreed, cohens_kappa(decided)))
    return tuple(pairs)


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa (1960, doi:10.1177/001316446002000104) of two judges.

    It is 1 for full agreement and 0 for that of chance; None where chance alone would agree fully.

    Args:
        pairs: of each case the decisions of both.
    """
    if not pairs:
        return None
    by_chance = sum(
        _share(choice, (one for one, _ in pairs)) * _share(choice, (other for _, other in pairs))
        for choice in {choice for pair in pairs for choice in pair}
    )
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    return (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else None


def _share(choice: str, choices: Iterable[str]) -> float:
    listed = list(choices)
    return listed.count(choice) / len(listed)
