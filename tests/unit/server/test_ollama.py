"""Ollama's protocol: what its clients send is understood, what they read has their form, wrong or right."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory
from fakes.models import ScriptedGenerator
from hameau.kit import BadInput
from hameau.models import Message, Recipe, ToolPiece
from hameau.server.ollama.memory import recall, remember
from hameau.server.ollama.reading import seconds_of
from hameau.server.ollama.telling import Calls

MODEL = "petit-modele"
HELLO = [{"role": "user", "content": "Bonjour à toi"}]


@pytest.fixture
def speaker(house: HouseInMemory) -> ScriptedGenerator:
    """What the model says, and what it was asked."""
    made = ScriptedGenerator("Oui, bonjour.")
    house.models.generators[MODEL] = made
    return made


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_chat_comes_line_by_line_unless_it_is_wanted_whole(client: Client, speaker: ScriptedGenerator) -> None:
    answer = client.post("/api/chat", json={"model": MODEL, "messages": HELLO})
    assert answer.headers["content-type"] == "application/x-ndjson"
    frames = lines(answer.text)
    assert "".join(frame["message"]["content"] for frame in frames) == "Oui, bonjour."
    assert [frame["done"] for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert frames[-1]["done_reason"] == "stop"
    assert frames[-1]["prompt_eval_count"] == 5
    assert isinstance(frames[-1]["total_duration"], int)
    whole = client.post("/api/chat", json={"model": MODEL, "messages": HELLO, "stream": False}).json()
    assert whole["message"] == {"role": "assistant", "content": "Oui, bonjour."}
    assert whole["done"] is True
    assert "message" in speaker.said[0].messages[0].content or speaker.said[0].messages[0].content == "Bonjour à toi"


def test_options_become_what_is_asked(client: Client, speaker: ScriptedGenerator, house: HouseInMemory) -> None:
    options = {"temperature": 0.1, "top_k": 5, "num_predict": 3, "num_ctx": 512, "stop": ["x"], "seed": 7, "num_gpu": 9}
    asked = {"model": MODEL, "messages": HELLO, "options": options, "keep_alive": "10m", "format": {"type": "object"}}
    assert client.post("/api/chat", json=asked).status_code == 200
    request = speaker.said[-1]
    assert (request.temperature, request.top_k, request.max_tokens, request.seed) == (0.1, 5, 3, 7)
    assert (request.stop, request.json_schema) == (("x",), {"type": "object"})
    assert house.models.asked[-1] == (MODEL, 512, 600.0)


def test_nobody_said_anything_is_as_in_ollama(client: Client, speaker: ScriptedGenerator) -> None:
    client.post("/api/chat", json={"model": MODEL, "messages": HELLO})
    request = speaker.said[-1]
    assert (request.temperature, request.top_k, request.top_p, request.max_tokens) == (0.8, 40, 0.9, -1)


def test_the_model_s_own_recipe_holds_where_nobody_said_anything(
    client: Client, speaker: ScriptedGenerator, house: HouseInMemory
) -> None:
    recipe = Recipe(system="Sois bref.", options={"temperature": 0.3, "top_k": 2, "num_ctx": 300})
    house.models.here[MODEL] = replace(house.models.here[MODEL], recipe=recipe)
    client.post("/api/chat", json={"model": MODEL, "messages": HELLO, "options": {"top_k": 9}})
    request = speaker.said[-1]
    assert (request.temperature, request.top_k) == (0.3, 9)
    assert request.messages[0] == Message("system", "Sois bref.")
    assert house.models.asked[-1][1] == 300


def test_tools_and_their_answers(client: Client, speaker: ScriptedGenerator) -> None:
    tool = {"type": "function", "function": {"name": "heure", "parameters": {"type": "object"}}}
    chat = [
        *HELLO,
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"function": {"name": "heure", "arguments": {"ici": True}}}],
        },
        {"role": "tool", "content": "midi", "tool_name": "heure"},
    ]
    assert client.post("/api/chat", json={"model": MODEL, "messages": chat, "tools": [tool]}).status_code == 200
    request = speaker.said[-1]
    assert request.tools[0].name == "heure"
    called, answered = request.messages[1], request.messages[2]
    assert json.loads(called.tool_calls[0].arguments) == {"ici": True}
    assert answered.tool_call_id == called.tool_calls[0].id


def test_calls_are_told_whole() -> None:
    calls = Calls()
    calls.add([ToolPiece(0, "a", "heure", '{"ici"'), ToolPiece(1, "b", "date", "no json")])
    calls.add([ToolPiece(0, arguments=": true}")])
    first, second = calls.told() or ()
    assert (first.id, first.function.name, first.function.arguments) == ("a", "heure", {"ici": True})
    assert second.function.arguments == {"arguments": "no json"}


def test_a_text_goes_on_with_what_was_said(client: Client, speaker: ScriptedGenerator) -> None:
    first = client.post("/api/generate", json={"model": MODEL, "prompt": "Un", "system": "S", "stream": False}).json()
    assert first["response"] == "Oui, bonjour."
    client.post("/api/generate", json={"model": MODEL, "prompt": "Deux", "context": first["context"], "stream": False})
    assert [one.content for one in speaker.said[-1].messages] == ["Un", "Oui, bonjour.", "Deux"]
    streamed = lines(client.post("/api/generate", json={"model": MODEL, "prompt": "Un", "system": "S"}).text)
    assert streamed[-1]["context"] == first["context"]


def test_raw_and_fill_in(client: Client, speaker: ScriptedGenerator) -> None:
    asked = {"model": MODEL, "prompt": "a = ", "suffix": "\n", "stream": False}
    assert "context" not in client.post("/api/generate", json=asked).json()
    assert (speaker.said[-1].prompt, speaker.said[-1].suffix, speaker.said[-1].messages) == ("a = ", "\n", ())
    client.post("/api/generate", json={"model": MODEL, "prompt": "1, 2", "raw": True, "stream": False})
    assert speaker.said[-1].prompt == "1, 2"


def test_a_template_is_left_aside_with_a_notice(client: Client, speaker: ScriptedGenerator) -> None:
    told = client.post(
        "/api/generate", json={"model": MODEL, "prompt": "x", "template": "{{ x }}", "stream": False}
    ).json()
    assert "template" in told["notice"]


def test_nothing_to_say_loads_or_puts_away(client: Client, house: HouseInMemory) -> None:
    loaded = client.post("/api/generate", json={"model": MODEL, "keep_alive": -1}).json()
    assert (loaded["done_reason"], loaded["response"]) == ("load", "")
    assert house.models.asked[-1] == (MODEL, None, -1.0)
    there = client.get("/api/ps").json()["models"][0]
    assert (there["name"], there["expires_at"][:4], there["size_vram"]) == (f"{MODEL}:latest", "2318", 0)
    gone = client.post("/api/chat", json={"model": MODEL, "messages": [], "keep_alive": 0}).json()
    assert gone["done_reason"] == "unload"
    assert client.get("/api/ps").json() == {"models": []}


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ({}, 400, "empty"),
        ({"model": "nothing"}, 404, "nothing"),
        ({"model": 3}, 400, "model"),
        ({"model": MODEL, "messages": "x"}, 400, "messages"),
        ({"model": MODEL, "messages": [{"role": "robot", "content": "x"}]}, 400, "robot"),
        ({"model": MODEL, "messages": [{"role": "user"}, 4]}, 400, "messages"),
        ({"model": MODEL, "messages": [{"role": "user", "content": "x", "images": ["%%"]}]}, 400, "base64"),
        ({"model": MODEL, "messages": HELLO, "options": {"temperature": "hot"}}, 400, "temperature"),
        ({"model": MODEL, "messages": HELLO, "options": {"num_ctx": []}}, 400, "num_ctx"),
        ({"model": MODEL, "messages": HELLO, "keep_alive": "soon"}, 400, "soon"),
        ({"model": MODEL, "messages": HELLO, "format": "yaml"}, 400, "yaml"),
        ({"model": MODEL, "messages": HELLO, "think": True}, 400, "think"),
        ({"model": MODEL, "messages": HELLO, "think": "much"}, 400, "much"),
        ({"model": MODEL, "messages": HELLO, "top_logprobs": 21}, 400, "top_logprobs"),
        ({"model": MODEL, "messages": HELLO, "tools": [{"function": {"name": "a"}}] * 2}, 400, "Two tools"),
        ({"model": "sens-des-phrases", "messages": HELLO}, 400, "not a chat model"),
        ({"model": "sens-des-phrases", "messages": []}, 400, "not a chat model"),
    ],
)
def test_what_is_wrong_is_said_in_their_form(client: Client, asked: dict[str, Any], status: int, says: str) -> None:
    answer = client.post("/api/chat", json=asked)
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error", "code"}
    assert says in answer.json()["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"x"', b"null", b'{"model": "' + b"x" * 400 + b'"}'])
def test_broken_json_is_said_too(client: Client, body: bytes) -> None:
    for path in ("chat", "generate", "embed", "show", "create", "pull", "copy"):
        answer = client.post(f"/api/{path}", content=body)
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["error"]


def test_what_fails_on_the_way_ends_the_stream_in_words(client: Client, house: HouseInMemory) -> None:
    class Breaks(ScriptedGenerator):
        def stream(self, request: Any, cancel: Any = None) -> Any:
            yield from list(super().stream(request, cancel))[:2]
            raise BadInput("It broke: {why}", why="here")

    house.models.generators[MODEL] = Breaks("Oui, bonjour.")
    frames = lines(client.post("/api/chat", json={"model": MODEL, "messages": HELLO}).text)
    assert frames[0]["message"]["content"] == "Oui"
    assert frames[-1] == {"error": "It broke: here", "code": "bad_input"}


def test_the_context_of_another_program_is_refused(client: Client, speaker: ScriptedGenerator) -> None:
    for context in ([1, 2, 3], [72, 97, 109, 1, 5], [72, 97, 109, 1, *b"\x78\x9c"], remember([], "x")[:-6]):
        answer = client.post("/api/generate", json={"model": MODEL, "prompt": "x", "context": context})
        assert answer.status_code == 400
    assert recall(remember([Message("user", "é\ud800")], "x"))[1] == Message("assistant", "x")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(None, None), ("", None), (5, 5.0), (0, 0.0), (-1, -1.0), ("5m", 300.0), ("1h30m", 5400.0), ("-1", -1.0), ("300", 300.0),
     ("1.5s", 1.5), ("-10m", -1.0), ("0", 0.0), (1e300, 1e9)],
)  # fmt: skip
def test_how_long_a_model_stays(given: Any, seconds: float | None) -> None:
    assert seconds_of(given) == seconds


@pytest.mark.parametrize("given", ["soon", "5 m", "m", "1d", "--5", "1h1", "9" * 60, float("nan"), float("inf")])
def test_what_is_no_duration(given: Any) -> None:
    with pytest.raises(BadInput):
        seconds_of(given)


def test_lists_tell_the_library_too(client: Client) -> None:
    models = {one["name"]: one for one in client.get("/api/tags").json()["models"]}
    assert models.keys() == {"sens-des-phrases:latest", f"{MODEL}:latest", "hameau/library:latest"}
    assert models["sens-des-phrases:latest"]["capabilities"] == ["embedding"]
    assert len(models[f"{MODEL}:latest"]["digest"]) == 64
    assert client.get("/api/version").json()["version"]
    assert client.request("HEAD", "/api/tags").status_code == 200


def test_the_library_answers_with_its_sources(client: Client) -> None:
    asks = [{"role": "user", "content": "Combien coûte la cotisation ?"}]
    told = client.post("/api/chat", json={"model": "hameau/library", "messages": asks, "stream": False}).json()
    assert "15 euros" in told["message"]["content"]
    assert told["citations"][0]["title"] == "Statuts.pdf"
    assert client.post(
        "/api/generate", json={"model": "hameau/library", "prompt": "Cotisation ?", "stream": False}
    ).json()["citations"]
    refused = client.post("/api/generate", json={"model": "hameau/library", "prompt": "x", "suffix": "y"})
    assert refused.status_code == 400
    assert client.post("/api/generate", json={"model": "hameau/library"}).json()["done_reason"] == "load"
    assert client.post("/api/embed", json={"model": "hameau/library", "input": "x"}).status_code == 400


def test_vectors(client: Client) -> None:
    model = "sens-des-phrases"
    made = client.post("/api/embed", json={"model": model, "input": ["la clé du four", "x"]}).json()
    assert [len(row) for row in made["embeddings"]] == [384, 384]
    assert client.post("/api/embed", json={"model": model, "input": []}).json()["embeddings"] == []
    assert client.post("/api/embed", json={"model": model, "input": "x", "dimensions": 999}).status_code == 400
    assert client.post("/api/embed", json={"model": MODEL, "input": "x"}).status_code == 400
    assert len(client.post("/api/embeddings", json={"model": model, "prompt": "x"}).json()["embedding"]) == 384
    assert client.post("/api/embeddings", json={"model": model}).json() == {"embedding": []}


def test_show(client: Client, house: HouseInMemory) -> None:
    recipe = Recipe(system='Dis "non".', options={"stop": ["a", "b"], "seed": 3}, messages=(Message("user", "x"),))
    house.models.here[MODEL] = replace(house.models.here[MODEL], recipe=recipe)
    shown = client.post("/api/show", json={"name": MODEL}).json()
    assert shown["model_info"]["qwen2.context_length"] == 32768
    assert shown["system"] == 'Dis "non".'
    assert shown["parameters"].splitlines()[0].split() == ["stop", '"a"']
    assert shown["messages"] == [{"role": "user", "content": "x"}]
    assert 'SYSTEM """Dis "non"."""' in shown["modelfile"]


def test_names_come_and_go(client: Client, house: HouseInMemory) -> None:
    copied = client.post("/api/copy", json={"source": MODEL, "destination": "mien"})
    assert (copied.status_code, copied.content) == (200, b"")
    assert client.delete("/api/delete", json={"model": "mien"}).status_code == 200
    assert client.delete("/api/delete", json={"model": "mien"}).status_code == 404
    assert client.post("/api/copy", json={"source": "rien", "destination": "mien"}).status_code == 404
    assert client.post("/api/copy", json={"source": MODEL}).status_code == 400
    assert client.delete("/api/delete", json={"model": "hameau/library"}).status_code == 404
    assert "mien" not in house.models.here


def test_a_model_is_made_of_another_one(client: Client, house: HouseInMemory) -> None:
    body = {
        "model": "pirate",
        "from": MODEL,
        "system": "Ohé",
        "parameters": {"seed": 4},
        "template": "x",
        "license": ["a", "b"],
    }
    steps = [one["status"] for one in lines(client.post("/api/create", json=body).text)]
    assert "TEMPLATE" in steps[0]
    assert steps[-1] == "success"
    recipe = house.models.here["pirate"].recipe
    assert (recipe.base, recipe.system, recipe.options, recipe.license) == (MODEL, "Ohé", {"seed": 4}, "a\nb")


def test_a_modelfile_says_the_same(client: Client, house: HouseInMemory) -> None:
    text = f"FROM {MODEL}\nSYSTEM Ohé\nPARAMETER seed 4\nPARAMETER mirostat 1\n"
    made = client.post("/api/create", json={"name": "pirate", "modelfile": text, "stream": False})
    assert made.json()["status"] == "success"
    assert house.models.here["pirate"].recipe == Recipe(base=MODEL, system="Ohé", options={"seed": 4})
    wrong = client.post("/api/create", json={"name": "x", "modelfile": "FROM x\nRUN y"})
    assert (wrong.status_code, "Line 2" in wrong.json()["error"]) == (400, True)


def test_files_are_sent_and_made_into_a_model(client: Client, house: HouseInMemory, tmp_path: Path) -> None:
    house.models.folder = tmp_path
    digest = "sha256:" + hashlib.sha256(b"weights").hexdigest()
    assert client.request("HEAD", f"/api/blobs/{digest}").status_code == 404
    assert client.post("/api/create", json={"model": "mien", "files": {"m.gguf": digest}}).status_code == 404
    assert client.post(f"/api/blobs/{digest}", content=b"others").status_code == 400
    assert client.request("HEAD", f"/api/blobs/{digest}").status_code == 404
    assert client.post(f"/api/blobs/{digest}", content=b"weights").status_code == 201
    assert client.request("HEAD", f"/api/blobs/{digest}").status_code == 200
    assert client.post("/api/blobs/sha256:nothing", content=b"x").status_code == 400
    assert client.post("/api/create", json={"model": "mien", "files": {"m.gguf": digest}}).status_code == 200
    assert Path(house.models.here["mien"].path).read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 400),
        ({"from": "nothing"}, 404),
        ({"from": "hameau/library"}, 400),
        ({"from": "./relative.gguf"}, 400),
        ({"from": MODEL, "files": {"a": "sha256:" + "0" * 64}}, 400),
        ({"from": MODEL, "quantize": "q4_0"}, 400),
        ({"from": MODEL, "parameters": 3}, 400),
        ({"from": MODEL, "adapters": {"a": "sha256:" + "0" * 64}}, 404),
        ({"from": MODEL, "messages": [{"role": "tool", "content": "x"}]}, 400),
        ({"path": "/etc/passwd"}, 400),
    ],
)
def test_what_can_not_be_made(client: Client, more: dict[str, Any], status: int) -> None:
    answer = client.post("/api/create", json={"model": "x", **more})
    assert answer.status_code == status, answer.text


def test_a_path_is_read_for_programs_of_this_machine_only(client: Client, house: HouseInMemory, tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"x")
    assert client.post("/api/create", json={"model": "near", "from": str(file)}).status_code == 200
    assert house.models.here["near"].path == str(file)


def test_models_come_from_the_catalogue(client: Client, house: HouseInMemory) -> None:
    del house.models.here[MODEL]
    steps = lines(client.post("/api/pull", json={"model": f"{MODEL}:latest"}).text)
    assert steps[0] == {"status": "pulling manifest"}
    assert any(step.get("total") == 491_400_064 for step in steps)
    assert steps[-1] == {"status": "success"}
    assert MODEL in house.models.here
    assert client.post("/api/pull", json={"model": "nothing", "stream": False}).status_code == 404
    refused = client.post("/api/pull", json={"model": "grand-modele"})
    assert (refused.status_code, "person" in refused.json()["error"]) == (403, True)


def test_nothing_is_sent_away(client: Client) -> None:
    refused = client.post("/api/push", json={"model": MODEL})
    assert (refused.status_code, "push" in refused.json()["error"]) == (403, True)


def test_pictures_come_with_or_without_their_head(client: Client, speaker: ScriptedGenerator) -> None:
    picture = base64.b64encode(b"\x89PNG").decode()
    for written in (picture, f"data:image/png;base64,{picture}"):
        client.post("/api/generate", json={"model": MODEL, "prompt": "?", "images": [written], "stream": False})
        assert speaker.said[-1].messages[-1].images == (b"\x89PNG",)


def test_an_unknown_address_says_so_in_their_form(client: Client) -> None:
    answer = client.get("/api/nothing")
    assert answer.status_code == 404
    assert answer.json().keys() == {"error", "code"}
