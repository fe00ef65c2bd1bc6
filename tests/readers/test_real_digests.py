"""Digests from the wild: all are read, in any order to the same records, and damage is survived.

They lie beside the project, not in it; without them these tests are skipped.
"""

from __future__ import annotations

import random
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.errors import DigestError
from explorer.papers.paper import Paper
from explorer.readers import digest_files, read_digests
from tests.helpers.corpus import ROOT
from tests.helpers.joining import identify

FOLDER = ROOT.parent / "shared" / "data" / "digests"
FILES = (
    [(name, path) for name, path in digest_files([FOLDER]) if path.name != "MANIFEST.tsv"]
    if FOLDER.is_dir()
    else []
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILES, reason=f"no collection of real digests in {FOLDER}"),
]

_MOST_BYTES = 60_000
"""Larger files are cut to this before they are damaged, so that a thousand tries stay quick."""


@cache
def _papers() -> tuple[Paper, ...]:
    papers: list[Paper] = []
    for name, path in FILES:
        for reading in read_digests(path, name):
            papers += reading.papers
    return tuple(papers)


@pytest.mark.parametrize(("name", "path"), FILES, ids=[name for name, _ in FILES])
def test_every_digest_gives_papers_or_a_reason(name: str, path: Path) -> None:
    for reading in read_digests(path, name):
        assert reading.format
        assert reading.papers or reading.rejections
        for paper in reading.papers:
            assert paper.title == paper.title.strip()
            assert paper.sources[0].line >= 1
            assert len(paper.fingerprint) == 32
        for rejection in reading.rejections:
            assert rejection.reason


def test_any_order_gives_the_same_records() -> None:
    papers = list(_papers())
    records = identify(papers)
    assert len(records) < len(papers)
    for seed in (1, 2):
        random.Random(seed).shuffle(papers)
        assert identify(papers) == records
    assert identify([], records) == records


@given(data=st.data())
@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_damaged_real_digests_raise_nothing_but_digest_errors(data: st.DataObject) -> None:
    _, path = data.draw(st.sampled_from(FILES), label="file")
    raw = path.read_bytes()[:_MOST_BYTES]
    begin = data.draw(st.integers(0, len(raw)), label="begin")
    length = data.draw(st.integers(0, 400), label="length")
    _, other = data.draw(st.sampled_from(FILES), label="spliced in")
    middle = data.draw(
        st.one_of(
            st.binary(max_size=40),
            st.just(other.read_bytes()[:2_000]),
            st.sampled_from([b"", b"<", b"{", b'"', b"\x00", b"\n\n", b"]]>", b"&x;", b"\\", b"|"]),
        ),
        label="middle",
    )
    tail = raw[begin + length :] if data.draw(st.booleans(), label="whole") else b""
    with tempfile.TemporaryDirectory() as folder:
        damaged = Path(folder) / "digest"
        damaged.write_bytes(raw[:begin] + middle + tail)
        try:
            readings = read_digests(damaged)
        except DigestError as error:
            assert str(error)
            return
    for reading in readings:
        for paper in reading.papers:
            assert paper.fingerprint
