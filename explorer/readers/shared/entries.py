"""Papers in a list of look-alikes: alerts by mail, tables of contents, results of a search.

Every sender and every site has a layout of its own, but within one page all papers look alike: a
linked title, then its authors, the venue with the year, a snippet or an abstract, in rows of their
own. So rows with a linked title are grouped by the shape that the markup gives them, and a group
is one of papers if what follows its titles is what follows a paper's title. Footers, menus and
advertisements have neither that shape nor those rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from explorer.papers.dates import DATE_IN_TEXT, complete_year, issue_date, parse_date
from explorer.papers.paper import Paper, Source, arxiv_id, doi, title_key
from explorer.papers.text import tidy
from explorer.readers.contract import Rejection
from explorer.readers.shared.author_lists import (
    CJK_NAME,
    KIND_OF_WORK,
    MOST_WORDS,
    author_list,
    parted_names,
)
from explorer.readers.shared.html_pieces import Row
from explorer.readers.shared.markdown_inline import BARE_ADDRESS, reference
from explorer.readers.shared.page_blocks import is_furniture
from explorer.readers.shared.reference_fields import doi_in, ids_in_addresses

_MOST_ROWS = 60
"""Rows of one entry: more is the rest of the page."""
_MOST_LEADING_ROWS = 3
_PROSE_WORDS = 12
_SENTENCE_WORDS = 5
_LONGEST_VENUE_WORDS = 25
_LONGEST_CITATION_WORDS = 40
_LONGEST_TITLE_WORDS = 60
_TITLE_SHARE = 0.6
"""Of a title's row the link covers so much, or the row is a sentence with a link in it."""
_NUMBERING = re.compile(r"^\s*(?:\(?\d{1,4}[.)]|\[\d{1,4}\]|#\d{1,4}[.:]?)\s+")
_BEFORE_TITLE = re.compile(
    r"^\s*(?:\[(?:pdf|html|book|citation|preprint|doc|abs|b|c|u|new|free)\]\s*)+", re.I
)
_AFTER_TITLE = re.compile(
    r"\s*[(\[](?:\d{1,3}[ -]min(?:ute)?s?(?: read| watch)?|github repo|pdf|html|video|website|paper"
    r"|preprint|open access|free access|tool|arxiv|link)[)\]]\s*$",
    re.I,
)
_FOOTER = re.compile(
    r"\bunsubscribe\b|\bcancel (?:this )?alert|list (?:my )?alerts|(?:manage|edit|change|update) "
    r"(?:your |my )?(?:alerts?|preferences|subscriptions?|e-?mail settings)"
    r"|you(?: are|['’]re| have)? receiv(?:ing|ed) this|this (?:message|e-?mail|alert|mail)"
    r" (?:was|is) sent|privacy policy|terms (?:of (?:use|service)|and conditions)"
    r"|all rights reserved|^\s*(?:©|\(c\)|copyright\b)|view (?:this|it|in)\b.{0,30}browser"
    r"|see all recommendations"
    r"|view complete results|was this (?:helpful|useful|recommendation)|(?:opt|log) out\b"
    r"|add us to your address book|do not reply|sponsored? (?:by|message)",
    re.I,
)
_LABEL = re.compile(
    r"^(?P<label>authors?|by|abstract|summary|tl;?dr|published(?: (?:on|in|online|date))?|journal"
    r"|venue|source|date|year|doi|keywords?|subjects?|publication date|arxiv(?: id)?|pmid|title"
    r"|comments?|categories|submitted(?: on)?)"
    r"\s*[:：]\s*(?P<rest>.*)$",
    re.I | re.S,
)
_LABELLED = {
    "author": "authors",
    "authors": "authors",
    "by": "authors",
    "abstract": "abstract",
    "summary": "summary",
    "tldr": "summary",
    "journal": "venue",
    "venue": "venue",
    "source": "venue",
    "published in": "venue",
    "doi": "ids",
    "arxiv": "ids",
    "arxiv id": "ids",
    "pmid": "ids",
    "keyword": "keywords",
    "keywords": "keywords",
    "comment": "",
    "comments": "",
    "title": "",
    "subject": "keywords",
    "subjects": "keywords",
    "categories": "keywords",
}
"""Kinds of labelled rows; those of the others are dates."""
_PREPRINTS = re.compile(r"arxiv(?:\.org)?", re.I)
"""A venue, though a menu has it, too."""
_PARTS = re.compile(r"\s+[·•|∙⋅]\s+")
_ARXIV_NAMED = re.compile(r"arxiv[:.\s]{0,2}(\d{4}\.\d{4,5})", re.I)
_PMID_NAMED = re.compile(r"\bPMID:?\s?(\d{5,9})\b")
_VOLUME = re.compile(r"Proceedings of (?:the|machine)\b|Actes de la\b", re.I)
_BIBTEX = re.compile(r"^\s*@[A-Za-z]{4,20}\s*\{")
_BIBTEX_FIELD = re.compile(r"\b(year|booktitle|journal)\s*=\s*[{\"]([^{}\"]{2,300})[}\"]", re.I)
_TRUNCATED = re.compile(r"^\s*(?:\.\.\.|…)|(?:\.\.\.|…)\W*$")
_MORE = re.compile(r"\s*(?:[▽△▼▲]\s*(?:More|Less)|(?:Read|See|Show|View) more\W*)$")
_PUBLISHED = re.compile(
    r"(?:^|(?<=[\s,;]))[\s,;]*(?:first )?(?:submitted|published|posted|released|available)"
    r"(?: online)?(?: on| in)?\W*$",
    re.I,
)
_PROCEEDINGS = re.compile(r"^\W*(?:in:?\s+)?(?:proceedings of|proc\.|advances in)\s", re.I)
_NO_TITLE = re.compile(
    r"(?:(?:download|view|read|open|get|see|browse|show|access|full|related|go to|supplementary"
    r"|supplemental|supp|official|free|all \d+|cited by|references?|citations?|similar|export|save"
    r"|share|copy|follow|subscribe|sign|log|click|visit|find)\b.{0,24}"
    r"|bibtex|bib|supp|slides|poster|video|code|data|dataset|website|project(?: page)?|openreview"
    r"|abs|abstract|doi|url|link|html|pdf(?: \d.*)?|arxiv|[\w-]+(?:\.[\w-]+)*"
    r"\.(?:org|com|edu|net|gov|io|ac\.uk|de|cn|pdf|html?))\W*",
    re.I,
)
"""Labels of links that lead to a paper, or anywhere, and are not its title."""
_EXPORTS = re.compile(r"\.(?:bib|endf|xml|ris|enw|nbib)(?:[?#]|$)", re.I)
_PAPER_ADDRESS = re.compile(
    r"pubmed\.ncbi\.nlm\.nih\.gov/\d|ncbi\.nlm\.nih\.gov/(?:pubmed|pmc)/|/(?:doi|abs|abstract|full"
    r"|article|articles|chapter|paper|papers|publication|proceedings|content/short)s?/"
    r"|(?:bio|med|chem|psy|osf)r?xiv|biorxiv\.org/|/document/\d|semanticscholar\.org/|ssrn\.com/"
    r"|openreview\.net/|aclanthology\.org/|proceedings\.mlr\.press/|/pii/|\.pdf$",
    re.I,
)


