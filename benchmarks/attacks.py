"""Attacks on reading digests: what each does, how long it takes and how much memory.

Each attack is a file made to take time or memory out of proportion to its size. It is read as a
build reads it, in a child process with the budgets of :class:`explorer.settings.ReadingLimits`, by
a process of its own; a sound file is read after it. The outcome is computed: *read* (papers, and
nothing was rejected), *rejected* (records were), *refused* (the file was), *ended* (a budget ended
reading, and a rejection says so). *BROKEN* is everything else: a traceback, no answer, or a sound
file that was not read afterwards. Peak memory is that of the reading process.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.errors import DigestError
from explorer.readers import read_digests, stream_digests_apart

LONGEST = 600
"""Seconds after which an attack counts as broken."""
_SOUND = "title,abstract\nA sound paper,An abstract that is long enough to be one.\n"


@dataclass(frozen=True, slots=True)
class Attack:
    """A hostile input."""

    name: str
    family: str
    make: Callable[[int], bytes]
    """Returns the input for about this many characters."""
    size: int = 200_000


def _text(pattern: str, *, unit: str = "") -> Callable[[int], bytes]:
    """Return a maker of ``pattern`` with ``unit`` repeated in place of the sign ``§``."""
    return lambda size: pattern.replace("§", unit * (size // len(unit))).encode()


def _mail_boundaries(size: int) -> bytes:
    head = (
        'Content-Type: multipart/mixed; boundary="b0"\n\n--b0\nContent-Type: text/plain\n\n'
        "\\\\\narXiv:2411.00009\nTitle: A title\n\\\\\n An abstract.\n\\\\\n\n"
    )
    nested = "".join(
        f'--b{number}\nContent-Type: multipart/mixed; boundary="b{number + 1}"\n\n'
        for number in range(size // 120)
    )
    return ("From: x@arxiv.org\n" + head + nested + "--x\n" * (size // 8)).encode()


def _packed_members(_: int) -> bytes:
    """Return an archive of few bytes whose members unpack to very many."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_BZIP2) as archive:
        for number in range(12):
            archive.writestr(f"{number}.txt", b"a" * (60 << 20))
    return content.getvalue()


