"""The text of a note that is kept as HTML, as Zotero does: its paragraphs, one a line."""

from __future__ import annotations

from html.parser import HTMLParser

from explorer.papers.text import tidy

_BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt figure h1 h2 h3 h4 h5 h6 hr li ol p pre"
    " section table td th tr ul".split()
)
_SKIPPED = frozenset(("script", "style", "template", "head", "title"))


def html_note_text(html: str) -> str:
    """Return the text of a note in HTML, without markup; each paragraph is a line of its own.

    >>> html_note_text("<h1>Maps</h1><p>They <b>stay</b> &amp; grow.</p><script>no</script>")
    'Maps\\nThey stay & grow.'
    """
    parser = _NoteParser()
    parser.feed(html)
    parser.close()
    lines = map(tidy, "".join(parser.pieces).split("\n"))
    return "\n".join(line for line in lines if line)


class _NoteParser(HTMLParser):
    """Collects text; elements that begin or end a paragraph become line breaks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._skipped = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  the base class's
        if tag in _SKIPPED and not self._skipped:
            self._skipped = tag
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._skipped:
            self._skipped = ""
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.pieces.append(data.replace("\n", " "))

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")
