"""Caches in memory that drop the least recently used value; safe with several threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Generic, TypeVar, TypeVarTuple
from weakref import WeakKeyDictionary

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Owner = TypeVar("_Owner")
_Arguments = TypeVarTuple("_Arguments")


class LruCache(Generic[_Key, _Value]):
    """At most ``size`` values by key; a new one replaces the least recently used.

    ``functools.lru_cache`` cannot fetch the missing values of many keys at once, and keeps its
    arguments alive.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key) -> _Value | None:
        """Return the value of ``key``; None where it is not cached."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: _Key, value: _Value) -> None:
        """Store the value of ``key``."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._size:
                self._values.popitem(last=False)


def cached_by_owner(
    size: int,
) -> Callable[[Callable[[_Owner, *_Arguments], _Value]], Callable[[_Owner, *_Arguments], _Value]]:
    """Cache a function's values for as long as its first argument lives.

    A value must not refer to that argument, which would keep it alive.

    Args:
        size: values cached for each first argument.
    """

    def decorate(
        function: Callable[[_Owner, *_Arguments], _Value],
    ) -> Callable[[_Owner, *_Arguments], _Value]:
        caches: WeakKeyDictionary[_Owner, LruCache[tuple[*_Arguments], tuple[_Value]]] = (
            WeakKeyDictionary()
        )
        lock = Lock()

        @wraps(function)
        def cached(owner: _Owner, *arguments: *_Arguments) -> _Value:
            with lock:
                cache = caches.setdefault(owner, LruCache(size))
            known = cache.get(arguments)
            if known is None:
                known = (function(owner, *arguments),)  # a tuple, for a value may be None
                cache.put(arguments, known)
            return known[0]

        return cached

    return decorate
