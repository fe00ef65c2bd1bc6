"""Former spellings of commands and options: hidden from the help, kept for one version.

Arguments are rewritten before they are parsed, so an old spelling cannot differ from the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

OLD_COMMANDS = {
    "topic": "topics show",
    "rename": "topics rename",
    "merge": "topics merge",
    "pin": "topics pin",
    "unsay": "topics edits",
    "star": "desk star",
    "unstar": "desk unstar",
    "tag": "desk tag",
    "note": "desk note",
    "mark": "desk mark",
    "unfollow": "follow remove",
    "digest": "briefing",
    "shard": "shards cut",
    "embed": "shards embed",
}
"""The new spelling of each former command."""
OLD_OPTIONS = {
    "--quick": "--no-explain",
    "--least": "--min-similarity",
    "--reader": "--user",
}
"""The new spelling of each former option."""
_FOLLOW_COMMANDS = ("add", "list", "run", "remove")

Accepts = Callable[[str, Sequence[str]], bool]
"""Whether a command has a use for all of these arguments."""


def current_spelling(arguments: Sequence[str], accepts: Accepts) -> tuple[list[str], list[str]]:
    """Return the arguments in their current spelling, and a message for each old one."""
    words, messages = _options(arguments)
    if not words:
        return words, messages
    first, rest = words[0], words[1:]
    if first in OLD_COMMANDS:
        new = OLD_COMMANDS[first]
        if first == "unsay" and not accepts(new, rest):  # it has the number of an edit
            new = "topics undo"
        return [*new.split(), *rest], [*messages, _message(f"explorer {first}", f"explorer {new}")]
    if first == "follow" and _is_query(rest, accepts):
        message = _message("explorer follow QUERY", "explorer follow add QUERY")
        return [first, "add", *rest], [*messages, message]
    return words, messages


def _options(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    words, messages = [], []
    literal = False
    for word in arguments:
        name, equals, value = word.partition("=")
        literal = literal or word == "--"
        if literal or name not in OLD_OPTIONS:
            words.append(word)
            continue
        messages.append(_message(name, OLD_OPTIONS[name]))
        words.append(f"{OLD_OPTIONS[name]}{equals}{value}")
    return words, messages


def _is_query(rest: Sequence[str], accepts: Accepts) -> bool:
    """Whether these arguments of ``follow`` are a query to follow, without the command ``add``.

    A query that is the name of a command needs ``add``: ``explorer follow add list``.
    """
    if not rest or rest[0] in ("-h", "--help") or any(word in _FOLLOW_COMMANDS for word in rest):
        return False
    if accepts("follow run", rest):
        return False
    return not rest[0].startswith("-") or accepts("follow add", rest)


def _message(old: str, new: str) -> str:
    return f"`{old}` is now `{new}`; the old spelling will go with the next version."
