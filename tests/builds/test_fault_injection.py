"""Failing calls and power cuts; ``python -m benchmarks fault_injection`` tries every call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.fault_injection import ERRORS, inject
from benchmarks.fault_shim import (
    LoggedCall,
    lose_unsynced_data,
    shim,
    undo_unsynced_renames,
)
from benchmarks.faults import Checks, scratch

needs_shim = pytest.mark.skipif(shim() is None, reason="needs Linux and a C compiler")


@pytest.mark.slow
@needs_shim
@pytest.mark.parametrize(
    ("operation", "errors"),
    [("update", ["disk broken"]), ("star", ERRORS), ("export", ["disk full"])],
)
def test_no_failing_call_and_no_power_cut_loses_anything(
    operation: str, errors: Sequence[str]
) -> None:
    checks, chosen = Checks(), {name: ERRORS[name] for name in errors}
    with scratch() as folder:
        rows = inject(folder, checks, most=1, only=operation, errors=chosen)[operation]
    assert checks.failed == []
    assert set(rows) == {*errors, "power cut"}
    tried = {name: counts.get("tried", 0) for name, counts in rows.items()}
    assert min(tried.values()) >= 1, tried
    assert checks.made > 20


def test_a_power_cut_cuts_off_what_was_written_and_not_synced(tmp_path: Path) -> None:
    synced, grown, never = (tmp_path / name for name in ("synced", "grown", "never"))
    for path in (synced, grown, never):
        path.write_text("twelve bytes", encoding="ascii")
    calls = [
        LoggedCall("W", synced),
        LoggedCall("S", synced, size=12),
        LoggedCall("W", grown),
        LoggedCall("S", grown, size=6),
        LoggedCall("W", grown),
        LoggedCall("W", never),
    ]
    assert lose_unsynced_data(calls, spared="desk") == 2
    assert [path.stat().st_size for path in (synced, grown, never)] == [12, 6, 0]


def test_a_power_cut_undoes_renames_whose_folder_was_not_synced(tmp_path: Path) -> None:
    kept, folder = tmp_path / "kept", tmp_path / "folder"
    kept.mkdir()
    folder.mkdir()
    (folder / "new").write_text("second", encoding="ascii")
    (kept / "1").write_text("first", encoding="ascii")
    rename = LoggedCall("R", folder / ".new", folder / "new", "1")
    assert undo_unsynced_renames([rename, LoggedCall("S", folder)], kept) == 0
    assert undo_unsynced_renames([LoggedCall("S", folder), rename], kept) == 1
    assert (folder / "new").read_text(encoding="ascii") == "first"
    assert (folder / ".new").read_text(encoding="ascii") == "second"
