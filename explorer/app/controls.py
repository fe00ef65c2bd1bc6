"""Controls whose value is a parameter of the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st

from explorer.app import navigation, texts, url
from explorer.app.user import current_marks
from explorer.learning.taste import is_learnable, taste_of
from explorer.library.generation import Generation
from explorer.search.model import Sort


def view_control(labels: Mapping[str, str]) -> str:
    """Draw the control between views and return the current one; the first is the default."""
    return _segments(url.VIEW, texts.VIEW, labels, navigation.show_view)


def scope_control() -> None:
    """Draw the control between recommendations from new papers and from the whole library."""
    labels = {"": texts.NEW_PAPERS, url.WHOLE_LIBRARY: texts.WHOLE_LIBRARY}
    _segments(url.SCOPE, texts.RECOMMEND_FROM, labels, navigation.show_recommended_from)


def sort_control(labels: Mapping[str, str]) -> str:
    """Draw the control between orders and return the current one; the first is the default."""
    return _segments(
        url.SORT,
        texts.SORT_BY,
        labels,
        lambda order: _write(url.SORT, order, next(iter(labels))),
    )


def list_order(generation: Generation, rows: Sequence[int], usual: str) -> list[int]:
    """Draw the control between a list's usual order and others, and sort by it.

    The others are the newest first and, with enough stars, those that suit the user best. Papers of
    the same date stay in their usual order.
    """
    marks = current_marks(generation)
    learnable = marks is not None and is_learnable(marks)
    orders = [Sort.DATE, Sort.FOR_YOU] if learnable else [Sort.DATE]
    labels = {"": usual} | {sort.value: texts.SORTS[sort] for sort in orders}
    # What is selected or open stays so.
    chosen = _segments(
        url.SORT, texts.SORT_BY, labels, lambda order: url.set_parameter(url.SORT, order)
    )
    taste = taste_of(generation, marks) if marks and chosen == Sort.FOR_YOU else None
    if taste is not None:
        scores = taste.scores(generation, np.array(rows, dtype=np.int64)).score.tolist()
        return [row for _, row in sorted(zip(scores, rows, strict=True), key=lambda one: -one[0])]
    if chosen != Sort.DATE:
        return list(rows)
    ranks = generation.records.dates.ranks
    return sorted(rows, key=lambda row: -int(ranks[row]))


def select_box(name: str, labels: Mapping[str, str], label: str, width: int) -> str:
    """Draw a select box and return its value; the first of ``labels`` is the default.

    There is another box for each value: a message that left the browser before somebody went back
    carries the value of the old one, which would be taken for a choice.
    """
    value = _value(name, labels)
    key = f"{_key(name)}-{value}"
    st.session_state[key] = value
    chosen = st.selectbox(
        label,
        options=list(labels),
        format_func=lambda option: labels[option],
        key=key,
        label_visibility="collapsed",
        width=width,
        on_change=_choose,
        args=(name, key, url.parameter(name), next(iter(labels))),
    )
    return str(chosen)


def varied_switch(help_text: str, *, disabled: bool) -> None:
    """Draw the switch for hits that differ from each other."""
    st.session_state[_key(url.VARIED)] = url.is_varied()
    st.toggle(
        texts.VARIED,
        key=_key(url.VARIED),
        help=help_text,
        disabled=disabled,
        on_change=_write_varied,
    )


def _segments(
    name: str, label: str, labels: Mapping[str, str], choose: Callable[[str], None]
) -> str:
    """Draw a segmented control and return its value.

    A message that left the browser before a control disappeared carries its value, and Streamlit
    takes that for a change. A real one differs from what the URL has.
    """

    def choose_if_changed() -> None:
        value = str(st.session_state[_key(name)])
        if value != _value(name, labels):
            choose(value)

    st.session_state[_key(name)] = _value(name, labels)
    value = st.segmented_control(
        label,
        list(labels),
        format_func=lambda option: labels[option],
        key=_key(name),
        label_visibility="collapsed",
        required=True,
        on_change=choose_if_changed,
    )
    return str(value)


def _value(name: str, labels: Mapping[str, str]) -> str:
    """Return the value in the URL if it is an option, else the first option."""
    value = url.parameter(name)
    return value if value in labels else next(iter(labels))


def _choose(name: str, key: str, before: str, default: str) -> None:
    """Write the choice in a box, unless the URL has left the value it was drawn for, ``before``."""
    if url.parameter(name) == before:
        _write(name, str(st.session_state[key]), default)


def _write(name: str, value: str, default: str) -> None:
    url.set_parameter(name, value, default)
    navigation.show_list()


def _write_varied() -> None:
    if st.session_state[_key(url.VARIED)] == url.is_varied():
        return  # no change; see _segments
    url.set_parameter(url.VARIED, "1" if st.session_state[_key(url.VARIED)] else "")
    navigation.show_list()


def _key(name: str) -> str:
    return f"{name}-box"
