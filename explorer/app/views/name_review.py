"""The review of topic names: a row a topic, where its name is kept, replaced or merged away.

Choices are collected and applied at once. The rows are a fragment, so that a choice draws them
alone anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from explorer.app import navigation, session, texts
from explorer.app.headings import view_heading
from explorer.app.list_rows import all_topics_button, show_dot, show_more_button
from explorer.app.resources import library_folder
from explorer.app.topic_editing import run_edit
from explorer.builds.apply_edits import TopicPin, pin_all
from explorer.insights.name_review import (
    NameChoice,
    NameReview,
    UnreviewedTopic,
    combined_choices,
    name_review,
    taken_names,
)
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.charts import topic_colours
from explorer.papers.text import escape_markdown, plural
from explorer.topics.communities import LONGEST_NAME, Topic


@st.fragment
def show_name_review(generation: Generation) -> None:
    """Draw the topics whose names are not reviewed, and the button that applies the choices."""
    review = name_review(generation)
    offered = {each.topic.id for each in review.topics}
    choices = {id_: each for id_, each in session.name_choices().items() if id_ in offered}
    with st.container(key="path", horizontal=True):
        all_topics_button()
    view_heading(texts.REVIEW_NAMES)
    with st.container(key="name-review", gap="small"):
        with st.container(key="review-head", gap="xsmall"):
            _show_head(generation, review, choices)
        if not review.topics:
            st.caption(texts.ALL_REVIEWED)
        colours = topic_colours(generation)
        for each in review.topics[: session.papers_shown()]:
            _show_row(review, each, choices, colours[each.topic.id])
        show_more_button(len(review.topics))


def _show_head(
    generation: Generation, review: NameReview, choices: Mapping[str, NameChoice]
) -> None:
    """Draw how far the review is, the button that applies the choices, and why that failed."""
    with st.container(horizontal=True, vertical_alignment="center", key="review-progress"):
        done = review.reviewed + len(choices)
        st.caption(texts.reviewed(done, review.total), width="content")
        is_applied = st.button(
            texts.apply_changes(len(choices)),
            key="apply-names",
            type="primary" if choices else "secondary",
            disabled=not choices,
        )
    if is_applied:
        pins = _pins(generation, choices)
        run_edit(texts.APPLYING, lambda: _apply(pins))


def _pins(generation: Generation, choices: Mapping[str, NameChoice]) -> list[TopicPin]:
    labels = {topic.id: topic.label for topic in generation.topics.values()}
    return [TopicPin(topics, name) for topics, name in combined_choices(choices, labels)]


def _apply(pins: Sequence[TopicPin]) -> None:
    pin_all(LibraryStore(library_folder()), pins)
    session.clear_name_choices()
    navigation.close_name_review()


def _show_row(
    review: NameReview, each: UnreviewedTopic, choices: Mapping[str, NameChoice], colour: str
) -> None:
    topic, choice = each.topic, choices.get(each.topic.id, NameChoice())
    taken = taken_names(review, choices, topic.id)
    others = {other.id: other for other in each.others}
    with st.container(key=f"review-{topic.id}", gap=None):
        with st.container(
            key=f"row-review-{topic.id}",
            horizontal=True,
            vertical_alignment="center",
            gap="xsmall",
            wrap=False,
        ):
            show_dot(colour)
            notes = [plural(topic.size, "paper")]
            if choice.name and choice.name != topic.label:
                notes.append(texts.formerly(topic.label))
            if choice.merge_with in others:
                notes.append(texts.will_merge_with(others[choice.merge_with].label))
            st.markdown(texts.name_and_notes(choice.name or topic.label, notes))
        st.caption("\n".join(f"- {escape_markdown(title)}" for title in each.titles))
        names = [name for name in each.alternatives if name.casefold() not in taken]
        _names_control(topic, [topic.label, *names], choice)
        with st.container(key=f"other-name-{topic.id}", horizontal=True, gap="small"):
            _new_name_field(topic, names, choice)
            _merge_control(topic, others, choice)
        if choice.name.casefold() in taken:
            st.warning(texts.name_taken(choice.name))


def _names_control(topic: Topic, names: Sequence[str], choice: NameChoice) -> None:
    """Draw the present name, as "Keep", and the alternatives; a click on the chosen one undoes."""
    key = _key("names", topic)
    st.session_state[key] = choice.name if choice.name in names else None
    st.pills(
        texts.choice_of_name(topic.label),
        names,
        format_func=lambda name: texts.KEEP if name == topic.label else escape_markdown(name),
        key=key,
        label_visibility="collapsed",
        on_change=_choose_name,
        args=(topic.id, key),
    )


def _new_name_field(topic: Topic, names: Sequence[str], choice: NameChoice) -> None:
    key = _key("new-name", topic)
    is_typed = choice.name not in (topic.label, *names)
    st.session_state[key] = choice.name if is_typed else ""
    st.text_input(
        texts.new_name_of(topic.label),
        key=key,
        max_chars=LONGEST_NAME,
        autocomplete="off",
        label_visibility="collapsed",
        placeholder=texts.RENAME,
        on_change=_choose_name,
        args=(topic.id, key),
    )


def _merge_control(topic: Topic, others: Mapping[str, Topic], choice: NameChoice) -> None:
    if not others:
        return
    key = _key("merge", topic)
    st.session_state[key] = choice.merge_with if choice.merge_with in others else None
    st.selectbox(
        texts.merge_topic_with(topic.label),
        [*others],
        index=None,
        format_func=lambda other: f"{others[other].label} · {others[other].size:,}",
        key=key,
        label_visibility="collapsed",
        placeholder=texts.MERGE_WITH,
        on_change=_choose_merge,
        args=(topic.id, key),
    )


def _choose_name(topic: str, key: str) -> None:
    """Take over the name from a widget; without one the topic is not reviewed."""
    name = " ".join(str(st.session_state[key] or "").split())
    _choose(topic, NameChoice(name))


def _choose_merge(topic: str, key: str) -> None:
    """Take over the topic to merge with from a widget; without one it is not reviewed."""
    _choose(topic, NameChoice(merge_with=str(st.session_state[key] or "")))


def _choose(topic: str, choice: NameChoice) -> None:
    choices = session.name_choices()
    choices.pop(topic, None)
    if choice != NameChoice():
        choices[topic] = choice


def _key(kind: str, topic: Topic) -> str:
    return f"{kind}-{session.edit_forms()}-{topic.id}"
