"""The Library view: uploads, updates, digests, and versions to go back to."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import streamlit as st
from rich.filesize import decimal

from explorer.app import texts
from explorer.app.feeds import show_feeds
from explorer.app.headings import view_heading
from explorer.app.resources import digests_folder, digests_of, library_folder, read_only_reason
from explorer.app.updates import Update, UpdateRunner, Work, shared_updates, start_update
from explorer.app.uploads import show_uploads
from explorer.builds.build import BuildReport
from explorer.builds.uploads import read_again
from explorer.builds.zotero import changed_database, last_reading, read_zotero_again
from explorer.errors import ExplorerError
from explorer.library.generation import GIVEN_SUFFIX, Generation, Manifest
from explorer.library.store import LibraryStore
from explorer.papers.text import escape_markdown, plural

_MOST_EVENTS = 8
_NOTICE_INTERVAL = 5.0
"""Seconds between checks for a new version of the library."""
_TABLE_ROW = 35
"""Pixels."""
_MOST_TABLE_ROWS = 9
"""With the head; more are scrolled to."""


def show_library(generation: Generation | None) -> None:
    """Draw uploads and updates; ``generation`` is None for an empty library."""
    with st.container(key="updating", gap="small"):
        reason = read_only_reason()
        if reason:
            st.caption(f":material/lock: {escape_markdown(reason)}")
        updates = shared_updates()
        # A container of its own: the update comes and goes without drawing over what follows.
        with st.container():
            version = generation.manifest.number if generation is not None else 0
            _show_update(updates, updates.last, updates.is_running, version)
        if not reason:
            show_uploads(generation, updates)
            show_feeds(updates)
            _show_zotero(updates)
            _show_update_buttons(generation, updates)


def show_contents(generation: Generation) -> None:
    """Draw the library's model, digests and versions."""
    with st.container(key="holdings", gap="small"):
        _show_facts(generation)
        _show_digests(generation)
        _show_versions(generation)


