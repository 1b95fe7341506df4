"""What a person types for a feed, and where its entries stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hameau.kit import BadInput
from hameau.library.sources.feed_address import canonical_address, entry_id, entry_uri


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("moulin.example/flux", "https://moulin.example/flux"),
        ("moulin.example", "https://moulin.example/"),
        (" https://Moulin.Example:443/Flux?a=1&b=é#x ", "https://moulin.example/Flux?a=1&b=%C3%A9"),
        ("http://moulin.example/flux", "https://moulin.example/flux"),  # nothing leaves in the clear
        ("http://moulin.example:8080/flux", "https://moulin.example:8080/flux"),
        ("feed://moulin.example/flux", "https://moulin.example/flux"),
        ("feed:https://moulin.example/flux", "https://moulin.example/flux"),
        ("moulin.example:8443/flux", "https://moulin.example:8443/flux"),
        ("https://été.example/", "https://xn--t-9fab.example/"),
        ("http://127.0.0.1:8000/flux", "http://127.0.0.1:8000/flux"),
        ("http://[::1]:8000/flux", "http://[::1]:8000/flux"),
        ("http://192.168.1.4/flux", "http://192.168.1.4/flux"),
        ("http://freshrss.local/flux", "http://freshrss.local/flux"),
        ("http://serveur/flux", "http://serveur/flux"),
        ("https://moulin.example/un%20deux", "https://moulin.example/un%20deux"),
    ],
)
def test_an_address_has_one_form(typed: str, kept: str) -> None:
    assert canonical_address(typed) == kept
    assert canonical_address(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ftp://x.example/",
        "https://ada:secret@x.example/",
        "https://",
        "file:///etc/passwd",
        "http://[::1",
        "a b.example",
        "https://été…/",
        "https://a..b/",
        f"https://{'a' * 64}.example/",
    ],
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(BadInput):
        canonical_address(typed)


@settings(deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=60))
def test_an_entry_is_found_by_its_uri(identity: str) -> None:
    uri = entry_uri("https://moulin.example/flux", identity)
    assert entry_id(uri) == identity
    assert uri.isascii()
