"""The feeds of the library's digest folder, with their last runs, and a button to fetch them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from explorer.app import texts
from explorer.app.headings import view_heading
from explorer.app.resources import digests_folder, library_folder
from explorer.app.updates import UpdateRunner, start_update
from explorer.builds.build import BuildReport
from explorer.builds.feeds.fetching import fetch_folder
from explorer.builds.feeds.state import load_state
from explorer.builds.feeds.subscriptions import Subscription, read_subscriptions
from explorer.builds.progress import Progress
from explorer.builds.uploads import read_again
from explorer.errors import UnusableInput
from explorer.library.store import LibraryStore
from explorer.papers.text import escape_markdown


def show_feeds(updates: UpdateRunner) -> None:
    """Draw the list of feeds; nothing if there are none."""
    folder = digests_folder()
    try:
        feeds = read_subscriptions(folder).feeds
    except UnusableInput as error:
        st.warning(escape_markdown(str(error)))
        return
    if not feeds:
        return
    view_heading(texts.FEEDS)
    with st.container(key="feeds", gap="small"):
        for feed in feeds:
            _show_feed(folder, feed)
    library = LibraryStore(library_folder())

    def work(progress: Progress) -> BuildReport:
        # A feed that fails is shown above; what others brought is added.
        fetch_folder(folder, progress=progress)
        return read_again(library, folder, progress=progress)

    fetches = st.button(
        texts.FETCH, key="fetch", disabled=updates.is_running, help=texts.FETCH_HELP
    )
    if fetches and start_update(updates, texts.FETCHING, work):
        st.rerun()


def _show_feed(folder: Path, feed: Subscription) -> None:
    state = load_state(folder, feed.name)
    when = ""
    if state.last_success:
        when = texts.moment(datetime.fromisoformat(state.last_success).astimezone(UTC))
    with st.container(key=f"feed-{feed.name}", gap=None):
        st.markdown(f"**{escape_markdown(feed.name)}** · {escape_markdown(feed.source)}")
        st.caption(texts.feed_state(when, state.last_new))
        if state.error:
            st.caption(f":material/error: {escape_markdown(state.error)}")
