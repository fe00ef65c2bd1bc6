"""What the system says of this process's memory."""

from __future__ import annotations

from pathlib import Path


def kilobytes(kind: str) -> int:
    """Return a figure of ``/proc/self/status`` such as ``VmHWM``, the most that was ever held.

    What getrusage says of a process that another started may be the other's.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind))
