"""Updates of the library in the background, one at a time, shared by all visitors."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from explorer.app import texts
from explorer.app.resources import library_folder
from explorer.builds.build import BuildReport
from explorer.builds.progress import Progress
from explorer.errors import ExplorerError, LibraryBusy

Work = Callable[[Progress], BuildReport]
"""A function that updates the library and reports its progress."""


class Update:
    """An update, running or ended. Its thread writes what the pages read."""

    def __init__(self, title: str, work: Work) -> None:
        self.title = title
        self.work: Work | None = work
        """The work, to try again after a failure; None once it has succeeded."""
        self.stage_name = ""
        self.done = 0
        self.total = 0
        self.report: BuildReport | None = None
        self.problem = ""
        """Why it failed, as the page shows it."""
        self.ended: datetime | None = None
        self._started = time.monotonic()
        self._has_ended = threading.Event()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def stage(self, name: str, total: int = 0) -> None:
        self.done, self.total, self.stage_name = 0, total, name

    def advance(self, done: int, total: int) -> None:
        self.done, self.total = done, total

    def run(self) -> None:
        """Do the work and keep its report or problem; never raises."""
        try:
            if self.work is not None:
                self.report = self.work(self)
                self.work = None
        except LibraryBusy:
            self.problem = texts.UPDATE_BUSY
        except ExplorerError as error:
            self.problem = str(error)
        except Exception:
            logging.getLogger(__name__).exception("updating the library failed")
            self.problem = texts.UPDATE_FAILED
        finally:
            self.ended = datetime.now(UTC)
            self._has_ended.set()

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, but no longer than ``seconds``; return whether it has."""
        return self._has_ended.wait(seconds)


class UpdateRunner:
    """The updates of one library; one at a time runs in a thread of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.last: Update | None = None
        """The update that is running, or else the last one."""

    @property
    def is_running(self) -> bool:
        return self.last is not None and self.last.ended is None

    def start(self, title: str, work: Work) -> bool:
        """Start an update; return False if another one is running."""
        with self._lock:
            if self.is_running:
                return False
            self.last = Update(title, work)
            threading.Thread(target=self.last.run, daemon=True, name="update").start()
            return True


@st.cache_resource(show_spinner=False)
def _runner(folder: str) -> UpdateRunner:  # noqa: ARG001  each library has its own
    return UpdateRunner()


def shared_updates() -> UpdateRunner:
    """Return the updates of the library on the page, shared by all visitors."""
    return _runner(str(library_folder().resolve()))


def start_update(updates: UpdateRunner, title: str, work: Work) -> bool:
    """Start an update; warn on the page and return False if another one is running."""
    started = updates.start(title, work)
    if not started:
        st.warning(texts.UPDATE_RUNNING)
    return started
