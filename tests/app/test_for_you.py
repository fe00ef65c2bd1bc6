"""The For you view: recommendations with reasons, thumbs that retrain, questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.builds.build import BuildOptions, build
from explorer.desk.desk import Desk, DeskChange, ReadingState, desk_of
from explorer.desk.marks import mark_papers, marks_of
from explorer.learning.recommendations import recommended
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from tests.helpers.corpus import WriteDigest
from tests.helpers.page_run import page_of

pytestmark = pytest.mark.slow

OpenPage = Callable[..., AppTest]
STAR = DeskChange(star=True)


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper], write_digest: WriteDigest
) -> LibraryStore:
    """A library of papers on four subjects, and an update with two more papers on each."""
    folder = tmp_path_factory.mktemp("for-you")
    store = LibraryStore(folder / "library")
    first = [paper for start in range(0, 40, 10) for paper in corpus[start : start + 8]]
    later = [paper for paper in corpus if paper not in first]
    for number, papers in enumerate((first, later)):
        digest = write_digest(folder / f"{number}.txt", papers)
        build(store, [digest], BuildOptions(model="hashing"))
    return store


@pytest.fixture
def generation(library: LibraryStore) -> Generation:
    return library.open()


@pytest.fixture
def desk(library: LibraryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("EXPLORER_DESK", str(tmp_path / "desk.sqlite"))
    return desk_of(library.folder)


@pytest.fixture
def open_page(library: LibraryStore, monkeypatch: pytest.MonkeyPatch, desk: Desk) -> OpenPage:  # noqa: ARG001
    def opened(**url: str) -> AppTest:
        return page_of(library.folder, monkeypatch, view="for-you", **url).run()

    return opened


def serving(generation: Generation, corpus: Sequence[Paper]) -> list[str]:
    """Return the ids of the papers on serving that were there from the start."""
    titles = {paper.title for paper in corpus[20:28]}
    return [paper.id for paper in generation.records if paper.title in titles]


def text(page: AppTest) -> str:
    parts = (*page.markdown, *page.caption, *page.info, *page.success)
    return "\n".join(str(part.value) for part in parts)


def progress(page: AppTest) -> str:
    """Return the text beside the bar of the questions."""
    return "\n".join(str(element.proto.text) for element in page.get("progress"))


def listed(page: AppTest) -> list[str]:
    """Return the ids of the listed papers."""
    keys = [str(button.key) for button in page.button]
    start = "open-for-you-"
    return [key.removeprefix(start) for key in keys if key.startswith(start)]


def test_with_few_stars_the_view_asks_for_more(
    generation: Generation, desk: Desk, open_page: OpenPage, corpus: list[Paper]
) -> None:
    assert "Star three papers" in text(open_page())
    mark_papers(generation, desk, serving(generation, corpus)[:2], STAR)
    page = open_page()
    assert "1 more star will do" in text(page)
    assert listed(page) == []
    page.button(key="ask-first").click().run()
    assert not page.exception
    assert "Paper 1 of 15" in progress(page)


def test_papers_are_listed_with_reasons_and_a_dismissal_retrains(
    generation: Generation, desk: Desk, open_page: OpenPage, corpus: list[Paper]
) -> None:
    mark_papers(generation, desk, serving(generation, corpus)[:5], STAR)
    page = open_page(scope="all")
    assert not page.exception
    papers = listed(page)
    expected = recommended(generation, marks_of(generation, desk))
    assert set(papers) == {generation.records.ids[one.row] for one in expected}
    assert "which you starred: " in text(page)
    page.button(key=f"dismiss-for-you-{papers[0]}").click().run()
    assert not page.exception
    assert papers[0] not in listed(page)
    assert "**Not for you:**" in text(page)
    page.button(key="undo-verdict").click().run()
    assert listed(page) == papers
    assert "**Not for you:**" not in text(page)
    page.button(key=f"star-for-you-{papers[0]}").click().run()
    assert "**Starred:**" in text(page)
    assert papers[0] not in listed(page)


def test_a_day_without_papers_of_interest_is_empty(
    generation: Generation, desk: Desk, open_page: OpenPage, corpus: list[Paper]
) -> None:
    mark_papers(generation, desk, serving(generation, corpus)[:5], STAR)
    news = listed(open_page())
    assert news
    mark_papers(generation, desk, news, DeskChange(state=ReadingState.READ))
    page = open_page()
    assert listed(page) == []
    assert "A quiet day" in text(page)
    page.button(key="see-all").click().run()
    assert "A quiet day" not in text(page)


def test_questions_go_on_until_fifteen_answers(
    generation: Generation, desk: Desk, open_page: OpenPage
) -> None:
    page = open_page(ask="1")
    seen: list[str] = []
    for number in range(15):
        (key,) = [str(b.key) for b in page.button if str(b.key).startswith("star-question-")]
        paper = key.removeprefix("star-question-")
        assert paper not in seen
        seen.append(paper)
        answer = "star" if number % 3 == 0 else "dismiss"
        page.button(key=f"{answer}-question-{paper}").click().run()
        assert not page.exception
    assert "15 answers" in text(page)
    marks = marks_of(generation, desk)
    assert (len(marks.starred), len(marks.dismissed)) == (5, 10)


def test_a_skipped_paper_is_not_asked_about_again(open_page: OpenPage) -> None:
    page = open_page(ask="1")
    seen: list[str] = []
    for _ in range(7):
        (key,) = [str(b.key) for b in page.button if str(b.key).startswith("star-question-")]
        assert key not in seen
        seen.append(key)
        page.button(key="skip").click().run()
    assert not page.exception


def test_lists_can_be_sorted_for_the_user(
    generation: Generation, desk: Desk, open_page: OpenPage, corpus: list[Paper]
) -> None:
    mark_papers(generation, desk, serving(generation, corpus)[:5], STAR)
    page = open_page(q="a", mode="lexical", sort="for-you")
    assert not page.exception
    first = next(str(b.key) for b in page.button if str(b.key).startswith("open-hit1-"))
    titles = {paper.title for paper in corpus[20:30]}
    row = generation.records.row_of(first.removeprefix("open-hit1-"))
    assert row is not None
    assert generation.records.titles[row] in titles
