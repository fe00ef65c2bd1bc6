"""Topic tables: a bot's store of arXiv papers by topic and id, each a row of its README.

``{"SLAM": {"2201.03814": "- 2022-01-19, **Title**, First Author et.al., Paper: [..](..)\\n"}}`` is
what it keeps for chat, ``"|**2022-01-19**|**Title**|First Author et.al.|[id](url)|null|\\n"`` for
its page. Forks add cells: a link to code, the abstract in a ``<details>`` element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.fields import first_date, ids_in, people, text_of
from explorer.readers.shared.json_stream import ANY, JsonRecord, json_records, looks_like_json

_SIGNATURE = re.compile(
    r'[\s\ufeff]*\{\s*(?:"[^"]{0,200}"\s*:\s*\{\s*\}\s*,\s*){0,100}'
    r'"[^"]{0,200}"\s*:\s*\{\s*"[^"]{4,60}"\s*:\s*"(?:\||- )'
)
_BULLET = re.compile(
    r"-\s*\*{0,2}(?P<date>[\d-]{4,10})\*{0,2}\s*,\s*\*\*(?P<title>[^\n]+?)\*\*\s*,\s*(?P<rest>.*)",
    re.DOTALL,
)
_ROW = re.compile(
    r"\|\s*\*{0,2}(?P<date>[\d-]{4,10})\*{0,2}\s*\|\s*(?P<title>[^\n]+?)"
    r"\|(?P<authors>[^|\n]*)\|(?P<rest>\s*\*{0,2}\[.*)",
    re.DOTALL,
)
_LINK = re.compile(r"\[[^\[\]]*\]\((https?://[^()\s]+)\)")
_ET_AL = re.compile(r"(?<![\s,])[\s,]*\bet\.?\s?al\.?[\s,]*$", re.IGNORECASE)
_DETAILS = re.compile(
    r"<details>\s*(?:<summary>[^<]*</summary>)?((?:(?!<details>)[^|])*?)</details>", re.IGNORECASE
)


class TopicTables:
    """Reads the JSON files of cv-arxiv-daily and its many forks."""

    name = "topic-tables"

    def recognises(self, digest: Digest) -> int:
        return 96 if looks_like_json(digest) and _SIGNATURE.match(digest.head) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for record in json_records(digest, (ANY, ANY)):
            yield record if isinstance(record, Rejection) else _paper(record, digest.name)


def _paper(record: JsonRecord, digest: str) -> Paper | Rejection:
    row = record.value if isinstance(record.value, str) else ""
    match = _BULLET.match(row.strip()) or _ROW.match(row.strip())
    if not match:
        reason = "not a row with date, title, authors and link"
        return Rejection(digest, record.line, reason, str(record.value)[:80])
    parts = match.groupdict()
    rest = parts["rest"]
    links = _LINK.findall(rest)
    topic, key = (*record.keys, "", "")[:2]
    authors = parts.get("authors") or re.split(r",\s*(?:Paper|\*{0,2}\[)", rest, maxsplit=1)[0]
    details = _DETAILS.search(rest)
    ids = ids_in((key, *links[:1]))
    own = text_of(key)
    return Paper(
        title=text_of(parts["title"]).strip("* "),
        abstract=text_of(details[1]) if details else "",
        authors=people(_ET_AL.sub("", authors.strip(" *"))),
        date=first_date(parts["date"]),
        arxiv=ids.arxiv,
        doi=ids.doi,
        other_ids=() if ids.arxiv or not own else (f"digest:{own}",),
        url=text_of(links[0]) if links else "",
        keywords=(text_of(topic),) if text_of(topic) else (),
        sources=(Source(digest, record.line),),
    )
