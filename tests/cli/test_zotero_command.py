"""The command that reads Zotero: its contract with scripts, and where it looks for the data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.cli import main
from explorer.errors import DigestError
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.readers.shared.zotero_folder import data_folders, zotero_database_in
from tests.helpers.zotero_library import SAMPLE, Stored, make_zotero


def test_a_dry_run_counts_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_zotero(tmp_path / "zotero.sqlite", SAMPLE)
    library = tmp_path / "library"
    arguments = ["zotero", str(tmp_path), "--dry-run", "--library", str(library)]
    assert main([*arguments, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content == {
        "database": str(tmp_path / "zotero.sqlite"),
        "papers": 3,
        "with_abstract": 1,
        "with_doi": 1,
        "trash": 1,
        "collections": [
            {"path": "Thesis", "papers": 2},
            {"path": "Thesis/Methods", "papers": 1},
            {"path": "Walks", "papers": 2},
        ],
        "tags": {"cartography": 1, "to cite": 2},
        "attachments": 2,
        "notes": 1,
        "annotations": 1,
        "groups": ["Reading group"],
    }
    assert main(arguments) == 0
    assert "2  Thesis\n" in capsys.readouterr().out
    assert not library.exists()


def test_update_and_nothing_to_do(
    tmp_path: Path, corpus: list[Paper], capsys: pytest.CaptureFixture[str]
) -> None:
    items = [Stored(fields={"title": p.title, "abstractNote": p.abstract}) for p in corpus[:6]]
    make_zotero(tmp_path / "zotero.sqlite", items)
    arguments = ["zotero", str(tmp_path), "--library", str(tmp_path / "library"), "--json"]
    assert main([*arguments, "--model", "hashing"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 6
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["unchanged_since"]
    assert LibraryStore(tmp_path / "library").open().size == 6


@pytest.mark.parametrize(
    ("platform", "profile"),
    [
        ("linux", ".zotero/zotero/abc.default"),
        ("darwin", "Library/Application Support/Zotero/Profiles/abc.default"),
        ("win32", "Roaming/Zotero/Zotero/Profiles/abc.default"),
    ],
)
def test_data_folders_of_each_system(tmp_path: Path, platform: str, profile: str) -> None:
    environment = {"APPDATA": str(tmp_path / "Roaming")}
    assert list(data_folders(tmp_path, platform, environment)) == [tmp_path / "Zotero"]
    preferences = tmp_path / profile / "prefs.js"
    preferences.parent.mkdir(parents=True)
    usual = [tmp_path / "Zotero", preferences.parent / "zotero"]
    lines = (
        'user_pref("extensions.zotero.dataDir", "C:\\\\My Papers\\\\Zotero");',
        'user_pref("extensions.zotero.useDataDir", true);',
    )
    preferences.write_text("\n".join(lines), encoding="utf-8")
    chosen = Path("C:\\My Papers\\Zotero")
    assert list(data_folders(tmp_path, platform, environment)) == [chosen, *usual]
    preferences.write_text("\n".join(lines).replace("true", "false"), encoding="utf-8")
    assert list(data_folders(tmp_path, platform, environment)) == usual
    preferences.write_bytes(b'user_pref("extensions.zotero.dataDir", \xff);\n')
    assert list(data_folders(tmp_path, platform, environment)) == usual


def test_the_data_folder_is_found_or_its_absence_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    with pytest.raises(DigestError, match="Name Zotero's data folder"):
        zotero_database_in(None)
    database = tmp_path / "Zotero" / "zotero.sqlite"
    database.parent.mkdir()
    for wrong in (database.parent, tmp_path / "nowhere"):
        with pytest.raises(DigestError, match="Data Directory Location"):
            zotero_database_in(wrong)
    database.touch()
    for right in (None, database.parent, database):
        assert zotero_database_in(right) == database
