"""The addresses of the HTTP interface, version 1; ``/docs`` shows them in a browser."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from fastapi import Query as Parameter
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, Field

from explorer import __version__
from explorer.api.json_format import (
    map_sample_as_json,
    mapped_paper_as_json,
    results_as_json,
    topic_profile_as_json,
    topics_as_json,
    whats_new_as_json,
)
from explorer.api.library import Library
from explorer.errors import ExplorerError, UnusableInput
from explorer.insights.topic_profile import topic_profile
from explorer.insights.trends import Order, in_order, trends
from explorer.insights.whats_new import moment_of
from explorer.insights.whats_new import whats_new as papers_since
from explorer.library.generation import Generation
from explorer.map.sampling import Viewport
from explorer.map.scene import MOST_DRAWN, detail_of, home_view
from explorer.search.filters import Filters, corners_of, find_topic
from explorer.search.query import years_of
from explorer.search.search import Mode, Query, Sort, find_paper, similar
from explorer.servers.http.guard import AccessRules, Guard
from explorer.servers.http.problems import add_problem_handlers, problem_responses

MOST_HITS = 100
"""Hits in one answer."""
_MOST_EXPLAINED = 20
"""Hits whose telling sentences are looked for in one answer: each takes several embeddings."""
_LONGEST_QUERY = 10_000
_MOST_EXAMPLES = 50
_FURTHEST = 1_000_000
_LONG_ID = 300
_ABOUT = """\
What the page of the Literature Explorer finds, as JSON, ranked by the same code.

Answers carry an `ETag` of the library's generation: send it back as `If-None-Match` and the answer
is `304 Not Modified` until an update is published. Errors are `application/problem+json`, their
`detail` says what to do. A paper goes by any id that it is known by: the library's, arXiv's, a DOI.
"""

_Edge = Annotated[float | None, Parameter(ge=-1e9, le=1e9, allow_inf_nan=False)]
_Id = Annotated[str, Field(min_length=1, max_length=_LONG_ID)]


class Search(BaseModel):
    """What is looked for."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(
        "", max_length=_LONGEST_QUERY, description='words, "phrases", -without, fields (year: ...)'
    )
    k: int = Field(10, ge=1, le=MOST_HITS, description="how many hits")
    offset: int = Field(0, ge=0, le=_FURTHEST, description="hits to pass over")
    mode: Mode = Mode.HYBRID
    sort: Sort = Sort.RELEVANCE
    diverse: bool = Field(False, description="hits that are unlike each other")
    like: list[_Id] = Field([], max_length=_MOST_EXAMPLES, description="ids of examples")
    unlike: list[_Id] = Field([], max_length=_MOST_EXAMPLES, description="of counter-examples")
    topic: str = Field("", max_length=_LONG_ID, description="only this topic, by id or name")
    source: str = Field("", max_length=_LONG_ID, description="only from this digest")
    year: str = Field("", max_length=20, description="2023, 2020.., 2020..2023")
    region: str = Field(
        "", max_length=_LONGEST_QUERY, description="only within these corners: x,y,x,y,x,y ..."
    )
    why: bool = Field(
        False, description=f"look for each hit's telling sentence; k up to {_MOST_EXPLAINED}"
    )

    @property
    def query(self) -> Query:
        """What is looked for, as search takes it.

        Raises:
            UnusableInput: years or corners cannot be read.
        """
        years = years_of(self.year) if self.year else (None, None)
        if years is None:
            raise UnusableInput(f"{self.year!r} is no range of years, such as 2020..2023.")
        corners = corners_of(self.region)
        if self.region and len(corners) < 3:
            raise UnusableInput("region takes three corners or more: x,y,x,y,x,y.")
        filters = Filters(self.topic, self.source, *years, region=corners)
        examples = tuple(self.like), tuple(self.unlike)
        return Query(self.q, *examples, filters, self.mode, self.sort, self.diverse)


def make_api(library: Library, terms: AccessRules) -> FastAPI:
    """Return the application that answers from ``library`` on these ``terms``."""
    api: FastAPI = FastAPIOffline(
        title="Literature Explorer",
        version=__version__,
        description=_ABOUT,
        redoc_url=None,
        license_info={"name": "Apache-2.0"},
    )
    api.add_middleware(Guard, terms=terms)
    add_problem_handlers(api)
    _add_searches(api, library)
    _add_topics(api, library)
    _add_rest(api, library)
    return api


