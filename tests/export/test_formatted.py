"""References formatted by citation styles, without a network."""

from __future__ import annotations

import pytest

from explorer.export.formatted import CitationStyle, formatted_reference
from explorer.papers.paper import Paper

_PARROTS = Paper(
    "On the Dangers of Stochastic Parrots: Can Language Models Be Too Big?",
    abstract="The past three years.",
    authors=("Emily M. Bender", "Timnit Gebru", "Shmitchell, Shmargaret"),
    date="2021-03-01",
    venue="Proceedings of FAccT 2021",
    doi="10.1145/3442188.3445922",
    summary="A blurb.",
    id="p3eba0ac9fc2",
)


def test_apa() -> None:
    assert formatted_reference(_PARROTS, CitationStyle.APA) == (
        "Bender, E. M., Gebru, T., & Shmitchell, S. (2021, March 1). On the Dangers of Stochastic "
        "Parrots: Can Language Models Be Too Big? Proceedings of FAccT 2021. "
        "https://doi.org/10.1145/3442188.3445922"
    )


@pytest.mark.parametrize("style", CitationStyle)
def test_each_style_formats_any_paper(style: CitationStyle) -> None:
    text = formatted_reference(_PARROTS, style)
    assert "Bender" in text
    assert "2021" in text
    assert "blurb" not in text
    assert "?." not in text
    assert not text.startswith(("1", "["))
    bare = Paper("Ends & {odd} *marks* $5 [x](y)")
    assert "marks" in formatted_reference(bare, style)
    preprint = Paper("A preprint", authors=("Gemma Team",), arxiv="2608.01234")
    assert "2026" in formatted_reference(preprint, style)
