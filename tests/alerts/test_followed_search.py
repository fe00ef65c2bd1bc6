"""Followed searches: what counts as new, what survives, feeds and the digest page."""

from __future__ import annotations

import html.parser
import json
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
import pytest
from markdown_it import MarkdownIt

from explorer.alerts.atom import write_feeds
from explorer.alerts.briefing import as_html, as_markdown, briefing
from explorer.alerts.followed_search import (
    ON_SUBJECT,
    FollowedResults,
    described,
    followed,
    needs_model,
    newest_first,
    run,
    stored_query,
    typed,
)
from explorer.builds.build import BuildOptions, build
from explorer.cli import main
from explorer.desk.desk import Desk, DeskChange, ReadingState, desk_of
from explorer.desk.marks import mark_papers, marks_of
from explorer.embedders import open_embedder
from explorer.errors import UnknownPaper, UnusableInput
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.filters import Filters
from explorer.search.model import Mode, Query
from explorer.search.queries.syntax import parse
from explorer.search.search import search
from tests.helpers.corpus import WriteDigest

HOSTILE = "<script>alert(1)</script> & ]]> \x08 <b>*bold*</b> [x](http://evil)"
WORDS = open_embedder("hashing")


@pytest.fixture
def library(tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest) -> LibraryStore:
    """A library of three quarters of the corpus."""
    library = LibraryStore(tmp_path / "library")
    grow(library, corpus[:30], write_digest)
    return library


@pytest.fixture
def desk(library: LibraryStore) -> Desk:
    return desk_of(library.folder)


def grow(
    library: LibraryStore, papers: list[Paper], write: WriteDigest, **options: bool
) -> Generation:
    digest = write(library.folder.parent / "digests" / "2024-05-01.txt", papers)
    build(library, [digest], BuildOptions(model="hashing", **options))  # type: ignore[arg-type]
    return library.open()


def begin(library: LibraryStore, desk: Desk, name: str, query: Query, most: int = 20) -> None:
    desk.follow(followed(library.open(), name, query, most))


def all_results(
    generation: Generation, desk: Desk, since: int | None = None
) -> list[FollowedResults]:
    marks = marks_of(generation, desk)
    return [run(generation, WORDS, one, marks, since) for one in desk.followings()]


def titles(results: FollowedResults) -> set[str]:
    return {hit.paper.title for hit in results.new}


