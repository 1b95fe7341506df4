"""What a licence allows, in plain words: known ones by any way of writing them, unknown ones with care."""

from __future__ import annotations

from dataclasses import fields

import pytest

from hameau.models import Catalogue
from hameau.models.catalogue import bundled
from hameau.server.licences import TERMS, Terms, terms

FREE = (
    "Apache-2.0",
    "apache_2.0",
    "MIT",
    "BSD-3-Clause",
    "EUPL-1.2",
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "GPL-3.0-only",
)
BOUND = ("llama3.2", "meta-llama-3", "Llama 2 Community License", "Gemma", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "MRL-0.1",
         "bigscience-openrail-m", "qwen-research")  # fmt: skip


@pytest.mark.parametrize("name", FREE)
def test_free_ones_may_be_used_for_anything(name: str) -> None:
    assert terms(name).free
    assert terms(name).work == "Yes, for anything."


@pytest.mark.parametrize("name", BOUND)
def test_bound_ones_say_so(name: str) -> None:
    found = terms(name)
    assert not found.free
    assert found != terms("nobody knows")


def test_what_nobody_knows_gets_the_careful_answer() -> None:
    for name in ("", "other", "my own licence"):
        assert terms(name).summary.startswith("Its conditions are the maker's")
        assert not terms(name).free


def test_the_nearer_name_wins() -> None:
    assert "without earning money" in terms("CC-BY-NC-SA-4.0").share
    assert "network" in terms("AGPL-3.0").share
    assert "European Union" in terms("llama4").beware


def test_each_answer_is_there_and_each_card_of_ours_is_known() -> None:
    for _, found in TERMS:
        assert all(getattr(found, one.name) for one in fields(Terms) if one.name not in ("beware", "free"))
    catalogue: Catalogue = bundled()
    assert not [card.id for card in catalogue if terms(card.license) == terms("nobody knows")]
