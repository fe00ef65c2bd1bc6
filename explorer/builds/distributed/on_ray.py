"""Shards embedded on the machines of a Ray cluster: one stateless task a shard.

Ray restarts a task, on any machine with free processors, when its process or machine is lost. A
task moves its result into place in its last step, so at most that shard is embedded again. All
machines must see the shards under the same path, and have this package and the model.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import lru_cache
from types import ModuleType
from typing import Any

from explorer.builds.distributed.bulk import Done, Run
from explorer.builds.distributed.shards import Advance, Task, embed_shard
from explorer.embedders import Embedder, open_embedder
from explorer.errors import ClusterError, ExplorerError, installing

LOCAL = "local"
"""In place of an address: a cluster of this machine alone, for the time of the run."""
_LOOPBACK = frozenset(("127.0.0.1", "localhost"))
_CONNECT_SECONDS = 5.0
"""Seconds in which a cluster's head must accept a connection."""
_POLL_SECONDS = 1.0
"""Seconds between checks for machines."""
_PATIENCE = 120.0
"""Seconds without any machine large enough for a task after which the run fails."""


def on_ray(address: str, cpus: int = 0) -> Run:
    """Return a function that runs tasks on the Ray cluster at ``address``.

    Args:
        address: ``host:port``, ``auto`` for a cluster that this machine is part of, or ``local``.
        cpus: processors of a task; 0 for as many as the smallest machine has, so that one task uses
            a machine, as embedding without a cluster does.

    Raises:
        ClusterError: Ray is not installed.
    """
    _ray(address)

    def run(tasks: Sequence[Task], embedder: Embedder, _: Advance) -> Iterator[Done]:
        # Export the graph of the model once, here, for machines that share the user's folder.
        embedder.embed_queries(["a word"])
        with _connected(address) as ray:
            yield from _done(ray, tasks, cpus)

    return run


def _done(ray: ModuleType, tasks: Sequence[Task], cpus: int) -> Iterator[Done]:
    cpus_per_task = cpus or _smallest(ray)
    remote = ray.remote(_embed_one).options(
        name="embed_shard", num_cpus=cpus_per_task, max_retries=-1, scheduling_strategy="SPREAD"
    )
    waiting = {remote.remote(task): task for task in tasks}
    last_available = time.monotonic()
    while waiting:
        ready, _ = ray.wait(list(waiting), timeout=_POLL_SECONDS)
        for one in ready:
            task = waiting.pop(one)
            computed, machine = _result(ray, one)
            yield Done(task, computed, machine)
        if ready or any(machine_cpus >= cpus_per_task for machine_cpus in _machines(ray)):
            last_available = time.monotonic()
        elif time.monotonic() - last_available > _PATIENCE:
            raise ClusterError(
                f"No machine with {cpus_per_task:g} processors has been available for "
                f"{_PATIENCE:.0f} s.",
                advice=(
                    "Finished vectors stay beside the shards; start machines and run the command "
                    "again."
                ),
            )


def _embed_one(task: Task) -> tuple[bool, str]:
    """Embed a shard on a machine of the cluster, and return that machine's id."""
    import ray

    computed = embed_shard(task, _embedder(task.model), _ignore)
    return computed, str(ray.get_runtime_context().get_node_id())


@lru_cache(maxsize=1)
def _embedder(model: str) -> Embedder:
    """Return the embedder; a process that does several tasks loads it once."""
    return open_embedder(model)


def _ignore(done: int, total: int) -> None:
    """Ignore the progress of a task on another machine."""


def _result(ray: ModuleType, one: Any) -> tuple[bool, str]:
    try:
        computed, machine = ray.get(one)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ExplorerError):
            raise error.cause from None
        raise ClusterError(f"A task failed on a machine of the cluster: {error}") from None
    except ray.exceptions.RayError as error:
        raise ClusterError(f"The cluster failed: {error}") from None
    addresses = {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes()}
    # Several machines may have one address where each is a container or a process.
    return computed, f"{addresses.get(machine, '')} {machine[:6]}".strip()


def _smallest(ray: ModuleType) -> float:
    machines = _machines(ray)
    if not machines:
        raise ClusterError(
            "The cluster has no machine with processors.",
            advice="Start one: ray start --address=HOST:PORT",
        )
    return min(machines)


def _machines(ray: ModuleType) -> list[float]:
    """Return the number of processors of each live machine that has any."""
    counts = (node["Resources"].get("CPU", 0.0) for node in ray.nodes() if node["Alive"])
    return [float(cpus) for cpus in counts if cpus]


@contextmanager
def _connected(address: str) -> Iterator[ModuleType]:
    ray = _ray(address)
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.WARNING}
    if address == LOCAL:
        options["include_dashboard"] = False
    try:
        _check_listening(address)
        ray.init(address=address, **options)
    except Exception as error:
        raise ClusterError(
            f"No Ray cluster can be reached at {address} ({_first_line(error)}).",
            advice=("Start one: ray start --head --disable-usage-stats --include-dashboard=false"),
        ) from None
    # Ray prints on standard output, also at shutdown; that is reserved for our callers.
    with redirect_stdout(sys.stderr):
        try:
            yield ray
        finally:
            ray.shutdown()


def _check_listening(address: str) -> None:
    """Check that a server listens at ``host:port``; Ray itself would wait for many minutes.

    Raises:
        OSError: none does.
    """
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _ray(address: str) -> ModuleType:
    """Return the Ray module, imported with our environment variables set."""
    # Ray sends usage statistics to its makers unless this is set before it starts.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if address.rpartition(":")[0] in _LOOPBACK or address == LOCAL:
        # Ray replaces a loopback address by the machine's own and listens on all interfaces; this
        # switch, meant for systems whose firewall prompts, prevents both.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    try:
        import ray
    except ImportError:
        raise ClusterError(f"Embedding on a cluster needs Ray: {installing('ray')}.") from None
    module: ModuleType = ray
    return module
