"""Caches: least recently used values go first, and owners are not kept alive."""

from __future__ import annotations

import gc
from weakref import ref

from explorer.library.caching import LruCache, cached_by_owner


class Owner:
    """Something that values are cached for."""


def test_the_least_recently_used_value_is_dropped() -> None:
    cache = LruCache[str, int](2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]
    cache.put("a", 4)
    assert cache.get("a") == 4


def test_each_owner_has_a_cache_of_its_own() -> None:
    computed: list[int] = []

    @cached_by_owner(2)
    def double(_owner: Owner, number: int) -> int:
        computed.append(number)
        return 2 * number

    first, second = Owner(), Owner()
    assert [double(first, number) for number in (1, 2, 1, 3, 1, 2)] == [2, 4, 2, 6, 2, 4]
    assert computed == [1, 2, 3, 2]
    assert double(second, 2) == 4
    assert computed == [1, 2, 3, 2, 2]


def test_none_is_cached_as_any_other_value() -> None:
    computed: list[int] = []

    @cached_by_owner(1)
    def nothing(_owner: Owner) -> None:
        computed.append(1)

    owner = Owner()
    nothing(owner)
    nothing(owner)
    assert len(computed) == 1


def test_a_cache_does_not_keep_its_owner_alive() -> None:
    @cached_by_owner(1)
    def name(_owner: Owner) -> str:
        return "name"

    owner = Owner()
    assert name(owner) == "name"
    gone = ref(owner)
    del owner
    gc.collect()
    assert gone() is None
