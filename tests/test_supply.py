"""The packages that the product is made of: pinned, with checksums and licences."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.helpers.corpus import ROOT
from tests.helpers.licences import (
    LOCK,
    PAGE,
    PROPRIETARY,
    REVIEWED,
    SINGLE_MAINTAINER,
    direct,
    incompatible,
    licence,
    locked,
    page,
    people,
)


def _pins(text: str) -> dict[str, set[str]]:
    pins: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, re.MULTILINE):
        pins.setdefault(name, set()).add(version)
    return pins


def test_the_lock_agrees_with_the_constraints_and_has_every_dependency() -> None:
    lock = _pins(LOCK.read_text(encoding="utf-8"))
    constraints = _pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    assert {*direct()} <= {*lock}
    shared = {*lock} & {*constraints}
    assert len(shared) > 100
    assert {name: lock[name] for name in shared if not lock[name] <= constraints[name]} == {}


def test_each_locked_package_has_checksums() -> None:
    blocks = re.split(r"\n(?=\w)", LOCK.read_text(encoding="utf-8"))[1:]
    assert len(blocks) >= len(locked()) > 100
    assert [
        block for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", block)
    ] == []


def test_the_page_of_licences_names_every_package() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in lines if " | " in line}
    assert {*direct(), *locked()} <= {*rows}
    for name in filter(licence, direct()):
        assert rows[name] == f"| {name} | {licence(name)} | {SINGLE_MAINTAINER.get(name, '')} |"
    assert page().startswith("# Licences\n")


@pytest.mark.parametrize("name", sorted({*direct(), *locked()}))
def test_each_licence_is_known_and_fits_apache_2(name: str) -> None:
    if not licence(name):
        pytest.skip("not installed on this system")
    assert PROPRIETARY.match(name) or incompatible(licence(name)) == [], licence(name)


def test_licences_that_do_not_fit_are_noticed() -> None:
    assert incompatible("GPL-3.0-only") == ["GPL-3.0-only"]
    assert incompatible("MIT AND LGPL-3.0") == ["LGPL-3.0"]
    assert incompatible("?") == ["?"]
    assert incompatible("(MIT OR GPL-2.0) AND Apache-2.0 WITH LLVM-exception") == []


def test_each_package_of_one_person_has_a_replacement() -> None:
    assert {*SINGLE_MAINTAINER, *REVIEWED} <= {*direct()}
    assert {*SINGLE_MAINTAINER} & REVIEWED == set()
    alone = {name for name in direct() if len(people(name)) < 2}
    assert alone - {*SINGLE_MAINTAINER} - REVIEWED == set()


@pytest.mark.slow
def test_pip_refuses_checksums_in_the_constraints_of_an_editable_install() -> None:
    """Show the reason for a lock file beside the constraints."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--quiet"]
    run = subprocess.run(
        [*command, "--constraint", str(LOCK), "--editable", str(ROOT)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode != 0
    assert "cannot be installed when requiring hashes" in run.stderr
