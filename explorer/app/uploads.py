"""Adding papers by dropping digests: what they would bring is shown before anything changes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from explorer.app import state
from explorer.app.resources import digests_folder, library_folder
from explorer.app.updates import UpdateRunner, has_begun
from explorer.builds.uploads import Previews, Upload, UploadPreview, add_uploads, preview
from explorer.errors import ExplorerError
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.text import escape_markdown, markdown

if TYPE_CHECKING:
    from streamlit.typing import UploadedFile

LARGEST = 50
"""Megabytes of one upload."""
MOST = 10
"""Files that are looked into at once."""
_PREVIEW = "preview"


def show_upload(generation: Generation | None, shared: UpdateRunner) -> None:
    """Draw the box to drop digests into, and what those in it would bring."""
    st.markdown("##### Add papers")
    uploaded = st.file_uploader(
        "Drop files with titles and abstracts, in any of the known formats, or archives of them",
        accept_multiple_files=True,
        key=f"upload-{state.uploads()}",
        max_upload_size=LARGEST,
    )
    if not uploaded:
        st.session_state.pop(_PREVIEW, None)
        kept = escape_markdown(str(digests_folder()))
        st.caption(
            f"You see what they would bring before anything changes. They are kept in {kept}."
        )
        return
    # Only the browser keeps to the limit of the box.
    bearable = [file for file in uploaded if file.size <= LARGEST << 20]
    for file in uploaded:
        if file not in bearable:
            st.warning(f"{escape_markdown(file.name)} is larger than {LARGEST} MB and is left out.")
    if len(bearable) > MOST:
        st.warning(f"Only the first {MOST} of {len(bearable)} files are looked into at once.")
    found = _preview(bearable[:MOST], generation) if bearable else None
    if found is not None:
        _show_preview(found, shared)


def _preview(files: Sequence[UploadedFile], generation: Generation | None) -> Previews | None:
    """Return what the files would bring, looked into once; where that fails, say so."""
    library = LibraryStore(library_folder())
    asked = (*(file.file_id for file in files), library.live)
    known: tuple[tuple[str, ...], Previews] | None = st.session_state.get(_PREVIEW)
    if known is not None and known[0] == asked:
        return known[1]
    try:
        with st.spinner("Looking into it ..."):
            handed = [Upload(file.name, file.getvalue()) for file in files]
            found = preview(library, digests_folder(), handed, generation)
    except ExplorerError as error:
        st.warning(escape_markdown(str(error)))
        return None
    except Exception:
        logging.getLogger(__name__).exception("an upload cannot be looked into")
        st.warning("This cannot be looked into; the server's log says why. Nothing was changed.")
        return None
    st.session_state[_PREVIEW] = (asked, found)
    return found


def _show_preview(found: Previews, shared: UpdateRunner) -> None:
    for number, look in enumerate(found.looks):
        with st.container(key=f"look-{number}", border=True, gap="xsmall"):
            _show_look(look)
    if not found.usable:
        st.caption("There is nothing to add. The library stays as it is.")
        return
    if not found.added and not found.changed:
        st.markdown(":material/check: Nothing new: the library holds all of these papers already.")
        return
    if len(found.usable) > 1:
        st.markdown(f"Together: **{_bringing(found.added, found.changed)}**.")
    if st.button(
        "Add to the library", key="add", type="primary", disabled=shared.is_running, width="stretch"
    ):
        _add(found, shared)
    if shared.is_running:
        st.caption("An update is under way; this can be added once it has ended.")


def _add(found: Previews, shared: UpdateRunner) -> None:
    library, folder, handed = LibraryStore(library_folder()), digests_folder(), found.usable
    names = ", ".join(look.name for look in found.looks if not look.problem)
    if has_begun(
        shared, f"Adding {names}", lambda progress: add_uploads(library, folder, handed, progress)
    ):
        state.start_uploads_anew()
        st.rerun()


def _show_look(look: UploadPreview) -> None:
    formats = f" · {', '.join(look.formats)}" if look.formats else ""
    st.markdown(f"**{escape_markdown(look.name)}**{escape_markdown(formats)}")
    if look.problem:
        st.markdown(f":material/block: Left out: {escape_markdown(look.problem)}")
    else:
        facts = [f"{look.papers:,} {'paper' if look.papers == 1 else 'papers'} found"]
        facts += [f"{look.with_abstract:,} with abstract", f"{look.known:,} known already"]
        st.caption(" · ".join(facts))
        st.markdown(f"**{_bringing(look.added, look.changed).capitalize()}**")
    if look.first:
        with st.expander("Which papers"):
            lines = [f"{change.kind}: {markdown(change.title)}" for change in look.first]
            _list(lines, look.added + look.changed)
    if look.rejected:
        noun = "entry is" if look.rejected == 1 else "entries are"
        with st.expander(f"{look.rejected:,} {noun} not read as papers"):
            _list([_told(look, number) for number in range(len(look.rejections))], look.rejected)


def _told(look: UploadPreview, number: int) -> str:
    """Tell of one thing that did not become a paper, and why."""
    rejection = look.rejections[number]
    place = "" if rejection.digest == look.name else rejection.digest
    if rejection.line:
        place += f"{', ' if place else ''}line {rejection.line:,}"
    told = f"{place}: {rejection.reason}" if place else rejection.reason
    told += f" “{rejection.excerpt[:60]}”" if rejection.excerpt else ""
    return escape_markdown(told)


def _list(lines: Sequence[str], count: int) -> None:
    rest = count - len(lines)
    more = [f"and {rest:,} more"] if rest > 0 else []
    st.markdown("\n".join(f"- {line}" for line in (*lines, *more)))


def _bringing(added: int, changed: int) -> str:
    if not added and not changed:
        return "nothing new"
    papers = "1 paper" if added == 1 else f"{added:,} papers"
    return f"{papers} would be added" + (f", {changed:,} changed" if changed else "")
