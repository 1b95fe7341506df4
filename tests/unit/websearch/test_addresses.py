"""Which pages of the web are opened, and how the address of a SearXNG is kept."""

from __future__ import annotations

import pytest

from hameau.kit import BadInput, HameauError, Refused
from hameau.websearch.addresses import is_web, may_open, page, place, searxng


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://pain.example/four?x=1#haut", "https://pain.example/four?x=1"),
        ("http://pain.example", "https://pain.example/"),
        ("https://PAIN.example.:443/a", "https://pain.example/a"),
        ("https://fr.wikipedia.org/wiki/Four_à_pain", "https://fr.wikipedia.org/wiki/Four_%C3%A0_pain"),
        ("https://fr.wikipedia.org/wiki/Four_%C3%A0_pain", "https://fr.wikipedia.org/wiki/Four_%C3%A0_pain"),
        ("https://bücher.example/ü?ö=é", "https://xn--bcher-kva.example/%C3%BC?%C3%B6=%C3%A9"),
        ("https://8.8.8.8/x", "https://8.8.8.8/x"),
        ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x"),
        ("https://a.example/\r\n", None),
    ],
)
def test_a_page_is_asked_for_in_ascii_over_an_encrypted_line(url: str, asked: str | None) -> None:
    if asked is None:
        with pytest.raises(BadInput):
            page(url)
    else:
        assert page(url).url == asked


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/x",
        "https://LOCALHOST./x",
        "https://a.localhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00::1]/",
        "https://10.0.0.1/",
        "https://192.168.1.1/admin",
        "https://172.16.3.4/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://router/",
        "https://nas.local/",
        "https://box.lan/",
        "https://printer.home.arpa/",
        "https://wiki.internal/",
        "https://abc.onion/",
        "https://pain.example:8443/",
        "https://pain.example:22/",
        "http://pain.example:443.evil/",
        "http://pain.example:8080/",
        "https://user:secret@pain.example/",
        "ftp://pain.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "//pain.example/x",
        "",
        "https://",
        "https://pain.example/" + "x" * 3000,
    ],
)
def test_what_is_not_a_page_on_the_internet_is_not_opened(url: str) -> None:
    assert not may_open(url)
    with pytest.raises((Refused, BadInput)) as raised:
        page(url)
    assert isinstance(raised.value, HameauError)


def test_what_a_browser_may_be_given() -> None:
    assert is_web("https://pain.example/four")
    assert is_web("http://127.0.0.1:8484/documents/3")  # it is shown, and never opened by us
    assert not is_web("javascript:alert(1)")
    assert not is_web("https://pain.example/\u202egpj.exe")
    assert not is_web("https://pain.example/a b")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("searx.example", "https://searx.example"),
        ("https://searx.example/", "https://searx.example"),
        ("https://searx.example/search", "https://searx.example"),
        ("https://example.org/searxng/", "https://example.org/searxng"),
        ("https://example.org/searxng/search?q=x", "https://example.org/searxng"),
        ("127.0.0.1:8888", "http://127.0.0.1:8888"),
        ("localhost:8080", "http://localhost:8080"),
        ("http://nas:8080", "http://nas:8080"),
        ("nas:8080", "http://nas:8080"),
        ("http://searx.example", "http://searx.example"),  # the guard looks where the name leads
        ("[::1]:8888", "http://[::1]:8888"),
    ],
)
def test_the_address_of_a_searxng(written: str, kept: str) -> None:
    assert searxng(written)[0] == kept


@pytest.mark.parametrize(
    "written", ["http://8.8.8.8/", "ftp://searx.example", "https://", "https://a b/", "https://u:p@x.example"]
)
def test_no_address_of_a_searxng(written: str) -> None:
    with pytest.raises(BadInput):
        searxng(written)


def test_who_that_is_for_a_person() -> None:
    assert place("https://searx.example") == "searx.example"
    assert place("http://127.0.0.1:8888") == "127.0.0.1:8888"
    assert place("https://[2606:4700::1111]:444") == "[2606:4700::1111]:444"
