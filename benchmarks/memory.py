"""What the system says of a process's memory."""

from __future__ import annotations

import os
from pathlib import Path


def kilobytes(kind: str, process: int | str = "self") -> int:
    """Return a figure of ``/proc/PROCESS/status`` such as ``VmHWM``, the most that was ever held.

    What getrusage says of a process that another started may be the other's.
    """
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind))


def started(word: str) -> int:
    """Return the process that this one started with ``word`` in its command line."""
    own = os.getpid()
    children = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="utf-8").split()
    return next(
        int(child)
        for child in children
        if word in Path(f"/proc/{child}/cmdline").read_text(encoding="utf-8")
    )
