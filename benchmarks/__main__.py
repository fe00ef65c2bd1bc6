"""Measures and writes ``docs/benchmarks.md``: ``python -m benchmarks [NAME [ARGUMENT ...]]``.

Without a name it runs all that need nothing but the repository. Results are kept in
``benchmarks/results.json``, from which the page is written, so that one can be measured anew
without the others.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "docs" / "benchmarks.md"
EVERYDAY = ("embedding", "footprint", "cold_start", "rebuild", "interrupted", "faults", "latency")
"""Those that ``make bench`` runs; the others need data that does not come with the project."""
_DATA = f"""\
`make bench` repeats {", ".join(f"`{name}`" for name in EVERYDAY[:-1])}
and `{EVERYDAY[-1]}`, which need nothing but the repository and, for `cold_start`, Chromium.
`http`, `map`, `summaries`, `storage`, `attacks`, `attacks_servers`, `promises`, `mutations`,
`fault_injection` and `million` (with the `bench` extra) need no data either, only time; `sizing`
computes from what others measured.
`milvus` needs a server, which `make test-cluster` installs. All others need data that does not come
with the project.

**Judged collections** (`retrieval`, `search`, `typos`, `nothing_close`, `adapt`, `beside_txtai`)
are folders as BEIR has them: `corpus.jsonl` with `_id`, `title` and `text`; `queries.jsonl` with
`_id` and `text`, both gzipped or not; `qrels.tsv` with a head and the columns query, paper, grade.
Where a query is made of a paper, `query_paper` names it, and it is left out of the ranking.

| collection | what it is | papers | queries | licence |
|---|---|--:|--:|---|
| `medline_med` | MEDLINE abstracts with medical questions | 1,033 | 30 | none stated |
| `cacm` | titles and abstracts from the Communications of the ACM | 3,204 | 64 | none stated |
| `cisi` | abstracts on library and information science | 1,460 | 112 | none stated |
| `csfcube` | computer science; a query is a paper and one aspect of it (Mysore et al. 2021, \
arXiv:2103.12906) | 4,205 | 50 | CC BY-NC 4.0 |

Queries without a relevant paper are left out, which leaves 52 of `cacm` and 76 of `cisi`.

**Corpora** (`map_quality`, `topics`, `author_queries`, `follow_replay`, `growth`) are JSON Lines
with `title`, `abstract`, `authors`, `date` and `labels`, and for each a NumPy array of unit
vectors, one row a paper, by the default model at 256 tokens. Of more than 20,000 papers, as many
are drawn at random; `follow_replay` draws its own.

| corpus | what it is | papers | label |
|---|---|--:|---|
| `labelled_acl_workshop_topics` | papers at workshops in the ACL Anthology | 5,651 | `label`, the \
subject of the workshop |
| `arxiv_2025_2026_daily` | arXiv's daily lists of 2025 and 2026; metadata is CC0 | 74,728 | \
`primary`, the main category |

**Reviews** (`screening`) are tables with `title`, `abstracts`, and the labels `label1` by abstract
and `label2` by full text: seven comparisons of the drugs of a class (Cohen et al. 2006,
doi:10.1197/jamia.M1929), 6,495 papers.

**Real digests**: 81 files in two dozen formats, unchanged, from public repositories under various
licences. [formats-tested.md](formats-tested.md) lists what each gives; tests that read them are
skipped where they are not.
"""
"""What is measured with, and who can repeat what."""
_ROLE = re.compile(r":[a-z]+:(?=`)")
_VECTOR_UNITS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
ALL = (
    *EVERYDAY,
    "http",
    "map",
    "map_quality",
    "retrieval",
    "search",
    "typos",
    "nothing_close",
    "adapt",
    "screening",
    "follow_replay",
    "beside_txtai",
    "topics",
    "names",
    "author_queries",
    "summaries",
    "pdfs",
    "taste",
    "growth",
    "storage",
    "million",
    "milvus",
    "fault_injection",
    "attacks_servers",
    "sizing",
    "attacks",
    "promises",
    "mutations",
)


def main(arguments: list[str]) -> None:
    """Run what is named, or everything everyday, and write the page."""
    name, *rest = arguments or [""]
    if name in ("-h", "--help"):
        print(f"{__doc__}\nBenchmarks: {', '.join(ALL)}. They run alone: {', '.join(EVERYDAY)}.")
        return
    if name and name not in ALL:
        sys.exit(f"{name}: no such benchmark. There are {', '.join(ALL)}.")
    for each in [name] if name else EVERYDAY:
        print(f"{each} ...", file=sys.stderr)
        found = import_module(f"benchmarks.{each}").measure(rest)
        # Read only now: another may have been measured meanwhile.
        results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        results[each] = {
            "command": " ".join(["python -m benchmarks", each, *map(_shown, rest)]),
            "machine": machine(),
            "found": found,
        }
        print(json.dumps(found, indent=2))
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(page(results), encoding="utf-8")


def page(results: dict[str, Any]) -> str:
    """Return ``docs/benchmarks.md``."""
    parts = [
        "# Benchmarks",
        "Written by `make bench` and `python -m benchmarks NAME`; change it there. Times are taken "
        "side by side in one run: the ratios carry over to other machines, the seconds do not.",
        "## The data",
        _DATA.strip(),
    ]
    for name in ALL:
        if name not in results:
            continue
        result = results[name]
        head, _, rest = (import_module(f"benchmarks.{name}").__doc__ or "").strip().partition("\n")
        title = head.partition(":")[0].rstrip(".")
        parts += [f"## {title}", _ROLE.sub("", rest.strip().replace("``", "`"))]
        parts += [f"`{result['command']}` on {result['machine']}."]
        parts += list(tables(result["found"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def tables(found: dict[str, Any]) -> list[str]:
    """Return what was found as Markdown: plain values as a list, nested ones as tables."""
    plain = [f"- {name}: {_cell(x)}" for name, x in found.items() if not isinstance(x, dict)]
    shown = ["\n".join(plain)] if plain else []
    for name, value in found.items():
        if not isinstance(value, dict):
            continue
        rows = {key: row if isinstance(row, dict) else {"": row} for key, row in value.items()}
        columns = list(dict.fromkeys(column for row in rows.values() for column in row))
        lines = [f"| {name} | {' | '.join(columns)} |", "|---|" + "--:|" * len(columns)]
        lines += [
            f"| {key} | {' | '.join(_cell(row.get(column, '')) for column in columns)} |"
            for key, row in rows.items()
        ]
        shown.append("\n".join(lines))
    return shown


def machine() -> str:
    """Return what matters of this machine."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    flags = next((line for line in lines if line.startswith("flags")), "")
    wide = ", ".join(flag for flag in _VECTOR_UNITS if flag in flags)
    return (
        f"{os.cpu_count()} cores, {next(named, platform.machine())} ({wide or 'no vector flags'})"
    )


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _shown(argument: str) -> str:
    """Return an argument without the folders above it, which are this machine's own."""
    return Path(argument).name if Path(argument).exists() else argument


if __name__ == "__main__":
    main(sys.argv[1:])
