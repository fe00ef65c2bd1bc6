"""A library: a folder of generations, one of them live.

::

    library/
      LIVE             the name of the live generation
      KEEP             how many generations stay, where the user chose
      generations/     immutable builds, numbered
      vectors/         the append-only vector cache; survives every rebuild
      answers.txt      answers of a language model that names topics, where the user chose one
      zotero.json      when Zotero was read last, and its database as it was then
      .lock            held by the one build at a time; freed by the system if it dies
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from explorer.errors import LibraryDamaged, LibraryError, LibraryMissing
from explorer.files import SCRATCH_ENDING, replace_text, writing
from explorer.library.arrival import arrival_after, milliseconds
from explorer.library.build_lock import GENERATIONS, build_lock
from explorer.library.checks import salvaged_manifest, salvaged_papers
from explorer.library.generation import (
    Generation,
    Manifest,
    is_generation_name,
    open_generation,
    read_manifest,
)
from explorer.library.writing import (
    Draft,
    discard,
    make_live,
    publish_generation,
    remove_generation,
    write_generation,
)
from explorer.papers.paper import Paper
from explorer.settings import KEPT_GENERATIONS

DEFAULT_FOLDER = Path("data/library")
_LIVE = "LIVE"
_KEEP = "KEEP"


class LibraryStore:
    """The library in ``folder``; nothing is read or written before a call."""

    def __init__(self, folder: Path | str = DEFAULT_FOLDER) -> None:
        self.folder = Path(folder)

    @property
    def vectors(self) -> Path:
        """The folder of the vector cache."""
        return self.folder / "vectors"

    @property
    def answers(self) -> Path:
        """The file of a language model's answers (:mod:`explorer.topics.answer_cache`)."""
        return self.folder / "answers.txt"

    @property
    def zotero(self) -> Path:
        """The file about the last update from Zotero (:mod:`explorer.builds.zotero`)."""
        return self.folder / "zotero.json"

    @property
    def foreign_owner(self) -> str:
        """The user to whom the folder belongs; empty if it is one's own, or does not exist."""
        try:
            owner = self.folder.stat().st_uid
        except OSError:
            return ""
        if not hasattr(os, "geteuid") or owner == os.geteuid():
            return ""
        import pwd

        try:
            return pwd.getpwuid(owner).pw_name
        except KeyError:
            return f"user {owner}"

    @property
    def live(self) -> str:
        """The name of the live generation; empty if nothing is published."""
        try:
            # A garbled name names no generation; opening it reports that.
            return (self.folder / _LIVE).read_text(encoding="utf-8", errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except OSError as error:
            raise LibraryError(
                f"cannot be read ({error.strerror}).",
                path=self.folder / _LIVE,
                advice="Check its rights.",
            ) from None

    def open(self) -> Generation:
        """Return the live generation.

        Raises:
            LibraryMissing: nothing has been published here.
            LibraryDamaged: the live generation cannot be read.
        """
        name = self.live
        if not name:
            folder = shlex.quote(str(self.folder))
            raise LibraryMissing(
                "no library here yet.",
                path=self.folder,
                advice=f"Build it: `explorer build DIGEST --library {folder}`.",
            )
        if Path(name).name != name:
            raise LibraryDamaged(f"names no generation: {name!r}.", path=self.folder / _LIVE)
        try:
            return open_generation(self._generations / name)
        except LibraryDamaged:
            # Builds that published since LIVE was read may have removed what it named then.
            if self.live == name:
                raise
        return self.open()

    def open_newest_published(self) -> Generation:
        """Return the generation that a build updates; nothing is changed.

        It is the live one, or where none is named, the newest: its build was cut off just before
        it was made the live one.

        Raises:
            LibraryMissing: nothing has been published here.
            LibraryDamaged: that generation cannot be read.
        """
        folders = self._folders()
        return self.open() if self.live or not folders else open_generation(folders[-1])

    def history(self) -> list[tuple[int, Manifest | None]]:
        """Return number and manifest of each generation on disk, oldest first.

        The manifest is None where it cannot be read.
        """
        manifests: list[tuple[int, Manifest | None]] = []
        for folder in self._folders():
            try:
                manifests.append((int(folder.name), read_manifest(folder)))
            except LibraryError:
                manifests.append((int(folder.name), None))
        return manifests

    @contextmanager
    def building(self) -> Iterator[None]:
        """Hold the build lock; delete the leftovers of an interrupted build.

        Raises:
            LibraryBusy: another build holds the lock.
            LibraryError: the folder cannot be written.
        """
        with build_lock(self.folder):
            for leftover in list(self._generations.glob(".*")):
                discard(leftover)
            for scratch in self.folder.glob(f".*{SCRATCH_ENDING}"):
                scratch.unlink(missing_ok=True)
            if not self.live and self._folders():
                self._point_to(self._folders()[-1].name)  # see open_newest_published
            yield

    def next_number(self) -> int:
        """Return the number for a new generation."""
        return max((int(folder.name) for folder in self._folders()), default=0) + 1

    def next_arrival(self, live: Generation | None) -> str:
        """Return the time for a new generation: now, or after all others if the clock is behind.

        Args:
            live: the live generation, if it can be opened.
        """
        built = [milliseconds(one.created) for _, one in self.history() if one is not None]
        added = [] if live is None else [int(live.added_at.max(initial=0))]
        return arrival_after([*built, *added])

    def publish(self, draft: Draft, manifest: Manifest) -> Generation:
        """Write, verify and switch to a new generation. The caller holds the build lock.

        The oldest generations make way for it.

        Raises:
            LibraryError: it cannot be written; the library stays as it was.
        """
        name = f"{manifest.number:06d}"
        hidden = self._generations / f".building-{name}"
        final = self._generations / name
        try:
            with writing(self.folder):
                write_generation(draft, manifest, hidden)
                publish_generation(hidden, final)
            self._point_to(name)
        except BaseException:
            # Left behind, it would take the room that is needed to try again.
            discard(hidden)
            if final.exists() and self.live != name:
                with suppress(OSError):
                    remove_generation(final)
            raise
        generation = open_generation(final)
        self.remove_old()
        return generation

    @property
    def kept(self) -> int:
        """The number of generations that stay on disk."""
        try:
            count = (self.folder / _KEEP).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            count = ""
        return max(int(count), 1) if count.isdecimal() else KEPT_GENERATIONS

    def keep(self, count: int) -> None:
        """Set the number of generations that stay on disk; a build removes older ones.

        Raises:
            LibraryError: the folder cannot be written.
        """
        with writing(self.folder / _KEEP):
            replace_text(self.folder / _KEEP, f"{count}\n")

    def remove_old(self) -> None:
        """Remove the generations that are not to stay. The caller holds the build lock."""
        live = self.live
        for folder in self._folders()[: -self.kept]:
            if folder.name != live:  # as after a rollback
                remove_generation(folder)

    def salvaged_papers(self) -> list[Paper]:
        """Return the papers of the newest generation whose records can be read; else none.

        The live one is tried first. This is for libraries that cannot be opened any more.
        """
        for folder in self._live_and_older():
            try:
                return salvaged_papers(folder)
            except LibraryDamaged:
                continue
        return []

    def salvaged_manifest(self) -> dict[str, Any]:
        """Return the manifest fields of the newest generation that can be read; else none.

        The live one is tried first. This is for libraries that cannot be opened any more.
        """
        for folder in self._live_and_older():
            try:
                return salvaged_manifest(folder)
            except LibraryDamaged:
                continue
        return {}

    def rollback(self) -> Manifest:
        """Make the generation before the live one live again, and return its manifest.

        Raises:
            LibraryMissing: there is none before it.
            LibraryBusy: a build is running; it would undo this when it publishes.
            LibraryError: the folder cannot be written.
        """
        self._earlier()  # before the lock, which makes the library's folder
        with build_lock(self.folder):
            earlier = self._earlier()
            manifest = read_manifest(self._generations / earlier)
            self._point_to(earlier)
        return manifest

    def _earlier(self) -> str:
        """Return the name of the generation before the live one."""
        names = [folder.name for folder in self._folders()]
        live = self.live
        # If LIVE names no generation, the rollback goes to the newest.
        earlier = [name for name in names if name < live] if live in names else names
        if not earlier:
            raise LibraryMissing("there is no earlier generation to go back to.", path=self.folder)
        return earlier[-1]

    @property
    def _generations(self) -> Path:
        return self.folder / GENERATIONS

    def _folders(self) -> list[Path]:
        if not self._generations.is_dir():
            return []
        return sorted(path for path in self._generations.iterdir() if is_generation_name(path.name))

    def _live_and_older(self) -> list[Path]:
        """Return the folders of the generations on disk, the live one first, then the newest."""
        live = self.live
        return sorted(self._folders(), key=lambda path: (path.name == live, path.name))[::-1]

    def _point_to(self, name: str) -> None:
        # Before LIVE, so that a server that cannot be reached leaves all as it was.
        path_hash = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:8]
        make_live(self._generations / name, f"explorer_{self.folder.resolve().name}_{path_hash}")
        with writing(self.folder / _LIVE):
            replace_text(self.folder / _LIVE, name + "\n")
