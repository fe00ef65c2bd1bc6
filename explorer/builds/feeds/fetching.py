"""Fetch feeds: new pages become digest files in a folder, ``FEED/YYYY-MM-DD.xml.gz`` and so on.

A page is kept as it came, compressed, so that a library can be rebuilt without the network, and a
reader's mistake be mended later. A page that brings no new paper is not kept. A run that was
interrupted is resumed: pages that it kept are read from disk.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from explorer.builds.feeds.mailbox import new_messages
from explorer.builds.feeds.services import SERVICES, PageRequest, Pages, Service
from explorer.builds.feeds.state import FOLDER, Run, load_state, save_state
from explorer.builds.feeds.subscriptions import Subscription, chosen_feeds, read_subscriptions
from explorer.builds.feeds.web import FetchError, Response, WaitWanted, Web
from explorer.builds.progress import Progress, Silence
from explorer.errors import DigestError, ExplorerError, LibraryBusy, UnusableInput, printable
from explorer.files import SCRATCH_ENDING, replacing
from explorer.papers.paper import Paper
from explorer.readers import read_digests, stream_digests_apart
from explorer.settings import FetchLimits

_CONTACT = "EXPLORER_CONTACT"
_LONGEST_EMPTY_PAGE = 20_000
"""Bytes of an answer without papers."""
_FEED_READER = "feed"
"""The reader of RSS and Atom, which may well be empty."""


@dataclass(frozen=True, slots=True)
class FeedOutcome:
    """The result of a run for one feed."""

    name: str
    new: int
    """Papers that the feed had not brought before."""
    files: tuple[Path, ...] = ()
    """New digests."""
    error: str = ""
    """Why it ended early; empty if it did not."""
    papers: tuple[Paper, ...] = ()
    """The new papers."""


def fetch_feeds(
    folder: Path,
    feeds: Sequence[Subscription],
    web: Web,
    *,
    since: date | None = None,
    today: date | None = None,
    limits: FetchLimits | None = None,
    progress: Progress | None = None,
    keys: dict[str, str] | None = None,
) -> list[FeedOutcome]:
    """Fetch ``feeds`` one after the other; one that fails does not hold up the others.

    Args:
        folder: digest folder; each feed has a folder of its own in it.
        since: the first day wanted; without it each feed goes on from where it was.
        keys: keys of services by the names of their environment variables.

    Raises:
        LibraryBusy: another run fetches into this folder.
    """
    progress = progress or Silence()
    today = today or datetime.now(UTC).date()
    outcomes = []
    with _alone(folder):
        progress.stage("fetch", len(feeds))
        for done, feed in enumerate(feeds):
            run = _FeedRun(folder, feed, web, today, limits or FetchLimits(), keys or {})
            outcomes.append(run.outcome(since))
            progress.advance(done + 1, len(feeds))
    return outcomes


def fetch_folder(
    folder: Path,
    names: Sequence[str] = (),
    *,
    since: date | None = None,
    progress: Progress | None = None,
) -> list[FeedOutcome]:
    """Fetch the feeds of a digest folder, or those with ``names``; see :func:`fetch_feeds`.

    Keys of services and the contact come from the environment.

    Raises:
        UnusableInput: the folder has no feeds, or none of a name.
        LibraryBusy: another run fetches into this folder.
    """
    listed = read_subscriptions(folder)
    feeds = chosen_feeds(listed.feeds, names)
    if not feeds:
        raise UnusableInput(
            "no feeds yet.", path=folder, advice="Add one: explorer feeds add arxiv:cs.CL"
        )
    with open_web(listed.contact) as web:
        return fetch_feeds(folder, feeds, web, since=since, progress=progress, keys=_keys())


def preview_feed(feed: Subscription, contact: str) -> FeedOutcome:
    """Return what a first run of ``feed`` would bring; nothing is kept."""
    with open_web(contact) as web, tempfile.TemporaryDirectory() as scratch:
        return fetch_feeds(Path(scratch), [feed], web, keys=_keys())[0]


@contextmanager
def open_web(contact: str) -> Iterator[Web]:
    """Yield connections; the environment's contact goes before that of a list of feeds."""
    web = Web(contact=os.environ.get(_CONTACT) or contact)
    try:
        yield web
    finally:
        web.close()


