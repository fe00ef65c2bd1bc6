"""A paper's own fields, and the places that it was read from."""

from __future__ import annotations

import pytest

from explorer.papers.paper import located, place_in


@pytest.mark.parametrize(
    ("digest", "line", "expected"),
    [
        ("alerts.txt", 1204, "line 1,204"),
        ("talks/Deep nets.PDF", 3, "page 3"),
        ("zotero.sqlite/Reading group", 7, "item 7"),
        ("alerts.txt", 0, ""),
    ],
)
def test_a_place_in_a_digest_has_the_unit_of_its_kind(
    digest: str, line: int, expected: str
) -> None:
    assert place_in(digest, line) == expected
    assert located(digest, line) == (f"{digest}, {expected}" if expected else digest)
