"""Records an assistant's session with a library into the documents: python docs/record_mcp.py

A real client starts ``explorer mcp`` and calls each tool. The library is made of ``data/digests``
in two steps, so that there are news. Long texts and lists are cut short; moments are made one.
docs/mcp-session.md has the whole session, docs/scripting.md two calls of it.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from explorer.api.json_format import parsed_paper_as_json  # noqa: E402
from explorer.builds.build import build  # noqa: E402
from explorer.library.store import LibraryStore  # noqa: E402
from explorer.readers import read_digest  # noqa: E402

_BEGIN, _END = "<!-- session: begin -->", "<!-- session: end -->"
_CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("search", {"query": "text to video generation -survey", "k": 2}),
    ("similar", {"id": "p3eba0ac9fc2", "k": 2}),
    ("paper", {"id": "p3eba0ac9fc2"}),
    ("topics", {"name": "no such topic"}),
    ("topics", {}),
    ("whats_new", {"k": 2}),
)
_PAGES = {"mcp-session.md": range(len(_CALLS)), "scripting.md": (0, 3)}
"""Calls shown on each page."""
_EARLIER = 110
"""Papers in the library before the last update, so that there is news."""
_LONGEST_TEXT = 160
_MOST_LISTED = 2
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:[+-]\d\d:\d\d|Z)")


def main() -> None:
    """Make the library, run the session and write it into the pages."""
    with tempfile.TemporaryDirectory() as scratch:
        shown = transcripts(make_library(Path(scratch)))
    pattern = re.compile(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)
    for name, session in shown.items():
        page = REPOSITORY / "docs" / name
        text = pattern.sub(lambda _, session=session: session, page.read_text(encoding="utf-8"))
        page.write_text(text, encoding="utf-8")
    print(f"The session is in {', '.join(shown)}.")


def make_library(folder: Path, vectors: Path | None = None) -> LibraryStore:
    """Return a library of ``data/digests`` that has been updated once.

    ``vectors`` may be the vector cache of another library, which saves the embedding.
    """
    (digest,) = (REPOSITORY / "data" / "digests").glob("*.txt")
    earlier = folder / "earlier.jsonl"
    records = [parsed_paper_as_json(paper) for paper in read_digest(digest).papers[:_EARLIER]]
    earlier.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    library = LibraryStore(folder / "library")
    if vectors is not None:
        shutil.copytree(vectors, library.vectors)
    build(library, [earlier])
    build(library, [digest])
    return library


def transcripts(library: LibraryStore) -> dict[str, str]:
    """Return the transcript of a session with ``library`` for each page, between its marks."""
    import anyio

    tools, answers = anyio.run(_session, library)
    exchanges = []
    for (name, arguments), answer in zip(_CALLS, answers, strict=True):
        arguments_json = json.dumps(arguments, ensure_ascii=False)
        exchanges.append(f"```text\n→ {name} {arguments_json}\n← {_shown(answer)}\n```")
    offered = f"Tools: {', '.join(f'`{name}`' for name in tools)}."
    return {
        page: "\n\n".join([_BEGIN, offered, *(exchanges[number] for number in calls), _END])
        for page, calls in _PAGES.items()
    }


async def _session(library: LibraryStore) -> tuple[list[str], list[Any]]:
    """Return the names of the tools, and the answer to each call."""
    from mcp import Client, StdioServerParameters, stdio_client

    command = ["-m", "explorer.cli", "mcp", "--library", str(library.folder)]
    server = StdioServerParameters(command=sys.executable, args=command, cwd=REPOSITORY)
    async with Client(stdio_client(server)) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        answers: list[Any] = []
        for name, arguments in _CALLS:
            result = await client.call_tool(name, arguments)
            (content,) = result.content
            text = getattr(content, "text", "")
            answers.append(text if result.is_error else result.structured_content)
        return tools, answers


def _shown(answer: Any) -> str:
    text = (
        answer
        if isinstance(answer, str)
        else json.dumps(_cut(answer), indent=2, ensure_ascii=False)
    )
    return _MOMENT.sub("2026-11-25T06:00:00Z", text)


def _cut(value: Any) -> Any:
    """Return an answer with long texts and lists cut short."""
    if isinstance(value, dict):
        return {name: _cut(inner) for name, inner in value.items()}
    if isinstance(value, list):
        rest = len(value) - _MOST_LISTED
        kept = [_cut(inner) for inner in value[:_MOST_LISTED]]
        return [*kept, f"… and {rest} more"] if rest > 0 else kept
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[:_LONGEST_TEXT].rsplit(' ', 1)[0]} …"
    return value


if __name__ == "__main__":
    main()
