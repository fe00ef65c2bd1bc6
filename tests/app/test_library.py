"""The library kept up to date from the page: uploads, updates, the way back, and no rights."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer.app import resources
from explorer.app import uploads as uploads_view
from explorer.app.updates import UpdateRunner
from explorer.builds import uploads
from explorer.builds.apply_edits import rename
from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.builds.feeds import fetching
from explorer.builds.feeds.subscriptions import subscribe
from explorer.builds.feeds.web import Web
from explorer.builds.progress import Progress
from explorer.builds.zotero import update_from_zotero
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.colouring import ColourBy, colouring, informative_colourings
from explorer.papers.paper import Paper
from explorer.search.filters import Filters, allowed_rows
from explorer.search.queries.syntax import parse
from tests.helpers.browser import open_browser
from tests.helpers.corpus import WriteDigest
from tests.helpers.feed_services import ToServer, answer, serve
from tests.helpers.page_run import page_of
from tests.helpers.serving import serve_page
from tests.helpers.zotero_library import Stored, make_zotero

pytestmark = pytest.mark.slow

NEW = Paper(
    id="",
    title="Whale Songs in the Deep Ocean",
    abstract="We record whales below a thousand metres and tell their dialects apart by ear.",
)
HOSTILE = '<b onclick="x">*a*</b> [l](http://evil) :red[n] `c` $x$.txt'

HASHING = BuildOptions(model="hashing")
OpenPage = Callable[..., AppTest]


@pytest.fixture
def digests(library: LibraryStore) -> Path:
    """Where uploads to that library are kept."""
    return library.folder.parent / "digests"


@pytest.fixture
def content(tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest) -> bytes:
    """A digest with one paper that the library does not know and two that it does."""
    return write_digest(tmp_path / "written.txt", [NEW, *corpus[:2]]).read_bytes()


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Open the page over the library of the test at what the URL says."""
    folder = tmp_path / "library"
    monkeypatch.delenv("EXPLORER_DIGESTS", raising=False)
    monkeypatch.delenv("EXPLORER_READ_ONLY", raising=False)

    def opened(**url: str) -> AppTest:
        return page_of(folder, monkeypatch, **({"view": "library"} | url)).run()

    return opened


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let no update go on from its first step before the event is set."""
    go_on = threading.Event()

    def waiting(
        library: LibraryStore,
        digests: list[Path],
        options: BuildOptions,
        progress: Progress | None = None,
    ) -> BuildReport:
        if progress is not None and not options.dry_run:
            progress.stage("embed", 8)
            progress.advance(2, 8)
            assert go_on.wait(60)
        return build(library, digests, options, progress)

    monkeypatch.setattr(uploads, "build", waiting)
    yield go_on
    go_on.set()


def text(page: AppTest) -> str:
    parts = [
        *page.title,
        *page.header,
        *page.subheader,
        *page.markdown,
        *page.caption,
        *page.warning,
        *page.info,
        *page.error,
    ]
    return "\n".join(part.value for part in parts).replace("\\", "")


def buttons(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def press(page: AppTest, key: str) -> None:
    page.button(key=key).click().run()


def upload(page: AppTest, *files: tuple[str, bytes]) -> None:
    page.file_uploader[0].set_value([(name, content, "text/plain") for name, content in files])
    page.run()


def wait_until(page: AppTest, is_so: Callable[[AppTest], bool]) -> None:
    """Draw the page again and again, as its clock does."""
    until = time.monotonic() + 60
    while not is_so(page):
        assert time.monotonic() < until
        page.run()


def wait_for_end(page: AppTest) -> None:
    """Draw the page until no update is running, then with what it published."""
    wait_until(page, lambda page: "Search keeps working" not in text(page))
    page.run()


def bar(page: AppTest) -> str:
    return "".join(str(element.proto) for element in page.get("progress"))


def hits(page: AppTest) -> list[str]:
    return [b.label.replace("\\", "") for b in page.button if str(b.key).startswith("open-hit")]


def test_an_upload_is_previewed_then_added_then_a_hit(
    library: LibraryStore, digests: Path, open_page: OpenPage, content: bytes
) -> None:
    page = open_page()
    assert not page.exception
    live = library.live
    upload(page, ("today.txt", content))
    shown = text(page)
    assert "3 papers · 3 with abstract · 2 already in the library" in shown
    assert "1 paper would be added" in shown
    assert f"added: {NEW.title}" in shown
    assert (library.live, digests.exists()) == (live, False), "a preview changes nothing"
    press(page, "add")
    wait_for_end(page)
    assert not page.exception
    assert "1 paper added" in text(page)
    assert [(path.name, path.read_bytes()) for path in digests.iterdir()] == [
        ("today.txt", content)
    ]
    assert page.file_uploader[0].value == []
    page.text_input(key="q").set_value("whale songs").run()
    assert hits(page)[0] == NEW.title


def test_the_result_of_an_update_goes_with_a_rollback(
    library: LibraryStore, open_page: OpenPage, content: bytes
) -> None:
    page = open_page()
    upload(page, ("today.txt", content))
    press(page, "add")
    wait_for_end(page)
    assert "1 paper added; the library has" in text(page)
    library.rollback()
    page.run()
    assert "the library has" not in text(page)


def test_the_same_file_again_brings_nothing_new(
    library: LibraryStore, digests: Path, open_page: OpenPage, content: bytes
) -> None:
    build(library, [uploads.keep(digests, uploads.Upload("today.txt", content))])
    page = open_page()
    upload(page, ("today.txt", content))
    assert "Nothing new" in text(page)
    assert "Add to the library" not in buttons(page)


@pytest.mark.parametrize("name", ["../../../x.txt", "\0", ".hidden", "x" * 300, HOSTILE])
def test_a_hostile_name_is_tamed_on_disk_and_on_the_page(
    library: LibraryStore, digests: Path, open_page: OpenPage, content: bytes, name: str
) -> None:
    page = open_page()
    upload(page, (name, content))
    press(page, "add")
    wait_for_end(page)
    assert not page.exception
    (path,) = digests.iterdir()
    assert not path.name.startswith(".")
    assert path.name in library.open().records.digests
    for element in (*page.header, *page.markdown, *page.caption, *page.button):
        value = getattr(element, "value", None)
        shown = value if isinstance(value, str) else element.label
        assert "<b" not in shown.replace("\\<b", "")
        assert "](http" not in shown
        assert ":red[" not in shown


@pytest.mark.usefixtures("library")
def test_garbage_is_skipped_and_other_files_are_added(
    digests: Path, open_page: OpenPage, content: bytes
) -> None:
    page = open_page()
    upload(page, ("photo.txt", b"\x89PNG\r\n" + bytes(99)))
    assert "a PNG image" in text(page)
    assert "Add to the library" not in buttons(page)
    upload(page, ("photo.txt", b"\x89PNG\r\n" + bytes(99)), ("today.txt", content))
    press(page, "add")
    wait_for_end(page)
    assert [path.name for path in digests.iterdir()] == ["today.txt"]
    assert "1 paper added" in text(page)


@pytest.mark.usefixtures("library")
def test_an_entry_that_is_no_paper_is_listed_with_the_reason(open_page: OpenPage) -> None:
    lines = b'{"title": "A Study of Whales", "abstract": "They sing."}\n' + b'{"title": ""}\n' * 12
    page = open_page()
    upload(page, ("today.jsonl", lines))
    expander = next(e for e in page.expander if "12 entries skipped" in e.label)
    (listed,) = expander.markdown
    assert "line 2: " in listed.value.replace("\\", "")
    assert listed.value.splitlines()[10:] == ["- and 2 more"]


@pytest.mark.usefixtures("library")
def test_a_file_too_large_is_skipped_even_if_the_browser_sends_it(
    open_page: OpenPage, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_view, "LARGEST", 1)
    page = open_page()
    upload(page, ("large.txt", bytes((1 << 20) + 1)), ("today.txt", content))
    assert "large.txt is larger than 1 MB" in page.warning[0].value.replace("\\", "")
    assert "1 paper would be added" in text(page)


@pytest.mark.usefixtures("library")
def test_an_unexpected_error_of_a_reader_is_a_warning(
    open_page: OpenPage, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret path")

    monkeypatch.setattr(uploads, "inspect", fail)
    page = open_page()
    upload(page, ("today.txt", content))
    assert not page.exception
    assert "could not be checked" in page.warning[0].value
    assert "secret" not in text(page)


def test_search_works_and_all_see_how_far_it_is_while_an_update_runs(
    library: LibraryStore, open_page: OpenPage, content: bytes, held_back: threading.Event
) -> None:
    page, other = open_page(), open_page()
    upload(page, ("today.txt", content))
    upload(other, ("other.txt", content))
    press(page, "add")
    live = library.live
    for seen in (page, other):
        wait_until(seen, lambda drawn: "2 of 8" in bar(drawn))
        assert "Embedding papers" in bar(seen)
    assert other.button(key="add").disabled
    assert other.button(key="read-again").disabled
    other.text_input(key="q").set_value("liver segmentation").run()
    assert "Liver" in hits(other)[0]
    assert library.live == live
    held_back.set()
    other.text_input(key="q").set_value("").run()
    wait_for_end(other)
    assert library.live != live
    assert "1 paper added" in text(other)


def test_an_update_fails_while_another_program_builds_and_can_be_tried_again(
    library: LibraryStore, open_page: OpenPage, content: bytes
) -> None:
    page = open_page()
    upload(page, ("today.txt", content))
    with library.building():
        press(page, "add")
        wait_for_end(page)
        assert "Another program is updating" in page.warning[0].value
    press(page, "try-again")
    wait_for_end(page)
    assert not page.warning
    assert "1 paper added" in text(page)


def test_an_unexpected_error_of_an_update_is_a_warning_and_leaves_the_library(
    library: LibraryStore, open_page: OpenPage, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page()
    live = library.live
    upload(page, ("today.txt", content))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret path")

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "keep", fail)
        press(page, "add")
        wait_for_end(page)
    assert not page.exception
    assert "the library is unchanged" in page.warning[0].value
    assert "secret" not in text(page)
    assert library.live == live
    press(page, "try-again")
    wait_for_end(page)
    assert "1 paper added" in text(page)


@pytest.mark.usefixtures("library")
def test_the_folder_of_digests_is_read_again(
    digests: Path, open_page: OpenPage, content: bytes
) -> None:
    assert "read-again" not in [b.key for b in open_page().button]
    uploads.keep(digests, uploads.Upload("today.txt", content))
    page = open_page()
    assert "redraw" not in [b.key for b in page.button]
    press(page, "read-again")
    wait_for_end(page)
    assert "1 paper added" in text(page)
    press(page, "read-again")
    wait_for_end(page)
    assert "Nothing new" in text(page)


def test_feeds_are_fetched_from_the_page(
    library: LibraryStore, digests: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "fetch" not in [b.key for b in open_page().button]
    subscribe(digests, "https://journal.example.org/rss", "journal")

    with serve(answer) as serving:

        @contextmanager
        def web(_contact: str) -> Iterator[Web]:
            yield Web(transport=ToServer(serving.port))

        monkeypatch.setattr(fetching, "open_web", web)
        page = open_page()
        assert "Not fetched yet" in text(page)
        press(page, "fetch")
        wait_for_end(page)
    assert not page.exception
    assert "3 papers added" in text(page)
    assert "3 new papers" in text(page)
    assert library.open().size == 43


def test_a_redraw_is_offered_with_its_reason_where_it_would_pay(
    library: LibraryStore,
    digests: Path,
    open_page: OpenPage,
    corpus: list[Paper],
    write_digest: WriteDigest,
) -> None:
    shutil.rmtree(library.folder)
    for size in (16, 24, 31, 40):
        build(library, [write_digest(digests / f"{size}.txt", corpus[:size])], HASHING)
    why = library.open().manifest.fit["redraw"]
    assert why
    page = open_page()
    assert why in text(page)
    press(page, "redraw")
    wait_for_end(page)
    assert "The map was redrawn" in text(page)
    assert "redraw" not in [b.key for b in page.button]


def test_going_back_asks_once_more_and_shows_the_generation_before(
    library: LibraryStore, open_page: OpenPage
) -> None:
    topic = library.open().levels[0][0]
    rename(library, topic.id, "My own name")
    live = library.live
    page = open_page()
    assert "Yes, restore" in buttons(page)
    press(page, "confirm-1")
    assert not page.exception
    assert library.live < live
    assert "1 · current" in text(page).replace("*", "")
    assert "Yes, restore" not in buttons(page), "there is none before"


def test_nobody_goes_back_from_a_generation_that_they_have_not_seen(
    library: LibraryStore, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = library.open().levels[0][0]
    rename(library, topic.id, "First")
    page = open_page()
    shown = library.open()
    rename(library, topic.id, "Second")
    live = library.live
    press(page, "confirm-1")
    assert library.live == live
    # An update may also end between opening the library and doing what was clicked.
    monkeypatch.setattr("explorer.app.page.current_generation", lambda: shown)
    page = open_page()
    press(page, "confirm-1")
    assert library.live == live
    assert "was updated meanwhile" in text(page)


def test_the_view_lists_digests_and_generations(library: LibraryStore, open_page: OpenPage) -> None:
    page = open_page()
    (table,) = page.dataframe
    held = library.open().records.digests
    assert dict(zip(table.value["Digest"], table.value["Papers"], strict=True)) == {
        name: len(rows) for name, rows in held.items()
    }
    assert set(table.value["Format"]) == {"scraped-page"}
    assert [date[:4] for date in table.value["Date"]] == ["2024", "2023"]
    assert "40 papers" in text(page)
    assert "hashing" in text(page)


def test_a_generation_that_cannot_be_read_is_listed_as_such(
    library: LibraryStore, open_page: OpenPage
) -> None:
    rename(library, library.open().levels[0][0].id, "My own name")
    (library.folder / "generations" / "000001" / "manifest.json").write_text("{")
    page = open_page()
    assert not page.exception
    assert "cannot be read" in text(page)


@pytest.mark.parametrize("how", ["by the environment", "by the rights of the folder"])
def test_where_nothing_may_be_changed_nothing_offers_it(
    library: LibraryStore,
    digests: Path,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    how: str,
) -> None:
    topic = library.open().levels[0][0]
    rename(library, topic.id, "My own name")
    uploads.keep(digests, uploads.Upload("today.txt", content))
    if how == "by the environment":
        monkeypatch.setenv("EXPLORER_READ_ONLY", "1")
    else:
        monkeypatch.setattr("os.access", lambda *_: False)
    changing = ("add", "read-again", "redraw", "confirm-", "undo-", "do-")
    for url in ({}, {"topic": library.open().levels[0][0].id}, {"view": "topics"}):
        page = open_page(**url)
        assert not page.exception
        assert len(page.file_uploader) == 0
        assert [b.key for b in page.button if str(b.key).startswith(changing)] == []
    assert "page is read-only" in text(open_page())
    assert len(open_page().dataframe) == 1


def test_an_empty_library_begins_with_an_upload(
    tmp_path: Path, open_page: OpenPage, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.builds.stored_configuration.DEFAULT_MODEL", "hashing")
    page = open_page(view="")
    assert not page.exception
    upload(page, ("today.txt", content))
    assert "3 papers would be added" in text(page)
    press(page, "add")
    wait_for_end(page)
    page.run()
    assert not page.exception
    assert "3 papers" in text(page)
    assert LibraryStore(tmp_path / "library").open().size == 3


def test_an_empty_library_that_is_read_only_takes_no_upload(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER_READ_ONLY", "1")
    page = open_page()
    assert not page.exception
    assert len(page.file_uploader) == 0
    assert "explorer build FILE" in page.info[0].value


def test_updates_run_one_at_a_time_and_end_whatever_happens(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shared, go_on, runs = UpdateRunner(), threading.Event(), list[str]()

    def fail(_: Progress) -> BuildReport:
        runs.append("first")
        assert go_on.wait(60)
        raise RuntimeError("a secret path")

    assert shared.start("First", fail)
    assert not shared.start("Second", fail)
    go_on.set()
    assert shared.last is not None
    assert shared.last.wait(60)
    assert (shared.last.title, runs) == ("First", ["first"])
    assert "secret" not in shared.last.problem
    assert "a secret path" in caplog.text
    assert shared.start("Third", fail)


def test_the_folder_of_digests_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["page.py", "--library", str(tmp_path / "a" / "library")])
    monkeypatch.delenv("EXPLORER_DIGESTS", raising=False)
    assert resources.digests_folder() == tmp_path / "a" / "digests"
    monkeypatch.setenv("EXPLORER_DIGESTS", str(tmp_path / "b"))
    assert resources.digests_folder() == tmp_path / "b"
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--digests", str(tmp_path / "c")])
    assert resources.digests_folder() == tmp_path / "c"


@pytest.mark.browser
def test_in_a_browser_a_dropped_file_is_added_and_other_visitors_see_a_notice(
    library: LibraryStore, digests: Path, content: bytes
) -> None:
    with serve_page(library.folder) as address, open_browser() as browser:
        page, other, beside = (browser.new_page() for _ in range(3))
        for opened in (page, other, beside):
            opened.set_default_timeout(60_000)
        other.goto(f"{address}/?q=liver")
        other.locator(".st-key-hit-1").wait_for()
        page.goto(f"{address}/?view=library")
        page.get_by_test_id("stFileUploaderDropzone").wait_for()
        beside.goto(f"{address}/?view=library")
        beside.get_by_test_id("stFileUploaderDropzone").wait_for()
        page.evaluate_handle(
            """content => {
                const dropped = new DataTransfer();
                dropped.items.add(new File([content], 'today.txt', {type: 'text/plain'}));
                const zone = document.querySelector('[data-testid=stFileUploaderDropzone]');
                for (const kind of ['dragenter', 'dragover', 'drop']) {
                    zone.dispatchEvent(new DragEvent(kind, {
                        dataTransfer: dropped, bubbles: true, cancelable: true,
                    }));
                }
            }""",
            content.decode(),
        )
        page.get_by_text("1 paper would be added").wait_for()
        page.get_by_role("button", name="Add to the library").click()
        page.get_by_text("1 paper added").wait_for()
        beside.get_by_text("1 paper added").wait_for()
        for heading in ("Add papers", "Update", "Library contents"):
            beside.get_by_role("heading", name=heading).wait_for()
        page.get_by_placeholder("Search by meaning").fill("whale songs")
        page.locator(".st-key-hit-1", has_text=NEW.title).wait_for()
        notice = other.get_by_text("The library has been updated.")
        notice.wait_for()
        assert other.get_by_text("40 papers ·").is_visible(), "the page changed under its reader"
        other.get_by_role("button", name="Reload").click()
        other.get_by_text("41 papers ·").wait_for()
        notice.wait_for(state="detached")
    assert [path.name for path in digests.iterdir()] == ["today.txt"]


def test_a_generation_that_was_published_meanwhile_is_kept_under_its_own_name(
    library: LibraryStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write_digest: WriteDigest,
) -> None:
    monkeypatch.setenv("EXPLORER_LIBRARY", str(library.folder))
    monkeypatch.setattr(sys, "argv", ["streamlit_app.py"])
    build(library, [write_digest(tmp_path / "more.txt", [NEW])], HASHING)
    library.rollback()
    open_now = LibraryStore.open

    def opened_late(self: LibraryStore) -> Generation:
        (library.folder / "LIVE").write_text("000002\n", encoding="utf-8")
        return open_now(self)

    with monkeypatch.context() as patch:
        patch.setattr(LibraryStore, "open", opened_late)
        assert resources.current_generation().folder.name == "000002"
    library.rollback()
    assert resources.current_generation().folder.name == "000001"


def test_a_changed_zotero_is_offered_and_read(
    tmp_path: Path, corpus: list[Paper], open_page: OpenPage
) -> None:
    database = tmp_path / "zotero.sqlite"
    items = [
        Stored(
            fields={"title": paper.title, "abstractNote": paper.abstract},
            collections=(name,),
            tags=("to cite",),
        )
        for paper, name in zip(corpus[:8], ["Thesis/Maps", "Walks"] * 4, strict=True)
    ]
    make_zotero(database, items)
    library = LibraryStore(tmp_path / "library")
    update_from_zotero(library, database, HASHING)
    page = open_page()
    assert "unchanged since" in text(page)
    make_zotero(database, [*items, Stored("note", parent=1, text=f"<p>{HOSTILE}</p><p>two</p>")])
    page.run()
    assert "; changed since" in text(page)
    page.button(key="read-zotero").click().run()
    deadline = time.monotonic() + 60
    while "unchanged since" not in text(page) and time.monotonic() < deadline:
        page.run()
    generation = library.open()
    (noted,) = (paper for paper in generation.records if paper.notes)
    paper = open_page(paper=noted.id)
    assert not paper.exception
    assert [expander.label for expander in paper.expander] == ["From Zotero: 1 note"]
    shown = text(paper)
    assert "two" in shown
    assert "Zotero tags: to cite" in shown
    for part in (*paper.markdown, *paper.caption):
        assert "[l](http" not in part.value
        assert "<b" not in part.value

    # The map has a colour for each collection; a paper has that of the smallest that holds it.
    assert ColourBy.COLLECTION in informative_colourings(generation)
    colours = colouring(generation, ColourBy.COLLECTION, dark=False, safe=False, level=0)
    assert {key.label: key.papers for key in colours.legend} == {"Thesis/Maps": 4, "Walks": 4}
    for key in colours.legend:
        passing = allowed_rows(generation, Filters(clauses=parse(key.clause).clauses))
        assert passing is not None
        assert np.flatnonzero(colours.of == key.colour).tolist() == sorted(passing.tolist())
