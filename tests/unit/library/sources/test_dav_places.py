"""Addresses on WebDAV servers in their one form."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hameau.kit import BadInput
from hameau.library.sources.dav_listed import listed, moment, title_of
from hameau.library.sources.dav_places import is_near, name_of, path_of, place_of, reach_of, words_of, written
from hameau.library.sources.dav_told import Told
from hameau.perimeter import target_of


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("https://Example.ORG", "https://example.org/"),
        ("https://example.org:443/dav/Mes documents", "https://example.org/dav/Mes%20documents/"),
        ("http://127.0.0.1:8080//a///b%2fc".replace("%2f", "-"), "http://127.0.0.1:8080/a/b-c/"),
        ("davs://example.org/%c3%a9t%C3%A9?x=1#y", "https://example.org/%C3%A9t%C3%A9/"),
        ("https://[::1]:8443/a+b;c", "https://[::1]:8443/a%2Bb%3Bc/"),
    ],
)
def test_a_folder_has_one_address(typed: str, canonical: str) -> None:
    assert place_of(typed, folder=True).uri == canonical
    assert place_of(canonical, folder=True).uri == canonical


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "dossier",
        "ftp://x/",
        "https://u:p@example.org/",
        "https://example.org/a/../b",
        "https://x/%2e%2e/",
        "https://x/" + "a" * 5000,
    ],
)
def test_what_is_none(typed: str) -> None:
    with pytest.raises(BadInput):
        place_of(typed, folder=True)


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("/f/a.txt", "/f/a.txt"),
        ("/f", "/f"),
        ("/f/Caf%c3%a9/", "/f/Caf%C3%A9/"),
        ("/f/Café/", "/f/Caf%C3%A9/"),
        ("http://other.internal/f/a.txt", "/f/a.txt"),
        ("/f//a.txt", "/f/a.txt"),
        ("/f/%E9.txt", "/f/%E9.txt"),
        ("/g/a.txt", None),
        ("/f/../g", None),
        ("/f/%2e%2e/g", None),
        ("/f/a%2Fb", None),
        ("/f/a%00b", None),
        ("a.txt", None),
        ("/folder/a.txt", None),
    ],
)
def test_what_a_server_may_speak_of(href: str, path: str | None) -> None:
    assert path_of(href, "/f/") == path


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=4))
def test_a_path_comes_back_as_it_was(steps: list[str]) -> None:
    names = [step for step in steps if step not in (".", "..") and not set(step) & {"/", "\0"}]
    try:
        path = "/" + "/".join(quote(name, safe="") for name in names)
    except UnicodeEncodeError:
        return
    canonical = path_of(path, "/")
    assert canonical is not None
    assert path_of(canonical, "/") == canonical
    assert words_of(canonical).strip("/") == "/".join(names).strip("/") or not names
    assert written("/".join(names)) == canonical.strip("/")


def test_what_is_near_needs_to_be_said() -> None:
    for near in (
        "http://nas/",
        "https://nas.local/",
        "https://192.168.1.4/",
        "https://[fd00::1]/",
        "https://cloud.lan/",
    ):
        assert is_near(target_of(near))
    for far in ("https://cloud.example.org/", "https://8.8.8.8/"):
        assert not is_near(target_of(far))
    assert reach_of("http://cloud.example.org/", {"user": "ada"}, "x").local
    assert reach_of("https://cloud.example.org/", {"user": "ada"}, "x").secret


def test_a_thing_is_known_by_its_number_where_it_has_one() -> None:
    props = {"oc:fileid": "7", "d:getetag": '"a"', "d:getcontentlength": "12"}
    assert listed(Told("", 200, props), "/f/a").fingerprint == listed(Told("", 200, props), "/g/b").fingerprint
    del props["oc:fileid"]
    assert listed(Told("", 200, props), "/f/a").fingerprint != listed(Told("", 200, props), "/g/b").fingerprint
    assert listed(Told("", 200, props), "/f/a").fingerprint == listed(Told("", 200, props), "/f/a").fingerprint
    assert listed(Told("", 200, {"d:getcontentlength": "9" * 40}), "/f/a").size == 0


def test_words() -> None:
    assert name_of("/f/Caf%C3%A9%20bar.txt") == "Café bar.txt"
    assert title_of("Mon_\u202efichier \n.tar.gz") == "Mon fichier .tar"
    assert moment("Sun, 22 Nov 2026 08:43:47 GMT") == "2026-11-22T08:43:47.000Z"
    assert moment("yesterday") == moment("") == moment("Sun, 99 Nov 2026 08:43:47 GMT") == ""
