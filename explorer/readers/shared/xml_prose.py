"""Titles and abstracts that are XML: one text, with only the markup that carries meaning.

Raised and lowered characters and formulas keep their tags, for :mod:`explorer.papers.text` to make
readable; emphasis and links leave their text; paragraphs and sections become spaces and
``LABEL: text``.
"""

from __future__ import annotations

import re

from explorer.papers.text import tidy
from explorer.readers.shared.xml_stream import Element

_SCRIPTS = {"sub": "sub", "inf": "sub", "sup": "sup"}
_BLOCKS = frozenset("p sec title abstract list list-item label br break disp-formula div".split())
_LEFT_OUT = frozenset("xref fn object-id copyrightinformation table-wrap fig graphic".split())
_TEX_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)


def prose(element: Element | None) -> str:
    """Return the text of ``element`` on one line."""
    return tidy(_inside(element)) if element is not None else ""


def with_label(label: str, text: str) -> str:
    """Return one section of a structured abstract: ``METHODS: We ...``."""
    label = label.strip().rstrip(":").strip()
    if not label or not text or label.upper() in {"UNLABELLED", "ABSTRACT", "SUMMARY"}:
        return text
    return f"{label.upper()}: {text}"


def sections(element: Element | None) -> str:
    """Return an abstract of paragraphs and titled sections, each as ``TITLE: text``."""
    if element is None:
        return ""
    label = prose(element.first("title"))
    parts = []
    loose = Element(element.tag, {}, element.line)
    for part in element.parts:
        if isinstance(part, Element) and part.name == "sec":
            parts += [prose(loose), sections(part)]
            loose = Element(element.tag, {}, element.line)
        elif isinstance(part, str) or part.name != "title":
            loose.parts.append(part)
    parts.append(prose(loose))
    return with_label(label, " ".join(part for part in parts if part))


def _inside(element: Element) -> str:
    return "".join(part if isinstance(part, str) else _shown(part) for part in element.parts)


def _shown(element: Element) -> str:
    name = element.name.lower()
    if name in _SCRIPTS:
        text = tidy(_inside(element))
        return f"<{_SCRIPTS[name]}>{text}</{_SCRIPTS[name]}>" if text else ""
    if name == "math":
        return _formula(element)
    if name == "tex-math":
        return _tex(element.content)
    if name == "alternatives":
        best = element.first("tex-math") or element.first("math")
        return _shown(best) if best is not None else _inside(element)
    if name in _LEFT_OUT:
        return " "
    return f" {_inside(element)} " if name in _BLOCKS else _inside(element)


def _formula(element: Element) -> str:
    """Write MathML compactly: no attributes, no blanks between tags."""
    inside = "".join(
        part.strip().replace("&", "&amp;").replace("<", "&lt;")
        if isinstance(part, str)
        else _formula(part)
        for part in element.parts
        if isinstance(part, str)
        or not part.name.startswith("annotation")
        or "tex" in part.attribute("encoding").lower()
    )
    # Only TeX's annotation says something that the reader of the text can use.
    encoding = element.attribute("encoding") if element.name == "annotation" else ""
    attribute = f' encoding="{encoding}"' if encoding else ""
    return f"<{element.tag}{attribute}>{inside}</{element.tag}>"


def _tex(text: str) -> str:
    document = _TEX_DOCUMENT.search(text)
    formula = tidy(document[1] if document else text).strip("$ ")
    return f"${formula}$" if formula else ""
