"""Languages of texts, told from a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.papers.language import language_of
from explorer.papers.paper import Paper
from tests.helpers.languages import ABSTRACTS


@pytest.mark.parametrize("language", sorted(ABSTRACTS))
def test_the_language_of_an_abstract_is_told(language: str) -> None:
    assert language_of(ABSTRACTS[language].text) == language


@pytest.mark.parametrize(
    "title",
    [
        "Attention Is All You Need",
        "Müller-type operators on Hölder spaces",
        "De Sitter space",
        "AI and the law: AI, LA and MAN",
        "3D Human Pose",
        "α-divergence",
        "",
    ],
)
def test_a_title_that_may_be_english_is(title: str) -> None:
    assert language_of(title) == "en"


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Über die Entwicklung von Sprachmodellen", "de"),
        ("Apprentissage par renforcement pour les véhicules autonomes", "fr"),
        ("Aprendizaje por refuerzo para vehículos autónomos", "es"),
        ("Aprendizagem por reforço para veículos autônomos", "pt"),
        ("基于GAN的图像生成", "zh"),
        ("GANによる画像生成", "ja"),
        ("Глибокі нейронні мережі для їхньої сегментації і її мети", ""),
        ("רשתות עצביות עמוקות", ""),
    ],
)
def test_a_title_tells_its_language(title: str, language: str) -> None:
    assert language_of(title) == language


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    assert len(language_of(text)) in (0, 2)


@pytest.mark.parametrize(
    ("abstract", "sentences"),
    [
        (
            "We keep 4-bit vs. FP16 weights, e.g. Llama by Touvron et al. (2023). It is fast.",
            ["We keep 4-bit vs. FP16 weights, e.g. Llama by Touvron et al. (2023).", "It is fast."],
        ),
        (
            "As J. K. Zipf saw in Fig. 3. Then Eq. 5.",
            ["As J. K. Zipf saw in Fig. 3.", "Then Eq. 5."],
        ),
        (
            "From 3.5 to 4.1 (i.e. “Ten”) of it. Yes!",
            ["From 3.5 to 4.1 (i.e. “Ten”) of it.", "Yes!"],
        ),
        (
            "It solves the tasks. We say no. We agree.",
            ["It solves the tasks.", "We say no.", "We agree."],
        ),
        (
            "(1) It is one. It is (ours). (2) It is two. It is two.",
            ["(1) It is one.", "It is (ours).", "(2) It is two.", "It is two."],
        ),
        (
            "Das ist ein Ansatz, z. B. Bäume. Er ist von Dr. Meier und nicht neu.",
            ["Das ist ein Ansatz, z. B. Bäume.", "Er ist von Dr. Meier und nicht neu."],
        ),
    ],
)
def test_abbreviations_end_no_sentence(abstract: str, sentences: list[str]) -> None:
    assert list(Paper("t", abstract).sentences) == sentences


@pytest.mark.parametrize(
    ("abstract", "sentences"),
    [
        ("本文研究。方法有效！「很好。」他说", ["本文研究。", "方法有效！", "「很好。」", "他说"]),
        ("Мы ищем пути. Он короткий, и т. д.", ["Мы ищем пути.", "Он короткий, и т. д."]),
        ("यह एक है। दूसरा है।", ["यह एक है।", "दूसरा है।"]),
        ("هذا نص؟ هذا آخر.", ["هذا نص؟", "هذا آخر."]),
        ("¿Qué es? ¡Nada! Él lo sabe.", ["¿Qué es?", "¡Nada!", "Él lo sabe."]),
        (
            "งานวิจัยนี้นำเสนอวิธีการตรวจจับโรคพืช โดยใช้โครงข่ายประสาทเทียม",
            ["งานวิจัยนี้นำเสนอวิธีการตรวจจับโรคพืช", "โดยใช้โครงข่ายประสาทเทียม"],
        ),
    ],
)
def test_sentences_end_as_their_script_has_it(abstract: str, sentences: list[str]) -> None:
    assert list(Paper("t", abstract).sentences) == sentences
