"""OpenAI's official Python client: what it can do here. Each check is one real call; tests run them all."""

from __future__ import annotations

import base64
import inspect
import json
import math
import struct
from functools import cached_property
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai._resource import SyncAPIResource
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel

from acceptance.clients.conftest import Served
from acceptance.clients.recorder import Checks, Parameters, Section

CHECKS = Checks()
LIBRARY = "hameau/library"
EMBEDDER = "multilingual-e5-small"
SAY = "Say only: yes"
"""What even the smallest model ends by itself."""
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": SAY}]
QUESTION = "What is the weather in Paris?"
WEATHER: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]
TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
FLAT: Any = {"type": "function", "strict": False, **TOOL["function"]}


class City(BaseModel):
    """What the model has to fill in."""

    name: str
    inhabitants: int


@CHECKS.serves("models.list")
def everything_is_listed(client: OpenAI, served: Served) -> None:
    names = {model.id for model in client.models.list()}
    assert {served.small, served.smart, EMBEDDER, LIBRARY} <= names


@CHECKS.serves("models.retrieve")
def one_model(client: OpenAI, served: Served) -> None:
    assert client.models.retrieve(served.small).id == served.small
    assert client.models.retrieve(LIBRARY).owned_by == "hameau"
    with pytest.raises(openai.NotFoundError) as refused:
        client.models.retrieve("gpt-4o")
    assert refused.value.code == "model_not_found"


@CHECKS.serves("chat.completions.create")
def a_whole_answer(client: OpenAI, served: Served) -> None:
    answer = client.chat.completions.create(model=served.small, messages=HELLO, max_completion_tokens=8, seed=1)
    again = client.chat.completions.create(model=served.small, messages=HELLO, max_tokens=8, seed=1)
    choice = answer.choices[0]
    assert choice.message.content
    assert choice.message.content == again.choices[0].message.content
    assert choice.finish_reason in ("stop", "length")
    assert answer.usage
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert again.usage
    assert again.usage.prompt_tokens_details
    assert again.usage.prompt_tokens_details.cached_tokens


@CHECKS.serves("chat.completions.create")
def piece_by_piece(client: OpenAI, served: Served) -> None:
    pieces = list(
        client.chat.completions.create(
            model=served.small, messages=HELLO, max_tokens=8, stream=True, stream_options={"include_usage": True}
        )
    )
    assert pieces[0].choices[0].delta.role == "assistant"
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces[:-1])
    assert pieces[-2].choices[0].finish_reason in ("stop", "length")
    assert pieces[-1].choices == []
    assert pieces[-1].usage
    assert pieces[-1].usage.completion_tokens <= 8


@CHECKS.serves("chat.completions.create")
def several_choices_stops_and_weights(client: OpenAI, served: Served) -> None:
    answer = client.chat.completions.create(
        model=served.small,
        messages=HELLO,
        n=2,
        max_tokens=6,
        temperature=1,
        seed=3,
        stop=["\n\n"],
        logprobs=True,
        top_logprobs=3,
        presence_penalty=0.5,
        frequency_penalty=0.5,
        top_p=0.9,
        logit_bias={"11": -100},
        user="a test",
    )
    assert [choice.index for choice in answer.choices] == [0, 1]
    for choice in answer.choices:
        assert choice.logprobs
        assert choice.logprobs.content
        first = choice.logprobs.content[0]
        assert len(first.top_logprobs) == 3
        assert first.logprob <= 0
        assert bytes(first.bytes or ()).decode() == first.token


