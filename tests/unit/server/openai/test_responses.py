"""OpenAI's responses over a house in memory: items in, events out, kept for a while, seen by their owner alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory
from fakes.models import ScriptedGenerator
from hameau.kit import NotEnough, NotFound
from hameau.models import Cancel, Chunk, GenerationRequest, ToolPiece, Usage
from hameau.server.openai import Responses
from hameau.server.openai.responses.asked import ResponseAsked
from hameau.server.openai.responses.kept import Kept
from hameau.server.openai.responses.making import Maker, base_of
from hameau.server.openai.responses.replaying import replay
from hameau.server.openai.responses.told import name_of
from hameau.server.speaker import Said

MODEL = "petit-modele"


def made(client: Client, **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/responses", json={"model": MODEL, "input": "Bonjour le monde"} | more)
    assert answer.status_code == 200, answer.text
    response: dict[str, Any] = answer.json()
    return response


def text_of(response: dict[str, Any]) -> str:
    return "".join(part["text"] for item in response["output"] for part in item.get("content", ()))


def streamed(text: str) -> list[tuple[str, Any]]:
    """Name and data of each event."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [(name[7:], json.loads(data[6:])) for name, data in blocks]


def asked(house: HouseInMemory) -> GenerationRequest:
    speaker = house.models.generators[MODEL]
    assert isinstance(speaker, ScriptedGenerator)
    return speaker.said[-1]


def test_a_chain_of_responses(house: HouseInMemory, client: Client) -> None:
    house.models.generators[MODEL] = ScriptedGenerator("Un.", "Deux.")
    first = made(client, instructions="Sois bref.", metadata={"a": "b"}, temperature=0.2, max_output_tokens=5)
    assert text_of(first) == "Un."
    assert (first["status"], first["metadata"], first["instructions"]) == ("completed", {"a": "b"}, "Sois bref.")
    assert (asked(house).temperature, asked(house).max_tokens) == (0.2, 5)
    second = made(client, previous_response_id=first["id"], input="Et encore ?")
    assert [(one.role, one.content) for one in asked(house).messages] == [
        ("user", "Bonjour le monde"),
        ("assistant", "Un."),
        ("user", "Et encore ?"),
    ]
    assert client.get(f"/v1/responses/{second['id']}").json() == second
    items = client.get(f"/v1/responses/{second['id']}/input_items").json()
    assert [one["content"][0]["text"] for one in items["data"]] == ["Et encore ?"]
    pointed = made(
        client, input=[{"type": "item_reference", "id": first["output"][0]["id"]}, {"role": "user", "content": "Oui"}]
    )
    assert pointed["status"] == "completed"
    assert asked(house).messages[0].content == "Un."


def test_tools_go_round(house: HouseInMemory, client: Client) -> None:
    class Calling(ScriptedGenerator):
        def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
            self.said.append(request)
            yield Chunk(reasoning="Hm.")
            yield Chunk("Je regarde.")
            yield Chunk(tools=(ToolPiece(0, "c1", "meteo", "{"),))
            yield Chunk(tools=(ToolPiece(0, arguments="}"), ToolPiece(1, "c2", "heure", "{}")))
            yield Chunk(finish="tool_calls", usage=Usage(9, 3, 5))

    house.models.generators[MODEL] = Calling("")
    tools = [{"type": "function", "name": "meteo", "parameters": {}}, {"type": "function", "name": "heure"}]
    response = made(client, tools=tools, tool_choice={"type": "function", "name": "meteo"})
    assert asked(house).tool_choice == "meteo"
    assert [item["type"] for item in response["output"]] == ["reasoning", "message", "function_call", "function_call"]
    assert [item["arguments"] for item in response["output"][2:]] == ["{}", "{}"]
    assert response["usage"]["input_tokens_details"]["cached_tokens"] == 3
    made(
        client,
        previous_response_id=response["id"],
        tools=tools,
        input=[{"type": "function_call_output", "call_id": "c1", "output": "18°"}],
    )
    roles = [message.role for message in asked(house).messages]
    assert roles == ["user", "assistant", "tool"]
    assert [call.id for call in asked(house).messages[1].tool_calls] == ["c1", "c2"]
    answer = client.post("/v1/responses", json={"model": MODEL, "input": "x", "tools": tools, "stream": True})
    names = [name for name, _ in streamed(answer.text)]
    assert names.count("response.function_call_arguments.done") == 2
    assert names.count("response.reasoning_text.delta") == 1
    assert [data["sequence_number"] for _, data in streamed(answer.text)] == list(range(len(names)))


