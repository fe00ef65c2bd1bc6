"""Shards: texts in Parquet files, each embedded by itself, here or on another machine.

A shard has two columns, ``fingerprint`` and ``text``. Its vectors lie beside it, in a file of the
vector cache's own format, one an embedder::

    shards/
      00001.parquet
      00001.vectors/all-MiniLM-L6-v2-1f0c….vectors     written under another name, then renamed

So embedding a shard needs nothing but the shard, and a shard with vectors beside it is done.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from tempfile import mkdtemp

from explorer.embedders import Embedder
from explorer.embedders.cache import BATCH, VectorCache, embed_missing
from explorer.errors import EmbedderError, UnusableInput
from explorer.files import sync, writing
from explorer.papers.paper import fingerprint_of

PAPERS = 40 * BATCH
"""Texts in a shard by default: some minutes of work on one machine."""
_SUFFIX = ".parquet"
_COLUMNS = ("fingerprint", "text")


@dataclass(frozen=True, slots=True)
class Task:
    """One shard to embed; it can be sent to another machine that sees the same folders."""

    shard: Path
    model: str
    """As ``open_embedder`` takes it."""
    identity: str
    """Required of the embedder, wherever it runs."""


Advance = Callable[[int, int], None]
"""Called with the texts embedded so far, and all texts."""


def write_shards(texts: Mapping[str, str], folder: Path, papers: int = PAPERS) -> list[Path]:
    """Write ``texts`` (fingerprint to text) to shards in ``folder`` and return their paths.

    Afterwards all of them exist, or none. Texts are in the order in which a build embeds them, and
    a shard ends where a batch of a build ends, so that the batches are the same.

    Args:
        papers: texts in a shard; rounded up to whole batches.

    Raises:
        UnusableInput: ``folder`` is not empty.
        LibraryError: it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UnusableInput("the folder is not empty.", path=folder, advice="Name a new folder.")
    if not texts:
        return []
    per_shard = -(-papers // BATCH) * BATCH
    lengths = {name: len(text) for name, text in texts.items()}
    names = sorted(lengths, key=lambda name: (lengths[name], name))
    digits = max(5, len(str(-(-len(names) // per_shard))))
    written = []
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for number, start in enumerate(range(0, len(names), per_shard), start=1):
                part = names[start : start + per_shard]
                table = pa.table([part, [texts[name] for name in part]], names=list(_COLUMNS))
                written.append(f"{number:0{digits}d}{_SUFFIX}")
                pq.write_table(table, draft / written[-1], compression="zstd")
                sync(draft / written[-1])
            draft.chmod(0o755)
            draft.replace(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return [folder / name for name in written]


def shard_files(paths: Iterable[Path]) -> list[Path]:
    """Return the shards at ``paths``: files, or those in folders, sorted by name.

    Raises:
        UnusableInput: there is no shard in one of them.
    """
    files: list[Path] = []
    for path in paths:
        inside = sorted(path.glob(f"*{_SUFFIX}")) if path.is_dir() else [path]
        if not inside or not inside[0].is_file():
            raise UnusableInput(
                f"no shards (*{_SUFFIX}) there.",
                path=path,
                advice="`explorer shards cut` writes them.",
            )
        files += [file.resolve() for file in inside]
    return list(dict.fromkeys(files))


def fingerprints_in(shard: Path) -> list[str]:
    """Return the fingerprints of a shard's texts, in its order.

    Raises:
        UnusableInput: the file is no shard.
    """
    return _columns(shard, _COLUMNS[:1])[0]


def texts_in(shard: Path) -> dict[str, str]:
    """Return a shard's texts by their fingerprints, in its order.

    Raises:
        UnusableInput: the file is no shard, or a fingerprint is not that of its text.
    """
    names, texts = _columns(shard, _COLUMNS)
    for row, (name, text) in enumerate(zip(names, texts, strict=True), start=1):
        if name != fingerprint_of(text):
            raise UnusableInput(
                f"row {row}: the fingerprint is not that of the text.",
                path=shard,
                advice="It is the first 128 bits of the text's SHA-256, in hex.",
            )
    return dict(zip(names, texts, strict=True))


def _columns(shard: Path, names: Sequence[str]) -> list[list[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # One thread: many processes may do this on one machine.
        table = pq.ParquetFile(shard).read(columns=list(names), use_threads=False)
        columns = [table.column(name).cast(pa.string()).to_pylist() for name in names]
    except (pa.ArrowException, OSError, KeyError) as error:
        reason = str(error).splitlines()[0][:200]
        raise UnusableInput(
            f"not a shard with the columns {' and '.join(_COLUMNS)} ({reason}).",
            path=shard,
            advice="`explorer shards cut` writes them.",
        ) from None
    for column in columns:
        if None in column:
            raise UnusableInput(f"row {column.index(None) + 1}: a value is missing.", path=shard)
    return columns


def embed_shard(task: Task, embedder: Embedder, advance: Advance) -> bool:
    """Embed a shard, unless its vectors exist already; return whether it was embedded.

    The file of the vectors appears only when it is complete.

    Raises:
        EmbedderError: this is not the task's embedder.
        UnusableInput: the file is no shard.
        LibraryError: the shard's folder cannot be written.
    """
    if embedder.identity != task.identity:
        raise EmbedderError(
            f"On this machine the model {task.model} is {embedder.identity!r}, not "
            f"{task.identity!r}.",
            advice="Install the same weights on every machine.",
        )
    if vectors_of(task.shard, embedder) is not None:
        return False
    texts = texts_in(task.shard)
    with writing(task.shard.parent):
        # Not shared with other tasks: one that Ray has given up may still be running.
        scratch = Path(mkdtemp(prefix=_unfinished(task.shard), dir=task.shard.parent))
    try:
        cache = VectorCache(scratch, embedder.identity, embedder.dimension)
        embed_missing(cache, embedder, texts, advance)
        target = _beside(task.shard)
        with writing(target):
            target.mkdir(exist_ok=True)
            cache.path.replace(target / cache.path.name)
            sync(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return True


def vectors_of(shard: Path, embedder: Embedder) -> VectorCache | None:
    """Return the vectors of a shard; None unless all of them exist.

    Texts are identified by their fingerprints, so vectors of earlier texts do not count.
    """
    folder = _beside(shard)
    if not folder.is_dir():
        return None
    cache = VectorCache(folder, embedder.identity, embedder.dimension)
    return cache if all(name in cache for name in fingerprints_in(shard)) else None


def remove_unfinished(shard: Path) -> None:
    """Remove the files of tasks that were killed while they embedded ``shard``."""
    for left in shard.parent.glob(f"{escape(_unfinished(shard))}*"):
        shutil.rmtree(left, ignore_errors=True)


def _unfinished(shard: Path) -> str:
    """Return the prefix of folders in which vectors of ``shard`` are written."""
    return f".embedding-{shard.stem}-"


def _beside(shard: Path) -> Path:
    return shard.with_suffix(".vectors")
