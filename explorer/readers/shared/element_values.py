"""Elements of XML as nested values, such as JSON has: text, objects, and lists of either."""

from __future__ import annotations

from explorer.papers.text import tidy
from explorer.readers.shared.field_names import stands_for
from explorer.readers.shared.xml_prose import prose, sections
from explorer.readers.shared.xml_stream import Element, local

TEXT = "#text"
"""Key of an element's own text, where it has attributes, too."""
_PARAGRAPHS = frozenset(("p", "sec", "title", "label"))
_DEPTH = 40

Value = str | dict[str, "Value"] | list["Value"]


def nested_value(element: Element, depth: int = _DEPTH) -> Value:
    """Return the value of ``element``: its text, or what its children and attributes say."""
    attributes = {local(key): tidy(value) for key, value in element.attributes.items()}
    children = element.children
    own = any(isinstance(part, str) and not part.isspace() for part in element.parts)
    is_abstract = stands_for(element.name, "abstract")
    if is_abstract and children and {child.name for child in children} <= _PARAGRAPHS:
        text = sections(element)
    elif own or not children or not depth:
        text = prose(element)
    else:
        return _object(children, attributes, depth)
    return {**attributes, TEXT: text} if attributes else text


def _object(children: list[Element], attributes: dict[str, str], depth: int) -> dict[str, Value]:
    values: dict[str, Value] = dict(attributes)
    for child in children:
        name, value = _name(child), nested_value(child, depth - 1)
        known = values.get(name)
        if isinstance(known, list):
            known.append(value)
        elif name in values and name not in attributes:
            values[name] = [known or "", value]
        else:
            values[name] = value
    return values


def _name(element: Element) -> str:
    # MODS gives each part of a name the same name, and its kind apart.
    return element.attribute("type") or "name" if element.name == "namePart" else element.name
