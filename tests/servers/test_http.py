"""The library over HTTP: answers, pages, tags, problems, terms, a server during a build."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from starlette.testclient import TestClient

from explorer.api.library import MOST_RANKED, Library
from explorer.builds.build import BuildOptions, build
from explorer.cli import main
from explorer.errors import UnusableInput
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.sampling import Viewport
from explorer.papers.paper import Paper
from explorer.search.model import Query
from explorer.search.search import search
from explorer.servers.http.api import make_api
from explorer.servers.http.guard import AccessRules, is_loopback, loopback_names
from explorer.servers.http.serving import TOKEN, access_rules_for
from explorer.settings import RequestLimits
from tests.helpers.corpus import Growing

_SECRET = "a secret of some length"
_FAST = 1_000_000
"""Requests a second that no test makes."""


@pytest.fixture
def library(hashing_library: LibraryStore) -> Library:
    return Library(hashing_library.folder)


@pytest.fixture
def generation(library: Library) -> Generation:
    return library.generation


@pytest.fixture
def client(library: Library) -> TestClient:
    return _client(library)


def _client(library: Library, **terms: Any) -> TestClient:
    api = make_api(library, AccessRules(**{"rate": _FAST} | terms))
    return TestClient(api, raise_server_exceptions=False)


def _ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()["hits"]]


def _problem(answer: Any, status: int) -> str:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    content = answer.json()
    assert content["status"] == status
    return str(content["detail"])


# -- answers


def test_a_search_ranks_as_search_does(
    client: TestClient, library: Library, generation: Generation
) -> None:
    text = "liver segmentation year:2020.."
    wanted = search(generation, library.embedder(generation), Query(text), 7)
    answer = client.get("/v1/search", params={"q": text, "k": 7})
    assert _ids(answer) == [hit.paper.id for hit in wanted.hits]
    assert answer.json()["parsed"]["clauses"] == ["year:2020.."]
    assert _ids(client.post("/v1/search", json={"q": text, "k": 7})) == _ids(answer)


def test_all_parameters_of_a_query_are_accepted(client: TestClient, generation: Generation) -> None:
    topic, ids = generation.levels[-1][0], generation.records.ids
    within = _ids(client.get("/v1/search", params={"topic": topic.id, "q": "a", "k": 100}))
    assert set(within) <= {ids[row] for row in generation.members(topic)}
    hits = _ids(client.get("/v1/search", params={"like": [ids[0], ids[1]], "unlike": ids[2]}))
    assert not {*ids[:3]} & {*hits}
    newest = client.get("/v1/search", params={"q": "liver", "sort": "date", "k": 5}).json()["hits"]
    dates = [hit["date"] for hit in newest if hit["date"]]
    assert dates == sorted(dates, reverse=True)
    lexical = client.get("/v1/search", params={"q": "liver", "mode": "lexical"}).json()
    assert lexical["mode"] == "lexical"
    (left, bottom), (right, top) = generation.positions.min(0) - 1, generation.positions.max(0) + 1
    corners = f"{left},{bottom},{right},{bottom},{right},{top},{left},{top}"
    assert len(_ids(client.get("/v1/search", params={"region": corners, "k": 100}))) == len(ids)


@pytest.mark.parametrize(
    "parameters",
    [
        {"q": "segmentation of the liver"},
        {"q": "video", "mode": "lexical"},
        {"q": "models", "diverse": True},
        {"q": "models", "sort": "date"},
        {"q": "year:2000.."},
    ],
)
def test_pages_fit_together(client: TestClient, parameters: dict[str, Any]) -> None:
    whole = client.get("/v1/search", params=parameters | {"k": 12})
    pages: list[str] = []
    offset: int | None = 0
    while offset is not None and offset < 12:
        page = client.get("/v1/search", params=parameters | {"k": 4, "offset": offset})
        assert [hit["rank"] for hit in page.json()["hits"]][:1] in ([], [offset + 1])
        pages += _ids(page)
        offset = page.json()["next_offset"]
    assert pages == _ids(whole)
    assert len(set(pages)) == len(pages)


def test_a_ranking_ends(client: TestClient) -> None:
    far = client.get("/v1/search", params={"q": "liver", "offset": MOST_RANKED}).json()
    assert far["hits"] == []
    assert far["next_offset"] is None


def test_similar_papers_topics_points_and_news(client: TestClient, generation: Generation) -> None:
    paper = next(paper for paper in generation.records if paper.arxiv)
    assert _ids(client.get("/v1/similar", params={"id": paper.arxiv, "k": 4}))
    record = client.get(f"/v1/papers/{paper.arxiv}").json()
    assert record["id"] == paper.id
    assert [topic["id"] for topic in record["topics"]][-1] in generation.topics
    levels = client.get("/v1/topics").json()["levels"]
    assert [len(level) for level in levels] == [len(level) for level in generation.levels]
    topic = generation.levels[-1][0]
    assert client.get(f"/v1/topics/{topic.id}").json()["topic"]["label"] == topic.label
    everything = client.get("/v1/map", params={"most": 5000}).json()
    assert everything["whole"]
    assert len(everything["points"]) == generation.size
    view = Viewport(*everything["view"].values())
    middle = (view.left + view.right) / 2
    half = client.get("/v1/map", params={"right": middle, "most": 5000}).json()["points"]
    assert {point["id"] for point in half} == {
        p["id"] for p in everything["points"] if p["x"] <= middle
    }
    assert len(client.get("/v1/map", params={"most": 3}).json()["points"]) == 3
    news = client.get("/v1/news", params={"since": "2000-01-01", "k": 3}).json()
    assert len(news["papers"]) == 3
    assert client.get("/v1/health").json() == {"status": "ok", "generation": 1}


def test_a_doi_is_an_address(tmp_path: Path) -> None:
    digest = tmp_path / "one.jsonl"
    papers = [
        {"title": f"Paper {word} about liver scans", "doi": f"10.1000/{word}(x)/y"}
        for word in "abcdef"
    ]
    digest.write_text("\n".join(map(json.dumps, papers)), encoding="utf-8")
    library = Library(tmp_path / "library")
    build(library, [digest], BuildOptions(model="hashing"))
    answer = _client(library).get(f"/v1/papers/{quote('10.1000/c(x)/y')}")
    assert answer.json()["title"] == "Paper c about liver scans"


def test_why_adds_key_sentences(client: TestClient) -> None:
    why = client.get("/v1/search", params={"q": "organ boundary", "k": 3, "why": True})
    assert all(hit["why"]["sentence"] for hit in why.json()["hits"])
    too_many = client.get("/v1/search", params={"q": "organ", "k": 50, "why": True})
    assert "k is at most" in _problem(too_many, 422)


# -- tags and generations


def test_an_unchanged_answer_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/v1/search?q=liver")
    tag = first.headers["etag"]
    again = client.get("/v1/search?q=liver", headers={"If-None-Match": f'"other", {tag}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == tag
    other = client.get("/v1/search?q=video", headers={"If-None-Match": tag})
    assert other.status_code == 200
    unknown = client.get("/v1/papers/nothing", headers={"If-None-Match": tag})
    assert unknown.status_code == 404


def test_a_new_generation_answers_the_next_request(growing: Growing) -> None:
    library = Library(growing.folder)
    client = _client(library)
    before = client.get("/v1/topics")
    assert client.get("/v1/health").json()["generation"] == 1
    growing.grow()
    assert client.get("/v1/health").json()["generation"] == 2
    after = client.get("/v1/topics", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert client.get("/v1/news").json()["papers"]
    library.rollback()
    assert client.get("/v1/health").json()["generation"] == 1


# -- problems and access rules


@pytest.mark.parametrize(
    ("address", "status", "detail"),
    [
        ("/v1/search?k=0", 422, "greater than or equal to 1"),
        ("/v1/search?k=101", 422, "less than or equal to 100"),
        ("/v1/search?colour=red", 422, "colour"),
        ("/v1/search?year=soon", 422, "2020..2023"),
        ("/v1/search?region=1,2", 422, "three corners"),
        ("/v1/search?q=x&topic=nothing", 404, "No topic is called"),
        ("/v1/search?q=x&source=nothing", 422, "No digest is called"),
        ("/v1/similar?id=nothing", 404, "No paper goes by"),
        ("/v1/papers/nothing", 404, "No paper goes by"),
        ("/v1/topics/nothing", 404, "No topic is called"),
        ("/v1/news?since=soon", 422, "not a date"),
        ("/v1/nowhere", 404, "Not Found"),
        (f"/v1/search?q={'x' * 20_000}", 422, "at most 10000"),
    ],
)
def test_problems_give_advice(client: TestClient, address: str, status: int, detail: str) -> None:
    assert detail in _problem(client.get(address), status)


def test_only_what_is_documented_is_allowed(client: TestClient) -> None:
    _problem(client.delete("/v1/search"), 405)


def test_a_large_body_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/search", content=b" " * (RequestLimits().body_bytes + 1))
    assert "bytes" in _problem(answer, 413)

    def pieces() -> Iterator[bytes]:  # a client that does not tell the length beforehand
        yield from [b" " * 4096] * (RequestLimits().body_bytes // 4096 + 1)

    assert "bytes" in _problem(client.post("/v1/search", content=pieces()), 413)


def test_a_missing_library_is_reported_without_naming_folders(tmp_path: Path) -> None:
    answer = _client(Library(tmp_path / "hidden")).get("/v1/search?q=x")
    assert "hidden" not in _problem(answer, 503)


def test_the_token_is_required_except_for_docs_and_health(library: Library) -> None:
    client = _client(library, token=_SECRET)
    for address in ("/v1/search?q=x", "/v1/topics", "/v1/map", "/v1/papers/x", "/v1/nowhere"):
        assert "Bearer" in _problem(client.get(address), 401)
        wrong = client.get(address, headers={"Authorization": f"Bearer {_SECRET}x"})
        assert wrong.status_code == 401
    shown = {"Authorization": f"Bearer {_SECRET}"}
    assert client.get("/v1/topics", headers=shown).status_code == 200
    for address in ("/v1/health", "/docs", "/openapi.json"):
        assert client.get(address).status_code == 200


def test_an_unknown_host_name_is_rejected(library: Library) -> None:
    client = _client(library, hosts=frozenset(("localhost", "127.0.0.1", "::1")))
    evil = client.get("/v1/topics", headers={"Host": "evil.example:8600"})
    assert "name" in _problem(evil, 400)
    for host in ("localhost:8600", "127.0.0.1", "[::1]:8600", "LOCALHOST"):
        assert client.get("/v1/topics", headers={"Host": host}).status_code == 200
    assert (
        "access-control-allow-origin"
        not in client.get(
            "/v1/topics", headers={"Host": "localhost", "Origin": "https://evil.example"}
        ).headers
    )


def test_one_client_is_rate_limited(library: Library) -> None:
    client = _client(library, rate=2)
    statuses = [client.get("/v1/health").status_code for _ in range(40)]
    assert statuses[0] == 200
    refused = client.get("/v1/health")
    assert "requests per second" in _problem(refused, 429)
    assert refused.headers["retry-after"] == "1"


def test_strangers_behind_an_address_use_up_nothing_of_its_rate(library: Library) -> None:
    client = _client(library, rate=2, token=_SECRET)
    refused = [client.get("/v1/topics").status_code for _ in range(40)]
    assert refused[0] == 401
    assert refused[-1] == 429
    for _ in range(40):
        client.get("/v1/health")
    shown = {"Authorization": f"Bearer {_SECRET}"}
    assert client.get("/v1/topics", headers=shown).status_code == 200


def test_a_server_for_others_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    assert access_rules_for("127.0.0.1", (), 5) == AccessRules(
        "", frozenset(("localhost", "127.0.0.1", "::1")), 5
    )
    for host, allowed in (("0.0.0.0", ()), ("::", ()), ("papers.example", ()), ("::1", ("x",))):
        with pytest.raises(UnusableInput, match=TOKEN):
            access_rules_for(host, allowed, 5)
    monkeypatch.setenv(TOKEN, "short")
    with pytest.raises(UnusableInput, match="16"):
        access_rules_for("0.0.0.0", (), 5)
    monkeypatch.setenv(TOKEN, _SECRET)
    assert access_rules_for("0.0.0.0", (), 5) == AccessRules(_SECRET, frozenset(), 5)
    assert "papers.example" in access_rules_for("127.0.0.1", ("papers.example",), 5).hosts


def test_loopback_addresses_are_recognised() -> None:
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "127.9.9.9")] == [True] * 4
    assert [is_loopback(h) for h in ("0.0.0.0", "::", "10.0.0.1", "example.org")] == [False] * 4


@pytest.mark.parametrize("host", ["localhost:port", "a@localhost", "localhost/x", "localhost#", ""])
def test_a_host_header_that_is_no_host_and_port_is_rejected(library: Library, host: str) -> None:
    client = _client(library, hosts=loopback_names())
    assert client.get("/v1/health", headers={"Host": host}).status_code == 400


def test_a_trusted_proxy_is_an_address() -> None:
    assert access_rules_for("::1", (), 5, ("10.0.0.0/24",)).proxies == ("10.0.0.0/24",)
    with pytest.raises(UnusableInput, match="--trust-proxy"):
        access_rules_for("::1", (), 5, ("proxy.example",))


# -- anything that the description allows


_BOUNDED = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def _described(library: Library) -> dict[str, Any]:
    """Return the operations that the description of the server has, by method and address."""
    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", make_api(library, AccessRules(rate=_FAST))
    )
    found = schema.get_all_operations()
    operations = [operation.ok() for operation in found if isinstance(operation, Ok)]
    return {operation.label: operation for operation in operations}


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("label", _described(Library("nowhere")))
def test_all_requests_are_answered_as_documented(
    library: Library, label: str, mode: GenerationMode
) -> None:
    """Valid and invalid requests: never a 5xx, and every response as documented."""
    operation = _described(library)[label]
    statuses: set[int] = set()

    @_BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: Case[Any]) -> None:
        answer = case.call()
        statuses.add(answer.status_code)
        assert answer.status_code < 500
        # A description cannot say what is a topic, a moment or a region: those may be refused.
        passed_over: list[Any] = [positive_data_acceptance]
        if answer.status_code == 413:  # a refusal, too, but not one that the check knows
            passed_over.append(negative_data_rejection)
        case.validate_response(answer, excluded_checks=passed_over)

    try:
        asked()
    except Unsatisfiable:  # nothing can be wrong with what takes no parameters
        assert mode is GenerationMode.NEGATIVE
        assert not operation.query
    else:
        assert statuses


# -- a real server


@contextmanager
def _served(library: Path, *options: str, token: str = "") -> Iterator[str]:
    command = [sys.executable, "-m", "explorer.cli", "serve", "--json", "--port", "0"]
    command += ["--library", str(library), *options]
    environment = {**os.environ, TOKEN: token}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    try:
        assert server.stdout is not None
        lines = "".join(iter(server.stdout.readline, "}\n")) + "}"
        yield json.loads(lines)["address"]
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0


def _get(address: str, **headers: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.slow
def test_people_search_while_a_build_runs(growing: Growing, corpus: list[Paper]) -> None:
    with _served(growing.folder, "--rate", "10000") as address, ThreadPoolExecutor(4) as people:
        building = people.submit(growing.grow)
        seen: set[int] = set()

        def ask(number: int) -> int:
            query = urlencode({"q": f"{corpus[number % 40].title} {number}", "k": 5})
            status, answer = _get(f"{address}/v1/search?{query}")
            assert len(answer["hits"]) == 5
            seen.add(answer["generation"])
            return status

        statuses: list[int] = []
        end = time.monotonic() + 60
        while not (building.done() and 2 in seen) and time.monotonic() < end:
            statuses += people.map(ask, range(len(statuses), len(statuses) + 6))
        building.result()
    assert set(statuses) == {200}
    assert seen == {1, 2}


@pytest.mark.slow
def test_a_server_with_a_token(hashing_library: LibraryStore) -> None:
    with _served(hashing_library.folder, token=_SECRET) as address:
        assert _get(f"{address}/v1/topics")[0] == 401
        assert _get(f"{address}/v1/topics", Authorization=f"Bearer {_SECRET}")[0] == 200
        assert _get(f"{address}/v1/health", Host="evil.example")[0] == 400


def test_listening_for_others_without_a_token_is_rejected(
    hashing_library: LibraryStore,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    command = ["serve", "--library", str(hashing_library.folder), "--host", "0.0.0.0"]
    assert main(command) == 2
    assert TOKEN in capsys.readouterr().err


def test_a_missing_library_is_not_served(tmp_path: Path) -> None:
    assert main(["serve", "--library", str(tmp_path / "none")]) == 1


def test_unindexed_words_and_desk_filters_are_answered(
    client: TestClient,
) -> None:
    answer = client.get("/v1/search", params={"q": "???", "mode": "lexical"})
    assert _ids(answer) == []
    for query in ("is:starred", "tag:thesis", "like:starred", "unlike:dismissed"):
        answer = client.get("/v1/search", params={"q": query})
        assert _ids(answer) == []
        (note,) = answer.json()["parsed"]["notes"]
        assert f"“{query}” refers to a desk" in note
