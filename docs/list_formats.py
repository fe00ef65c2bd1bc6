"""Writes the tables of readers and of what a collection of digests gives into formats-tested.md.

python docs/list_formats.py           the readers, from their documentation and their samples
python docs/list_formats.py FOLDER    the collection
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from explorer.errors import DigestError  # noqa: E402
from explorer.readers import (  # noqa: E402
    Reading,
    Rejection,
    digest_files,
    load_reader,
    read_digests,
    reader_names,
)

_PAGE = REPOSITORY / "docs" / "formats-tested.md"
_SAMPLES = REPOSITORY / "tests" / "samples"
_MOST_REASONS = 3
_NUMBERS = ("records", "with abstract", "rejected", "confidence in its sample")


def main(arguments: list[str]) -> None:
    """Write the table of readers, or read every file below the folder and write theirs."""
    if len(arguments) > 1:
        sys.exit(__doc__)
    if arguments:
        rows = [_row(reading) for reading in _readings(Path(arguments[0]))]
        _write("digests", ("digest", "format", "records", "with abstract", "rejected", "why"), rows)
    else:
        rows = [_reader(name) for name in reader_names()]
        _write("readers", ("format", "what it is", "confidence in its sample", "next"), rows)


def _write(name: str, columns: tuple[str, ...], rows: list[str]) -> None:
    """Write one of the tables of the page."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    # Columns of numbers stand on the right.
    rules = ("--:" if column in _NUMBERS else "---" for column in columns)
    head = f"| {' | '.join(columns)} |\n|{'|'.join(rules)}|\n"
    table = f"{begin}\n{head}{''.join(rows)}{end}"
    page = _PAGE.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    _PAGE.write_text(pattern.sub(lambda _: table, page), encoding="utf-8")
    print(f"{len(rows)} {name} listed in {_PAGE.relative_to(REPOSITORY)}")


def _reader(name: str) -> str:
    """Return the row of a reader: what it says of itself, and how sure it is of its sample."""
    text = (type(load_reader(name)).__doc__ or "").partition("\n\n")[0]
    what = " ".join(text.split()).rstrip(".").replace("``", "`")
    (sample,) = (path for path in _SAMPLES.glob(f"{name}.*") if ".expected." not in path.name)
    (reading,) = read_digests(sample)
    sure = reading.recognition
    runner_up = f"{sure.runner_up}, {sure.runner_up_confidence}" if sure.runner_up else ""
    return f"| `{name}` | {what} | {sure.confidence} | {runner_up} |\n"


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
