"""A chat with a model alone: what the engine is asked, what the reader hears, and what can't be."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory
from fakes.models import ScriptedGenerator
from fakes.speakers import card
from hameau.kit import BadInput
from hameau.models import InstalledModel, Recipe
from hameau.server.chatting import request_of
from hameau.server.model_shapes import ChatMessage, NewChat

PICTURE = b"\x89PNG of a mill"


def said(*messages: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in messages]


def ask(client: Client, messages: list[dict[str, Any]], **more: Any) -> Any:
    return client.post("/api/v1/chat", json={"messages": messages, **more})


def test_the_model_hears_what_was_said_and_nothing_of_the_documents(client: Client, house: HouseInMemory) -> None:
    speaker = ScriptedGenerator("Bonjour à vous.")
    house.models.generators["petit-modele"] = speaker
    chat = said(("system", "Sois bref."), ("user", "Bonjour"), ("assistant", "Oui ?"), ("user", "Ça va ?"))
    answer = ask(client, chat, model="petit-modele", temperature=0.25, max_tokens=99).json()
    assert answer["text"] == "Bonjour à vous."
    assert answer["model"] == "petit-modele"
    assert answer["finish"] == "stop"
    assert answer["completion_tokens"] > 0
    asked = speaker.said[0]
    assert [(one.role, one.content) for one in asked.messages] == [(one["role"], one["content"]) for one in chat]
    assert (asked.temperature, asked.max_tokens) == (0.25, 99)


def test_without_a_name_the_one_that_answers_speaks(client: Client, house: HouseInMemory) -> None:
    house.models.here["autre"] = InstalledModel(card("autre"), "/models/autre.gguf", "")
    house.change_settings(chat_model="autre")
    assert ask(client, said(("user", "Bonjour"))).json()["model"] == "autre"


def test_a_recipe_lies_under_what_was_not_chosen(client: Client, house: HouseInMemory) -> None:
    base = house.models.here["petit-modele"]
    house.models.here["greffier"] = replace(
        base,
        card=replace(base.card, id="greffier"),
        recipe=Recipe("petit-modele", "Écris en vers.", {"temperature": 0.1}),
    )
    speaker = ScriptedGenerator("Oui.")
    house.models.generators["greffier"] = speaker
    ask(client, said(("user", "Bonjour")), model="greffier")
    ask(client, said(("user", "Bonjour")), model="greffier", temperature=0.9)
    assert [one.temperature for one in speaker.said] == [0.1, 0.9]
    assert [one.messages[0].content for one in speaker.said] == ["Écris en vers."] * 2


def test_an_answer_that_was_cut_off_is_gone_on_with(client: Client, house: HouseInMemory) -> None:
    speaker = ScriptedGenerator("un deux trois quatre")
    house.models.generators["petit-modele"] = speaker
    assert ask(client, said(("user", "Compte")), max_tokens=3).json()["finish"] == "length"
    ask(client, said(("user", "Compte"), ("assistant", "un deux")))
    assert speaker.said[1].prefill == "un deux"
    assert [one.role for one in speaker.said[1].messages] == ["user"]


def test_pictures_come_as_bytes() -> None:
    request = request_of(NewChat((ChatMessage("user", "", (PICTURE,)),)))
    assert request.messages[0].images == (PICTURE,)
    with pytest.raises(BadInput):
        request_of(NewChat((ChatMessage("system", "Sois bref."),)))
    with pytest.raises(BadInput):
        request_of(NewChat((ChatMessage("assistant", "Oui"),)))


def test_pictures_and_long_texts_are_bounded(client: Client) -> None:
    picture = base64.b64encode(PICTURE).decode()
    assert ask(client, [{"role": "user", "content": "a", "images": [picture] * 9}]).status_code == 422
    assert ask(client, [{"role": "user", "content": "a", "images": ["%%%"]}]).status_code == 422
    assert ask(client, said(("user", "a" * 100_001))).status_code == 422
    assert client.post("/api/v1/chat", content=b" " * 24_000_001).status_code == 413


def test_a_context_that_is_full_is_said_with_both_numbers(client: Client) -> None:
    long = said(("user", "mot " * 5000))
    told = ask(client, long)
    assert told.status_code == 400
    assert "4096" in told.json()["error"]["message"]
    streamed = ask(client, long, stream=True).text
    assert streamed.startswith("event: state")
    assert "event: error" in streamed
    assert "4096" in streamed


def test_the_reader_is_told_what_is_waited_for(client: Client) -> None:
    def first() -> str:
        text = ask(client, said(("user", "Bonjour")), stream=True).text
        return str(json.loads(text.split("\n")[1].removeprefix("data: "))["state"])

    assert first() == "loading"
    assert first() == "reading"


def test_who_embeds_does_not_chat(client: Client) -> None:
    told = ask(client, said(("user", "Bonjour")), model="sens-des-phrases")
    assert told.status_code == 400
    assert "Sens Des Phrases" in told.json()["error"]["message"]


def test_many_chats_at_once_keep_to_themselves(client: Client) -> None:
    answers: dict[int, str] = {}

    def talk(number: int) -> None:
        answers[number] = ask(client, said(("user", f"numéro {number}"))).json()["text"]

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers == {number: f"numéro {number}" for number in range(20)}