@CHECKS.serves("chat.completions.create")
def a_tool_is_called_and_answers(client: OpenAI, served: Served) -> None:
    asked = client.chat.completions.create(
        model=served.smart, messages=WEATHER, tools=[TOOL], tool_choice="required", max_tokens=60, temperature=0
    )
    choice = asked.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls
    call = choice.message.tool_calls[0]
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert "Paris" in json.loads(call.function.arguments)["city"]
    history: list[ChatCompletionMessageParam] = [
        *WEATHER,
        {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": dict(call.function)}]},  # type: ignore[list-item,typeddict-item]
        {"role": "tool", "tool_call_id": call.id, "content": "18 degrees, sunny"},
    ]
    told = client.chat.completions.create(
        model=served.smart, messages=history, tools=[TOOL], tool_choice="none", max_tokens=4, temperature=0
    )
    assert told.choices[0].message.content


@CHECKS.serves("chat.completions.create")
def a_tool_call_streams(client: OpenAI, served: Served) -> None:
    pieces = client.chat.completions.create(
        model=served.smart,
        messages=WEATHER,
        tools=[TOOL],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
        max_tokens=60,
        temperature=0,
        stream=True,
    )
    calls = [call for piece in pieces for choice in piece.choices for call in choice.delta.tool_calls or ()]
    assert calls[0].id
    assert calls[0].function
    assert calls[0].function.name == "get_weather"
    assert json.loads("".join(call.function.arguments or "" for call in calls if call.function))


@CHECKS.serves("chat.completions.create")
def any_json(client: OpenAI, served: Served) -> None:
    answer = client.chat.completions.create(
        model=served.smart,
        messages=[{"role": "user", "content": "Give a JSON object with the key a and a number."}],
        response_format={"type": "json_object"},
        max_tokens=40,
        temperature=0,
    )
    assert isinstance(json.loads(answer.choices[0].message.content or ""), dict)


@CHECKS.serves("chat.completions.create")
def the_library_answers_with_citations(client: OpenAI, served: Served) -> None:
    answer = client.chat.completions.create(
        model=LIBRARY, messages=[{"role": "user", "content": "Combien coûte la cotisation annuelle ?"}]
    )
    text = answer.choices[0].message.content or ""
    assert "15" in text
    assert "[1]" in text
    cited: Any = answer.citations  # type: ignore[attr-defined]
    assert "15 euros" in cited[0]["quote"]


@CHECKS.serves("chat.completions.create")
def what_is_wrong_has_a_name(client: OpenAI, served: Served) -> None:
    chat = client.chat.completions
    with pytest.raises(openai.BadRequestError) as long:
        chat.create(model=served.small, messages=[{"role": "user", "content": "word " * 30_000}])
    assert long.value.code == "context_length_exceeded"
    assert "30" in str(long.value)
    picture: Any = {"type": "image_url", "image_url": {"url": "http://127.0.0.1/a.png"}}
    with pytest.raises(openai.BadRequestError) as outside:
        chat.create(model=served.small, messages=[{"role": "user", "content": [picture]}])
    assert outside.value.param == "messages"
    with pytest.raises(openai.BadRequestError) as hot:
        chat.create(model=served.small, messages=HELLO, temperature=7)
    assert hot.value.param == "temperature"
    with pytest.raises(openai.NotFoundError):
        chat.create(model="nobody", messages=HELLO, stream=True)
    with pytest.raises(openai.NotFoundError) as absent:
        client.audio.speech.create(model="x", voice="alloy", input="Bonjour")
    assert absent.value.type == "not_found_error"


@CHECKS.serves("chat.completions.parse")
def a_filled_in_object(client: OpenAI, served: Served) -> None:
    answer = client.chat.completions.parse(
        model=served.smart,
        messages=[{"role": "user", "content": "Paris has 2 million inhabitants."}],
        response_format=City,
        max_tokens=60,
        temperature=0,
    )
    assert isinstance(answer.choices[0].message.parsed, City)


@CHECKS.serves("chat.completions.stream")
def the_helper_for_streams(client: OpenAI, served: Served) -> None:
    with client.chat.completions.stream(model=served.small, messages=HELLO, max_tokens=50, temperature=0) as stream:
        kinds = {event.type for event in stream}
        whole = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert whole.choices[0].message.content


@CHECKS.serves("completions.create")
def a_text_goes_on(client: OpenAI, served: Served) -> None:
    answer = client.completions.create(
        model=served.small, prompt=["Once upon a time", "One, two,"], n=2, max_tokens=4, logprobs=2, temperature=1
    )
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    weights = answer.choices[0].logprobs
    assert weights
    assert weights.tokens
    assert weights.text_offset
    assert weights.text_offset[0] == 0
    best = client.completions.create(model=served.small, prompt="One, two,", best_of=2, max_tokens=3, echo=True)
    assert best.choices[0].text.startswith("One, two,")
    pieces = list(client.completions.create(model=served.small, prompt="One, two,", max_tokens=4, stream=True))
    assert pieces[-1].choices[0].finish_reason in ("stop", "length")


@CHECKS.serves("completions.create")
def a_gap_is_filled(client: OpenAI, served: Served) -> None:
    answer = client.completions.create(
        model=served.smart,
        prompt="def add(a, b):\n    total = ",
        suffix="\n    return total\n",
        max_tokens=5,
        temperature=0,
    )
    assert "a + b" in answer.choices[0].text


@CHECKS.serves("embeddings.create")
def vectors(client: OpenAI, served: Served) -> None:
    texts = ["La cotisation annuelle", "La clé du four"]
    plain = client.embeddings.create(model=EMBEDDER, input=texts, encoding_format="float")
    assert [one.index for one in plain.data] == [0, 1]
    assert math.isclose(math.hypot(*plain.data[0].embedding), 1, rel_tol=1e-4)
    packed: Any = client.embeddings.with_raw_response.create(model=EMBEDDER, input=texts[0], encoding_format="base64")
    written = json.loads(packed.text)["data"][0]["embedding"]
    numbers = struct.unpack(f"<{len(plain.data[0].embedding)}f", base64.b64decode(written))
    assert numbers == pytest.approx(plain.data[0].embedding, abs=1e-6)
    assert client.embeddings.create(model=EMBEDDER, input=texts[0]).data[0].embedding == pytest.approx(numbers)
    short = client.embeddings.create(model=EMBEDDER, input=texts[0], dimensions=64).data[0].embedding
    assert len(short) == 64
    assert math.isclose(math.hypot(*short), 1, rel_tol=1e-4)
    question = client.embeddings.create(model=EMBEDDER, input=texts[0], extra_body={"input_type": "query"})
    assert question.data[0].embedding != plain.data[0].embedding
    with pytest.raises(openai.BadRequestError) as tokens:
        client.embeddings.create(model=EMBEDDER, input=[1, 2, 3])
    assert tokens.value.param == "input"


@CHECKS.serves("responses.create")
def a_response_and_the_next(client: OpenAI, served: Served) -> None:
    first = client.responses.create(
        model=served.small, instructions="Be brief.", input=SAY, max_output_tokens=8, metadata={"a": "b"}
    )
    assert first.output_text
    assert first.metadata == {"a": "b"}
    then = client.responses.create(
        model=served.small, input="And again.", previous_response_id=first.id, max_output_tokens=8
    )
    assert then.usage
    assert first.usage
    assert then.usage.input_tokens > first.usage.input_tokens
    assert then.previous_response_id == first.id
    lost = "resp_nobody"
    with pytest.raises(openai.BadRequestError) as unknown:
        client.responses.create(model=served.small, input="x", previous_response_id=lost)
    assert unknown.value.param == "previous_response_id"


@CHECKS.serves("responses.create")
def a_response_streams(client: OpenAI, served: Served) -> None:
    events = list(client.responses.create(model=served.small, input=SAY, max_output_tokens=8, stream=True))
    names = [event.type for event in events]
    assert names[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert names[-4:-1] == ["response.output_text.done", "response.content_part.done", "response.output_item.done"]
    assert names[-1] in ("response.completed", "response.incomplete")
    assert [event.sequence_number for event in events] == list(range(len(events)))


@CHECKS.serves("responses.create")
def a_response_calls_a_tool(client: OpenAI, served: Served) -> None:
    asked = client.responses.create(
        model=served.smart, input=QUESTION, tools=[FLAT], tool_choice="required", temperature=0
    )
    call = asked.output[0]
    assert call.type == "function_call"
    assert "Paris" in json.loads(call.arguments)["city"]
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "18 degrees, sunny"}
    told = client.responses.create(
        model=served.smart,
        previous_response_id=asked.id,
        input=[result],
        tools=[FLAT],
        tool_choice="none",
        temperature=0,
        max_output_tokens=4,
    )
    assert told.output_text
    with pytest.raises(openai.BadRequestError) as web:
        client.responses.create(model=served.smart, input="x", tools=[{"type": "web_search"}])
    assert web.value.param == "tools"


@CHECKS.serves("responses.create")
def the_library_annotates(client: OpenAI, served: Served) -> None:
    answer = client.responses.create(model=LIBRARY, input="Combien coûte la cotisation annuelle ?")
    part: Any = answer.output[0].content[0]  # type: ignore[union-attr,index]
    note = part.annotations[0]
    assert note.type == "url_citation"
    assert part.text[note.start_index : note.end_index] == "[1]"


@CHECKS.serves("responses.parse")
def a_response_fills_in(client: OpenAI, served: Served) -> None:
    answer = client.responses.parse(
        model=served.smart,
        input="Paris has 2 million inhabitants.",
        text_format=City,
        max_output_tokens=60,
        temperature=0,
    )
    assert isinstance(answer.output_parsed, City)


@CHECKS.serves("responses.stream")
def the_helper_for_responses(client: OpenAI, served: Served) -> None:
    with client.responses.stream(model=served.small, input=SAY, max_output_tokens=50, temperature=0) as stream:
        said = [event.delta for event in stream if event.type == "response.output_text.delta"]
        whole = stream.get_final_response()
    assert "".join(said) == whole.output_text


@CHECKS.serves("responses.retrieve")
@CHECKS.serves("responses.input_items.list")
@CHECKS.serves("responses.delete")
def a_response_is_read_again_and_forgotten(client: OpenAI, served: Served) -> None:
    made = client.responses.create(model=served.small, input=SAY, max_output_tokens=8)
    assert client.responses.retrieve(made.id) == made
    replayed = list(client.responses.retrieve(made.id, stream=True))
    assert replayed[-1].type in ("response.completed", "response.incomplete")
    items: Any = list(client.responses.input_items.list(made.id))
    assert items[0].content[0].text == SAY
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)


