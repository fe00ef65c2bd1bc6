"""Bots' Markdown digests: each paper a heading or a ``<summary>``, with labelled fields below.

The fields have names but no order: ``*Authors*`` without a label, ``Main category: cs.CL``,
``TL;DR: ...``, ``**Abstract:** ...``, a label on a line of its own, a heading or a nested
``<summary>Abstract</summary>``. Sections are headings too; a heading is a paper's if something
below it shows that: a link to a paper, an abstract, authors. Text by a model or an editor (TL;DR,
relevance, a quotation of a few words) is a summary and never an abstract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from explorer.papers.dates import date_within, file_date
from explorer.papers.paper import Paper, Source, arxiv_id
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Line, Rejection
from explorer.readers.shared.fields import listed
from explorer.readers.shared.markdown_inline import (
    Inline,
    Reference,
    inline,
    markdown_date,
    names,
    reference,
    unnumbered,
    without_links,
)
from explorer.readers.shared.page_blocks import is_furniture

_LABELS = {
    name: kind
    for kind, kinds in {
        "title": "title|paper title|标题|论文标题|题目|original title|英文标题",
        "authors": "authors|author|by|作者|author(s)",
        "abstract": "abstract|摘要|original abstract|full abstract|英文摘要|原文摘要|paper abstract"
        "|abstract (english)|abstract (en)|show abstract|click to view abstract|abs",
        "summary": "tl;dr|tldr|tl, dr|summary|ai summary|relevance|总结|one-sentence summary"
        "|one-line summary|ai-generated summary|why it matters|key points|highlights|一句话总结"
        "|中文摘要|summary (ai)|gpt summary|llm summary|overview|key idea|takeaway|description"
        "|概括|概述|概要|一句话|summary of the paper|in one sentence|main idea",
        "date": "date|published|publish date|published on|publication date|submitted|日期|发布日期"
        "|发布时间|published date|submitted on|submission date|announced|时间|published at|year"
        "|publication year|年份|发表年份|年",
        "venue": "venue|journal|conference|published in|journal ref|journal-ref|publication|会议"
        "|期刊|刊物|publication title|book title|proceedings|conference name|来源|source",
        "categories": "main category|category|categories|primary category|subjects|subject|分类"
        "|arxiv categories|类别",
        "keywords": "keywords|tags|关键词|keyword",
        "id": "arxiv id|arxiv|id|paper id|doi|arxiv-id|编号|identifier",
        "other": "motivation|method|methods|result|results|conclusion|conclusions|code|link|links"
        "|comments|comment|upvotes|url|pdf|paper|github|project|stars|affiliations|affiliation"
        "|paper link|链接|动机|方法|结果|结论|代码|score|rating|votes|project page|paper url"
        "|pdf link"
        "|arxiv link|pdf url|institution|institutions|likes|contribution"
        "|contributions|methodology|background|findings|limitations|reason|reasoning|task|dataset"
        "|url (abs)|abs link|resources|first author|submitter|submitted by|hugging face|website"
        "|homepage|home page|metadata|info|information|bibliography|citation|cite|bibtex|note|notes"
        "|my notes|annotations|annotation|highlights and notes|attachments|related|references"
        "|questions|comments|type|item type|zotero|citekey|citation key|zotero link|信息|基本信息"
        "|元数据|文献信息|笔记|阅读笔记|批注|引用|参考文献|附件|メモ|metadaten|notizen",
        "updated": "updated|last updated|updated on|last update|generated on|更新时间|generated",
    }.items()
    for name in kinds.split("|")
}
_AFTER_LABEL = ":：* \t\r\n\xa0\u3000"
_PAPER_LABELS = frozenset(("authors", "abstract", "summary", "categories", "id"))
_ONCE = frozenset(("authors", "abstract", "categories"))
_OF_RECORD = frozenset(("categories", "date", "venue", "id"))
_PAPER_LINK = re.compile(r"\W*(?:paper|pdf|arxiv|preprint|paper link|paper url|论文)\W*", re.I)
_BOLD_LINE = re.compile(r"^(?:\*\*|__)(?=\S)([^*\n]{3,400})(?<=\S)(?:\*\*|__)\s*$")
_BOLD_TITLE = re.compile(r"^\*\*[^*\n]{3,400}\*\*[ \t]*$", re.M)
_LABELLED_LINK = re.compile(r"^[-*+ ]{0,6}(?:paper|pdf|arxiv)\W{1,4}https?://", re.M | re.I)
_CATEGORIES = re.compile(r"[a-z-]{2,18}(?:\.[A-Za-z-]{2,18})?(?:\s+[a-z-]{2,18}\.[A-Za-z-]{2,18})+")
_CALLOUT = re.compile(r"^>\s*\[!([\w-]{2,20})\][+-]?\s*(.*)$")
_VENUE_AND_YEAR = re.compile(r"([^\d\W].{1,60}?)[\s,']+((?:19|20)\d\d)")
_CONTENTS = re.compile(r"\[\[?toc\]?\]", re.I)
_MARKS = re.compile(r"^(?:[-*+]\s+|>\s?)+")
_LABELLED = re.compile(
    r"^[^\w\s(\[*_<]{0,4}\s*(?:\*\*|__|\*|_|<b>|<strong>)?[^\w(\[*_<]{0,4}"
    r"([^\W\d_][\w ,;()/\-']{0,30}?)\s*"
    r"(?:(?:\*\*|__|\*|_|</b>|</strong>)\s*[:：]|[:：]\s*(?:\*\*|__|\*|_|</b>|</strong>)?)\s*(.*)$",
    re.DOTALL,
)
_BOLD_LABEL = re.compile(
    r"^\W{0,6}(?:\*\*|__|<b>)[^*_<>:：]{1,40}(?:[:：]\s?(?:\*\*|__|</b>)|(?:\*\*|__|</b>)\s?[:：])"
)
_BARE_LABEL = re.compile(
    r"^\W{0,4}(?:\*\*|__|\*|_|<b>)([^*_<>]{2,30})(?:\*\*|__|\*|_|</b>)\W{0,2}$"
)
_LABELS_TOGETHER = re.compile(  # blank lines between them make a scraped page's paragraphs
    r"^\W{0,6}title\W{0,3}:[^\n]*\n[^\w\n]{0,6}(?:authors?|abstract|date|link|url|published)\W{0,3}:",
    re.M | re.I,
)
_OTHER_MARKUP = re.compile(r"<(?:\?xml|!doctype|html|feed|rss|rdf)", re.I)
_FIELD = re.compile(r"[A-Za-z_][\w-]*+\s*+:")
_MOST_FRONT_MATTER = 200
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)(?:\s#+)?$")
_SUMMARY_TAG = re.compile(
    r"^(?:[-*+]\s+)?(?:<details(?:\s[^<>]{0,200})?>\s*)?<summary>"
    r"(?P<label>[^<]*(?:<(?!/?summary>)[^<]*)*)(?:</summary>)?",
    re.I,
)
_HEADING_LABEL = re.compile(r"^(?:paper|title|论文|标题)\s*\d{0,4}\s*[:：]\s*(?=\S)", re.I)
_BOLD_PART = re.compile(r"^\s*<(b|strong)>(.{1,2000}?)</\1>", re.I)
_ITALIC_LINE = re.compile(
    r"^(?:\*(?!\*)(.+)(?<!\*)\*|_(?!_)(.+)(?<!_)_|<i>(.+)</i>|<em>(.+)</em>)$"
)
_RULE = re.compile(r"^\s*(?:-{3,}|\*{3,}|_{3,})\s*$")
_ONLY_TAGS = re.compile(r"^(?:\s*</?[a-z][^<>]{0,300}>\s*)+$", re.I)
_GENERIC = re.compile(
    r"\W*(?:details?|show|more|click\b.*|expand|read more|展开|toc"
    r"|table of contents|contents|目录|点击.*)\W*",
    re.I,
)
_UPDATED = re.compile(r"\b(?:updated|generated|date|更新)", re.I)
_MISSING = re.compile(r"(?:no (?:abstract|summary)\b.{0,30}|n/?a|none|null|nan)\W*", re.I)
_TRUNCATED = re.compile(r"(?:\.\.\.|…)\W*$")
_ABSTRACT_WORDS = 40
"""An unlabelled text of so many words, and whole, is an abstract."""
_RECORD_ABSTRACT_WORDS = 20
_SUMMARY_WORDS = 4


@dataclass(slots=True)
class _Block:
    """Content below one heading (or ``<summary>``, or title label)."""

    line: int
    heading: str
    links: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    """Addresses in sentences: used as the paper's own only if there are no others."""
    linked: bool = False
    """Whether the heading itself leads to a paper."""
    texts: dict[str, list[str]] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    current: str = ""
    by_summary: bool = False
    by_bold: bool = False
    paper_link: bool = False
    """Whether a label says that the link behind it leads to the paper."""
    entries: int = 0
    """Bullets that are nothing but a link with a name of its own: a list, not one paper."""
    in_callout: bool = False
    names: set[str] = field(default_factory=set)
    """Labels of the fields that a paper has once, as they are written."""
    headless: bool = False
    """Whether it begins with a field that the block before has already."""
    size: int = 0

    def add(self, kind: str, text: str) -> None:
        if text and not _MISSING.fullmatch(text):
            self.texts.setdefault(kind, []).append(text)

    def text(self, kind: str) -> str:
        return " ".join(self.texts.get(kind, ()))


