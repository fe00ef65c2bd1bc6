"""A temporary library for evaluations: an opened generation of papers and vectors.

It is written and opened as any other, so that an evaluation ranks as searches do. Papers stay as
they are, one row each: two records with one title are two documents of a collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from explorer.arrays import Vectors
from explorer.index.cosine_scale import EmbedQueries, measure_scale
from explorer.index.engines import DEFAULT_ENGINE, load_engine
from explorer.index.knn_graph import NeighbourGraph, build_graph
from explorer.library.generation import Generation, Manifest, open_generation
from explorer.library.writing import Draft, PreviousFullText, write_generation
from explorer.papers.paper import Paper
from explorer.settings import Settings
from explorer.topics.communities import Topic
from explorer.topics.hierarchy import TopicHierarchy

_CREATED = "1970-01-01T00:00:00.000+00:00"


def scratch_generation(
    papers: Sequence[Paper],
    vectors: Vectors,
    identity: str,
    folder: Path,
    *,
    engine: str = DEFAULT_ENGINE,
    graph: NeighbourGraph | None = None,
    previous_full_text: PreviousFullText | None = None,
    hierarchy: TopicHierarchy | None = None,
    embed_queries: EmbedQueries | None = None,
    added_at: Sequence[int] | None = None,
) -> Generation:
    """Return ``papers`` as an opened generation.

    Args:
        papers: with distinct ids; their order is that of the rows.
        vectors: unit vectors, shape (papers, dimension).
        identity: of the embedder that made them.
        folder: new folder for it, which must stay while it is used.
        graph: the neighbour graph, where it is known.
        previous_full_text: an index to update instead of building a new one.
        hierarchy: topics; without it there is one, of all papers. The map is left out.
        embed_queries: measures the scale of the cosines; without it hits have no likelihood.
        added_at: when each paper came, in milliseconds since 1970; without it all came at once.
    """
    index = load_engine(engine).build(vectors)
    graph = build_graph(index, Settings().graph) if graph is None else graph
    scale = embed_queries and measure_scale(index, graph, papers, embed_queries)
    draft = Draft(
        papers=papers,
        vectors=vectors,
        engine=index,
        graph=graph,
        positions=np.zeros((len(papers), 2), dtype=np.float32),
        hierarchy=_one_topic(len(papers)) if hierarchy is None else hierarchy,
        added_at=np.array([0] * len(papers) if added_at is None else added_at, dtype=np.int64),
        events=(),
        previous_full_text=previous_full_text,
    )
    manifest = Manifest(
        number=1,
        created=_CREATED,
        papers=len(papers),
        model="",
        identity=identity,
        dimension=vectors.shape[1],
        engine=engine,
        digests=(),
        changes={},
        settings={},
        fit={},
        files={},
        scale=scale.as_dict() if scale else {},
    )
    write_generation(draft, manifest, folder)
    return open_generation(folder)


def _one_topic(papers: int) -> TopicHierarchy:
    topic = Topic(id="t1", level=0, parent="", label="All papers", keywords=(), size=papers)
    everyone = np.zeros(papers, dtype=np.int32)
    strengths = np.ones(papers, dtype=np.float32)
    return TopicHierarchy(((topic,),), (everyone,), (strengths,), (everyone,))
