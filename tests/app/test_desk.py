"""The desk on the page: stars, tags, notes, followed searches, and whose desk it is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from explorer.alerts.followed_search import FollowedResults, followed, run
from explorer.app.export_menu import export_menu
from explorer.builds.build import BuildOptions, build
from explorer.desk.desk import Desk, DeskChange, ReadingState, anchor_of, desk_of
from explorer.desk.marks import PaperMarks, mark_papers, marks_of
from explorer.errors import EngineError, LibraryBusy
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.model import Mode, Query
from tests.helpers.corpus import WriteDigest
from tests.helpers.identity_provider import CLIENT, SECRET, IdentityProvider, identity_provider
from tests.helpers.map_page import pixel_of, wait_until
from tests.helpers.serving import free_port, serve_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

HOSTILE = '<b onclick="x">*a*</b> [l](http://evil) :red[n] `c` $x$'
OpenPage = Callable[..., AppTest]


@pytest.fixture
def generation(library: LibraryStore) -> Generation:
    return library.open()


@pytest.fixture
def desk(library: LibraryStore) -> Desk:
    return desk_of(library.folder)


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


def labels(page: AppTest, beginning: str) -> list[str]:
    return [b.label.replace("\\", "") for b in page.button if str(b.key).startswith(beginning)]


def opened(page: AppTest, beginning: str) -> list[str]:
    return [str(b.key) for b in page.button if str(b.key).startswith(beginning)]


def recorded_offers(monkeypatch: pytest.MonkeyPatch, where: str) -> list[list[int]]:
    """Record the rows of each export menu in the module, and return the record."""
    offers: list[list[int]] = []

    def recorded(generation: Generation, rows: Sequence[int], list_name: str, title: str) -> None:
        if rows:
            offers.append(list(rows))
        export_menu(generation, rows, list_name, title)

    monkeypatch.setattr(where, recorded)
    return offers


def kept(library: LibraryStore, desk: Desk) -> PaperMarks:
    return marks_of(library.open(), desk)


def test_a_star_on_a_hit_is_kept_and_taken_off_again(
    library: LibraryStore, desk: Desk, open_page: OpenPage
) -> None:
    page = open_page(q="liver segmentation", mode="lexical")
    star = next(str(b.key) for b in page.button if str(b.key).startswith("star-hit1-"))
    page.button(key=star).click().run()
    assert not page.exception
    (row,) = kept(library, desk).starred
    assert star.endswith(library.open().records.ids[row])
    assert page.button(key=star).label == "Remove the star"
    page.button(key=star).click().run()
    assert kept(library, desk).of == {}


def test_the_desk_lists_marked_papers_and_missing_ones(
    generation: Generation, desk: Desk, open_page: OpenPage
) -> None:
    ids = generation.records.ids
    assert "None yet" in text(open_page(view="desk"))
    mark_papers(generation, desk, ids[:3], DeskChange(star=True, note=HOSTILE))
    mark_papers(
        generation,
        desk,
        ids[3:4],
        DeskChange(state=ReadingState.TO_READ, add_tags=("<b>*a*</b> [l](http://evil)",)),
    )
    gone = Paper(title=f"Gone {HOSTILE}", id="pgone")
    desk.apply([(anchor_of(gone), (), DeskChange(star=True))])
    page = open_page(view="desk")
    assert not page.exception
    assert len(labels(page, "open-kept-")) == 4
    assert any("Gone" in line.value for line in page.markdown)
    for part in (*page.markdown, *page.caption):
        assert "[l](http" not in part.value
        assert not re.search(r"(?<!\\)<b", part.value)
    page = open_page(view="desk", paper=ids[0])
    assert not page.exception
    assert HOSTILE[:12] in text(page).replace("\u2060", "")


def test_more_like_mine_is_one_click(
    generation: Generation, desk: Desk, open_page: OpenPage
) -> None:
    ids = generation.records.ids
    mark_papers(generation, desk, ids[:5], DeskChange(star=True))
    mark_papers(generation, desk, ids[9:10], DeskChange(state=ReadingState.NOT_FOR_ME))
    page = open_page(view="desk")
    page.button(key="like-mine").click().run()
    assert not page.exception
    assert page.text_input(key="q").value == ""
    listed = [str(b.key) for b in page.button if str(b.key).startswith("open-for-you")]
    assert listed
    assert not any(key.endswith(name) for key in listed for name in (*ids[:5], ids[9]))


def test_a_search_is_followed_its_new_papers_counted_seen_and_opened(
    library: LibraryStore,
    desk: Desk,
    open_page: OpenPage,
    tmp_path: Path,
    write_digest: WriteDigest,
) -> None:
    generation = library.open()
    desk.follow(followed(generation, "livers", Query("liver", mode=Mode.LEXICAL)))
    assert "nothing new" in text(open_page(view="desk"))
    more = Paper("A liver of one's own", "The liver, the liver and again the liver in CT scans.")
    build(library, [write_digest(tmp_path / "more.txt", [more])], BuildOptions(model="hashing"))
    page = open_page(view="desk")
    assert "1 new" in text(page)
    assert labels(page, "open-new-") == ["A liver of one's own"]
    seen = next(str(b.key) for b in page.button if str(b.key).startswith("seen-"))
    page.button(key=seen).click().run()
    assert "1 new" not in text(page)
    name = next(str(b.key) for b in page.button if str(b.key).startswith("to-followed-"))
    page.button(key=name).click().run()
    assert page.text_input(key="q").value == "liver"
    assert page.query_params["mode"] in ("lexical", ["lexical"])
    page = open_page(view="desk")
    gone = next(str(b.key) for b in page.button if str(b.key).startswith("unfollow-"))
    page.button(key=gone).click().run()
    assert desk.followings() == ()


def test_a_page_that_only_shows_the_library_shows_nobodys_desk(
    generation: Generation, desk: Desk, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark_papers(generation, desk, generation.records.ids[:2], DeskChange(star=True, note="private"))
    monkeypatch.setenv("EXPLORER_READ_ONLY", "1")
    page = open_page(q="liver", mode="lexical")
    assert not page.exception
    assert labels(page, "star-") == []
    page = open_page(q="is:starred")
    assert labels(page, "open-hit") == []
    assert "private" not in text(open_page(paper=generation.records.ids[0]))
    assert "private" not in text(open_page(view="desk"))


def test_a_desk_that_cannot_be_read_leaves_the_search_as_it_is(
    desk: Desk, open_page: OpenPage
) -> None:
    desk.path.write_bytes(b"no database" * 1000)
    page = open_page(q="liver", mode="lexical")
    assert not page.exception
    assert labels(page, "open-hit")
    assert labels(page, "star-") == []


def test_the_desk_counts_what_is_new_and_not_what_is_to_be_read(
    generation: Generation, desk: Desk, open_page: OpenPage
) -> None:
    def views(page: AppTest) -> list[str]:
        return [str(option.content) for option in page.get("button_group")[0].proto.options]

    mark_papers(
        generation, desk, generation.records.ids[:2], DeskChange(state=ReadingState.TO_READ)
    )
    assert "Desk" in views(open_page())
    search = followed(generation, "livers", Query("liver", mode=Mode.LEXICAL))
    desk.follow(replace(search, seen=0))
    new = run(generation, None, desk.followings()[0]).new
    assert f"Desk · {len(new)}" in views(open_page())
    desk.mark_seen(["livers"], int(generation.added_at.max()))
    assert "Desk" in views(open_page())


def test_a_followed_search_that_failed_is_tried_again_with_the_next_look(
    library: LibraryStore, desk: Desk, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = library.open()
    desk.follow(followed(generation, "livers", Query("liver", mode=Mode.LEXICAL)))

    def lost(*_: object) -> FollowedResults:
        raise EngineError("The vector server cannot be reached.")

    with monkeypatch.context() as patch:
        patch.setattr("explorer.app.views.desk.find", lost)
        page = open_page(view="desk")
        assert not page.exception
        assert "server cannot be reached" in text(page)
    page.run()
    assert "cannot be reached" not in text(page)
    hits = run(generation, None, desk.followings()[0]).hits
    assert f"nothing new · {len(hits)} results" in text(page)


def test_an_error_of_the_desk_is_a_toast(
    library: LibraryStore,
    desk: Desk,
    open_page: OpenPage,
    tmp_path: Path,
    write_digest: WriteDigest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk.follow(followed(library.open(), "livers", Query("liver", mode=Mode.LEXICAL)))
    more = Paper("A liver of one's own", "The liver, the liver and again the liver in CT scans.")
    build(library, [write_digest(tmp_path / "more.txt", [more])], BuildOptions(model="hashing"))

    def refused(*_: object) -> None:
        raise LibraryBusy("Another program is writing.")

    page = open_page(view="desk")
    for name, beginning in (("mark_seen", "seen-"), ("unfollow", "unfollow-")):
        with monkeypatch.context() as patch:
            patch.setattr(Desk, name, refused)
            page.button(key=opened(page, beginning)[0]).click().run()
        assert not page.exception
        assert "Another program is writing." in page.toast[0].value.replace("\\", "")
    (following,) = desk.followings()
    assert following.name == "livers"


def test_a_list_of_the_desk_can_be_exported(
    generation: Generation, desk: Desk, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = recorded_offers(monkeypatch, "explorer.app.views.desk.export_menu")
    open_page(view="desk")
    assert offered == []
    ids = generation.records.ids
    mark_papers(generation, desk, ids[4:7], DeskChange(star=True))
    mark_papers(generation, desk, ids[9:10], DeskChange(state=ReadingState.TO_READ))
    page = open_page(view="desk")
    assert not page.exception
    rows = [generation.records.find(key.rpartition("-")[2]) for key in opened(page, "open-kept-")]
    assert offered.pop() == rows
    assert len(page.get("download_button")) > 4
    page.segmented_control(key="desk-shown").set_value("starred").run()
    assert offered.pop() == list(marks_of(generation, desk).starred)


# In a browser.


def _page(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1400, "height": 880}).new_page()
    page.set_default_timeout(60_000)
    return page


def _has_a_star(page: Page, generation: Generation, row: int) -> bool:
    """Whether a star is painted on the canvas where the paper lies; discs of hits lie over it."""
    x, y = pixel_of(page, generation, row)
    box = page.locator(".map-canvas").bounding_box()
    assert box is not None
    colours = page.locator(".map-canvas").evaluate(
        """(canvas, [x, y]) => {
            const ratio = canvas.width / canvas.getBoundingClientRect().width;
            const at = [x * ratio - 2, y * ratio - 2, 5, 5];
            return [...canvas.getContext("2d").getImageData(...at).data];
        }""",
        [x - box["x"], y - box["y"]],
    )
    pixels = list(zip(colours[::4], colours[1::4], colours[2::4], strict=True))
    return any(abs(r - 0xD1) + abs(g - 0x8F) + abs(b - 0x13) < 30 for r, g, b in pixels)


def _wait_for_star(page: Page, generation: Generation, row: int, painted: bool) -> None:
    """Wait until the map has, or no longer has, the paper's star; its scene follows the page."""
    problem = f"the star is {'not ' if painted else 'still '}there"
    wait_until(page, lambda: "" if _has_a_star(page, generation, row) is painted else problem)


