"""Readers by name: those of this package, and those that other packages add.

Other packages add theirs through the entry-point group ``explorer.readers``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from explorer.errors import DigestError
from explorer.readers.contract import Reader
from explorer.registry import Registry

_REGISTRY: Registry[Callable[[], Reader]] = Registry(
    "reader",
    "explorer.readers",
    {
        "acl-xml": "explorer.readers.acl_xml:AclXml",
        "arxiv-mailing": "explorer.readers.arxiv_mailing:ArxivMailing",
        "bibtex": "explorer.readers.bibtex:BibTeX",
        "citation-list": "explorer.readers.citation_list:CitationList",
        "crossref": "explorer.readers.crossref:Crossref",
        "csl-json": "explorer.readers.csl_json:CslJson",
        "delimited": "explorer.readers.delimited:Delimited",
        "endnote-tagged": "explorer.readers.endnote_tagged:EndNoteTagged",
        "endnote-xml": "explorer.readers.endnote_xml:EndnoteXml",
        "feed": "explorer.readers.feed:Feed",
        "front-matter": "explorer.readers.front_matter:FrontMatter",
        "hugging-face": "explorer.readers.hugging_face:HuggingFace",
        "jats": "explorer.readers.jats:Jats",
        "json-lines": "explorer.readers.json_lines:JsonLines",
        "json-records": "explorer.readers.json_lines:JsonRecords",
        "mail": "explorer.readers.mail:Mail",
        "markdown-digest": "explorer.readers.markdown_digest:MarkdownDigest",
        "markdown-list": "explorer.readers.markdown_list:MarkdownList",
        "markdown-table": "explorer.readers.markdown_table:MarkdownTable",
        "nbib": "explorer.readers.nbib:Nbib",
        "oai-pmh": "explorer.readers.oai_pmh:OaiPmh",
        "openalex": "explorer.readers.openalex:OpenAlex",
        "openreview": "explorer.readers.openreview:OpenReview",
        "parquet": "explorer.readers.parquet:Parquet",
        "pdf": "explorer.readers.pdf:Pdf",
        "property-notes": "explorer.readers.property_notes:PropertyNotes",
        "pubmed-abstracts": "explorer.readers.pubmed_abstracts:PubmedAbstracts",
        "pubmed-xml": "explorer.readers.pubmed_xml:PubmedXml",
        "recorded-responses": "explorer.readers.recorded_http:RecordedResponses",
        "ris": "explorer.readers.ris:Ris",
        "saved-html": "explorer.readers.saved_html:SavedHtml",
        "scraped-page": "explorer.readers.scraped_page:ScrapedPage",
        "semantic-scholar": "explorer.readers.semantic_scholar:SemanticScholar",
        "slack": "explorer.readers.slack:Slack",
        "spreadsheet": "explorer.readers.spreadsheet:Spreadsheet",
        "tagged-references": "explorer.readers.tagged_references:TaggedReferences",
        "telegram": "explorer.readers.telegram:Telegram",
        "topic-tables": "explorer.readers.topic_tables:TopicTables",
        "wos": "explorer.readers.wos:WebOfScience",
        "xml-records": "explorer.readers.xml_records:XmlRecords",
        "yaml-records": "explorer.readers.yaml_records:YamlRecords",
        "zotero": "explorer.readers.zotero:Zotero",
        "zotero-rdf": "explorer.readers.zotero_rdf:ZoteroRdf",
    },
    DigestError,
)


def reader_names() -> tuple[str, ...]:
    """Return the names of all readers, built in and added by other packages."""
    return _REGISTRY.names()


@lru_cache
def load_reader(name: str) -> Reader:
    """Return the reader called ``name``, importing it now."""
    return _REGISTRY.load(name)()
