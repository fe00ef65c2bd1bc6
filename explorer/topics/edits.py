"""Edits of topics: renames, merges and pins, stored for good and applied to every hierarchy.

Edits are in ``topic_edits.json`` in the library's folder, outside the generations, in the order in
which they were made. Topics change with each build, so an edit is anchored on the papers that its
topic had at the time. An edit that no topic matches is inactive; only undoing it removes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Labels
from explorer.errors import LibraryDamaged, LibraryError, UnusableInput
from explorer.files import replace_text
from explorer.topics.communities import LONGEST_NAME, Topic, by_size

SCHEMA = 2
YOU = "you"
"""``Topic.named_by`` where people gave the name."""
FILE = "topic_edits.json"
OLD_FILE = "topics.json"
"""Name of the file in schema 1, with a list of ``statements``; read where there is no newer one."""
_LISTS = {1: "statements", 2: "edits"}
"""Key of the list of edits, by the file's schema."""
_LEAST_OVERLAP = 0.4
"""Jaccard index from which an edit applies to a topic."""
_SMALLEST_PIECE = 4
"""Smaller pieces of a divided finer topic join their largest sibling."""
_FEWEST_PINNED = 2
"""Papers of a pin, at least."""

_Mask = NDArray[np.bool_]


class EditKind(StrEnum):
    """Kind of edit."""

    RENAME = "rename"
    MERGE = "merge"
    PIN = "pin"


@dataclass(frozen=True, slots=True)
class TopicEdit:
    """Edit of one or more topics of a level."""

    number: int
    kind: EditKind
    level: int
    """Level of the topics; 0 is the coarsest."""
    depth: int
    """Number of levels at the time."""
    groups: tuple[tuple[str, ...], ...]
    """Ids of the papers of each topic at the time."""
    name: str = ""
    """New name; empty for a merge without one."""
    about: tuple[str, ...] = ()
    """Labels of the topics at the time, for display."""


@dataclass(frozen=True, slots=True)
class AppliedEdit:
    """Edit with the topic that it applies to."""

    statement: TopicEdit
    level: int = -1
    place: int = -1
    """Index of the topic on its level; -1 for an inactive edit."""

    @property
    def is_inactive(self) -> bool:
        return self.place < 0


# The file.


def edits_file(folder: Path) -> Path:
    """Return the file of the edits to the library in ``folder``; it need not exist."""
    has_only_old = not (folder / FILE).exists() and (folder / OLD_FILE).exists()
    return folder / (OLD_FILE if has_only_old else FILE)