def _keys() -> dict[str, str]:
    """Return the keys of services that the environment has."""
    names = (service.key for service in SERVICES.values() if service.key)
    return {name: os.environ[name] for name in names if os.environ.get(name)}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / FOLDER / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise LibraryBusy(
            "another run is fetching into this folder.", path=folder, advice="Wait for it."
        ) from error
    try:
        yield
    finally:
        lock.release()


class _FeedRun:
    """One run of one feed."""

    def __init__(
        self,
        folder: Path,
        feed: Subscription,
        web: Web,
        today: date,
        limits: FetchLimits,
        keys: dict[str, str],
    ) -> None:
        self._folder, self._feed, self._web = folder, feed, web
        self._today, self._limits, self._keys = today, limits, keys
        self._state = load_state(folder, feed.name)
        self._seen = set(self._state.seen)
        self._papers: list[Paper] = []
        self._files: list[Path] = []

    def outcome(self, since: date | None) -> FeedOutcome:
        """Fetch, save the state, and return what came."""
        state, error = self._state, ""
        try:
            self._wait_is_over()
            self._clear_away()
            if self._feed.is_mailbox:
                self._fetch_mail(since)
            else:
                self._fetch_pages(since)
        except WaitWanted as wanted:
            state.not_before = time.time() + wanted.seconds
            error = str(wanted)
        except ExplorerError as problem:
            error = str(problem)
        state.error = printable(error)
        if not error:
            state.last_success = datetime.now(UTC).isoformat(timespec="seconds")
            state.last_new = len(self._papers)
        self._save()
        return FeedOutcome(
            self._feed.name,
            len(self._papers),
            tuple(self._files),
            state.error,
            tuple(self._papers),
        )

    def _wait_is_over(self) -> None:
        left = self._state.not_before - time.time()
        if left > 0:
            raise FetchError(f"the service wants no request for {left / 60:.0f} more minutes.")

    def _clear_away(self) -> None:
        """Remove files that a killed run had not written whole."""
        for folder in (self._own_folder, self._folder / FOLDER):
            for scratch in folder.glob(f".*{SCRATCH_ENDING}"):
                with suppress(OSError):
                    scratch.unlink()

    def _save(self) -> None:
        save_state(self._folder, self._feed.name, self._state)

    def _first_day(self, since: date | None) -> date:
        if since is not None:
            return min(since, self._today)
        if done := self._state.done_until:
            return min(done, self._today) - timedelta(days=self._limits.overlap_days)
        return self._today - timedelta(days=self._limits.first_days)

    def _fetch_pages(self, since: date | None) -> None:
        state = self._state
        run = state.run
        if run is None or since is not None:
            run = state.run = Run(
                f"{self._first_day(since)}", f"{self._today}", self._free_number(self._today)
            )
            self._save()
        pages = self._feed.pages(date.fromisoformat(run.since), date.fromisoformat(run.until))
        request, index, fetched = next(pages, None), 0, 0
        while request is not None:
            if request.is_digest and fetched >= self._limits.pages:
                raise FetchError(
                    f"{fetched} pages are enough for one run; the next one goes on from there."
                )
            body = self._kept_page(run, index) if request.is_digest else None
            page = None
            if body is None:
                page = self._get(request)
                fetched += request.is_digest
                if page is None:
                    break  # nothing has changed since the last run
                body = page.body
            # The service's own check of the page comes first: it knows an error from papers.
            following = _next(pages, body)
            if page is not None and request.is_digest:
                self._keep(run, index, request, page)
            index += request.is_digest
            request = following
        state.run, state.until = None, run.until

    def _get(self, request: PageRequest) -> Response | None:
        service, headers = self._feed.service, {}
        parameters = dict(request.parameters)
        if service is None:
            # Only addresses are single pages that stay what they are until something is new.
            if self._state.etag:
                headers["If-None-Match"] = self._state.etag
            elif self._state.last_modified:
                headers["If-Modified-Since"] = self._state.last_modified
        else:
            parameters |= self._contact_of(service)
            if key := self._keys.get(service.key):
                headers[service.key_header] = key
        pause = service.pause if service else 0.0
        return self._web.get(request.url, parameters, headers=headers, pause=pause)

    def _contact_of(self, service: Service) -> dict[str, str]:
        named = service.contact_parameter
        return {named: self._web.contact} if named and self._web.contact else {}

    def _kept_page(self, run: Run, index: int) -> bytes | None:
        """Return the page ``index`` of an interrupted run, if it was kept."""
        name = run.kept[index] if index < len(run.kept) else ""
        if not name:
            return None
        try:
            return gzip.decompress((self._own_folder / name).read_bytes())
        except (OSError, EOFError, gzip.BadGzipFile):
            return None

    def _keep(self, run: Run, index: int, request: PageRequest, page: Response) -> None:
        """Keep a page that brings new papers."""
        name = self._file_name(run.until, run.number + index, request.ending)
        kept = self._keep_if_new(page.body, name, may_be_empty=self._feed.service is not None)
        run.kept = [*run.kept[:index], name if kept else ""]
        self._state.etag, self._state.last_modified = page.etag, page.last_modified
        self._save()

    def _fetch_mail(self, since: date | None) -> None:
        state = self._state
        after = 0 if since else state.mail_number
        for validity, message in new_messages(
            self._feed.source, after, state.mail_validity, self._first_day(since), self._limits
        ):
            name = f"{self._today}.{message.number}.eml.gz"
            self._keep_if_new(message.content, name, may_be_empty=True)
            state.mail_number, state.mail_validity = message.number, validity
            self._save()
        state.until = f"{self._today}"

    def _keep_if_new(self, body: bytes, name: str, *, may_be_empty: bool) -> bool:
        """Keep ``body`` as the digest ``name`` if it brings new papers; return whether it does.

        Raises:
            FetchError: it is no digest.
        """
        packed = gzip.compress(body, mtime=0)
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / name
            page.write_bytes(packed)
            papers = self._papers_in(page, name, len(body), may_be_empty)
        new = [paper for paper in papers if _key(paper) not in self._seen]
        if not new:
            return False
        self._own_folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._own_folder / name) as scratch:
            scratch.write_bytes(packed)
        keys = list(dict.fromkeys(map(_key, new)))
        self._seen.update(keys)
        self._state.add_seen(keys)
        self._papers += new
        self._files.append(self._own_folder / name)
        return True

    def _papers_in(self, path: Path, name: str, size: int, may_be_empty: bool) -> list[Paper]:
        try:
            # The content is a stranger's: it is read in a process of its own, as in a build.
            readings = read_digests(path, name, streams=stream_digests_apart)
        except DigestError as error:
            if may_be_empty and size <= _LONGEST_EMPTY_PAGE:
                return []  # a list without papers has nothing to be recognised by
            raise FetchError(f"no digest came: {error.without_path}") from error
        papers = [paper for reading in readings for paper in reading.papers]
        if not papers and not may_be_empty and all(r.format != _FEED_READER for r in readings):
            raise FetchError("no digest came: a page without papers. Check the address.")
        return papers

    @property
    def _own_folder(self) -> Path:
        return self._folder / self._feed.name

    def _free_number(self, day: date) -> int:
        """Return a number that no file of ``day`` has, nor any higher one."""
        numbers = [0]
        for path in self._own_folder.glob(f"{day}*"):
            middle = path.name[len(f"{day}") :].split(".")[1]
            numbers.append(int(middle) if middle.isdigit() else 1)
        return max(numbers) + 1

    @staticmethod
    def _file_name(day: str, number: int, ending: str) -> str:
        return f"{day}.{number}{ending}.gz" if number > 1 else f"{day}{ending}.gz"


def _key(paper: Paper) -> str:
    """Return a key by which a paper is known when a feed brings it again."""
    return next(filter(None, (paper.arxiv, paper.doi, *paper.other_ids)), paper.fingerprint)


def _next(pages: Pages, body: bytes) -> PageRequest | None:
    """Return the request after the one that brought ``body``; None after the last one."""
    try:
        return pages.send(body)
    except StopIteration:
        return None
