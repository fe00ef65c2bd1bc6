"""Dates as digests write them become EDTF, and nothing else does."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.papers.dates import complete_year, latest, parse_date, year_of

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
        "٢٠٢٤-٠٣-١١",
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


@given(st.dates(min_value=date(1500, 1, 1)), st.dates(min_value=date(1500, 1, 1)))
def test_completed_dates_exist_and_are_not_later(day: date, limit: date) -> None:
    full = complete_year(f"XXXX-{day:%m-%d}", limit.isoformat())
    assert date.fromisoformat(full) <= limit
    assert full[4:] == f"-{day:%m-%d}"


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%B %d, %Y", "%b %d %Y", "%d %B %Y", "%A, %d %b %Y"])
@given(day=st.dates(min_value=date(1500, 1, 1), max_value=date(2999, 12, 31)))
def test_every_day_is_read_in_every_form(form: str, day: date) -> None:
    assert parse_date(day.strftime(form)) == day.isoformat()


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


def test_the_latest_date_is_one_with_a_year_if_any_has_one() -> None:
    assert latest(["XXXX-12-31", "2024-03", "2026-08-22", ""]) == "2026-08-22"
    assert latest(["XXXX-03-11", "XXXX-12-31"]) == "XXXX-12-31"
    assert latest([]) == ""