def read(folder: Path) -> tuple[TopicEdit, ...]:
    """Return the edits to the library in ``folder``, in order.

    Raises:
        LibraryDamaged: not a file of edits.
        LibraryError: it cannot be read.
    """
    path = edits_file(folder)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] not in _LISTS:
            raise LibraryDamaged(
                f"written in schema {content['schema']}, this version reads 1 to {SCHEMA}.",
                path=path,
                advice="Use the version of the explorer that wrote it.",
            )
        return tuple(_statement(fields) for fields in content[_LISTS[content["schema"]]])
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise LibraryError(
            f"cannot be read ({error.strerror}).", path=path, advice="Check its rights."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise LibraryDamaged(
            f"the edits of topics cannot be read ({error}).",
            path=path,
            advice=(
                "Repair it, or restore a copy. Without the file there are no edits; all else stays."
            ),
        ) from None


def write(folder: Path, statements: Sequence[TopicEdit]) -> None:
    """Replace the edits to the library in ``folder`` in one step, and remove the old file.

    Raises:
        LibraryError: the folder cannot be written; the file stays as it was.
    """
    path = folder / FILE
    stored = [asdict(statement) for statement in statements]
    content = {"schema": SCHEMA, "sha256": _checksum(stored), "edits": stored}
    try:
        replace_text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
        (folder / OLD_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise LibraryError(f"cannot be written ({error.strerror}).", path=path) from None


def is_unaltered(folder: Path) -> bool:
    """Return whether the file of edits is as the explorer wrote it; true if nothing tells.

    Raises:
        OSError, ValueError: it cannot be read.
    """
    content = json.loads(edits_file(folder).read_text(encoding="utf-8"))
    return "sha256" not in content or content["sha256"] == _checksum(content["edits"])


def _checksum(stored: Any) -> str:
    # Tuples become lists when they are stored; sorted, so that the order of fields means nothing.
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()


def fingerprint_of_edits(statements: Sequence[TopicEdit]) -> str:
    """Return a hash of all that shapes a hierarchy; empty if there are no edits."""
    if not statements:
        return ""
    content = json.dumps([asdict(replace(s, about=())) for s in statements], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _statement(fields: dict[str, Any]) -> TopicEdit:
    groups = tuple(tuple(group) for group in fields["groups"])
    about = tuple(fields["about"])
    statement = TopicEdit(
        **fields | {"kind": EditKind(fields["kind"]), "groups": groups, "about": about}
    )
    numbers = (statement.number, statement.level, statement.depth)
    texts = [statement.name, *about, *(paper for group in groups for paper in group)]
    if (
        not all(isinstance(number, int) for number in numbers)
        or not all(isinstance(text, str) for text in texts)
        or not groups
        or not 0 <= statement.level < statement.depth
    ):
        raise ValueError(f"edit {statement.number!r} is invalid")
    return statement


# Adding and undoing.


def with_edit(
    statements: Sequence[TopicEdit],
    kind: EditKind,
    level: int,
    depth: int,
    groups: Sequence[Sequence[str]],
    name: str,
    about: Sequence[str],
) -> tuple[TopicEdit, ...]:
    """Return ``statements`` with a new edit at the end, under the next number."""
    number = max((statement.number for statement in statements), default=0) + 1
    anchors = tuple(tuple(group) for group in groups)
    return *statements, TopicEdit(number, kind, level, depth, anchors, name, tuple(about))


def without_edit(statements: Sequence[TopicEdit], number: int) -> tuple[TopicEdit, ...]:
    """Return ``statements`` without the edit of this number.

    Raises:
        UnusableInput: there is no such edit.
    """
    remaining = tuple(statement for statement in statements if statement.number != number)
    if len(remaining) == len(statements):
        raise UnusableInput(f"There is no edit {number}. `explorer topics edits` lists them.")
    return remaining


def clean_name(name: str) -> str:
    """Return ``name`` with single blanks.

    Raises:
        UnusableInput: it is empty or longer than :data:`LONGEST_NAME` characters.
    """
    cleaned = " ".join(name.split())
    if not cleaned:
        raise UnusableInput("A topic needs a name of at least one character.")
    if len(cleaned) > LONGEST_NAME:
        raise UnusableInput(
            f"“{cleaned[:30]}…” is {len(cleaned)} characters long; a name has at most "
            f"{LONGEST_NAME}."
        )
    return cleaned


# Effects on partitions and topics.


def apply_to_labels(
    memberships: Sequence[Labels], ids: Sequence[str], statements: Sequence[TopicEdit]
) -> list[Labels]:
    """Return the nested partitions with merges and pins applied in order, nested still.

    A merge unites the topics of its level that mostly consist of its papers. A pin joins its papers
    and the topics that mostly consist of them; what remains of other topics is at least half of
    each and stays a topic. On every coarser level, the new topic belongs where most of its papers
    are. On finer levels, topics that are partly in it are divided; small pieces join their largest
    sibling. If edits contradict each other, the later wins; but a pin takes only its own papers
    out of topics that were pinned on coarser levels.

    Args:
        memberships: topic of each paper on each level, coarse to fine, each of shape (papers,).
        ids: id of each paper.
        statements: the edits, oldest first.
    """
    levels = [np.asarray(labels, dtype=np.int64) for labels in memberships]
    rows = {paper: row for row, paper in enumerate(ids)} if statements else {}
    pinned = np.zeros((len(levels), len(ids)), dtype=bool)
    for statement in statements:
        anchor = _anchor(statement, rows)
        if statement.kind is EditKind.MERGE:
            level = _matched_level(levels, anchor, _nearest(statement, len(levels)))
            if level is not None:
                levels = _as_one(levels, level, _mostly(levels[level], anchor))
        elif statement.kind is EditKind.PIN and np.count_nonzero(anchor) >= _FEWEST_PINNED:
            level = _pinned_level(levels, anchor, statement)
            elsewhere = pinned[:level].any(axis=0)
            mostly = _mostly(levels[level], anchor) & ~elsewhere
            levels = _as_one(levels, level, anchor | mostly)
            pinned[level] |= anchor
    return [by_size(labels) for labels in levels]


def same_topic(memberships: Sequence[Labels], level: int, place: int) -> list[tuple[int, int]]:
    """Return (level, index) of all topics with exactly the papers of this one, coarse to fine.

    A topic that is not divided is on several levels.
    """
    rows = np.flatnonzero(memberships[level] == place)
    same: list[tuple[int, int]] = []
    for other, labels in enumerate(memberships):
        here = int(labels[rows[0]])
        if np.array_equal(np.flatnonzero(labels == here), rows):
            same.append((other, here))
    return same


def applied_edits(
    memberships: Sequence[Labels], ids: Sequence[str], statements: Sequence[TopicEdit]
) -> list[AppliedEdit]:
    """Return each edit with the topic that it applies to, or as inactive.

    It is the topic of the edit's level with the largest overlap in papers, if that is large enough;
    else the one of the nearest level that has one. If the number of levels has changed, a rename
    applies to the best topic of any level. A pin also applies to the topic of its level that holds
    most of its papers, however many others have joined them. Removed papers do not count.
    """
    rows = {paper: row for row, paper in enumerate(ids)} if statements else {}
    return [_applied(memberships, _anchor(s, rows), s) for s in statements]


def names_given(
    memberships: Sequence[Labels], ids: Sequence[str], statements: Sequence[TopicEdit]
) -> list[dict[int, str]]:
    """Return, for each level, the names from edits, by topic number.

    Of several for one topic, the edit of its own level wins, then that of the coarsest level, then
    the latest. No name is given twice on a level.
    """
    names: list[dict[int, str]] = [{} for _ in memberships]
    given = [
        b
        for b in applied_edits(memberships, ids, statements)
        if b.statement.name and not b.is_inactive
    ]
    given.sort(key=lambda b: (abs(b.statement.level - b.level), b.level, -b.statement.number))
    for bearing in given:
        name = bearing.statement.name
        places = same_topic(memberships, bearing.level, bearing.place)
        named = any(place in names[level] for level, place in places)
        taken = any(name.casefold() == n.casefold() for at, _ in places for n in names[at].values())
        if not named and not taken:
            for level, place in places:
                names[level][place] = name
    return names


def with_given_names(
    levels: Sequence[Sequence[Topic]], names: Sequence[dict[int, str]]
) -> list[tuple[Topic, ...]]:
    """Return the topics with the names from edits.

    The computed name of a renamed topic becomes its first keyword. Another topic gets a different
    name if its computed one was given to a topic of its level, or to its parent.
    """
    parents: dict[str, str] = {}
    result: list[tuple[Topic, ...]] = []
    for topics, given in zip(levels, names, strict=True):
        everywhere = {name.casefold() for name in given.values()}
        taken = everywhere | {topic.label.casefold() for topic in topics}
        level: list[Topic] = []
        for place, topic in enumerate(topics):
            if place in given:
                level.append(_named_by_you(topic, given[place]))
                continue
            if topic.label.casefold() in everywhere | {parents.get(topic.parent, "")}:
                label = _other_name(topic, taken)
                taken.add(label.casefold())
                keywords = tuple(word for word in topic.keywords if word != label)
                level.append(
                    replace(
                        topic,
                        label=label,
                        keywords=keywords,
                        evidence=0,
                        replaced_name=topic.computed_name,
                    )
                )
            else:
                level.append(topic)
        parents |= {t.id: t.label.casefold() for t in level if t.named_by == YOU}
        result.append(tuple(level))
    return result


def _named_by_you(topic: Topic, name: str) -> Topic:
    words = [word for word in (topic.label, *topic.keywords) if word.casefold() != name.casefold()]
    evidence = topic.evidence if topic.label.casefold() == name.casefold() else 0
    return replace(
        topic,
        label=name,
        keywords=tuple(words),
        evidence=evidence,
        named_by=YOU,
        replaced_name=topic.computed_name,
    )


def _other_name(topic: Topic, taken: set[str]) -> str:
    free = [word for word in topic.keywords if word.casefold() not in taken]
    if free:
        return free[0]
    number = 2
    while f"{topic.label} ({number})".casefold() in taken:
        number += 1
    return f"{topic.label} ({number})"


def _anchor(statement: TopicEdit, rows: dict[str, int]) -> _Mask:
    """Return whether each paper belongs to the edited topics, shape (papers,)."""
    mask = np.zeros(len(rows), dtype=bool)
    mask[[rows[paper] for group in statement.groups for paper in group if paper in rows]] = True
    return mask


def _nearest(statement: TopicEdit, depth: int) -> list[int]:
    """Return all levels, nearest to the edit's own first."""
    return sorted(range(depth), key=lambda level: (abs(level - statement.level), level))


def _mostly(labels: NDArray[np.integer[Any]], anchor: _Mask) -> _Mask:
    """Return the papers of all topics more than half of which are in ``anchor``."""
    inside = np.bincount(labels, weights=anchor)
    mostly: _Mask = (2 * inside > np.bincount(labels))[labels]
    return mostly


def _jaccard(one: _Mask, other: _Mask) -> float:
    together = int(np.count_nonzero(one | other))
    return int(np.count_nonzero(one & other)) / together if together else 0.0


def _matched_level(
    levels: Sequence[NDArray[np.int64]], anchor: _Mask, order: Sequence[int]
) -> int | None:
    """Return the first level on which the topics mostly in ``anchor`` are together much like it."""
    for level in order:
        if _jaccard(_mostly(levels[level], anchor), anchor) >= _LEAST_OVERLAP:
            return level
    return None


def _pinned_level(levels: Sequence[NDArray[np.int64]], anchor: _Mask, statement: TopicEdit) -> int:
    own = min(statement.level, len(levels) - 1)
    if statement.depth == len(levels):
        return own  # a pin keeps its level, whatever became of its topic
    matched = _matched_level(levels, anchor, _nearest(statement, len(levels)))
    return own if matched is None else matched


def _as_one(
    levels: Sequence[NDArray[np.int64]], level: int, inside: _Mask
) -> list[NDArray[np.int64]]:
    """Return the partitions with the papers ``inside`` as one topic of ``level``."""
    made = [labels.copy() for labels in levels]
    if level:
        rows = np.flatnonzero(inside)
        above = levels[level - 1][rows]
        example = rows[np.argmax(above == np.bincount(above).argmax())]
        for labels in made[:level]:
            labels[inside] = labels[example]
    united = len(np.unique(levels[level][inside]))
    remnants = _mostly(levels[level], inside) & ~inside
    made[level][inside] = levels[level].max() + 1
    if level:
        _join_small(made[level], np.unique(levels[level][remnants]), made[level - 1])
    for finer in range(level + 1, len(levels)):
        if len(np.unique(levels[finer][inside])) == united:
            # None of the united topics is divided here, so the new one is not divided either.
            made[finer][inside] = levels[finer].max() + 1
        else:
            made[finer] = _cut(levels[finer], inside, made[finer - 1])
    return made


def _cut(labels: NDArray[np.int64], inside: _Mask, coarser: NDArray[np.int64]) -> NDArray[np.int64]:
    """Divide topics that are partly ``inside``; small pieces join their largest sibling."""
    pieces: NDArray[np.int64] = 2 * labels + inside
    sizes = np.bincount(pieces, minlength=2 * int(labels.max()) + 2)
    halves = sizes.reshape(-1, 2)
    was_cut = np.repeat((halves > 0).all(axis=1), 2)
    _join_small(pieces, np.flatnonzero(was_cut & (sizes > 0)), coarser)
    gapless: NDArray[np.int64] = np.unique(pieces, return_inverse=True)[1]
    return gapless


def _join_small(
    labels: NDArray[np.int64], pieces: NDArray[np.int64], coarser: NDArray[np.int64]
) -> None:
    """Give those of the topics ``pieces`` that are small the number of their largest sibling."""
    for piece in pieces:
        rows = labels == piece
        if not 0 < np.count_nonzero(rows) < _SMALLEST_PIECE:
            continue
        beside = np.bincount(labels[(coarser == coarser[np.argmax(rows)]) & ~rows])
        if len(beside):
            labels[rows] = int(beside.argmax())


def _applied(memberships: Sequence[Labels], anchor: _Mask, statement: TopicEdit) -> AppliedEdit:
    matches: list[tuple[float, AppliedEdit]] = []
    for level in _nearest(statement, len(memberships)) if anchor.any() else ():
        labels = memberships[level]
        inside = np.bincount(labels, weights=anchor)
        overlap = inside / (np.bincount(labels) + np.count_nonzero(anchor) - inside)
        best = int(overlap.argmax())
        if overlap[best] < _LEAST_OVERLAP and _holds_pinned(statement, level, inside, anchor):
            best = int(inside.argmax())
        elif overlap[best] < _LEAST_OVERLAP:
            continue
        matches.append((float(overlap[best]), AppliedEdit(statement, level, best)))
    if not matches:
        return AppliedEdit(statement)
    if statement.kind is EditKind.RENAME and statement.depth != len(memberships):
        # A level that came in above or below may hold what looks like the topic, but less so.
        return max(matches, key=lambda pair: pair[0])[1]
    return matches[0][1]


def _holds_pinned(statement: TopicEdit, level: int, inside: NDArray[Any], anchor: _Mask) -> bool:
    """Return whether a topic of a pin's own level has most of its papers.

    ``inside`` is the number of them in each topic of ``level``.
    """
    is_own = statement.kind is EditKind.PIN and level == statement.level
    return is_own and 2 * float(inside.max()) > int(np.count_nonzero(anchor))
