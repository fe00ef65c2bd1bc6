"""The command line: ``explorer COMMAND``; see ``explorer --help``.

A module for each command or group of commands: options, and a function that does the work. Exit
codes: 0 done, 1 the work failed, 2 wrong usage or unusable input. With ``--json`` a command prints
one JSON document on standard output and nothing else there.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

from explorer.cli.output.harmless import harmless_output
from explorer.errors import ExplorerError, UnusableInput, printable

_KEPT = "Nothing that was stored is lost."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; print an error as one sentence."""
    with harmless_output():
        return _run(sys.argv[1:] if arguments is None else arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        # Loading takes a second, in which Ctrl-C may come, too.
        from explorer.cli.program import run_command

        return run_command(arguments)
    except ExplorerError as error:
        return _failed(str(error), 2 if isinstance(error, UnusableInput) else 1)
    except KeyboardInterrupt:
        return _failed(f"stopped. {_KEPT}")
    except BrokenPipeError:
        # The program that read the output has ended ("| head"); Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        return _failed(f"the memory is full. {_KEPT} Close other programs, then try again.")
    except OSError as error:
        return _failed(f"{_system_error(error)} {_KEPT}")
    except Exception:
        traceback.print_exc()  # here, where text in it is made harmless
        return 1


def _failed(message: str, code: int = 1) -> int:
    print(f"explorer: {message}", file=sys.stderr)
    return code


def _system_error(error: OSError) -> str:
    """Return an error of the system that no part expected as one sentence."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{printable(str(error.filename))}: {reason}." if error.filename else f"{reason}."
