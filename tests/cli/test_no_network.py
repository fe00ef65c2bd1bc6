"""Nothing leaves this machine: every command and the page, with the network refused."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from explorer.builds.build import BuildOptions, build
from explorer.cli.commands import Commands
from explorer.cli.program import all_commands
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from tests.helpers.corpus import ROOT, WriteDigest
from tests.helpers.offline import offline_environment, refused
from tests.helpers.page_session import open_session
from tests.helpers.serving import free_port, wait_until_up

pytestmark = pytest.mark.slow
_CALLS = """\
build digests
build digests --library default
search --library default --json liver
watch digests --once --settle 0
inspect digests
shards cut digests --into shards --model hashing --library fresh
shards embed shards --model hashing --library fresh
search liver
similar ID
evaluate --self
topics list
topics show t1
topics review
topics rename t1 Livers
topics merge t1 t2
topics pin t3
topics edits
topics undo 1
desk list
desk star ID
desk unstar ID
desk tag later ID
desk note ID interesting
desk restore
desk mark to-read ID
follow add liver --name livers
follow run --atom feeds --base-url https://feeds.example.org
follow list
follow remove livers
news
briefing --format html --output briefing.html
export --format html --output map.html
export --format bibtex --output papers.bib
stats
history
rollback
doctor
duplicates
zotero ZOTERO --dry-run
desk recommend --all
desk interests
review new livers --question liver
review list
review next livers
review label livers include ID
review status livers
review update livers
review conflicts livers
review export livers livers.csv
review import livers livers.csv
review prisma livers livers.svg
review log livers
review undo livers
feeds add hf-daily --digests digests
feeds list --digests digests
feeds remove hf-daily --digests digests
mcp
"""
"""A call of each command; ID is a paper, ZOTERO a database.

``app`` and ``serve`` have tests of their own.
"""
CONNECTING = {"fetch", "feeds test", "morning", "push"}
"""The commands that exist to reach services that a person has named: feeds, and Zotero's API."""
_RUN = """\
import sys
from explorer.cli import main
for line in sys.stdin.read().splitlines():
    print(">", line, file=sys.stderr)
    sys.stdin = open("/dev/null")
    code = main(line.split("\\t"))
    if code:
        sys.exit(f"{line}: {code}")
"""


def _names(commands: Commands, path: str = "") -> Iterator[str]:
    for name in commands.parsers:
        if name in commands.groups:
            yield from _names(commands.groups[name], f"{name} ")
        else:
            yield path + name


@pytest.fixture
def folder(tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest) -> Path:
    """A folder with digests and a library that lacks some of their papers."""
    (tmp_path / "work").mkdir()
    write_digest(tmp_path / "work" / "first.txt", corpus[:30])
    library = LibraryStore(tmp_path / "work" / "library")
    build(library, [tmp_path / "work" / "first.txt"], BuildOptions(model="hashing"))
    write_digest(tmp_path / "work" / "digests" / "2024-03-11.txt", corpus)
    return tmp_path / "work"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a person, without variables that would keep libraries off the network."""
    kept = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
    kept.pop("DO_NOT_TRACK", None)
    return kept | offline_environment(tmp_path)


def test_what_leaves_this_machine_is_refused_and_recorded(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    attempts = """\
import ctypes, socket
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("192.0.2.2", 53)),
):
    try:
        attempt()
    except OSError:
        continue
    raise SystemExit("not refused")
ctypes.CDLL(None).getaddrinfo(b"native.example.org", None, None, ctypes.byref(ctypes.c_void_p()))
"""
    subprocess.run([sys.executable, "-c", attempts], env=environment, check=True, timeout=60)
    targets = [line.split()[1] for line in refused(tmp_path)]
    assert {"192.0.2.1", "example.org", "192.0.2.2"} <= set(targets)
    assert ("native.example.org" in targets) == ("LD_PRELOAD" in environment)


def test_no_command_reaches_for_the_network(
    folder: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    lines = [shlex.split(line) for line in _CALLS.splitlines()]
    covered = {name for name in _names(all_commands()) for line in lines if _calls(line, name)}
    assert covered | {"app", "serve"} | CONNECTING == set(_names(all_commands()))
    paper = LibraryStore(folder / "library").open().records.ids[0]
    places = {"ID": paper, "ZOTERO": str(ROOT / "tests" / "samples" / "zotero.sqlite")}
    calls = [
        "\t".join(places.get(word, word) for word in line)
        + ("" if "--library" in line else "\t--library\tlibrary")
        for line in lines
    ]
    ran = subprocess.run(
        [sys.executable, "-c", _RUN],
        input="\n".join(calls),
        cwd=folder,
        env=environment | {"PYTHONPATH": f"{environment['PYTHONPATH']}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert refused(tmp_path) == []


def _calls(line: list[str], name: str) -> bool:
    return line[: len(name.split())] == name.split()


@contextmanager
def _started(
    folder: Path, environment: dict[str, str], *command: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of Python in ``folder``."""
    paths = f"{environment['PYTHONPATH']}{os.pathsep}{ROOT}"
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize("start", ["explorer.cli app", "streamlit run"])
def test_the_page_reaches_for_no_network(
    folder: Path, tmp_path: Path, environment: dict[str, str], start: str
) -> None:
    port, empty = free_port(), tmp_path / "empty"
    empty.mkdir()
    library = ("--library", str(folder / "library"))
    command = ["explorer.cli", "app", "--port", str(port), "--address", "0.0.0.0", *library]
    if start == "streamlit run":
        command = ["streamlit", "run", str(ROOT / "streamlit_app.py"), "--server.port", str(port)]
        command += ["--server.address", "0.0.0.0", "--", *library]
    variables = environment | {"HOME": str(empty), "STREAMLIT_SERVER_HEADLESS": "true"}
    with _started(empty, variables, *command) as process:
        wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", process)
        for view in ("q=liver", "view=topics", "view=new", "view=desk", "view=library"):
            with open_session(port, view) as (session, _):
                assert session
    assert refused(tmp_path) == []


def test_the_server_reaches_for_no_network_and_its_documentation_neither(
    folder: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    command = ("explorer.cli", "serve", "--port", "0", "--json", "--library", "library")
    with _started(folder, environment, *command) as process:
        assert process.stdout is not None
        address = json.loads(b"".join(iter(process.stdout.readline, b"}\n")) + b"}")["address"]
        for path in ("/v1/search?q=liver&why=true", "/v1/topics", "/v1/map", "/v1/news"):
            with urllib.request.urlopen(address + path, timeout=60) as reply:
                assert reply.status == 200
        with urllib.request.urlopen(f"{address}/docs", timeout=20) as reply:
            html = reply.read().decode()
    assert re.findall(r"""(?:src|href|url)\s*[=:(]\s*["']?(?:https?:)?//[^"')\s]+""", html) == []
    assert refused(tmp_path) == []
