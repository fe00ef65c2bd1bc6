"""The group ``explorer shards``: embed papers apart from a build, on one machine or on many."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from explorer.builds.build import texts_to_embed
from explorer.builds.distributed.bulk import embed
from explorer.builds.distributed.on_ray import on_ray
from explorer.builds.distributed.shards import PAPERS, shard_files, write_shards
from explorer.cli.build import DIGESTS, with_digests
from explorer.cli.commands import Commands
from explorer.cli.options import count, print_json
from explorer.embedders import DEFAULT_MODEL
from explorer.library.store import LibraryStore

_GROUP_EXAMPLES = """\
examples:
  explorer shards cut data/digests --into shards
  explorer shards embed shards
  explorer build data/digests                          embeds nothing again
"""
_CUT_EXAMPLES = """\
Shards hold the texts that `explorer build` of the same digests would embed. They are Parquet files
with the columns fingerprint and text.

examples:
  explorer shards cut --into shards                         from data/digests
  explorer shards cut ~/corpora --into /mnt/shared/shards   where other machines can read them
  explorer shards cut --papers 20480 --into shards          fewer, larger shards
"""
_EMBED_EXAMPLES = """\
Vectors are written beside each shard and added to the library's cache at the end; the next
`explorer build` of the same papers embeds none of them again. After an interruption, run the same
command again: shards that have their vectors are skipped.

With --ray, all machines need this package, Ray, the model, and the shards under the same path.
Start a cluster without usage reports and without its dashboard:
  ray start --head --disable-usage-stats --include-dashboard=false
See docs/scaling.md.

examples:
  explorer shards embed shards                         all shards in a folder, on this machine
  explorer shards embed shards/00007.parquet           one shard
  explorer shards embed /mnt/shared/shards --ray auto  on the cluster of this machine
  explorer shards embed /mnt/shared/shards --ray 10.0.0.5:6379
"""


def add_shards(commands: Commands) -> None:
    """Add ``shards cut`` and ``shards embed``."""
    text = "Embed a large corpus in shards, on one machine or many."
    group = commands.group("shards", text, _GROUP_EXAMPLES)
    text = "Write the texts that a build would embed into shards."
    added = group.add("cut", cut_into_shards, text, _CUT_EXAMPLES)
    with_digests(added)
    added.add_argument(
        "--into", type=Path, required=True, metavar="FOLDER", help="new folder for the shards"
    )
    added.add_argument(
        "--papers",
        type=count,
        default=PAPERS,
        metavar="N",
        help=f"papers per shard, rounded up to whole batches (default: {PAPERS})",
    )
    _with_model(added)
    text = "Embed shards into the library's vector cache, here or on a Ray cluster."
    added = group.add("embed", embed_shards, text, _EMBED_EXAMPLES)
    added.add_argument(
        "shards",
        nargs="+",
        type=Path,
        metavar="SHARD_OR_FOLDER",
        help="Parquet files with the columns fingerprint and text, or folders of them",
    )
    added.add_argument(
        "--ray",
        default="",
        metavar="ADDRESS",
        help="Ray cluster to run on: host:port, auto (the cluster of this machine), or local (this "
        "machine alone)",
    )
    added.add_argument(
        "--cpus",
        type=count,
        default=0,
        metavar="N",
        help="processors per task with --ray (default: all of the smallest machine)",
    )
    _with_model(added)


def _with_model(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--model",
        default="",
        help=f"sentence-transformers model (default: the library's, or {DEFAULT_MODEL})",
    )


def cut_into_shards(options: argparse.Namespace) -> int:
    """Write the texts that a build would embed into shards."""
    from explorer.cli.output.console import out
    from explorer.cli.output.progress import build_progress

    library = LibraryStore(options.library)
    with build_progress() as progress:
        texts = texts_to_embed(library, options.digests or [DIGESTS], options.model, progress)
        written = write_shards(texts, options.into, options.papers)
    if options.json:
        print_json({"texts": len(texts), "shards": [str(path) for path in written]})
    elif written:
        out.print(f"{len(texts):,} papers in {len(written):,} shards.", highlight=False)
        command = f"explorer shards embed {options.into}"
        out.print(f"Embed them with: {command}", markup=False, soft_wrap=True)
    else:
        out.print("All papers have vectors in the library's cache; there is nothing to embed.")
    return 0


def embed_shards(options: argparse.Namespace) -> int:
    """Embed shards into the library's vector cache."""
    from explorer.cli.output.builds import show_embedding
    from explorer.cli.output.progress import build_progress

    shards = shard_files(options.shards)
    run = on_ray(options.ray, options.cpus) if options.ray else None
    with build_progress() as progress:
        report = embed(LibraryStore(options.library), shards, options.model, run, progress)
    if options.json:
        print_json(asdict(report))
    else:
        show_embedding(report, str(options.library))
    return 0
