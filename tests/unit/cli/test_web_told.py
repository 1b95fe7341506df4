"""The web's part in an answer, as a terminal and a pipe show it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from fakes.house import HouseInMemory, furnished
from fakes.web import HIT
from hameau.assistant import Citation, Question
from hameau.cli.telling import tell
from hameau.cli.web_told import second_hand
from hameau.kit import Unavailable
from hameau.library import Locator

QUESTION = Question("cotisation annuelle", web_query="four à pain")


@pytest.fixture
def house(tmp_path: Path) -> HouseInMemory:
    made = furnished(tmp_path)
    made.web.hits = (HIT, replace(HIT, url="https://loin.example/\x1b[2J"))
    return made


def shown(house: HouseInMemory, *, terminal: bool) -> str:
    out = Console(file=io.StringIO(), force_terminal=terminal, width=200, markup=False, highlight=False, emoji=False)
    out.soft_wrap = not terminal
    tell(house.assistant.ask(QUESTION), out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_what_left_who_refused_and_which_pages_were_lost(house: HouseInMemory, terminal: bool) -> None:
    said = shown(house, terminal=terminal)
    assert "Asked searx.example: « four à pain ». Results: 2" in said
    assert "Engines that did not answer: grosse-bete (CAPTCHA)" in said
    assert "Not read: https://loin.example/" in said
    assert "\x1b[2J" not in said
    assert said.count("What the web says") == 1
    assert "(pain.example)" in said
    assert said.index("From your documents:") < said.index("From the web:")
    assert said.index("What your documents say") < said.index("Asked searx.example")


def test_a_web_that_was_not_asked(house: HouseInMemory) -> None:
    house.web.trouble = Unavailable("{host} is away.", hint="Look at {host}.", host="searx.example")
    said = shown(house, terminal=False)
    assert "The web was not asked: searx.example is away." in said
    assert "Look at searx.example." in said
    assert "From the web" not in said


def test_a_page_that_was_not_opened_is_second_hand(house: HouseInMemory) -> None:
    *_, done = house.assistant.ask(QUESTION)
    answer = done.answer  # type: ignore[union-attr]
    of_web = answer.citations[-1]
    assert second_hand(of_web, answer) == ""
    other = Citation(3, -9, 0, "B", "https://b.example/", "Un four.", Locator(0, 8), "web", "https://b.example/")
    assert "search engine" in second_hand(other, answer)
    assert second_hand(answer.citations[0], answer) == ""
