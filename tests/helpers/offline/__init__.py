"""Programs without a network: all but loopback is refused and recorded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent


def offline_environment(folder: Path) -> dict[str, str]:
    """Return variables that refuse the network to a program; ``folder`` is for their files."""
    paths = (str(_HERE), *filter(None, [os.environ.get("PYTHONPATH")]))
    variables = {"PYTHONPATH": os.pathsep.join(paths), "REFUSED": str(folder / "refused")}
    compiler = shutil.which("cc")
    if sys.platform == "linux" and compiler:
        library = folder / "refuse.so"
        source = str(_HERE / "refuse.c")
        command = [compiler, "-shared", "-fPIC", "-o", str(library), source, "-ldl"]
        subprocess.run(command, check=True)
        variables["LD_PRELOAD"] = str(library)
    return variables


def refused(folder: Path) -> list[str]:
    """Return what the programs tried, as ``CALL TARGET``."""
    record = folder / "refused"
    return record.read_text(encoding="utf-8").splitlines() if record.exists() else []
