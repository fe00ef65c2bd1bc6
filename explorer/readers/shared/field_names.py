"""Names under which tables, records and labelled texts give the fields of a paper.

Every service names them differently: "Document Title" (IEEE Xplore), "Article Title" (Web of
Science), "Title-题名" (CNKI), "Titel", "Résumé", ``titles``, ``dc:title``, ``title_s``. Case,
blanks, accents and punctuation do not count.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_NAMES = {
    "title": "title|article title|item title|document title|paper title|primary title|titles"
    "|title of paper|publication title|display name|headline|main title|full title|title main|ti"
    "|t1|题名|标题|篇名|论文题目|论文题名|论文标题|文献标题|文献题名|文章标题|文章题目|中文标题"
    "|中文题名|题目|タイトル|論文タイトル|論文名|題名|標題|表題|題目|論題|和文標題|標題 和文|제목"
    "|논문명|논문제목|titel|haupttitel|dokumenttitel|beitragstitel|aufsatztitel|artikeltitel"
    "|titre|titre de l article|titre du document|titre article|titulo|titulo del articulo"
    "|titulo del documento|titulo do artigo|titolo|название|название статьи|заглавие"
    "|english title|英文标题|英文题名|original title",
    "abstract": "abstract|abstracts|abstract note|paper abstract|abstract text|abstract en|ab|n2"
    "|summary|summaries|摘要|文摘|中文摘要|内容摘要|论文摘要|抄録|要旨|要約|概要|アブストラクト"
    "|和文抄録|초록|요약|abstrakt|zusammenfassung|kurzfassung|inhaltsangabe|resume|resumen|resumo"
    "|riassunto|аннотация|реферат|abstract value|description|descriptions|content text|text"
    "|英文摘要",
    "authors": "authors|author|author s|author list|authors list|author names|authors name"
    "|authors names|author name|author full names|author full name|creators|creator|author string"
    "|auth full name|names|byline|作者|全部作者|作者姓名|中文作者|责任者|著者|著者名|執筆者"
    "|発表者|저자|autor|autoren|autor en|autorinnen|autor innen|verfasser|verfasserin|auteur"
    "|auteurs|auteur s|autores|autor es|autores as|autore|autori|autore i|автор|авторы|au|fau|af"
    "|a1|first authors|first author|第一作者|contributors",
    "date": "publication date|date published|published date|published at|date of publication"
    "|published|pub date|pubdate|date|first publication date|online publication date|online date"
    "|publish date|publish time|publication time|pub time|date issued|issued|issue date"
    "|date released|release date|preprint date|earliest date|发表时间|发表日期|出版日期|出版时间"
    "|发布日期|发布时间|日期|刊出日期|発行日|発行年月日|発行年月|公開日|出版日|出版年月|日付"
    "|발행일|datum|erscheinungsdatum|veroffentlichungsdatum|publikationsdatum|date de publication"
    "|date de parution|fecha|fecha de publicacion|data de publicacao|data di pubblicazione"
    "|дата публикации|дата|dp|fd|submission date|submitted date|submitted|date submitted"
    "|first submitted date|cover date|cover display date|print publication date|dates"
    "|journal publication date|announce date|published on|publication year|published year"
    "|year published|year of publication|publish year|year|pub year|pubyear|py|yr|年|年份|出版年"
    "|出版年份|发表年份|发表年|发表年度|年度|発行年|発表年|刊行年|연도|발행년|발행연도|jahr"
    "|erscheinungsjahr|veroffentlichungsjahr|publikationsjahr|annee|annee de publication|ano"
    "|ano de publicacion|ano de publicacao|anno|год|год публикации|created|created at|create date"
    "|update date|updated|updated at|date added to xplore",
    "venue": "venue|journal|source title|source titles|publication title|journal title"
    "|journal name|journal book|journal full title|full journal name|fulljournalname|journal ref"
    "|container title|container|conference name|conference title|conference|booktitle|book title"
    "|proceedings title|secondary title|publication name|publication|publication info"
    "|journal info|book series title|periodical|刊名|期刊|期刊名|期刊名称|刊物名称|来源期刊"
    "|期刊来源|文献来源|来源|来源出版物|出处|会议名称|雑誌名|誌名|資料名|掲載誌|掲載誌名|収録誌"
    "|収録刊行物|刊行物名|学会名|학술지명|학술지|저널명|zeitschrift|zeitschriftentitel"
    "|zeitschriftenname|quelle|konferenz|revue|titre de la revue|nom de la revue"
    "|source de publication|revista|titulo de la revista|nombre de la revista|fuente|congreso"
    "|rivista|журнал|источник|jf|so|t2|jt|jo|ta|source",
    "doi": "doi|item doi|article doi|doi link|doi url|paper doi|dois|doi id|doi number|doi doi"
    "|doi 号|doi号|digital object identifier|di",
    "arxiv": "arxiv|arxiv id|arxivid|arxiv no|arxiv number|arxiv eprints|arxiv eprint|eprint"
    "|arxiv url|arxiv link|entry id|arxiv page url",
    "pmid": "pmid|pubmed id|pubmedid|medline pmid|pubmed|pm|entrez uid",
    "pmcid": "pmcid|pmc id|pmc",
    "scopus": "eid|scopus id|scopus eid",
    "wos": "ut unique wos id|unique wos id|ut|wos id|isi id",
    "embase": "embase accession id|embase id|embase accession number",
    "openalex": "openalex|openalex id",
    "s2": "s2 id|semantic scholar id|s2 paper id",
    "corpusid": "corpus id|corpusid|s2 corpus id",
    "acl": "acl id|anthology id",
    "openreview": "openreview id|forum id",
    "ads": "bibcode",
    "lens": "lens id",
    "id": "id|paper id|publication id|key|uid|uuid|identifier|record id|rank id|control number"
    "|accession number|unique identifier",
    "url": "url|abs|link|links|paper url|article url|pdf link|html url|abs url|external url"
    "|landing page|landing page url|open url link|web page|pdf url|pdf|ur|scopus link|ee"
    "|document url|网址|链接|文献链接|原文链接|リンク|lien|enlace|source url|source urls|urls",
    "keywords": "keywords|keyword|author keywords|author keyword|keywords author|keyword list|de"
    "|kw|index terms|manual tags|tags|ieee terms|关键词|关键字|中文关键词|主题词|キーワード"
    "|和文キーワード|키워드|주제어|schlagworter|schlagworte|schlagwort|schlusselworter"
    "|stichworter|mots cles|mot cle|mots clefs|palabras clave|palavras chave|parole chiave"
    "|ключевые слова|k1|identifier keyword",
    "categories": "categories|category|subjects|subject|subject areas|subject area"
    "|fields of study|fieldsofstudy|primary category|wos categories|web of science categories|wc"
    "|terms|fields of research anzsrc 2020|fields of research|primary area|arxiv categories|track"
    "|学科|学科分类|学科专业",
    "summary": "tldr|tl dr|ai tldr|ai summary|one sentence summary|short summary",
    "other ids": "other ids",
    "citation": "citation|short citation|cited as",
    "identifiers": "identifiers|external ids|article ids|alternate identifiers|article id list"
    "|ids|doi data",
}
_RANKS = {
    name: (field, rank)
    for field, names in _NAMES.items()
    for rank, name in enumerate(names.split("|"))
    if field != "venue"
}
_VENUES = {name: rank for rank, name in enumerate(_NAMES["venue"].split("|"))}
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ACCENTS = re.compile("[\u0300-\u036f]")
_NAMESPACE = re.compile(r"^(?:dc|dcterms|prism|bib|schema|bibo|foaf|citation|og)[:.](?=\w)", re.I)
_KIND = re.compile(r"(?<=\w)_(?:s|t|ss|txt|en|str)$")
"""Suffix that search servers append to the name of a field: ``title_s``."""
_LONGEST_NAME = 100


class Meaning(NamedTuple):
    """The field that a name stands for, and how good it is among the names of that field."""

    field: str
    rank: int


@lru_cache(maxsize=4096)
def normalised(name: str) -> str:
    """Return ``name`` as the list of names spells it: "PubMed ID" is one word less than it seems.

    >>> normalised("Author(s) ID"), normalised("paperTitle"), normalised("Title-题名")
    ('author s id', 'paper title', '题名')
    """
    name = name[:_LONGEST_NAME]
    whole = _words(name)
    if _is_known(whole):
        return whole
    short = _KIND.sub("", _NAMESPACE.sub("", name))
    apart = _words(_CAMEL_CASE.sub(" ", short))
    if _is_known(apart):
        return apart
    # "Title-题名", "题名 (Title)": one name twice. The one that is not English is surer.
    foreign = " ".join(word for word in whole.split() if not word.isascii())
    english = " ".join(word for word in apart.split() if word.isascii())
    if foreign and english:
        return next((part for part in (foreign, english) if _is_known(part)), apart)
    return apart


@lru_cache(maxsize=4096)
def meanings(name: str) -> tuple[Meaning, ...]:
    """Return what a name may stand for; "Publication Title" may be a paper's or a journal's."""
    known = normalised(name)
    known_as = []
    if known in _RANKS:
        known_as.append(Meaning(*_RANKS[known]))
    if known in _VENUES:
        known_as.append(Meaning("venue", _VENUES[known]))
    return tuple(known_as)


@lru_cache(maxsize=16384)
def stands_for(name: str, field: str) -> bool:
    """Whether ``name`` may be one of ``field``."""
    return any(meaning.field == field for meaning in meanings(name))


def _words(text: str) -> str:
    if not text.isascii():
        decomposed = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", decomposed)
    return " ".join(part.lower() for part in re.split(r"[\W_]+", text) if part)


def _is_known(name: str) -> bool:
    return name in _RANKS or name in _VENUES