class MarkdownDigest:
    """Reads Markdown in which papers are headings with labelled fields below."""

    name = "markdown-digest"

    def recognises(self, digest: Digest) -> int:
        if not digest.encoding or _OTHER_MARKUP.match(digest.head.lstrip("\ufeff \t\r\n")):
            return 0
        marked = re.search(r"^#{1,6}\s|<summary>", digest.head, re.M | re.I) or (
            _BOLD_TITLE.search(digest.head) and _LABELLED_LINK.search(digest.head)
        )
        if not marked and not _LABELS_TOGETHER.search(digest.head):
            return 0
        lines = (Line(i, text) for i, text in enumerate(digest.head.splitlines(), start=1))
        papers = with_label = 0
        for block in _blocks(lines):
            if not isinstance(block, _Block):
                continue
            papers += block.headless
            if _is_paper(block) and _title(block):
                papers += 1
                by_form = block.by_summary or (block.by_bold and block.paper_link)
                with_label += bool(block.labels & _PAPER_LABELS) or by_form
        return (94 if marked else 40) if with_label and 2 * with_label >= papers else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        date = file_date(digest.path.name)
        for block in _blocks(digest.lines()):
            if isinstance(block, Rejection):
                yield block
            elif block.size > RECORD_CHARACTERS:
                reason = f"a paper of more than {RECORD_CHARACTERS:,} characters"
                yield Rejection(digest.name, block.line, reason, block.heading[:80])
            elif block.headless:
                reason = "fields of a paper without its heading"
                yield Rejection(digest.name, block.line, reason, block.text("abstract")[:80])
            elif not _is_paper(block):
                date = _section_date(block) or date
            else:
                yield _paper(block, Source(digest.name, block.line, date))