@dataclass(slots=True)
class _Entry:
    """A linked title and the rows below it."""

    row: Row
    title: str
    address: str
    below: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Fields:
    """Fields from the rows of an entry."""

    authors: tuple[str, ...] = ()
    date: str = ""
    venue: str = ""
    abstract: list[str] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)
    keywords: tuple[str, ...] = ()
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    awaited: str = ""
    """The field whose label stood in the row before."""
    prose: list[str] = field(default_factory=list)
    """Text without a label, an abstract if it is whole."""
    in_prose: bool = False

    @property
    def evidence(self) -> bool:
        """Whether the rows are those of a paper, not of any text."""
        return bool(self.authors or (self.venue and self.date) or self.ids)


def papers_in_entries(rows: Sequence[Row], digest: str, date: str) -> list[Paper | Rejection]:
    """Return the papers of a page whose papers look alike; nothing if it is no such page."""
    rows = [row for row in rows if row.links or row.text]
    candidates = {
        index: entry for index, row in enumerate(rows) if (entry := _entry(row)) is not None
    }
    starts = _titles_of_papers(rows, candidates)
    items: list[Paper | Rejection] = []
    seen: set[tuple[str, str]] = set()
    papers = 0
    for entry in _with_rows(rows, {index: candidates[index] for index in starts}):
        fields = _fields(entry)
        key = (title_key(entry.title), entry.address)
        if key in seen:
            continue
        seen.add(key)
        if _VOLUME.match(entry.title):
            reason = "a volume of proceedings, not a paper"
            items.append(Rejection(digest, entry.row.line, reason, entry.title[:80]))
        elif fields.evidence or _names_paper(entry.address):
            papers += 1
            items.append(_paper(entry, fields, Source(digest, entry.row.line, date)))
        else:
            reason = "a linked heading that leads to no paper and has no authors"
            items.append(Rejection(digest, entry.row.line, reason, entry.title[:80]))
    return items if papers else []


