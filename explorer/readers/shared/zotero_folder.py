"""Zotero's data folder: where it is on Linux, macOS and Windows, and its database in it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from explorer.errors import DigestError
from explorer.readers.files import ZOTERO_DATABASE

_PREFERENCE = re.compile(
    r'^user_pref\("extensions\.zotero\.(?P<name>dataDir|useDataDir)",\s*(?P<value>.+)\);\s*$',
    re.MULTILINE,
)
_LARGEST_PREFERENCES = 1 << 24


def zotero_database_in(path: Path | None) -> Path:
    """Return the database in the data folder ``path``, or in the user's own where that is None.

    Raises:
        DigestError: there is none.
    """
    if path is not None:
        database = path / ZOTERO_DATABASE if path.is_dir() else path
        if database.is_file():
            return database
        what = f"holds no {ZOTERO_DATABASE}." if path.is_dir() else "there is no such folder."
        raise DigestError(
            what,
            path=path,
            advice="Zotero shows its data folder in its settings, under Advanced, Files and "
            "Folders, as Data Directory Location.",
        )
    places = list(dict.fromkeys(data_folders(Path.home(), sys.platform, os.environ)))
    for place in places:
        if (place / ZOTERO_DATABASE).is_file():
            return place / ZOTERO_DATABASE
    raise DigestError(
        f"no {ZOTERO_DATABASE} in there.",
        path=", ".join(str(place) for place in places),
        advice="Name Zotero's data folder: `explorer zotero DIR`. Zotero shows it in its settings, "
        "under Advanced, Files and Folders, as Data Directory Location.",
    )


def data_folders(home: Path, platform: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders that may be Zotero's data folder, the likeliest first.

    Args:
        home: the user's home folder.
        platform: as :data:`sys.platform` has it.
        environment: variables, of which Windows has ``APPDATA``.
    """
    if platform == "win32":
        roaming = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
        profiles = roaming / "Zotero" / "Zotero" / "Profiles"
    elif platform == "darwin":
        profiles = home / "Library" / "Application Support" / "Zotero" / "Profiles"
    else:
        profiles = home / ".zotero" / "zotero"
    own = [path for path in sorted(profiles.glob("*/prefs.js")) if path.is_file()]
    yield from filter(None, map(_chosen_folder, own))
    yield home / "Zotero"
    yield from (path.parent / "zotero" for path in own)  # as versions before 5 had it


def _chosen_folder(preferences: Path) -> Path | None:
    """Return the data folder that the user chose in a profile; None for the usual one."""
    try:
        with preferences.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_LARGEST_PREFERENCES)
    except OSError:
        return None
    values: dict[str, object] = {}
    for match in _PREFERENCE.finditer(text):
        try:
            values[match["name"]] = json.loads(match["value"])
        except ValueError:
            continue
    folder = values.get("dataDir")
    if values.get("useDataDir") is False or not isinstance(folder, str) or not folder:
        return None
    return Path(folder)
