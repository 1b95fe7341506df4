from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library import detect_language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Bonjour à tous, voici le compte rendu de la réunion."),
        ("en", "The quick brown fox jumps over the lazy dog and runs away."),
        ("de", "Der Hund ist im Garten und die Katze schläft."),
        ("es", "El perro está en el jardín y la gata duerme."),
        ("it", "Il cane è nel giardino e la gatta dorme."),
        ("pt", "O cão está no jardim e a gata não dorme."),
        ("nl", "De hond is in de tuin en het is niet koud."),
        ("ru", "Привет, как дела?"),
        ("ja", "こんにちは世界"),
        ("el", "Καλημέρα κόσμε"),
        ("ar", "صباح الخير"),
        ("", ""),
        ("", "1234 5678"),
        ("", "xyz abc"),
    ],
)
def test_languages_are_told_apart(language: str, text: str) -> None:
    assert detect_language(text) == language


@given(st.text())
def test_any_text_has_a_code_or_none(text: str) -> None:
    assert len(detect_language(text)) in (0, 2)
