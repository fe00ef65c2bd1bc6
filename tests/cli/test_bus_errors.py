"""A file that is cut short while it is mapped into memory ends the program in one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import sys
import numpy as np
from pathlib import Path
from explorer.cli import bus_errors
{install}
path = Path(sys.argv[1])
path.write_bytes(bytes(1 << 20))
mapped = np.memmap(path, dtype=np.uint8, mode="r")
with path.open("r+b") as file:
    file.truncate(100)
print(int(mapped.sum()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_file_cut_short_in_use_ends_the_program_in_one_sentence(tmp_path: Path) -> None:
    def run(install: str) -> subprocess.CompletedProcess[str]:
        program = _PROGRAM.format(install=install)
        command = [sys.executable, "-c", program, str(tmp_path / "mapped")]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert run("").returncode < 0
    ended = run("bus_errors.end_in_a_sentence()")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("explorer: a file of the library was cut short")
    assert ended.stderr.count("\n") == 1
