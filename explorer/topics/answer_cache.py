"""Answers of language models, kept: a question that was answered once is not sent again.

One append-only file; each line is the CRC-32 of its JSON, a blank, and the JSON: a key and the
answer. A line that is torn or altered is skipped, so its question is sent again.
"""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from zlib import crc32

from explorer.files import writing


class AnswerCache:
    """The answers in ``path`` by key; the file is made with the first answer."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str) -> str | None:
        return self._answers.get(key)

    def put(self, key: str, answer: str) -> None:
        """Keep ``answer``; it is on disk when this returns.

        Raises:
            LibraryError: the file cannot be written.
        """
        content = json.dumps([key, answer])
        with writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                # It begins with a line break: the line before may be torn.
                file.write(f"\n{crc32(content.encode()):08x} {content}\n".encode())
                file.flush()
                os.fsync(file.fileno())
        self._answers[key] = answer

    @cached_property
    def _answers(self) -> dict[str, str]:
        answers: dict[str, str] = {}
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return answers
        for line in lines:
            checksum, _, content = line.partition(b" ")
            if checksum == b"%08x" % crc32(content):
                key, answer = json.loads(content)
                answers[key] = answer
        return answers
