"""The contract that every digest reader keeps, whoever wrote it."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.errors import DigestError
from explorer.readers import Reading, load_reader, read_digest, read_digests, reader_names
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


def read(content: bytes, folder: Path) -> Reading:
    path = folder / "sample"
    path.write_bytes(content)
    return read_digest(path, name="sample")


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


def _mutants(raw: bytes) -> st.SearchStrategy[bytes]:
    """``raw`` cut, torn, overwritten, doubled and spliced with bytes and with other samples."""
    others = st.sampled_from([path.read_bytes() for path in SAMPLES.values()])
    junk = st.one_of(
        st.binary(max_size=30),
        st.text(max_size=30).map(lambda t: t.encode("utf-8", "replace")),
        st.sampled_from([b"](", b"[", b"\n", b"\n\n", b"\\", b"{", b"\xff\xfe", b"---\n", b"# "]),
        others,
    )
    place = st.integers(0, len(raw))

    def splice(a: int, b: int, middle: bytes) -> bytes:
        return raw[:a] + middle + raw[b:]

    return st.builds(splice, place, place, junk)


@pytest.mark.parametrize("name", reader_names())
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_digests_raise_nothing_but_digest_errors(name: str, data: st.DataObject) -> None:
    damaged = data.draw(_mutants(SAMPLES[name].read_bytes()))
    with tempfile.TemporaryDirectory() as folder:
        try:
            reading = read(damaged, Path(folder))
        except DigestError as error:
            assert str(error)
            return
    last = damaged.count(b"\n") + damaged.count(b"\r") + 1
    for paper in reading.papers:
        assert any(character.isalnum() for character in paper.title)
        assert paper.id == ""
        assert paper.sources[0].digest == "sample"
        assert 1 <= paper.sources[0].line <= last
        assert paper.fingerprint
    for rejection in reading.rejections:
        assert rejection.reason
        assert 0 <= rejection.line <= last
