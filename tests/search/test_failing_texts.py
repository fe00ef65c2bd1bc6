"""Digests in other scripts, and of one text, that once failed.

The collection lies beside the repository.
"""

from __future__ import annotations

from pathlib import Path

from explorer.builds.build import BuildOptions, build
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.search.model import Mode, Query
from explorer.search.search import search
from tests.helpers.failing_digests import failing_digest


def library_of(name: str, folder: Path) -> Generation:
    digest = failing_digest(name)
    store = LibraryStore(folder / "library")
    build(store, [digest], BuildOptions(model="hashing"))
    return store.open()


def test_words_and_phrases_of_chinese_and_japanese_are_found(tmp_path: Path) -> None:
    generation = library_of("cjk_search.jsonl", tmp_path)

    def found(text: str, mode: Mode = Mode.LEXICAL) -> set[str]:
        return {hit.paper.arxiv for hit in search(generation, None, Query(text, mode=mode)).hits}

    assert found("神经网络") == found('"神经网络"') == {"2201.00003"}
    assert found("title:虚构") == {"2201.00003", "2201.00004"}
    assert found("タンパク質") == {"2201.00007"}


def test_papers_with_one_abstract_are_one_topic_with_a_name(tmp_path: Path) -> None:
    generation = library_of("near_identical.jsonl", tmp_path)
    assert [len(level) for level in generation.levels] == [1]
    (topic,) = generation.levels[0]
    assert topic.size == 60
    assert not topic.label.startswith("Topic")
