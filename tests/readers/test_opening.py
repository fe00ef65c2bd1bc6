"""Opening of digests: encodings, limits, walking folders, readers of other packages."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from explorer import registry
from explorer.errors import DigestError
from explorer.papers.paper import Paper, Source
from explorer.readers import (
    Digest,
    Rejection,
    digest_files,
    load_reader,
    read_digest,
    reader_names,
)
from explorer.readers.encodings import text_encoding
from explorer.settings import ReadingLimits

TITLE = "Bézier Curves: “naïve” Fits"
ABSTRACT = (
    "We fit Bézier curves – naïvely at first – and show that a “façade” of control points "
    "suffices for every shape that we have drawn so far."
)
PAGE = f"{TITLE}\n\n{ABSTRACT}\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "digest.txt"
        path.write_bytes(content)
        return path

    return write


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DigestError, match=r"nowhere\.txt: there is no such file"):
        read_digest(tmp_path / "nowhere.txt")


def test_a_folder_is_no_digest(tmp_path: Path) -> None:
    with pytest.raises(DigestError, match="cannot be opened"):
        read_digest(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b" \n\t\r\n  ", "the file is empty"),
        (codecs.BOM_UTF8, "the file is empty"),
        ("\ufeff \n ".encode("utf-16-le"), "the file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "this is a PNG image"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "the PDF is damaged"),
        (b"PK\x03\x04" + bytes(30), "the archive is damaged"),
        (b"\x1f\x8b\x08" + bytes(30), "torn or damaged"),
        (b"A title\n\nand\x00 an abstract", "a binary file"),
        (b"12 34 56\n\n78\n", "none of the known formats"),
        (b"Subscribe\n\nDaily\n\nMar 11\n", "no paper found"),
    ],
)
def test_what_is_no_digest_is_refused_by_name(
    file: Callable[[bytes], Path], content: bytes, reason: str
) -> None:
    path = file(content)
    with pytest.raises(DigestError) as refusal:
        read_digest(path)
    assert reason in str(refusal.value)
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("cp1252", b""),
    ],
)
def test_encodings_in_common_use(file: Callable[[bytes], Path], encoding: str, bom: bytes) -> None:
    reading = read_digest(file(bom + PAGE.encode(encoding)))
    assert [(p.title, p.abstract) for p in reading.papers] == [(TITLE, ABSTRACT)]
    assert reading.papers[0].sources[0].line == 1


def test_latin_1_is_read(file: Callable[[bytes], Path]) -> None:
    plain = "Bezier curves, naïve and not, in a façade of Zürich's café " * 4
    reading = read_digest(file(f"Bézier Curves\n\n{plain}\n".encode("latin-1")))
    assert [(p.title, p.abstract) for p in reading.papers] == [("Bézier Curves", plain.strip())]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("title", [TITLE, "Чтение статей", "阅读论文 与 城市"])
def test_utf_16_without_a_mark(file: Callable[[bytes], Path], title: str, encoding: str) -> None:
    text = (
        f"{title}\n\n{ABSTRACT}\n" if title == TITLE else f"{title}\n\n{f'{title}，' * 40}。\n" * 2
    )
    reading = read_digest(file(text.encode(encoding)))
    assert reading.papers[0].title == title


def test_mac_roman_is_read(file: Callable[[bytes], Path]) -> None:
    sentence = "It’s naïve, in Müller’s café – or not, señor; the façades of all España saw that"
    plain = f"{sentence} long before anybody there had thought of reading any papers at all. " * 4
    reading = read_digest(file(f"Bézier Curves\n\n{plain}\n".encode("mac_roman")))
    assert [(p.title, p.abstract) for p in reading.papers] == [("Bézier Curves", plain.strip())]


def test_quotes_and_dashes_alone_are_windows(file: Callable[[bytes], Path]) -> None:
    plain = "It’s a “state–space” model—or not; models’ states, and “others” as well… " * 4
    reading = read_digest(file(f"Bezier Curves\n\n{plain}\n".encode("cp1252")))
    assert [p.abstract for p in reading.papers] == [plain.strip()]


@pytest.mark.parametrize("stray", [b"\x92", b"\xe9", b"\x81", b"\xe2\x80"])
def test_a_stray_byte_spoils_neither_the_file_nor_its_line(
    stray: bytes, file: Callable[[bytes], Path]
) -> None:
    sentence = "A naïve café in Zürich is where we read this, and nothing else was done there. "
    page = f"Café\n\n{sentence * 3}\n\n".encode()
    reading = read_digest(file(page * 5 + b"Bar\n\nna\xc3\xafve" + stray + b" " + page[6:]))
    assert [p.title for p in reading.papers] == ["Café"] * 5 + ["Bar"]
    assert "naïve" in reading.papers[-1].abstract
    assert reading.papers[-1].abstract.endswith(
        "A naïve café in Zürich is where we read this, and nothing else was done there."
    )
    assert "line 23" in reading.recognition.remark


def test_a_sequence_between_two_chunks_is_no_stray() -> None:
    page = b"a" * ((1 << 20) - 1) + "é\n".encode() + "ü\n".encode() * 9 + b"\x92\n"
    _, remark = text_encoding([page[: 1 << 20], page[1 << 20 :]])
    assert remark.startswith("not all of it is UTF-8: line 11;")


def test_russian_in_a_legacy_encoding_is_read(file: Callable[[bytes], Path]) -> None:
    abstract = "Мы изучаем, как читают ежедневные статьи. Читатели просматривают заголовки " * 6
    reading = read_digest(file(f"Чтение статей\n\n{abstract}\n".encode("cp1251")))
    assert [(p.title, p.abstract) for p in reading.papers] == [("Чтение статей", abstract.strip())]


def test_an_encoding_fault_far_down_is_seen(file: Callable[[bytes], Path]) -> None:
    ascii_page = "".join(f"Title number {n}\n\n{'plain words ' * 40}\n\n" for n in range(200))
    reading = read_digest(file(ascii_page.encode() + PAGE.encode("cp1252")))
    assert reading.papers[-1].title == TITLE
    assert len(reading.papers) == 201


def test_a_long_line_is_reported_and_the_rest_is_read(file: Callable[[bytes], Path]) -> None:
    limits = ReadingLimits(line_characters=200)
    content = f"{'x' * 1000}\n\n{PAGE}\n{'y' * 201}"
    reading = read_digest(file(content.encode()), limits=limits)
    assert [(p.title, p.sources[0].line) for p in reading.papers] == [(TITLE, 3)]
    assert [(r.line, r.reason) for r in reading.rejections] == [
        (1, "the line has 1,001 characters, more than the 200 allowed"),
        (7, "the line has 201 characters, more than the 200 allowed"),
    ]


def test_a_line_of_just_the_most_characters_is_read(file: Callable[[bytes], Path]) -> None:
    limits = ReadingLimits(line_characters=len(ABSTRACT))
    reading = read_digest(file(PAGE.encode()), limits=limits)
    assert reading.rejections == ()
    assert reading.papers[0].abstract == ABSTRACT


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (ReadingLimits(title_characters=10), "the title has 27 characters, more than the 10"),
        (ReadingLimits(abstract_characters=50), "the abstract has"),
    ],
)
def test_papers_beyond_the_limits_are_reported(
    file: Callable[[bytes], Path], limits: ReadingLimits, reason: str
) -> None:
    reading = read_digest(file(f"\n{PAGE}".encode()), limits=limits)
    assert reading.papers == ()
    assert [rejection.line for rejection in reading.rejections] == [2]
    assert reason in reading.rejections[0].reason


def test_folders_give_their_files_under_relative_names(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.txt", ".hidden.txt", ".git/d.txt", "a/.e.txt"):
        path = tmp_path / "digests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE, encoding="utf-8")
    single = tmp_path / "z.txt"
    single.write_text(PAGE, encoding="utf-8")
    found = digest_files([tmp_path / "digests", single, tmp_path / "digests" / "b.txt"])
    assert [name for name, _ in found] == ["a/c.txt", "b.txt", "z.txt"]
    assert all(path.is_file() for _, path in found)


def test_a_folder_passes_over_what_is_not_finished_but_a_file_named_is_read(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt.part", "c.crdownload", "d.TMP", "e.txt~", "partial.txt"):
        (tmp_path / name).write_text(PAGE, encoding="utf-8")
    assert [name for name, _ in digest_files([tmp_path])] == ["a.txt", "partial.txt"]
    named = tmp_path / "b.txt.part"
    assert digest_files([named]) == [("b.txt.part", named.resolve())]


def test_a_hidden_parent_folder_hides_nothing(tmp_path: Path) -> None:
    folder = tmp_path / ".cache" / "digests"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text(PAGE, encoding="utf-8")
    assert [name for name, _ in digest_files([folder])] == ["a.txt"]


def test_a_folder_without_files_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DigestError, match="no digest in there"):
        digest_files([tmp_path])
    with pytest.raises(DigestError, match="no such file or folder"):
        digest_files([tmp_path / "missing"])


def test_json_lines_under_the_names_in_common_use(file: Callable[[bytes], Path]) -> None:
    records: Sequence[object] = [
        {
            "id": "2101.11408v2",
            "title": "Number Parsing\n  at a Gigabyte",
            "abstract": "  Fast.\n",
            "authors": "Lemire, Daniel; Doe, Jane",
            "doi": "https://doi.org/10.1002/SPE.2984",
            "update_date": "2022-11-07",
            "journal": "Software",
            "categories": ["cs.DS", "cs.MS"],
        },
        {
            "title": "Second",
            "summary": "Text.",
            "authors": [{"name": "Ada Lovelace"}, "Charles Babbage"],
            "year": 2024,
            "_id": 17,
            "link": "https://arxiv.org/abs/2502.00002",
        },
        {"title": "Third", "url": "https://doi.org/10.48550/arXiv.2502.00003"},
        {"title": "half \ud83d of it"},
    ]
    text = "\n".join(json.dumps(record) for record in records)
    reading = read_digest(file(text.encode()), name="bot.jsonl")
    first, second, third, fourth = reading.papers
    assert reading.format == "json-lines"
    assert first == Paper(
        title="Number Parsing at a Gigabyte",
        abstract="Fast.",
        authors=("Lemire, Daniel", "Doe, Jane"),
        date="2022-11-07",
        venue="Software",
        arxiv="2101.11408",
        doi="10.1002/spe.2984",
        categories=("cs.DS", "cs.MS"),
        sources=(Source("bot.jsonl", 1),),
    )
    assert (second.authors, second.date) == (("Ada Lovelace", "Charles Babbage"), "2024")
    assert (second.arxiv, second.other_ids) == ("2502.00002", ("digest:17",))
    assert third.arxiv == "2502.00003"
    assert fourth.title == "half of it"
    assert len(fourth.fingerprint) == 32


def test_json_lines_report_each_bad_line(file: Callable[[bytes], Path]) -> None:
    lines = [
        '{"title": "Good"}',
        "",
        '{"title": ',
        "[1, 2]",
        '{"abstract": "no title"}',
        '{"title": "..."}',
        "[" * 100_000,
        '{"title": "Also good"}',
    ]
    reading = read_digest(file("\n".join(lines).encode()))
    assert [p.title for p in reading.papers] == ["Good", "Also good"]
    assert [(r.line, r.reason) for r in reading.rejections] == [
        (3, "the line is not valid JSON"),
        (4, "the line is JSON, but not an object"),
        (5, "the object has no title"),
        (6, "the object has no title"),
        (7, "the line is not valid JSON"),
    ]


class OutsideReader:
    """A format from another package: a mark, then one title a line."""

    name = "outside"

    def recognises(self, digest: Digest) -> int:
        return 100 if digest.head.startswith("%outside") else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for line in digest.lines():
            if isinstance(line, Rejection):
                yield line
            elif line.number > 1:
                source = Source(digest.name, line.number)
                yield Paper(title=line.text, id="mine", sources=(source,))


@pytest.fixture
def outside_reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    point = EntryPoint("outside", f"{__name__}:OutsideReader", "explorer.readers")

    def entry_points(*, group: str, name: str = "outside") -> list[EntryPoint]:
        return [point] if (group, name) == ("explorer.readers", "outside") else []

    monkeypatch.setattr(registry, "entry_points", entry_points)
    load_reader.cache_clear()
    yield
    load_reader.cache_clear()


@pytest.mark.usefixtures("outside_reader")
def test_readers_of_other_packages_are_used(file: Callable[[bytes], Path]) -> None:
    assert {"json-lines", "outside", "scraped-page"} <= set(reader_names())
    reading = read_digest(file(b"%outside\nA Title\nAnother\n"))
    assert reading.format == "outside"
    assert [(p.title, p.id, p.sources[0].line) for p in reading.papers] == [
        ("A Title", "", 2),
        ("Another", "", 3),
    ]


@pytest.mark.usefixtures("outside_reader")
def test_readers_of_other_packages_take_nothing_from_the_others(
    file: Callable[[bytes], Path],
) -> None:
    assert read_digest(file(PAGE.encode())).format == "scraped-page"


def test_an_unknown_reader_is_refused_by_name() -> None:
    with pytest.raises(DigestError, match=r"'docx'.*json-lines, .*scraped-page"):
        load_reader("docx")
