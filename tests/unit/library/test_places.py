"""What the journal says of an address: never the key in it."""

from __future__ import annotations

import pytest

from hameau.library.places import shown_place


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://a.example/calendar.ics?token=abc", "https://a.example/calendar.ics?…"),
        ("https://ada:secret@a.example/feed?key=1#entry/7", "https://a.example/feed?…#entry/7"),
        ("webcal://a.example/x.ics?k=1", "webcal://a.example/x.ics?…"),
        ("HTTPS://a.example/", "HTTPS://a.example/"),
        ("https://a.example/feed#entry/7", "https://a.example/feed#entry/7"),
        ("imaps://ada@mail.example/INBOX;UIDVALIDITY=1/;UID=7", "imaps://ada@mail.example/INBOX;UIDVALIDITY=1/;UID=7"),
        ("/srv/papiers/what?.txt", "/srv/papiers/what?.txt"),
    ],
)
def test_the_key_in_an_address_is_not_shown(uri: str, shown: str) -> None:
    assert shown_place(uri) == shown
