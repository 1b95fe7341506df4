"""Every text a person reads, in their language: gettext catalogues, one file a room, French and English.

English is the source text; a language without a translation falls back to it. Knows nothing of who reads.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from hameau.kit.errors import HameauError

LANGUAGES = ("fr", "en")
_LOCALE = Path(__file__).with_name("locale")


def N_(message: str) -> str:  # noqa: N802 - the name gettext tools look for
    """Marks ``message`` for translation where it is written; it is translated where it is shown."""
    return message


@lru_cache(maxsize=len(LANGUAGES))
def translations(language: str) -> gettext.NullTranslations:
    """The merged catalogues of ``language``, one room after the other."""
    merged = gettext.NullTranslations()
    for file in sorted((_LOCALE / language / "LC_MESSAGES").glob("*.mo")):
        with file.open("rb") as stream:
            room = gettext.GNUTranslations(stream)
        room.add_fallback(merged)
        merged = room
    return merged


def say(message: str, language: str, fields: Mapping[str, object] | None = None) -> str:
    """``message`` in ``language``, its ``{name}`` fields filled in."""
    text = translations(language).gettext(message) if message else ""
    return text.format(**fields) if fields else text


def explain(error: HameauError, language: str) -> tuple[str, str]:
    """What happened and what to do about it, in ``language``."""
    return say(error.message, language, error.fields), say(error.hint, language, error.fields)


def choose(wishes: str) -> str:
    """The language to speak, from an ``Accept-Language`` header (RFC 9110, 12.5.4) or a locale name; French by default."""
    ranked: list[tuple[float, int, str]] = []
    for order, wish in enumerate(wishes.replace("_", "-").split(",")):
        tag, _, parameters = wish.strip().partition(";")
        try:
            quality = float(parameters.partition("=")[2]) if parameters.strip().startswith("q") else 1.0
        except ValueError:
            quality = 0.0
        primary = tag.split("-")[0].split(".")[0].lower()
        if primary in LANGUAGES and quality > 0:
            ranked.append((-quality, order, primary))
    return min(ranked)[2] if ranked else LANGUAGES[0]


def of_terminal() -> str:
    """The language of the terminal, by POSIX's order of variables."""
    for name in ("HAMEAU_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return choose(value) if value not in ("C", "POSIX", "C.UTF-8") else "en"
    return LANGUAGES[0]