@CHECKS.serves("responses.cancel")
def a_response_in_the_background_is_stopped(client: OpenAI, served: Served) -> None:
    made = client.responses.create(model=served.small, input="Count to a thousand.", background=True)
    assert made.status == "in_progress"
    assert client.responses.cancel(made.id).status in ("cancelled", "completed")
    assert client.responses.retrieve(made.id).status in ("cancelled", "completed")


@CHECKS.serves("responses.input_tokens.count")
def an_input_is_counted(client: OpenAI, served: Served) -> None:
    counted = client.responses.input_tokens.count(model=served.small, input=SAY).input_tokens
    made = client.responses.create(model=served.small, input=SAY, max_output_tokens=1)
    assert made.usage
    assert counted == made.usage.input_tokens


def methods(resource: Any, prefix: str = "") -> list[str]:
    """Every method of the client that calls the server, as a person writes it."""
    found: list[str] = []
    for name in sorted(dir(type(resource))):
        what = inspect.getattr_static(type(resource), name)
        if name.startswith("_") or name in ("with_raw_response", "with_streaming_response"):
            continue
        if isinstance(what, cached_property):
            if isinstance(inner := getattr(resource, name), SyncAPIResource):
                found += methods(inner, f"{prefix}{name}.")
        elif callable(what) and isinstance(resource, SyncAPIResource):
            found.append(prefix + name)
    return found


