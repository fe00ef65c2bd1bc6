"""The page on how it understood a query: corrections, choices, and chips that take parts back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from explorer.library.store import LibraryStore
from tests.app.test_page import _labels, _text

if TYPE_CHECKING:
    from tests.helpers.page_run import Visit

pytestmark = pytest.mark.slow


def _hits(page: AppTest) -> list[str]:
    keys = [str(button.key) for button in page.button]
    return [key.rpartition("-")[2] for key in keys if key.startswith("open-hit")]


def test_a_typing_error_is_corrected_and_the_correction_taken_back(visit: Visit) -> None:
    right = _hits(visit(q="segmentation"))
    page = visit(q="segmentaton")
    assert _hits(page) == right
    assert "Showing results for **segmentation**." in _text(page)
    page.button(key="as-typed").click().run()
    assert not page.exception
    assert page.query_params["asis"] == "segmentaton"
    assert "Showing results for" not in _text(page)
    assert "segmentaton" in _text(page)


def test_the_words_of_a_request_are_a_chip(visit: Visit) -> None:
    page = visit(q="papers about segmentation")
    assert _hits(page) == _hits(visit(q="segmentation"))
    (label,) = _labels(page, "clause-")
    assert label == "~~papers about~~"
    page.button(key="clause-0").click().run()
    assert page.query_params["asis"] == "papers about"
    assert _labels(page, "clause-") == []


def test_an_author_is_a_chip_that_can_be_taken_back(
    visit: Visit, hashing_library: LibraryStore
) -> None:
    generation = hashing_library.open()
    author = next(name for paper in generation.records for name in paper.authors)
    page = visit(q=author)
    written = {paper.id for paper in generation.records if author in paper.authors}
    assert set(_hits(page)) == written
    (label,) = _labels(page, "clause-")
    assert label.startswith("author")
    page.button(key="clause-0").click().run()
    assert not page.exception
    assert _labels(page, "clause-") == []


def test_a_part_taken_back_is_forgotten_with_the_query(visit: Visit) -> None:
    page = visit(q="segmentaton", asis="segmentaton")
    page.text_input(key="q").set_value("papers about segmentaton").run()
    assert "Showing results for" not in _text(page)
    page.text_input(key="q").set_value("papers about segmenttion").run()
    assert "Showing results for **segmentation**." in _text(page)


def test_hostile_words_stay_text(visit: Visit) -> None:
    page = visit(q="segmentaton <script>alert(1)</script> **bold** [x](javascript:y)")
    assert "<script>alert" not in _text(page).replace("\\<", "")
    assert "**bold**" not in _text(page).replace("\\*", "")
