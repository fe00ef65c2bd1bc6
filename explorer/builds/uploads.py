"""Uploaded digests: previewed before anything changes, then kept in a folder.

An upload is a name and bytes from a stranger. The name is cleaned, no file that is there
is ever written over, and a digest from which no paper can be read is not kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from explorer.builds.build import BuildOptions, BuildReport, PaperChange, build
from explorer.builds.inspect import inspect
from explorer.builds.progress import Progress
from explorer.errors import DigestError, LibraryError, UnusableInput
from explorer.files import replacing
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.text import tidy
from explorer.readers import UNFINISHED_ENDINGS, UNRECOGNISED, Recognition, Rejection

_NAMELESS = "digest"
_LONGEST = 150
"""Bytes of a name; file systems take 255, and a number may have to be added."""
_LONGEST_SUFFIX = 12
_SHOWN = 10
"""Changes and rejections that a preview holds of each file."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A digest as it was uploaded."""

    name: str
    """Anything at all; see :func:`safe_name`."""
    content: bytes


@dataclass(frozen=True, slots=True)
class UploadPreview:
    """The effect of adding one upload."""

    upload: Upload
    name: str
    """File name under which the digest would be kept."""
    formats: tuple[str, ...] = ()
    """More than one where an archive holds digests of several."""
    papers: int = 0
    with_abstract: int = 0
    known: int = 0
    """Papers that the library holds already, by an id or by the title."""
    added: int = 0
    changed: int = 0
    first: tuple[PaperChange, ...] = ()
    """Some of the papers that would be added or changed."""
    rejected: int = 0
    rejections: tuple[Rejection, ...] = ()
    """The first of those rejected."""
    not_papers: Mapping[str, int] = field(default_factory=dict)
    """Records that are no papers by their kind, counted by it."""
    recognition: Recognition = UNRECOGNISED
    """Of the first digest in it."""
    problem: str = ""
    """Why no paper can be read from it; empty if one can."""


@dataclass(frozen=True, slots=True)
class Previews:
    """The effect of adding several uploads, each on its own and all together."""

    previews: tuple[UploadPreview, ...]
    added: int
    changed: int

    @property
    def usable(self) -> tuple[Upload, ...]:
        """The uploads that papers can be read from."""
        return tuple(one.upload for one in self.previews if not one.problem)


def safe_name(name: str) -> str:
    """Return a valid file name close to ``name``: visible, without folders, not too long."""
    last = re.split(r"[/\\]", tidy(name))[-1]
    kept = re.sub(r'[<>:"|?*]', "-", last).strip(" .-")
    while kept.lower().endswith(UNFINISHED_ENDINGS):
        ending = next(ending for ending in UNFINISHED_ENDINGS if kept.lower().endswith(ending))
        kept = kept[: -len(ending)].strip(" .-")
    stem, suffix = _halves(kept)
    room = _LONGEST - len(suffix.encode())
    return (stem.encode()[:room].decode(errors="ignore").strip(" .-") or _NAMELESS) + suffix


def preview(
    library: LibraryStore, folder: Path, uploads: Sequence[Upload], generation: Generation | None
) -> Previews:
    """Return the effect of adding ``uploads`` to ``library`` and keeping them in ``folder``.

    Nothing is changed. ``generation`` is the library's live one, None if it has none.

    Raises:
        LibraryError: the library cannot be read.
    """
    with TemporaryDirectory(prefix="explorer-") as scratch:
        scratch_folder = Path(scratch).resolve()
        previews, readable = [], {}
        for one in uploads:
            name = _name_in((scratch_folder, folder), one)
            path = scratch_folder / name
            path.write_bytes(one.content)
            made = _preview(library, path, one, generation)
            previews.append(made)
            if not made.problem:
                readable[path] = made
        if len(readable) < 2:
            added = sum(one.added for one in readable.values())
            changed = sum(one.changed for one in readable.values())
        else:
            together = build(library, [*readable], BuildOptions(dry_run=True))
            added, changed = together.added, together.changed
    return Previews(tuple(previews), added, changed)