@pytest.mark.browser
def test_keys_star_the_chosen_hit_and_the_map_shows_it(
    library: LibraryStore, desk: Desk, browser: Browser
) -> None:
    with serve_page(library.folder) as address:
        page = _page(browser)
        page.goto(f"{address}/?q=liver+segmentation&mode=lexical")
        titles = page.locator('[class*="st-key-open-hit"] button')
        titles.first.wait_for()
        page.wait_for_selector(".map[data-scene]")
        page.locator("body").press("j")
        page.locator("body").press("j")
        chosen = titles.nth(1).inner_text()
        page.keyboard.press("s")
        page.locator('[class*="st-key-star-hit2-"] button[kind="primary"]').wait_for()
        generation = library.open()
        (row,) = kept(library, desk).starred
        assert generation.records[row].readable_title == chosen
        _wait_for_star(page, generation, row, painted=True)
        # The keyboard stays where it was, and takes the star off again.
        assert titles.nth(1).evaluate("title => title === document.activeElement")
        page.keyboard.press("s")
        page.locator('[class*="st-key-star-hit2-"] button[kind="tertiary"]').wait_for()
        _wait_for_star(page, generation, row, painted=False)
        assert kept(library, desk).of == {}
        # A tag and a note, in the menu of the hit.
        page.locator('[class*="st-key-menu-hit1-"] button').first.click()
        page.get_by_placeholder("Note").fill("worth it")
        page.get_by_placeholder("Note").blur()
        page.locator('[class*="st-key-end-hit1-"] p', has_text="note").first.wait_for()
        tags = page.locator('[class*="st-key-tags-hit1-"] input')
        tags.fill("thesis")
        tags.press("Enter")
        page.locator('[class*="st-key-end-hit1-"] p', has_text="#thesis").first.wait_for()
        (mark,) = kept(library, desk).of.values()
        assert (mark.tags, mark.note) == (("thesis",), "worth it")
        page.context.close()


