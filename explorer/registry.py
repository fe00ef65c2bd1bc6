"""Registries of implementations by name: those of this package, and those of other packages.

Names map to ``module:attribute``, imported on first use. Other packages add names through the
entry-point group of the registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from explorer.errors import UnusableInput

T = TypeVar("T")


class Registry(Generic[T]):
    """Factories of one kind, imported on first use."""

    def __init__(
        self,
        kind: str,
        group: str,
        built_in: Mapping[str, str],
        error: type[UnusableInput] = UnusableInput,
    ) -> None:
        """Make a registry.

        Args:
            kind: noun for error messages: ``engine``.
            group: entry-point group for other packages: ``explorer.engines``.
            built_in: ``module:attribute`` of each name; these come before entry points.
            error: raised for an unknown name.
        """
        self._kind = kind
        self._group = group
        self._built_in = built_in
        self._error = error

    def names(self) -> tuple[str, ...]:
        """Return all names in alphabetical order, built in and added by other packages."""
        added = (point.name for point in entry_points(group=self._group))
        return tuple(sorted({*self._built_in, *added}))

    def load(self, name: str) -> T:
        """Import the factory called ``name``.

        Raises:
            UnusableInput: unknown name; the message lists the known ones.
        """
        if name in self._built_in:
            module, _, attribute = self._built_in[name].partition(":")
            built_in: T = getattr(import_module(module), attribute)
            return built_in
        for point in entry_points(group=self._group, name=name):
            added: T = point.load()
            return added
        raise self._error(f"No {self._kind} is called {name!r}. Known: {', '.join(self.names())}.")
