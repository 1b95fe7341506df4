"""The cards: what comes with Hameau is complete, and what is written is what is read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.models import CARD
from hameau.kit import LANGUAGES, Corrupt, NotFound
from hameau.models import ModelCard, Origin
from hameau.models.catalogue import bundled, parse, to_toml
from hameau.models.models import LARGE, SMALL
from hameau.perimeter import target_of

CARDS = tuple(bundled())


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_a_card_is_complete(card: ModelCard) -> None:
    assert card.id == card.id.lower()
    assert card.license
    assert card.license_url.startswith("https://")
    assert card.ram_bytes > card.size_bytes > 0
    assert card.context > 0
    assert set(card.note) == set(LANGUAGES)
    assert all(card.note.values())
    assert card.origins
    assert (card.dimensions > 0) == (card.kind == "embedding")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_file_has_its_fingerprint_and_every_package_its_version(card: ModelCard) -> None:
    for origin in card.origins:
        if origin.kind != "bundled":
            assert len(card.sha256) == 64
            assert set(card.sha256) <= set("0123456789abcdef")
        assert all("==" in package for package in origin.packages)
        if origin.kind == "packages":
            assert origin.packages
            assert origin.member
        if origin.kind == "url":
            assert target_of(origin.url).scheme == "https"


def test_the_starters_are_there() -> None:
    assert [card.id for card in CARDS if card.starter and card.kind == "chat"] == [SMALL, LARGE]
    assert bundled().of_kind("embedding")[0].starter


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(NotFound) as caught:
        bundled().card("gpt")
    assert SMALL in str(caught.value.fields["known"])


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_what_is_written_is_read(card: ModelCard) -> None:
    assert parse(to_toml(card)) == card


@given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_text_survives_in_a_card(title: str, url: str, words: list[str], note: dict[str, str]) -> None:
    card = replace(
        CARD,
        title=title,
        languages=tuple(words),
        note=note,
        origins=(Origin("url", url=url, hosts=tuple(words)), Origin("packages", packages=tuple(words), member=title)),
    )
    assert parse(to_toml(card)) == card


def test_a_lone_surrogate_does_not_break_a_card() -> None:
    assert parse(to_toml(replace(CARD, title="a\udc80b"))).title == "a?b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "id = 3",
        "not toml at all [",
        to_toml(CARD).replace('"chat"', '"painting"'),
        to_toml(CARD).replace("context = 4096", 'context = "4096"'),
        to_toml(CARD).replace("context = 4096", "context = -1"),
        to_toml(CARD) + "surprise = 1\n",
        to_toml(CARD) + '\n[[origins]]\nkind = "carrier pigeon"\n',
    ],
)
def test_a_broken_card_is_said_to_be_broken(text: str) -> None:
    with pytest.raises(Corrupt):
        parse(text)
