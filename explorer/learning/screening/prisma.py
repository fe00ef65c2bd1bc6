"""The numbers of a PRISMA 2020 flow diagram (Page et al. 2021, doi:10.1136/bmj.n71)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from explorer.desk.reviews import ReviewDecision
from explorer.learning.screening.review import ReviewState


@dataclass(frozen=True, slots=True)
class PrismaCounts:
    """Records at each stage of a review."""

    identified: int
    duplicates: int
    """Records that were another record of a paper of the review."""
    screened: int
    """Papers with a decision of any reviewer."""
    unscreened: int
    excluded: int
    reasons: tuple[tuple[str, int], ...]
    """Reasons of exclusion with the number of papers, the most frequent first."""
    included: int
    conflicts: int
    """Papers on which reviewers disagree."""


def prisma_counts(state: ReviewState) -> PrismaCounts:
    """Return the numbers of a review as it is."""
    verdicts = Counter(one.verdict for one in state.papers)
    excluded, included = verdicts[ReviewDecision.EXCLUDE], verdicts[ReviewDecision.INCLUDE]
    conflicts = len(state.conflicts)
    screened = included + excluded + conflicts
    reasons = Counter(
        next((label.reason for label in one.labels.values() if label.reason), "")
        for one in state.papers
        if one.verdict is ReviewDecision.EXCLUDE
    )
    given = sorted(((r, n) for r, n in reasons.items() if r), key=lambda each: (-each[1], each[0]))
    return PrismaCounts(
        identified=len(state.record.papers),
        duplicates=state.merged,
        screened=screened,
        unscreened=len(state.papers) - screened,
        excluded=excluded,
        reasons=tuple(given),
        included=included,
        conflicts=conflicts,
    )
