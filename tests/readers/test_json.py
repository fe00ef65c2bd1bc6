"""JSON of services and bots: documents, JSON Lines, and recordings of either."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explorer.readers import Reading, read_digest, recognise
from explorer.readers.contract import Digest
from explorer.readers.opening import open_digests
from explorer.settings import ReadingLimits
from tests.helpers.corpus import ROOT

DIGESTS = ROOT.parent / "shared" / "data" / "digests"
SAMPLES = ROOT / "tests" / "samples"


@pytest.fixture
def reading(tmp_path: Path) -> Callable[..., Reading]:
    """Return what a file with this text, or this JSON, gives."""

    def read(content: object, **layout: Any) -> Reading:
        text = content if isinstance(content, str) else json.dumps(content, **layout)
        path = tmp_path / "file"
        path.write_text(text, encoding="utf-8", errors="replace")
        return read_digest(path, name="file")

    return read


def problems(result: Reading) -> list[tuple[int, str]]:
    return [(rejection.line, rejection.reason) for rejection in result.rejections]


SERVICES = {
    "semantic-scholar": ("data",),
    "openalex": ("results",),
    "crossref": ("message", "items"),
    "csl-json": (),
    "openreview": ("notes",),
    "hugging-face": (),
}


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_in_every_layout(name: str, reading: Callable[..., Reading]) -> None:
    sample = SAMPLES / f"{name}.json"
    records: Any = json.loads(sample.read_text(encoding="utf-8"))
    for key in SERVICES[name]:
        records = records[key]
    wanted = [paper.title for paper in read_digest(sample).papers]
    layouts: dict[str, object] = {
        "list": records,
        "lines": "\n".join(json.dumps(record) for record in records) + "\n",
        "blank lines": "\n\n" + "\n\n".join(json.dumps(record) for record in records),
        "pretty lines": "\n".join(json.dumps(record, indent=2) for record in records),
        "results": {"results": records, "more": {"title": "not a paper"}},
        "by id": {f"id{number}": record for number, record in enumerate(records)},
        "byte-order mark": "\ufeff" + json.dumps(records),
    }
    for layout, content in layouts.items():
        result = reading(content)
        assert (result.format, layout) == (name, layout)
        assert [paper.title for paper in result.papers] == wanted, layout
        assert problems(result) == [], layout
    for record, title in zip(records, wanted, strict=True):
        assert [p.title for p in reading(record, indent=1).papers] == [title]


def test_lines_are_those_of_the_file(reading: Callable[..., Reading]) -> None:
    text = '[\n\n {"title": "A\\n",\n  "abstract": "x"}, {"title": "B", "abstract": "y"},\n{}\n, 5]'
    result = reading(text)
    assert result.format == "json-records"
    assert [(p.title, p.sources[0].line) for p in result.papers] == [("A", 3), ("B", 4)]
    assert problems(result) == [(5, "the object has no title"), (6, "the record is not an object")]


def test_reading_goes_on_behind_a_damaged_record(reading: Callable[..., Reading]) -> None:
    good = '{"title": "Good", "abstract": "x"}'
    bad = '{"title": "Bad", "abstract": x, "in": ["}", "\\"]"]}'
    result = reading(f"[\n{good},\n{bad},\n{good},\n")
    assert [p.sources[0].line for p in result.papers] == [2, 4]
    assert problems(result) == [(3, "not valid JSON"), (5, "the document ends within a list")]
    result = reading(f'{{"results": [{good}], oops\n')
    assert len(result.papers) == 1
    assert problems(result) == [(1, "not valid JSON from here on")]


def test_huge_records_are_passed_over(reading: Callable[..., Reading]) -> None:
    good = {"title": "Good", "abstract": "x"}
    huge = {"title": "Huge", "abstract": "x" * 5_000_000, "more": [{"a": '"}'}] * 10}
    result = reading([good, huge, good], indent=0)
    assert [p.sources[0].line for p in result.papers] == [2, 42]
    assert problems(result) == [(6, "the record has more than the 4,000,000 characters allowed")]


def test_a_long_list_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    record = json.dumps({"paperId": "x" * 40, "title": "A Title", "abstract": "word " * 2000})
    with path.open("w") as file:
        file.write('{"total": 3000, "data": [')
        file.write(",".join([record] * 600))
        file.write("]}")
    (digest,) = open_digests(path, "long", ReadingLimits())
    assert isinstance(digest, Digest)
    reader = recognise(digest)
    assert reader.name == "semantic-scholar"
    tracemalloc.start()
    count = sum(1 for _ in reader.read(digest))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 600
    assert peak < 3_000_000  # of 6 MB


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 200_000,
        '[{"title": "x", "abstract": ' + "[" * 200_000,
        '[{"title": "x", "abstract": "' + "\\" * 200_001,
        '[{"title": "x", "abstract": ' + "9" * 100_000 + "}]",
        '{"title": "x", "abstract": 1}' * 3 + "}]}]" * 1000,
        '[{"title": "x", "abstract": "a"}' + ' {"' * 50_000,
        '[{"title": "x", "abstract": "a"}' + ',{"title": x}' * 20_000,
        '[{"title": "x", "abstract": "a"}' + ',{"title": "x}' * 20_000,
        "interactions:\n- response: " + "[" * 100_000,
        '{"paperId": 1, "title": {"a": [1]}}\n' * 3,
        '{"notes": [{"content": {"title": {"value": [[]]}}, "forum": 1}, 2, null]}',
        '{"message": {"items": [{"DOI": [], "indexed": 0, "title": {}, "issued": {"date-parts": 1}}'
        ',{"DOI": 1, "title": [[]], "author": [[], 1, null, {"given": 5}], "event": []}]}}',
    ],
)
def test_hostile_json_raises_nothing(text: str, reading: Callable[..., Reading]) -> None:
    from explorer.errors import DigestError

    try:
        result = reading(text)
    except DigestError as error:
        assert str(error)
    else:
        assert all(rejection.reason for rejection in result.rejections)


def test_an_index_cannot_ask_for_more_than_it_holds(reading: Callable[..., Reading]) -> None:
    def work(index: object) -> dict[str, object]:
        return {"id": "https://openalex.org/W1", "title": "A", "abstract_inverted_index": index}

    result = reading(
        [
            work({"We": [0], "end.": [10**12, -1, "x", None, 1e300, True]}),
            work({"x" * 100_000: list(range(1000))}),
            work({"IndexLength": 2, "InvertedIndex": {"b": [1], "a": [0]}}),
            work(["no", "index"]),
            {**work({"a": 1, "b": {}}), "is_paratext": True},
        ]
    )
    assert [p.abstract for p in result.papers][:1] == ["end. We end. end."]
    assert problems(result)[-1][1] == "front matter or a cover, not a paper"
    assert [p.abstract for p in result.papers][-2:] == ["a b", ""]


def test_semantic_scholar_in_its_other_shapes(reading: Callable[..., Reading]) -> None:
    bulk = {
        "corpusid": 470667,
        "externalids": {"ACL": "N18-1", "DBLP": None, "ArXiv": "2403.00001"},
        "title": "Bulk",
        "authors": [{"authorId": "1", "name": "Ada Lovelace"}],
        "journal": {"name": "J", "pages": None},
        "s2fieldsofstudy": [{"category": "Physics", "source": "s2"}],
        "publicationdate": "2020-01-02",
    }
    (paper,) = reading(json.dumps(bulk) + "\n").papers
    assert (paper.arxiv, paper.other_ids) == ("2403.00001", ("acl:N18-1", "corpusid:470667"))
    assert (paper.venue, paper.date, paper.categories) == ("J", "2020-01-02", ("Physics",))
    cited = {"data": [{"contexts": [], "citedPaper": {"paperId": "a", "title": "Cited"}}]}
    assert [p.title for p in reading(cited).papers] == ["Cited"]
    batch = reading([None, {"paperId": "a", "title": "B"}, {"paperId": "c"}], indent=1)
    assert batch.format == "semantic-scholar"
    assert problems(batch) == [(2, "the record is not an object"), (7, "no title")]


def test_crossref_leaves_out_what_is_no_paper(reading: Callable[..., Reading]) -> None:
    items = [
        {"DOI": f"10.1000/{i}", "indexed": {}, "type": kind, "title": ["A"]}
        for i, kind in enumerate(("journal-article", "component", "peer-review", "journal"))
    ]
    result = reading({"message": {"items": [*items, {"DOI": "10.1000/x", "title": []}]}}, indent=0)
    assert [p.doi for p in result.papers] == ["10.1000/0"]
    assert [reason for _, reason in problems(result)] == [
        "of the type 'component', not a paper",
        "of the type 'peer-review', not a paper",
        "of the type 'journal', not a paper",
        "no title",
    ]


def test_openreview_keeps_submissions_only(reading: Callable[..., Reading]) -> None:
    def note(own: str, **more: object) -> dict[str, object]:
        return {"id": own, "forum": "F", "content": {"title": {"value": own}}, **more}

    result = reading({"notes": [note("F"), note("Review", replyto="F"), note("F", ddate=1)]})
    assert [p.title for p in result.papers] == ["F"]
    assert [reason for _, reason in problems(result)] == [
        "a review, comment or decision, not a submission",
        "a deleted note",
    ]
    flat = {
        "id": "x1",
        "title": "Flat",
        "track": "main",
        "status": "Poster",
        "tldr": "Short.",
        "abstract": "Long.",
        "keywords": "a;b, c",
        "author": "Ada Lovelace;Charles Babbage",
    }
    (paper,) = reading([flat]).papers
    assert (paper.summary, paper.abstract, paper.other_ids) == ("Short.", "Long.", ("digest:x1",))
    assert paper.authors == ("Ada Lovelace", "Charles Babbage")


ABSTRACT = "We study how people read. " * 5 + "They skim. We show that they do so daily. " * 3


@pytest.mark.parametrize(
    ("text", "abstract", "summary"),
    [
        (ABSTRACT, ABSTRACT.strip(), ""),
        ("One sentence about what the paper does and how.", "", "..."),
        ("Qwen Technical Report", "", ""),
        ("Code: https://github.com/a/b Page: https://a.github.io Demo: https://youtu.be/x", "", ""),
        ("This is an automated message from the Librarian Bot. " + ABSTRACT, "", ""),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_a_scraped_blurb_is_no_abstract(
    text: object, abstract: str, summary: str, reading: Callable[..., Reading]
) -> None:
    record = {
        "title": "Qwen Technical Report",
        "paper_url": "https://huggingface.co/papers/2511.21631",
        "authors": [],
        "details": {"abstract": text, "arxiv_page_url": "https://arxiv.org/abs/2511.21631"},
        "scraped_date": "2025-12-04",
    }
    result = reading([record])
    assert result.format == "hugging-face"
    (paper,) = result.papers
    assert paper.abstract == abstract
    assert paper.summary == (text if summary else "")
    assert (paper.arxiv, paper.sources[0].date) == ("2511.21631", "2025-12-04")


def test_lines_of_bots_snapshots_and_benchmarks(reading: Callable[..., Reading]) -> None:
    lines = [
        {
            "id": "hep-th/9901001",
            "authors": "A. Lovelace and C. Babbage",
            "title": "Kaggle",
            "abstract": "  We study\n  it.\n",
            "journal-ref": "J. 5",
            "doi": None,
            "categories": "cs.DS hep-th",
            "versions": [{"version": "v1", "created": "Mon, 11 Jan 2021 20:31:27 GMT"}],
            "update_date": "2022-11-07",
            "authors_parsed": [["Lovelace", "Ada", ""], ["Babbage", "C.", "Jr."]],
        },
        {
            "id": "2506.04283",
            "title": "Bot",
            "summary": "Text.",
            "categories": ["cs.GR", "cs.AI"],
            "comment": None,
            "abs": "https://arxiv.org/abs/2506.04283",
            "AI": {"tldr": "Short.", "motivation": "?"},
        },
        {"_id": "4983", "title": "Bench", "text": "Body.", "metadata": {"url": "http://a.org/1"}},
        {"title": "Both", "abstract": "Long.", "summary": "Short.", "other_ids": ["acl:N18-1"]},
    ]
    result = reading("\n".join(json.dumps(line) for line in lines))
    assert result.format == "json-lines"
    kaggle, bot, bench, both = result.papers
    assert (kaggle.arxiv, kaggle.date, kaggle.venue) == ("hep-th/9901001", "2021-01-11", "J. 5")
    assert kaggle.authors == ("Ada Lovelace", "C. Babbage Jr.")
    assert kaggle.categories == ("cs.DS", "hep-th")
    assert (bot.abstract, bot.summary, bot.arxiv) == ("Text.", "Short.", "2506.04283")
    assert (bench.abstract, bench.url, bench.other_ids) == (
        "Body.",
        "http://a.org/1",
        ("digest:4983",),
    )
    assert (both.abstract, both.summary, both.other_ids) == ("Long.", "Short.", ("acl:N18-1",))


def test_lists_by_subject(reading: Callable[..., Reading]) -> None:
    paper = {"title": "A", "abstract": "x"}
    result = reading({"cs.CL": [paper, paper], "cs.CV": [], "stat.ML": [paper], "count": 3})
    assert (result.format, len(result.papers)) == ("json-records", 3)


def test_topic_tables_report_what_is_no_row(reading: Callable[..., Reading]) -> None:
    rows = {
        "2403.00001": "|**2024-03-11**|**A**|Ada et.al.|"
        "[2403.00001](http://arxiv.org/abs/2403.00001)"
        "|**[link](https://github.com/a/b)**|"
        "<details><summary>abstract</summary>We study.</details>|\n",
        "2403.00002": "|" + "*" * 50_000,
        "2403.00003": 5,
    }
    result = reading({"A topic": rows}, indent=0)
    (paper,) = result.papers
    assert (paper.title, paper.abstract, paper.authors) == ("A", "We study.", ("Ada",))
    assert [line for line, _ in problems(result)] == [4, 5]


RECORDED = {"paperId": "a", "title": "Recorded"}


@pytest.mark.parametrize(
    "recording",
    [
        {"url": "https://x", "status_code": 200, "body": json.dumps({"data": [RECORDED]})},
        [{"url": "https://x", "status_code": 200, "body": json.dumps([RECORDED])}],
        {"interactions": [{"request": {}, "response": {"body": {"string": json.dumps(RECORDED)}}}]},
        {
            "http_interactions": [
                {
                    "request": {"body": {"string": "x"}},
                    "response": {
                        "body": {
                            "base64_string": base64.b64encode(
                                gzip.compress(json.dumps(RECORDED).encode())
                            ).decode()
                        }
                    },
                }
            ]
        },
    ],
)
def test_recordings_in_json(recording: object, reading: Callable[..., Reading]) -> None:
    result = reading(recording, indent=1)
    assert result.format == "recorded-responses"
    assert [p.title for p in result.papers] == ["Recorded"]
    assert result.papers[0].sources[0].digest == "file"


def _har_entry(media_type: str, text: str, **more: str) -> dict[str, object]:
    """An entry of a browser's network log."""
    content = {"size": len(text), "mimeType": media_type, "text": text} | more
    return {"request": {"method": "GET", "url": "https://x"}, "response": {"content": content}}


