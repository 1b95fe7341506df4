"""Which language a reader gets: the choice kept in a cookie, else what the browser asks for, else French."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from hameau.kit import LANGUAGES, choose_language

COOKIE = "hameau_language"


def of_reader(cookies: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """``fr`` or ``en``. A cookie that names neither is ignored."""
    chosen = cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else choose_language(headers.get("accept-language", ""))


def remember(response: Response, language: str) -> None:
    """Keeps the reader's choice for a year, in this browser only."""
    response.set_cookie(COOKIE, language, max_age=365 * 24 * 3600, httponly=True, samesite="strict")
