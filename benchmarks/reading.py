"""Records a second and peak memory of each reader.

    python -m benchmarks.reading CORPUS.jsonl[.gz]

Writes files of 100,000 records in each format from a corpus of titles and abstracts (JSON Lines,
repeated with new ids as often as needed), reads each in a process of its own, and prints a table:
records a second, megabytes a second, peak resident memory, and that of the interpreter with the
reader loaded but nothing read, both in one run.
"""

from __future__ import annotations

import argparse
import csv
import html
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from explorer.papers.paper import Paper
from explorer.readers import open_digests, read_items, recognise
from explorer.readers.contract import Digest
from explorer.settings import ReadingLimits

_PROBE = """
import resource, sys, time
from pathlib import Path
from explorer.papers.paper import Paper
from explorer.readers import open_digests, read_items, recognise
from explorer.settings import ReadingLimits
path, most = Path(sys.argv[1]), int(sys.argv[2])
(digest,) = open_digests(path, "bench", ReadingLimits())
reader = recognise(digest)
papers = abstracts = rejected = 0
begin = time.perf_counter()
for item in read_items(digest, reader):
    if isinstance(item, Paper):
        papers += 1
        abstracts += bool(item.abstract)
    else:
        rejected += 1
    if papers == most:
        break
seconds = time.perf_counter() - begin
status = Path("/proc/self/status")
if status.exists():  # rusage would count what the parent held when it forked
    (line,) = (l for l in status.read_text().splitlines() if l.startswith("VmHWM"))
    peak = int(line.split()[1]) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(reader.name, papers, abstracts, rejected, seconds, peak)
"""


class Record(NamedTuple):
    """What the written files hold of each paper."""

    number: int
    title: str
    abstract: str
    authors: tuple[str, ...]