def test_a_network_log_of_a_browser(reading: Callable[..., Reading]) -> None:
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Packed</title>'
        "<summary>An abstract of a paper.</summary></entry></feed>"
    )
    entries = [
        _har_entry("application/json; charset=utf-8", json.dumps({"data": [RECORDED]})),
        _har_entry("text/javascript", "title = 'No paper'"),
        _har_entry("image/png", base64.b64encode(b"\x89PNG").decode(), encoding="base64"),
        _har_entry(
            "application/atom+xml", base64.b64encode(feed.encode()).decode(), encoding="base64"
        ),
        {"request": {}, "response": {"content": {"mimeType": "text/html"}}},
        _har_entry("application/json", '{"theme": "dark"}'),
    ]
    creator = {"name": "browser", "version": "1"}
    log = {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": entries}}
    result = reading(log, indent=1)
    assert result.format == "recorded-responses"
    assert [paper.title for paper in result.papers] == ["Recorded", "Packed"]
    assert [paper.sources[0].digest for paper in result.papers] == ["file", "file"]
    lines = json.dumps(log, indent=1).splitlines()
    assert all(lines[paper.sources[0].line - 1].strip() == "{" for paper in result.papers)
    (rejection,) = result.rejections
    assert "none of the known formats" in rejection.reason
    assert "dark" in rejection.excerpt


def test_recordings_of_nothing_known_are_reported(reading: Callable[..., Reading]) -> None:
    cassette = """http_interactions:
- request: {body: {string: ''}}
  response:
    body: {encoding: UTF-8, string: "<html>Service unavailable for a long time</html>"}
- response:
    body:
      string: !!binary |
        H4sIAAAAAAAA
- response: {body: {string: !!python/object/apply:os.system ["true"]}}
- response: *unknown
"""
    result = reading(cassette)
    assert result.format == "recorded-responses"
    assert not result.papers
    assert result.rejections
    bomb = base64.b64encode(gzip.compress(b'{"paperId": "' + b"x" * 50_000_000)).decode()
    result = reading(f"interactions:\n- response:\n    body:\n      string: !!binary {bomb}\n")
    assert [line for line, _ in problems(result)] == [2]
    aliases = (
        "interactions:\n- &a [x, x]\n" + "- &b [*a, *a, *a]\n" * 1000 + "- response: {body: x}"
    )
    assert reading(aliases).rejections
    long = reading("interactions:\n- response:\n    body: '" + "x" * 17_000_000 + "'\n")
    assert long.rejections


REAL = {  # format, papers, with abstract, with summary, rejections
    "hf_daily_json/2025-12-04.json": ("hugging-face", 24, 12, 5, 0),
    "hf_daily_json/2026-03-10.json": ("hugging-face", 1, 1, 0, 0),
    "hf_daily_json/2026-W33.json": ("hugging-face", 187, 94, 52, 0),
    "openreview_json/colm2024.json": ("openreview", 299, 299, 0, 0),
    "openalex_json/synergy_Hall_2012_collection_work.json": ("openalex", 1, 1, 0, 0),
    "openalex_json/synergy_Hall_2012_publication_work.json": ("openalex", 1, 1, 0, 0),
    "crossref_json/2018.3804742.json": ("crossref", 1, 1, 0, 0),
    "crossref_json/s1463-4988(99)00060-3.json": ("crossref", 1, 0, 0, 0),
    "crossref_json/test_journals_field_queries.yaml": ("recorded-responses", 20, 16, 0, 0),
    "crossref_json/test_random_dois.yaml": ("recorded-responses", 9, 3, 0, 1),
    "semantic_scholar_json/test_get_papers.yaml": ("recorded-responses", 0, 0, 0, 3),
    "semantic_scholar_json/test_search_paper.yaml": ("recorded-responses", 100, 0, 0, 0),
    "semantic_scholar_json/test_search_paper_year.yaml": ("recorded-responses", 0, 0, 0, 21),
    "arxiv_daily_jsonl/2025-06-08.jsonl": ("json-lines", 289, 289, 0, 0),
    "transcribed/arxiv_kaggle_line_abridged.jsonl": ("json-lines", 1, 1, 0, 0),
    **{
        f"arxiv_api_atom/{name}.json": ("recorded-responses", papers, papers, 0, 0)
        for name, papers in (
            ("id_0808.05394_1707.08567_s0_m100_42e5aa0ec3af", 1),
            ("id_1605.08386_s0_m100_199195aa31ad", 1),
            ("id_astro-ph_0601001_s0_m100_3150dca9dc76", 1),
            ("q_testing_s0_m10_bc5a6c384fe9", 10),
            ("q_testing_s0_m100_cfe7536492ca", 100),
        )
    },
    "arxiv_daily_readme_noabs/cv-arxiv-daily-wechat.json": ("topic-tables", 839, 0, 0, 0),
}


@pytest.mark.skipif(not DIGESTS.is_dir(), reason="the real digests are not on this machine")
@pytest.mark.parametrize("name", REAL)
def test_real_json(name: str) -> None:
    result = read_digest(DIGESTS / name)
    with_abstract = sum(bool(paper.abstract) for paper in result.papers)
    with_summary = sum(bool(paper.summary) for paper in result.papers)
    counted = (len(result.papers), with_abstract, with_summary, len(result.rejections))
    assert (result.format, *counted) == REAL[name]
