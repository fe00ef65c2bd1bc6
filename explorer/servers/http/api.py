"""Routes of the HTTP interface, version 1; ``/docs`` shows them in a browser."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
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
    recommendations_as_json,
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
from explorer.library.lookup import find_paper, find_topic
from explorer.map.sampling import Viewport
from explorer.map.scene import MOST_DRAWN, detail_of, home_view
from explorer.search.filters import Filters, corners_of
from explorer.search.model import Mode, Query, Sort
from explorer.search.queries.syntax import years_of
from explorer.search.similar import similar
from explorer.servers.http.guard import AccessRules, Guard
from explorer.servers.http.problems import add_problem_handlers, problem_responses

MOST_HITS = 100
"""Hits in one response."""
_MOST_EXPLAINED = 20
"""Hits with key sentences in one response: each takes several embeddings."""
_LONGEST_QUERY = 10_000
_MOST_EXAMPLES = 50
_FURTHEST = 1_000_000
_LONG_ID = 300
_ABOUT = """\
Searches of the Literature Explorer as JSON, with the page's own ranking.

Responses carry an `ETag` of the library's generation: send it back as `If-None-Match` to get
`304 Not Modified` until an update is published. Errors are `application/problem+json` and `detail`
gives advice. Any id of a paper works: the library's, arXiv's, a DOI.
"""

_Edge = Annotated[float | None, Parameter(ge=-1e9, le=1e9, allow_inf_nan=False)]
_Id = Annotated[str, Field(min_length=1, max_length=_LONG_ID)]


class Search(BaseModel):
    """Parameters of a search."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(
        "", max_length=_LONGEST_QUERY, description='words, "phrases", -without, fields (year: ...)'
    )
    k: int = Field(10, ge=1, le=MOST_HITS, description="how many hits")
    offset: int = Field(0, ge=0, le=_FURTHEST, description="hits to skip")
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
    literal: bool = Field(False, description="search for the words exactly as typed")
    why: bool = Field(False, description=f"add each hit's key sentence; k up to {_MOST_EXPLAINED}")

    @property
    def query(self) -> Query:
        """The query for :func:`explorer.search.search.search`.

        Raises:
            UnusableInput: the years or corners are malformed.
        """
        years = years_of(self.year) if self.year else (None, None)
        if years is None:
            raise UnusableInput(f"{self.year!r} is no range of years, such as 2020..2023.")
        corners = corners_of(self.region)
        if self.region and len(corners) < 3:
            raise UnusableInput("region takes three corners or more: x,y,x,y,x,y.")
        filters = Filters(self.topic, self.source, *years, region=corners)
        examples = tuple(self.like), tuple(self.unlike)
        return Query(self.q, *examples, filters, self.mode, self.sort, self.diverse, self.literal)


def make_api(library: Library, rules: AccessRules) -> FastAPI:
    """Return the application that serves ``library`` under these access ``rules``."""
    api: FastAPI = FastAPIOffline(
        title="Literature Explorer",
        version=__version__,
        description=_ABOUT,
        redoc_url=None,
        license_info={"name": "Apache-2.0"},
    )
    api.add_middleware(Guard, rules=rules)
    add_problem_handlers(api)
    _add_searches(api, library)
    _add_topics(api, library)
    _add_map_news_and_health(api, library)
    if library.desk is not None:
        _add_recommendations(api, library)
    return api


def _add_searches(api: FastAPI, library: Library) -> None:
    def hits_of(parameters: Search, generation: Generation) -> dict[str, Any]:
        if parameters.why and parameters.k > _MOST_EXPLAINED:
            raise UnusableInput(f"With why, k is at most {_MOST_EXPLAINED}.")
        query = parameters.query
        query = replace(query, filters=replace(query.filters, desk=library.marks(generation)))
        page = library.page(generation, query, parameters.k, parameters.offset, why=parameters.why)
        following = parameters.offset + parameters.k if page.more else None
        return results_as_json(page.results) | {
            "offset": parameters.offset,
            "next_offset": following,
            "generation": generation.manifest.number,
        }

    @api.get("/v1/search", tags=["search"], responses=problem_responses(404))
    def search(request: Request, parameters: Annotated[Search, Parameter()]) -> Response:
        """Return the best papers for a query; ``next_offset`` is null at the end."""
        generation = library.generation
        return _with_etag(
            request, generation, lambda: hits_of(parameters, generation), _desk_version(library)
        )

    @api.post("/v1/search", tags=["search"], responses=problem_responses(404, 413))
    def search_long(parameters: Search) -> dict[str, Any]:
        """Search with a query too long for a URL, such as a pasted abstract."""
        return hits_of(parameters, library.generation)

    @api.get("/v1/similar", tags=["search"], responses=problem_responses(404))
    def nearest(
        request: Request,
        id: Annotated[str, Parameter(min_length=1, max_length=_LONG_ID)],
        k: Annotated[int, Parameter(ge=1, le=MOST_HITS)] = 10,
    ) -> Response:
        """Return the papers nearest in meaning to one paper."""
        generation = library.generation
        return _with_etag(request, generation, lambda: results_as_json(similar(generation, id, k)))

    @api.get("/v1/papers/{id:path}", tags=["search"], responses=problem_responses(404))
    def paper(
        request: Request,
        id: Annotated[str, Path(min_length=1, max_length=_LONG_ID)],
    ) -> Response:
        """Return one paper with all its fields and its topics, coarse to fine."""
        generation = library.generation

        return _with_etag(
            request,
            generation,
            lambda: mapped_paper_as_json(generation, find_paper(generation, id)),
        )


