"""OpenAI's chats and texts over a house in memory: what goes to the model, what comes back, what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory
from fakes.models import CARD, ScriptedGenerator
from hameau.kit import NotEnough
from hameau.models import Alternative, Cancel, Chunk, GenerationRequest, Recipe, Token, ToolPiece, Usage

MODEL = "petit-modele"
HELLO = [{"role": "user", "content": "Bonjour le monde"}]
TOOL = {"type": "function", "function": {"name": "meteo", "parameters": {"type": "object", "properties": {}}}}


class Said(ScriptedGenerator):
    """Says the given chunks; ``said`` keeps what it was asked."""

    def __init__(self, *chunks: Chunk, error: Exception | None = None) -> None:
        super().__init__("")
        self._chunks, self._error = chunks, error

    def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
        self.said.append(request)
        yield from self._chunks
        if self._error is not None:
            raise self._error


def asked(house: HouseInMemory, client: Client, path: str = "/v1/chat/completions", **more: Any) -> GenerationRequest:
    """What the model was asked."""
    speaker = house.models.generators.setdefault(MODEL, ScriptedGenerator("Oui."))
    assert isinstance(speaker, ScriptedGenerator)
    body = {"model": MODEL} | ({"messages": HELLO} if path.endswith("chat/completions") else {}) | more
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return speaker.said[-1]


def events(text: str) -> list[Any]:
    """The JSON values of a stream, without its end."""
    lines = [block.removeprefix("data: ") for block in text.strip().split("\n\n")]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def refused(client: Client, path: str = "/v1/chat/completions", **more: Any) -> dict[str, Any]:
    """The fault, in OpenAI's form."""
    answer = client.post(path, json={"model": MODEL, "messages": HELLO} | more)
    assert 400 <= answer.status_code < 500, answer.text
    fault: dict[str, Any] = answer.json()["error"]
    assert set(fault) == {"message", "type", "param", "code"}
    return fault


def test_every_wish_reaches_the_model(house: HouseInMemory, client: Client) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    got = asked(
        house,
        client,
        temperature=0.3,
        top_p=0.5,
        top_k=7,
        min_p=0.1,
        seed=-1,
        stop="FIN",
        max_completion_tokens=9,
        presence_penalty=1,
        frequency_penalty=-1,
        repeat_penalty=1.2,
        logit_bias={"5": -100},
        logprobs=True,
        top_logprobs=2,
        reasoning_effort="low",
        parallel_tool_calls=False,
        response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": schema}},
        service_tier="auto",
        nobody_knows={"this": "field"},
    )
    assert (got.temperature, got.top_p, got.top_k, got.min_p, got.seed) == (0.3, 0.5, 7, 0.1, None)
    assert (got.stop, got.max_tokens, got.presence_penalty, got.frequency_penalty) == (("FIN",), 9, 1, -1)
    assert (got.repeat_penalty, got.logit_bias, got.logprobs, got.top_logprobs) == (1.2, {5: -100}, True, 2)
    assert got.think
    assert not got.parallel_tool_calls
    assert got.json_schema == schema
    assert asked(house, client, response_format={"type": "json_object"}).json_schema == {}


def test_what_nobody_chose_is_the_recipes_then_ours(house: HouseInMemory, client: Client) -> None:
    plain = asked(house, client)
    assert (plain.temperature, plain.max_tokens, plain.think) == (0.8, -1, False)
    house.models.make("chef", Recipe(MODEL, "Tu es chef.", {"temperature": 0.1, "num_predict": 5, "num_ctx": 2048}))
    chef = house.models.generators["chef"] = ScriptedGenerator("Oui.")
    client.post("/v1/chat/completions", json={"model": "chef", "messages": HELLO, "max_tokens": 3, "keep_alive": 60})
    got = chef.said[-1]
    assert (got.temperature, got.max_tokens) == (0.1, 3)
    assert [message.role for message in got.messages] == ["system", "user"]
    assert house.models.asked[-1] == ("chef", 2048, 60)


