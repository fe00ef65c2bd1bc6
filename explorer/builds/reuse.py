"""Parts of the previous generation that a build reuses, decided in one place.

Each stage of a build has a fingerprint: all inputs of its result, papers aside. A stage with an
unchanged fingerprint starts from its previous result, and computes only what the added and changed
papers need. Fingerprints are compared, never stored: they are derived from
the settings in a manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from explorer.settings import RedrawSettings


class Stage(StrEnum):
    """A part of a generation that can be reused on its own."""

    VECTORS = "vectors"
    INDEX = "index"
    GRAPH = "graph"
    MAP = "map"
    COMMUNITIES = "communities"
    CUSTOM_NAMES = "custom names"
    EDITS = "edits"


Fingerprints = Mapping[Stage, tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class ReusePlan:
    """Parts of the previous generation that a build reuses; by default all."""

    index: bool = True
    """Update the vector index instead of building it."""
    graph: bool = True
    """Update the neighbour graph instead of building it."""
    full_text: bool = True
    """Update the full-text index instead of building it."""
    positions: bool = True
    """Keep the papers' positions on the map; they move only in a redraw."""
    redraw_reason: str = ""
    """Why the map is drawn anew, in words for the user; empty where papers stay."""
    communities: bool = True
    """Carry communities over instead of detecting them again."""
    names: bool = True
    """Keep the names of topics that continue."""
    custom_names: bool = True
    """Keep the names from a custom naming function."""


NOTHING_REUSED = ReusePlan(
    index=False,
    graph=False,
    full_text=False,
    positions=False,
    communities=False,
    names=False,
    custom_names=False,
)
"""The plan where there is no previous generation."""


def fingerprints(identity: str, engine: str, settings: Mapping[str, Any]) -> Fingerprints:
    """Return the fingerprint of each stage.

    Args:
        identity: of the vectors (see :class:`explorer.embedders.Embedder`).
        engine: name of the vector index.
        settings: as in a manifest: ``index``, ``graph``, ``map``, ``topics``, ``fineness``,
            ``said`` (a hash of the topic edits), ``namer``.
    """
    graph = (identity, settings["graph"])
    layout = (*graph, settings["map"])
    return {
        Stage.VECTORS: (identity,),
        Stage.INDEX: (*graph, engine, settings["index"]),
        Stage.GRAPH: graph,
        Stage.MAP: layout,
        Stage.COMMUNITIES: (*layout, settings["topics"]),
        Stage.CUSTOM_NAMES: (settings["namer"],),
        Stage.EDITS: (settings["said"], settings["fineness"]),
    }


def is_unchanged(before: Fingerprints, now: Fingerprints) -> bool:
    """Return whether a build of the same papers would change nothing.

    Names of a custom function stay in a build without one, as long as nothing else changes.
    """
    return all(
        before[stage] == now[stage] or (stage is Stage.CUSTOM_NAMES and not any(now[stage]))
        for stage in Stage
    )


def plan_reuse(
    before: Fingerprints,
    now: Fingerprints,
    *,
    kept: int,
    added: int,
    full: bool = False,
    redraw: bool = False,
) -> ReusePlan:
    """Return the parts of the previous generation to reuse.

    Args:
        before: fingerprints of the previous generation.
        now: fingerprints of the one to build.
        kept: papers that the previous generation has, too.
        added: papers that it does not have.
        full: reuse papers and vectors only.
        redraw: draw the map and detect communities anew, as the user requested.
    """
    same = {stage: before[stage] == now[stage] for stage in Stage}
    reason = "as requested" if redraw else ""
    if not same[Stage.VECTORS]:
        reason = "another model made the vectors"
    elif not same[Stage.MAP]:
        reason = "the map's settings changed"
    elif not (redraw or full) and added > RedrawSettings().automatic_above * kept:
        reason = f"{added:,} papers were added, and only {kept:,} were on the map"
    has_namer = any(now[Stage.CUSTOM_NAMES])
    return ReusePlan(
        index=same[Stage.INDEX] and not full,
        graph=same[Stage.GRAPH] and not full,
        full_text=not full,
        positions=not full,
        redraw_reason=reason,
        communities=same[Stage.COMMUNITIES] and not reason and not full,
        names=not full,
        custom_names=(same[Stage.CUSTOM_NAMES] or not has_namer) and not full,
    )
