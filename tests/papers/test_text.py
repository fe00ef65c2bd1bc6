r"""Text from digests: TeX becomes readable, and nothing that a digest says acts on the page."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from explorer.papers.text import (
    escape_markdown,
    markdown,
    markdown_line,
    markdown_link,
    plain,
    plural,
    tidy,
)

JOINER = "\u2060"
FORMULA = re.compile(r"(?<!\\)\$[^$]+\$")
RAW = re.compile(r"(?<!\\)[!\"#%&'()*+,\-./:;<=>?@\[\]^_`{|}~]")
"""A mark that Markdown may act on: one without a backslash before it."""

TEXTS = st.text(
    st.one_of(
        st.sampled_from("\\{}[]()$^_~`'\"%&#*:@/.!<>|-= \n\tabAB01\u2060\u202e"), st.characters()
    )
)


def unescaped(shown: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown.replace(JOINER, ""))


def outside_formulas(shown: str) -> str:
    # An escaped backslash before a dollar does not escape the dollar.
    return FORMULA.sub("", re.sub(r"\\[!-/:-@\[-`{-~]", "", shown))


@pytest.mark.parametrize(
    ("digest", "readable"),
    [
        (r"B\'{e}zier", "Bézier"),
        (r"Erd\H{o}s and G\"odel", "Erdős and Gödel"),
        (r"na\"{\i}ve {\'e}t{\'e}", "naïve été"),
        (r"S{\o}ren and \L{}ukasz", "Søren and Łukasz"),
        (r"fran\c{c}ais, \v{S}koda, ma\~nana", "français, Škoda, mañana"),
        (r"43\% of R\&D", "43% of R&D"),
        ("43% of it, and the rest", "43% of it, and the rest"),
        (r"\textbf{43% of} it", "43% of it"),
        (r"\textbf{bold} and \emph{a {\bf b} c}", "bold and a b c"),
        (r"the \texttt{foo_bar} call", "the foo_bar call"),
        ("6 mm^2", "6 mm²"),
        ("10^-3 and x^{10}", "10⁻³ and x¹⁰"),
        ("LR^2VQ", "LR²VQ"),
        ("modeling~(MLM)", "modeling (MLM)"),
        ("``quoted'' and 1--2", "“quoted” and 1–2"),
        (r"\name is fast", "name is fast"),
        (r"\name{} is fast", "name is fast"),
        (r"we call it \MyMethod.", "we call it MyMethod."),
        (r"\frac is no fraction", "frac is no fraction"),
    ],
)
def test_tex_in_prose_becomes_unicode(digest: str, readable: str) -> None:
    assert plain(digest) == readable


@pytest.mark.parametrize(
    ("digest", "readable"),
    [
        (r"$\alpha$-divergence", "α-divergence"),
        (r"$n$-gram and $k$-means", "n-gram and k-means"),
        (r"$O(n^2)$", "O(n²)"),
        (r"$\mathbb{R}^n$", "ℝⁿ"),
        (r"\(x^2\) or $$x_1$$", "x² or x₁"),
        (r"about $\sim$10 units", "about ∼10 units"),
        (r"10$^{-3}$ at 20$^{\circ}$", "10⁻³ at 20°"),
        ("$5 and $10", "$5 and $10"),
        ("from $5M to $10M each", "from $5M to $10M each"),
        (r"costs \$5", "costs $5"),
        ("a $ b $ c", "a $ b $ c"),
    ],
)
def test_dollars_are_mathematics_or_money(digest: str, readable: str) -> None:
    assert plain(digest) == readable


@pytest.mark.parametrize(
    "text",
    [
        r"C:\temp",
        r"C:\temp\new\names",
        r"either\or",
        r"\\server\share",
        "~/home/me",
        "http://example.org/~joe",
        "snake_case and CamelCase",
        "(a) [b] {c}",
    ],
)
def test_what_is_not_tex_stays(text: str) -> None:
    assert plain(text) == text


def test_tidy_leaves_one_line_without_hidden_characters() -> None:
    assert tidy(" a\r\n\tb\u00a0\u2009c\x85d ") == "a b c d"
    assert tidy("safe\u202etxt.exe\u200b\x00\u2066 repre\u00adsentation") == (
        "safetxt.exe representation"
    )
    assert tidy("e\u200b\u0301") == "é"


def test_tidy_drops_halves_of_surrogate_pairs_which_no_file_can_hold() -> None:
    assert tidy("half \ud83d of it").encode() == b"half of it"


@pytest.mark.parametrize(
    "hostile",
    [
        "[click](javascript:alert(1))",
        "![track](https://evil.example/pixel.png)",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "<https://evil.example>",
        "[a][b] and [^1]",
        ":red[x] :blue-background[y] :rainbow[z]",
        ":tada: :+1: :-1: :material/home: :streamlit:",
        "`code` ```fence``` ~~gone~~ **bold** _slanted_",
        "# heading",
        "1. one",
        "1) one",
        "- item",
        "+ item",
        "* item",
        "> quote",
        "---",
        "===",
        "| a | b |",
        "&lt;b&gt; &copy;",
        "a\n\n# b\n\n- c",
        r"\[x](https://evil.example)",
        "$5 [x](https://evil.example) $10",
        r"\( $ [x](https://evil.example) $ \)",
        "$$ $$ [x](https://evil.example) $$ $$",
        r"\(a\)\([x](https://evil.example)\) [y](https://evil.example)",
        r"$$a\$$ [x](https://evil.example)",
    ],
)
def test_markdown_leaves_no_mark_unescaped_outside_formulas(hostile: str) -> None:
    shown = markdown(hostile)
    assert "\n" not in shown
    assert RAW.search(outside_formulas(shown)) is None
    assert "$" not in outside_formulas(shown)
    for formula in FORMULA.findall(re.sub(r"\\\\|\\\$", "", shown)):
        assert formula.strip("$").strip()


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        # What the page's Markdown component looks for after unescaping.
        (":tada: and :+1: and:-1:", r":\+1:|:-1:|:[\w-]+:"),
        (":material/home: :material/menu:", r":material/\w+:"),
        ("see https://evil.example/x and HTTP://evil.example", r"(?i)(https?://|www(?=\.))[-.\w]+"),
        ("www.evil.example, _www.evil.example, (WWW.evil.example", r"(?i)www(?=\.)[-.\w]+"),
        ("me@evil.example, a.b+c@evil.example", r"[-.\w+]+@[-\w]+(?:\.[-\w]+)+"),
    ],
)
def test_codes_and_addresses_are_held_apart(text: str, pattern: str) -> None:
    assert re.search(pattern, text)
    shown = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown(text))
    assert re.search(pattern, shown) is None
    assert shown.replace(JOINER, "") == text


@pytest.mark.parametrize(
    "formula", [r"\alpha", "n", "O(n^2)", r"\frac{a}{b}", r"x_{ij} < y", r"\mathcal{L}_1"]
)
def test_formulas_survive_for_the_page_to_set(formula: str) -> None:
    shown = markdown(rf"a.b ${formula}$ and \({formula}\), $${formula}$$")
    assert FORMULA.findall(shown) == [f"${formula}$"] * 3


def test_touching_formulas_stay_two() -> None:
    assert FORMULA.findall(markdown(r"\(a\)\(b\)")) == ["$a$", "$b$"]


@pytest.mark.parametrize(
    "formula",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\url{https://evil.example}",
        r"\includegraphics{https://evil.example/x.png}",
        r"\htmlClass{stApp}{x}",
        r"\rule{900em}{900em}",
        r"\def\a{\a\a}\a",
        r"x\kern999em",
        r"a\hspace{900em}b",
    ],
)
def test_formulas_that_reach_beyond_themselves_are_shown_as_text(formula: str) -> None:
    shown = markdown(f"${formula}$")
    assert FORMULA.search(re.sub(r"\\[!-/:-@\[-`{-~]", "", shown)) is None


def test_money_is_no_formula_in_markdown() -> None:
    assert markdown("$5 and $10") == r"\$5 and \$10"


def test_escape_markdown_escapes_every_ascii_mark() -> None:
    marks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    assert unescaped(escape_markdown(marks)) == marks
    assert RAW.search(outside_formulas(escape_markdown(marks))) is None


@given(TEXTS)
def test_any_text_can_be_shown(text: str) -> None:
    for shown in (plain(text), markdown(text), tidy(text)):
        assert shown == shown.strip()
        assert "\n" not in shown
        shown.encode()


@given(TEXTS)
def test_tidy_is_done_after_one_go(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(TEXTS.filter(lambda text: "$" not in text and "\\(" not in tidy(text)))
def test_markdown_without_formulas_reads_as_plain_does(text: str) -> None:
    assert unescaped(markdown(text)) == plain(text)
    assert RAW.search(outside_formulas(markdown(text))) is None


@given(TEXTS)
def test_no_text_gets_a_mark_past_the_escaping(text: str) -> None:
    assert RAW.search(outside_formulas(markdown(text))) is None


HOSTILE_UNITS = (
    "{ } [ ] \\ $ $a ( \\( ` `` ``a ~ ^{ _{ < * \\'{ \\a{ {\\ : www. -- - ' ![ ]( a_ a^ \u0301"
).split()


@pytest.mark.slow
@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", [*HOSTILE_UNITS, " ", "a "])
def test_work_grows_with_the_length_only(unit: str) -> None:
    hostile = unit * 50_000
    assert isinstance(plain(hostile), str)
    assert isinstance(markdown(hostile), str)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/a) ![x](https://evil.example/x.png",
        "https://evil.example/[a](b)<script>\"'`\n# heading",
        "https://doi.org/10.1016/S0140-6736(05)66912-7",
    ],
)
def test_an_address_cannot_reach_beyond_its_link(address: str) -> None:
    link = markdown_link("DOI", address)
    assert re.fullmatch(r"\[DOI\]\([^\s()\[\]<>\"'`\\]+\)", link)


def test_a_count_comes_with_its_noun() -> None:
    assert [plural(count, "paper") for count in (0, 1, 2000)] == [
        "0 papers",
        "1 paper",
        "2,000 papers",
    ]
    assert [plural(count, "entry", "entries") for count in (1, 2)] == ["1 entry", "2 entries"]


@given(st.text(st.sampled_from("ab1 .)-+#=*_`~<>&;[]()!|:/@$\\\"'"), max_size=30))
def test_a_line_of_markdown_renders_as_its_text(text: str) -> None:
    line = markdown_line(text)
    rendered = MarkdownIt("commonmark").enable(["strikethrough", "table"]).parse(line)
    assert [token.type for token in rendered] in (
        [],
        ["paragraph_open", "inline", "paragraph_close"],
    )
    inner = [part for token in rendered for part in token.children or ()]
    assert {part.type for part in inner} <= {"text", "text_special"}
    assert "".join(part.content for part in inner).replace("\u2060", "") == plain(text)


def test_a_line_of_markdown_is_readable() -> None:
    title = "RELIC: Interactive text-to-video (v2.1), 4-bit!"
    assert markdown_line(title) == title
    line = markdown_line("see http://example.org, www.example.org or a@b.org")
    assert re.search(r"http://|www\.|a@b", line) is None