@st.fragment(run_every=_NOTICE_INTERVAL)
def show_update_notice(shown: str) -> None:
    """Offer to reload the page once another generation than ``shown`` is live."""
    try:
        live = _library().live
    except ExplorerError:
        return
    if live in ("", shown):
        return
    with st.container(key="notice", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(texts.LIBRARY_UPDATED, width="content")
        if st.button(texts.RELOAD, key="show-update", type="tertiary"):
            st.rerun()


@st.fragment(run_every=1.0)
def _show_update(
    updates: UpdateRunner, shown: Update | None, was_running: bool, version: int
) -> None:
    """Draw the progress of an update, or its result while the library is as the update left it.

    ``shown``, ``was_running`` and ``version`` are the state that the rest of the page was drawn
    with; ``version`` is 0 for an empty library.
    """
    if updates.last is not shown or updates.is_running != was_running:
        st.rerun()
    if shown is None or (
        shown.report is not None and shown.report.published and shown.report.generation != version
    ):
        return
    with st.container(key="update", border=True, gap="small"):
        if shown.ended is None:
            _show_progress(shown)
        elif shown.report is not None:
            _show_result(shown.title, shown.ended, shown.report)
        else:
            _show_failure(updates, shown)


def _show_progress(update: Update) -> None:
    stages = list(texts.STAGES)
    within = min(1.0, update.done / update.total) if update.total else 0.0
    share = (stages.index(update.stage_name) + within) / len(stages)
    st.markdown(f"**{escape_markdown(update.title)}**")
    st.progress(share, texts.progress(update.stage_name, update.seconds, update.done, update.total))
    st.caption(texts.UPDATE_HELP)


def _show_result(title: str, ended: datetime, report: BuildReport) -> None:
    changes = {"added": report.added, "changed": report.changed, "removed": report.removed}
    result = texts.update_result(changes, report.papers, published=report.published)
    st.markdown(f":material/check_circle: **{result}**")
    time = texts.moment(ended.astimezone(UTC))
    st.caption(f"{escape_markdown(title)} · {time} · {report.seconds['total']:.1f} s")
    lines = [texts.topic_event(event) for event in report.events[:_MOST_EVENTS]]
    rest = len(report.events) - len(lines)
    lines += [texts.more_topic_changes(rest)] if rest else []
    if report.redrawn:
        lines.append(texts.map_redrawn(report.redrawn))
    if report.rejected:
        lines.append(texts.skipped_entries(len(report.rejected)))
    if lines:
        st.markdown("\n".join(f"- {line}" for line in lines))


def _show_failure(updates: UpdateRunner, update: Update) -> None:
    st.warning(escape_markdown(update.problem))
    if read_only_reason() or update.work is None:
        return
    if st.button(texts.TRY_AGAIN, key="try-again"):
        _start(updates, update.title, update.work)


def _show_zotero(updates: UpdateRunner) -> None:
    """Draw when Zotero was read last, in a library that was built from it, and offer to read it."""
    library = _library()
    read = last_reading(library).get("read")
    if not isinstance(read, str):
        return
    changed = changed_database(library)
    view_heading(texts.ZOTERO)
    moment = texts.moment(datetime.fromisoformat(read).astimezone(UTC))
    st.caption(texts.zotero_read(moment, changed=changed is not None))
    if changed is not None and st.button(
        texts.READ_NOW, key="read-zotero", disabled=updates.is_running
    ):
        _start(
            updates,
            texts.READING_ZOTERO,
            lambda progress: read_zotero_again(library, changed, progress=progress),
        )


def _show_update_buttons(generation: Generation | None, updates: UpdateRunner) -> None:
    """Draw the buttons that read the digests folder again and redraw the map."""
    library, folder = _library(), digests_folder()
    if not folder.is_dir():
        return
    view_heading(texts.UPDATE)
    st.caption(texts.reread_help(folder))
    if st.button(texts.REREAD, key="read-again", disabled=updates.is_running):
        _start(
            updates,
            texts.REREADING,
            lambda progress: read_again(library, folder, progress=progress),
        )
    reason = generation.manifest.fit.get("redraw", "") if generation else ""
    if not reason:
        return
    st.caption(texts.redraw_help(reason))
    if st.button(texts.REDRAW, key="redraw", disabled=updates.is_running):
        _start(
            updates,
            texts.REDRAWING,
            lambda progress: read_again(library, folder, redraw=True, progress=progress),
        )


def _start(updates: UpdateRunner, title: str, work: Work) -> None:
    if start_update(updates, title, work):
        st.rerun()


def _show_facts(generation: Generation) -> None:
    manifest = generation.manifest
    own_vectors = manifest.identity.endswith(GIVEN_SUFFIX)
    cached = sum(file.stat().st_size for file in _library().vectors.glob("*.vectors"))
    view_heading(texts.CONTENTS)
    st.caption(
        texts.model_and_index(manifest.model, own_vectors, manifest.dimension, manifest.engine)
    )
    st.caption(texts.disk_use(decimal(_size(manifest)), decimal(cached)))


def _show_digests(generation: Generation) -> None:
    digests = digests_of(generation)
    st.markdown(texts.papers_from_digests(generation.size, len(digests)))
    # The cells of a table are plain text, so names need no escaping.
    st.dataframe(
        {
            texts.DIGEST: [digest.name for digest in digests],
            texts.DATE: [digest.date.removeprefix("XXXX-") for digest in digests],
            texts.PAPERS: [digest.papers for digest in digests],
            texts.FORMAT: [digest.format for digest in digests],
        },
        key="digests",
        hide_index=True,
        height=min(_MOST_TABLE_ROWS, len(digests) + 1) * _TABLE_ROW + 3,
        column_config={texts.PAPERS: st.column_config.NumberColumn(format="localized")},
    )


def _show_versions(generation: Generation) -> None:
    """List the generations on disk; the one before the current one can be restored."""
    history = _library().history()
    current = generation.manifest.number
    previous = max((number for number, _ in history if number < current), default=0)
    st.markdown(f"**{texts.VERSIONS}**")
    with st.container(key="generations", gap="small"):
        for number, manifest in reversed(history):
            with st.container(key=f"generation-{number}", gap=None):
                name = texts.version(number, current=number == current)
                if manifest is None:
                    st.markdown(texts.unreadable_version(name))
                    continue
                created = texts.moment(datetime.fromisoformat(manifest.created).astimezone(UTC))
                st.markdown(f"{name} · {created} · {plural(manifest.papers, 'paper')}")
                changes = texts.version_changes(manifest.changes)
                st.caption(f"{changes} · {decimal(_size(manifest))}")
                if number == previous and not read_only_reason():
                    _show_restore_menu(generation, manifest, created)


def _show_restore_menu(generation: Generation, version: Manifest, created: str) -> None:
    """Draw the popover that restores a version after a confirmation."""
    with st.popover(
        texts.RESTORE,
        type="tertiary",
        icon=":material/history:",
        key=f"back-to-{version.number}",
        disabled=shared_updates().is_running,
    ):
        st.markdown(texts.restore_help(created, version.papers))
        if st.button(texts.CONFIRM_RESTORE, key=f"confirm-{version.number}", type="primary"):
            _restore_previous(generation)


def _restore_previous(generation: Generation) -> None:
    """Restore the version before ``generation``, unless that is no longer the current one."""
    library = _library()
    try:
        if library.live != generation.folder.name:
            st.warning(texts.RESTORE_REFUSED)
            return
        library.rollback()
    except ExplorerError as error:
        st.warning(escape_markdown(str(error)))
    except OSError:
        logging.getLogger(__name__).exception("restoring a version failed")
        st.warning(texts.FAILED)
    else:
        st.rerun()


def _size(manifest: Manifest) -> int:
    """Return the bytes of a generation on disk."""
    return sum(int(file["bytes"]) for file in manifest.files.values())


def _library() -> LibraryStore:
    return LibraryStore(library_folder())
