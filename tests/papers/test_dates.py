"""Dates as digests write them become EDTF, and nothing else does."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.papers.dates import (
    complete_year,
    dated_by_arxiv,
    latest,
    parse_date,
    publication_date,
    year_of,
)

DAYS = st.dates(min_value=date(1500, 1, 1), max_value=date(2100, 12, 31))
EDTF = re.compile(r"(?:[0-9]{4}|XXXX)(?:-[0-9]{2}(?:-[0-9]{2})?)?")


@pytest.mark.parametrize(
    ("text", "edtf"),
    [
        ("2024", "2024"),
        ("2024-03", "2024-03"),
        ("2024-3-1", "2024-03-01"),
        ("2024/03/11", "2024-03-11"),
        ("2024-03-11T10:00:00Z", "2024-03-11"),
        ("2024-03-11 10:00:00.123+02:00", "2024-03-11"),
        ("Mar 11", "XXXX-03-11"),
        ("mar. 11", "XXXX-03-11"),
        ("11 March", "XXXX-03-11"),
        ("March 11, 2024", "2024-03-11"),
        ("March 11th 2024", "2024-03-11"),
        ("Sept. 5, 2024", "2024-09-05"),
        ("Monday, March 11, 2024", "2024-03-11"),
        ("Tues 12 Mar 2024", "2024-03-12"),
        ("March 2024", "2024-03"),
        ("Feb 29", "XXXX-02-29"),
        ("XXXX-03-11", "XXXX-03-11"),
        ("  Feb 7, 2025\n", "2025-02-07"),
        ("20240311", "2024-03-11"),
        ("2024.03.11", "2024-03-11"),
        ("2024. 3. 11.", "2024-03-11"),
        ("2024/03", "2024-03"),
        ("2024.0", "2024"),
        ("31/12/2023", "2023-12-31"),
        ("12/31/2023", "2023-12-31"),
        ("31.12.2023", "2023-12-31"),
        ("04.05.2023", "2023-05-04"),
        ("04/05/2023", "2023"),
        ("05/05/2023 10:30 PM", "2023-05-05"),
        ("12/2023", "2023-12"),
        ("11-Mar-24", "2024-03-11"),
        ("11 Mar '99", "1999-03-11"),
        ("11-MAR-2024", "2024-03-11"),
        ("2024-Mar-11", "2024-03-11"),
        ("2024 Mar", "2024-03"),
        ("2024 Mar 11", "2024-03-11"),
        ("2024 Mar-Apr", "2024-03"),
        ("March/April 2024", "2024-03"),
        ("1998 Dec-1999 Jan", "1998-12"),
        ("March 11-13, 2024", "2024-03-11"),
        ("11–13 March 2024", "2024-03-11"),
        ("2024-03-11/2024-03-13", "2024-03-11"),
        ("Spring 2024", "2024"),
        ("2024 Winter", "2024"),
        ("2024-Q2", "2024"),
        ("3rd quarter 2024", "2024"),
        ("2024年3月", "2024-03"),
        ("2024年3月11日", "2024-03-11"),
        ("2024년 3월 11일", "2024-03-11"),
        ("２０２４年３月１１日", "2024-03-11"),
        ("٢٠٢٤-٠٣-١١", "2024-03-11"),
        ("11. März 2024", "2024-03-11"),
        ("1er mars 2024", "2024-03-01"),
        ("FÉVRIER 2024", "2024-02"),
        ("11 de marzo de 2024", "2024-03-11"),
        ("março de 2024", "2024-03"),
        ("11 марта 2024 г.", "2024-03-11"),
        ("Mon, 11 Mar 2024 10:00:00 +0100 (CET)", "2024-03-11"),
        ("[2024]", "2024"),
        ("©2024", "2024"),
    ],
)
def test_dates_in_common_use(text: str, edtf: str) -> None:
    assert parse_date(text) == edtf


@pytest.mark.parametrize(
    "text",
    [
        "",
        "new",
        "May",
        "March of the penguins",
        "2024-13",
        "2024-02-30",
        "Feb 30",
        "Feb 29, 2023",
        "0000-01-01",
        "1234",
        "XXXX",
        "XXXX-13-45",
        "2024-03-11 Attention is all you need",
        "9999",
        "9999-12-31",
        "2024-11-31",
        "32/12/2024",
        "13/13/2024",
        "202405",
        "10.1000/182",
        "12:30",
        "12345",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert parse_date(text) == ""


@pytest.mark.parametrize(
    ("partial", "not_after", "full"),
    [
        ("XXXX-03-11", "2026-10-02", "2026-03-11"),
        ("XXXX-10-02", "2026-10-02", "2026-10-02"),
        ("XXXX-10-03", "2026-10-02", "2025-10-03"),
        ("XXXX-02-29", "2023-05-01", "2020-02-29"),
        ("XXXX-02-29", "1903-05-01", "1896-02-29"),
        ("XXXX-03", "2024-03-01", "2024-03"),
        ("2024-03-11", "2026-10-02", "2024-03-11"),
        ("XXXX-03-11", "2026", "XXXX-03-11"),
        ("XXXX-03-11", "XXXX-10-02", "XXXX-03-11"),
        ("XXXX-03-11", "", "XXXX-03-11"),
        ("", "2026-10-02", ""),
    ],
)
def test_a_missing_year_is_the_latest_possible(partial: str, not_after: str, full: str) -> None:
    assert complete_year(partial, not_after) == full


@given(DAYS, st.dates(min_value=date(1510, 1, 1), max_value=date(2100, 12, 31)))
def test_completed_dates_exist_and_are_not_later(day: date, limit: date) -> None:
    full = complete_year(f"XXXX-{day:%m-%d}", limit.isoformat())
    assert date.fromisoformat(full) <= limit
    assert full[4:] == f"-{day:%m-%d}"


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%Y%m%d",
        "%d.%m.%Y",
        "%B %d, %Y",
        "%b %d %Y",
        "%d %B %Y",
        "%d-%b-%Y",
        "%Y %b %d",
        "%Y-%b-%d",
        "%Y年%m月%d日",
        "%A, %d %b %Y",
        "%a, %d %b %Y %H:%M:%S +0000",
        "%Y-%m-%dT%H:%M:%SZ",
        "%d %B %Y %I:%M %p",
    ],
)
@given(day=DAYS)
def test_every_day_is_read_in_every_form(form: str, day: date) -> None:
    assert parse_date(day.strftime(form)) == day.isoformat()


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y"])
@given(day=DAYS)
def test_of_a_day_and_a_month_that_can_be_either_only_the_year_is_known(
    form: str, day: date
) -> None:
    known = day.day > 12 or day.day == day.month
    assert parse_date(day.strftime(form)) == (day.isoformat() if known else f"{day:%Y}")


@given(day=DAYS, name=st.sampled_from(["%b %d", "%d %B", "%B %d"]))
def test_a_year_that_stands_elsewhere_completes_a_day(day: date, name: str) -> None:
    assert publication_date([day.strftime(name), day.strftime("%Y")]) == day.isoformat()
    assert publication_date([day.strftime("%b").upper(), day.strftime("%Y")]) == f"{day:%Y-%m}"


@given(st.text() | st.from_regex(r"[A-Z0-9][A-Za-z0-9 ,./T:+-]{0,20}", fullmatch=True))
def test_any_text_gives_edtf_or_nothing(text: str) -> None:
    edtf = parse_date(text)
    assert edtf == "" or EDTF.fullmatch(edtf)
    assert parse_date(edtf) == edtf


@pytest.mark.parametrize(
    ("edtf", "year"), [("2024-03-11", 2024), ("2024", 2024), ("XXXX-03-11", None), ("", None)]
)
def test_the_year_is_known_or_not(edtf: str, year: int | None) -> None:
    assert year_of(edtf) == year


@pytest.mark.parametrize(
    ("date", "arxiv", "full"),
    [
        ("", "2608.01234", "2026-08"),
        ("", "cs/0112017", "2001-12"),
        ("", "math.gt/9309101", "1993-09"),
        ("", "0704.0001", "2007-04"),
        ("XXXX-08-14", "2608.01234", "2026-08-14"),
        ("XXXX-09-02", "2608.01234", "2026-08"),
        ("2024", "2608.01234", "2024"),
        ("", "2613.01234", ""),
        ("XXXX-08-14", "", "XXXX-08-14"),
    ],
)
def test_an_arxiv_id_completes_a_date(date: str, arxiv: str, full: str) -> None:
    assert dated_by_arxiv(date, arxiv) == full


def test_the_latest_date_is_one_with_a_year_if_any_has_one() -> None:
    assert latest(["XXXX-12-31", "2024-03", "2026-08-22", ""]) == "2026-08-22"
    assert latest(["XXXX-03-11", "XXXX-12-31"]) == "XXXX-12-31"
    assert latest([]) == ""
