"""JATS, HTML and MathML become text; what only looks like markup stays; abstracts lose notices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.papers.abstracts import clean_abstract
from explorer.papers.markup import without_markup
from explorer.papers.paper import Paper


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<jats:p>We study H<jats:sub>2</jats:sub>O.</jats:p>", "We study H₂O."),
        ("<jats:title>Abstract</jats:title><jats:p>It works.</jats:p>", "It works."),
        (
            "<jats:sec><jats:title>Methods</jats:title><jats:p>None.</jats:p></jats:sec>",
            "Methods: None.",
        ),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("a<sup>2</sup> and n<sup>th</sup> and x<sub>max</sub>", "a² and nth and xₘₐₓ"),
        ("<i>E. coli</i> &amp; <b>co</b> &lt; 5 &#181;m", "E. coli & co < 5 µm"),
        ('<a href="http://evil">link</a><img src=x onerror=alert(1)>', "link"),
        (
            "<mml:math><mml:msup><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math>",
            "x²",
        ),
        (
            '<math><mi>a</mi><annotation encoding="application/x-tex">\\alpha</annotation></math>',
            "α",
        ),
        ("<inline-formula><tex-math>$\\beta$</tex-math></inline-formula>", "β"),
        ("a < b and <workload, configuration> c > d", "a < b and <workload, configuration> c > d"),
        ("AT&T, x?a=1&para=2", "AT&T, x?a=1&para=2"),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    assert Paper("A title", abstract=markup).readable_abstract == text


@pytest.mark.parametrize(
    ("abstract", "left"),
    [
        ("Abstract: It works.", "It works."),
        ("ABSTRACT We do it.", "We do it."),
        ("Abstract—It works.", "It works."),
        ("Abstract interpretation is sound.", "Abstract interpretation is sound."),
        ("It works. (c) 2021 Elsevier Ltd. All rights reserved.", "It works."),
        ("It works. © 2020 IEEE.", "It works."),
        ("It works. Copyright © 2019, Springer Nature Switzerland AG.", "It works."),
        (
            "Copyright law changed in 2020. We say how.",
            "Copyright law changed in 2020. We say how.",
        ),
        ("We (c) compare (a) and (b).", "We (c) compare (a) and (b)."),
        ("The repre- sentation is new.", "The representation is new."),
        ("A self- supervised method.", "A self-supervised method."),
        ("We do pre- and post-processing.", "We do pre- and post-processing."),
        ("Graph-based here, graph- based there.", "Graph-based here, graph-based there."),
    ],
)
def test_an_abstract_is_freed_of_what_others_put_into_it(abstract: str, left: str) -> None:
    assert clean_abstract(abstract) == left


def test_the_original_wording_stays_in_the_record() -> None:
    original = "<jats:p>Abstract: repre- sentation</jats:p>"
    paper = Paper("A title", abstract=original)
    assert paper.abstract == original
    assert paper.text == "A title\nrepresentation"


@given(st.text(max_size=300))
def test_no_text_makes_it_fail(text: str) -> None:
    assert isinstance(clean_abstract(without_markup(text)), str)


@given(st.text(alphabet=st.characters(blacklist_characters="<&"), max_size=200))
def test_text_without_markup_stays_as_it_is(text: str) -> None:
    assert without_markup(text) == text


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<p",
        "<p ",
        "<math>",
        "<math",
        "<msub>",
        "<sup>",
        "</sup>",
        "&",
        "&a",
        "<title>",
        "- ",
        "a- ",
    ],
)
def test_piled_up_markup_is_read_in_no_time(unit: str) -> None:
    text = unit * (50_000 // len(unit))
    assert isinstance(clean_abstract(without_markup(text)), str)
