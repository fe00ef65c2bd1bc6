"""The page without a browser: what it says in each state, and that it never raises."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.build import Options, build
from explorer.library import Library


def _open(library: Path, monkeypatch: pytest.MonkeyPatch, repository: Path, **url: str) -> AppTest:
    monkeypatch.setattr(sys, "argv", ["streamlit_app.py", "--library", str(library)])
    page = AppTest.from_file(str(repository / "streamlit_app.py"), default_timeout=60)
    for name, value in url.items():
        page.query_params[name] = value
    page.run()
    # The model loads in the background; the second run finds it there.
    time.sleep(0.2)
    return page.run()


def _text(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.warning, *page.info, *page.error]
    return "\n".join(part.value for part in parts)


def _labels(page: AppTest, prefix: str) -> list[str]:
    return [b.label for b in page.button if str(b.key).startswith(prefix)]


def test_an_empty_library_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(tmp_path / "nothing", monkeypatch, repository)
    assert not page.exception
    assert "python index_build.py" in page.info[0].value


def test_a_damaged_library_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path, digest_folder: Path
) -> None:
    library = Library(tmp_path / "library")
    build(library, [digest_folder], Options(model="hashing"))
    live = library.folder / "generations" / library.live
    (live / "papers.arrow").write_bytes(b"torn")
    page = _open(library.folder, monkeypatch, repository)
    assert not page.exception
    assert "rollback" in page.error[0].value


def test_a_newcomer_sees_counts_topics_and_examples(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository)
    generation = hashing_library.open()
    assert not page.exception
    assert f"{generation.size} papers" in _text(page)
    topics = {topic.label for level in generation.levels for topic in level}
    shown = {label.replace("\\", "") for label in _labels(page, "filter-")}
    assert shown
    assert shown <= topics
    assert len(_labels(page, "example-")) > 0


def test_an_example_query_fills_the_box_and_finds_something(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository)
    example = page.button(key="example-0").label.replace("\\", "")
    page.button(key="example-0").click().run()
    assert page.text_input(key="q").value == example
    assert len(_labels(page, "open-hit")) > 0


def test_every_hit_offers_its_abstract_and_more_like_it(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="learning")
    hits = _labels(page, "open-hit")
    assert len(hits) == 10
    assert len(_labels(page, "more-hit")) == 10
    assert len(page.expander) == 10


def test_more_like_this_opens_the_paper_and_the_url_names_it(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="learning")
    button = next(b for b in page.button if str(b.key).startswith("more-hit1"))
    paper = str(button.key).rpartition("-")[2]
    button.click().run()
    assert page.query_params["paper"] in (paper, [paper])
    record = hashing_library.open().records
    row = record.find(paper)
    assert row is not None
    assert record[row].readable_title in _text(page).replace("\\", "")


def test_a_lasso_lists_the_papers_and_their_topics(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    generation = hashing_library.open()
    page = _open(hashing_library.folder, monkeypatch, repository)
    page.session_state["caught"] = generation.records.ids[:5]
    page.run()
    assert "5 papers selected" in _text(page)
    assert len(_labels(page, "open-caught")) == 5
    page.button(key="release").click().run()
    assert "selected" not in _text(page)


def test_filtering_by_a_topic_lists_its_papers(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    topic = hashing_library.open().levels[0][0]
    page = _open(hashing_library.folder, monkeypatch, repository, topic=topic.id)
    assert f"{topic.size} papers in this topic" in _text(page)
    assert len(_labels(page, "open-member")) == topic.size


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_each_way_of_ranking_answers(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path, mode: str
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="learning", mode=mode)
    assert not page.exception
    assert len(_labels(page, "open-hit")) > 0


def test_a_word_that_stands_nowhere_gets_advice(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="zzyzx", mode="lexical")
    assert "Nothing matches" in page.info[0].value


@pytest.mark.parametrize(
    "url",
    [
        {"paper": "no-such-paper"},
        {"topic": "t999"},
        {"mode": "wrong"},
        {"q": "   "},
        {"q": '<script>alert(1)</script> [x](javascript:alert(1)) "'},
        {"q": "\u0000\U0001f600 " + "word " * 3000},
    ],
)
def test_no_link_whatever_raises(
    hashing_library: Library,
    monkeypatch: pytest.MonkeyPatch,
    repository: Path,
    url: dict[str, str],
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, **url)
    assert not page.exception
    assert "Literature Explorer" in _text(page)


def test_a_hostile_digest_shows_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    hostile = "<img src=x onerror=alert(1)> ![x](http://evil/x.png) [c](http://evil) :red[no]"
    digest = tmp_path / "hostile.jsonl"
    papers = [{"title": f"{hostile} {n}", "abstract": f"{hostile} word{n}"} for n in range(3)]
    digest.write_text("\n".join(json.dumps(paper) for paper in papers), encoding="utf-8")
    build(Library(tmp_path / "library"), [digest], Options(model="hashing"))
    page = _open(tmp_path / "library", monkeypatch, repository, q="evil")
    shown = [part.value for part in page.markdown] + _labels(page, "open-")
    assert any("evil" in text for text in shown)
    for text in shown:
        assert "<img" not in text.replace("\\<img", "")
        assert "](http://evil" not in text
        assert ":red[" not in text


def test_back_leads_to_the_paper_one_came_from_and_then_to_the_list(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    first = hashing_library.open().records.ids[0]
    page = _open(hashing_library.folder, monkeypatch, repository, paper=first)
    next(b for b in page.button if str(b.key).startswith("open-hit1")).click().run()
    assert page.query_params["paper"] not in (first, [first])
    page.button(key="back").click().run()
    assert page.query_params["paper"] in (first, [first])
    page.button(key="back").click().run()
    assert "paper" not in page.query_params


def test_more_results_are_one_button_away(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="learning")
    page.button(key="more-results").click().run()
    assert len(_labels(page, "open-hit")) == 20


def test_words_that_stand_nowhere_are_said_to_be_only_near(
    hashing_library: Library, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="zzyzx qwv")
    assert "nearest in meaning" in _text(page)
    page = _open(hashing_library.folder, monkeypatch, repository, q="learning")
    assert "nearest in meaning" not in _text(page)


def test_a_library_of_another_model_is_searched_by_words_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path, digest_folder: Path
) -> None:
    library = Library(tmp_path / "library")
    build(library, [digest_folder], Options(model="hashing"))
    manifest = library.folder / "generations" / library.live / "manifest.json"
    told = manifest.read_text(encoding="utf-8")
    manifest.write_text(told.replace("hashing dimension=256", "another model"), encoding="utf-8")
    page = _open(library.folder, monkeypatch, repository, q="learning")
    assert not page.exception
    assert "another model" in page.warning[0].value.replace("\\", "")
    assert len(_labels(page, "open-hit")) > 0
