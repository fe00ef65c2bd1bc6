"""Vector index engines by name (the contract is in ``contract.py``)."""

from __future__ import annotations

from collections.abc import Callable

from explorer.errors import UnusableInput
from explorer.index.engines.contract import EngineFactory, ServerEngineFactory
from explorer.registry import Registry

DEFAULT_ENGINE = "faiss"

_REGISTRY: Registry[Callable[[], EngineFactory]] = Registry(
    "engine",
    "explorer.engines",
    {
        "exact": "explorer.index.engines.exact:ExactFactory",
        "faiss": "explorer.index.engines.faiss_by_size:FaissFactory",
        "faiss-flat": "explorer.index.engines.faiss_flat:FlatFactory",
        "faiss-sq8": "explorer.index.engines.faiss_lists:EightBitFactory",
        "faiss-rabitq4": "explorer.index.engines.faiss_lists:FourBitFactory",
        "faiss-rabitq": "explorer.index.engines.faiss_lists:OneBitFactory",
        "milvus": "explorer.index.engines.milvus:MilvusFactory",
    },
)


def engine_names() -> tuple[str, ...]:
    """Return the names of all engines, built in and added by other packages."""
    return _REGISTRY.names()


def load_engine(name: str = DEFAULT_ENGINE, uri: str = "") -> EngineFactory:
    """Return the factory of the engine called ``name``, for the server at ``uri`` if given.

    Raises:
        UnusableInput: unknown name, invalid address, or an address for an engine without a server.
    """
    factory = _REGISTRY.load(name)()
    if not uri:
        return factory
    if not isinstance(factory, ServerEngineFactory):
        raise UnusableInput(
            f"The engine {name!r} has no server, so it cannot use {uri}. Choose one that has: "
            "--engine milvus."
        )
    return factory.at(uri)


def server_uri(factory: EngineFactory) -> str:
    """Return the address of the factory's server; empty for an engine without one."""
    return factory.uri if isinstance(factory, ServerEngineFactory) else ""