def _blocks(lines: Iterable[Line | Rejection]) -> Iterator[_Block | Rejection]:
    """Cut the page at each heading, title label and ``<summary>`` that names something."""
    block = _Block(0, "")
    fenced, blank = False, True
    matter = 0  # lines of front matter so far
    for line in lines:
        if isinstance(line, Rejection):
            yield line
            continue
        text = line.text.strip("\ufeff \t\r")
        if line.number == 1 and text == "---":
            matter = 1
            continue
        if matter:
            begins = matter > 1 or _FIELD.match(text)
            matter = matter + 1 if begins and text != "---" and matter < _MOST_FRONT_MATTER else 0
            if begins:
                block.add("updated", date_within(text))
                continue
        if text.startswith(("```", "~~~")):
            fenced = not fenced
            continue
        if fenced:
            continue
        if text.startswith("|"):
            continue
        started = _block_start(line, text, block) or _bold_start(line, text, block, blank)
        if started is None and _comes_again(block, text, blank):
            yield block
            block = _Block(line.number, "", headless=True)
        blank = not text
        if started is not None:
            yield block
            block = started
            continue
        block.size += len(text)
        if block.size <= RECORD_CHARACTERS:
            _add_line(block, text)
    yield block


def _block_start(line: Line, text: str, block: _Block) -> _Block | None:
    """Return the block that ``text`` begins, if it begins one."""
    heading = _HEADING.match(text.rstrip())
    summary = None if heading else _SUMMARY_TAG.match(text)
    if heading or summary:
        raw = heading[2] if heading else summary["label"] if summary else ""
        raw = _HEADING_LABEL.sub("", raw)
        span = inline(raw)
        if _kind(span.text) or _GENERIC.fullmatch(span.text):
            return None
        if heading and (label := split_label(raw)) and label[0] != "title":
            return None
        bold = None if heading else _BOLD_PART.match(raw)
        named = inline(bold[2]).text if bold else span.text
        linked = reference(span.addresses).names_paper
        links = list(span.addresses)
        return _Block(line.number, named, links, linked=linked, by_summary=bool(summary))
    label = split_label(text)
    if label and label[0] == "title" and (block.labels or not block.heading):
        started = _Block(line.number, "")
        _add_line(started, text)
        return started
    return None


