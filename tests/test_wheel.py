"""The built wheel, installed away from the source, does the main job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a fresh virtual environment's programs, the wheel installed in it.

    What the wheel depends on is taken from the environment that runs the tests.
    """
    scratch = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(scratch), str(repository)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = scratch.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(scratch / "venv")], check=True)
    programs = scratch / "venv" / "bin"
    install = [str(programs / "python"), "-m", "pip", "install", "--no-deps", "--quiet", str(wheel)]
    subprocess.run(install, check=True)
    (site_packages,) = (scratch / "venv" / "lib").glob("python*/site-packages")
    (site_packages / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return programs


def _run(program: Path, *arguments: str, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "EXPLORER"))}
    done = subprocess.run(
        [str(program), *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_brings_everything_and_nothing_of_the_source_is_used(
    installed: Path, repository: Path, tmp_path: Path
) -> None:
    where = "import explorer.app, pathlib; print(pathlib.Path(explorer.app.__file__).parent)"
    page = Path(_run(installed / "python", "-c", where, cwd=tmp_path).strip())
    assert repository not in page.parents
    assert {"page.py", "style.css", "icon.png"} <= {path.name for path in page.iterdir()}
    assert (page.parent / "py.typed").exists()


def test_the_installed_command_builds_and_searches(
    installed: Path, digest_folder: Path, tmp_path: Path
) -> None:
    library = ["--library", str(tmp_path / "library"), "--json"]
    command = installed / "explorer"
    built = json.loads(
        _run(command, "build", str(digest_folder), "--model", "hashing", *library, cwd=tmp_path)
    )
    found = json.loads(_run(command, "search", "learning", "-k", "3", *library, cwd=tmp_path))
    assert built["papers"] > 30
    assert len(found["hits"]) == 3


def test_the_version_is_the_packages_own(installed: Path, tmp_path: Path) -> None:
    import explorer

    shown = _run(installed / "explorer", "--version", cwd=tmp_path)
    assert shown == f"explorer {explorer.__version__}\n"
