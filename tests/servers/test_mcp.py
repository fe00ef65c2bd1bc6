"""MCP tools called by a real client; the session shown in the docs."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client

from explorer.cli import main
from explorer.library.generation import Generation
from explorer.library.lookup import find_paper
from explorer.library.store import LibraryStore
from explorer.search.similar import similar

pytestmark = pytest.mark.slow

Ask = Callable[..., Any]


@pytest.fixture
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def _with_client(library: Path, act: Callable[[Client], Awaitable[Any]], repository: Path) -> Any:
    """Start the server as an assistant would, and let a client ``act``."""
    command = ["-m", "explorer.cli", "mcp", "--library", str(library)]
    server = StdioServerParameters(command=sys.executable, args=command, cwd=repository)

    async def session() -> Any:
        async with Client(stdio_client(server)) as client:
            return await act(client)

    return anyio.run(session)


def test_an_assistant_finds_its_way(
    hashing_library: LibraryStore, generation: Generation, repository: Path
) -> None:
    paper = next(paper for paper in generation.records if paper.arxiv)

    async def act(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"search", "similar", "paper", "topics", "whats_new"}
        for tool in tools.values():
            assert tool.description
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint

        async def ask(tool: str, **arguments: Any) -> Any:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content
            return result.structured_content

        hits = (await ask("search", query="liver segmentation author:byron", k=3))["hits"]
        rows = [find_paper(generation, hit["id"]) for hit in hits]
        assert all("Ada Byron" in generation.records[row].authors for row in rows)
        assert all(hit["why"] for hit in hits)
        near = (await ask("similar", id=paper.arxiv, k=4))["hits"]
        wanted = similar(generation, paper.arxiv, 4).hits
        assert [hit["id"] for hit in near] == [hit.paper.id for hit in wanted]
        record = await ask("paper", id=paper.arxiv)
        assert record["abstract"] == paper.readable_abstract
        assert record["links"][0] == f"https://arxiv.org/abs/{paper.arxiv}"
        listed = (await ask("topics"))["topics"]
        assert sum(topic["papers"] for topic in listed) == generation.size
        topic = await ask("topics", name=listed[0]["id"])
        assert topic["representative_papers"]
        assert (await ask("whats_new", since="2000-01-01", k=2))["papers"]

    _with_client(hashing_library.folder, act, repository)


def test_errors_are_reported_and_the_server_goes_on(tmp_path: Path, repository: Path) -> None:
    async def act(client: Client) -> None:
        for name, arguments, message in (
            ("search", {"query": "x", "year": "soon"}, "2020..2023"),
            ("paper", {"id": "x"}, "no library here yet"),
            ("search", {"query": "x", "k": 1000}, "less than or equal to 50"),
        ):
            result = await client.call_tool(name, arguments)
            assert result.is_error
            assert message in str(result.content)

    _with_client(tmp_path / "none", act, repository)


def test_the_session_in_the_docs_is_current(
    seed_library: LibraryStore, repository: Path, tmp_path: Path
) -> None:
    """Topics and scores may differ a little between processors; questions, hits and shape not."""
    record = runpy.run_path(str(repository / "docs" / "record_mcp.py"))
    library = record["make_library"](tmp_path, seed_library.vectors)
    begin, end = record["_BEGIN"], record["_END"]
    titles = re.compile(r'"title": (.*)')
    for name, now in record["transcripts"](library).items():
        page = (repository / "docs" / name).read_text(encoding="utf-8")
        written = begin + page.partition(begin)[2].partition(end)[0] + end
        stale = f"The session in docs/{name} is stale: run python docs/record_mcp.py"
        assert _shape(written) == _shape(now), stale
        assert titles.findall(written)[:2] == titles.findall(now)[:2], stale


def _shape(session: str) -> str:
    """Return a session without the values in its answers."""
    without_numbers = re.sub(r"\d[\d.]*", "0", session)
    return re.sub(r'(": )?"[^"\n]*"(?=,?$)', r'\1"…"', without_numbers, flags=re.MULTILINE)


def test_without_the_package_the_command_names_the_extra(
    hashing_library: LibraryStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    monkeypatch.delitem(sys.modules, "explorer.servers.mcp", raising=False)
    assert main(["mcp", "--library", str(hashing_library.folder)]) == 2
    assert "pip install --editable '.[mcp]'" in capsys.readouterr().err