def _bold_start(line: Line, text: str, block: _Block, after_blank: bool) -> _Block | None:
    """Return the block of a title that is only bold, on a page where headings are topics."""
    bold = _BOLD_LINE.match(text) if after_blank else None
    if bold is None or (not block.by_bold and (block.labels or _is_paper(block))):
        return None
    if split_label(text) or _kind(bold[1]) or _GENERIC.fullmatch(bold[1]):
        return None
    span = inline(bold[1])
    linked = reference(span.addresses).names_paper
    return _Block(line.number, span.text, list(span.addresses), linked=linked, by_bold=True)


def _comes_again(block: _Block, text: str, after_blank: bool) -> bool:
    """Whether a line is a field that the block has: one of a paper that lost its heading."""
    if name := _label_once(text):
        return name in block.names
    line = _ITALIC_LINE.match(text)
    return bool(
        line
        and not block.in_callout
        and (after_blank or block.current == "abstract")
        and block.text("authors")
        and block.text("abstract")
        and len(names(next(filter(None, line.groups()), ""))) > 1
    )


def _label_once(text: str) -> str:
    """Return the label of a field that a paper has once, as it is written; ``""`` without."""
    label = split_label(text)
    if label is None or label[0] not in _ONCE or not label[1]:
        return ""
    return re.split(r"[:：]", _MARKS.sub("", text), maxsplit=1)[0].strip("*_ ").casefold()


def _kind(name: str) -> str:
    return _LABELS.get(re.sub(r"^\W+", "", name.rstrip(_AFTER_LABEL)).casefold(), "")


def split_label(text: str) -> tuple[str, str] | None:
    """Return (kind, rest) of a line that begins with a known label, or a bold unknown one."""
    bare = _MARKS.sub("", text)
    match = _LABELLED.match(bare)
    if match and (kind := _kind(match[1])):
        return kind, match[2]
    alone = _BARE_LABEL.match(bare)
    if alone and (kind := _kind(alone[1])):
        return kind, ""
    return ("other", "") if _BOLD_LABEL.match(bare) else None


def _add_line(block: _Block, text: str) -> None:
    """Add one line to the field that it belongs to."""
    heading = _HEADING.match(text.rstrip())
    summary = _SUMMARY_TAG.match(text)
    if heading or summary:
        name = inline(heading[2] if heading else summary["label"] if summary else "").text
        block.current = _kind(name) or ("" if summary else "other")
        block.labels.add(block.current)
        text = text[summary.end() :].strip() if summary else ""
        if heading and (label := split_label(heading[2])):
            block.current, rest = label
            block.labels.add(block.current)
            block.add(block.current, inline(rest).text)
    if not text or _RULE.match(text) or _ONLY_TAGS.match(text) or _CONTENTS.fullmatch(text):
        if block.current != "abstract" or "</details>" in text.lower():
            # A label without a value applies to the next paragraph.
            block.current = block.current if not text and not block.text(block.current) else ""
        return
    if callout := _CALLOUT.match(text):
        block.in_callout = True
        block.current = _kind(callout[1]) or "other"
        block.labels.add(block.current)
        return
    if block.in_callout and not text.startswith(">"):
        block.in_callout, block.current = False, ""
    label = split_label(text)
    span = inline(label[1] if label and label[0] != "other" else text)
    if label:
        block.names.add(_label_once(text))
        block.current = label[0]
        if label[0] not in {"abstract", "summary"}:
            block.links += span.addresses or inline(text).addresses
        block.labels.add(block.current)
        block.add(block.current, span.text)
        named = re.split(r"[:：]", _MARKS.sub("", text), maxsplit=1)[0]
        if _PAPER_LINK.fullmatch(named) and inline(text).addresses:
            block.paper_link = True
        return
    if _only_links(text, span):
        block.entries += bool(_MARKS.match(text)) and _has_own_name(span)
        block.links += span.addresses
        return
    if block.current not in {"abstract", "summary"}:
        block.mentions += span.addresses
    quoted = text.startswith(">")
    italic = _ITALIC_LINE.match(_MARKS.sub("", text) if not text.startswith("*") else text)
    content = inline(text.lstrip("> ")).text if quoted else span.text
    if block.current:
        block.add(block.current, content)
    elif quoted:
        block.add("quote", content)
    elif italic and not block.text("authors") and not re.search(r"[.!?]$", content):
        block.add("authors", content)
    else:
        block.add("prose", content)


