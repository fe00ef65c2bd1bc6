"""Digest formats: readers turn digest files into papers and rejections.

``contract`` holds what a reader must offer, ``registry`` the readers by name, ``recognition`` the
choice of one by a file's content, ``opening`` unpacking and encodings, ``files`` the walk through
folders, ``reading`` the way from a file to its papers, and ``shared/`` the helpers of several
readers. Each of the other modules is one format.
"""

from __future__ import annotations

from explorer.readers.contract import Digest, Line, Reader, Reading, Rejection
from explorer.readers.files import UNFINISHED_ENDINGS, digest_files
from explorer.readers.opening import open_digests
from explorer.readers.reading import open_with_readers, read_digest, read_digests, read_items
from explorer.readers.recognition import recognise
from explorer.readers.registry import load_reader, reader_names

__all__ = [
    "UNFINISHED_ENDINGS",
    "Digest",
    "Line",
    "Reader",
    "Reading",
    "Rejection",
    "digest_files",
    "load_reader",
    "open_digests",
    "open_with_readers",
    "read_digest",
    "read_digests",
    "read_items",
    "reader_names",
    "recognise",
]
