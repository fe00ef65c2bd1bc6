"""Checks of whole generations, for tests that write them."""

from __future__ import annotations

import json
from pathlib import Path

from explorer.files import checksum
from explorer.library.checks import verify_files, verify_parts
from explorer.library.generation import (
    MANIFEST,
    MANIFEST_CHECKSUM,
    manifest_checksum,
    open_generation,
)


def verify_generation(folder: Path) -> None:
    """Check every checksum of a generation, and that its parts belong together.

    Raises:
        LibraryDamaged: they do not.
    """
    verify_files(folder)
    verify_parts(open_generation(folder))


def seal_again(folder: Path) -> None:
    """Make the checksums of a generation those of its files, which a test has changed."""
    path = folder / MANIFEST
    content = json.loads(path.read_text(encoding="utf-8"))
    content["files"] = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": checksum(folder / name)}
        for name in content["files"]
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    (folder / MANIFEST_CHECKSUM).write_bytes(manifest_checksum(path.read_bytes()))
