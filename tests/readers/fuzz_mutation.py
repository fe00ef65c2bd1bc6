"""Damage to digests, the same for the same seed: bytes, tokens, repetitions, archives' members."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Sequence

MOST_BYTES = 1 << 16
"""Longer inputs are cut: what is slow at this length is found, what is huge is not tried."""
_TOKEN = re.compile(rb"[A-Za-z_@#:$%&-]{2,24}|[^\w\s]{1,4}|[\r\n]+")
_MOST_REPEATS = 400
# fmt: off
NASTY = (
    b"\x00", b"\x1b[8m", b"\r", b"\r\n\r\n", b"\x85", b"\x0b", b"\x0c", b"\xff\xfe", b"\xfe\xff",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xe2\x80\xae",
    "\u2028".encode(), "\u2029".encode(), "\u0130".encode(), "\u1e9e".encode(),
    "\U000e0001".encode(), "\u0660\u0661".encode(), "\u00b2".encode(), "\u200b".encode(),
    b"\\ud800", b"\\udfff\\ud800", b"\\u0000", b"\\x", b"&#xD800;", b"&#0;", b"&#x110000;",
    b"&#99999999999;", b"&lt;b&gt;", b"&nbsp;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?xml",
    b'<!DOCTYPE a [<!ENTITY e "x">]>', b"&e;", b"</", b"/>", b"<a ", b"<p>", b"<title>",
    b"xmlns=", b"1e999", b"-0", b"NaN", b"Infinity", b"null", b"true", b"[]", b"{}", b'""',
    b"9" * 5000, b'{"a":', b"[[", b"]]", b"}}", b'":"', b"\\", b"\\\\", b"\\n", b"\\begin{",
    b"$$", b"{{", b"}", b"=?utf-8?b?/w==?=", b"=?utf-8?q?=FF?=", b"=?x?y?z?=", b"=C3=", b"--",
    b"----", b"boundary=", b"Content-Type: text/html; charset=utf-16\n",
    b"Content-Transfer-Encoding: base64\n", b"\n.\n", b"| --- | --- |", b"|", b"](", b"![",
    b"```", b"---\n", b"===\n", b"# ", b"* ", b"1. ", b"> ", b"0000-00-00", b"2024-02-30",
    b"-2147483649", b"99999-13-99", b"TY  - ", b"ER  - ", b"%0 ", b"PT J", b"@article{",
    b"@string{a=b}", b"@comment", b'"#"', b",,,,", b"\t\t", b'"""', b"    ", b"a.a.a",
    b"!!python/object:os.system", b"&a [*a]", b"<<: *a", b"- ", b": ", b"%YAML 9.9", b"...",
    b"? ",
)
# fmt: on
"""Tokens that parsers trip over: halves of surrogates, entities, numbers, openings, fences."""

Mutation = Callable[[bytes, random.Random], bytes]


class Mutator:
    """Makes new digests from ``seeds``, by the numbers of one random generator."""

    def __init__(self, seeds: Sequence[bytes]) -> None:
        self._seeds = list(seeds)
        self._tokens = sorted({token for seed in seeds for token in _TOKEN.findall(seed)})

    def add(self, seed: bytes) -> None:
        """Let ``seed`` be spliced into others from now on."""
        self._seeds.append(seed)

    def mutated(self, content: bytes, chance: random.Random) -> bytes:
        """Return ``content`` with one to six changes; of a ZIP archive, in one of its members."""
        if content.startswith(b"PK\x03\x04") and chance.random() < 0.8:
            return self._in_member(content, chance)
        changes = (self._token, self._token, _removed, _flipped, _repeated, _moved, self._spliced)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            change: Mutation = chance.choice(changes)
            content = change(content, chance)
        return content[:MOST_BYTES]

    def _token(self, content: bytes, chance: random.Random) -> bytes:
        token: bytes = chance.choice(NASTY if chance.random() < 0.5 else self._tokens)
        start, end = _range(content, chance, most=len(token))
        token *= chance.choice((1, 1, 1, 1, 2, 30))
        # Put in, or written over as much as it is long.
        return content[:start] + token + content[start if chance.random() < 0.5 else end :]

    def _spliced(self, content: bytes, chance: random.Random) -> bytes:
        other = chance.choice(self._seeds)
        start, end = _range(other, chance)
        place, rest = _range(content, chance)
        return content[:place] + other[start:end] + content[rest:]

    def _in_member(self, content: bytes, chance: random.Random) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = {name: archive.read(name) for name in archive.namelist()}
        except Exception:
            return _flipped(content, chance)  # damaged before
        changed = chance.choice(sorted(members))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in members.items():
                info = zipfile.ZipInfo(name)  # of one date, so that bytes do not depend on today
                archive.writestr(info, self.mutated(text, chance) if name == changed else text)
        return packed.getvalue()


def _range(content: bytes, chance: random.Random, most: int = 0) -> tuple[int, int]:
    start = chance.randint(0, len(content))
    length = most or chance.choice((1, 4, 16, 64, 256, len(content)))
    return start, min(len(content), start + length)


def _removed(content: bytes, chance: random.Random) -> bytes:
    start, end = _range(content, chance)
    return content[:start] + content[end:]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    if not content:
        return b"\x00"
    place = chance.randrange(len(content))
    return content[:place] + bytes([chance.randrange(256)]) + content[place + 1 :]


def _repeated(content: bytes, chance: random.Random) -> bytes:
    start, end = _range(content, chance)
    times = chance.choice((2, 2, 3, 20, _MOST_REPEATS))
    return content[:start] + (content[start:end] * times)[:MOST_BYTES] + content[end:]


def _moved(content: bytes, chance: random.Random) -> bytes:
    start, end = _range(content, chance)
    rest = content[:start] + content[end:]
    place = chance.randint(0, len(rest))
    return rest[:place] + content[start:end] + rest[place:]