def _add_searches(api: FastAPI, library: Library) -> None:
    def found(asked: Search, generation: Generation) -> dict[str, Any]:
        if asked.why and asked.k > _MOST_EXPLAINED:
            raise UnusableInput(f"With why, k is at most {_MOST_EXPLAINED}.")
        page = library.page(generation, asked.query, asked.k, asked.offset, why=asked.why)
        following = asked.offset + asked.k if page.more else None
        return results_as_json(page.results) | {
            "offset": asked.offset,
            "next_offset": following,
            "generation": generation.manifest.number,
        }

    @api.get("/v1/search", tags=["search"], responses=problem_responses(404))
    def search(request: Request, asked: Annotated[Search, Parameter()]) -> Response:
        """Return the papers that answer a query best; ``next_offset`` is null at the end."""
        generation = library.generation
        return _tagged(request, generation, lambda: found(asked, generation))

    @api.post("/v1/search", tags=["search"], responses=problem_responses(404, 413))
    def search_long(asked: Search) -> dict[str, Any]:
        """Do the same for what is too long for an address, such as a pasted abstract."""
        return found(asked, library.generation)

    @api.get("/v1/similar", tags=["search"], responses=problem_responses(404))
    def nearest(
        request: Request,
        id: Annotated[str, Parameter(min_length=1, max_length=_LONG_ID)],
        k: Annotated[int, Parameter(ge=1, le=MOST_HITS)] = 10,
    ) -> Response:
        """Return the papers nearest in meaning to one paper."""
        generation = library.generation
        return _tagged(request, generation, lambda: results_as_json(similar(generation, id, k)))

    @api.get("/v1/papers/{id:path}", tags=["search"], responses=problem_responses(404))
    def paper(
        request: Request,
        id: Annotated[str, Path(min_length=1, max_length=_LONG_ID)],
    ) -> Response:
        """Return all that is known of one paper, with its topics, coarse to fine."""
        generation = library.generation

        return _tagged(
            request,
            generation,
            lambda: mapped_paper_as_json(generation, find_paper(generation, id)),
        )


def _add_topics(api: FastAPI, library: Library) -> None:
    @api.get("/v1/topics", tags=["topics"], responses=problem_responses())
    def topics(request: Request, sort: Order = Order.SIZE) -> Response:
        """Return all topics, coarse to fine."""
        generation = library.generation

        def told() -> dict[str, Any]:
            found = trends(generation)
            levels = [in_order(level, found, sort) for level in generation.levels]
            return topics_as_json(levels, found, generation.size)

        return _tagged(request, generation, told)

    @api.get("/v1/topics/{name}", tags=["topics"], responses=problem_responses(404))
    def topic(
        request: Request, name: Annotated[str, Path(min_length=1, max_length=_LONG_ID)]
    ) -> Response:
        """Return all there is to tell about one topic, by its id or name."""
        generation = library.generation

        def told() -> dict[str, Any]:
            found = topic_profile(generation, find_topic(generation, name))
            return topic_profile_as_json(generation, found, trends(generation))

        return _tagged(request, generation, told)


def _add_rest(api: FastAPI, library: Library) -> None:
    @api.get("/v1/map", tags=["map"], responses=problem_responses())
    def points(
        request: Request,
        left: _Edge = None,
        bottom: _Edge = None,
        right: _Edge = None,
        top: _Edge = None,
        most: Annotated[int, Parameter(ge=1, le=MOST_DRAWN)] = 1000,
    ) -> Response:
        """Return papers in a part of the map, well spread, those that come into view first.

        Without edges it is what the map shows at first. ``whole`` tells whether these are all.
        """
        generation = library.generation
        edges = (left, bottom, right, top)

        def told() -> dict[str, Any]:
            home = home_view(generation)
            corners = (home.left, home.bottom, home.right, home.top)
            pairs = zip(edges, corners, strict=True)
            view = Viewport(*(own if edge is None else edge for edge, own in pairs))
            shown = detail_of(generation).rows_in(view, most)
            return map_sample_as_json(generation, view, shown)

        return _tagged(request, generation, told)

    @api.get("/v1/news", tags=["news"], responses=problem_responses())
    def whats_new(
        request: Request,
        since: Annotated[
            str, Parameter(max_length=40, description="a day or moment, ISO 8601; else last update")
        ] = "",
        k: Annotated[int, Parameter(ge=1, le=MOST_HITS, description="papers to list")] = 20,
    ) -> Response:
        """Return what is new: papers, their topics, and what became of topics."""
        generation = library.generation
        moment = moment_of(since) if since else None
        return _tagged(
            request,
            generation,
            lambda: whats_new_as_json(generation, papers_since(generation, moment), k),
        )

    @api.get("/v1/health", tags=["server"], responses=problem_responses())
    def health() -> dict[str, Any]:
        """Tell that the server answers, and from which generation."""
        return {"status": "ok", "generation": library.generation.manifest.number}

    @api.get("/", include_in_schema=False)
    def way_in() -> Response:
        return RedirectResponse("/docs")


def warm_up(library: Library) -> None:
    """Load what the first search would have to wait for; what cannot be loaded is told then."""
    with suppress(ExplorerError):
        library.page(library.generation, Query("warm up"), 1)


def _tagged(
    request: Request, generation: Generation, content: Callable[[], dict[str, Any]]
) -> Response:
    """Return ``content`` with the tag of address and generation, or that the client has it."""
    manifest = generation.manifest
    asked = (
        f"{__version__} {manifest.number} {manifest.created} {request.url.path}?{request.url.query}"
    )
    # Weak, since answers tell how long they took.
    tag = f'W/"{manifest.number}-{hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return JSONResponse(content(), headers=headers)