STORED = "Hameau keeps no chats of programs; responses can be read again"
FILES = "documents belong to the library of the person: ask the model `hameau/library`"
HOSTED = "belongs to the company's own service"
REASONS = {
    "admin": "an organization's accounts at the company's service; keys are made with `hameau keys add`",
    "audio": "Hameau can't listen or speak yet",
    "batches": "Hameau answers at once",
    "beta": "agents, assistants and chats hosted by the company; use chat completions or responses",
    "chat.completions.delete": STORED,
    "chat.completions.list": STORED,
    "chat.completions.messages": STORED,
    "chat.completions.retrieve": STORED,
    "chat.completions.update": STORED,
    "containers": "Hameau runs no programs of others",
    "content_provenance_checks": HOSTED,
    "conversations": STORED,
    "decisions": HOSTED,
    "evals": "Hameau trains and grades no models",
    "files": FILES,
    "fine_tuning": "Hameau trains and grades no models",
    "images": "Hameau makes no pictures",
    "live": "Hameau can't listen or speak yet",
    "models.delete": "a model is removed where Hameau runs: `hameau models remove`",
    "moderations": "Hameau does not judge texts",
    "realtime": "Hameau can't listen or speak yet",
    "responses.compact": "Hameau does not shorten what was said",
    "responses.connect": "over a web socket; `responses.create` streams over plain HTTP",
    "safety": HOSTED,
    "skills": "Hameau runs no programs of others",
    "uploads": FILES,
    "vector_stores": FILES,
    "videos": "Hameau makes no films",
    "webhooks": "Hameau calls nobody by itself",
}
NOTES = {
    "chat.completions.create": "`top_k`, `min_p`, `repeat_penalty`, `grammar` (GBNF) and `keep_alive` besides; "
    "with `hameau/library` the answer has `citations`",
    "completions.create": "several texts at once; `suffix` with models that can fill in",
    "embeddings.create": "`input_type` (`query`, `passage`) besides; `usage` is an estimate",
    "models.list": "`kind`, `title`, `context` and `abilities` besides",
    "responses.cancel": "for what is made in the background",
    "responses.create": "with `hameau/library` each footnote is an annotation",
    "responses.input_tokens.count": "counted by reading, so what follows begins at once",
    "responses.retrieve": "kept in memory only, the last 256 at most; whole or as a stream",
}
USED, LEFT = "used", "left aside: it tunes the company's own service"
CHAT = {
    "audio": "refused: Hameau can't speak yet",
    "modalities": "refused when it asks for audio",
    "moderation": "refused: Hameau does not judge texts",
    "web_search_options": "refused: Hameau does not search the web",
    "prediction": "left aside: the answer is the same without",
    "verbosity": "left aside: say it in the instructions",
    "reasoning_effort": "used: thinks or not",
} | dict.fromkeys(
    "metadata prompt_cache_key prompt_cache_options prompt_cache_retention safety_identifier service_tier store user".split(),
    LEFT,
)
RESPONSES = {
    "conversation": "refused: Hameau keeps no chats of programs; use `previous_response_id`",
    "moderation": "refused: Hameau does not judge texts",
    "prompt": "refused: Hameau keeps no prompts of programs",
    "reasoning": "used: `effort`, thinks or not",
    "truncation": "left aside: what is too long is refused, with both numbers",
    "image": "left aside: a picture is read as it is",
    "max_tool_calls": "left aside: programs call their tools themselves",
    "context_management": "left aside: what is too long is refused, with both numbers",
} | dict.fromkeys(
    (
        "access_programs background_options prompt_cache_key prompt_cache_options prompt_cache_retention "
        "safety_identifier service_tier stream_options"
    ).split(),
    LEFT,
)
TRANSPORT = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}


def parameters(method: Any, name: str, fates: dict[str, str]) -> Parameters:
    """Its table: what is not in ``fates`` is used."""
    names = frozenset(inspect.signature(method).parameters) - TRANSPORT
    return Parameters(name, names, dict.fromkeys(names, USED) | fates)


def section(_: Path) -> Section:
    """The Python client."""
    client = OpenAI(api_key="none", base_url="http://127.0.0.1")
    return Section(
        title="OpenAI, Python client",
        about=f"`openai` {openai.__version__}, with `base_url` set to `http://127.0.0.1:8484/v1`.",
        methods=frozenset(methods(client)),
        served=CHECKS.served(),
        reasons=REASONS,
        notes=NOTES,
        parameters=(
            parameters(client.chat.completions.create, "chat.completions.create", CHAT),
            parameters(client.completions.create, "completions.create", {"user": LEFT}),
            parameters(client.responses.create, "responses.create", RESPONSES),
            parameters(client.embeddings.create, "embeddings.create", {"user": LEFT}),
        ),
    )
