"""Names from a custom naming function: loading it, calling it, surviving its failures."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from explorer.errors import UnusableInput
from explorer.papers.paper import Paper
from explorer.topics.communities import LONGEST_NAME, SummarySentence, Topic, TopicSummary

NAMING_FUNCTION = "a naming function"
"""``Topic.named_by`` where a naming function gave the name."""
LANGUAGE_MODEL = "a language model"
"""``Topic.named_by`` where a language model gave the name."""
CUSTOM_SOURCES = (NAMING_FUNCTION, LANGUAGE_MODEL)


@dataclass(frozen=True, slots=True)
class NamingCase:
    """A topic to be named, as a naming function receives it."""

    level: int
    """0 is the coarsest."""
    parent: str
    """Label of the topic one level up; empty on level 0."""
    siblings: tuple[str, ...]
    """Labels of the other topics below the same parent."""
    label: str
    """Computed label."""
    keywords: tuple[str, ...]
    size: int
    papers: tuple[Paper, ...]
    """Representative papers."""


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """A language model's name for a topic, with the sentences of its summary, unchecked."""

    model: str
    name: str
    sentences: tuple[SummarySentence, ...] = ()


Namer = Callable[[NamingCase], str | ModelAnswer]
"""A custom naming function, a language model perhaps. An empty name keeps the label."""


class NoAnswer(Exception):
    """A language model gave no answer that can be used; the message is a clause for people."""


