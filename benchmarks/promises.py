"""Promises of SECURITY.md: every attack that a test makes, and how many were withstood.

Runs the tests that ``SECURITY.md`` names, and counts the cases of each promise: a damaged file, a
hostile text, a foreign request, a failing call. A case is one run of a test; tests of damaged
digests and of failing calls try hundreds of inputs each, which count as one. The attacks of
``attacks``, ``attacks_servers`` and ``fault_injection`` come on top of these.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.helpers.corpus import ROOT
from tests.test_security import promises

_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
"""A link, which leads nowhere from another folder."""
Test = tuple[str, str]
"""File and name of a test function."""


def measure(_: list[str]) -> dict[str, Any]:
    """Return the cases of each promise by outcome."""
    rows = promises((ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    tests = sorted({test for _, named in rows for test in named})
    outcomes = _outcomes(tests)
    table = {_LINK.sub(r"\1", promise): _counts(outcomes, named) for promise, named in rows}
    every = _counts(outcomes, tests)
    return {"promises": len(rows), "tests": len(tests), **every, "promise": table}


def _outcomes(tests: list[Test]) -> dict[Test, Counter[str]]:
    """Run the tests and return how many cases of each passed, failed or were skipped."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "--numprocesses", "2", "--dist"]
        command += [
            "loadfile",
            f"--junitxml={report}",
            *(f"{file}::{name}" for file, name in tests),
        ]
        subprocess.run(command, cwd=ROOT, check=False, stdout=sys.stderr)
        cases = ElementTree.parse(report).iter("testcase")
    outcomes: dict[Test, Counter[str]] = {test: Counter() for test in tests}
    for case in cases:
        file = case.get("classname", "").replace(".", "/") + ".py"
        name = case.get("name", "").partition("[")[0]
        kinds = {part.tag for part in case} & {"failure", "error", "skipped"}
        outcome = "skipped" if kinds == {"skipped"} else "failed" if kinds else "withstood"
        outcomes[file, name][outcome] += 1
    return outcomes


def _counts(outcomes: dict[Test, Counter[str]], tests: list[Test]) -> dict[str, int]:
    total = sum((outcomes[test] for test in tests), Counter[str]())
    return {"cases": total.total(), **{kind: total[kind] for kind in _KINDS}}


_KINDS = ("withstood", "failed", "skipped")
