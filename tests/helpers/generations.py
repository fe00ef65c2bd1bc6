"""Checks of whole generations, for tests that write them."""

from __future__ import annotations

from pathlib import Path

from explorer.library.checks import verify_files, verify_parts
from explorer.library.generation import open_generation


def verify_generation(folder: Path) -> None:
    """Check every checksum of a generation, and that its parts belong together.

    Raises:
        LibraryDamaged: they do not.
    """
    verify_files(folder)
    verify_parts(open_generation(folder))
