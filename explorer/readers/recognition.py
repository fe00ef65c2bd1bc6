"""The format of a digest, decided by its content."""

from __future__ import annotations

import logging

from explorer.errors import DigestError
from explorer.readers.contract import Digest, Reader, Recognition
from explorer.readers.opening import binary_kind
from explorer.readers.registry import load_reader, reader_names
from explorer.readers.unknown_kinds import unknown_kind

_WORDS = ((90, "certain"), (50, "likely"), (20, "a guess"), (0, "for want of a better one"))
"""Confidence, at least, and how it is called."""

LEAST_EVIDENCE = 20
"""Confidence of a reader that saw something of its own in the text; those that fit any text have
less, and get none with another structure."""


def recognise(digest: Digest) -> Reader:
    """Return the reader with the highest confidence; of equal ones the alphabetically first.

    Raises:
        DigestError: no reader recognises the digest.
    """
    return recognise_surely(digest)[0]


def recognise_surely(digest: Digest) -> tuple[Reader, Recognition]:
    """Return what :func:`recognise` does, and how sure that is.

    Raises:
        DigestError: no reader recognises the digest.
    """
    readers = [load_reader(name) for name in reader_names()]
    confidence = {reader.name: _confidence(reader, digest) for reader in readers}
    best = max(readers, key=lambda reader: confidence[reader.name])
    kind = None
    if digest.encoding and confidence[best.name] < LEAST_EVIDENCE:
        kind = unknown_kind(digest)
    if kind:
        raise DigestError(f"this is {kind.what}.", path=digest.path, advice=kind.advice)
    if confidence[best.name] <= 0:
        what = "text in none of the known formats" if digest.encoding else binary_kind(digest)
        raise DigestError(
            f"this is {what}, not a digest.",
            path=digest.path,
            advice="Save titles and abstracts as text; docs/formats.md lists what can be read.",
        )
    others = {name: sure for name, sure in confidence.items() if sure > 0 and name != best.name}
    second = max(others, key=lambda name: others[name], default="")
    sure = Recognition(confidence[best.name], second, others.get(second, 0), remark=digest.remark)
    return best, sure


def sureness(recognition: Recognition) -> str:
    """Return how sure the choice of a format is, in words."""
    if recognition.forced:
        return "as you said"
    sure = next(word for least, word in _WORDS if recognition.confidence >= least)
    text = f"{sure}, {recognition.confidence} of 100"
    if recognition.runner_up:
        text += f"; else {recognition.runner_up}, {recognition.runner_up_confidence}"
    return text


def _confidence(reader: Reader, digest: Digest) -> int:
    """Return the confidence of ``reader``, 0 if it fails on the digest."""
    try:
        return reader.recognises(digest)
    except Exception:
        logging.getLogger(__name__).exception("the reader %s failed to recognise", reader.name)
        return 0
