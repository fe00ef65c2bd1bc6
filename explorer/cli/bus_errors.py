"""An end in one sentence where a file in use is cut short.

Vectors, map and records are mapped into memory. If a disk fails, or another program cuts a file
short meanwhile, the system sends SIGBUS to whoever reads the missing part. Python cannot raise an
exception for that: its handlers run between instructions, and this one never ends.
"""

from __future__ import annotations

import ctypes
import os
import signal

_SENTENCE = (
    b"explorer: a file of the library was cut short or could not be read while it was in use. "
    b"`explorer doctor` names it.\n"
)


def _end(_signal: int) -> None:
    os.write(2, _SENTENCE)
    os._exit(1)


# Kept for the life of the process: the C library holds its address.
_handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(_end)


def end_in_a_sentence() -> None:
    """Install the handler, where the system has such a signal."""
    if hasattr(signal, "SIGBUS"):
        library = ctypes.CDLL(None)
        library.signal.argtypes = [ctypes.c_int, type(_handler)]
        library.signal.restype = ctypes.c_void_p
        library.signal(int(signal.SIGBUS), _handler)