def _entry(row: Row) -> _Entry | None:
    """Return the entry that ``row`` may be the title of."""
    links = [(label, address) for label, address in row.links if _leads_away(address)]
    if not links and row.role != "title":
        return None
    text = _bare_title(row.text)
    label, address = max(links, key=lambda link: len(link[0]), default=("", ""))
    covered = len(label) >= _TITLE_SHARE * len(text)
    if row.role == "title" and not covered:
        title = text
    elif covered or (text.startswith(label) and _is_shown_by(text[len(label) :])):
        title = _bare_title(label)
    else:
        return None
    return _Entry(row, title, address) if _may_be_title(title, row, address) else None


def _is_shown_by(rest: str) -> bool:
    """Whether what stands behind a link in its row is what stands behind a title."""
    return bool(author_list(rest, alone=False) or _names_and_venue(rest.strip(" ,.;:-–—")))


def _may_be_title(title: str, row: Row, address: str) -> bool:
    words = len(title.split())
    least = 1 if row.role == "title" or row.heading or _names_paper(address) else 2
    lettered = least <= words and len(re.findall(r"[^\W\d]", title)) >= 4
    # Titles in Chinese and Japanese have no blanks between words.
    if words > _LONGEST_TITLE_WORDS or not (lettered or CJK_NAME.search(title)):
        return False
    if _NO_TITLE.fullmatch(title) or _LABEL.match(title) or arxiv_id(title) or doi(title):
        return False
    return not (is_furniture(title) or _FOOTER.search(title) or BARE_ADDRESS.fullmatch(title))


def _leads_away(address: str) -> bool:
    return bool(address) and not address.lower().startswith(
        ("#", "javascript:", "mailto:", "data:")
    )


def _bare_title(text: str) -> str:
    text = _BEFORE_TITLE.sub("", _NUMBERING.sub("", _BEFORE_TITLE.sub("", text)))
    text = _AFTER_TITLE.sub("", text).strip(' "“”')
    return text if text.endswith("..") else text.removesuffix(".")


