"""What's new on the page: its start, its lists, and the last visit kept by the browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from explorer.app import session
from explorer.builds.build import BuildOptions, build
from explorer.insights.whats_new import last_update, whats_new
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from tests.app.test_desk import recorded_offers
from tests.helpers.browser import open_browser
from tests.helpers.corpus import WriteDigest
from tests.helpers.page_run import page_of
from tests.helpers.serving import serve_page

pytestmark = pytest.mark.slow

OpenPage = Callable[..., AppTest]
ANSWER = "previous-visit"
HOSTILE = '<b onclick="x">*a*</b> [l](http://evil) :red[n] `c` $x$'


@pytest.fixture(scope="module")
def updated(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper], write_digest: WriteDigest
) -> LibraryStore:
    """A library of three subjects, and an update with a fourth."""
    folder = tmp_path_factory.mktemp("updated")
    library = LibraryStore(folder / "library")
    for number, papers in enumerate((corpus[:30], corpus[30:])):
        build(
            library, [write_digest(folder / f"{number}.txt", papers)], BuildOptions(model="hashing")
        )
    return library


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Open the page over a library in the view of what is new, at what the URL says."""

    def opened(library: LibraryStore, visited: datetime | None = None, **url: str) -> AppTest:
        page = page_of(library.folder, monkeypatch, **{"view": "new", **url})
        if visited is not None:
            page.session_state[ANSWER] = round(visited.timestamp() * 1000)
        return page.run()

    return opened


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


def listed(page: AppTest) -> list[str]:
    keys = [str(button.key) for button in page.button]
    return [key.rpartition("-")[2] for key in keys if key.startswith("open-newcomer-")]


def since_of(page: AppTest) -> str:
    """Return the start in the URL."""
    value = page.query_params.get("since", "")
    return value if isinstance(value, str) else value[0]


def views(page: AppTest) -> list[str]:
    return [str(option.content) for option in page.get("button_group")[0].proto.options]


def choose(page: AppTest, option: str) -> None:
    page.segmented_control(key="since-control").set_value(option).run()


def ids(generation: Generation) -> list[str]:
    return [generation.records.ids[row] for of in whats_new(generation).topics for row in of.rows]


def test_the_last_update_is_listed_by_topic(updated: LibraryStore, open_page: OpenPage) -> None:
    generation = updated.open()
    page = open_page(updated)
    assert not page.exception
    assert listed(page) == ids(generation)
    assert "10 papers added by the last update" in text(page)
    headings = [str(b.key) for b in page.button if str(b.key).startswith("to-news-")]
    assert headings == [f"to-news-{of.topic.id}" for of in whats_new(generation).topics]