def test_new_hits_are_at_the_top_of_the_whole_ranking_and_added_since_the_last_look(
    library: LibraryStore, desk: Desk, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    query = Query("molecules and proteins", mode=Mode.LEXICAL)
    begin(library, desk, "molecules", query, 5)
    assert all_results(library.open(), desk)[0].new == ()
    generation = grow(library, corpus, write_digest)
    (results,) = all_results(generation, desk)
    ranked = search(generation, None, query, 5).hits
    assert [hit.row for hit in results.hits] == [hit.row for hit in ranked]
    assert len(titles(results)) >= 3
    before = {paper.title for paper in corpus[:30]}
    assert titles(results) == {hit.paper.title for hit in ranked} - before
    desk.mark_seen(["molecules"], int(generation.added_at.max()))
    assert all_results(generation, desk)[0].new == ()
    first = int(generation.added_at.min())
    assert {hit.row for hit in all_results(generation, desk, first)[0].new} == {
        hit.row for hit in ranked
    }
    # Seen hits stay seen, even if an older page reports an earlier moment.
    desk.mark_seen(["molecules"], first)
    assert all_results(generation, desk)[0].new == ()


def test_papers_that_are_off_the_subject_are_not_reported(
    library: LibraryStore, desk: Desk, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    near = Query("pretraining graph networks on molecules")
    absent = Query("sourdough")
    unlike = Query(unlike=(library.open().records.ids[0],))
    by_words = replace(near, mode=Mode.LEXICAL)
    for name, query in zip("abcd", (near, absent, unlike, by_words), strict=True):
        begin(library, desk, name, query)
    generation = grow(library, corpus, write_digest)
    found = all_results(generation, desk)
    assert "Pretraining Graph Networks on Unlabelled Molecules" in titles(found[0])
    ranked = search(generation, WORDS, near, 20).hits
    assert set(found[0].hits) < set(ranked)
    for hit in ranked:
        is_near = hit.nearness is not None and hit.nearness >= ON_SUBJECT
        assert (hit in found[0].hits) == (is_near or hit.why.coverage == 1)
    assert (found[1].hits, found[1].new, found[1].problem) == ((), (), "")
    # Nothing is measured of counter-examples alone and by words alone.
    assert len(found[2].hits) == 20
    assert found[3].hits == search(generation, None, by_words, 20).hits
    without = replace(generation, manifest=replace(generation.manifest, scale={}))
    assert [len(results.hits) for results in all_results(without, desk)[:2]] == [20, 20]


def test_a_paper_with_every_word_is_on_the_subject_however_far_its_vector(
    library: LibraryStore, desk: Desk, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    begin(library, desk, "molecules", Query("molecules"))
    generation = grow(library, corpus, write_digest)
    (results,) = all_results(generation, desk)
    far = [hit for hit in results.new if hit.nearness is not None and hit.nearness < ON_SUBJECT]
    assert far
    assert all(hit.why.matched for hit in far)


def test_of_filters_alone_every_new_paper_that_passes_is_a_hit(
    library: LibraryStore, desk: Desk, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    begin(library, desk, "arxiv", Query("has:arxiv"), 2)
    (results,) = all_results(library.open(), desk)
    assert (len(results.hits), results.new) == (2, ())
    (results,) = all_results(grow(library, corpus, write_digest), desk)
    assert titles(results) == {paper.title for paper in corpus[30:] if paper.arxiv}
    assert len(results.new) > 2


def test_after_a_rollback_another_build_reports_the_same_papers(
    library: LibraryStore, desk: Desk, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    begin(library, desk, "molecules", Query("molecules and proteins", mode=Mode.LEXICAL))
    new = titles(all_results(grow(library, corpus, write_digest), desk)[0])
    assert new
    library.rollback()
    assert all_results(library.open(), desk)[0].new == ()
    assert titles(all_results(grow(library, corpus, write_digest), desk)[0]) == new


def test_every_part_of_a_search_is_followed(library: LibraryStore) -> None:
    generation = library.open()
    ids, topic = generation.records.ids, generation.levels[0][0]
    low, high = generation.positions.min(0) - 9, generation.positions.max(0) + 9
    corners = ((low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1]))
    region = tuple((float(x), float(y)) for x, y in corners)
    filters = Filters(topic=topic.id, year_from=2019, year_to=2030, region=region)
    typed_query = Query('"liver" -survey', (ids[3],), (ids[7],), filters, Mode.DENSE)
    kept = followed(generation, "all", typed_query)
    query, gone = stored_query(generation, kept)
    assert (query, gone) == (typed_query, "")
    expected = search(generation, WORDS, typed_query, 20)
    assert [h.row for h in run(generation, WORDS, kept).hits] == [h.row for h in expected.hits]
    assert needs_model(generation, kept)
    assert not needs_model(generation, followed(generation, "like", Query(like=(ids[3],))))
    for part in ("liver", f"like:{ids[3]}", topic.id, "2019", "region", "dense"):
        assert part in described(kept)


def test_clauses_beside_the_text_are_followed_too(library: LibraryStore) -> None:
    generation = library.open()
    clauses = parse("year:(2023|2024) -video").clauses
    query = Query(text="learning", filters=Filters(clauses=clauses))
    kept, _ = stored_query(generation, followed(generation, "Mine", query))
    assert kept.filters.clauses == clauses
    assert typed(kept) == 'learning year:(2023|2024) -"video"'


def test_recommendations_are_followed_as_the_stars_change(
    library: LibraryStore, desk: Desk
) -> None:
    generation = library.open()
    query = Query(like=("starred",), unlike=("dismissed",))
    following = followed(generation, "for me", query)
    assert described(following) == "like:starred unlike:dismissed"
    for star in generation.records.ids[:2]:
        mark_papers(generation, desk, [star], DeskChange(star=True))
        stored, _ = stored_query(generation, following, marks_of(generation, desk))
        stars = marks_of(generation, desk).starred
        assert search(generation, WORDS, stored).like == stars
        marked = Filters(desk=marks_of(generation, desk))
        assert search(generation, WORDS, replace(query, filters=marked)).like == stars


def test_an_example_is_located_under_another_id_and_inactive_while_it_is_gone(
    library: LibraryStore, desk: Desk, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    generation = library.open()
    example = next(paper for paper in generation.records if not paper.arxiv)
    begin(library, desk, "typed", Query(f"like:{example.id}"))
    begin(library, desk, "given", Query(like=(example.id,)))
    hits = [[hit.row for hit in results.hits] for results in all_results(generation, desk)]
    assert hits[0] == hits[1] != []
    rest = [paper for paper in corpus[:30] if paper.title != example.title]
    gone = grow(library, rest, write_digest, prune=True)
    assert all(example.title in results.problem for results in all_results(gone, desk))
    # It comes back from another source, and with an id of its own.
    shutil.rmtree(library.folder / "generations")
    (library.folder / "LIVE").unlink()
    again = grow(library, [replace(example, arxiv="2409.09999", sources=()), *rest], write_digest)
    assert again.records.find(example.id) is None
    for results in all_results(again, desk):
        assert results.problem == ""
        assert results.hits
        assert example.title not in {hit.paper.title for hit in results.hits}


def test_invalid_searches_cannot_be_followed(library: LibraryStore, desk: Desk) -> None:
    generation = library.open()
    for query in (Query(), Query("  "), Query("year:soon"), Query("topic:nowhere words")):
        with pytest.raises(UnusableInput):
            followed(generation, "name", query)
    with pytest.raises(UnknownPaper):
        followed(generation, "name", Query("like:9999.99999"))
    with pytest.raises(UnusableInput):
        followed(generation, "", Query("words"))
    begin(library, desk, "twice", Query("words"))
    with pytest.raises(UnusableInput, match="followed already"):
        begin(library, desk, "twice", Query("others"))
    with pytest.raises(UnusableInput, match="No followed search"):
        desk.unfollow("never")
    desk.unfollow("twice")
    assert desk.followings() == ()


def test_one_search_that_cannot_run_does_not_stop_the_others(
    library: LibraryStore, desk: Desk
) -> None:
    generation = library.open()
    begin(library, desk, "a", Query("liver", filters=Filters(topic=generation.levels[0][0].id)))
    begin(library, desk, "b", Query("liver"))
    a, b = desk.followings()
    lost = replace(a, query=a.query.replace(generation.levels[0][0].id, "t999"))
    marks = marks_of(generation, desk)
    assert "t999" in run(generation, WORDS, lost, marks).problem
    assert run(generation, WORDS, b, marks).hits
    assert "model" in run(generation, None, b, marks).problem


# Feeds.

ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def check_rfc4287(text: str) -> ET.Element:
    """Assert what RFC 4287 requires of a feed, and return it."""
    feed = ET.fromstring(text.encode())
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.iter(f"{ATOM}entry")):
        for required in ("id", "title", "updated"):
            assert len(element.findall(ATOM + required)) == 1, required
        assert element.findtext(f"{ATOM}id", "").startswith("urn:uuid:")
        links = [link for link in element.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len(links) <= 1
        if element is not feed:
            assert links or element.find(f"{ATOM}content") is not None
    assert feed.findall(f"{ATOM}author/{ATOM}name")
    ids = [element.text for element in feed.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)
    for name in ("updated", "published"):
        assert all(RFC3339.fullmatch(each.text or "") for each in feed.iter(ATOM + name))
    assert all(link.get("href") for link in feed.iter(f"{ATOM}link"))
    assert all((name.text or "").strip() for name in feed.iter(f"{ATOM}name"))
    return feed


def test_a_feed_is_valid_and_reads_back_field_by_field(
    library: LibraryStore,
    desk: Desk,
    corpus: list[Paper],
    write_digest: WriteDigest,
    tmp_path: Path,
) -> None:
    nasty = Paper(title=f"Protein {HOSTILE} title", abstract=f"Proteins of {HOSTILE} " * 4)
    generation = grow(library, [*corpus, nasty], write_digest)
    begin(library, desk, "Protéins & <molecules>", Query("protein", mode=Mode.LEXICAL), 30)
    results = all_results(generation, desk)
    base = "https://example.org/feeds"
    (path,) = write_feeds(generation, results, tmp_path / "feeds", base)
    assert re.fullmatch(r"proteins-molecules-[0-9a-f]{8}\.atom", path.name)
    text = path.read_text(encoding="utf-8")
    check_rfc4287(text)
    read = feedparser.parse(text)
    assert not read.bozo
    assert read.version == "atom10"
    assert read.feed.links[0].href == f"{base}/{path.name}"
    hits = newest_first(generation, results[0].hits)
    assert len(read.entries) == len(hits) > 5
    for entry, hit in zip(read.entries, hits, strict=True):
        assert entry.title_detail.type == "text/plain"
        if "script" not in hit.paper.title:
            assert entry.title == hit.paper.readable_title
            assert entry.summary == hit.paper.readable_abstract
            named = [author.name for author in entry.get("authors", [])]
            assert named == list(hit.paper.authors)
            assert [link.href for link in entry.get("links", [])] == [a for _, a in hit.paper.links]
    arrivals = [entry.updated for entry in read.entries]
    assert arrivals == sorted(arrivals, reverse=True)


def test_a_feed_is_written_again_only_if_it_changes_and_ids_stay(
    library: LibraryStore,
    desk: Desk,
    corpus: list[Paper],
    write_digest: WriteDigest,
    tmp_path: Path,
) -> None:
    begin(library, desk, "both", Query("protein cache", mode=Mode.LEXICAL))
    generation = library.open()
    (path,) = write_feeds(generation, all_results(generation, desk), tmp_path)
    before = path.stat().st_mtime_ns
    first = check_rfc4287(path.read_text(encoding="utf-8"))
    write_feeds(generation, all_results(generation, desk), tmp_path)
    assert path.stat().st_mtime_ns == before
    generation = grow(library, corpus, write_digest)
    assert write_feeds(generation, all_results(generation, desk), tmp_path) == [path]
    second = check_rfc4287(path.read_text(encoding="utf-8"))
    assert second.findtext(f"{ATOM}id") == first.findtext(f"{ATOM}id")
    assert second.findtext(f"{ATOM}updated", "") > first.findtext(f"{ATOM}updated", "")
    ids = [{e.findtext(f"{ATOM}id") for e in feed.iter(f"{ATOM}entry")} for feed in (first, second)]
    assert ids[0] & ids[1]
    assert ids[1] - ids[0]


# The digest page.


def test_the_briefing_ranks_by_the_desk_and_leaves_out_read_papers(
    library: LibraryStore, desk: Desk, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    chosen = [p for p in library.open().records if "LLM serving" in p.abstract][:4]
    assert len(chosen) == 4
    mark_papers(library.open(), desk, [p.id for p in chosen], DeskChange(star=True))
    new = [
        Paper("Faster LLM serving", "LLM serving with a KV cache on one GPU, decoding tokens."),
        *corpus[30:],
    ]
    generation = grow(library, [*corpus[:30], *new], write_digest)
    plain = briefing(generation, marks_of(generation, desk_of(library.folder, "nobody")))
    assert not plain.by_desk
    assert plain.papers == len(new)
    read = next(paper for paper in generation.records if paper.title == corpus[31].title)
    mark_papers(generation, desk, [read.id], DeskChange(state=ReadingState.NOT_FOR_ME))
    marks = marks_of(generation, desk)
    page = briefing(generation, marks)
    assert page.by_desk
    assert page.papers == len(new) - 1
    items = [item for section in page.sections for item in section.items]
    assert read.id not in {item.paper.id for item in items}
    best = max(items, key=lambda item: item.relevance or 0)
    assert best.paper.title == "Faster LLM serving"
    assert page.sections[0].items[0] == best
    assert best.nearest is not None
    assert best.nearest.id in {paper.id for paper in chosen}
    for section in page.sections:
        relevance = [item.relevance or 0.0 for item in section.items]
        assert relevance == sorted(relevance, reverse=True)


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_nothing_from_a_digest_is_active_in_the_briefing(
    library: LibraryStore, desk: Desk, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    nasty = Paper(f"A Title {HOSTILE}", f"Text of a paper {HOSTILE} " * 3, (HOSTILE,))
    generation = grow(library, [*corpus[:30], nasty, corpus[32]], write_digest)
    news = briefing(generation, marks_of(generation, desk))
    page, text = as_html(news), as_markdown(news)
    tags = _Tags()
    tags.feed(page)
    known = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "small", "p", "a"}
    assert tags.seen <= {*known, "article"}
    assert all(address.startswith("https://arxiv.org/") for address in tags.addresses)
    tokens = [inner for token in MarkdownIt().parse(text) for inner in token.children or ()]
    links = [token.attrs["href"] for token in tokens if token.type == "link_open"]
    assert all(str(link).startswith("https://arxiv.org/") for link in links)
    assert {token.type for token in tokens} <= {
        *("text", "softbreak", "strong_open", "strong_close", "link_open", "link_close"),
        "text_special",
    }


# The commands.


def answer(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main([str(argument) for argument in arguments] + ["--json"]) == code
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def test_the_commands_mark_papers_and_follow_searches(
    library: LibraryStore,
    corpus: list[Paper],
    write_digest: WriteDigest,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    here = ("--library", library.folder)
    paper = next(paper for paper in library.open().records if paper.arxiv)
    starred = answer(capsys, "desk", "star", paper.arxiv, *here)["papers"]
    assert [(one["id"], bool(one["starred"])) for one in starred] == [(paper.id, True)]
    answer(capsys, "desk", "tag", "my thesis", paper.id, *here)
    answer(capsys, "desk", "note", paper.id, "of note", *here)
    answer(capsys, "desk", "mark", "to-read", paper.id, *here)
    (listed,) = answer(capsys, "desk", "--starred", "--tag", "My Thesis", *here)["papers"]
    assert (listed["tags"], listed["note"], listed["state"]) == (
        ["my thesis"],
        "of note",
        "to-read",
    )
    assert answer(capsys, "desk", "--user", "grace", *here)["papers"] == []
    assert answer(capsys, "desk", "--reader", "grace", *here)["user"] == "grace"  # its old name
    hits_of_query = answer(capsys, "search", 'is:starred tag:"my thesis"', *here)
    assert [hit["id"] for hit in hits_of_query["hits"]] == [paper.id]
    alike = answer(capsys, "search", "--like-starred", *here)["hits"]
    assert alike
    assert paper.id not in {hit["id"] for hit in alike}
    added = answer(capsys, "follow", "add", "protein molecule", "--name", "chem", "--top", 9, *here)
    assert (added["name"], added["hits"], added["new"]) == ("chem", 0, [])
    grow(library, corpus, write_digest)
    feeds = tmp_path / "feeds"
    (chem,) = answer(capsys, "follow", "--atom", feeds, "--seen", *here)["searches"]
    assert chem["new"]
    check_rfc4287(next(feeds.iterdir()).read_text(encoding="utf-8"))
    (chem,) = answer(capsys, "follow", *here)["searches"]
    assert chem["new"] == []
    (chem,) = answer(capsys, "follow", "--since", "2020-01-01", *here)["searches"]
    assert 0 < len(chem["new"]) == chem["hits"] <= 9
    new_papers = answer(capsys, "briefing", *here)
    assert new_papers["papers"] == 10
    page = tmp_path / "today.html"
    assert main(["briefing", "--format", "html", "--output", str(page), *map(str, here)]) == 0
    assert "10 new papers" in page.read_text(encoding="utf-8")
    answer(capsys, "follow", "remove", "chem", *here)
    assert answer(capsys, "follow", *here)["searches"] == []
    for wrong in (
        ("desk", "star", "nobody"),
        ("follow", "remove", "chem"),
        ("follow", "add", "--name", "x"),
        ("desk", "tag", "", paper.id),
    ):
        assert main([*wrong, *map(str, here)]) == 2


def test_a_search_without_words_or_a_name_is_named_by_its_filters(
    library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    here = ("--library", library.folder)
    generation = library.open()
    topic, paper = generation.levels[0][0], generation.records.ids[0]
    for options, name in (
        (("--topic", topic.id), topic.label),
        (("--year", "2020..2022"), "year:2020..2022"),
        (("--source", "2024-05-01.txt"), 'source:"2024-05-01.txt"'),
        (("--like", paper, "--topic", topic.id), f"like:{paper}"),
        (("--unlike", paper), f"unlike:{paper}"),
        (("liver  segmentation " * 9,), ("liver segmentation " * 9)[:100].strip()),
    ):
        assert answer(capsys, "follow", *options, *here)["name"] == name


def test_a_search_by_meaning_needs_the_model_even_if_no_index_holds_its_words(
    library: LibraryStore,
) -> None:
    generation = library.open()
    kept = followed(generation, "odd", Query("???"))
    assert needs_model(generation, kept)
    assert run(generation, WORDS, kept).problem == ""
    assert "model" in run(generation, None, kept).problem
