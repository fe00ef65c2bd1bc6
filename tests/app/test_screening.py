"""The Review view: starting a review, deciding on papers, and what is shown of hostile texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from explorer.alerts.review_sources import library_source, review_of_rows
from explorer.desk.desk import Desk, desk_of
from explorer.desk.reviews import ReviewDecision, reviews
from explorer.learning.screening.review import decide, review_state
from explorer.library.store import LibraryStore

pytestmark = pytest.mark.slow

OpenPage = Callable[..., AppTest]


@pytest.fixture
def desk(library: LibraryStore) -> Desk:
    return desk_of(library.folder)


def text_of(page: AppTest) -> str:
    return "\n".join(element.value for element in (*page.markdown, *page.caption, *page.header))


def test_a_review_of_the_library_is_started_and_screened(
    library: LibraryStore, desk: Desk, open_page: OpenPage
) -> None:
    page = open_page(view="screening")
    page.text_input(key="review-name-library").set_value("video")
    page.text_area(key="review-question-library").set_value("text to video")
    next(button for button in page.button if button.label == "Start the review").click()
    page.run()
    assert not page.exception
    assert "video" in page.query_params["screen"]
    assert "text to video" in text_of(page)
    page.button(key="screen-include").click().run()
    page.text_input(key="screen-reason").set_value("no trial")
    page.button(key="screen-exclude").click().run()
    page.button(key="screen-later").click().run()
    page.button(key="screen-undo").click().run()
    assert not page.exception
    state = review_state(library.open(), desk, "video")
    labels = [label for one in state.papers for label in one.labels.values()]
    assert sorted((str(label.decision), label.reason) for label in labels) == [
        ("exclude", "no trial"),
        ("include", ""),
    ]
    assert "**2** of" in text_of(page)
    assert "too few decisions" in text_of(page)


def test_a_review_is_started_from_a_search(desk: Desk, open_page: OpenPage) -> None:
    page = open_page(q="video", mode="lexical")
    page.text_input(key="review-name-search-video").set_value("from a search")
    next(button for button in page.button if button.label == "Start the review").click()
    page.run()
    assert not page.exception
    assert [review.name for review in reviews(desk)] == ["from a search"]
    assert "Papers from: video" in text_of(page).replace("\\", "")


def test_conflicts_and_hostile_names_are_shown_as_text(
    library: LibraryStore, desk: Desk, open_page: OpenPage
) -> None:
    name = "<b>*a*</b> [l](http://evil) :red[n]"
    generation = library.open()
    review_of_rows(generation, desk, name, name, library_source(), range(generation.size))
    for user, decision in (
        (desk, ReviewDecision.INCLUDE),
        (desk_of(library.folder, ":red[b]"), ReviewDecision.EXCLUDE),
    ):
        state = review_state(generation, user, name)
        decide(generation, user, state, [generation.records.ids[0]], decision)
    page = open_page(view="screening", screen=name)
    assert not page.exception
    shown = text_of(page)
    assert "Cohen's kappa" in shown
    assert ":red[n]" not in shown
    assert ":red[b]" not in shown
    assert "](http://evil)" not in shown
    listed = open_page(view="screening")
    assert "1 of" in text_of(listed)


def test_a_page_without_a_desk_has_no_reviews(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER_READ_ONLY", "1")
    page = open_page(view="screening")
    assert not page.exception
    assert "Start the review" not in [button.label for button in page.button]
