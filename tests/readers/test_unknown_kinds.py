"""Texts of unknown kinds are refused by name; prose and Markdown are not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from explorer.errors import DigestError
from explorer.readers import read_digest
from explorer.readers.contract import Digest
from explorer.readers.opening import open_digests
from explorer.readers.unknown_kinds import unknown_kind
from explorer.settings import ReadingLimits
from tests.readers.test_contract import SAMPLES

PROSE = (
    "We train a small model on the sounds of city pigeons and show that it tells one pigeon from "
    "another in nine of ten cases, even where a tram passes by."
)

UNKNOWN = {
    "XML of a kind that is not known: `<recordList>`": (
        '<?xml version="1.0"?>\n<!-- made by <nobody> -->\n<recordList xmlns="urn:x">'
        f"<rec><name>Pigeons</name><text>{PROSE}</text></rec></recordList>"
    ),
    "XML of a kind that is not known: `<x:Entries>`": (
        f'<x:Entries xmlns:x="urn:y">\n<x:e>{PROSE}</x:e>\n</x:Entries>'
    ),
    "JSON of a kind that is not known: `rows`, `heading`, `body`": (
        f'{{"rows": [\n{{"heading": "Pigeons", "body": "{PROSE}"}}\n]}}'
    ),
    "JSON of a kind that is not known: `heading`, `body`": (
        f'{{"heading": "Pigeons", "body": "{PROSE}"}}\n{{"heading": "Trams", "body": "{PROSE}"}}\n'
    ),
    "YAML of a kind that is not known: `heading`, `people`, `family`, `body`": (
        f"heading: Pigeons in town\npeople:\n- family: Doe\n  given: Jane\nbody: {PROSE}\n"
    ),
    "text in tagged lines of a kind that is not known: `AA`, `BB`, `CC`, `DD`": (
        "AA  - Pigeons\nBB  - Doe, Jane\nCC  - 2021\n" + f"DD  - {PROSE}\n\n"
    )
    * 2,
    "text in tagged lines of a kind that is not known: `{Kopf}`, `{Leute}`, `{Jahr}`, `{Inhalt}`": (
        f"{{Kopf}}: Pigeons\n{{Leute}}: Doe\n{{Jahr}}: 2021\n{{Inhalt}}: {PROSE}\n\n"
    )
    * 2,
    "text in labelled lines of a kind that is not known: `Year:`, `Authors:`, `Journal:`, `DOI:`": (
        f"Pigeons in town\nYear: 2021\nAuthors: Doe\nJournal: J. Ex.\nDOI: 10.1000/1\n{PROSE}\n\n"
    )
    * 3,
    "a table without a column of titles; its columns are `bird`, `town`, `count`": (
        "bird,town,count\n" + "pigeon,Paris,12\n" * 3
    ),
    "TOML or a file of settings of a kind that is not known: `heading`, `people`, `year`": (
        '[[paper]]\nheading = "Pigeons"\npeople = "Doe"\nyear = 2021\n\n' * 2
    ),
    "text in tagged lines of a kind that is not known: `=LDR`, `=001`, `=245`, `=520`": (
        f"=LDR  00000nam\n=001  12\n=245  10$aPigeons in town\n=520  $a{PROSE}\n\n" * 2
    ),
    "a LaTeX document": f"\\documentclass{{article}}\n\\title{{Pigeons}}\n\n{PROSE}\n",
}
READABLE = {
    "prose": f"Pigeons in town\n\n{PROSE}\n\nTrams in town\n\n{PROSE}\n",
    "titles with colons": "".join(
        f"{word}: a study of pigeons in town\n\n{PROSE}\n\n"
        for word in ("BERT", "GPT", "T5", "ELMo")
    ),
    "labels that pages have": "".join(
        f"Title: {word} in town\nAuthors: Jane Doe, Richard Roe\nAbstract: {PROSE}\n\n"
        for word in ("Pigeons", "Trams", "Kiosks")
    ),
    "HTML in Markdown": f'<p align="center">\n\n# Pigeons in town\n\n{PROSE}\n\n</p>\n',
    "a list of references": f"[1] Jane Doe. Pigeons in town.\n\n{PROSE}\n\n[2] Trams.\n\n{PROSE}\n",
    "a note with links": f"[[Pigeons]] in town\n\n{PROSE}\n",
    "dates and counts": f"2021-02-01\n\nPigeons in town\n\n12\n\n{PROSE}\n",
}


def opened(text: str, folder: Path) -> Digest:
    path = folder / "digest.txt"
    path.write_text(text, encoding="utf-8")
    (digest,) = open_digests(path, "digest", ReadingLimits())
    assert isinstance(digest, Digest)
    return digest


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_kind_is_refused_by_name(name: str, tmp_path: Path) -> None:
    digest = opened(UNKNOWN[name], tmp_path)
    with pytest.raises(DigestError) as refusal:
        read_digest(digest.path)
    assert refusal.value.what == f"this is {name}."
    assert refusal.value.advice


@pytest.mark.parametrize("name", READABLE)
def test_prose_and_markdown_have_no_kind(name: str, tmp_path: Path) -> None:
    assert unknown_kind(opened(READABLE[name], tmp_path)) is None


@pytest.mark.parametrize("name", ["scraped-page", "markdown-list", "markdown-table", "saved-html"])
def test_samples_of_pages_have_no_kind(name: str) -> None:
    (digest,) = open_digests(SAMPLES[name], "sample", ReadingLimits())
    assert isinstance(digest, Digest)
    assert unknown_kind(digest) is None


def test_forced_format_reads_what_is_refused_else(tmp_path: Path) -> None:
    digest = opened(f"heading: Birds\nplace: town\nkind: note\n\nPigeons\n\n{PROSE}\n", tmp_path)
    forced = read_digest(digest.path, limits=ReadingLimits(force="scraped-page"))
    assert forced.format == "scraped-page"
    assert forced.recognition.forced
    assert [paper.abstract for paper in forced.papers] == [PROSE]


@pytest.mark.parametrize(
    "unit", ["<a ", "<!--", '["', '{"a":', "A: b\n", "a: b\n", "AB  - \n", ",,\n"]
)
def test_judgement_is_linear(unit: str, tmp_path: Path) -> None:
    digest = opened(unit * 50_000, tmp_path)
    begun = time.process_time()
    unknown_kind(digest)
    assert time.process_time() - begun < 3.0
