"""Rows of an alert in plain text, as those of a page are made from its markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from explorer.papers.text import tidy
from explorer.readers.shared.html_pieces import Row
from explorer.readers.shared.markdown_inline import BARE_ADDRESS
from explorer.readers.shared.redirects import unwrapped


def rows_of_text(lines: Iterable[tuple[int, str]]) -> Iterator[Row]:
    """Yield the rows of an alert in plain text: an address behind a title, or below it, is its own.

    Consecutive lines of a paragraph of prose are one row.
    """
    row: Row | None = None
    for number, line in lines:
        text = line.strip()
        addresses = [match.strip("<>").rstrip(".,;)") for match in BARE_ADDRESS.findall(text)]
        bare = tidy(BARE_ADDRESS.sub(" ", text).replace("()", " "))
        if not text or re.fullmatch(r"[-=_*~]{3,}", text):
            if row is not None:
                yield row
            row = None
        elif addresses and not re.search(r"[^\W\d]", bare.strip("<>()[] ")):
            if row is None:
                row = Row(number, ("text",))
            _give_links(row, addresses)
            yield row
            row = None
        else:
            if row is not None and not _continues(row.text, bare):
                yield row
                row = None
            if row is None:
                row = Row(number, ("text",))
            row.texts.append(f"{bare} ")
            if addresses:
                _give_links(row, addresses)
                yield row
                row = None
    if row is not None:
        yield row


def _continues(before: str, text: str) -> bool:
    """Whether a line goes on with the paragraph before it, as one that was wrapped does."""
    return len(before) >= 55 and bool(re.match(r"[a-z(,;\d]", text) or len(before) > 160)


def _give_links(row: Row, addresses: list[str]) -> None:
    row.links += [(row.text, unwrapped(address)) for address in addresses[:5]]
    row.shape = ("text", "a")