def test_events_of_a_stream_and_of_its_reading_again(house: HouseInMemory, client: Client) -> None:
    house.models.generators[MODEL] = ScriptedGenerator("Bonjour")
    answer = client.post("/v1/responses", json={"model": MODEL, "input": "x", "stream": True})
    events = streamed(answer.text)
    assert [name for name, _ in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert all(data["type"] == name for name, data in events)
    number = events[-1][1]["response"]["id"]
    again = client.get(f"/v1/responses/{number}?stream=true").text.removesuffix(": end\n\n")
    assert [data for _, data in streamed(again)] == [data for _, data in events]
    later = client.get(f"/v1/responses/{number}?stream=true&starting_after=6").text.removesuffix(": end\n\n")
    assert len(streamed(later)) == 2


def test_what_was_cut_short_or_failed_says_so(house: HouseInMemory, client: Client) -> None:
    house.models.generators[MODEL] = ScriptedGenerator("un deux trois")
    short = made(client, max_output_tokens=2)
    assert (short["status"], short["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})

    class Failing(ScriptedGenerator):
        def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
            yield Chunk("Oui")
            raise NotEnough("The memory is full.", hint="Close something.")

    house.models.generators[MODEL] = Failing("")
    answer = client.post("/v1/responses", json={"model": MODEL, "input": "x", "stream": True})
    name, data = streamed(answer.text)[-1]
    assert name == "response.failed"
    assert data["response"]["error"]["message"].startswith("The memory is full.")
    assert client.post("/v1/responses", json={"model": MODEL, "input": "x"}).status_code == 507


def test_in_the_background(house: HouseInMemory, client: Client) -> None:
    go = threading.Event()

    class Waiting(ScriptedGenerator):
        def stream(self, request: GenerationRequest, cancel: Cancel | None = None) -> Iterator[Chunk]:
            assert cancel is not None
            while not cancel.is_set() and not go.wait(0.01):
                continue
            yield Chunk("Fini", finish="cancelled" if cancel.is_set() else "stop")

    house.models.generators[MODEL] = Waiting("")
    begun = made(client, background=True)
    assert begun["status"] == "in_progress"
    stopped = client.post(f"/v1/responses/{begun['id']}/cancel").json()
    assert stopped["status"] == "cancelled"
    go.set()
    done = made(client, background=True)
    until = streamed(client.get(f"/v1/responses/{done['id']}?stream=true").text.removesuffix(": end\n\n"))
    assert until[-1][0] == "response.completed"
    whole = made(client)
    assert client.post(f"/v1/responses/{whole['id']}/cancel").status_code == 400


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"input": None}, "input"),
        ({"input": [{"type": "computer_call_output"}]}, "input"),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}, "input"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "http://x/a.png"}]}]}, "input"),
        ({"input": [{"type": "item_reference", "id": "msg_nobody"}]}, "input"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"tool_choice": {"type": "mcp", "server_label": "x"}}, "tool_choice"),
        ({"previous_response_id": "resp_nobody"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"moderation": {}}, "moderation"),
        ({"background": True, "stream": True}, "background"),
        ({"background": True, "store": False}, "background"),
        ({"text": {"format": {"type": "poem"}}}, "text.format.type"),
    ],
)
def test_what_is_refused_names_the_field(client: Client, more: dict[str, Any], param: str) -> None:
    answer = client.post("/v1/responses", json={"model": MODEL, "input": "x"} | more)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["param"] == param


def test_what_is_not_stored_is_gone_and_others_see_nothing(house: HouseInMemory, client: Client) -> None:
    lost = made(client, store=False)
    assert client.get(f"/v1/responses/{lost['id']}").status_code == 404
    kept = made(client)
    stranger = {"authorization": f"Bearer {house.keys.make('editor', ['chat']).secret}"}
    assert client.get(f"/v1/responses/{kept['id']}", headers=stranger).status_code == 404
    stolen = {"model": MODEL, "input": "x", "previous_response_id": kept["id"]}
    assert client.post("/v1/responses", json=stolen, headers=stranger).status_code == 400
    assert client.delete(f"/v1/responses/{kept['id']}").json()["deleted"]
    assert client.get(f"/v1/responses/{kept['id']}").json()["error"]["type"] == "not_found_error"


def test_the_shelf_is_bounded() -> None:
    shelf = Responses(most=2, most_bytes=3000)
    kept = [Kept("", base_of(ResponseAsked(model="m")), [{"id": "a", "text": "x"}], 1) for _ in range(3)]
    for one in kept:
        shelf.keep(one)
    with pytest.raises(NotFound):
        shelf.find("", kept[0].response.id)
    assert shelf.find("", kept[2].response.id) is kept[2]
    large = Kept("", base_of(ResponseAsked(model="m")), [{"id": "a", "text": "x" * 5000}], 1)
    shelf.keep(large)
    assert shelf.find("", large.response.id) is large
    with pytest.raises(NotFound):
        shelf.find("", kept[2].response.id)


def test_a_model_that_says_nothing_still_gives_a_message() -> None:
    maker = Maker(base_of(ResponseAsked(model="m")))
    events = [*maker.begin(), *maker.take(Said(Chunk(finish="stop"))), *maker.end()]
    assert name_of(events[-1]) == "response.completed"
    assert len(maker.response.output) == 1
    assert [name_of(one) for one in replay(maker.response)][-1] == "response.completed"


def test_an_input_is_counted(house: HouseInMemory, client: Client) -> None:
    house.models.generators[MODEL] = ScriptedGenerator("Oui")
    counted = client.post("/v1/responses/input_tokens", json={"model": MODEL, "input": "un deux"}).json()
    assert counted == {"input_tokens": 3, "object": "response.input_tokens"}
    assert asked(house).max_tokens == 1