def test_messages_of_every_role(house: HouseInMemory, client: Client) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}}
    call = {"id": "c1", "type": "function", "function": {"name": "meteo", "arguments": "{}"}}
    got = asked(
        house,
        client,
        tools=[TOOL],
        messages=[
            {"role": "developer", "content": "Sois bref."},
            {"role": "user", "name": "Jeanne", "content": [{"type": "text", "text": "Regarde"}, picture]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "18°"}]},
            {"role": "assistant", "function_call": {"name": "meteo", "arguments": "{}"}},
            {"role": "function", "name": "meteo", "content": "19°"},
        ],
    )
    assert [message.role for message in got.messages] == ["system", "user", "assistant", "tool", "assistant", "tool"]
    assert got.messages[1].images == (b"hi",)
    assert got.messages[1].name == "Jeanne"
    assert got.messages[2].tool_calls[0].id == "c1"
    assert got.messages[3].content == "18°"
    assert got.messages[5].tool_call_id == got.messages[4].tool_calls[0].id


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "Bonjour"}, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/a.png"}}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,%"}}]}]}, "messages"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"type": "custom", "custom": {}}]}]}, "messages"),
        ({"temperature": "warm"}, "temperature"),
        ({"temperature": 3}, "temperature"),
        ({"n": 0}, "n"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "x", "parameters": "{"}}]}, "tools"),
        ({"tools": [TOOL, TOOL]}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "auto"}}]}, "tools"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "functions": [{"name": "x"}]}, "functions"),
        ({"logit_bias": {"hello": 3}}, "logit_bias"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"audio": {"voice": "alloy", "format": "wav"}}, "modalities"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"moderation": {"model": "x"}}, "moderation"),
        ({"response_format": {"type": "json_object"}, "grammar": 'root ::= "a"'}, "grammar"),
    ],
)  # fmt: skip
def test_what_is_refused_names_the_field(client: Client, more: dict[str, Any], param: str) -> None:
    fault = refused(client, **more)
    assert re.split(r"[.\[]", fault["param"] or "")[0] == param
    assert fault["type"] == "invalid_request_error"


