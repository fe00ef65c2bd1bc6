"""Shards embedded on the machines of a Ray cluster: one stateless task a shard.

Ray starts a task again, wherever there is room, when its process or its machine is lost. A task
writes nothing that counts until its last step, so nothing is lost and at most the shard is embedded
again. All machines must see the shards under the same path, and have this package and the model.
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
"""In place of an address: a cluster of this machine alone, for as long as the work lasts."""
_LOOPBACK = frozenset(("127.0.0.1", "localhost"))
_LISTENING = 5.0
"""Seconds in which a cluster's head answers."""
_POLL_SECONDS = 1.0
"""Seconds between two looks at whether there are machines left."""
_PATIENCE = 120.0
"""Seconds without any machine that could do a task, after which the work is given up."""


def on_ray(address: str, cpus: int = 0) -> Run:
    """Return what does tasks on the Ray cluster at ``address``.

    Args:
        address: ``host:port``, ``auto`` for a cluster that this machine is part of, or ``local``.
        cpus: processors that a task takes; 0 for as many as the smallest machine has, so that one
            task uses a machine, as embedding without a cluster does.

    Raises:
        ClusterError: Ray is not installed.
    """
    _ray(address)

    def run(tasks: Sequence[Task], embedder: Embedder, _: Advance) -> Iterator[Done]:
        # The graph of a model is exported here once where machines share the user's folder.
        embedder.embed_queries(["a word"])
        with _connected(address) as ray:
            yield from _done(ray, tasks, cpus)

    return run


def _done(ray: ModuleType, tasks: Sequence[Task], cpus: int) -> Iterator[Done]:
    a_task = cpus or _smallest(ray)
    remote = ray.remote(_embed_one).options(
        name="embed_shard", num_cpus=a_task, max_retries=-1, scheduling_strategy="SPREAD"
    )
    waiting = {remote.remote(task): task for task in tasks}
    seen = time.monotonic()
    while waiting:
        ready, _ = ray.wait(list(waiting), timeout=_POLL_SECONDS)
        for one in ready:
            task = waiting.pop(one)
            computed, where = _result(ray, one)
            yield Done(task, computed, where)
        if ready or any(room >= a_task for room in _machines(ray)):
            seen = time.monotonic()
        elif time.monotonic() - seen > _PATIENCE:
            raise ClusterError(
                f"No machine with {a_task:g} processors has been left for {_PATIENCE:.0f} s. What "
                "is embedded stays beside the shards; start machines and do the same again."
            )


def _embed_one(task: Task) -> tuple[bool, str]:
    """Embed a shard on a machine of the cluster, and return that machine's id."""
    import ray

    computed = embed_shard(task, _embedder(task.model), _nobody)
    return computed, str(ray.get_runtime_context().get_node_id())


@lru_cache(maxsize=1)
def _embedder(model: str) -> Embedder:
    """Return the embedder; a process that does several tasks loads it once."""
    return open_embedder(model)


def _nobody(done: int, total: int) -> None:
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
            "The cluster has no machine with processors. Start one: ray start --address=HOST:PORT"
        )
    return min(machines)


def _machines(ray: ModuleType) -> list[float]:
    """Return the processors of each machine that is there and has any."""
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
            f"{address}: no Ray cluster can be reached there ({_first_line(error)}). Start one: "
            "ray start --head --disable-usage-stats --include-dashboard=false"
        ) from None
    # Ray prints on standard output, also while it ends; that is our callers' own.
    with redirect_stdout(sys.stderr):
        try:
            yield ray
        finally:
            ray.shutdown()


def _check_listening(address: str) -> None:
    """Make sure that something listens at ``host:port``; Ray itself would wait for many minutes.

    Raises:
        OSError: nothing does.
    """
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_LISTENING).close()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _ray(address: str) -> ModuleType:
    """Return the Ray module, told what it reads of the environment when it is imported."""
    # Ray reports its use to its makers unless it is told not to before it starts.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if address.rpartition(":")[0] in _LOOPBACK or address == LOCAL:
        # Ray replaces a loopback address by the machine's own and listens on all interfaces;
        # with the switch that it has for systems whose firewall would ask, it does neither.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    try:
        import ray
    except ImportError:
        raise ClusterError(f"Embedding on a cluster needs Ray: {installing('ray')}.") from None
    module: ModuleType = ray
    return module