def _secrets(folder: Path, provider: IdentityProvider, port: int) -> Path:
    """Return a file that lets people sign in to the page on ``port``."""
    path = folder / "secrets.toml"
    path.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{os.urandom(24).hex()}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{provider.address}/.well-known/openid-configuration"
""",
        encoding="utf-8",
    )
    return path


@contextmanager
def _served_with_sign_in(
    library: LibraryStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, IdentityProvider]]:
    """Serve the page over ``library`` where people sign in, and yield its address and who asks."""
    port = free_port()
    with identity_provider() as provider:
        monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(_secrets(folder, provider, port)))
        with serve_page(library.folder, port=port) as address:
            yield address, provider


@pytest.mark.browser
def test_a_guest_only_looks_and_who_signs_in_may_add_papers(
    library: LibraryStore, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("authlib")
    monkeypatch.setenv("EXPLORER_GUESTS", "1")
    with _served_with_sign_in(library, tmp_path, monkeypatch) as (address, provider):
        provider.person = {"sub": "id-ada", "name": "Ada"}
        page = _page(browser)
        page.goto(f"{address}/?view=library")
        page.get_by_text("Guests can only view the library").wait_for()
        assert page.get_by_test_id("stFileUploaderDropzone").count() == 0
        page.locator(".st-key-sign-in- button").click()
        page.locator(".st-key-sign-out button").first.wait_for()
        page.goto(f"{address}/?view=library")
        page.get_by_test_id("stFileUploaderDropzone").wait_for()
        page.context.close()


@pytest.mark.browser
def test_who_signs_in_has_a_desk_of_their_own(
    library: LibraryStore, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("authlib")
    monkeypatch.setenv("EXPLORER_READ_ONLY", "1")
    with _served_with_sign_in(library, tmp_path, monkeypatch) as (address, provider):
        starred: dict[str, str] = {}
        for name, hit in (("ada", 1), ("grace", 2), ("ada", 1)):
            # Both say that they are called the same, which must not matter.
            provider.person = {"sub": f"id-{name}", "name": "A. Reader", "email": "a@b.example"}
            page = _page(browser)
            page.goto(f"{address}/?q=liver+segmentation&mode=lexical")
            sign_in = page.locator(".st-key-sign-in- button")
            sign_in.wait_for()
            assert page.locator('[class*="st-key-open-hit"]').count() == 0
            sign_in.click()
            page.locator(".st-key-sign-out button").first.wait_for()
            page.goto(f"{address}/?q=liver+segmentation&mode=lexical")
            star = page.locator(f'[class*="st-key-star-hit{hit}-"] button')
            star.wait_for()
            on = page.locator('[class*="st-key-star-"] button[kind="primary"]')
            if name in starred:
                on.wait_for()
                assert on.count() == 1
            else:
                assert on.count() == 0
                star.click()
                on.wait_for()
                starred[name] = f"id-{name}@{provider.address.partition('://')[2]}"
            page.context.close()
    generation = library.open()
    rows = [marks_of(generation, desk_of(library.folder, who)).starred for who in starred.values()]
    assert [len(starred_rows) for starred_rows in rows] == [1, 1]
    assert rows[0] != rows[1]
    assert kept(library, desk_of(library.folder)).of == {}
