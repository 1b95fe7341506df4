from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.analysis import (
    BREAK,
    EXACT,
    QUERY_TERMS,
    fold,
    index_terms,
    index_text,
    lookups,
    query_terms,
    terms,
)

FRENCH = st.text(st.sampled_from("abcdeéèêàçùœîïlqu'’- .,0123456789\n\u00a0\u00ad«»%€"), max_size=200)


def found(question: str, text: str) -> bool:
    """Would every term of the question be found in the text?"""
    wanted = query_terms(question)
    return bool(wanted) and set(wanted) <= set(terms(text))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("école", "l'école"),
        ("l'école", "écoles"),
        ("l’école", "l'école"),
        ("ECOLES", "Les écoles d’antan"),
        ("aujourd'hui", "C’est aujourd’hui."),
        ("aujourd’hui", "d'aujourd'hui"),
        ("porte-monnaie", "le porte-monnaie"),
        ("porte monnaie", "le porte-monnaie"),
        ("portemonnaie", "le porte-monnaie"),
        ("porte‑monnaie", "le porte-monnaie"),
        ("arc en ciel", "un arc-en-ciel"),
        ("arc-en-ciel", "l'arc-en-ciel"),
        ("saint etienne", "Saint-Étienne"),
        ("Saint-Étienne", "à saint-etienne"),
        ("œuvre", "l'oeuvre"),
        ("Oeuvres", "L’Œuvre"),
        ("prud'homme", "les prud’hommes"),
        ("1234,5", "1 234,5 euros"),
        ("1 234,5", "1\u202f234,5 €"),
        ("1.234,5", "1 234,5"),
        ("14 euros", "14 €"),
        ("14 juillet 1789", "le 14 juillet 1789"),
        ("1er janvier", "le 1 janvier"),
        ("article 1792-4-1", "Article 1792-4-1"),
        ("SNCF", "la S.N.C.F."),
        ("facture 2023", "facture_2023"),
        ("C++", "le langage C++"),
        ("adhérents", "Les non-adhérents"),
        ("été", "l'été dernier"),
        ("cotisation", "co\u00adti\u00adsa\u00adtions"),
        ("e\u0301cole", "école"),
        ("rentree", "les rentrées"),
        ("assemblee", "l'assemblée"),
        ("duree", "durée"),
        ("musee", "les musées"),
        ("chaudieres", "la chaudière"),
        ("electricite", "l'électricité"),
        ("entierement", "entièrement"),
        ("employe", "les employés"),
        ("acces", "l'accès"),
        ("moitie", "la moitié"),
        ("visites", "la visite"),
        ("CA", "le CA de 2024"),
    ],
)
def test_a_question_finds(question: str, text: str) -> None:
    assert found(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("aujourd'hui", "ce jour"),
        ("1234", "1 234,5"),
        ("hui", "aujourd'hui"),
        ("12", "1 200"),
        ("1792-4-2", "article 1792-4-1"),
    ],
)
def test_a_question_does_not_find(question: str, text: str) -> None:
    assert not found(question, text)


def test_stop_words_and_clitics_are_left_out() -> None:
    assert terms("Le maire de la ville, est-il là ?") == ["mair", "vill"]
    assert terms("A-t-il mangé ? Dit-elle.") == ["mang", "dit"]


def test_stop_words_typed_without_accents_are_left_out_too() -> None:
    assert terms("c'etait tres bien, meme la mairie") == ["mair"]


def test_question_words_are_indexed_but_not_asked() -> None:
    assert terms("combien") == ["combien"]
    assert query_terms("Combien de communes ?") == ["commun"]


def test_the_index_holds_stems_then_words() -> None:
    assert index_terms("Les Écoles") == ["ecol", BREAK, EXACT + "ecoles"]
    assert index_terms("le la les") == []


def test_a_question_is_looked_up_by_terms_words_and_pairs() -> None:
    assert lookups("Charles le Chauve") == ["charl", "chauv", "=charles", "=chauve", "charl chauv"]


def test_each_language_has_its_own_stemmer() -> None:
    assert terms("running dogs", "en") == ["run", "dog"]
    assert terms("die Häuser der Stadt", "de") == ["haus", "stadt"]
    assert terms("unknown languages", "xx") == ["unknown", "languages"]


def test_a_question_is_read_in_its_own_language() -> None:
    assert query_terms("what is the capital of the region", ["fr", "en"]) == ["capit", "region"]
    assert "running" in " ".join(lookups("running", ["fr", "en"]))


def test_scripts_without_spaces_are_cut_in_pairs() -> None:
    assert terms("東京都", "ja") == ["東京", "京都"]


def test_a_question_without_end_is_cut_with_sense() -> None:
    asked = query_terms("premier " + "bla" * 50_000 + " dernier")
    assert {"premi", "derni"} <= set(asked)
    assert len(query_terms(" ".join(f"mot{number}" for number in range(1000)))) == QUERY_TERMS


def test_a_run_of_letters_without_end_is_no_word() -> None:
    assert terms("x" * 100_000) == []


@given(FRENCH)
def test_terms_are_clean_words(text: str) -> None:
    for term in terms(text):
        assert term
        assert term == term.lower()
        assert not any(character.isspace() or character in "'’\"«»" for character in term)
        assert not any(unicodedata.combining(character) for character in unicodedata.normalize("NFD", term))


@given(FRENCH)
def test_case_accents_composition_and_apostrophes_do_not_matter(text: str) -> None:
    assert terms(text) == terms(unicodedata.normalize("NFD", text))
    assert terms(text) == terms(text.replace("'", "’"))
    assert terms(text.upper().lower()) == terms(text.lower())


@given(FRENCH, FRENCH)
def test_lines_are_analysed_on_their_own(one: str, other: str) -> None:
    assert terms(one + "\n" + other) == terms(one) + terms(other)


@given(st.text(max_size=300))
def test_any_text_is_analysed(text: str) -> None:
    for term in (*index_terms(text), *query_terms(text, ["fr", "en", "ja"])):
        assert term
        assert " " not in term
    assert len(terms(text)) == len(terms(text))


@given(st.text(max_size=100))
def test_what_is_asked_as_it_stands_is_found(text: str) -> None:
    assert set(query_terms(text)) <= set(terms(text))


@given(st.text(max_size=100))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.one_of(FRENCH, st.text(max_size=200)), st.sampled_from(["fr", "en", "xx"]))
def test_the_quick_way_to_the_index_gives_the_same_terms(text: str, language: str) -> None:
    assert index_text(text, language).split() == index_terms(text, language)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Il coûte 1 234,50 € pour 12 345\u202f678 habitants.", {"1234.50", "12345678"}),
        ("Article 12, 345 pages", {"12", "345"}),
        ("En 2023 100 enfants", {"2023", "100"}),
        ("dʼune école", {"ecol"}),
    ],
)
def test_the_quick_way_knows_numbers_with_spaces_inside(text: str, holds: set[str]) -> None:
    assert index_text(text).split() == index_terms(text)
    assert holds <= set(index_text(text).split())


def test_a_text_of_stop_words_alone_has_no_index() -> None:
    assert index_text("le la les du") == "" == index_text("  ")
