"""Updates that visitors ask for: one at a time, in the background, seen by all who look."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from explorer.app.resources import library_folder
from explorer.builds.build import BuildReport
from explorer.builds.progress import Progress
from explorer.errors import ExplorerError, LibraryBusy

Work = Callable[[Progress], BuildReport]
"""What brings the library up to date, and tells how far it has come."""


class RunningUpdate:
    """One update, under way or ended. Its thread writes what the pages read."""

    def __init__(self, doing: str, work: Work) -> None:
        self.doing = doing
        self.work: Work | None = work
        """What to try again where it failed; what was uploaded goes with it."""
        self.stage_name = ""
        self.done = 0
        self.total = 0
        self.report: BuildReport | None = None
        self.problem = ""
        """Why it failed, for people to read."""
        self.is_busy = False
        """It could not begin, because another process builds; trying again will do."""
        self.ended: datetime | None = None
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return time.monotonic() - self._begun

    def stage(self, name: str, total: int = 0) -> None:
        self.done, self.total, self.stage_name = 0, total, name

    def advance(self, done: int, total: int) -> None:
        self.done, self.total = done, total

    def run(self) -> None:
        """Do the work and keep what came of it; nothing is raised."""
        try:
            if self.work is not None:
                self.report = self.work(self)
                self.work = None
        except LibraryBusy:
            self.is_busy = True
        except ExplorerError as error:
            self.problem = str(error)
        except Exception:
            logging.getLogger(__name__).exception("an update of the library fails")
            self.problem = "The update failed, and the library is as it was; the log says why."
        finally:
            self.ended = datetime.now(UTC)


class UpdateRunner:
    """The updates of one library, of which one at a time runs in a thread of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.last: RunningUpdate | None = None
        """The one under way, or else the one before."""

    @property
    def is_running(self) -> bool:
        return self.last is not None and self.last.ended is None

    def start(self, doing: str, work: Work) -> bool:
        """Begin an update; return whether it could begin, for one may be under way."""
        with self._lock:
            if self.is_running:
                return False
            self.last = RunningUpdate(doing, work)
            threading.Thread(target=self.last.run, daemon=True, name="update").start()
            return True


@st.cache_resource(show_spinner=False)
def _updates(folder: str) -> UpdateRunner:  # noqa: ARG001  each library has its own
    return UpdateRunner()


def shared_updates() -> UpdateRunner:
    """Return the updates of the library that the page shows, shared by all visitors."""
    return _updates(str(library_folder().resolve()))


def has_begun(shared: UpdateRunner, doing: str, work: Work) -> bool:
    """Start an update and return True, or say that another one is under way."""
    begun = shared.start(doing, work)
    if not begun:
        st.warning("Another update is under way. Wait for it to end, then try again.")
    return begun
