"""Codes of languages as archives write them (ISO 639-3) and as the library does (ISO 639-1)."""

from __future__ import annotations

_TWO = {
    "fra": "fr", "fre": "fr", "eng": "en", "deu": "de", "ger": "de", "spa": "es", "ita": "it", "por": "pt", "nld": "nl",
    "dut": "nl", "cat": "ca", "eus": "eu", "baq": "eu", "bre": "br", "oci": "oc", "cos": "co", "gsw": "gsw",
    "swe": "sv", "dan": "da", "nor": "no", "nob": "no", "fin": "fi", "rus": "ru", "ron": "ro", "rum": "ro", "hun": "hu",
    "tur": "tr", "ell": "el", "gre": "el", "ara": "ar", "pol": "pl", "ces": "cs", "cze": "cs", "ukr": "uk", "zho": "zh",
    "chi": "zh", "jpn": "ja", "kor": "ko", "heb": "he",
}  # fmt: skip
_THREE = {two: three for three, two in reversed(_TWO.items())}


def two_letters(code: str) -> str:
    """``fra`` is ``fr``; a code that is not known stays as it is, in lower case."""
    code = code.strip().lower().split("-")[0]
    return _TWO.get(code, code)


def three_letters(code: str) -> str:
    """``fr`` is ``fra``."""
    return _THREE.get(code, code)
