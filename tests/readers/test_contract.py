"""The contract that every digest reader keeps, whoever wrote it."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pytest

from explorer.readers import load_reader, read_digest, read_digests, reader_names
from explorer.readers.contract import Digest
from explorer.readers.opening import open_digests
from explorer.settings import ReadingLimits
from tests.helpers.corpus import ROOT

SAMPLES = {
    path.name.partition(".")[0]: path
    for path in sorted((ROOT / "tests" / "samples").iterdir())
    if not path.name.endswith(".expected.json")
}
"""For each format a small digest; beside it, what is expected of it."""


def expected(name: str) -> list[dict[str, object]]:
    """Return what the sample's papers must be: title, line, and whatever else is worth saying."""
    path = SAMPLES[name].parent / f"{name}.expected.json"
    papers: list[dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
    return papers


@pytest.mark.parametrize("name", reader_names())
def test_reader_keeps_the_contract(name: str) -> None:
    assert name in SAMPLES, f"add a sample of the format {name!r} to tests/samples"
    (digest,) = open_digests(SAMPLES[name], "sample", ReadingLimits())
    assert isinstance(digest, Digest)

    reader = load_reader(name)
    assert reader.name == name
    sureness = {other: load_reader(other).recognises(digest) for other in reader_names()}
    assert 0 < sureness[name] <= 100
    assert all(sureness[name] > sure for other, sure in sureness.items() if other != name), sureness

    reading = read_digest(SAMPLES[name], name="sample")
    assert reading.format == name
    assert reading.rejections == ()
    wanted = expected(name)
    assert len(wanted) >= 2
    found = [
        asdict(paper) | {"line": paper.sources[0].line, "sources": None} for paper in reading.papers
    ]
    for paper, want in zip(found, wanted, strict=True):
        # JSON has no tuples.
        got = {key: list(v) if isinstance(v, tuple) else v for key, v in paper.items()}
        assert {key: got[key] for key in want} == want
    assert all(paper.id == "" for paper in reading.papers)
    assert all(paper.sources[0].digest == "sample" for paper in reading.papers)
    assert read_digest(SAMPLES[name], name="sample") == reading
    assert list(reader.read(digest)) == list(reader.read(digest))


@pytest.mark.parametrize("name", reader_names())
def test_compressed_digests_read_like_plain_ones(name: str, tmp_path: Path) -> None:
    content = SAMPLES[name].read_bytes()
    plain = read_digest(SAMPLES[name], name="sample")
    packed = {
        "gz": gzip.compress(content),
        "bz2": bz2.compress(content),
        "xz": lzma.compress(content),
        "zst": pa.compress(content, codec="zstd", asbytes=True),
    }
    for ending, squeezed in packed.items():
        path = tmp_path / f"sample.{ending}"
        path.write_bytes(squeezed)
        reading = read_digest(path, name="sample")
        assert (reading.format, reading.papers) == (plain.format, plain.papers)
    archive = tmp_path / "sample.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("inside/sample.txt", content)
    (reading,) = read_digests(archive)
    assert reading.digest == "sample.zip/inside/sample.txt"
    assert [p.title for p in reading.papers] == [p.title for p in plain.papers]
