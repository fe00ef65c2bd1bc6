"""Digest formats: readers turn digest files into papers and rejections.

``contract`` holds what a reader must offer, ``registry`` the readers by name, ``recognition`` the
choice of one by a file's content, ``unknown_kinds`` what is refused by name, ``opening`` unpacking,
``encodings`` the decoding of texts, ``files`` the walk through folders, ``reading`` the way from a
file to its papers, ``sanity`` the check of what was read, ``budget`` what reading may cost,
``reading_process`` and ``reading_program`` the two ends of reading in a child process, and
``shared/`` the helpers of several readers. Each of the other modules is one format.
"""

from __future__ import annotations

from explorer.readers.contract import (
    UNRECOGNISED,
    Digest,
    DigestStream,
    Item,
    Line,
    NotAPaper,
    Reader,
    Reading,
    Recognition,
    Rejection,
)
from explorer.readers.files import UNFINISHED_ENDINGS, digest_files, parts_of_digest
from explorer.readers.opening import open_digests
from explorer.readers.reading import (
    counted_kinds,
    open_with_readers,
    read_digest,
    read_digests,
    read_items,
    stream_digests,
)
from explorer.readers.reading_process import stream_digests_apart
from explorer.readers.recognition import recognise, sureness
from explorer.readers.registry import load_reader, reader_names

__all__ = [
    "UNFINISHED_ENDINGS",
    "UNRECOGNISED",
    "Digest",
    "DigestStream",
    "Item",
    "Line",
    "NotAPaper",
    "Reader",
    "Reading",
    "Recognition",
    "Rejection",
    "counted_kinds",
    "digest_files",
    "load_reader",
    "open_digests",
    "open_with_readers",
    "parts_of_digest",
    "read_digest",
    "read_digests",
    "read_items",
    "reader_names",
    "recognise",
    "stream_digests",
    "stream_digests_apart",
    "sureness",
]
