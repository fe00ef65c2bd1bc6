"""A naming function of the user's own: found under its name, kept from losing a build."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from explorer.errors import UnusableInput
from explorer.topics.labelling import Namer, NamingCase


class CarefulNamer:
    """A :class:`explorer.topics.labelling.Namer` that falls back on computed names."""

    def __init__(self, namer: Namer) -> None:
        self._namer = namer
        self.failures = 0
        """How often it raised, or answered with something that is no string."""
        self.first = ""
        """What went wrong the first time."""

    def __call__(self, case: NamingCase) -> str:
        try:
            answer: object = self._namer(case)
        # It is the user's code and may raise anything; what was computed before must not be lost.
        except Exception as error:
            return self._failed(f"{type(error).__name__}: {error}")
        if not isinstance(answer, str):
            return self._failed(f"it answered {answer!r}, which is no string")
        return answer

    def _failed(self, what: str) -> str:
        self.failures += 1
        self.first = self.first or " ".join(what.split())[:200]
        return ""


def name_of(namer: Namer | None) -> str:
    """Return ``MODULE:FUNCTION`` of a naming function, as far as it has one; empty for None."""
    if namer is None:
        return ""
    function = getattr(namer, "__qualname__", type(namer).__qualname__)
    return f"{namer.__module__}:{function}"


def load_namer(name: str, folder: Path) -> Namer:
    """Return the naming function called ``name``, ``MODULE:FUNCTION``, from ``folder`` first.

    Raises:
        UnusableInput: there is no such module or function, or importing it fails.
    """
    module_name, _, function = name.partition(":")
    if not module_name or not function:
        raise UnusableInput(
            f"{name!r} is no MODULE:FUNCTION. For the function `shorter` in my_names.py of "
            "this folder it is my_names:shorter."
        )
    place = str(folder.resolve())
    sys.path.insert(0, place)
    try:
        found = import_module(module_name)
    # Whatever the module runs into while it is imported is the user's to mend.
    except Exception as error:
        raise UnusableInput(
            f"{module_name}: cannot be imported ({type(error).__name__}: {error}). Modules are "
            f"looked for in {place} and among the installed ones."
        ) from None
    finally:
        # The function may import its own neighbours later; they hide nothing from us then.
        sys.path.remove(place)
        sys.path.append(place)
    namer: Namer | None = getattr(found, function, None)
    if not callable(namer):
        raise UnusableInput(f"{found.__file__ or module_name}: holds no function {function!r}.")
    return namer
