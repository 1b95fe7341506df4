from __future__ import annotations

from datetime import date

import pytest

from hameau.kit import BadInput
from hameau.library import KINDS, Filter, bound, said
from hameau.library.dates import moment

TODAY = date(2026, 11, 22)


def test_what_a_person_gives_becomes_a_filter() -> None:
    only = bound(kinds=["mail", ""], languages=["FR"], since="mars 2026", until="2026-04", today=TODAY)
    assert only.kinds == {"mail"}
    assert only.languages == {"fr"}
    assert (only.since, only.until) == (moment(date(2026, 3, 1)), moment(date(2026, 5, 1)))
    assert bound(people=" Zoé, d’Arc ").people == {"zoé", "d", "arc"}
    assert bound() == Filter()


@pytest.mark.parametrize("wrong", [{"kinds": ["letters"]}, {"since": "someday"}, {"until": "2026-13"}])
def test_what_can_not_be_read_is_said_with_a_hint(wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput) as caught:
        bound(**wrong)  # type: ignore[arg-type]
    assert caught.value.hint


@pytest.mark.parametrize(
    ("given", "english"),
    [
        ({}, ""),
        ({"kinds": ["mail"], "since": "2026-03", "until": "2026-03"}, "your emails, March 2026"),
        ({"since": "2023", "until": "2023"}, "your documents, 2023"),
        ({"since": "2026-03-14", "until": "2026-03-14"}, "your documents, 14 March 2026"),
        ({"since": "2026-03-14", "until": "2026-04-02"}, "your documents, 14 March 2026 to 2 April 2026"),
        ({"since": "2020"}, "your documents, since 1 January 2020"),
        ({"until": "2019"}, "your documents, before 1 January 2020"),
        ({"kinds": ["pdf", "mail"], "languages": ["en"]}, "your emails, your PDFs, in English"),
        (
            {"kinds": list(KINDS[-6:])},
            "your events, your contacts, your chats, your bookmarks, the news of your feeds, your other files",
        ),
    ],
)
def test_it_is_told_in_words(given: dict[str, object], english: str) -> None:
    assert said(bound(**given, today=TODAY), "en") == english  # type: ignore[arg-type]
