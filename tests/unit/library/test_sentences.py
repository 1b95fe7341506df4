from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.sentences import cut_at, cuts, marks, sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["Il pleut.", "Il vente !", "Sors-tu ?", "Non…", "Bien."],
        ["M. Dupont et Mme Martin habitent au n° 3.", "Ils sont là."],
        ["Il naît en 52 av. J.-C. à Rome.", "Il meurt en 14 apr. J.-C. à Nole."],
        ["Voir p. ex. l'art. 12, cf. p. 3.", "Fin."],
        ["J. Verne et V. Hugo écrivent.", "On les lit."],
        ["Le taux est de 3.5 % en 2020.", "Il baisse."],
        ["« Vraiment ? » dit-il en riant.", "Elle se tait."],
        ["« Il dort. »", "Puis il part."],
        ["Voyez https://exemple.fr/a.b?c=d. e pour la suite.", "Merci."],
        ["La S.N.C.F. roule.", "Le train part."],
        ["Des pommes, des poires, etc.", "Le reste suit."],
        ["Mr. Smith met Dr. Jones.", "They talked, e.g. about rain."],
        ["Yahoo! est un site.", "Il date."],
    ],
)
def test_sentences_are_told_apart(parts: list[str]) -> None:
    assert split(" ".join(parts)) == parts


def test_headings_lists_and_paragraphs_part_sentences() -> None:
    text = "# Titre\nUn texte\n\nVous devez :\n- un point\n- un autre\n1. premier\n2. deuxième"
    assert split(text) == [
        "# Titre",
        "Un texte",
        "Vous devez :",
        "- un point",
        "- un autre",
        "1. premier",
        "2. deuxième",
    ]


def test_short_lines_are_things_of_their_own() -> None:
    assert split("Documents :\nCarte d'identité\nPasseport") == ["Documents :", "Carte d'identité", "Passeport"]


def test_a_wrapped_line_goes_on() -> None:
    text = "Cette phrase est assez longue pour que le logiciel l'ait coupée en deux\nlignes. Une autre."
    assert split(text) == [text[:-11].rstrip(), "Une autre."]


@given(st.text(st.sampled_from("ab A.!?… \n\t\"«»'-1#"), max_size=300))
def test_sentences_hold_every_character_that_is_no_space(text: str) -> None:
    spans = sentences(text)
    assert "".join("".join(text[start:end] for start, end in spans).split()) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


@given(st.text(max_size=300))
def test_cuts_rise_and_stand_inside(text: str) -> None:
    found = list(cuts(text))
    assert found == sorted(set(found))
    assert all(0 < cut < len(text) for cut in found)


@pytest.mark.parametrize("garbage", [".", ". ", "\n", " \n", "a", "A. ", "x.\n", "!?", "\n# a", "- ", "\u00a0", "M. "])
def test_garbage_is_cut_in_time_that_grows_with_its_length(garbage: str) -> None:
    assert sum(1 for _ in cuts(garbage * 200_000)) <= len(garbage) * 200_000


@given(st.text(st.sampled_from("Aab. !?…\n-#|1)« »'\u00a0"), max_size=200))
def test_a_mark_looked_at_alone_says_the_same(text: str) -> None:
    alone = {cut_at(text, mark) for mark in marks(text)} - {0}
    assert set(cuts(text)) <= alone
