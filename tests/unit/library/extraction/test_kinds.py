"""What a file is: bytes first, then the name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.extraction.kinds import kind_of
from hameau.library.extraction.plain import markdown_title, read_plain


@pytest.mark.parametrize(
    "name, head, family",
    [
        ("a.txt", b"bonjour", "text"),
        ("LISEZMOI", "été".encode(), "text"),
        ("notes.md", b"# Titre", "text"),
        ("a.pdf", b"\xef\xbb\xbf%PDF-1.4", "pdf"),
        ("a.txt", b"%PDF-1.7", "pdf"),
        ("a.pdf", b"bonjour", "damaged"),
        ("a.docx", b"PK\x03\x04", "zip"),
        ("a.zip", b"PK\x03\x04", "archive"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "encrypted"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document"),
        ("page", b"<!DOCTYPE html><html>", "html"),
        ("a.eml", b"From: x", "mail"),
        ("a.mht", b"From: <Saved by a browser>", "saved_page"),
        ("a.fb2", b"<?xml version='1.0'?><FictionBook>", "document"),
        ("a.tiff", b"\x89PNG\r\n\x1a\n", "picture"),
        ("a.jpg", b"\x00\x00\x00\x18ftypheic", "picture"),
        ("a.tgz", b"\x1f\x8b\x08", "archive"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "archive"),
        ("a.rar", b"Rar!\x1a\x07\x01" + bytes(9), "closed_archive"),
        ("a.jar", b"PK\x03\x04", "unknown"),
        ("a.zip", b"pas une archive", "damaged"),
        ("RAR.txt", b"Rar! dit-il.", "text"),
        ("a.mp3", b"ID3", "sound"),
        ("a.txt", b"", "text"),
        ("a.docx", b"", "empty"),
        ("core", b"\x7fELF\x02\x01\x01" + bytes(40), "unknown"),
        ("Bilan.txt", b"BM est une marque", "text"),
        ("MZ.txt", b"MZ, dit-il.", "text"),
    ],
)
def test_kinds(name: str, head: bytes, family: str) -> None:
    assert kind_of(name, head).family == family


@given(st.text(max_size=30), st.binary(max_size=300))
def test_any_bytes_under_any_name_have_a_kind(name: str, head: bytes) -> None:
    assert kind_of(name.replace("/", "_"), head).family


@pytest.mark.parametrize(
    "text, title",
    [
        ("# Statuts\n\ntexte", "Statuts"),
        ("---\ntitle: 'Le règlement'\n---\n# Autre", "Le règlement"),
        ("texte\n\n# Plus loin #\n", "Plus loin"),
        ("#hashtag\n", ""),
        ("texte", ""),
    ],
)
def test_title_of_markdown(text: str, title: str) -> None:
    assert markdown_title(text) == title


def test_plain_text_is_read_in_place() -> None:
    extracted = read_plain("\ufeffL'été\r\n".encode(), "text/plain")
    assert (extracted.text, extracted.media_type) == ("L'été\n", "text/plain")
