"""What of a mail is not its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.extraction.quoting import asides, is_foot


def own_words(text: str, *, forwards: bool = False) -> str:
    """``text`` without what is left aside."""
    kept, end = "", 0
    for span in asides(text, forwards=forwards):
        assert end <= span.start < span.end <= len(text)
        kept += text[end : span.start]
        end = span.end
    kept += text[end:]
    return kept.strip("\n") if kept != text else text


OWN = "Bonjour Paul,\n\nla salle est libre jeudi."


@pytest.mark.parametrize(
    "tail",
    [
        "Le lun. 3 mars 2025 à 10:00, Paul Durand <paul@example.org> a écrit :\n> La salle est-elle libre ?\n> Paul",
        "Le 3 mars 2025 à 10:00, Paul Durand\n<paul@example.org> a écrit :\n\n> La salle est-elle libre ?",
        "On Mon, Mar 3, 2025 at 10:00 AM Paul <paul@example.org> wrote:\n\n> Is it free?\n>\n> Paul",
        "Am 03.03.2025 um 10:00 schrieb Paul:\n> Ist er frei?",
        "-----Message d'origine-----\nDe : Paul\nObjet : la salle\n\nEst-elle libre ?",
        "________________________________\nDe : Paul <paul@example.org>\nEnvoyé : lundi 3 mars 2025\nÀ : Amélie\nObjet : salle\n\nLibre ?",
        "From: Paul\nSent: Monday\nTo: Amélie\nSubject: room\n\nfree?",
        "-- \nAmélie Roux\n06 00 00 00 00",
        "Envoyé de mon iPhone",
        "-- \nAmélie\n\nLe 3 mars 2025 à 10:00, Paul a écrit :\n> Libre ?",
        "Envoyé depuis mon téléphone\n\nLe 3 mars 2025 à 10:00, Paul a écrit :\n> Libre ?\n> > Déjà ?",
        "> Libre ?\n> Paul",
        "_______________________________________________\nListe moulin@listes.example.org\nhttps://listes.example.org/moulin",
        "-- \nAmélie\n______________________________\nPour vous désabonner : https://listes.example.org/moulin",
    ],
)
def test_the_tail_is_left_out(tail: str) -> None:
    assert own_words(f"{OWN}\n\n{tail}\n").strip() == OWN


def test_a_short_quotation_with_an_answer_below_stays() -> None:
    text = "Le 3 mars 2025 à 10:00, Paul a écrit :\n> La salle est-elle libre ?\n\nOui, jeudi.\n\n> Et la clé ?\n\nChez Marie."
    assert own_words(text) == text


def test_a_long_quotation_above_the_answer_is_left_out() -> None:
    quoted = "\n".join(f"> ligne {number}" for number in range(30))
    assert own_words(f"Le 3 mars 2025 à 10:00, Paul a écrit :\n{quoted}\n\nD'accord.").strip() == "D'accord."


@pytest.mark.parametrize(
    "text",
    [
        "Pour info.\n\n---------- Forwarded message ---------\nDe : Paul\nDate: lundi\nObjet : salle\n\nLa salle est prise.",
        "> rien que cela\n> et cela",
        "Le conseil du 3 mars a écrit une lettre : la voici.",
        "De : Brévanne\nÀ : Saint-Étienne\nDate : le 3 mars",
        "Tarifs --\n\nOn wrote:",
        "____________________\nSignature du bailleur :\n____________________\nSignature du locataire :",
    ],
)
def test_what_is_no_tail_stays(text: str) -> None:
    assert own_words(text) == text


def test_a_mail_that_is_passed_on_keeps_what_it_passes_on() -> None:
    text = "Pour info.\n\nDe : Paul\nEnvoyé : lundi\nÀ : Amélie\nObjet : salle\n\nLa salle est prise."
    assert own_words(text, forwards=True) == text
    assert own_words(text) == "Pour info."


@given(st.text("aé> \n:-_<@.0123", max_size=200), st.booleans())
def test_something_is_always_left(text: str, forwards: bool) -> None:
    own = own_words(text, forwards=forwards)
    assert bool(own.strip()) == bool(text.strip())


def test_the_foot_of_a_mailing_list_is_told_by_itself() -> None:
    assert is_foot("_______________________________________________\nmoulin mailing list\nmoulin@listes.example.org\n")
    assert not is_foot("Bonjour,\n________________________\nmoulin@listes.example.org")