def main() -> None:
    """Write, read, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--records", type=int, default=100_000)
    options = parser.parse_args()
    corpus = list(_corpus(options.corpus))
    print("| format | records | records/s | MB/s | peak MB | of which before reading |")
    print("|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as scratch:
        for name, write in _WRITERS.items():
            path = Path(scratch) / "digest"
            with path.open("w", encoding="utf-8", newline="") as file:
                write(file, itertools.islice(_endless(corpus), options.records))
            few = _probe(path, 1)
            all_of_them = _probe(path, -1)
            size = path.stat().st_size
            path.unlink()
            found, papers, abstracts, rejected, seconds, peak = all_of_them
            if (found, papers, abstracts, rejected) != (name, options.records, options.records, 0):
                sys.exit(f"{name}: read as {found}: {papers} papers, {rejected} rejected")
            rates = f"{papers / seconds:,.0f} | {size / seconds / 1e6:.1f}"
            memory = f"{peak / 1e6:.0f} | {few[5] / 1e6:.0f}"
            print(f"| {name} | {papers:,} | {rates} | {memory} |", flush=True)


def _probe(path: Path, most: int) -> tuple[str, int, int, int, float, int]:
    command = [sys.executable, "-c", _PROBE, str(path), str(most)]
    name, *numbers = subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.split()
    papers, abstracts, rejected = (int(number) for number in numbers[:3])
    return name, papers, abstracts, rejected, float(numbers[3]), int(numbers[4])


def _corpus(path: Path) -> Iterator[Record]:
    for digest in open_digests(path, path.name, ReadingLimits()):
        if not isinstance(digest, Digest):
            continue
        for item in read_items(digest, recognise(digest)):
            if isinstance(item, Paper) and len(item.abstract.split()) > 30:
                authors = item.authors or ("Ada Lovelace", "Charles Babbage")
                yield Record(0, item.readable_title, item.readable_abstract, authors)


def _endless(corpus: list[Record]) -> Iterator[Record]:
    for number, record in enumerate(itertools.cycle(corpus)):
        yield record._replace(number=number)


def _arxiv(number: int) -> str:
    return f"{2001 + number // 90_000:04d}.{10_000 + number % 90_000:05d}"


def _json_lines(file: TextIO, records: Iterator[Record]) -> None:
    for r in records:
        fields = {"id": _arxiv(r.number), "title": r.title, "abstract": r.abstract}
        file.write(json.dumps(fields | {"authors": list(r.authors)}) + "\n")


def _scraped_page(file: TextIO, records: Iterator[Record]) -> None:
    for r in records:
        link = f"https://huggingface.co/papers/{_arxiv(r.number)}"
        file.write(
            f"### [{r.title.replace('[', '(').replace(']', ')')}]({link})\n\n{r.abstract}\n\n"
        )


def _bibtex(file: TextIO, records: Iterator[Record]) -> None:
    for r in records:
        title, abstract = (text.translate(_NO_TEX) for text in (r.title, r.abstract))
        authors = " and ".join(r.authors).translate(_NO_TEX)
        file.write(
            f"@article{{key{r.number},\n  title = {{{title}}},\n  author = {{{authors}}},\n"
            f"  year = {{2024}},\n  eprint = {{{_arxiv(r.number)}}},\n"
            f"  archivePrefix = {{arXiv}},\n  abstract = {{{abstract}}},\n}}\n\n"
        )


_NO_TEX = str.maketrans("{}\\%#", "     ")


def _ris(file: TextIO, records: Iterator[Record]) -> None:
    for r in records:
        people = "".join(f"AU  - {name}\n" for name in r.authors)
        file.write(
            f"TY  - JOUR\nTI  - {r.title}\n{people}PY  - 2024\nDO  - 10.1234/bench.{r.number}\n"
            f"AB  - {r.abstract}\nER  - \n\n"
        )


def _nbib(file: TextIO, records: Iterator[Record]) -> None:
    for r in records:
        people = "".join(f"FAU - {name}\n" for name in r.authors)
        file.write(
            f"PMID- {r.number + 1}\nTI  - {r.title}\nAB  - {r.abstract}\n{people}DP  - 2024 Mar\n\n"
        )


def _feed(file: TextIO, records: Iterator[Record]) -> None:
    file.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
    )
    for r in records:
        people = "".join(f"<author><name>{html.escape(n)}</name></author>" for n in r.authors)
        file.write(
            f"<entry><id>http://arxiv.org/abs/{_arxiv(r.number)}v1</id>"
            f"<title>{html.escape(r.title)}</title><summary>{html.escape(r.abstract)}</summary>"
            f"{people}<published>2024-03-11T00:00:00Z</published></entry>\n"
        )
    file.write("</feed>\n")


def _pubmed_xml(file: TextIO, records: Iterator[Record]) -> None:
    file.write('<?xml version="1.0"?>\n<PubmedArticleSet>\n')
    for r in records:
        file.write(
            f"<PubmedArticle><MedlineCitation><PMID>{r.number + 1}</PMID><Article><ArticleTitle>"
            f"{html.escape(r.title)}</ArticleTitle><Abstract><AbstractText>"
            f"{html.escape(r.abstract)}</AbstractText></Abstract></Article></MedlineCitation>"
            "</PubmedArticle>\n"
        )
    file.write("</PubmedArticleSet>\n")


def _csl_json(file: TextIO, records: Iterator[Record]) -> None:
    for r in records:
        item = {
            "id": f"key{r.number}",
            "type": "article-journal",
            "title": r.title,
            "abstract": r.abstract,
            "author": [{"literal": name} for name in r.authors],
            "issued": {"date-parts": [[2024, 3, 11]]},
            "DOI": f"10.1234/bench.{r.number}",
        }
        file.write(("[\n" if r.number == 0 else ",\n") + json.dumps(item))
    file.write("\n]\n")


def _delimited(file: TextIO, records: Iterator[Record]) -> None:
    table = csv.writer(file)
    table.writerow(["Title", "Authors", "Year", "DOI", "Abstract"])
    for r in records:
        doi = f"10.1234/bench.{r.number}"
        table.writerow([r.title, "; ".join(r.authors), 2024, doi, r.abstract])


_WRITERS: dict[str, Callable[[TextIO, Iterator[Record]], None]] = {
    "json-lines": _json_lines,
    "scraped-page": _scraped_page,
    "delimited": _delimited,
    "bibtex": _bibtex,
    "ris": _ris,
    "nbib": _nbib,
    "csl-json": _csl_json,
    "feed": _feed,
    "pubmed-xml": _pubmed_xml,
}


if __name__ == "__main__":
    main()
