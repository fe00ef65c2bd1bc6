"""Errors carry path, line, cause and advice apart, and read as one message."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from explorer.errors import DigestError, ExplorerError, LibraryDamaged


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ExplorerError("It failed."), "It failed."),
        (ExplorerError("It failed.", advice="Try again."), "It failed. Try again."),
        (LibraryDamaged("torn.", path=Path("a/b.npy")), "a/b.npy: torn."),
        (
            DigestError("no title.", path="b.md", line=7, advice="Add one."),
            "b.md, line 7: no title. Add one.",
        ),
    ],
)
def test_the_message_joins_path_line_cause_and_advice(error: ExplorerError, message: str) -> None:
    assert str(error) == message


def test_the_fields_survive_the_way_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(DigestError("no title.", path="b.md", line=7, advice="Add.")))
    assert type(error) is DigestError
    assert (error.what, error.path, error.line, error.advice) == ("no title.", "b.md", 7, "Add.")
    assert error.sentence == "No title."
