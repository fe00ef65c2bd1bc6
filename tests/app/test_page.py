"""The page without a browser: its texts in each state, and that it never raises."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.app import resources, session
from explorer.app.views import topics
from explorer.builds.build import BuildOptions, build
from explorer.errors import EngineError, ExplorerError
from explorer.insights.topic_profile import topic_profile
from explorer.insights.topic_tree import node_of, topic_tree
from explorer.insights.trends import time_axis, trends
from explorer.library.store import LibraryStore
from explorer.map.highlights import Highlights
from explorer.search.model import Explanation, Results
from explorer.settings import ReadingLimits, Settings
from tests.helpers.generations import seal_again
from tests.helpers.map_page import strip

pytestmark = pytest.mark.slow


def _open(library: Path, monkeypatch: pytest.MonkeyPatch, repository: Path, **url: str) -> AppTest:
    monkeypatch.setattr(sys, "argv", ["streamlit_app.py", "--library", str(library)])
    page = AppTest.from_file(str(repository / "explorer" / "app" / "script.py"), default_timeout=60)
    for name, value in url.items():
        page.query_params[name] = value
    page.run()
    _wait_for_model(library)
    return page.run()


def _wait_for_model(library: Path) -> None:
    """Wait until the model that the first run began to load is ready, if there is a library."""
    with contextlib.suppress(ExplorerError):
        embedding = resources.model(LibraryStore(library).open().manifest.model)
        embedding.wait(60)
        assert embedding.is_ready


def _text(page: AppTest) -> str:
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
    return "\n".join(part.value for part in parts)


def _labels(page: AppTest, prefix: str) -> list[str]:
    return [b.label for b in page.button if str(b.key).startswith(prefix)]


def test_an_empty_library_shows_how_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(tmp_path / "nothing", monkeypatch, repository)
    assert not page.exception
    assert "explorer build FILE" in page.info[0].value


def test_a_damaged_library_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path, digest_folder: Path
) -> None:
    library = LibraryStore(tmp_path / "library")
    build(library, [digest_folder], BuildOptions(model="hashing"))
    live = library.folder / "generations" / library.live
    (live / "papers.arrow").write_bytes(b"torn")
    page = _open(library.folder, monkeypatch, repository)
    assert not page.exception
    assert "rollback" in page.error[0].value


def test_a_newcomer_sees_counts_topics_and_examples(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository)
    generation = hashing_library.open()
    assert not page.exception
    assert f"{generation.size} papers" in _text(page)
    topics = {topic.label for level in generation.levels for topic in level}
    shown = {label.replace("\\", "") for label in _labels(page, "to-welcome-")}
    assert shown
    assert shown <= topics
    assert len(_labels(page, "example-")) > 0


def test_an_example_query_fills_the_box_and_finds_something(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository)
    example = page.button(key="example-0").label.replace("\\", "")
    page.button(key="example-0").click().run()
    assert page.text_input(key="q").value == example
    assert len(_labels(page, "open-hit")) > 0


def open_menu(page: AppTest, name: str) -> AppTest:
    """Open the menu of the paper in a row, ``hit1-ID`` for the first hit."""
    page.session_state[f"menu-{name}"] = True
    return page.run()


def test_the_menu_of_a_hit_has_its_abstract_and_more_like_it(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="learning")
    hits = [str(button.key) for button in page.button if str(button.key).startswith("open-hit")]
    assert len(hits) == 10
    assert _labels(page, "more-hit") == []
    open_menu(page, hits[0].removeprefix("open-"))
    assert _labels(page, "more-hit1-") == ["More like this"]
    assert _labels(page, "less-hit1-") == ["Less like this"]
    paper = hashing_library.open().records.find(hits[0].rpartition("-")[2])
    assert paper is not None
    abstract = hashing_library.open().records[paper].readable_abstract
    assert abstract[:40] in _text(page).replace("\\", "")


def test_a_title_opens_the_paper_and_the_url_names_it(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="learning")
    button = next(b for b in page.button if str(b.key).startswith("open-hit1"))
    paper = str(button.key).rpartition("-")[2]
    button.click().run()
    assert page.query_params["paper"] in (paper, [paper])
    record = hashing_library.open().records
    row = record.find(paper)
    assert row is not None
    assert record[row].readable_title in _text(page).replace("\\", "")


def test_a_lasso_lists_the_papers_and_their_topics(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    generation = hashing_library.open()
    region, inside = strip(generation, 5)
    page = _open(hashing_library.folder, monkeypatch, repository, region=region)
    assert "5 papers selected" in _text(page)
    listed = [str(b.key) for b in page.button if str(b.key).startswith("open-caught")]
    assert sorted(key.rpartition("-")[2] for key in listed) == sorted(inside)
    page.button(key="release").click().run()
    assert "selected" not in _text(page)
    assert "region" not in page.query_params


def test_a_topic_shows_its_size_evidence_growth_and_papers(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    topic = hashing_library.open().levels[0][0]
    page = _open(hashing_library.folder, monkeypatch, repository, topic=topic.id)
    shown = _text(page).replace("\\", "")
    assert f"{topic.size} papers, {topic.size / 40:.0%} of the library" in shown
    assert f"{topic.evidence} of {topic.size} papers use the phrase “{topic.label}”" in shown
    assert "as fast as the library" in shown
    assert len(_labels(page, "open-member")) == topic.size


def test_the_papers_of_a_topic_are_listed_step_by_step_the_most_central_first(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    monkeypatch.setattr(session, "PAPERS_PER_PAGE", 4)
    generation = hashing_library.open()
    topic = generation.levels[0][0]
    page = _open(hashing_library.folder, monkeypatch, repository, topic=topic.id)
    keys = [
        f"open-member-{generation.records.ids[row]}"
        for row in topic_profile(generation, topic).members
    ]
    for shown in (4, 8, topic.size):
        listed = [b.key for b in page.button if str(b.key).startswith("open-member-")]
        assert listed == keys[:shown]
        if shown < topic.size:
            page.button(key="more-papers").click().run()
    assert "more-papers" not in [b.key for b in page.button]


def test_the_tree_holds_every_topic_and_a_name_opens_its_page(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    generation = hashing_library.open()
    page = _open(hashing_library.folder, monkeypatch, repository, view="topics")
    labels = {label.replace("\\", "") for label in _labels(page, "to-tree-")}
    assert labels == {topic.label for topic in generation.topics.values()}
    topic = generation.levels[-1][0]
    page.button(key=f"to-tree-{topic.id}").click().run()
    assert page.query_params["topic"] in (topic.id, [topic.id])
    assert len(_labels(page, "open-member")) == topic.size
    page.button(key="all-topics").click().run()
    assert "topic" not in page.query_params
    assert len(_labels(page, "to-tree-")) == len(labels)


def test_a_topic_of_the_tree_folds_and_unfolds(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    branch = next(branch for branch in topic_tree(hashing_library.open()) if branch.below)
    finer = {f"to-tree-{below.topic.id}" for below in branch.below}
    page = _open(hashing_library.folder, monkeypatch, repository, view="topics")
    for shown in (True, False, True):
        assert (finer <= {b.key for b in page.button}) is shown
        page.button(key=f"fold-{branch.topic.id}").click().run()


def test_the_tree_is_filtered_by_name_and_keeps_the_topics_above(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    monkeypatch.setattr(topics, "_MOST_UNFILTERED", 0)
    generation = hashing_library.open()
    topic = generation.levels[-1][0]
    page = _open(hashing_library.folder, monkeypatch, repository, view="topics")
    page.text_input(key="filter").set_value(topic.label.upper()).run()
    shown = {str(b.key) for b in page.button if str(b.key).startswith("to-tree-")}
    holding = {f"to-tree-{t.id}" for t in generation.topics.values() if topic.label in t.label}
    assert {f"to-tree-{topic.id}", f"to-tree-{topic.parent}"} <= shown
    assert holding <= shown
    assert len(shown) < len(generation.topics)
    page.text_input(key="filter").set_value("zzyzx").run()
    assert _labels(page, "to-tree-") == []
    assert "No topic" in _text(page)


def test_topics_are_a_tree_by_size_and_one_list_by_growth(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    generation = hashing_library.open()
    page = _open(hashing_library.folder, monkeypatch, repository, view="topics")

    def order(by: str) -> list[str]:
        page.session_state["order"] = by
        page.run()
        keys = [str(b.key) for b in page.button]
        return [key.removeprefix("to-tree-") for key in keys if key.startswith("to-tree-")]

    coarse = {topic.id for topic in generation.levels[0]}
    sizes = [generation.topics[key].size for key in order("size") if key in coarse]
    assert sizes == sorted(sizes, reverse=True)
    of = trends(generation).of
    nodes = {node_of(generation, topic).topic.id for topic in generation.topics.values()}
    growths = [of[key].growth or 0.0 for key in order("growth")]
    assert growths == sorted((of[key].growth or 0.0 for key in nodes), reverse=True)[:30]
    assert f"{growths[0]:.1f} times its share of the years before" in _text(page)


def test_a_keyword_searches_within_its_topic_and_the_topic_is_one_button_away(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    generation = hashing_library.open()
    topic = generation.levels[0][1]
    page = _open(hashing_library.folder, monkeypatch, repository, topic=topic.id, view="topics")
    page.button(key="keyword-0").click().run()
    assert page.text_input(key="q").value == topic.keywords[0]
    members = {generation.records.ids[row] for row in generation.members(topic)}
    hits = {str(b.key).rpartition("-")[2] for b in page.button if str(b.key).startswith("open-hit")}
    assert hits
    assert hits <= members
    page.button(key="back-to-topic").click().run()
    assert page.text_input(key="q").value == ""
    assert len(_labels(page, "open-member")) == topic.size


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_each_way_of_ranking_answers(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path, mode: str
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="learning", mode=mode)
    assert not page.exception
    assert len(_labels(page, "open-hit")) > 0


def test_a_word_of_no_paper_gets_advice(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="zzyzx", mode="lexical")
    assert "No papers match" in page.info[0].value


@pytest.mark.parametrize(
    "url",
    [
        {"paper": "no-such-paper"},
        {"topic": "t999"},
        {"topic": "t999", "view": "topics"},
        {"view": "no-such-view"},
        {"mode": "wrong"},
        {"q": "   "},
        {"q": '<script>alert(1)</script> [x](javascript:alert(1)) "'},
        {"q": "\u0000\U0001f600 " + "word " * 3000},
    ],
)
def test_no_link_whatever_raises(
    hashing_library: LibraryStore,
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
    forced = Settings(reading=ReadingLimits(force="json-lines"))  # else such titles are refused
    build(LibraryStore(tmp_path / "library"), [digest], BuildOptions("hashing", settings=forced))
    _call_all_topics(LibraryStore(tmp_path / "library"), hostile)
    for url in ({"q": "evil"}, {"topic": "t1"}, {"view": "topics"}, {}):
        page = _open(tmp_path / "library", monkeypatch, repository, **url)
        assert not page.exception
        parts = (*page.header, *page.subheader, *page.markdown, *page.caption)
        shown = [part.value for part in parts]
        shown += [button.label for button in page.button]
        assert any("evil" in text for text in shown)
        is_written = any("Written by a language model" in text for text in shown)
        assert is_written == ("topic" in url)
        for text in shown:
            assert "<img" not in text.replace("\\<img", "")
            assert "](http://evil" not in text
            assert ":red[" not in text


def _call_all_topics(library: LibraryStore, name: str) -> None:
    """Give each topic of the live generation this name and keyword, and a summary with them."""
    live = library.folder / "generations" / library.live
    levels = json.loads((live / "topics.json").read_text(encoding="utf-8"))
    for topic in (topic for level in levels for topic in level):
        sentence = {"text": name, "papers": topic["representatives"][:1]}
        topic |= {"label": name, "keywords": [name], "evidence": 1}
        topic |= {"summary": {"model": name, "sentences": [sentence]}}
    (live / "topics.json").write_text(json.dumps(levels), encoding="utf-8")
    seal_again(live)


def test_back_leads_to_the_paper_one_came_from_and_then_to_the_list(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
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
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="learning")
    page.button(key="more-results").click().run()
    assert len(_labels(page, "open-hit")) == 20


def test_a_note_says_that_nothing_is_close_and_strikes_unknown_words(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, q="zzyzx qwv")
    assert "is close to “~~zzyzx~~ qwv”" in _text(page)
    page = _open(hashing_library.folder, monkeypatch, repository, q="learning")
    assert "is close to" not in _text(page)


def test_a_library_of_another_model_is_searched_by_words_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path, digest_folder: Path
) -> None:
    library = LibraryStore(tmp_path / "library")
    build(library, [digest_folder], BuildOptions(model="hashing"))
    manifest = library.folder / "generations" / library.live / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("hashing dimension=256", "another model"), encoding="utf-8")
    seal_again(manifest.parent)
    page = _open(library.folder, monkeypatch, repository, q="learning")
    assert not page.exception
    assert "another model" in page.warning[0].value.replace("\\", "")
    assert len(_labels(page, "open-hit")) > 0


@pytest.mark.parametrize("url", [{"q": "liver"}, {"paper": "2410.01000"}])
def test_a_lost_server_is_an_error_and_the_map_stays(
    hashing_library: LibraryStore,
    monkeypatch: pytest.MonkeyPatch,
    repository: Path,
    url: dict[str, str],
) -> None:
    def lost(*_: object) -> Results:
        raise EngineError("The vector server <b>cannot</b> be reached.")

    drawn: list[Highlights] = []
    for name in ("search", "similar"):
        monkeypatch.setattr(f"explorer.app.page.{name}", lost)
    monkeypatch.setattr("explorer.app.page.show_map", lambda _, shown: drawn.append(shown))
    page = _open(hashing_library.folder, monkeypatch, repository, **url)
    assert not page.exception
    assert "cannot" in page.error[0].value
    assert "<b" not in page.error[0].value.replace("\\<", "")
    assert drawn[-1] == Highlights()


def test_key_sentences_belong_to_one_search(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    searches: list[str] = []
    explanations = session.explanations

    def recorded(search: str) -> dict[int, Explanation]:
        searches.append(search)
        return explanations(search)

    monkeypatch.setattr(session, "explanations", recorded)
    ids = hashing_library.open().records.ids
    queries = [
        f"like:{ids[0]}",
        f"like:{ids[20]}",
        f"unlike:{ids[0]}",
        "liver",
        f"liver like:{ids[0]}",
    ]
    for text in (*queries, queries[0]):
        assert not _open(hashing_library.folder, monkeypatch, repository, q=text).exception
    last = searches[1::2]
    assert len(set(last[:5])) == 5
    assert last[5] == last[0]


def test_a_span_of_time_filters_list_topic_and_search_until_its_chip_is_removed(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    generation = hashing_library.open()
    axis = time_axis(generation)
    assert len(axis.periods) > 1
    first = axis.periods[0]
    within = {generation.records.ids[row] for row in axis.rows(first, first)}
    page = _open(hashing_library.folder, monkeypatch, repository, when=f"{first}..{first}")
    assert f"**{len(within)} papers**" in _text(page)
    listed = {str(b.key).rpartition("-")[2] for b in page.button if "open-in-view" in str(b.key)}
    assert listed <= within
    assert len(listed) == min(len(within), session.PAPERS_PER_PAGE)
    [chip] = _labels(page, "clause-")
    assert chip == f"time\\: {first}"
    topic = max(generation.levels[0], key=lambda topic: topic.size)
    page.query_params["topic"] = topic.id
    page.run()
    members = {generation.records.ids[row] for row in generation.members(topic)}
    listed = {str(b.key).rpartition("-")[2] for b in page.button if "open-member-" in str(b.key)}
    assert listed == members & within != members
    page.query_params["topic"] = ""
    page.text_input(key="q").set_value("graphs").run()
    keys = [str(b.key) for b in page.button if str(b.key).startswith("open-hit")]
    assert keys
    assert {key.rpartition("-")[2] for key in keys} <= within
    page.button(key="clause-0").click().run()
    assert "when" not in page.query_params
    assert _labels(page, "clause-") == []


def test_a_period_that_is_no_number_is_passed_over(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    page = _open(hashing_library.folder, monkeypatch, repository, when="²..³")
    assert not page.exception
    assert not page.warning


@pytest.mark.parametrize("name", ["paper", "topic", "view", "region", "when"])
def test_content_stays_when_a_late_message_brings_the_previous_url(name: str) -> None:
    def run(name: str) -> None:
        import json

        import streamlit as st

        from explorer.app import url

        if sent := st.query_params.get("sent"):
            url.restore(json.loads(sent))
        url.remember()
        st.write(st.query_params.get(name, "none"))

    def message(sent_from: str, *, arrives_at: str, steps: int = 0) -> str:
        """Return the content that the page shows after a message of the map."""
        page.query_params.clear()
        if arrives_at:
            page.query_params[name] = arrives_at
        search = f"?{name}={sent_from}" if sent_from else ""
        page.query_params["sent"] = json.dumps({"search": search, "steps": steps})
        return str(page.run().markdown[0].value)

    page = AppTest.from_function(run, args=(name,)).run()
    assert page.markdown[0].value == "none"
    page.query_params[name] = "opened"
    assert page.run().markdown[0].value == "opened"
    assert message("", arrives_at="") == "opened"  # the browser did not have the URL yet
    assert message("opened", arrives_at="") == "none"  # somebody has gone back since it was sent
    assert message("before", arrives_at="before") == "none"
    page.query_params.clear()
    page.query_params[name] = "opened"
    assert page.run().markdown[0].value == "opened"
    assert message("", arrives_at="", steps=1) == "none"  # it was sent after the step back
    assert message("before", arrives_at="before", steps=1) == "none"


@pytest.mark.parametrize("first", ["close", "keep"])
def test_a_closed_paper_stays_closed_when_a_message_of_the_map_comes(first: str) -> None:
    def run(first: str) -> None:
        import streamlit as st

        from explorer.app import navigation, url

        if st.query_params.get("close"):
            sent_from = {"search": "?paper=p1", "steps": 0}
            steps = (navigation.close_paper, lambda: url.restore(sent_from))
            for step in steps if first == "close" else steps[::-1]:
                step()
        url.remember()
        st.write(url.paper() or "none")

    page = AppTest.from_function(run, args=(first,))
    page.query_params["paper"] = "p1"
    assert page.run().markdown[0].value == "p1"
    page.query_params["close"] = "1"
    assert page.run().markdown[0].value == "none"
