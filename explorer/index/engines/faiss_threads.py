"""How many threads FAISS uses for a question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let FAISS use ``count`` threads here, or all of them for 0.

    For a single query its threads take longer to agree than one takes to search, and they stay
    awake afterwards, at the cost of whatever comes next. OpenMP keeps the number for each thread
    that calls, so searches side by side do not disturb each other.
    """
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count or before)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
