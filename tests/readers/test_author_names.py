"""Values that many formats share: authors in one text, placeholders, DOIs, names of fields."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.papers.abstracts import is_placeholder
from explorer.papers.paper import doi
from explorer.readers.shared.author_names import author_names_in
from explorer.readers.shared.columns import map_columns
from explorer.readers.shared.field_names import normalised
from explorer.readers.shared.fields import people
from explorer.readers.shared.pubmed_citation import cited


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Doe, J.; Roe, R.", ["Doe, J.", "Roe, R."]),
        ("J Doe and R Roe", ["J Doe", "R Roe"]),
        ("J. Doe, R. Roe and E. Poe", ["J. Doe", "R. Roe", "E. Poe"]),
        ("J. Doe, R. Roe, and E. Poe", ["J. Doe", "R. Roe", "E. Poe"]),
        ("Doe J, Roe RB, Poe E.", ["Doe J", "Roe RB", "Poe E"]),
        ("Doe J(1), Roe RB(2)(3), Poe E(2, 3).", ["Doe J", "Roe RB", "Poe E"]),
        ("Doe, Jane and Roe, Richard", ["Doe, Jane", "Roe, Richard"]),
        ("van der Berg, Jan and Roe, Richard", ["van der Berg, Jan", "Roe, Richard"]),
        ("Doe, J., & Roe, R.", ["Doe, J.", "Roe, R."]),
        ("Doe, J., Roe, R., & Poe, E. A.", ["Doe, J.", "Roe, R.", "Poe, E. A."]),
        ("Doe, J., Roe, R.", ["Doe, J.", "Roe, R."]),
        ("Müller, A. und Maier, B.", ["Müller, A.", "Maier, B."]),
        ("Jane Doe | Richard Roe", ["Jane Doe", "Richard Roe"]),
        ("Jane Doe\r\nRichard Roe\r\n", ["Jane Doe", "Richard Roe"]),
        ("Jane Doe, WHO, Richard Roe, Ed Poe", ["Jane Doe", "WHO", "Richard Roe", "Ed Poe"]),
        ("J. Doe, R. Roe et al.", ["J. Doe", "R. Roe"]),
        ("Doe,Jane", ["Doe, Jane"]),
        ("Doe, Jane", ["Doe, Jane"]),
        ("Doe, Jane; The Consortium", ["Doe, Jane", "The Consortium"]),
        ("Jane Doe 0001", ["Jane Doe"]),
        ("张三;李四;", ["张三", "李四"]),
        ("张三；李四", ["张三", "李四"]),
        ("张三，李四", ["张三", "李四"]),
        ("张三,李四,王五", ["张三", "李四", "王五"]),
        ("张三、李四 等", ["张三", "李四"]),
        ("张三 李四 王五", ["张三", "李四", "王五"]),
        ("山田 太郎", ["山田 太郎"]),
        ("Anderson and Sons", ["Anderson", "Sons"]),
        ("Rosalind Anderson", ["Rosalind Anderson"]),
        ("", []),
        (" ; , ", []),
    ],
)
def test_authors_in_one_text(text: str, names: list[str]) -> None:
    assert list(author_names_in(text)) == names


_WORD = st.text("abcdefghijkl", min_size=2, max_size=8).map(str.title)
_NAMES = st.lists(st.tuples(_WORD, _WORD), min_size=2, max_size=6)
_WAYS = {
    "; ": "{1}, {0}",
    " and ": "{1}, {0}",
    "\n": "{0} {1}",
    ", ": "{0} {1}",
    " | ": "{1}, {0}",
    ";": "{0} {1}",
}


@given(names=_NAMES, separator=st.sampled_from(sorted(_WAYS)))
def test_names_come_back_however_they_are_joined(
    names: list[tuple[str, str]], separator: str
) -> None:
    written = [_WAYS[separator].format(*name) for name in names]
    assert list(author_names_in(separator.join(written))) == written


@given(st.text())
def test_any_text_has_names_or_none(text: str) -> None:
    assert all(any(character.isalnum() for character in name) for name in author_names_in(text))


def test_people_by_the_names_of_their_parts() -> None:
    assert people(
        [
            {"fullName": "Doe J", "firstName": "Jane", "lastName": "Doe"},
            {"name": "Doe, Jane", "givenName": "Jane", "familyName": "Doe"},
            {"first_name": "Jane", "last_name": "Doe"},
            {"family-names": "Doe", "given-names": "Jane", "name-particle": "van"},
            {"text": "Jane Doe 0002"},
            {"forename": "Jane", "surname": "Doe"},
            {"affiliation": "nowhere"},
        ]
    ) == ("Jane Doe", "Doe, Jane", "Jane Doe", "Jane van Doe", "Jane Doe", "Jane Doe")


@pytest.mark.parametrize(
    "text",
    [
        "Not Available <P />", "[No abstract available]", "No abstract available.", "N/A", "-", "—",
        "n/a", "None", "Abstract not available", "An abstract is not available for this content.",
        "Keine Zusammenfassung verfügbar", "Kein Abstract", "Résumé non disponible",
        "Pas de résumé disponible", "Sin resumen", "Resumen no disponible", "暂无摘要",
        "无", "无摘要",
        "抄録なし", "초록 없음", "Нет аннотации", "Sem resumo", "", "<jats:p>N/A</jats:p>",
    ],
)  # fmt: skip
def test_a_text_that_says_there_is_none(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        "None fell.", "No abstract algebra is used in this paper.", "Missing data are common.",
        "无监督学习", "N/A is a value of tables.", "An abstract machine",
        "Nil Sen Gupta wrote this.",
    ],
)  # fmt: skip
def test_a_text_that_says_something(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("10.1000/a10.1000/b", "10.1000/a"),
        ("doi:10.1000/a.10.1000/b", "10.1000/a"),
        ("https://doi.org/10.1000/ahttps://doi.org/10.1000/b", "10.1000/a"),
        ("10.1000/a; 10.1000/b", "10.1000/a"),
        ("10.1000/a 10.1000/b", "10.1000/a"),
        ("https://doi.org/https://doi.org/10.1000/x", "10.1000/x"),
        ("10.1000/10.1000/x", "10.1000/x"),
        ("DOI: https://doi.org/10.1000/X.", "10.1000/x"),
        ("urn:doi:10.1000/x", "10.1000/x"),
        (
            "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2",
            "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2",
        ),
        ("10.5281/zenodo.1010.5", "10.5281/zenodo.1010.5"),
        ("see 10.1000/x", ""),
    ],
)
def test_dois_that_were_fused(text: str, first: str) -> None:
    assert doi(text) == first


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Title-题名", "title"), ("题名 (Title)", "title"), ("タイトル", "title"),
        ("Titel", "title"),
        ("Título", "title"), ("dc:title", "title"), ("title_s", "title"),
        ("Summary-摘要", "abstract"),
        ("Résumé", "abstract"), ("Zusammenfassung", "abstract"), ("抄録", "abstract"),
        ("Author-作者", "authors"), ("Autor(en)", "authors"), ("Auteur(s)", "authors"),
        ("著者名", "authors"), ("Veröffentlichungsjahr", "date"), ("Año", "date"),
        ("发表时间", "date"),
        ("発行年", "date"), ("firstPublicationDate", "date"), ("Source-文献来源", "venue"),
        ("刊名", "venue"), ("雑誌名", "venue"), ("Zeitschrift", "venue"), ("Revista", "venue"),
        ("Mots-clés", "keywords"), ("キーワード", "keywords"), ("DOI-DOI", "doi"), ("网址", "url"),
    ],
)  # fmt: skip
def test_names_of_fields_in_many_languages(name: str, field: str) -> None:
    assert field in map_columns([name]), normalised(name)


def test_a_name_is_a_title_in_good_company_only() -> None:
    assert map_columns(["Name", "Authors"])["title"] == ("Name",)
    assert "title" not in map_columns(["Name", "URL", "Tags"])
    assert map_columns(["Name", "Title", "Authors"])["title"] == ("Title",)


def test_citations_of_pubmed() -> None:
    assert cited("J Ex. 2014 Nov;1(2):1-9. doi: 10.1000/pm.1.") == (
        "J Ex",
        "2014-11",
        "10.1000/pm.1",
    )
    assert cited("Nature. 2020 Mar 5. doi: 10.1000/x [Epub ahead of print]").date == "2020-03-05"
    assert cited("Z. Ex (Berlin). 2020 Jan-Feb;1(2)")[:2] == ("Z. Ex (Berlin)", "2020-01")
    assert cited("nothing of the kind") == ("", "", "")


@pytest.mark.parametrize(
    "unit", ["a, ", "A. ", " and ", "(1,", "; ", " 1", "*", " ", "\n", "|", "等"]
)
def test_long_texts_cost_in_proportion(unit: str) -> None:
    begin = time.thread_time()
    author_names_in(f"x{unit * 50_000}x")
    doi(f"10.1000/{unit.strip() * 50_000}")
    cited(unit * 50_000)
    assert time.thread_time() - begin < 3