class ModelNamer(ABC):
    """Naming function that is a language model: it writes summaries, too, and its server may fail.

    A topic that the server gave no answer for is tried again in the next build.
    """

    unanswered = 0
    """Topics that the server gave no answer for, in this build."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """Everything that changes its answers, the papers aside."""

    @abstractmethod
    def begin(self) -> None:
        """Forget the failures of an earlier build."""

    @abstractmethod
    def __call__(self, case: NamingCase) -> ModelAnswer:
        """Return name and summary of a topic.

        Raises:
            NoAnswer: there is none.
        """


def _unseen(_done: int, _total: int) -> None:
    """Progress that is not shown."""


class CarefulNamer:
    """A :class:`Namer` that falls back on computed names.

    Args:
        namer: the function.
        progress: receives the numbers of topics done and in all, before the first and after each.
    """

    def __init__(self, namer: Namer, progress: Callable[[int, int], None] = _unseen) -> None:
        self._namer = namer
        self._progress = progress
        self._done = self._total = 0
        self.failures = 0
        """Number of calls that raised or gave no name."""
        self.first = ""
        """Message of the first failure."""

    @property
    def unanswered(self) -> int:
        """Number of topics that a later build may name, as a server gave no answer for them."""
        return self._namer.unanswered if isinstance(self._namer, ModelNamer) else 0

    def is_needed_for(self, topic: Topic) -> bool:
        """Return whether ``topic`` lacks a name, or a summary that the function would write."""
        is_unwritten = isinstance(self._namer, ModelNamer) and topic.summary is None
        return not topic.named_by or is_unwritten

    def begin(self, total: int) -> None:
        """Announce ``total`` calls."""
        if isinstance(self._namer, ModelNamer):
            self._namer.begin()
        self._done, self._total = 0, total
        self._progress(0, total)

    def __call__(self, case: NamingCase) -> ModelAnswer:
        answer = self._answer(case)
        self._done += 1
        self._progress(self._done, self._total)
        return answer

    def _answer(self, case: NamingCase) -> ModelAnswer:
        try:
            answer: object = self._namer(case)
        except NoAnswer as error:
            return self._failed(str(error))
        # The user's code may raise anything; the results computed so far must not be lost.
        except Exception as error:
            return self._failed(f"{type(error).__name__}: {error}")
        if isinstance(answer, ModelAnswer):
            return answer
        if not isinstance(answer, str):
            return self._failed(f"it returned {answer!r}, which is not a string")
        return ModelAnswer("", answer)

    def _failed(self, reason: str) -> ModelAnswer:
        self.failures += 1
        self.first = self.first or " ".join(reason.split())[:200]
        return ModelAnswer("", "")


def name_of(namer: Namer | None) -> str:
    """Return the identity of a model, or ``MODULE:FUNCTION`` of a function; empty for None."""
    if namer is None:
        return ""
    if isinstance(namer, ModelNamer):
        return namer.identity
    function = getattr(namer, "__qualname__", type(namer).__qualname__)
    return f"{namer.__module__}:{function}"


def load_namer(name: str, folder: Path) -> Namer:
    """Return the naming function called ``name``, ``MODULE:FUNCTION``, from ``folder`` first.

    Raises:
        UnusableInput: there is no such module or function, or importing it fails.
    """
    module_name, _, function = name.partition(":")
    if not module_name or not function:
        raise UnusableInput(
            f"{name!r} is not of the form MODULE:FUNCTION. For the function `shorter` in "
            "my_names.py of this folder it is my_names:shorter."
        )
    search_path = str(folder.resolve())
    sys.path.insert(0, search_path)
    try:
        module = import_module(module_name)
    # The module may fail in any way while it is imported; that is the user's to fix.
    except Exception as error:
        raise UnusableInput(
            f"{module_name}: cannot be imported ({type(error).__name__}: {error}). Modules are "
            f"searched in {search_path} and among the installed ones."
        ) from None
    finally:
        # The function may import other modules of its folder later; there they hide none of ours.
        sys.path.remove(search_path)
        sys.path.append(search_path)
    namer: Namer | None = getattr(module, function, None)
    if not callable(namer):
        raise UnusableInput(f"{module.__file__ or module_name}: has no function {function!r}.")
    return namer


def with_custom_names(
    levels: Sequence[Sequence[Topic]], papers: Sequence[Paper], namer: CarefulNamer
) -> list[tuple[Topic, ...]]:
    """Return the topics with the names, and the unchecked summaries, that ``namer`` gives them.

    A name that is empty or belongs to another topic of the level, or to a larger topic that this
    one is a part of, changes nothing; line breaks and excess length are removed. Topics that are
    named already keep their names.
    """
    namer.begin(sum(namer.is_needed_for(topic) for level in levels for topic in level))
    needed = {paper for level in levels for topic in level for paper in topic.representatives}
    by_id = {paper.id: paper for paper in papers if paper.id in needed}
    parents: dict[str, Topic] = {}
    result: list[tuple[Topic, ...]] = []
    for level in levels:
        used = {topic.label.casefold() for topic in level}
        named: list[Topic] = []
        for topic in level:
            if namer.is_needed_for(topic):
                parent = parents.get(topic.parent)
                answer = namer(_naming_case(topic, level, parent.label if parent else "", by_id))
                above = {parent.label.casefold()} if parent and topic.size < parent.size else set()
                named.append(_with_answer(topic, answer, used | above))
                used.add(named[-1].label.casefold())
            else:
                named.append(topic)
        parents = {topic.id: topic for topic in named}
        result.append(tuple(named))
    return result


def _with_answer(topic: Topic, answer: ModelAnswer, used: Set[str]) -> Topic:
    """Return ``topic`` with what it lacks of name and summary; ``used`` names are in lower case."""
    if answer.sentences and topic.summary is None:
        topic = replace(topic, summary=TopicSummary(answer.model, answer.sentences))
    label = " ".join(answer.name.split())[:LONGEST_NAME]
    is_free = label.casefold() not in used - {topic.label.casefold()}
    if topic.named_by or label in ("", topic.label) or not is_free:
        return topic
    return with_custom_name(topic, label, LANGUAGE_MODEL if answer.model else NAMING_FUNCTION)


def with_custom_name(topic: Topic, label: str, source: str) -> Topic:
    """Return ``topic`` with a label from ``source``, one of :data:`CUSTOM_SOURCES`."""
    is_same = label.casefold() == topic.label.casefold()
    return replace(
        topic,
        label=label,
        evidence=topic.evidence if is_same else 0,
        named_by=source,
        replaced_name=topic.computed_name,
    )


def _naming_case(
    topic: Topic,
    level: Sequence[Topic],
    parent: str,
    papers: dict[str, Paper],
) -> NamingCase:
    siblings = (t for t in level if t.parent == topic.parent and t.id != topic.id)
    return NamingCase(
        level=topic.level,
        parent=parent,
        siblings=tuple(sibling.label for sibling in siblings),
        label=topic.label,
        keywords=topic.keywords,
        size=topic.size,
        papers=tuple(papers[paper] for paper in topic.representatives),
    )