def _rejected_members(size: int) -> bytes:
    content = io.BytesIO()
    records = json.dumps([{"title": "", "abstract": "x"}] * 2_000 + [{"title": "A"}])
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(size // 2_000):
            archive.writestr(f"{number}.json", records)
    return content.getvalue()


def _repeated_heading(size: int) -> bytes:
    papers = "".join(f"<paper id='{n}'><title>T{n}</title></paper>" for n in range(size // 50))
    return (
        f"<collection id='a'><volume id='1'><meta><booktitle>{'b' * size}</booktitle></meta>"
        f"{papers}</volume></collection>"
    ).encode()


_TOML = '+++\ntitle = "A title"\nabstract = "An abstract."\n§\n+++\n'
_MARKDOWN = (
    "# Daily\n\n## [A title](https://arxiv.org/abs/2411.00001)\n\n**Authors:** §\n\nWords.\n"
)
_LIST = (
    "# List\n\n- [A title](https://arxiv.org/abs/2411.00001) §x\n"
    "- [B title](https://arxiv.org/abs/2411.00002)\n- [C](https://arxiv.org/abs/2411.00003)\n"
)
_TOPICS = json.dumps({"A": {"2201.03814": (
    "- 2022-01-19, **A title**, Ada Lovelace§x, Paper: "
    "[http://arxiv.org/abs/2201.03814v2](http://arxiv.org/abs/2201.03814v2)\n"
)}}, ensure_ascii=False)  # fmt: skip
_HTML = "<!doctype html><html><body><p>§"
READING = [
    Attack("TOML key a.a.a...", "reading", _text(_TOML.replace("§", "§ = 1"), unit="a.")),
    Attack('TOML key "a b"."a b"...', "reading", _text(_TOML, unit='"a b".')),
    Attack("TOML table [a.a.a...]", "reading", _text(_TOML.replace("§", "[§a]"), unit="a.")),
    Attack("YAML nested lists", "reading", _text("---\ntitle: T\nabstract: §\n---\n", unit="[")),
    Attack("ZIP of bz2 members", "reading", _packed_members),
    Attack("ZIP of rejected records", "reading", _rejected_members),
    Attack("JSON of rejected records", "reading", _text('[§{"title":"A"}]', unit='{"title":""},')),
    Attack("mail, nested boundaries", "reading", _mail_boundaries),
    Attack("mail, base64 without end of line", "reading", _text(
        "From: x@arxiv.org\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n§",
        unit="YWFh\n",
    )),
    Attack("Markdown, blanks and commas", "reading", _text(_MARKDOWN, unit=", ")),
    Attack("Markdown list, blanks and commas", "reading", _text(_LIST, unit=" ,")),
    Attack("Markdown, brackets", "reading", _text(_MARKDOWN, unit="[")),
    Attack("topic tables, commas", "reading", _text(_TOPICS, unit=",")),
    Attack("topic tables, blanks", "reading", _text(_TOPICS, unit=" ")),
    Attack("topic tables, <details>", "reading", _text(_TOPICS, unit="<details>")),
    Attack("HTML <a", "reading", _text(_HTML, unit="<a "), 60_000),
    Attack("HTML <!--", "reading", _text(_HTML, unit="<!--")),
    Attack("HTML nested div", "reading", _text(_HTML, unit="<div>")),
    Attack("BibTeX, nested braces", "reading", _text("@article{a, title={§", unit="{")),
    Attack("BibTeX, # between values", "reading", _text(
        '@article{a, title={A}, year = §"b"}', unit='"a" # '
    )),
    Attack("XML nested elements", "reading", _text("<feed>§", unit="<entry>")),
    Attack("XML heading of every paper", "reading", _repeated_heading, 2_000_000),
]  # fmt: skip
"""Attacks on the readers of digests."""
ATTACKS = [*READING]
"""All families; add a list of your own."""


def measure(arguments: list[str]) -> dict[str, Any]:
    """Try every attack, or those of the families named.

    Args:
        arguments: names of families; none for all.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks attacks")
    parser.add_argument("families", nargs="*")
    families = parser.parse_args(arguments).families
    chosen = [one for one in ATTACKS if not families or one.family in families]
    rows = {}
    with tempfile.TemporaryDirectory() as scratch:
        for attack in chosen:
            rows[attack.name] = _try(attack, Path(scratch))
            print(attack.name, rows[attack.name], file=sys.stderr)
    broken = sum(row["outcome"] == "BROKEN" for row in rows.values())
    return {"attacks": len(rows), "broken": broken, "attack": rows}


def _try(attack: Attack, folder: Path) -> dict[str, Any]:
    path = folder / "attack"
    path.write_bytes(attack.make(attack.size))
    sound = folder / "sound.csv"
    sound.write_text(_SOUND, encoding="utf-8")
    begin = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.attacks", str(path), str(sound)],
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        answer: dict[str, Any] = (
            json.loads(done.stdout) if done.returncode == 0 else {"outcome": "BROKEN"}
        )
    except (subprocess.TimeoutExpired, ValueError):
        answer = {"outcome": "BROKEN"}
    seconds: float = answer.get("seconds", time.perf_counter() - begin)
    peak: int = answer.get("peak", 0)
    return {
        "outcome": answer["outcome"],
        "bytes": path.stat().st_size,
        "seconds": round(seconds, 1),
        "peak MB": peak // 1_000_000,
    }


def read_and_judge(path: Path, sound: Path) -> dict[str, Any]:
    """Read an attack and then a sound file, and return the outcome, the seconds and the peak."""
    begin = time.perf_counter()
    outcome = outcome_of(path)
    seconds = time.perf_counter() - begin
    peak = peak_memory()
    (reading,) = read_digests(sound, streams=stream_digests_apart)
    if len(reading.papers) != 1:
        outcome = "BROKEN"
    return {"outcome": outcome, "seconds": seconds, "peak": peak}


def outcome_of(path: Path) -> str:
    """Return what reading ``path`` came to."""
    try:
        readings = read_digests(path, streams=stream_digests_apart)
    except DigestError as error:
        return "ended" if "reading was ended" in str(error) else "refused"
    reasons = " ".join(one.reason for reading in readings for one in reading.rejections)
    if "reading was ended" in reasons:
        return "ended"
    return "rejected" if any(reading.rejected for reading in readings) else "read"


def peak_memory() -> int:
    """Return the peak memory, in bytes, of the process that reads; 0 where it has ended."""
    for status in _statuses():
        if match := re.search(r"VmHWM:\s+(\d+) kB", status):
            return int(match[1]) * 1024
    return 0


def _statuses() -> Iterable[str]:
    children = Path("/proc/self/task").glob("*/children")
    for number in " ".join(one.read_text(encoding="ascii") for one in children).split():
        yield Path(f"/proc/{number}/status").read_text(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    print(json.dumps(read_and_judge(Path(sys.argv[1]), Path(sys.argv[2]))))
