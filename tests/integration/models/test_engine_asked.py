"""What programs ask of the chat engine beyond a chat: tools, raw texts, a place to fill in, probabilities. A real model."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hameau.kit import BadInput
from hameau.models import Chunk, EngineOptions, GenerationRequest, InstalledModel, Message, Tool, ToolCall
from hameau.models.catalogue import bundled
from hameau.models.engines.xllamacpp import LlamaGenerator, load

pytestmark = pytest.mark.needs_model

CITY = {"type": "object", "properties": {"city": {"$ref": "#/$defs/city"}}, "required": ["city"],
        "$defs": {"city": {"type": "string", "maxLength": 20}}}  # fmt: skip
WEATHER = Tool("get_weather", "The weather in a city now.", CITY)
CLOCK = Tool("get_time", "The time of day.", {"type": "object", "properties": {}})
ASK = GenerationRequest((Message("user", "What is the weather in Paris?"),), max_tokens=60, tools=(WEATHER,))
GO_ON = GenerationRequest(prompt="The capital of France is", max_tokens=4)


@pytest.fixture(scope="module")
def coder(model_file: Callable[[str], Path]) -> Iterator[LlamaGenerator]:
    card = bundled().card("qwen2.5-coder-0.5b-instruct")
    made = load(InstalledModel(card, str(model_file(card.id)), ""), EngineOptions(2, 1024))
    yield made
    made.close()


@pytest.fixture(scope="module")
def plain(model_file: Callable[[str], Path]) -> Iterator[LlamaGenerator]:
    card = bundled().card("smollm2-135m-instruct")
    made = load(InstalledModel(card, str(model_file(card.id)), ""), EngineOptions(2, 512))
    yield made
    made.close()


def run(generator: LlamaGenerator, request: GenerationRequest) -> tuple[str, list[ToolCall], Chunk]:
    """The text, the calls and the last chunk."""
    chunks = list(generator.stream(request))
    calls: dict[int, ToolCall] = {}
    for piece in (piece for chunk in chunks for piece in chunk.tools):
        call = calls.get(piece.index, ToolCall("", "", ""))
        calls[piece.index] = ToolCall(call.id + piece.id, call.name + piece.name, call.arguments + piece.arguments)
    return "".join(chunk.text for chunk in chunks), list(calls.values()), chunks[-1]


@pytest.mark.parametrize("choice", ["auto", "required", "get_weather"])
def test_a_tool_is_called(coder: LlamaGenerator, choice: str) -> None:
    text, calls, last = run(coder, replace(ASK, tool_choice=choice))
    assert not text
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [("get_weather", {"city": "Paris"})]
    assert calls[0].id
    assert last.finish == "tool_calls"
    assert last.usage
    assert last.usage.completion_tokens > 5


def test_a_tool_that_must_be_called_is_called(coder: LlamaGenerator) -> None:
    hello = replace(ASK, messages=(Message("user", "Hello!"),), tools=(WEATHER, CLOCK), tool_choice="get_time")
    text, calls, last = run(coder, hello)
    assert (text, [(call.name, call.arguments) for call in calls], last.finish) == (
        "",
        [("get_time", "{}")],
        "tool_calls",
    )
    _, calls, _ = run(coder, replace(hello, tool_choice="required"))
    assert calls[0].name in ("get_weather", "get_time")


def test_none_calls_none(coder: LlamaGenerator) -> None:
    _, calls, last = run(coder, replace(ASK, tool_choice="none", max_tokens=5))
    assert not calls
    assert last.finish == "length"


def test_what_a_tool_gave_is_read(plain: LlamaGenerator) -> None:
    said = (Message("assistant", "", tool_calls=(ToolCall("c1", "get_weather", '{"city": "Paris"}'),)),
            Message("tool", "sunny, 21 degrees", tool_call_id="c1", name="get_weather"))  # fmt: skip
    text, _, _ = run(plain, replace(ASK, messages=(*ASK.messages, *said), tool_choice="none"))
    assert "21" in text


def test_a_text_goes_on_past_the_template(coder: LlamaGenerator) -> None:
    text, _, last = run(coder, GO_ON)
    assert text.startswith(" Paris")
    assert last.usage
    assert last.usage.prompt_tokens == 5


def test_a_place_is_filled_in(coder: LlamaGenerator) -> None:
    hole = GenerationRequest(prompt="def add(a, b):\n    return ", suffix="\n\nprint(add(1, 2))\n", max_tokens=8)
    assert run(coder, hole)[0].startswith("a + b")


def test_any_json_can_be_asked_for(coder: LlamaGenerator) -> None:
    chat = GenerationRequest((Message("user", "Hello!"),), json_schema={}, max_tokens=12)
    assert run(coder, chat)[0].lstrip().startswith("{")
    schema = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }
    raw = GenerationRequest(prompt="JSON: ", json_schema=schema, max_tokens=30)
    assert isinstance(json.loads(run(coder, raw)[0])["ok"], bool)


@pytest.mark.parametrize("alternatives", [0, 3])
def test_each_token_tells_its_probability(coder: LlamaGenerator, alternatives: int) -> None:
    for request in (replace(GO_ON, max_tokens=6), replace(ASK, tool_choice="none", max_tokens=6)):
        chunks = list(coder.stream(replace(request, logprobs=True, top_logprobs=alternatives)))
        tokens = [token for chunk in chunks for token in chunk.tokens]
        assert len(tokens) == 6
        assert b"".join(token.raw for token in tokens).decode() == "".join(chunk.text for chunk in chunks)
        assert all(len(token.alternatives) == alternatives for token in tokens)
        assert all(-9999 <= token.logprob <= 0 and math.exp(token.logprob) <= 1 for token in tokens)
        for token in tokens if alternatives else ():
            assert token.alternatives[0].raw == token.raw  # without temperature the likeliest is said


def test_the_bias_of_a_token_counts(coder: LlamaGenerator) -> None:
    paris = 12095
    assert not run(coder, replace(GO_ON, logit_bias={paris: -1e9}))[0].startswith(" Paris")
    assert run(coder, replace(GO_ON, logit_bias={paris: 1e9}))[0] == " Paris" * GO_ON.max_tokens
    assert run(coder, replace(GO_ON, logit_bias={10**9: 1.0, -5: 1.0}))[0].startswith(" Paris")


def test_odd_numbers_are_no_harm(coder: LlamaGenerator) -> None:
    odd = replace(GO_ON, seed=2**70, temperature=0.8, top_k=-1, min_p=0.2, repeat_last_n=-1, presence_penalty=2.0,
                  frequency_penalty=-2.0, stop=("",))  # fmt: skip
    assert run(coder, odd)[2].finish
    assert run(coder, odd)[0] == run(coder, odd)[0]


def test_without_a_limit_it_writes_until_it_is_done_or_the_context_is_full(plain: LlamaGenerator) -> None:
    last = run(plain, GenerationRequest(prompt="one two three four " * 120, max_tokens=-1, temperature=1.0, seed=3))[2]
    assert last.finish in ("stop", "length")
    assert last.usage
    assert last.usage.prompt_tokens + last.usage.completion_tokens <= 512


def test_too_long_a_raw_prompt_says_both_numbers(coder: LlamaGenerator) -> None:
    with pytest.raises(BadInput) as caught:
        run(coder, GenerationRequest(prompt="word " * 3000))
    assert caught.value.fields["context"] == 1024
    assert int(str(caught.value.fields["prompt"])) > 3000


@pytest.mark.parametrize(
    "bad",
    [
        replace(ASK, tools=(replace(WEATHER, parameters={"type": "nonsense"}),)),
        replace(ASK, tools=(replace(WEATHER, parameters={"type": "object", "properties": 3}),), tool_choice="required"),
        replace(ASK, tools=(replace(WEATHER, parameters={"$ref": "#/nowhere"}),)),
        replace(ASK, tool_choice="get_rich"),
        replace(ASK, tools=(), tool_choice="required"),
        replace(ASK, grammar='root ::= "a"'),
        replace(
            ASK, messages=(*ASK.messages, Message("assistant", "", tool_calls=(ToolCall("c", "get_weather", "{"),)))
        ),
        replace(GO_ON, messages=ASK.messages),
        replace(GO_ON, tools=(WEATHER,)),
        replace(GO_ON, grammar="root ::= ("),
        replace(ASK, tools=(), messages=(Message("user", "What is this?", images=(b"x",)),)),
    ],
)
def test_what_makes_no_sense_is_said_and_harms_nothing(coder: LlamaGenerator, bad: GenerationRequest) -> None:
    with pytest.raises(BadInput):
        run(coder, bad)
    assert run(coder, GO_ON)[0].startswith(" Paris")


def test_a_model_says_what_it_can_not_do(plain: LlamaGenerator) -> None:
    with pytest.raises(BadInput, match="can't call tools") as caught:
        run(plain, ASK)
    assert caught.value.hint
    with pytest.raises(BadInput, match="fill in the middle"):
        run(plain, replace(GO_ON, suffix="."))
    assert run(plain, replace(ASK, tool_choice="none", max_tokens=3))[2].finish == "length"
