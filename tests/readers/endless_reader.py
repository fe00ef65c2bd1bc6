"""Check a reader that never ends, in the folder that is named, and print what is noticed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from explorer.papers.paper import Paper
from explorer.readers.contract import Digest
from tests.readers import fuzz_property


class Endless:
    """A reader that never ends."""

    name = "endless"

    def recognises(self, digest: Digest) -> int:  # noqa: ARG002
        return 100

    def read(self, digest: Digest) -> Iterator[Paper]:  # noqa: ARG002
        while True:
            pass
        yield Paper("")


if __name__ == "__main__":
    fuzz_property._SECONDS = 0.2
    try:
        fuzz_property.check_readers("endless", b"any text", Path(sys.argv[1]), [Endless()])
    except fuzz_property.Violation as violation:
        print(violation)
