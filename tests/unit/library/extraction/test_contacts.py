"""Address cards of every age."""

from __future__ import annotations

import pytest

from fakes import exports
from fakes.reading import context
from hameau.library.extraction.contacts import read_contacts
from hameau.library.extraction.reasons import Unreadable
from hameau.library.types import Extracted


def read(text: str) -> Extracted:
    return read_contacts(text.encode(), context())


def test_each_card_is_a_person() -> None:
    found = read(exports.CARDS)
    assert "3 contacts" in found.text
    assert [part.extracted.title for part in found.parts] == ["Zoé Lefèvre", "Marie Dupont", "Marie Dupont"]
    assert [part.name for part in found.parts] == [
        "Zoé Lefèvre +33612345678",
        "marie",
        "Marie Dupont tel:+33-1-23-45-67-89",
    ]


def test_what_a_card_says_is_labelled() -> None:
    zoe, marie, other = (part.extracted for part in read(exports.CARDS).parts)
    assert "Téléphone (portable) : +33612345678\nAnniversaire : 14 mars\n" in zoe.text
    assert "ligne un\nligne deux" in zoe.text and "/9j/" not in zoe.text
    assert "Courriel (travail) : marie@example.org" in marie.text
    assert "Adresse (domicile) : 3 rue du Moulin, 94450 Brévanne, France" in marie.text
    assert "Organisation : Mairie, Urbanisme" in marie.text
    assert (marie.link, marie.dated_at, marie.authors) == (
        "https://marie.example",
        "2024-01-02T03:04:05.000Z",
        "Marie Dupont",
    )
    assert "Téléphone (travail) : +33-1-23-45-67-89" in other.text and "une autre, du même nom" in other.text


def test_one_card_is_the_file_itself() -> None:
    found = read("BEGIN:VCARD\nVERSION:4.0\nN:Roux;Amélie;;;\nEND:VCARD\n")
    assert (found.title, found.parts) == ("Amélie Roux", ())


@pytest.mark.parametrize(
    ("lines", "title"),
    [("ORG:Mairie", "Mairie"), ("EMAIL:a@b.c", "a@b.c"), ("NOTE:x", ""), ("N:;;;;\nTEL:12", "12")],
)
def test_who_has_no_name_is_called_by_what_there_is(lines: str, title: str) -> None:
    assert read(f"BEGIN:VCARD\n{lines}\nEND:VCARD\n").title == title


def test_an_agent_inside_a_card_is_passed_over() -> None:
    found = read("BEGIN:VCARD\nFN:Une\nAGENT:\nBEGIN:VCARD\nFN:Autre\nEND:VCARD\nTEL:1\nEND:VCARD\n")
    assert found.title == "Une" and "Téléphone : 1" in found.text and not found.parts


def test_a_card_that_nobody_ended() -> None:
    found = read("BEGIN:VCARD\nFN:Une\nBEGIN:VCARD\nFN:Deux\n")
    assert [part.extracted.title for part in found.parts] == ["Une", "Deux"]


def test_no_card_at_all() -> None:
    with pytest.raises(Unreadable):
        read("BEGIN:VCARD\nEND:VCARD\n")
