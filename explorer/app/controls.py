"""Controls whose value is a parameter of the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from explorer.app import navigation, texts, url


def view_control(labels: Mapping[str, str]) -> str:
    """Draw the control between views and return the current one; the first is the default."""
    key = _key(url.VIEW)
    return _segments(
        url.VIEW, texts.VIEW, labels, lambda: navigation.show_view(str(st.session_state[key]))
    )


def sort_control(labels: Mapping[str, str]) -> str:
    """Draw the control between orders and return the current one; the first is the default."""
    return _segments(url.SORT, texts.SORT_BY, labels, lambda: _write(url.SORT, next(iter(labels))))


def select_box(name: str, labels: Mapping[str, str], label: str, width: int) -> str:
    """Draw a select box and return its value; the first of ``labels`` is the default."""
    st.session_state[_key(name)] = _value(name, labels)
    value = st.selectbox(
        label,
        options=list(labels),
        format_func=lambda option: labels[option],
        key=_key(name),
        label_visibility="collapsed",
        width=width,
        on_change=_write,
        args=(name, next(iter(labels))),
    )
    return str(value)


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
    name: str, label: str, labels: Mapping[str, str], on_change: Callable[[], None]
) -> str:
    st.session_state[_key(name)] = _value(name, labels)
    value = st.segmented_control(
        label,
        list(labels),
        format_func=lambda option: labels[option],
        key=_key(name),
        label_visibility="collapsed",
        required=True,
        on_change=on_change,
    )
    return str(value)


def _value(name: str, labels: Mapping[str, str]) -> str:
    """Return the value in the URL if it is an option, else the first option."""
    value = url.parameter(name)
    return value if value in labels else next(iter(labels))


def _write(name: str, default: str) -> None:
    url.set_parameter(name, str(st.session_state[_key(name)]), default)
    navigation.show_list()


def _write_varied() -> None:
    url.set_parameter(url.VARIED, "1" if st.session_state[_key(url.VARIED)] else "")
    navigation.show_list()


def _key(name: str) -> str:
    return f"{name}-box"