def _only_links(text: str, span: Inline) -> bool:
    """Whether a line is a row of links ("📄 [PDF](...) | [Code](...)") rather than a sentence."""
    return bool(span.links) and len(re.findall(r"[^\W\d_]{2,}", without_links(text))) <= 2


def _has_own_name(span: Inline) -> bool:
    """Whether a link is called by what it leads to, not "PDF", "Code" or "arXiv"."""
    label = span.links[0].label
    return bool(re.search(r"[^\W\d]{2}", label)) and not (
        _kind(label) or _PAPER_LINK.fullmatch(label) or arxiv_id(label) or is_furniture(label)
    )


def _is_paper(block: _Block) -> bool:
    if block.entries and not block.labels & _PAPER_LABELS:
        return block.linked
    labelled = bool(block.labels & _PAPER_LABELS) or block.by_summary or block.paper_link
    if not (block.heading or block.text("title")):
        return bool(block.text("abstract"))
    if block.linked:
        return True
    papers = {arxiv_id(address) for address in (*block.links, *block.mentions)} - {""}
    if len(papers) > 1:
        return False  # a section with a list of papers
    if labelled and (block.text("abstract") or block.text("authors")):
        return True
    if block.by_bold and block.paper_link:
        return True
    return _reference(block).names_paper and (labelled or not block.text("prose"))


def _reference(block: _Block) -> Reference:
    known = reference(block.links, (block.text("id"),))
    return known if known.names_paper else reference((*block.links, *block.mentions))


def _title(block: _Block) -> str:
    return unnumbered(block.text("title") or block.heading)


def _section_date(block: _Block) -> str:
    if date := date_within(block.heading) or markdown_date(block.heading):
        return date
    dated = [block.text("updated"), block.text("date"), *block.texts.get("prose", ())]
    dated += [text for text in block.texts.get("quote", ()) if _UPDATED.search(text[:100])]
    return next((date for text in dated[:20] if (date := date_within(text))), "")


def _paper(block: _Block, source: Source) -> Paper | Rejection:
    title = _title(block)
    if not any(character.isalnum() for character in title):
        excerpt = block.text("abstract")[:80]
        return Rejection(source.digest, source.line, "no title", excerpt)
    known = _reference(block)
    abstract, summary = _abstract_and_summary(block)
    date, venue = _date_and_venue(block.text("date"))
    return Paper(
        title=title,
        abstract=abstract,
        authors=names(block.text("authors")),
        date=date,
        venue=block.text("venue") or venue,
        arxiv=known.arxiv,
        doi=known.doi,
        other_ids=known.others,
        url=known.url,
        categories=_categories(block.text("categories")),
        keywords=listed(block.text("keywords")),
        summary=summary,
        sources=(source,),
    )


def _categories(text: str) -> tuple[str, ...]:
    """Return categories; arXiv's own may have nothing but blanks between: "cs.LG cs.AI"."""
    return tuple(text.split()) if _CATEGORIES.fullmatch(text) else listed(text)


def _date_and_venue(text: str) -> tuple[str, str]:
    """Return the date in its field, and the venue that a note has before the year: "ICLR 2021"."""
    if date := date_within(text) or markdown_date(text):
        return date, ""
    match = _VENUE_AND_YEAR.fullmatch(text.strip())
    return (match[2], match[1]) if match else ("", "")


def _abstract_and_summary(block: _Block) -> tuple[str, str]:
    """Return the two; a text without a label is an abstract if it is long and whole."""
    abstract, summary = block.text("abstract"), block.text("summary")
    # Below authors and categories, or a date, a text of some length is the abstract.
    in_record = "authors" in block.labels and bool(block.labels & _OF_RECORD)
    least = _RECORD_ABSTRACT_WORDS if in_record else _ABSTRACT_WORDS
    for text in (block.text("quote"), block.text("prose")):
        whole = len(text.split()) >= least and not _TRUNCATED.search(text)
        if whole and not abstract and not summary:
            abstract = text
        elif not summary and len(text.split()) >= _SUMMARY_WORDS:
            summary = text
    if abstract and _TRUNCATED.search(abstract):
        return "", summary or abstract
    return abstract, summary
