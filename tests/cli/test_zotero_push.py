"""Stars, tags and notes written to Zotero: additions only, and never past another's change."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any

import pytest

from explorer.builds.build import BuildOptions
from explorer.builds.zotero import update_from_zotero
from explorer.cli import main
from explorer.desk.desk import DeskChange, desk_of
from explorer.desk.marks import mark_papers
from explorer.errors import UnusableInput
from explorer.export import zotero_push
from explorer.export.zotero_push import KEY_VARIABLE, ZoteroServer
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from tests.helpers.zotero_api import API_KEY, ZoteroApi, serve_zotero
from tests.helpers.zotero_library import Stored, make_zotero

_NOTE = "Compare <b>figure 3</b> & 4\nsecond line"


@pytest.fixture(scope="module")
def zotero_library(tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper]) -> LibraryStore:
    """A library from Zotero with marks on three of its papers."""
    folder = tmp_path_factory.mktemp("push")
    items = [Stored(fields={"title": p.title, "abstractNote": p.abstract}) for p in corpus[:6]]
    make_zotero(folder / "zotero.sqlite", items)
    store = LibraryStore(folder / "library")
    update_from_zotero(store, folder / "zotero.sqlite", BuildOptions(model="hashing"))
    generation = store.open()
    ids = {paper.title: paper.id for paper in generation.records}
    changes = (
        DeskChange(star=True, add_tags=("thesis",), note=_NOTE),
        DeskChange(add_tags=("Thesis", "old")),
        DeskChange(star=True),
    )
    for paper, change in zip(corpus, changes, strict=False):
        mark_papers(generation, desk_of(store.folder), [ids[paper.title]], change)
    return store


def _api() -> ZoteroApi:
    """Return a server that has the first two of those items."""
    tags: list[dict[str, Any]] = [{"tag": "OLD"}, {"tag": "auto", "type": 1}]
    items: dict[str, dict[str, Any]] = {
        "ITEM0001": {"itemType": "journalArticle", "title": "one", "tags": [], "collections": []},
        "ITEM0002": {"itemType": "book", "title": "two", "tags": tags, "collections": ["THEIRS01"]},
    }
    return ZoteroApi({key: one | {"key": key, "version": 5} for key, one in items.items()})


def _push(library: LibraryStore, api: ZoteroApi, *more: str) -> int:
    where = ["--server", api.address, "--to", "users/1", "--library", str(library.folder)]
    return main(["push", *where, *more])


def test_a_push_adds_what_is_missing_and_a_second_one_nothing(
    zotero_library: LibraryStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)
    with serve_zotero(_api()) as api:
        before = deepcopy(api.items)
        assert _push(zotero_library, api, "--json") == 0
        planned = json.loads(capsys.readouterr().out)
        by_item = {change.pop("item"): change for change in planned["changes"]}
        assert by_item.keys() == {"ITEM0001", "ITEM0002"}
        assert (by_item["ITEM0001"]["tags"], by_item["ITEM0001"]["note"]) == (["thesis"], _NOTE)
        assert by_item["ITEM0001"]["collections"] == ["Starred", "thesis"]
        assert (by_item["ITEM0002"]["tags"], by_item["ITEM0002"]["note"]) == (["Thesis"], "")
        assert {name.casefold() for name in planned["new_collections"]} == {
            *("literature explorer", "starred", "thesis", "old"),
        }
        assert (len(planned["new_collections"]), planned["written"]) == (4, None)
        assert planned["missing"] == ["ITEM0003"]
        assert _push(zotero_library, api) == 0
        shown = capsys.readouterr().out
        assert "Literature Explorer / Starred" in shown
        assert "Nothing was changed" in shown
        assert (api.items, api.writes) == (before, [])

        assert _push(zotero_library, api, "--apply") == 0
        output = capsys.readouterr()
        assert API_KEY not in output.out + output.err
        names = {key: one["name"].casefold() for key, one in api.collections.items()}
        one, two = api.items["ITEM0001"], api.items["ITEM0002"]
        assert [tag["tag"] for tag in one["tags"]] == ["thesis"]
        assert {names[key] for key in one["collections"]} == {"starred", "thesis"}
        assert two["tags"] == [*before["ITEM0002"]["tags"], {"tag": "Thesis"}]
        assert two["collections"][0] == "THEIRS01"
        assert {names[key] for key in two["collections"][1:]} == {"thesis", "old"}
        assert two["title"] == "two"
        (note,) = (item for item in api.items.values() if item["itemType"] == "note")
        assert note["parentItem"] == "ITEM0001"
        assert note["note"] == (
            "<p>Compare &lt;b&gt;figure 3&lt;/b&gt; &amp; 4</p><p>second line</p>"
        )
        parents = {one["name"]: one["parentCollection"] for one in api.collections.values()}
        (outermost,) = (key for key, name in names.items() if name == "literature explorer")
        assert parents.pop("Literature Explorer") is False
        assert list(parents.values()) == [outermost] * 3

        after, writes = deepcopy(api.items), len(api.writes)
        assert _push(zotero_library, api, "--apply") == 0
        assert "has all of it already" in capsys.readouterr().out
        assert (api.items, len(api.writes)) == (after, writes)


@pytest.mark.parametrize(("conflicts", "code"), [(1, 0), (9, 1)])
def test_what_something_else_changed_meanwhile_is_kept(
    zotero_library: LibraryStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    conflicts: int,
    code: int,
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)
    with serve_zotero(_api()) as api:
        del api.items["ITEM0002"]
        api.conflicts = conflicts
        assert _push(zotero_library, api, "--apply", "--json") == code
        tags = [tag["tag"] for tag in api.items["ITEM0001"]["tags"]]
        assert tags[0].startswith("by another")
        assert ("thesis" in tags) == (code == 0)
        result = json.loads(capsys.readouterr().out)
        assert result["conflicts"] == ([] if code == 0 else ["ITEM0001"])


def test_wrong_keys_and_unsafe_addresses_are_refused(
    zotero_library: LibraryStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serve_zotero(_api()) as api:
        for key in ("another-secret", "another\nsecret", "änother"):
            monkeypatch.setenv(KEY_VARIABLE, key)
            assert _push(zotero_library, api, "--apply") != 0
            error = capsys.readouterr().err
            assert KEY_VARIABLE in error
            assert not {"secret", "änother"} & set(re.findall(r"\w+", error))
        assert api.writes == []
    for address in (
        *("http://api.zotero.org", "ftp://localhost", "https://[x]", "https://host:port"),
        *("https://ada:hidden@host", "https://:hidden@host"),
    ):
        with pytest.raises(UnusableInput, match="no server to write to") as refused:
            ZoteroServer(address, "users/1", "key")
        assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "reply", [(302, b""), (412, b""), (500, b"{}"), (200, b"<html>"), (200, b"[" * 100_000)]
)
def test_no_answer_of_a_server_does_more_than_end_the_command(
    zotero_library: LibraryStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reply: tuple[int, bytes],
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, API_KEY)
    with serve_zotero(_api()) as api:
        api.reply = reply
        assert _push(zotero_library, api, "--apply") == 1
        assert "127.0.0.1" in capsys.readouterr().err
        assert api.writes == []
    with serve_zotero(_api()) as api:
        monkeypatch.setattr(zotero_push, "_LARGEST_ANSWER", 10)
        assert _push(zotero_library, api, "--apply") == 1
        assert "without end" in capsys.readouterr().err
