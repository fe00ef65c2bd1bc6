"""Number of threads that FAISS uses for a query."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let FAISS use ``count`` threads inside the block; 0 stands for the number set before.

    For a single query, synchronising threads takes longer than one thread takes to search, and
    idle threads keep spinning afterwards, which slows down whatever comes next. OpenMP keeps the
    number per calling thread, so parallel searches do not disturb each other.
    """
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count or before)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
