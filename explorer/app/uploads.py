"""Uploads: digests dropped on the page, previewed before they are added."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from explorer.app import session, texts
from explorer.app.headings import view_heading
from explorer.app.resources import digests_folder, library_folder
from explorer.app.updates import UpdateRunner, start_update
from explorer.app.upload_guard import admit, free_uploads
from explorer.builds.uploads import Previews, Upload, UploadPreview, add_uploads, preview
from explorer.errors import ExplorerError
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import place_in
from explorer.papers.text import escape_markdown, markdown
from explorer.readers import counted_kinds, sureness
from explorer.settings import UploadLimits

if TYPE_CHECKING:
    from streamlit.typing import UploadedFile

LARGEST = UploadLimits().file_megabytes
"""Megabytes of one upload."""
MOST = 10
"""Files that are previewed at once."""
_LONGEST_EXCERPT = 60
_PREVIEW = "preview"


def show_uploads(generation: Generation | None, updates: UpdateRunner) -> None:
    """Draw the upload box and the preview of the files in it."""
    admit()
    view_heading(texts.ADD_PAPERS)
    uploaded = st.file_uploader(
        texts.DROP_FILES,
        accept_multiple_files=True,
        key=f"upload-{session.upload_box()}",
        max_upload_size=LARGEST,
    )
    if not uploaded:
        st.session_state.pop(_PREVIEW, None)
        st.caption(texts.upload_help(digests_folder()))
        return
    # Only the browser enforces the box's own limit.
    accepted = [file for file in uploaded if file.size <= LARGEST << 20]
    for file in uploaded:
        if file not in accepted:
            st.warning(texts.too_large(file.name, LARGEST))
    if len(accepted) > MOST:
        st.warning(texts.too_many(MOST, len(accepted)))
    previews = _previews(accepted[:MOST], generation) if accepted else None
    if previews is not None:
        _show_previews(previews, updates)


def _previews(files: Sequence[UploadedFile], generation: Generation | None) -> Previews | None:
    """Return the preview of the files, computed once; warn on the page and return None on error."""
    library = LibraryStore(library_folder())
    key = (*(file.file_id for file in files), library.live)
    kept: tuple[tuple[str, ...], Previews] | None = st.session_state.get(_PREVIEW)
    if kept is not None and kept[0] == key:
        return kept[1]
    try:
        with st.spinner(texts.CHECKING_FILES):
            uploads = [Upload(file.name, file.getvalue()) for file in files]
            previews = preview(library, digests_folder(), uploads, generation)
    except ExplorerError as error:
        st.warning(escape_markdown(str(error)))
        return None
    except Exception:
        logging.getLogger(__name__).exception("checking an upload failed")
        st.warning(texts.CHECK_FAILED)
        return None
    st.session_state[_PREVIEW] = (key, previews)
    return previews


def _show_previews(previews: Previews, updates: UpdateRunner) -> None:
    for number, one in enumerate(previews.previews):
        with st.container(key=f"look-{number}", border=True, gap="xsmall"):
            _show_preview(one)
    if not previews.usable:
        st.caption(texts.NOTHING_TO_ADD)
        return
    if not previews.added and not previews.changed:
        st.markdown(texts.ALL_KNOWN)
        return
    if len(previews.usable) > 1:
        st.markdown(texts.total(texts.upload_change(previews.added, previews.changed)))
    pressed = st.button(
        texts.ADD_TO_LIBRARY,
        key="add",
        type="primary",
        disabled=updates.is_running,
        width="stretch",
    )
    if pressed:
        _add(previews, updates)
    if updates.is_running:
        st.caption(texts.ADD_LATER)


def _add(previews: Previews, updates: UpdateRunner) -> None:
    library, folder, uploads = LibraryStore(library_folder()), digests_folder(), previews.usable
    title = texts.adding([one.name for one in previews.previews if not one.problem])
    if start_update(
        updates, title, lambda progress: add_uploads(library, folder, uploads, progress)
    ):
        session.reset_upload_box()
        free_uploads()
        st.session_state.pop(_PREVIEW, None)
        st.rerun()


def _show_preview(one: UploadPreview) -> None:
    sure = f" ({sureness(one.recognition)})" if len(one.formats) == 1 else ""
    formats = f" · {', '.join(one.formats)}{sure}" if one.formats else ""
    st.markdown(f"**{escape_markdown(one.name)}**{escape_markdown(formats)}")
    if one.problem:
        st.markdown(texts.skipped_file(one.problem))
    else:
        others = counted_kinds(one.not_papers)
        st.caption(texts.upload_facts(one.papers, one.with_abstract, one.known, others))
        st.markdown(f"**{texts.upload_change(one.added, one.changed)}**")
    if one.first:
        with st.expander(texts.SHOW_PAPERS):
            lines = [f"{change.kind}: {markdown(change.title)}" for change in one.first]
            _show_list(lines, one.added + one.changed)
    if one.rejected:
        with st.expander(texts.skipped_entries(one.rejected)):
            _show_list(_skipped_entries(one), one.rejected)


def _skipped_entries(one: UploadPreview) -> list[str]:
    """Return the entries that are no papers, each with its reason."""
    return [
        texts.skipped_entry(
            "" if rejection.digest == one.name else rejection.digest,
            place_in(rejection.digest, rejection.line),
            rejection.reason,
            rejection.excerpt[:_LONGEST_EXCERPT],
        )
        for rejection in one.rejections
    ]


def _show_list(lines: Sequence[str], count: int) -> None:
    """List the first lines of ``count``."""
    rest = count - len(lines)
    more = [texts.and_more(rest)] if rest > 0 else []
    st.markdown("\n".join(f"- {line}" for line in (*lines, *more)))
