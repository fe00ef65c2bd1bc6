"""Papers by their ids and whole titles, topics by their ids and names."""

from __future__ import annotations

import re
from difflib import get_close_matches

from explorer.arrays import Keys
from explorer.errors import UnknownPaper, UnknownTopic
from explorer.index.full_text import BY_TITLE
from explorer.library.generation import Generation
from explorer.papers.paper import title_key
from explorer.papers.text import plain
from explorer.topics.communities import Topic
from explorer.topics.tracking import TopicEventKind

_LIKELY_TITLES = 20
"""Best matches by words whose whole titles are compared; short ones have many matches."""
_BARE = re.compile(r"[A-Za-z0-9\s.,:;!?'\"()/-]*")
"""A title without markup, the same before and after it is made readable."""


def find_paper(generation: Generation, name: str) -> int:
    """Return the row of the paper with the id ``name``: the library's, arXiv's, a DOI ...

    Raises:
        UnknownPaper: there is none.
    """
    row = generation.records.find(name)
    if row is None:
        raise UnknownPaper(
            f"No paper goes by {name!r}.",
            advice="`explorer search` shows ids; arXiv ids and DOIs work too.",
        )
    return row


def find_topic(generation: Generation, name: str) -> Topic:
    """Return the topic with the id or label ``name``, the finest of those with the same label.

    Raises:
        UnknownTopic: there is none.
    """
    topics = find_topics(generation, name)
    if not topics:
        near = _topics_named_like(generation, name)
        meant = f"Did you mean {' or '.join(f'“{label}”' for label in near)}? " if near else ""
        raise UnknownTopic(
            f"No topic is called {name!r}.", advice=f"{meant}`explorer topics` lists them."
        )
    return topics[0]


def _topics_named_like(generation: Generation, name: str) -> list[str]:
    """Return the labels that hold ``name`` or differ from it by typing errors, at most two."""
    wanted = name.strip().casefold()
    labels = {topic.label.casefold(): topic.label for topic in generation.topics.values()}
    holding = [label for label in labels if wanted and wanted in label]
    near = dict.fromkeys([*holding, *get_close_matches(wanted, labels, n=2)])
    return [labels[label] for label in near][:2]


def find_topics(generation: Generation, name: str) -> list[Topic]:
    """Return all topics with the id or label ``name``, fine to coarse; case is ignored.

    If there is none, those that had this label before an update renamed them.
    """
    wanted = name.strip().casefold()
    topics = [topic for level in reversed(generation.levels) for topic in level]
    return [
        topic for topic in topics if wanted in (topic.id.casefold(), topic.label.casefold())
    ] or [topic for topic in topics if topic.id in _once_called(generation, wanted)]


def _once_called(generation: Generation, label: str) -> set[str]:
    """Return the ids of topics whose last name before the present one was ``label``."""
    renamed = [event for event in generation.events if event.kind is TopicEventKind.RENAMED]
    return {event.topic for event in renamed if event.other_label.casefold() == label}


def titled(generation: Generation, title: str, among: Keys | None = None) -> list[int]:
    """Return the rows of the papers with this whole ``title``, as far as letters and digits go."""
    key = title_key(title)
    likely = _likely_titles(generation, title, among)
    titles = generation.records.titles.take(likely)
    return [row for row, one in zip(likely.tolist(), titles, strict=True) if _is_title(one, key)]


def _likely_titles(generation: Generation, text: str, among: Keys | None) -> Keys:
    """Return the rows whose titles may be ``text``."""
    if _BARE.fullmatch(text):  # read the same wherever copied from, so its words stand in a row
        holding = generation.lexicon.rows_with_phrase(text, "title")
        if len(holding) <= _LIKELY_TITLES:
            return holding
    return generation.lexicon.search(text, _LIKELY_TITLES, among, BY_TITLE).keys


def _is_title(title: str, key: str) -> bool:
    """Return whether ``title`` has this key, as in the digest or as on the page."""
    if title_key(title) == key:
        return True
    return _BARE.fullmatch(title) is None and title_key(plain(title)) == key