def _titles_of_papers(rows: Sequence[Row], candidates: dict[int, _Entry]) -> list[int]:
    """Return where the titles of papers are: of each shape either all or none of the rows."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, entry in candidates.items():
        groups.setdefault((entry.row.role, *entry.row.shape), []).append(index)
    ranked = []
    for indices in groups.values():
        entries = list(_with_rows(rows, {index: candidates[index] for index in indices}))
        leading = [_names_paper(entry.address) for entry in entries]
        proven = [
            lead or _fields(entry).evidence for lead, entry in zip(leading, entries, strict=True)
        ]
        if 2 * sum(proven) < len(entries) and not any(leading):
            continue
        words = sum(len(entry.title.split()) for entry in entries) / len(entries)
        marked = entries[0].row.role == "title" or entries[0].row.heading
        ranked.append((sum(leading) > 0, marked, min(words, 6.0), len(entries), indices))
    chosen: list[int] = []
    for _, _, _, _, indices in sorted(ranked, key=lambda group: group[:4], reverse=True):
        inside = sum(bool(chosen) and min(chosen) < index for index in indices)
        # What lies between titles already found are authors, related papers, places.
        if not chosen or 2 * inside <= len(indices) or _own_papers(indices, candidates, chosen):
            chosen += indices
    return sorted(chosen)


def _own_papers(indices: list[int], candidates: dict[int, _Entry], chosen: list[int]) -> bool:
    """Whether most of the rows lead to papers that no title found before leads to."""
    known = {candidates[index].address for index in chosen}
    new = [i for i in indices if reference([candidates[i].address]).names_paper]
    return 2 * sum(candidates[i].address not in known for i in new) > len(indices)


def _with_rows(rows: Sequence[Row], starts: dict[int, _Entry]) -> Iterator[_Entry]:
    """Yield entries with the rows up to the next one, a footer or another heading."""
    places = sorted(starts)
    leads = _leads(rows, places, starts)
    for index, end in pairwise([*places, len(rows)]):
        entry = starts[index]
        lead = leads.get(index)
        address = entry.address or (_paper_links(rows[lead])[0] if lead is not None else "")
        below: list[Row] = []
        for row in rows[index + 1 : min(leads.get(end, end), index + 1 + _MOST_ROWS)]:
            if _FOOTER.search(row.text[:300]) or (row.heading and entry.row.heading):
                break
            below.append(row)
        yield _Entry(entry.row, entry.title, address, below)


def _leads(rows: Sequence[Row], places: Sequence[int], starts: dict[int, _Entry]) -> dict[int, int]:
    """Return where the address of each title is, on a page that puts it above the title."""
    leads: dict[int, int] = {}
    for place in places:
        if starts[place].address:
            continue
        before = range(max(place - _MOST_LEADING_ROWS, 0), place)
        above = next((index for index in before if _paper_links(rows[index])), None)
        if above is not None:
            leads[place] = above
        elif place == places[0]:
            return {}
    return leads


def _paper_links(row: Row) -> list[str]:
    return [address for _, address in row.links if reference([address]).names_paper]


def _names_paper(address: str) -> bool:
    return (
        reference([address]).names_paper
        or bool(ids_in_addresses([address]))
        or bool(_PAPER_ADDRESS.search(address) and re.search(r"\d", address))
    )


def _fields(entry: _Entry) -> _Fields:
    fields = _Fields()
    behind = entry.row.text.partition(entry.title)[2].strip(" ,.;:-–—")
    if behind and not _AFTER_TITLE.fullmatch(f" {behind}"):
        _take(fields, "", behind, 0)
    before = entry.row
    for place, row in enumerate(entry.below):
        fields.links += [address for _, address in row.links if _leads_away(address)]
        text = _MORE.sub("", row.text).strip(" ;")
        if not text or _BIBTEX.match(text):
            _take_bibtex(fields, text)
        elif _goes_on(before, row, fields):
            fields.authors += author_list(text)
        else:
            _take_ids(fields, text)
            goes_on = fields.in_prose and row.shape == before.shape and not _LABEL.match(text)
            _take(fields, "prose" if goes_on and not row.role else row.role, text, place)
        before = row
    return fields


def _goes_on(before: Row, row: Row, fields: _Fields) -> bool:
    """Whether a row is one more author, where each has a row of their own."""
    alike = before.shape == row.shape and before.role == row.role
    listed = before.text.endswith((",", ";")) or (bool(before.links) and bool(row.links))
    last = author_list(before.text)[-1:]
    return alike and listed and fields.authors[-1:] == last != () and bool(author_list(row.text))


def _take(fields: _Fields, role: str, text: str, place: int) -> None:
    """Put the text of one row into the field that it is of."""
    in_prose, fields.in_prose = fields.in_prose, False
    if label := _LABEL.match(text):
        kind = _LABELLED.get(label["label"].lower().replace(";", ""), "date")
        fields.awaited = "" if label["rest"] else kind
        _put(fields, kind, label["rest"])
    elif fields.awaited:
        kind, fields.awaited = fields.awaited, ""
        _put(fields, kind, text)
    elif role == "authors" and len(text.split()) <= MOST_WORDS:
        fields.authors = fields.authors or author_list(text) or parted_names(text)
    elif is_furniture(text) or KIND_OF_WORK.fullmatch(text):
        fields.in_prose = in_prose
    elif role in {"abstract", "snippet"}:
        _put(fields, "abstract" if role == "abstract" else "summary", text)
    elif role == "prose":
        fields.prose.append(text)
        fields.in_prose = True
    elif not fields.authors and place <= 3 and (names := author_list(text, alone=place <= 2)):
        fields.authors = names
    elif line := _names_and_venue(text):
        fields.authors = fields.authors or line[0]
        fields.venue, fields.date = fields.venue or line[1], fields.date or line[2]
    elif _is_prose(text, role):
        fields.prose.append(text)
        fields.in_prose = True
    else:
        _take_parts(fields, text, role)


def _is_prose(text: str, role: str) -> bool:
    """Whether a row is of sentences, not the place of publication."""
    words = len(text.split())
    if role in {"venue", "date"} or _PROCEEDINGS.match(text):
        return False
    if words < _PROSE_WORDS:
        whole = bool(re.search(r"[.!?…]$", text)) and not DATE_IN_TEXT.search(text)
        return whole and words >= _SENTENCE_WORDS
    marked = re.search(r"\bdoi:\s?10\.|\bPMID:|\b(?:19|20)\d\d[^.]{0,20};\s?\d+", text[:300], re.I)
    return not marked or words > _LONGEST_CITATION_WORDS


def _put(fields: _Fields, kind: str, text: str) -> None:
    if not text:
        return
    if kind == "authors":
        fields.authors = fields.authors or author_list(text) or parted_names(text)
    elif kind == "abstract":
        fields.abstract.append(text)
    elif kind == "summary":
        fields.summary.append(text)
    elif kind == "venue":
        _take_parts(fields, text, "venue")
    elif kind == "date":
        fields.date = fields.date or issue_date(text)
    elif kind == "keywords":
        fields.keywords = tuple(part for part in map(tidy, re.split(r"[;,]", text)) if part)


def _take_parts(fields: _Fields, text: str, role: str) -> None:
    """Take a row such as "Article · Jan 2020 · Journal of Examples", part by part."""
    parts = [part.strip() for part in _PARTS.split(text)]
    dated = role == "venue" or any(DATE_IN_TEXT.search(part) for part in parts)
    for part in parts:
        date_match = DATE_IN_TEXT.search(part)
        if KIND_OF_WORK.fullmatch(part) or (
            is_furniture(part) and not _PREPRINTS.fullmatch(part) and not date_match
        ):
            continue
        when = issue_date(date_match[0]) if date_match else parse_date(part)
        fields.date = fields.date or when
        venue = _venue(part[: date_match.start()] if date_match else "" if when else part)
        if not fields.authors and not date_match and (names := author_list(part, alone=False)):
            fields.authors = names
        elif dated or _PROCEEDINGS.match(part):
            fields.venue = fields.venue or venue


def _venue(text: str) -> str:
    """Return the venue in what stands before the date, or alone; nothing if it is a sentence."""
    text = re.sub(r"\bdoi:.*|https?:\S*", "", text, flags=re.I)
    text = KIND_OF_WORK.sub("", text) if KIND_OF_WORK.match(text) else text
    text = _PUBLISHED.sub("", text.strip(" .,;:()[]-–—")).rstrip(" ,;")
    return text if len(text.split()) <= _LONGEST_VENUE_WORDS else ""


def _take_ids(fields: _Fields, text: str) -> None:
    if len(text) > 2_000:
        return
    if match := _ARXIV_NAMED.search(text):
        fields.ids.append(match[1])
    if name := doi_in(text):
        fields.ids.append(name)
    if match := _PMID_NAMED.search(text):
        fields.ids.append(f"https://pubmed.ncbi.nlm.nih.gov/{match[1]}/")


def _take_bibtex(fields: _Fields, text: str) -> None:
    for match in _BIBTEX_FIELD.finditer(text[:5_000]):
        if match[1].lower() == "year":
            fields.date = fields.date or issue_date(match[2])
        else:
            fields.venue = fields.venue or tidy(match[2])


def _names_and_venue(text: str) -> tuple[tuple[str, ...], str, str] | None:
    """Split "J Doe, R Roe - Journal of Examples, 2019 - publisher.org"."""
    left, dash, right = (part.strip() for part in _partition_dash(text))
    if not dash or not right or len(text.split()) > 60:
        return None
    names = author_list(left, alone=True)
    if not names:
        return None
    date_match = DATE_IN_TEXT.search(right)
    if date_match is None:
        return (names, right.split(" - ")[0], "") if len(right.split()) <= 12 else None
    return names, right[: date_match.start()].strip(" ,-–—("), issue_date(date_match[0])


def _partition_dash(text: str) -> tuple[str, str, str]:
    match = re.search(r"\s[-–—]\s", text)
    return (text[: match.start()], match[0], text[match.end() :]) if match else (text, "", "")


def _paper(entry: _Entry, fields: _Fields, source: Source) -> Paper:
    below = [a for a in fields.links if _names_paper(a) and not _EXPORTS.search(a)]
    own = [a for _, a in entry.row.links if _leads_away(a) and not _EXPORTS.search(a)]
    addresses = [entry.address, *own, *below]
    known = reference(addresses, fields.ids)
    others = [f"{scheme}:{value}" for scheme, value in ids_in_addresses([*addresses, *fields.ids])]
    prose = " ".join(fields.prose)
    cut = bool(_TRUNCATED.search(prose))
    return Paper(
        title=entry.title,
        abstract=" ".join(fields.abstract) or ("" if cut else prose),
        authors=fields.authors,
        date=complete_year(fields.date, source.date),
        venue=fields.venue,
        arxiv=known.arxiv,
        doi=known.doi,
        other_ids=tuple(dict.fromkeys((*known.others, *others))),
        url=entry.address if entry.address.startswith("http") else known.url,
        keywords=fields.keywords,
        summary=" ".join(fields.summary) or (prose if cut else ""),
        sources=(source,),
    )