def add_uploads(
    library: LibraryStore, folder: Path, uploads: Sequence[Upload], progress: Progress | None = None
) -> BuildReport:
    """Keep ``uploads`` in ``folder``, and update ``library`` with them.

    Files that are there already are not written again, so this may be repeated after a failure.

    Raises:
        LibraryError: ``folder`` cannot be written.
        LibraryBusy: another build is running; the digests are kept.
    """
    return build(library, [keep(folder, one) for one in uploads], BuildOptions(), progress)


def read_again(
    library: LibraryStore, folder: Path, *, redraw: bool = False, progress: Progress | None = None
) -> BuildReport:
    """Update ``library`` with all digests in ``folder``.

    Raises:
        UnusableInput: no digest in there could be read, or the library lies in it.
        LibraryBusy: another build is running.
    """
    if library.folder.resolve().is_relative_to(folder.resolve()):
        raise UnusableInput(
            "the library lies in the folder of digests, so its own files would be read as digests.",
            path=folder,
            advice="Name another folder with --digests or EXPLORER_DIGESTS.",
        )
    return build(library, [folder], BuildOptions(redraw=redraw), progress)


def keep(folder: Path, upload: Upload) -> Path:
    """Store ``upload`` in ``folder`` and return its path; it is on disk when this returns.

    A file of its name with other content stays, and this one gets a number.

    Raises:
        LibraryError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / _name_in((folder,), upload)
        if path.exists():
            return path
        with replacing(path) as scratch:
            scratch.write_bytes(upload.content)
            # Reserve the name, so that no other process takes it before the renaming.
            path.open("xb").close()
    except OSError as error:
        raise LibraryError(
            f"the digest cannot be kept there ({error.strerror}).",
            path=folder,
            advice="Make room or check the folder's rights, then try again.",
        ) from None
    return path


def _preview(
    library: LibraryStore, path: Path, upload: Upload, generation: Generation | None
) -> UploadPreview:
    """Return the preview of the digest in ``path``, read and planned as in a build."""
    made = UploadPreview(upload, path.name)
    try:
        inspections = [one.finish() for one in inspect(path, path.name, generation)]
        not_papers: Counter[str] = Counter()
        for one in inspections:
            not_papers.update(one.not_papers)
        rejections = [rejection for one in inspections for rejection in one.rejections]
        made = replace(
            made,
            formats=tuple(dict.fromkeys(one.format for one in inspections if one.format)),
            papers=sum(one.papers for one in inspections),
            with_abstract=sum(one.with_abstract for one in inspections),
            known=sum(one.known for one in inspections),
            rejected=sum(one.rejected for one in inspections),
            rejections=tuple(rejections[:_SHOWN]),
            not_papers=dict(not_papers),
            recognition=next((o.recognition for o in inspections if o.format), UNRECOGNISED),
        )
        if not made.papers:
            if len(rejections) == 1 and not rejections[0].line:
                # The one reason is that of the whole file.
                reason = rejections[0].reason.removesuffix(".")
                return replace(made, problem=f"{reason}.", rejected=0, rejections=())
            return replace(made, problem="there is no paper in it.")
        report = build(library, [path], BuildOptions(dry_run=True))
    except DigestError as error:
        return replace(made, problem=error.without_path)
    first = report.planned[:_SHOWN]
    return replace(made, added=report.added, changed=report.changed, first=first)


def _name_in(folders: Sequence[Path], upload: Upload) -> str:
    """Return the first name like the one given that no other content has in ``folders``."""
    name = safe_name(upload.name)
    stem, suffix = _halves(name)
    for number in count(2):
        if all(_is_free(folder / name, upload.content) for folder in folders):
            break
        name = f"{stem}-{number}{suffix}"
    return name


def _is_free(path: Path, content: bytes) -> bool:
    """Return whether ``path`` does not exist, or holds just ``content``."""
    if not path.exists() and not path.is_symlink():
        return True
    same_size = path.is_file() and path.stat().st_size == len(content)
    return same_size and path.read_bytes() == content


def _halves(name: str) -> tuple[str, str]:
    """Return a file's name without its suffix, and the suffix, if it is one."""
    suffix = Path(name).suffix
    if not 1 < len(suffix.encode()) <= _LONGEST_SUFFIX:
        return name, ""
    return name[: -len(suffix)], suffix