def _add_topics(api: FastAPI, library: Library) -> None:
    @api.get("/v1/topics", tags=["topics"], responses=problem_responses())
    def topics(request: Request, sort: Order = Order.SIZE) -> Response:
        """Return all topics, coarse to fine."""
        generation = library.generation

        def content() -> dict[str, Any]:
            topic_trends = trends(generation)
            levels = [in_order(level, topic_trends, sort) for level in generation.levels]
            return topics_as_json(levels, topic_trends, generation.size)

        return _with_etag(request, generation, content)

    @api.get("/v1/topics/{name}", tags=["topics"], responses=problem_responses(404))
    def topic(
        request: Request, name: Annotated[str, Path(min_length=1, max_length=_LONG_ID)]
    ) -> Response:
        """Return the profile of one topic, by its id or name."""
        generation = library.generation

        def content() -> dict[str, Any]:
            profile = topic_profile(generation, find_topic(generation, name))
            return topic_profile_as_json(generation, profile, trends(generation))

        return _with_etag(request, generation, content)


def _add_map_news_and_health(api: FastAPI, library: Library) -> None:
    @api.get("/v1/map", tags=["map"], responses=problem_responses())
    def points(
        request: Request,
        left: _Edge = None,
        bottom: _Edge = None,
        right: _Edge = None,
        top: _Edge = None,
        most: Annotated[int, Parameter(ge=1, le=MOST_DRAWN)] = 1000,
    ) -> Response:
        """Return an evenly spread sample of the papers in a part of the map.

        Without edges: the initial view. ``whole`` is true if the sample holds all papers in it.
        """
        generation = library.generation
        edges = (left, bottom, right, top)

        def content() -> dict[str, Any]:
            home = home_view(generation)
            corners = (home.left, home.bottom, home.right, home.top)
            pairs = zip(edges, corners, strict=True)
            view = Viewport(*(default if edge is None else edge for edge, default in pairs))
            sample = detail_of(generation).rows_in(view, most)
            return map_sample_as_json(generation, view, sample)

        return _with_etag(request, generation, content)

    @api.get("/v1/news", tags=["news"], responses=problem_responses())
    def whats_new(
        request: Request,
        since: Annotated[
            str, Parameter(max_length=40, description="a day or moment, ISO 8601; else last update")
        ] = "",
        k: Annotated[int, Parameter(ge=1, le=MOST_HITS, description="papers to list")] = 20,
    ) -> Response:
        """Return new papers with their topics, and topic events since a moment."""
        generation = library.generation
        moment = moment_of(since) if since else None
        return _with_etag(
            request,
            generation,
            lambda: whats_new_as_json(generation, papers_since(generation, moment), k),
        )

    @api.get("/v1/health", tags=["server"], responses=problem_responses())
    def health() -> dict[str, Any]:
        """Return the status of the server and the number of its generation."""
        return {"status": "ok", "generation": library.generation.manifest.number}

    @api.get("/", include_in_schema=False)
    def docs_page() -> Response:
        return RedirectResponse("/docs")


def _add_recommendations(api: FastAPI, library: Library) -> None:
    @api.get("/v1/recommended", tags=["news"], responses=problem_responses())
    def recommendations(
        request: Request,
        since: Annotated[
            str, Parameter(max_length=40, description="a day or moment, ISO 8601; else last update")
        ] = "",
        everything: Annotated[
            bool, Parameter(alias="all", description="the whole library, not only new papers")
        ] = False,
        k: Annotated[int, Parameter(ge=1, le=MOST_HITS, description="papers to list")] = 20,
    ) -> Response:
        """Return papers that suit the stars of the user that the server was started with."""
        generation = library.generation
        moment = moment_of(since) if since else None

        def content() -> dict[str, Any]:
            marks, papers = library.recommended(generation, k, moment, everything=everything)
            return recommendations_as_json(generation, marks, papers)

        return _with_etag(request, generation, content, _desk_version(library))


def warm_up(library: Library) -> None:
    """Load the model and the index; errors are left to the first search that meets them."""
    with suppress(ExplorerError):
        library.page(library.generation, Query("warm up"), 1)


def _desk_version(library: Library) -> int:
    return 0 if library.desk is None else library.desk.version


def _with_etag(
    request: Request,
    generation: Generation,
    content: Callable[[], dict[str, Any]],
    desk_version: int = 0,
) -> Response:
    """Return ``content`` with an ETag of URL, generation and desk, or 304 if the client has it."""
    manifest = generation.manifest
    address = f"{request.url.path}?{request.url.query}"
    key = f"{__version__} {manifest.number} {manifest.created} {desk_version} {address}"
    # Weak, since responses include their own duration.
    tag = f'W/"{manifest.number}-{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    cached = {tag_.strip() for tag_ in request.headers.get("if-none-match", "").split(",")}
    if tag in cached:
        return Response(status_code=304, headers=headers)
    return JSONResponse(content(), headers=headers)
