"""The commands that embed apart from a build: on one machine, or on many."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from explorer.builds.build import texts_to_embed
from explorer.builds.distributed.bulk import embed
from explorer.builds.distributed.on_ray import on_ray
from explorer.builds.distributed.shards import PAPERS, shard_files, write_shards
from explorer.cli.building import DIGESTS, with_digests
from explorer.cli.options import Commands, count, print_json
from explorer.embedders import DEFAULT_MODEL
from explorer.library.store import LibraryStore

_SHARD_EXAMPLES = """\
What is written is what `explorer build` of the same digests would embed. Shards are Parquet files
with the columns fingerprint and text.

examples:
  explorer shard --into shards                         of data/digests
  explorer shard ~/corpora --into /mnt/shared/shards   where other machines see them, too
  explorer shard --papers 20480 --into shards          fewer, larger ones
"""
_EMBED_EXAMPLES = """\
Vectors are written beside each shard and go into the library's cache at the end; the next
`explorer build` of the same papers embeds none of them again. Whatever is interrupted, do the same
again: shards whose vectors are there are done.

With --ray, all machines need this package, Ray, the model, and the shards under the same path.
Start a cluster without reports to Ray's makers and without its dashboard:
  ray start --head --disable-usage-stats --include-dashboard=false
docs/scaling.md tells more.

examples:
  explorer embed shards                                all shards of a folder, here
  explorer embed shards/00007.parquet                  one of them
  explorer embed /mnt/shared/shards --ray auto         on the cluster that this machine is part of
  explorer embed /mnt/shared/shards --ray 10.0.0.5:6379
"""


def add_embed(commands: Commands) -> None:
    """Add ``shard`` and ``embed``."""
    told = "Cut what a build would embed into shards, to be embedded apart."
    added = commands.add("shard", cut_into_shards, told, _SHARD_EXAMPLES)
    with_digests(added)
    added.add_argument(
        "--into", type=Path, required=True, metavar="FOLDER", help="a new folder for the shards"
    )
    added.add_argument(
        "--papers",
        type=count,
        default=PAPERS,
        metavar="N",
        help=f"papers in a shard, rounded up to whole batches (default: {PAPERS})",
    )
    _with_model(added)
    told = "Embed shards into the library's vector cache, here or on a Ray cluster."
    added = commands.add("embed", embed_shards, told, _EMBED_EXAMPLES)
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
        help="on a Ray cluster: host:port, auto (this machine is part of one), or local (this "
        "machine alone)",
    )
    added.add_argument(
        "--cpus",
        type=count,
        default=0,
        metavar="N",
        help="with --ray, processors that a task takes (default: all of the smallest machine)",
    )
    _with_model(added)


def _with_model(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--model",
        default="",
        help=f"sentence-transformers model (default: the library's, or {DEFAULT_MODEL})",
    )


def cut_into_shards(options: argparse.Namespace) -> int:
    """Write what a build would embed to shards."""
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
        out.print(f"Embed them: explorer embed {options.into}", markup=False, soft_wrap=True)
    else:
        out.print("The vectors of all papers are in the library's cache; there is nothing to cut.")
    return 0


def embed_shards(options: argparse.Namespace) -> int:
    """Embed shards into the library's vector cache."""
    from explorer.cli.output.building import show_embedded
    from explorer.cli.output.progress import build_progress

    shards = shard_files(options.shards)
    run = on_ray(options.ray, options.cpus) if options.ray else None
    with build_progress() as progress:
        report = embed(LibraryStore(options.library), shards, options.model, run, progress)
    if options.json:
        print_json(asdict(report))
    else:
        show_embedded(report, str(options.library))
    return 0
