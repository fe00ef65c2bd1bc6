"""The map as one HTML file that opens from disk: all papers in it, nothing fetched."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import UnusableInput
from explorer.insights.topic_tree import shown_level
from explorer.insights.trends import time_axis
from explorer.library.generation import Generation
from explorer.map import browser
from explorer.map.colouring import ColourBy, colouring, informative_colourings
from explorer.map.palette import DARK, LIGHT, BadgeColours
from explorer.map.sampling import Viewport
from explorer.map.scene import (
    corners,
    detail_of,
    home_view,
    names_in,
    packed,
    sampling_settings,
    short_title,
    topic_fields,
)
from explorer.papers.text import plain

MOST_PAPERS = 100_000
"""More would make a file that browsers open slowly."""
_MOST_NAMES = 2_000
_NONE = 255
_BADGE = BadgeColours("#31688e", "#ffffff")


def standalone(
    generation: Generation, title: str = "Literature map", rows: Sequence[int] | None = None
) -> str:
    """Return the HTML of a map with search over titles, authors and abstracts.

    Args:
        rows: papers to show, at their positions on the map of the whole library; None for all.

    Raises:
        UnusableInput: there are more than ``MOST_PAPERS`` papers.
    """
    count = generation.size if rows is None else len(rows)
    if count > MOST_PAPERS:
        raise UnusableInput(
            f"A file of its own holds up to {MOST_PAPERS:,} papers; the library has "
            f"{count:,}. Show it with `streamlit run streamlit_app.py`."
        )
    parts = {
        "STYLE": browser.style(),
        "SCRIPT": browser.script("exported_map"),
        "LIBRARY": base64.b64encode(library_message(generation, rows)).decode(),
        "DETAILS": base64.b64encode(details_message(generation, rows)).decode(),
        "TITLE": html.escape(title),  # last, so that nothing in it is taken for a part
    }
    page = browser.exported_page()
    for name, part in parts.items():
        page = page.replace(f"@{name}@", part)
    return page


def library_message(generation: Generation, chosen: Sequence[int] | None) -> bytes:
    """Return papers in the order in which they come into view, packed as a scene is.

    The fields are those of ``ExportedLibrary`` in ``browser/types.d.ts``.
    """
    rows = _in_order(generation, chosen)
    axis = time_axis(generation)
    places = axis.indices
    counts = np.bincount(places[rows][places[rows] >= 0], minlength=len(axis.periods))
    present = {
        topic
        for labels, level in zip(generation.memberships, generation.levels, strict=True)
        for topic in (level[place].id for place in np.unique(labels[rows]).tolist())
    }
    everywhere = Viewport(-np.inf, -np.inf, np.inf, np.inf)
    level = shown_level(generation)
    kinds: list[dict[str, Any]] = []
    of = {}
    for by in informative_colourings(generation):
        if by is ColourBy.COLLECTION:
            continue  # the file is for others, and collections are the user's own
        own, safe = (
            colouring(generation, by, dark=False, safe=safe, level=level) for safe in (False, True)
        )
        if by is ColourBy.TOPIC:
            names = names_in(generation, everywhere, own, _MOST_NAMES)
            names = [name for name in names if name["id"] in present]
        # The file has no search for a clause of the legend to filter by; and the legend counts
        # papers of the library, of which a selection has fewer.
        unknown: dict[str, Any] = {"clause": ""} | ({} if chosen is None else {"papers": None})
        legend = [asdict(key) | unknown for key in own.legend]
        kinds.append(
            {
                "name": str(by),
                "palette": list(own.palette),
                "safe": list(safe.palette),
                "legend": legend,
                "ramp": asdict(own.ramp) if own.ramp is not None else None,
            }
        )
        of[f"colours_{by}"] = own.of[rows]
    header = {
        "level": level,
        "home": corners(home_view(generation)),
        "colourings": kinds,
        "topicNames": names,
        "periods": list(axis.periods),
        "earliest": axis.earliest,
        "latest": axis.latest,
        "papersPerPeriod": counts.tolist(),
        "titles": "\n".join(short_title(t) for t in generation.records.titles.take(rows)),
        "links": "\n".join(_link(generation, row) for row in rows.tolist()),
        **topic_fields(generation, range(len(generation.levels[-1]))),
        "sampling": sampling_settings(),
        "badge": asdict(_BADGE),
        "light": asdict(LIGHT),
        "dark": asdict(DARK),
    }
    arrays = {
        "x": generation.positions[rows, 0].astype("<f4"),
        "y": generation.positions[rows, 1].astype("<f4"),
        "topic": generation.memberships[-1][rows].astype("<u4"),
        "year": generation.records.years[rows].astype("<i2"),
        "period": np.where(places[rows] < 0, _NONE, places[rows]).astype("u1"),
        **of,
    }
    return packed(header, arrays)


def details_message(generation: Generation, chosen: Sequence[int] | None) -> bytes:
    """Return authors, venues and abstracts, which the map is drawn without.

    The fields are those of ``Details`` in ``browser/types.d.ts``. Papers of one topic follow each
    other: they share words, which compresses them better.
    """
    rows = _in_order(generation, chosen)
    by_topic = np.argsort(generation.memberships[-1][rows], kind="stable")
    papers = [generation.records[row] for row in rows[by_topic].tolist()]
    header = {
        "authors": _lines(", ".join(paper.authors) for paper in papers),
        "venues": _lines(plain(paper.venue) for paper in papers),
        "abstracts": _lines(paper.readable_abstract or plain(paper.summary) for paper in papers),
    }
    return packed(header, {"place": by_topic.astype("<u4")})


def _in_order(generation: Generation, chosen: Sequence[int] | None) -> NDArray[np.int64]:
    """Return the rows of papers in the file, in the order in which they come into view."""
    rows = detail_of(generation).order
    return rows if chosen is None else rows[np.isin(rows, np.asarray(chosen, dtype=np.int64))]


def _lines(texts: Iterable[str]) -> str:
    """Return one line a text."""
    return "\n".join(" ".join(text.split()) for text in texts)


def _link(generation: Generation, row: int) -> str:
    links = generation.records[row].links
    return links[0][1] if links else ""
