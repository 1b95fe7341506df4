"""The command line and the HTTP API tell the same answer in the same JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.asking import Client
from fakes.house import furnished
from fakes.web import HIT
from hameau.assistant import Question
from hameau.cli import terminal
from hameau.cli.telling import finish, told
from hameau.cli.words import speak
from hameau.server import create_app

CHANGING = {"conversation"}


@pytest.mark.parametrize("question", ["cotisation annuelle", "zzz"])
@pytest.mark.parametrize("web", ["", "four à pain"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_both_say_the_same(
    tmp_path: Path, question: str, web: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    house = furnished(tmp_path)
    house.web.hits = (HIT, replace(HIT, url="https://loin.example/"))
    asked = {"question": question, "web_query": web}
    by_http = Client(create_app(house), language=language).post("/api/v1/ask", json=asked).json()
    speak(language)
    terminal.document(told(finish(house.assistant.ask(Question(question, web_query=web)))[0]))
    by_command = json.loads(capsys.readouterr().out)
    speak("")
    assert list(by_command) == list(by_http)
    assert {name: by_command[name] for name in set(by_http) - CHANGING} == {
        name: by_http[name] for name in set(by_http) - CHANGING
    }
