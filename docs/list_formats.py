"""Writes the table of what a collection of digests gives into docs/formats-tested.md.

python docs/list_formats.py FOLDER
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from explorer.errors import DigestError  # noqa: E402
from explorer.readers import Reading, Rejection, digest_files, read_digests  # noqa: E402

_PAGE = REPOSITORY / "docs" / "formats-tested.md"
_BEGIN, _END = "<!-- table: begin -->", "<!-- table: end -->"
_MOST_REASONS = 3


def main(arguments: list[str]) -> None:
    """Read every file below the folder and rewrite the table."""
    if len(arguments) != 1:
        sys.exit(__doc__)
    rows = [_row(reading) for reading in _readings(Path(arguments[0]))]
    head = "| digest | format | records | with abstract | rejected | why |\n"
    table = f"{_BEGIN}\n{head}|---|---|--:|--:|--:|---|\n{''.join(rows)}{_END}"
    page = _PAGE.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)
    _PAGE.write_text(pattern.sub(lambda _: table, page), encoding="utf-8")
    print(f"{len(rows)} digests listed in {_PAGE.relative_to(REPOSITORY)}")


def _readings(folder: Path) -> list[Reading]:
    readings: list[Reading] = []
    for name, path in digest_files([folder]):
        if path.name == "MANIFEST.tsv":
            continue
        try:
            readings += read_digests(path, name)
        except DigestError as error:
            reason = str(error).replace(str(path), path.name)
            readings.append(Reading(name, path, "", (), (Rejection(name, 0, reason),)))
    return readings


def _row(reading: Reading) -> str:
    reasons = Counter(re.sub(r"\d[\d,]*", "N", r.reason) for r in reading.rejections)
    shown = "; ".join(f"{reason} ({n})" for reason, n in reasons.most_common(_MOST_REASONS))
    more = f"; and {len(reasons) - _MOST_REASONS} more" if len(reasons) > _MOST_REASONS else ""
    cells = (
        f"`{reading.digest}`",
        reading.format or "not read",
        f"{len(reading.papers):,}",
        f"{sum(bool(paper.abstract) for paper in reading.papers):,}",
        f"{len(reading.rejections):,}",
        (shown + more).replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    main(sys.argv[1:])