def test_the_number_of_new_papers_stays_until_they_were_seen(
    updated: LibraryStore, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(updated, view="")
    assert "What's new · 10" in views(page)
    page.query_params["view"] = "new"
    page.run()
    page.query_params["view"] = ""
    page.run()
    assert "What's new" in views(page)
    newest = int(updated.open().added_at.max())
    cookies = {"literature-explorer-read": f"{newest}.1"}
    monkeypatch.setattr("explorer.app.visits.st.context", SimpleNamespace(cookies=cookies))
    assert "What's new" in views(open_page(updated, view=""))
    cookies["literature-explorer-read"] = f"{newest - 1}"
    assert "What's new · 10" in views(open_page(updated, view=""))


def test_new_papers_are_listed_by_date_too(updated: LibraryStore, open_page: OpenPage) -> None:
    generation = updated.open()
    page = open_page(updated)
    page.segmented_control(key="sort-box").set_value("date").run()
    assert sorted(listed(page)) == sorted(ids(generation))
    ranks = [
        int(generation.records.dates.ranks[generation.records.row_of(p)]) for p in listed(page)
    ]
    assert ranks == sorted(ranks, reverse=True)
    assert [key for b in page.button if (key := str(b.key)).startswith("to-news-")] == []


def test_a_paper_and_a_topic_open_and_the_view_stays(
    updated: LibraryStore, open_page: OpenPage
) -> None:
    generation = updated.open()
    page = open_page(updated)
    paper = listed(page)[0]
    page.button(key=f"open-newcomer-{paper}").click().run()
    assert page.query_params["paper"] in (paper, [paper])
    page.button(key="back").click().run()
    assert listed(page) == ids(generation)
    topic = whats_new(generation).topics[0].topic
    page.button(key=f"to-news-{topic.id}").click().run()
    assert page.query_params["topic"] in (topic.id, [topic.id])
    assert page.query_params["view"] in ("new", ["new"])


def test_topic_changes_are_listed_and_a_new_topic_opens(
    updated: LibraryStore, open_page: OpenPage
) -> None:
    page = open_page(updated)
    assert "Topic changes" in text(page)
    assert "New topic" in text(page)
    assert ":green[new topic]" in text(page)
    event = next(b for b in page.button if str(b.key).startswith("to-event"))
    event.click().run()
    assert not page.exception
    assert "topic" in page.query_params


def test_a_first_build_shows_how_to_go_on_and_has_no_number(
    hashing_library: LibraryStore, open_page: OpenPage
) -> None:
    page = open_page(hashing_library)
    assert not page.exception
    assert "first build" in page.info[0].value
    assert "explorer build FILE" in page.info[0].value
    assert listed(page) == []
    assert "What's new" in views(page)


def test_a_date_is_chosen_and_goes_into_the_url(updated: LibraryStore, open_page: OpenPage) -> None:
    generation = updated.open()
    page = open_page(updated)
    choose(page, "date")
    assert since_of(page) == last_update(generation).date().isoformat()
    assert len(listed(page)) == min(generation.size, session.PAPERS_PER_PAGE)
    again = open_page(updated, since=since_of(page))
    assert listed(again) == listed(page)
    assert again.date_input(key="since-day").value == last_update(generation).date()
    choose(page, "")
    assert since_of(page) == ""
    assert listed(page) == ids(generation)


def test_a_moment_in_the_url_is_obeyed_to_the_millisecond(
    updated: LibraryStore, open_page: OpenPage
) -> None:
    generation = updated.open()
    moment = last_update(generation)
    assert listed(open_page(updated, since=f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z")) == ids(generation)
    late = moment + timedelta(milliseconds=1)
    page = open_page(updated, since=f"{late:%Y-%m-%dT%H:%M:%S.%f}Z")
    assert listed(page) == []
    assert "No papers added since" in page.info[0].value


@pytest.mark.parametrize("since", ["1066-10-14", "2999-01-01"])
def test_days_far_off_are_shown_as_they_are(
    updated: LibraryStore, open_page: OpenPage, since: str
) -> None:
    page = open_page(updated, since=since)
    assert not page.exception
    assert str(page.date_input(key="since-day").value) == since
    assert bool(listed(page)) == (since < "2000")


@pytest.mark.parametrize("since", ["nonsense", HOSTILE, "2026-99-99"])
def test_a_since_that_is_none_gets_a_friendly_word_and_the_last_update(
    updated: LibraryStore, open_page: OpenPage, since: str
) -> None:
    page = open_page(updated, since=since)
    assert not page.exception
    assert since in page.warning[0].value.replace("\\", "").replace("\u2060", "")
    assert "](http" not in page.warning[0].value
    assert "<b" not in page.warning[0].value.replace("\\<", "")
    assert listed(page) == ids(updated.open())


def test_the_new_papers_can_be_exported_in_the_order_of_the_list(
    updated: LibraryStore, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = recorded_offers(monkeypatch, "explorer.app.views.whats_new.export_menu")
    generation = updated.open()
    page = open_page(updated)
    assert not page.exception
    assert offered.pop() == [generation.records.find(paper) for paper in listed(page)]
    assert page.get("download_button")
    open_page(updated, since="2999-01-01")
    assert offered == []


def test_another_view_forgets_since_when(updated: LibraryStore, open_page: OpenPage) -> None:
    page = open_page(updated, since="2024-01-01")
    page.segmented_control[0].set_value("topics").run()
    assert "since" not in page.query_params


def test_long_news_are_listed_step_by_step(
    updated: LibraryStore, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "PAPERS_PER_PAGE", 4)
    page = open_page(updated)
    whole = ids(updated.open())
    assert listed(page) == whole[:4]
    page.button(key="more-papers").click().run()
    assert listed(page) == whole[:8]
    page.button(key="more-papers").click().run()
    assert listed(page) == whole
    assert not [b for b in page.button if b.key == "more-papers"]


def test_papers_since_the_last_visit_are_counted(
    updated: LibraryStore, open_page: OpenPage
) -> None:
    generation = updated.open()
    before, after = sorted(set(generation.added_at.tolist()))
    between = datetime.fromtimestamp((before + after) / 2000, UTC)
    page = open_page(updated, between, since="visit")
    assert listed(page) == ids(generation)
    assert "10 papers added since your last visit" in text(page)
    late = last_update(generation) + timedelta(milliseconds=2)
    page = open_page(updated, late, since="visit")
    assert listed(page) == []
    assert "No papers added since your last visit" in page.info[0].value


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_browser_whose_clock_differs_loses_no_news_of_the_last_visit(
    updated: LibraryStore, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    generation = updated.open()
    first, last = sorted(set(generation.added_at.tolist()))
    for seen, expected in ((first, ids(generation)), (last, [])):
        page = page_of(updated.folder, monkeypatch, view="new", since="visit")
        page.session_state[ANSWER] = first + hours * 3_600_000
        page.session_state["seen-by-previous-visit"] = seen
        assert listed(page.run()) == expected


def test_a_visit_of_another_library_counts_by_its_time(
    updated: LibraryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = updated.open()
    page = page_of(updated.folder, monkeypatch, view="new", since="visit")
    page.session_state[ANSWER] = int(generation.added_at.min()) + 1
    page.session_state["seen-by-previous-visit"] = int(generation.added_at.max()) + 1
    assert listed(page.run()) == ids(generation)


def test_a_first_visit_is_called_so_and_shows_the_last_update(
    updated: LibraryStore, open_page: OpenPage
) -> None:
    page = open_page(updated, datetime.fromtimestamp(0, UTC), since="visit")
    control = page.segmented_control(key="since-control")
    assert "My first visit" in control.options
    assert "remembers no earlier visit" in text(page)
    assert listed(page) == ids(updated.open())


def test_titles_and_names_from_digests_stay_text(
    tmp_path: Path, open_page: OpenPage, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    library = LibraryStore(tmp_path / "library")
    hostile = [Paper(title=f"{HOSTILE} {p.title}", abstract=p.abstract) for p in corpus[30:]]
    for number, papers in enumerate((corpus[:30], hostile)):
        build(
            library,
            [write_digest(tmp_path / f"{number}.txt", papers)],
            BuildOptions(model="hashing"),
        )
    page = open_page(library)
    assert not page.exception
    assert listed(page)
    for button in page.button:
        assert "](http" not in button.label
        assert ":red[" not in button.label
        assert "<b" not in button.label.replace("\\<", "")


_OPENED = "JSON.parse(localStorage.getItem('literature-explorer-visits')).opened"
_REFUSED = """for (const name of ['getItem', 'setItem']) Storage.prototype[name] = () => {
    throw new DOMException('refused', 'SecurityError');
}"""
_LONG_AGO = """ago => localStorage.setItem('literature-explorer-visits',
    JSON.stringify({opened: Date.now() - ago}))"""

_NEWEST = "JSON.parse(localStorage.getItem('literature-explorer-visits')).newest"
_AHEAD = """([newest, ago]) => localStorage.setItem('literature-explorer-visits',
    JSON.stringify({opened: Date.now() - ago, newest}))"""


@pytest.mark.browser
def test_a_browser_that_refuses_storage_is_on_its_first_visit(updated: LibraryStore) -> None:
    with serve_page(updated.folder) as address, open_browser() as browser:
        page = browser.new_page()
        page.add_init_script(_REFUSED)
        page.goto(f"{address}/?view=new&since=visit")
        page.get_by_role("radio", name="My first visit").wait_for(timeout=60_000)
        page.wait_for_selector("text=remembers no earlier visit")
        page.get_by_role("radio", name="Last update").press("Space")
        page.wait_for_selector("text=10 papers added by the last update")


@pytest.mark.browser
def test_a_browser_keeps_when_it_was_here_last(updated: LibraryStore) -> None:
    with serve_page(updated.folder) as address, open_browser() as browser:
        context = browser.new_context()
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(f"{address}/?view=new&since=visit")
        page.get_by_role("radio", name="My first visit").wait_for()
        page.wait_for_selector("text=remembers no earlier visit")
        first = page.evaluate(_OPENED)

        page.reload()  # within half an hour: still the first visit
        page.wait_for_function(f"first => {_OPENED} > first", arg=first)
        page.get_by_role("radio", name="My first visit").wait_for()

        page.evaluate(_LONG_AGO, 3 * 60 * 60 * 1000)
        page.reload()
        page.get_by_role("radio", name="My last visit").wait_for()
        page.wait_for_selector("text=40 papers added since your last visit")
        page.locator("[class*='st-key-open-newcomer-'] button").first.click()
        page.wait_for_selector("text=Similar papers")
        page.reload()  # within half an hour: the same visit, counted from the same one before
        page.get_by_role("button", name="Back").click()
        page.wait_for_selector("text=40 papers added since your last visit")

        newest = int(updated.open().added_at.max())
        assert page.evaluate(_NEWEST) == newest
        page.evaluate(_AHEAD, [newest - 1, 3 * 60 * 60 * 1000])
        page.goto(f"{address}/?view=new&since=visit")
        page.wait_for_selector("text=10 papers added since your last visit")

        page.goto(address)  # what was seen is no longer counted
        page.get_by_role("radio", name="What's new", exact=True).wait_for()
        page.goto(f"{address}/?view=new&since=visit")
        page.evaluate("localStorage.setItem('literature-explorer-visits', '{torn')")
        page.reload()
        page.get_by_role("radio", name="My first visit").wait_for()
        assert page.locator('[data-testid="stException"]').count() == 0
        context.close()
