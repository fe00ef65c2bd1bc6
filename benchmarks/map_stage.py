"""A page with nothing but a map, of any size, to be measured; see :mod:`benchmarks.map`.

``?papers=N`` says how many papers, ``&plain=1`` asks for a Plotly chart with all of them.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from explorer.library.generation import Generation
from explorer.library.store import LibraryStore

_SPREAD = 0.04
"""How far copies of a paper lie from it, as a share of the map's size."""


def crowd(generation: Generation, papers: int) -> Generation:
    """Return so many papers: those of ``generation`` again and again, scattered about their places.

    Abstracts are left out; the map shows none.
    """
    rows = np.arange(papers) % generation.size
    table = generation.records._table
    bare = table.set_column(
        table.column_names.index("abstract"), "abstract", pa.array([""] * len(table))
    )
    scatter = np.random.default_rng(3).normal(size=(papers, 2)) * np.ptp(generation.positions, 0)
    spots = generation.positions[rows] + (_SPREAD * scatter).astype(np.float32)
    return replace(
        generation,
        manifest=replace(generation.manifest, papers=papers),
        records=type(generation.records)(bare.take(rows)),
        positions=spots,
        memberships=tuple(labels[rows] for labels in generation.memberships),
        strengths=tuple(strengths[rows] for strengths in generation.strengths),
        added_at=generation.added_at[rows],
    )


def _page() -> None:
    import streamlit as st

    from explorer import app
    from explorer.app.map import show_plain_map

    made = st.cache_resource(show_spinner=False)(_made)
    st.set_page_config(layout="wide")
    st.html(Path(app.__file__).parent / "style.css")
    generation = made(sys.argv[-1], int(st.query_params.get("papers", 5_000)))
    if st.query_params.get("plain"):
        _show_plainly(generation)
    else:
        with st.container(key="map-frame"):
            show_plain_map(generation)


def _made(folder: str, papers: int) -> Generation:
    return crowd(LibraryStore(Path(folder)).open(), papers)


def _show_plainly(generation: Generation) -> None:
    import plotly.graph_objects as go
    import streamlit as st

    x, y = generation.positions.T
    titles = generation.records.titles.take(np.arange(generation.size))
    dots = go.Scattergl(
        x=x,
        y=y,
        mode="markers",
        marker={"size": 4, "color": generation.memberships[0]},
        text=titles,
        hoverinfo="text",
    )
    chart = go.Figure(dots, go.Layout(height=700, dragmode="pan"))
    st.plotly_chart(chart, key="plain", config={"scrollZoom": True})


if __name__ == "__main__":
    _page()