def test_a_tool_call_whole_and_in_pieces(house: HouseInMemory, client: Client) -> None:
    pieces = (
        Chunk(tools=(ToolPiece(0, "", "meteo", ""),)),
        Chunk(tools=(ToolPiece(0, arguments='{"ville":'),)),
        Chunk(tools=(ToolPiece(0, arguments=' "Die"}'),)),
        Chunk(finish="tool_calls", usage=Usage(20, 5, 9)),
    )
    house.models.generators[MODEL] = Said(*pieces)
    whole = client.post("/v1/chat/completions", json={"model": MODEL, "messages": HELLO, "tools": [TOOL]}).json()
    choice = whole["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    call = choice["message"]["tool_calls"][0]
    assert call["id"]
    assert call["function"] == {"name": "meteo", "arguments": '{"ville": "Die"}'}
    assert whole["usage"]["prompt_tokens_details"] == {"cached_tokens": 5}
    answer = client.post(
        "/v1/chat/completions", json={"model": MODEL, "messages": HELLO, "tools": [TOOL], "stream": True}
    )
    said = [one["choices"][0]["delta"] for one in events(answer.text)]
    first, *rest = [call for delta in said for call in delta.get("tool_calls", ())]
    assert first["type"] == "function"
    assert first["id"]
    assert all("id" not in call and "name" not in call["function"] for call in rest)
    old = {"model": MODEL, "messages": HELLO, "functions": [{"name": "meteo"}], "function_call": "auto"}
    message = client.post("/v1/chat/completions", json=old).json()["choices"][0]
    assert message["finish_reason"] == "function_call"
    assert message["message"]["function_call"]["name"] == "meteo"


def test_weights_and_thoughts(house: HouseInMemory, client: Client) -> None:
    token = Token("é", -0.5, "é".encode(), (Alternative("é", -0.5), Alternative("a", -1.5)))
    house.models.generators[MODEL] = Said(
        Chunk(reasoning="Hm."), Chunk("é", (token,)), Chunk(finish="length", usage=Usage(3, 0, 2))
    )
    body = {"model": MODEL, "messages": HELLO, "logprobs": True, "top_logprobs": 2}
    choice = client.post("/v1/chat/completions", json=body).json()["choices"][0]
    assert choice["message"]["reasoning_content"] == "Hm."
    assert choice["finish_reason"] == "length"
    weight = choice["logprobs"]["content"][0]
    assert weight["bytes"] == list("é".encode())
    assert [one["token"] for one in weight["top_logprobs"]] == ["é", "a"]
    streamed = events(client.post("/v1/chat/completions", json=body | {"stream": True}).text)
    assert [one["choices"][0]["delta"].get("reasoning_content") for one in streamed].count("Hm.") == 1
    assert streamed[2]["choices"][0]["logprobs"]["content"][0]["token"] == "é"


def test_several_choices_draw_their_own_luck(house: HouseInMemory, client: Client) -> None:
    asked(house, client, n=3, seed=7)
    speaker = house.models.generators[MODEL]
    assert isinstance(speaker, ScriptedGenerator)
    assert [one.seed for one in speaker.said] == [7, 8, 9]
    body = {"model": MODEL, "messages": HELLO, "n": 2, "stream": True, "stream_options": {"include_usage": True}}
    pieces = events(client.post("/v1/chat/completions", json=body).text)
    assert {one["index"] for piece in pieces for one in piece["choices"]} == {0, 1}
    assert pieces[-1]["choices"] == []
    assert pieces[-1]["usage"]["completion_tokens"] == 4
    assert all(piece["usage"] is None for piece in pieces[:-1])


def test_an_error_before_the_first_word_has_a_status_and_a_later_one_ends_the_stream(
    house: HouseInMemory, client: Client
) -> None:
    full = NotEnough("The memory is full.", hint="Close something.")
    body = {"model": MODEL, "messages": HELLO, "stream": True}
    house.models.generators[MODEL] = Said(error=full)
    assert client.post("/v1/chat/completions", json=body).status_code == 507
    house.models.generators[MODEL] = Said(Chunk("Oui"), error=full)
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200
    last = json.loads(answer.text.strip().split("\n\n")[-1].removeprefix("data: "))
    assert last["error"]["message"] == "The memory is full. Close something."
    assert last["error"]["type"] == "server_error"


def test_a_prompt_that_is_too_long_has_its_code(house: HouseInMemory, client: Client) -> None:
    house.models.generators[MODEL] = ScriptedGenerator("x", card=CARD)
    words = "mot " * 5000
    answer = client.post(
        "/v1/chat/completions", json={"model": MODEL, "messages": [{"role": "user", "content": words}]}
    )
    assert answer.status_code == 400


def test_a_model_of_another_kind_and_none_at_all(client: Client) -> None:
    assert refused(client, model="gpt-4o")["code"] == "model_not_found"
    assert client.post("/v1/chat/completions", json={"messages": HELLO}).json()["error"]["param"] == "model"
    assert refused(client, model="sens-des-phrases")["type"] == "invalid_request_error"
    assert client.post("/v1/chat/completions", content=b"{").status_code == 400


def test_a_text_goes_on(house: HouseInMemory, client: Client) -> None:
    got = asked(house, client, "/v1/completions", prompt="Il était", suffix=" fin.", max_tokens=2)
    assert (got.prompt, got.suffix, got.max_tokens, got.messages) == ("Il était", " fin.", 2, ())
    assert asked(house, client, "/v1/completions", prompt="Il").max_tokens == 16
    body = {"model": MODEL, "prompt": ["a", "b"], "echo": True, "n": 2}
    answer = client.post("/v1/completions", json=body).json()
    assert [one["text"] for one in answer["choices"]] == ["aOui.", "aOui.", "bOui.", "bOui."]
    streamed = events(client.post("/v1/completions", json=body | {"stream": True}).text)
    assert {one["choices"][0]["index"] for one in streamed} == {0, 1, 2, 3}
    for more in (
        {"prompt": [1, 2]},
        {"prompt": []},
        {"prompt": "a", "echo": True, "logprobs": 1},
        {"prompt": "a", "n": 3, "best_of": 2},
    ):
        assert refused(client, "/v1/completions", **more)["param"] in ("prompt", "echo", "best_of")


def test_the_best_of_several_is_the_likeliest(house: HouseInMemory, client: Client) -> None:
    class Drawn(Said):
        def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
            self.said.append(request)
            logprob = (-3.0, -1.0, -2.0)[len(self.said) - 1]
            yield Chunk(f"{logprob}", (Token("x", logprob, b"x"),))
            yield Chunk(finish="stop", usage=Usage(1, 0, 1))

    house.models.generators[MODEL] = Drawn()
    answer = client.post("/v1/completions", json={"model": MODEL, "prompt": "a", "best_of": 3}).json()
    assert [one["text"] for one in answer["choices"]] == ["-1.0"]
    assert answer["usage"]["completion_tokens"] == 3


def test_the_library_is_a_model(client: Client) -> None:
    question = [{"role": "user", "content": "cotisation annuelle"}]
    answer = client.post("/v1/chat/completions", json={"model": "hameau/library", "messages": question}).json()
    assert "[1]" in answer["choices"][0]["message"]["content"]
    assert answer["citations"][0]["title"] == "Statuts.pdf"
    streamed = events(
        client.post("/v1/chat/completions", json={"model": "hameau/library", "messages": question, "stream": True}).text
    )
    assert any("citations" in one for one in streamed)
