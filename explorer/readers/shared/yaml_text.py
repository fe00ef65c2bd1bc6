"""YAML from outside, read as texts, lists and mappings only.

No tag makes an object, no number or date is guessed, and aliases, with which a few lines expand to
gigabytes, are refused.
"""

from __future__ import annotations

from functools import cache
from typing import Any


class UnreadableYaml(ValueError):
    """The text is not YAML of this kind; the message names the line, from 1, if it is known."""


def plain_yaml(text: str, first_line: int = 1) -> Any:
    """Return the value of ``text``, which begins at ``first_line`` of its file.

    Raises:
        UnreadableYaml: it is no YAML, or has aliases.
    """
    import yaml

    try:
        return yaml.load(text, Loader=_texts_only())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + first_line}" if mark else ""
        raise UnreadableYaml(f"not valid YAML{where}") from None
    except (ValueError, TypeError, RecursionError):  # odd mappings, and nesting without end
        raise UnreadableYaml("not valid YAML") from None


@cache
def _texts_only() -> Any:
    import yaml

    class TextsOnly(yaml.BaseLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise yaml.YAMLError("aliases are not read")
            return super().compose_node(parent, index)

    return TextsOnly
