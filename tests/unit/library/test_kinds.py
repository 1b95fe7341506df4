from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.kinds import kind_of
from hameau.library.types import KINDS


@pytest.mark.parametrize(
    ("media_type", "uri", "kind"),
    [
        ("message/rfc822", "x", "mail"),
        ("", "file:///a/boite.MBOX", "mail"),
        ("application/pdf", "x.txt", "pdf"),
        ("text/html; charset=utf-8", "x", "page"),
        ("text/plain", "notes.txt", "text"),
        ("text/plain", "page.html", "page"),
        ("text/csv", "x", "sheet"),
        ("application/vnd.oasis.opendocument.text", "x.odt", "text"),
        ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "x", "slides"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "x", "sheet"),
        ("application/epub+zip", "x", "book"),
        ("image/png", "x", "picture"),
        ("audio/ogg", "x", "sound"),
        ("application/zip", "x", "archive"),
        ("application/gzip", "x.tar.gz", "archive"),
        ("application/octet-stream", "x", "other"),
        ("", "", "other"),
    ],
)
def test_a_kind_is_told_from_the_type_then_from_the_name(media_type: str, uri: str, kind: str) -> None:
    assert kind_of(media_type, uri) == kind


@given(st.text(max_size=40), st.text(max_size=40))
def test_it_is_always_one_of_the_kinds(media_type: str, uri: str) -> None:
    assert kind_of(media_type, uri) in KINDS
