from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.understanding import Reading, understand

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("question", "words", "kinds", "since", "until"),
    [
        ("dans mes courriels de mars, qui parle du toit ?", "qui parle du toit ?", {"mail"}, "2026-03", "2026-04"),
        ("mes PDF de 2023", "", {"pdf"}, "2023", "2024"),
        (
            "in my emails from March, who talks about the roof?",
            "who talks about the roof?",
            {"mail"},
            "2026-03",
            "2026-04",
        ),
        ("dans mes livres, qui est Vautrin ?", "qui est Vautrin ?", {"book"}, "", ""),
        ("documents de mars 2026 sur la toiture", "la toiture", set(), "2026-03", "2026-04"),
        ("montre-moi les photos de juillet", "", {"picture"}, "2026-07", "2026-08"),
        ("mails reçus depuis janvier 2026", "", {"mail"}, "2026-01", ""),
        ("Que dit Marie dans ses courriels de mars 2026 ?", "Que dit Marie ?", {"mail"}, "2026-03", "2026-04"),
        ("résume mes courriels de la semaine dernière", "", {"mail"}, "2026-11-09", "2026-11-16"),
        ("mes rendez-vous de demain", "", {"event"}, "2026-11-23", "2026-11-24"),
        ("dans mon agenda, quand se réunit le conseil ?", "quand se réunit le conseil ?", {"event"}, "", ""),
        ("Quel est le numéro de Marie dans mes contacts ?", "Quel est le numéro de Marie ?", {"contact"}, "", ""),
        ("dans mes conversations Signal de juin, l'adresse", "l'adresse", {"chat"}, "2026-06", "2026-07"),
        ("mes marque-pages sur le jardinage", "le jardinage", {"bookmark"}, "", ""),
        ("dans mes flux, que dit-on du climat ?", "que dit-on du climat ?", {"news"}, "", ""),
    ],
)
def test_a_question_about_ones_documents_binds(
    question: str, words: str, kinds: set[str], since: str, until: str
) -> None:
    reading = understand(question, TODAY)
    assert reading.words == words
    assert reading.only.kinds == kinds
    for found, wanted in ((reading.only.since, since), (reading.only.until, until)):
        whole = f"{wanted}-01-01" if len(wanted) == 4 else f"{wanted}-01" if len(wanted) == 7 else wanted
        assert not wanted if not found else abs((date.fromisoformat(found[:10]) - date.fromisoformat(whole)).days) <= 1


@pytest.mark.parametrize(
    "question",
    [
        "Quel livre a-t-il écrit en 1933 ?",
        "Quel est le message de Platon ?",
        "Quelle est la dernière bataille de Napoléon ?",
        "Où sont rangés mes livres ?",
        "Combien de PDF ai-je ?",
        "Sur quoi porte la dispute ?",
        "What happened in March 1917?",
        "Qui a pris la photo de la Lune en 1969 ?",
        "notes de la réunion de mars",
        "pdf budget 2024",
        "Que retenir des événements de mai 1968 ?",
        "dans les discussions du conseil municipal",
        "Quels sont les favoris de la course ?",
        "Show must go on",
        "mars",
        "x" * 2_000 + " dans mes courriels de mars",
    ],
)
def test_any_other_question_is_words(question: str) -> None:
    assert understand(question, TODAY) == Reading(question)


def test_a_person_a_language_and_a_file_are_read() -> None:
    marie = understand("courriels de Marie Dupont sur le budget", TODAY)
    assert (marie.words, marie.people, marie.only.people) == ("le budget", "Marie Dupont", {"Marie", "Dupont"})
    assert understand("emails from Marie about the roof", TODAY).people == "Marie"
    assert understand("documents en anglais sur le climat", TODAY).only.languages == {"en"}
    assert understand("Que dit le fichier budget-2024.ods sur les travaux ?", TODAY).file == "budget-2024.ods"


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("le dernier courriel de Marie", ""),
        ("la dernière facture d'électricité", "facture d'électricité"),
        ("my latest invoice from EDF", "invoice from EDF"),
        ("le compte rendu le plus récent", "le compte rendu"),
    ],
)
def test_the_newest_is_wanted_only_when_it_is_said(question: str, words: str) -> None:
    reading = understand(question, TODAY)
    assert reading.latest
    assert reading.words == words


@given(st.text(max_size=120))
def test_no_question_is_an_error(question: str) -> None:
    reading = understand(question, TODAY)
    assert len(reading.words) <= len(question)
