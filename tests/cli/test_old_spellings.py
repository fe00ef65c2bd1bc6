"""Former spellings: the same result as the new spelling, and one line on standard error."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explorer.cli import main
from explorer.cli.old_spellings import OLD_COMMANDS, OLD_OPTIONS
from explorer.library.store import LibraryStore

pytestmark = pytest.mark.slow

_PAIRS = [
    ("topic t1", "topics show t1"),
    ("rename t1 Mine", "topics rename t1 Mine"),
    ("merge t1 t2 --name Both", "topics merge t1 t2 --name Both"),
    ("pin t1", "topics pin t1"),
    ("unsay", "topics edits"),
    ("star ID", "desk star ID"),
    ("unstar ID", "desk unstar ID"),
    ("tag thesis ID", "desk tag thesis ID"),
    ("note ID words", "desk note ID words"),
    ("mark to-read ID", "desk mark to-read ID"),
    ("follow liver --mode lexical --name scans", "follow add liver --mode lexical --name scans"),
    ("follow --like ID --top 5", "follow add --like ID --top 5"),
    ("digest", "briefing"),
    ("desk --reader grace", "desk --user grace"),
    ("shard DIGESTS --into NEW", "shards cut DIGESTS --into NEW"),
    ("search liver --mode lexical --quick", "search liver --mode lexical --no-explain"),
    ("duplicates --least 0.5", "duplicates --min-similarity 0.5"),
    ("duplicates --least=0.5", "duplicates --min-similarity=0.5"),
]
_IN_OTHER_TESTS = {"embed", "unfollow"}
_VOLATILE = {"seconds", "begun", "seen", "starred", "stored", "shards"}

Answer = Callable[[str], tuple[Any, str]]


@pytest.fixture
def answer_in_a_copy(
    hashing_library: LibraryStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Answer:
    """Run a command line in a library of its own; return its JSON and its standard error."""
    runs = iter(range(100))
    paper = hashing_library.open().records.ids[0]

    def answer(line: str) -> tuple[Any, str]:
        folder = tmp_path / str(next(runs))
        shutil.copytree(hashing_library.folder, folder / "library")
        places = {
            "ID": paper,
            "DIGESTS": str(hashing_library.folder.parent / "digests"),
            "NEW": str(folder / "new"),
        }
        words = [places.get(word, word) for word in line.split()]
        capsys.readouterr()
        assert main([*words, "--library", str(folder / "library"), "--json"]) == 0
        shown = capsys.readouterr()
        return _lasting(json.loads(shown.out)), shown.err

    return answer


def _lasting(content: Any) -> Any:
    """Return JSON without the moments and paths that differ from run to run."""
    if isinstance(content, dict):
        return {name: _lasting(of) for name, of in content.items() if name not in _VOLATILE}
    return [_lasting(of) for of in content] if isinstance(content, list) else content


def _notices(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if " is now " in line]


@pytest.mark.parametrize(("old", "new"), _PAIRS)
def test_a_former_spelling_has_the_result_of_the_new_one(
    old: str, new: str, answer_in_a_copy: Answer
) -> None:
    before, notices = answer_in_a_copy(old)
    after, silence = answer_in_a_copy(new)
    assert before == after
    assert _notices(silence) == []
    (notice,) = _notices(notices)
    options = [word for word in new.split() if word.partition("=")[0] in OLD_OPTIONS.values()]
    command = " ".join(word for word in new.split()[:2] if word.isalpha() and word.islower())
    assert (options or [command])[0].partition("=")[0] in notice


def test_every_former_spelling_is_tested() -> None:
    first = {old.split()[0] for old, _ in _PAIRS}
    assert set(OLD_COMMANDS) <= first | _IN_OTHER_TESTS
    words = {word.partition("=")[0] for old, _ in _PAIRS for word in old.split()}
    assert set(OLD_OPTIONS) <= words


def test_unsay_with_a_number_undoes_an_edit(
    hashing_library: LibraryStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "library"
    shutil.copytree(hashing_library.folder, folder)
    assert main(["topics", "rename", "t1", "Mine", "--library", str(folder)]) == 0
    capsys.readouterr()
    assert main(["unsay", "--library", str(folder), "1", "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"undone": [1], "edits": []}
    assert "`explorer topics undo`" in shown.err


def test_unfollow_removes_a_search_and_follow_lists_words_that_are_commands(
    hashing_library: LibraryStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "library"
    shutil.copytree(hashing_library.folder, folder)
    here = ["--library", str(folder)]

    def names() -> list[str]:
        capsys.readouterr()
        assert main(["follow", "list", "--json", *here]) == 0
        return [search["name"] for search in json.loads(capsys.readouterr().out)["searches"]]

    assert names() == []
    with pytest.raises(SystemExit):  # in the former grammar a query, in the present one a command
        main(["follow", "--mode", "lexical", "list", *here])
    assert names() == []
    assert main(["follow", "add", "list", "--mode", "lexical", *here]) == 0
    assert names() == ["list"]
    assert main(["follow", "list", *here]) == 0
    assert "1 followed search" in capsys.readouterr().out
    assert main(["unfollow", "list", *here]) == 0
    assert "`explorer follow remove`" in capsys.readouterr().err
    assert names() == []


def test_embed_is_shards_embed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["embed"], ["shards", "embed"]):
        assert main([*words, str(tmp_path), "--library", str(tmp_path / "library")]) == 2
        shown = capsys.readouterr().err
        assert "no shards" in shown
        assert len(_notices(shown)) == (words == ["embed"])
