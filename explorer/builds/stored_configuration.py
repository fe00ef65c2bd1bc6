"""Settings of a build: those the library was built with, and those the user chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from explorer.embedders import DEFAULT_MODEL, Embedder
from explorer.index.engines import DEFAULT_ENGINE
from explorer.library.checks import salvaged_manifest
from explorer.library.generation import GIVEN_SUFFIX, Generation
from explorer.library.store import LibraryStore
from explorer.settings import FINENESS, IndexSettings, Settings, of_fineness
from explorer.topics.edits import TopicEdit, fingerprint_of_edits

ENGINE_URI = "engine_uri"
"""Key in a manifest's settings: the address of the engine's server."""
UNANSWERED = "unanswered"
"""Key in a manifest's settings: topics that a language model's server gave no answer for."""
_STORED_SETTINGS = ("index", "graph", "map", "topics")
"""Settings with an effect on stored data; those of reading and search have none."""


@dataclass(frozen=True, slots=True)
class StoredConfiguration:
    """Configuration that a library was built with; a build keeps it unless the user changes it."""

    model: str
    engine: str
    engine_uri: str
    """The address of the engine's server; empty for engines without one."""
    identity: str
    """Empty where there are no vectors yet, or their origin is unknown."""
    fineness: str
    memory: int


def stored_configuration(library: LibraryStore, live: Generation | None) -> StoredConfiguration:
    """Return the configuration of ``live``, or of the newest generation that can be read."""
    content = salvaged_manifest(live.folder) if live else library.salvaged_manifest()
    settings = content.get("settings")
    content |= settings if isinstance(settings, dict) else {}
    text = {name: value for name, value in content.items() if isinstance(value, str)}
    fineness = text.get("fineness", "")
    index = content.get("index")
    memory = index.get("memory") if isinstance(index, dict) else None
    return StoredConfiguration(
        model=text.get("model") or DEFAULT_MODEL,
        engine=text.get("engine") or DEFAULT_ENGINE,
        engine_uri=text.get(ENGINE_URI, ""),
        identity=text.get("identity", ""),
        fineness=fineness if fineness in FINENESS else "normal",
        memory=memory if isinstance(memory, int) else IndexSettings().memory,
    )


def settings_in_force(settings: Settings, fineness: str, memory: int) -> Settings:
    """Return ``settings`` with topics of this fineness and an index of so many bytes."""
    topics = of_fineness(settings.topics, fineness)
    return replace(settings, topics=topics, index=replace(settings.index, memory=memory))


def manifest_settings(
    settings: Settings, fineness: str, edits: Sequence[TopicEdit], namer: str
) -> dict[str, Any]:
    """Return the settings as a manifest stores them: all with an effect on stored data."""
    return _as_json(settings) | {
        "fineness": fineness,
        "said": fingerprint_of_edits(edits),
        "namer": namer,
    }


def stored_settings(live: Generation) -> Mapping[str, Any]:
    """Return the settings in the manifest of ``live``, with defaults for those it lacks."""
    stored = live.manifest.settings
    defaults = _as_json(Settings())
    return (
        {"fineness": "normal", "said": "", "namer": ""}
        | stored
        | {name: defaults[name] | stored.get(name, {}) for name in defaults}
    )


def vector_identity(embedder: Embedder, stored: StoredConfiguration, *, given: bool) -> str:
    """Return the identity under which vectors are stored; given ones are kept apart."""
    identity_of_given = embedder.identity + GIVEN_SUFFIX
    if given or stored.identity == identity_of_given:
        return identity_of_given
    return embedder.identity


def _as_json(settings: Settings) -> dict[str, Any]:
    return {name: asdict(getattr(settings, name)) for name in _STORED_SETTINGS}
