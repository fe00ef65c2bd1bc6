"""The format of a digest, decided by its content."""

from __future__ import annotations

import logging

from explorer.errors import DigestError
from explorer.readers.contract import Digest, Reader
from explorer.readers.opening import binary_kind
from explorer.readers.registry import load_reader, reader_names


def recognise(digest: Digest) -> Reader:
    """Return the reader with the highest confidence; of equal ones the alphabetically first.

    Raises:
        DigestError: no reader recognises the digest.
    """
    readers = [load_reader(name) for name in reader_names()]
    confidence = {reader.name: _confidence(reader, digest) for reader in readers}
    best = max(readers, key=lambda reader: confidence[reader.name])
    if confidence[best.name] <= 0:
        what = "text in none of the known formats" if digest.encoding else binary_kind(digest)
        raise DigestError(
            f"this is {what}, not a digest.",
            path=digest.path,
            advice="Save titles and abstracts as text; docs/formats.md lists what can be read.",
        )
    return best


def _confidence(reader: Reader, digest: Digest) -> int:
    """Return the confidence of ``reader``, 0 if it fails on the digest."""
    try:
        return reader.recognises(digest)
    except Exception:
        logging.getLogger(__name__).exception("the reader %s failed to recognise", reader.name)
        return 0
