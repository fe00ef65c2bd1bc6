"""Names from a custom naming function: loading it, calling it, surviving its failures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from explorer.errors import UnusableInput
from explorer.papers.paper import Paper
from explorer.topics.communities import LONGEST_NAME, Topic

NAMING_FUNCTION = "a naming function"
"""``Topic.named_by`` where a naming function gave the name."""


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


Namer = Callable[[NamingCase], str]
"""A custom naming function, a language model perhaps. An empty answer keeps the label."""


class CarefulNamer:
    """A :class:`Namer` that falls back on computed names."""

    def __init__(self, namer: Namer) -> None:
        self._namer = namer
        self.failures = 0
        """Number of calls that raised or returned something other than a string."""
        self.first = ""
        """Message of the first failure."""

    def __call__(self, case: NamingCase) -> str:
        try:
            answer: object = self._namer(case)
        # The user's code may raise anything; the results computed so far must not be lost.
        except Exception as error:
            return self._failed(f"{type(error).__name__}: {error}")
        if not isinstance(answer, str):
            return self._failed(f"it returned {answer!r}, which is not a string")
        return answer

    def _failed(self, reason: str) -> str:
        self.failures += 1
        self.first = self.first or " ".join(reason.split())[:200]
        return ""


def name_of(namer: Namer | None) -> str:
    """Return ``MODULE:FUNCTION`` of a naming function, as far as it has one; empty for None."""
    if namer is None:
        return ""
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
    levels: Sequence[Sequence[Topic]], papers: Sequence[Paper], namer: Namer
) -> list[tuple[Topic, ...]]:
    """Return the topics with the names that ``namer`` gives them.

    A name that is empty or belongs to another topic of the level changes nothing; line breaks and
    excess length are removed. Topics that are named already keep their names.
    """
    needed = {paper for level in levels for topic in level for paper in topic.representatives}
    by_id = {paper.id: paper for paper in papers if paper.id in needed}
    parent_labels: dict[str, str] = {}
    result: list[tuple[Topic, ...]] = []
    for level in levels:
        used = {topic.label.casefold() for topic in level}
        named: list[Topic] = []
        for topic in level:
            label = topic.label
            if not topic.named_by:
                case = _naming_case(topic, level, parent_labels, by_id)
                label = " ".join(str(namer(case) or "").split())[:LONGEST_NAME]
            is_own = label.casefold() == topic.label.casefold()
            if label not in ("", topic.label) and (is_own or label.casefold() not in used):
                used.add(label.casefold())
                named.append(with_custom_name(topic, label))
            else:
                named.append(topic)
        parent_labels |= {topic.id: topic.label for topic in named}
        result.append(tuple(named))
    return result


def with_custom_name(topic: Topic, label: str) -> Topic:
    """Return ``topic`` with a label from a naming function."""
    return replace(topic, label=label, named_by=NAMING_FUNCTION, replaced_name=topic.computed_name)


def _naming_case(
    topic: Topic,
    level: Sequence[Topic],
    parent_labels: dict[str, str],
    papers: dict[str, Paper],
) -> NamingCase:
    siblings = (t for t in level if t.parent == topic.parent and t.id != topic.id)
    return NamingCase(
        level=topic.level,
        parent=parent_labels.get(topic.parent, ""),
        siblings=tuple(sibling.label for sibling in siblings),
        label=topic.label,
        keywords=topic.keywords,
        size=topic.size,
        papers=tuple(papers[paper] for paper in topic.representatives),
    )
