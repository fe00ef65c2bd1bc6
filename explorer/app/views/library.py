"""What the library holds, and how it is kept up to date: updates and earlier generations."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import streamlit as st
from rich.filesize import decimal

from explorer.app.resources import (
    digests_folder,
    digests_held,
    library_folder,
    why_read_only,
)
from explorer.app.updates import RunningUpdate, UpdateRunner, Work, has_begun, shared_updates
from explorer.app.uploads import show_upload
from explorer.builds.build import BuildReport
from explorer.builds.uploads import read_again
from explorer.errors import ExplorerError
from explorer.library.generation import GIVEN_SUFFIX, Generation, Manifest
from explorer.library.store import LibraryStore
from explorer.papers.text import escape_markdown
from explorer.topics.tracking import TopicEvent, TopicEventKind

_MOST_EVENTS = 8
_LOOK = 5.0
"""Seconds between two looks at whether the library was updated."""
_STAGES = {
    "": "Starting",
    "read": "Reading the digests",
    "model": "Readying the model",
    "embed": "Embedding papers",
    "index": "Indexing",
    "map": "Drawing the map",
    "topics": "Finding and naming topics",
    "publish": "Checking and publishing",
}


def show_library(generation: Generation | None) -> None:
    """Show how the library is kept up to date, and let papers be added; None where it is empty."""
    with st.container(key="updating", gap="small"):
        why = why_read_only()
        if why:
            st.caption(f":material/lock: {escape_markdown(why)}")
        shared = shared_updates()
        # A place of its own: what it shows comes and goes without drawing over what follows.
        with st.container():
            _watch(shared, shared.last, shared.is_running)
        if not why:
            show_upload(generation, shared)
            _show_reading_again(generation, shared)


def show_holdings(generation: Generation) -> None:
    """Show the digests that were read and the generations on disk."""
    with st.container(key="holdings", gap="small"):
        _show_facts(generation)
        _show_digests(generation)
        _show_generations(generation)


@st.fragment(run_every=_LOOK)
def notice_update(shown: str) -> None:
    """Tell once another generation than ``shown`` is live; it is shown only when asked for."""
    try:
        live = LibraryStore(library_folder()).live
    except ExplorerError:
        return
    if live in ("", shown):
        return
    with st.container(key="notice", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption("The library has been updated.", width="content")
        if st.button("Show it", key="show-update", type="tertiary"):
            st.rerun()


@st.fragment(run_every=1.0)
def _watch(shared: UpdateRunner, seen: RunningUpdate | None, was_running: bool) -> None:
    """Show the update under way, or what came of the last one.

    ``seen`` and ``was_running`` are what the rest of the page was drawn with.
    """
    if shared.last is not seen or shared.is_running != was_running:
        st.rerun()
    if seen is None:
        return
    with st.container(key="update", border=True, gap="small"):
        if seen.ended is None:
            _show_progress(seen)
        elif seen.report is not None:
            _show_outcome(seen.doing, seen.ended, seen.report)
        else:
            _show_failure(shared, seen)


def _show_progress(update: RunningUpdate) -> None:
    stages = list(_STAGES)
    within = min(1.0, update.done / update.total) if update.total else 0.0
    told = f"{_STAGES[update.stage_name]} · {update.seconds:.0f} s"
    if update.total:
        told = f"{told} · {update.done:,} of {update.total:,}"
    st.markdown(f"**{escape_markdown(update.doing)}**")
    st.progress((stages.index(update.stage_name) + within) / len(stages), told)
    st.caption("Searches go on as before meanwhile, and you need not stay on this page.")


def _show_outcome(doing: str, ended: datetime, report: BuildReport) -> None:
    st.markdown(f":material/check_circle: **{_outcome(report)}**")
    seconds = report.seconds["total"]
    st.caption(f"{escape_markdown(doing)} · {_moment(ended)} · {seconds:.1f} s")
    lines = [_became(event) for event in report.events[:_MOST_EVENTS]]
    rest = len(report.events) - len(lines)
    lines += [f"and {rest:,} more changes of topics"] if rest else []
    if report.redrawn:
        lines.append(f"The map was drawn anew: {escape_markdown(report.redrawn)}")
    if report.rejected:
        noun = "entry was" if len(report.rejected) == 1 else "entries were"
        lines.append(f"{len(report.rejected):,} {noun} not read as papers")
    if lines:
        st.markdown("\n".join(f"- {line}" for line in lines))


def _outcome(report: BuildReport) -> str:
    counts = {"added": report.added, "changed": report.changed, "removed": report.removed}
    told = [f"{_papers(count)} {verb}" for verb, count in counts.items() if count]
    if not told:
        told = ["The same papers, drawn anew" if report.published else "Nothing new"]
    return f"{', '.join(told)}; the library holds {_papers(report.papers)}."


def _became(event: TopicEvent) -> str:
    """Tell in one line what became of a topic."""
    topic = f"“{escape_markdown(event.label)}”"
    other = f"“{escape_markdown(event.other_label)}”"
    return {
        TopicEventKind.NEW: f"New topic: {topic}, {_papers(event.papers)}",
        TopicEventKind.SPLIT: f"{topic} split off {other}",
        TopicEventKind.MERGED: f"{topic} went into {other}",
        TopicEventKind.RETIRED: f"{topic} is no more",
    }[event.kind]


def _show_failure(shared: UpdateRunner, update: RunningUpdate) -> None:
    told = update.problem
    if update.is_busy:
        told = "Another program is updating this library just now. Try again once it has ended."
    st.warning(escape_markdown(told))
    work = update.work
    if not why_read_only() and work is not None and st.button("Try again", key="try-again"):
        _begin(shared, update.doing, work)


def _show_reading_again(generation: Generation | None, shared: UpdateRunner) -> None:
    """Draw the buttons that read the folder of digests again, and draw the map anew."""
    library, folder = LibraryStore(library_folder()), digests_folder()
    if not folder.is_dir():
        return
    st.markdown("##### Bring up to date")
    st.caption(
        f"All that lies in {escape_markdown(str(folder))} is read, in whichever way it came there."
    )
    if st.button("Read the folder of digests again", key="read-again", disabled=shared.is_running):
        _begin(
            shared,
            "Reading the folder of digests",
            lambda progress: read_again(library, folder, progress=progress),
        )
    why = generation.manifest.fit.get("redraw", "") if generation else ""
    if not why:
        return
    st.caption(
        f"Drawing the map anew would pay: {escape_markdown(why)}. The map stays recognisable."
    )
    if st.button("Redraw the map", key="redraw", disabled=shared.is_running):
        _begin(
            shared,
            "Drawing the map anew",
            lambda progress: read_again(library, folder, redraw=True, progress=progress),
        )


def _begin(shared: UpdateRunner, doing: str, work: Work) -> None:
    if has_begun(shared, doing, work):
        st.rerun()


def _show_facts(generation: Generation) -> None:
    manifest = generation.manifest
    model = manifest.model
    if manifest.identity.endswith(GIVEN_SUFFIX):
        model += " and vectors of your own"
    cached = sum(file.stat().st_size for file in _library().vectors.glob("*.vectors"))
    st.markdown("##### What the library holds")
    st.caption(
        escape_markdown(
            f"Meaning comes from {model}: {manifest.dimension} numbers a paper, searched with "
            f"{manifest.engine}. On disk: {decimal(_size(manifest))} for this generation, "
            f"{decimal(cached)} for vectors that all generations share."
        )
    )


def _show_digests(generation: Generation) -> None:
    held = digests_held(generation)
    noun = "digest" if len(held) == 1 else "digests"
    st.markdown(f"**{_papers(generation.size)} from {len(held):,} {noun}**")
    # Names stand in a table's cells as they are; nothing in them is Markdown.
    st.dataframe(
        {
            "Digest": [digest.name for digest in held],
            "Date": [digest.date.removeprefix("XXXX-") for digest in held],
            "Papers": [digest.papers for digest in held],
            "Format": [digest.format for digest in held],
        },
        key="digests",
        hide_index=True,
        height=min(9, len(held) + 1) * 35 + 3,
        column_config={"Papers": st.column_config.NumberColumn(format="localized")},
    )


def _show_generations(generation: Generation) -> None:
    history = _library().history()
    live = generation.manifest.number
    st.markdown("**Generations on disk**")
    before = max((number for number, _ in history if number < live), default=0)
    with st.container(key="generations", gap="small"):
        for number, manifest in reversed(history):
            with st.container(key=f"generation-{number}", gap=None):
                name = f"**{number}**" + (" · live" if number == live else "")
                if manifest is None:
                    st.markdown(f"{name} · cannot be read; `explorer doctor` says more")
                    continue
                created = _moment(datetime.fromisoformat(manifest.created))
                st.markdown(f"{name} · {created} · {_papers(manifest.papers)}")
                st.caption(f"{_changes(manifest)} · {decimal(_size(manifest))}")
                if number == before and not why_read_only():
                    _show_way_back(generation, manifest, created)


def _show_way_back(generation: Generation, to: Manifest, created: str) -> None:
    """Draw the button that goes back to the generation before, and what asks once more."""
    with st.popover(
        "Go back to this one",
        type="tertiary",
        icon=":material/history:",
        key=f"back-to-{to.number}",
        disabled=shared_updates().is_running,
    ):
        st.markdown(
            f"Everybody will see the library as it was on {created}, with {_papers(to.papers)}. "
            "Nothing is deleted, and the next update brings back what the digests hold."
        )
        if st.button("Yes, go back", key=f"confirm-{to.number}", type="primary"):
            _go_back(generation)


def _go_back(generation: Generation) -> None:
    library = _library()
    try:
        if library.live != generation.folder.name:
            st.warning("The library was updated meanwhile, so nothing was done. Look again.")
            return
        library.rollback()
    except ExplorerError as error:
        st.warning(escape_markdown(str(error)))
    except OSError:
        logging.getLogger(__name__).exception("going back fails")
        st.warning("That did not work; the server's log says why.")
    else:
        st.rerun()


def _changes(manifest: Manifest) -> str:
    told = [
        f"{manifest.changes[name]:,} {name}"
        for name in ("added", "changed", "removed")
        if manifest.changes.get(name)
    ]
    return ", ".join(told) or "the same papers; topics or map were changed"


def _size(manifest: Manifest) -> int:
    return sum(int(file["bytes"]) for file in manifest.files.values())


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _papers(count: int) -> str:
    return "1 paper" if count == 1 else f"{count:,} papers"


def _library() -> LibraryStore:
    return LibraryStore(library_folder())
