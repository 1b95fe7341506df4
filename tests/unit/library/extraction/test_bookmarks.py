"""Bookmarks of browsers, in the forms in which they keep and export them."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import exports
from fakes.reading import context
from hameau.library.extraction import lz4block
from hameau.library.extraction.bookmarks import read_bookmarks
from hameau.library.extraction.kinds import kind_of
from hameau.library.extraction.reasons import Unreadable
from hameau.library.types import Extracted


def read(name: str, data: bytes) -> Extracted:
    kind = kind_of(name, data[:4096])
    assert kind.family == "bookmarks", kind
    return read_bookmarks(data, kind.media_type, context())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bookmarks.html", exports.NETSCAPE.encode()),
        ("bookmarks.json", exports.mozilla()),
        ("b.jsonlz4", exports.mozilla_packed()),
    ],
)
def test_each_address_is_a_document(name: str, data: bytes) -> None:
    tart = read(name, data).parts[0].extracted
    assert (tart.title, tart.link, tart.dated_at) == (
        "Tarte aux pommes",
        "https://recettes.example/tarte",
        "2025-03-01T00:00:00.000Z",
    )
    assert "Cuisine\nÉtiquettes : tarte, pommes\nAjouté : samedi 1er mars 2025" in tart.text
    assert tart.media_type == "text/x-bookmark"


def test_notes_are_kept_and_scripts_are_not() -> None:
    found = read("bookmarks.html", exports.NETSCAPE.encode())
    assert [part.extracted.title for part in found.parts] == ["Tarte aux pommes", "La mairie"]
    assert "Celle de mamie" in found.parts[0].extracted.text and "Dossier" not in found.parts[1].extracted.text


def test_chromium() -> None:
    (mark,) = read("Bookmarks", exports.chromium()).parts
    assert (mark.name, mark.extracted.dated_at) == ("b-1", "2025-03-01T00:00:00.000Z")
    assert "Dossier : Barre de favoris / Utile" in mark.extracted.text


def test_ours() -> None:
    entry = ["k", "Mairie", "https://mairie.example/", [], [], "2025-03-01T00:00:00+00:00", "", 3]
    data = json.dumps(
        {"hameau": "bookmarks", "title": "Historique", "entries": [entry]}, separators=(",", ":")
    ).encode()
    found = read("bookmarks.json", data)
    assert found.title == "Historique"
    assert "Dernière visite : samedi 1er mars 2025\nVisites : 3" in found.parts[0].extracted.text


@pytest.mark.parametrize(
    "data", [b'{"hameau":"bookmarks","entries":3}', b'{"hameau":"bookmarks"', b'{"hameau":"bookmarks","entries":[]}']
)
def test_what_is_broken_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read("bookmarks.json", data)


def test_folders_without_end() -> None:
    deep = b'{"checksum":"x","roots":{"bookmark_bar":' + b'{"children":[' * 5000 + b"]}" * 5000 + b"}}"
    with pytest.raises(Unreadable):
        read("Bookmarks", deep)
    page = (
        b"<!DOCTYPE NETSCAPE-Bookmark-file-1>" + b"<DL><DT><H3>x</H3>" * 50_000 + b'<A HREF="https://x.example/">y</A>'
    )
    assert len(read("b.html", page).parts) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"mozLz40\0",
        b"mozLz40\0" + struct.pack("<I", 5) + b"\x10a\x05\x00",
        b"mozLz40\0" + struct.pack("<I", 0xFFFF_FFFF) + b"\x10a",
        b"mozLz40\0" + struct.pack("<I", 9) + b"\xf0\xff",
        b"mozLz40\0" + struct.pack("<I", 2) + b"\x1fa\x01\x00" + b"\xff" * 9,
    ],
)
def test_packed_nonsense(data: bytes) -> None:
    with pytest.raises(Unreadable):
        lz4block.unpacked(data)


@given(st.binary(max_size=200))
def test_any_bytes_unpack_or_are_refused(data: bytes) -> None:
    try:
        assert len(lz4block.unpacked(b"mozLz40\0" + struct.pack("<I", 64) + data)) == 64
    except Unreadable as verdict:
        assert verdict.reason in ("damaged", "bomb")
