"""Venues by their series and short names, whatever the edition, the year and the spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.papers.venues import series_labels, short_venue


@pytest.mark.parametrize(
    ("venue", "short"),
    [
        (
            "Proceedings of the 3rd Workshop on Abusive Language Online",
            "Workshop on Abusive Language Online",
        ),
        ("Proceedings of the 6th Workshop on Online Abuse and Harms (WOAH)", "WOAH"),
        ("Proceedings of the Sixth Workshop on Noisy User-generated Text (W-NUT 2020)", "W-NUT"),
        ("Third Workshop on NLP for Similar Languages (VarDial3)", "VarDial"),
        ("Proceedings of the 4th Workshop on Asian Translation (WAT2017)", "WAT"),
        ("Proceedings of the Joint Workshop (LAW-MWE-CxG-2018)", "LAW-MWE-CxG"),
        ("6th Workshop on NLP for Conversational AI (NLP4ConvAI 2024)", "NLP4ConvAI"),
        ("1st Workshop on Translation for Spoken Languages (AT4SSL)", "AT4SSL"),
        ("Proceedings of ArabicNLP 2023", "ArabicNLP"),
        ("ICML 2021", "ICML"),
        ("ICML '21", "ICML"),
        ("2nd Workshop on Abusive Language Online (ALW2)", "ALW"),
        ("NeurIPS", "NeurIPS"),
        (
            "Fourth Conference on Machine Translation (Volume 3: Shared Task Papers, Day 2)",
            "Conference on Machine Translation",
        ),
        (
            "Proceedings of the 11th International Workshop on Spoken Language Translation: Papers",
            "International Workshop on Spoken Language Translation",
        ),
        ("Machine Translation Summit XVIII: Users Track", "Machine Translation Summit"),
        ("Proceedings of the Twenty-First Annual Meeting on Dialogue", "Meeting on Dialogue"),
        ("Proceedings of the 4th Financial Narrative Processing Workshop @LREC2022",
         "Financial Narrative Processing Workshop"),
        ("The 22nd Workshop on Biomedical Language and Shared Tasks",
         "Workshop on Biomedical Language and Shared Tasks"),
        ("Journal of Mail 12 (2024) 1-29", "Journal of Mail"),
        ("J. Harvest 1 (2015) 7", "J. Harvest"),
        ("Nature", "Nature"),
        ("arXiv preprint arXiv:2103.01234", "arXiv"),
        ("2024", "2024"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_venue_has_a_short_name(venue: str, short: str) -> None:
    assert short_venue(venue) == short


def test_one_series_has_one_name_across_years_and_spellings() -> None:
    bea = "Workshop on Innovative Use of NLP for Building Educational Applications"
    venues = [
        f"Proceedings of the 12th {bea}",
        f"Proceedings of the Fourteenth {bea}",
        f"Proceedings of the 18th {bea} (BEA 2023)",
        "2nd Workshop on Noisy User-generated Text (WNUT)",
        "6th Workshop on Noisy User-generated Text (W-NUT 2020)",
        "7th Workshop on Noisy User-generated Text (W-NUT 2021)",
        "Proceedings of the 9th Workshop on Sentiment, & Social Media",
        "Proceedings of the 8th Workshop on Sentiment and Social Media",
        "Proceedings of ArabicNLP 2023",
        "Second Arabic Conference (ArabicNLP 2024)",
        "Workshop on Other Things",
    ]
    labels = series_labels(venues)
    assert [labels[venue] for venue in venues[:6]] == ["BEA"] * 3 + ["W-NUT"] * 3
    assert labels[venues[6]] == labels[venues[7]]
    assert labels[venues[8]] == labels[venues[9]] == "ArabicNLP"
    assert labels[venues[10]] == "Workshop on Other Things"


@given(st.lists(st.text(max_size=60), max_size=5))
def test_no_name_raises_and_each_has_a_label(venues: list[str]) -> None:
    labels = series_labels(venues)
    assert all(bool(labels[venue]) == bool(venue.split()) for venue in venues)
