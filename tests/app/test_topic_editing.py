"""Topics renamed, merged and pinned on the page, and each edit undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.builds import apply_edits
from explorer.builds.apply_edits import TopicPin, all_edits, merge, pin, rename
from explorer.builds.build import BuildOptions, build
from explorer.insights.name_review import name_review
from explorer.insights.topic_tree import node_of
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.topics.communities import Topic
from explorer.topics.edits import EditKind
from tests.helpers.browser import open_browser
from tests.helpers.corpus import WriteDigest
from tests.helpers.serving import serve_page

pytestmark = pytest.mark.slow

HOSTILE = '<b onclick="x">*a*</b> [l](http://evil) :red[n] `c` $x$'

OpenPage = Callable[..., AppTest]


def text(page: AppTest) -> str:
    parts = [
        *page.title,
        *page.header,
        *page.subheader,
        *page.markdown,
        *page.caption,
        *page.warning,
        *page.error,
    ]
    return "\n".join(part.value for part in parts).replace("\\", "")


def header(page: AppTest) -> str:
    return str(page.header[0].value)


def open_topic(page: AppTest) -> str:
    """Return the id of the topic that the URL names."""
    named = page.query_params["topic"]
    return named if isinstance(named, str) else named[0]


def keyed(elements: object, beginning: str) -> list[str]:
    return [str(e.key) for e in elements if str(e.key).startswith(beginning)]  # type: ignore[attr-defined]


def fill(page: AppTest, field: str, value: str) -> None:
    (key,) = keyed(page.text_input, f"{field}-")
    page.text_input(key=key).set_value(value)


def press(page: AppTest, button: str) -> None:
    key = keyed(page.button, button)[0]
    page.button(key=key).click().run()


def coarsest(library: LibraryStore) -> tuple[Topic, ...]:
    return library.open().levels[0]


def papers_of(generation: Generation, topic: Topic) -> set[int]:
    return set(generation.members(topic).tolist())


def test_a_rename_changes_the_library_the_header_and_the_edit(
    library: LibraryStore, open_page: OpenPage
) -> None:
    topic = coarsest(library)[0]
    page = open_page(topic=topic.id)
    assert "You named" not in text(page)
    (key,) = keyed(page.text_input, "name-")
    assert page.text_input(key=key).value == topic.label
    fill(page, "name", "My own name")
    press(page, "do-rename-")
    assert not page.exception
    assert coarsest(library)[0].label == "My own name"
    assert header(page) == "My own name"
    assert f"You named this topic; its automatic name is “{topic.label}”." in text(page)
    (key,) = keyed(page.text_input, "name-")
    assert page.text_input(key=key).value == "My own name"


def test_a_topic_of_any_level_is_renamed_and_stays_open(
    library: LibraryStore, open_page: OpenPage
) -> None:
    for topic in library.open().levels[-1][:3]:
        page = open_page(topic=topic.id)
        fill(page, "name", f"Mine {topic.id}")
        press(page, "do-rename-")
        assert header(page) == f"Mine {topic.id}"
        assert open_topic(page) in library.open().topics


def test_a_name_that_another_topic_has_is_refused_and_stays_in_the_form(
    library: LibraryStore, open_page: OpenPage
) -> None:
    topic, other = coarsest(library)[:2]
    page = open_page(topic=topic.id)
    fill(page, "name", other.label)
    press(page, "do-rename-")
    assert not page.exception
    assert f"“{other.label}”" in page.warning[0].value.replace("\\", "")
    (key,) = keyed(page.text_input, "name-")
    assert page.text_input(key=key).value == other.label
    assert all_edits(library) == []
    fill(page, "name", "My own name")
    press(page, "do-rename-")
    assert coarsest(library)[0].label == "My own name"
    assert not page.warning


@pytest.mark.parametrize("name", ["", "   ", "x" * 500, HOSTILE, "\u202e\u0000\n# h", "---", "$$"])
def test_no_name_whatever_breaks_the_page(
    library: LibraryStore, open_page: OpenPage, name: str
) -> None:
    page = open_page(topic=coarsest(library)[0].id)
    fill(page, "name", name)
    press(page, "do-rename-")
    for url in ({"topic": open_topic(page)}, {"view": "topics"}, {}):
        page = open_page(**url)
        assert not page.exception
        parts = (*page.header, *page.markdown, *page.caption, *page.warning)
        shown = [part.value for part in parts]
        shown += [button.label for button in page.button]
        for line in shown:
            assert "<b" not in line.replace("\\<b", "")
            assert "](http" not in line
            assert ":red[" not in line


def test_an_edit_during_a_build_waits_in_the_form(
    library: LibraryStore, open_page: OpenPage
) -> None:
    page = open_page(topic=coarsest(library)[0].id)
    fill(page, "name", "My own name")
    with library.building():
        press(page, "do-rename-")
    assert "another build is running" in page.warning[0].value
    press(page, "do-rename-")
    assert header(page) == "My own name"


def test_an_unexpected_error_is_a_warning(
    library: LibraryStore, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret path")

    monkeypatch.setattr(apply_edits, "rename", fail)
    page = open_page(topic=coarsest(library)[0].id)
    press(page, "do-rename-")
    assert not page.exception
    assert "did not work" in page.warning[0].value
    assert "secret" not in text(page)


def test_a_merge_opens_the_merged_topic_and_undoing_it_opens_a_part(
    library: LibraryStore, open_page: OpenPage
) -> None:
    before = library.open()
    first, second = before.levels[0][:2]
    united = papers_of(before, first) | papers_of(before, second)
    page = open_page(topic=second.id)
    press(page, "do-merge-")
    assert "Choose a topic" in page.warning[0].value
    (key,) = keyed(page.selectbox, "other-")
    page.selectbox(key=key).set_value(first.id)
    fill(page, "both", "Both")
    press(page, "do-merge-")
    assert not page.exception
    assert header(page) == "Both"
    merged = library.open()
    assert papers_of(merged, merged.topics[open_topic(page)]) == united
    assert f"You merged “{second.label}” and “{first.label}”" in text(page)
    press(page, "undo-")
    assert not page.exception
    after = library.open()
    apart = {tuple(sorted(papers_of(before, topic))) for topic in before.levels[0]}
    assert {tuple(sorted(papers_of(after, topic))) for topic in after.levels[0]} == apart
    assert header(page).replace("\\", "") in {first.label, second.label}


def test_only_topics_of_the_same_level_are_offered_to_merge_with_siblings_first(
    library: LibraryStore, open_page: OpenPage
) -> None:
    generation = library.open()
    topic = generation.levels[-1][0]
    page = open_page(topic=topic.id)
    (key,) = keyed(page.selectbox, "other-")
    offered = page.selectbox(key=key).options
    others = [other for other in generation.levels[-1] if other != topic]
    siblings = [other for other in others if other.parent == topic.parent]
    assert sorted(offered) == sorted(f"{other.label} · {other.size:,}" for other in others)
    assert {name.rpartition(" · ")[0] for name in offered[: len(siblings)]} == {
        other.label for other in siblings
    }


def test_a_pin_is_listed_and_not_offered_until_it_is_undone(
    library: LibraryStore, open_page: OpenPage
) -> None:
    page = open_page(topic=coarsest(library)[0].id)
    press(page, "do-pin-")
    assert "You pinned this topic." in text(page)
    assert [outcome.edit.kind for outcome in all_edits(library)] == [EditKind.PIN]
    assert keyed(page.button, "do-pin-") == []
    press(page, "undo-")
    assert all_edits(library) == []
    assert "You pinned" not in text(page)
    assert len(keyed(page.button, "do-pin-")) == 1


def test_undoing_a_rename_restores_the_automatic_name(
    library: LibraryStore, open_page: OpenPage
) -> None:
    before = library.open()
    topic = before.levels[0][0]
    rename(library, topic.id, "First")
    rename(library, topic.id, "Second")
    page = open_page(topic=topic.id)
    assert "You named it “First”; another name is in use." in text(page)
    press(page, "undo-")
    assert header(page) == "Second"
    press(page, "undo-")
    assert header(page).replace("\\", "") == topic.label
    assert library.open().levels == before.levels
    assert open_topic(page) == node_of(before, topic).topic.id


def test_the_tree_lists_all_edits_and_undoes_them(
    library: LibraryStore, open_page: OpenPage
) -> None:
    page = open_page(view="topics")
    assert "Your topic edits" not in text(page)
    first, second, third = (topic.label for topic in coarsest(library)[:3])
    rename(library, first, "My own name")
    merge(library, [second, third])
    pin(library, "My own name")
    page.run()
    shown = text(page)
    assert f"You renamed “{first}” to “My own name”" in shown
    assert f"You merged “{second}” and “{third}”" in shown
    assert "You pinned “My own name”" in shown
    for left in (2, 1, 0):
        press(page, "undo-")
        assert not page.exception
        assert len(all_edits(library)) == left
        assert len(keyed(page.button, "undo-")) == left
    assert "Your topic edits" not in text(page)
    assert page.query_params["view"] in ("topics", ["topics"])


def test_an_inactive_edit_is_listed_and_can_be_undone(
    library: LibraryStore,
    open_page: OpenPage,
    corpus: list[Paper],
    tmp_path: Path,
    write_digest: WriteDigest,
) -> None:
    generation = library.open()
    topic = generation.levels[0][0]
    titles = {generation.records.titles[row] for row in generation.members(topic)}
    rename(library, topic.id, "My own name")
    left = write_digest(tmp_path / "left.txt", [p for p in corpus if p.title not in titles])
    build(library, [left], BuildOptions(prune=True))
    page = open_page(view="topics")
    assert "Inactive: no topic matches it at present." in text(page)
    press(page, "undo-")
    assert apply_edits.all_edits(library) == []
    assert "Inactive" not in text(page)


def test_edits_are_listed_on_a_restored_generation(
    library: LibraryStore, open_page: OpenPage
) -> None:
    topic = coarsest(library)[0]
    page = open_page(topic=topic.id)
    rename(library, topic.id, "My own name")
    page.run()
    assert header(page) == "My own name"
    library.rollback()
    page.run()
    assert header(page).replace("\\", "") == topic.label
    assert "You named it “My own name”; another name is in use." in text(page)


def test_a_damaged_file_of_edits_leaves_the_page_usable(
    library: LibraryStore, open_page: OpenPage
) -> None:
    topic = coarsest(library)[0]
    (library.folder / "topic_edits.json").write_text("{", encoding="utf-8")
    for url in ({"topic": topic.id}, {"view": "topics"}):
        page = open_page(**url)
        assert not page.exception
        (warning,) = page.warning
        assert "topic_edits.json" in warning.value.replace("\\", "")
    assert len(keyed(page.button, "to-tree-")) > 0


def review_row(library: LibraryStore, page: AppTest, place: int) -> str:
    """Return the id of the topic in a row of the review, whose widgets end with it."""
    topic = name_review(library.open()).topics[place].topic.id
    assert len([key for key in keyed(page.pills, "names-") if key.endswith(f"-{topic}")]) == 1
    return topic


def widget(elements: object, kind: str, topic: str) -> str:
    (key,) = (key for key in keyed(elements, f"{kind}-") if key.endswith(f"-{topic}"))
    return key


def test_names_are_reviewed_together_and_not_offered_again(
    library: LibraryStore, open_page: OpenPage
) -> None:
    page = open_page(view="topics")
    press(page, "review-names")
    assert page.query_params["review"] in ("names", ["names"])
    before = name_review(library.open())
    total = len(before.topics)
    assert f"0 of {total} reviewed" in text(page)
    assert page.button(key="apply-names").disabled
    kept, renamed, typed, merged, other = (each.topic for each in before.topics[:5])
    alternative = before.topics[1].alternatives[0]
    page.pills(key=widget(page.pills, "names", kept.id)).set_value(kept.label).run()
    page.pills(key=widget(page.pills, "names", renamed.id)).set_value(alternative).run()
    page.text_input(key=widget(page.text_input, "new-name", typed.id)).set_value(" My  own ").run()
    page.selectbox(key=widget(page.selectbox, "merge", merged.id)).set_value(other.id).run()
    assert all_edits(library) == [], "applied too early"
    shown = text(page)
    assert f"4 of {total} reviewed" in shown
    assert f"was “{typed.label}”" in shown
    assert f"merge with “{other.label}”" in shown
    assert page.button(key="apply-names").label == "Apply 4 changes"
    generations = len(library.history())
    press(page, "apply-names")
    assert not page.exception
    assert len(library.history()) == generations + 1, "published once for all"
    after = library.open()
    labels = [topic.label for topic in after.topics.values()]
    assert {kept.label, alternative, "My own", other.label} <= set(labels)
    assert {outcome.edit.kind for outcome in all_edits(library)} == {EditKind.PIN}
    assert "review" not in page.query_params, "the review stays open"
    assert f"You merged and pinned “{other.label}” and “{merged.label}”" in text(page)
    press(page, "undo-")
    assert len(all_edits(library)) == 3
    press(page, "review-names")
    assert f"3 of {total - 1} reviewed" in text(page)
    assert len(name_review(library.open()).topics) == total - 4


def test_a_choice_is_undone_and_the_last_of_a_row_counts(
    library: LibraryStore, open_page: OpenPage
) -> None:
    page = open_page(view="topics", review="names")
    topic = review_row(library, page, 0)
    label = library.open().topics[topic].label
    page.pills(key=widget(page.pills, "names", topic)).set_value(label).run()
    page.text_input(key=widget(page.text_input, "new-name", topic)).set_value("My own").run()
    assert page.pills(key=widget(page.pills, "names", topic)).value is None
    assert "1 of " in text(page)
    page.text_input(key=widget(page.text_input, "new-name", topic)).set_value("").run()
    assert "0 of " in text(page)
    assert page.button(key="apply-names").disabled


def test_a_name_that_is_in_use_is_refused_and_no_choice_is_lost(
    library: LibraryStore, open_page: OpenPage
) -> None:
    page = open_page(view="topics", review="names")
    topic, other = (review_row(library, page, place) for place in (0, 1))
    label = library.open().topics[other].label
    page.text_input(key=widget(page.text_input, "new-name", topic)).set_value(label.upper()).run()
    assert "Another topic is called" in page.warning[0].value
    press(page, "apply-names")
    assert not page.exception
    assert len(page.warning) == 2
    assert all_edits(library) == []
    page.text_input(key=widget(page.text_input, "new-name", other)).set_value("My own").run()
    assert not page.warning
    press(page, "apply-names")
    assert {outcome.edit.name for outcome in all_edits(library)} == {label.upper(), "My own"}


def test_a_read_only_page_and_a_reviewed_library_offer_no_review(
    library: LibraryStore, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = [
        TopicPin((each.topic.id,), each.topic.label) for each in name_review(library.open()).topics
    ]
    with monkeypatch.context() as patch:
        patch.setenv("EXPLORER_READ_ONLY", "1")
        page = open_page(view="topics", review="names")
        assert keyed(page.button, "review-names") == keyed(page.button, "apply-names") == []
        assert len(keyed(page.button, "to-tree-")) > 0
    apply_edits.pin_all(library, pins)
    assert keyed(open_page(view="topics").button, "review-names") == []
    assert "All topic names are reviewed." in text(open_page(view="topics", review="names"))


def test_no_text_of_a_library_breaks_the_review(library: LibraryStore, open_page: OpenPage) -> None:
    page = open_page(view="topics", review="names")
    topic = review_row(library, page, 0)
    page.text_input(key=widget(page.text_input, "new-name", topic)).set_value(HOSTILE).run()
    for button in ("apply-names", "review-names"):
        assert not page.exception
        shown = [part.value for part in (*page.markdown, *page.caption)]
        shown += [pills.label for pills in page.pills]
        assert any("evil" in line for line in shown)
        for line in shown:
            assert "<b" not in line.replace("\\<b", "")
            assert "](http" not in line
            assert ":red[" not in line
        press(page, button)


@pytest.mark.browser
def test_the_keyboard_alone_reviews_names_on_a_phone(library: LibraryStore) -> None:
    first, second = name_review(library.open()).topics[:2]
    with serve_page(library.folder) as address, open_browser() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(60_000)
        page.goto(f"{address}/?view=topics")
        page.locator(".st-key-review-names button").press("Enter")
        row = page.locator(f".st-key-review-{first.topic.id}")
        row.get_by_role("radio", name="Keep").press("Space")
        apply = page.locator(".st-key-apply-names button")
        apply.get_by_text("Apply 1 change").wait_for()
        name = page.locator(f".st-key-review-{second.topic.id}").get_by_placeholder("Rename")
        name.fill("My own name")
        name.press("Enter")
        apply.get_by_text("Apply 2 changes").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        apply.press("Enter")
        row.wait_for(state="detached")
    names = [outcome.edit.name for outcome in all_edits(library)]
    assert names == [first.topic.label, "My own name"]


@pytest.mark.browser
def test_the_keyboard_alone_renames_a_topic_and_undoes_it(library: LibraryStore) -> None:
    topic, other = coarsest(library)[:2]
    with serve_page(library.folder) as address, open_browser() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(60_000)
        page.goto(f"{address}/?topic={topic.id}")
        page.locator('[class*="st-key-edit-"] button').press("Enter")
        page.wait_for_function("document.activeElement === document.querySelector('.st-key-edits')")
        both = page.get_by_label("Name of the merged topic")
        both.fill("for later")
        name = page.get_by_label("Name", exact=True)
        name.fill(other.label)
        name.press("Enter")
        page.locator(".st-key-edits .stAlert").wait_for()
        assert both.input_value() == "for later", "what stands in another form was lost"
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type("My own name")
        page.keyboard.press("Enter")
        page.locator(".st-key-about h2", has_text="My own name").wait_for()
        page.locator(".st-key-edits").wait_for(state="detached")
        page.get_by_role("button", name="Undo").press("Enter")
        page.locator(".st-key-about h2", has_text=topic.label).wait_for()
    assert all_edits(library) == []
