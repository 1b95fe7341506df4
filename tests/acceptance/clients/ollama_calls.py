"""Ollama's official Python client: what it can do here. Each check is one real call; tests run them all."""

from __future__ import annotations

import base64
import inspect
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ollama import Client, ResponseError
from ollama._types import ChatRequest, CreateRequest, GenerateRequest, Options

from acceptance.clients.conftest import Served
from acceptance.clients.recorder import Checks, Parameters, Section
from fakes.chat_templates import CHATML
from fakes.gguf import tiny_chat_model

CHECKS = Checks()
LIBRARY = "hameau/library"
EMBEDDER = "multilingual-e5-small"
HELLO = [{"role": "user", "content": "Say hello."}]
SHORT = {"num_predict": 8, "seed": 1, "temperature": 0.0}


def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
      city: The name of the city
    """
    return f"Sun in {city}."


@contextmanager
def gone_after(client: Client, *names: str) -> Iterator[None]:
    """Removes the models that a check made."""
    try:
        yield
    finally:
        for name in names:
            with suppress(ResponseError):
                client.delete(name)


@CHECKS.serves("list")
def everything_is_listed(client: Client, served: Served) -> None:
    models = {str(one.model): one for one in client.list().models}
    assert {f"{name}:latest" for name in (served.small, served.smart, EMBEDDER, LIBRARY)} <= models.keys()
    small = models[f"{served.small}:latest"]
    assert small.size == (served.models / f"{served.small}.gguf").stat().st_size
    assert small.digest
    assert len(small.digest) == 64
    assert small.modified_at
    assert small.details
    assert small.details.family == "llama"


@CHECKS.serves("show")
def everything_about_one(client: Client, served: Served) -> None:
    shown = client.show(served.smart)
    assert shown.capabilities
    assert {"completion", "tools", "insert"} <= set(shown.capabilities)
    assert shown.modelinfo
    assert shown.modelinfo["general.architecture"] == "qwen2"
    assert shown.modelinfo["qwen2.context_length"] == 32768
    assert "im_start" in (shown.template or "")
    assert (shown.modelfile or "").count("FROM ") == 1
    assert client.show(LIBRARY).capabilities == ["completion"]
    with pytest.raises(ResponseError) as refused:
        client.show("llama3.2")
    assert refused.value.status_code == 404


@CHECKS.serves("chat")
def a_whole_answer(client: Client, served: Served) -> None:
    answer = client.chat(served.small, HELLO, options=SHORT)
    assert answer.message.content
    assert answer.message.role == "assistant"
    assert answer.done
    assert answer.done_reason in ("stop", "length")
    assert answer.eval_count
    assert 1 <= answer.eval_count <= 8
    assert answer.total_duration
    assert answer.eval_duration
    assert answer.total_duration > answer.eval_duration > 1000
    assert client.chat(f"{served.small}:latest", HELLO, options=SHORT).message.content == answer.message.content


@CHECKS.serves("chat")
def piece_by_piece(client: Client, served: Served) -> None:
    pieces = list(client.chat(served.small, HELLO, options=SHORT, stream=True))
    assert "".join(piece.message.content or "" for piece in pieces)
    assert [piece.done for piece in pieces].count(True) == 1
    assert pieces[-1].done
    assert pieces[-1].prompt_eval_count
    assert pieces[0].eval_count is None


@CHECKS.serves("chat")
def a_tool_is_called_and_answers(client: Client, served: Served) -> None:
    asks = [{"role": "user", "content": "What is the weather in Paris? Use the tool."}]
    answer = client.chat(served.smart, asks, tools=[get_weather], options={**SHORT, "num_predict": 60})
    assert answer.message.tool_calls
    called = answer.message.tool_calls[0].function
    assert called.name == "get_weather"
    assert "Paris" in str(called.arguments["city"])
    told = [*asks, answer.message, {"role": "tool", "content": "Sun, 31 degrees", "tool_name": "get_weather"}]
    after = client.chat(served.smart, told, options={**SHORT, "num_predict": 30})
    assert after.message.content
    pieces = list(
        client.chat(served.smart, asks, tools=[get_weather], options={**SHORT, "num_predict": 60}, stream=True)
    )
    assert [call.function.name for piece in pieces for call in piece.message.tool_calls or ()] == ["get_weather"]


@CHECKS.serves("chat")
def a_form_is_kept(client: Client, served: Served) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}, "big": {"type": "boolean"}},
        "additionalProperties": False,
        "required": ["city", "big"],
    }
    asks = [{"role": "user", "content": "Is Paris big? Answer in JSON."}]
    bound = client.chat(served.small, asks, format=schema, options={**SHORT, "num_predict": 60})
    found = json.loads(bound.message.content or "")
    assert isinstance(found["big"], bool)
    free = client.chat(served.small, asks, format="json", options={**SHORT, "num_predict": 5})
    assert (free.message.content or "").lstrip().startswith("{")


@CHECKS.serves("chat")
def weights_are_told(client: Client, served: Served) -> None:
    answer = client.chat(served.small, HELLO, options=SHORT, logprobs=True, top_logprobs=3)
    assert answer.logprobs
    assert len(answer.logprobs) == answer.eval_count
    assert answer.logprobs[0].logprob <= 0
    assert len(answer.logprobs[0].top_logprobs or ()) == 3
    assert "".join(one.token for one in answer.logprobs) == answer.message.content


@CHECKS.serves("chat")
def what_a_model_can_not_do_is_said(client: Client, served: Served) -> None:
    picture = base64.b64encode(b"\x89PNG not really").decode()
    for wrong in (
        {"messages": [{**HELLO[0], "images": [picture]}]},
        {"messages": HELLO, "think": True},
        {"messages": HELLO, "options": {"temperature": "hot"}},
        {"messages": HELLO, "keep_alive": "soon"},
        {"messages": [{"role": "user", "content": "word " * 20_000}]},
    ):
        with pytest.raises(ResponseError) as refused:
            client.chat(served.small, **wrong)  # type: ignore[call-overload]
        assert refused.value.status_code == 400, wrong
        assert len(refused.value.error) > 10


@CHECKS.serves("chat")
def the_library_answers(client: Client, served: Served) -> None:
    answer = client.chat(LIBRARY, [{"role": "user", "content": "Combien coûte la cotisation annuelle ?"}])
    assert "15 euros" in (answer.message.content or "")
    assert "[1]" in (answer.message.content or "")


@CHECKS.serves("generate")
def a_text_goes_on(client: Client, served: Served) -> None:
    answer = client.generate(served.small, "Say hello.", system="You are polite.", options=SHORT)
    assert answer.response
    assert answer.context
    after = client.generate(served.small, "And now goodbye.", context=answer.context, options=SHORT)
    assert after.prompt_eval_count
    assert answer.prompt_eval_count
    assert after.prompt_eval_count > answer.prompt_eval_count  # it read what was said before
    raw = client.generate(served.small, "1, 2, 3, 4,", raw=True, options=SHORT)
    assert "5" in (raw.response or "")
    assert raw.context is None
    pieces = list(client.generate(served.small, "Say hello.", stream=True, options=SHORT))
    assert "".join(piece.response or "" for piece in pieces)


@CHECKS.serves("generate")
def a_gap_is_filled(client: Client, served: Served) -> None:
    before, after = "def add(a, b):\n    return ", "\n\nprint(add(2, 3))\n"
    filled = client.generate(served.smart, before, suffix=after, options={**SHORT, "num_predict": 12})
    assert "a + b" in (filled.response or "")
    with pytest.raises(ResponseError) as refused:
        client.generate(served.small, before, suffix=after)
    assert refused.value.status_code == 400


@CHECKS.serves("ps")
def models_come_and_go(client: Client, served: Served) -> None:
    assert client.generate(served.small, keep_alive="10m").done_reason == "load"
    loaded = {str(one.model): one for one in client.ps().models}[f"{served.small}:latest"]
    assert loaded.size
    assert loaded.size > 50_000_000
    assert loaded.expires_at
    assert loaded.context_length
    assert client.generate(served.small, keep_alive=0).done_reason == "unload"
    assert f"{served.small}:latest" not in {one.model for one in client.ps().models}
    with pytest.raises(ResponseError):
        client.generate(EMBEDDER)


@CHECKS.serves("embed")
def texts_become_vectors(client: Client, served: Served) -> None:
    made = client.embed(EMBEDDER, ["La clé du four", "The key of the oven", "Un cheval"])
    cle, key, horse = made.embeddings
    assert math.isclose(math.sqrt(sum(value * value for value in cle)), 1, rel_tol=1e-3)
    dot = lambda one, other: sum(a * b for a, b in zip(one, other, strict=True))  # noqa: E731
    assert dot(cle, key) > dot(cle, horse)
    assert len(client.embed(EMBEDDER, "La clé", dimensions=64).embeddings[0]) == 64
    assert client.embed(EMBEDDER, []).embeddings == []
    with pytest.raises(ResponseError) as refused:
        client.embed(served.small, "La clé")
    assert refused.value.status_code == 400


@CHECKS.serves("embeddings")
def one_vector_as_before(client: Client, served: Served) -> None:
    assert len(client.embeddings(EMBEDDER, "La clé du four").embedding) == 384


@CHECKS.serves("create")
def a_model_of_another_one(client: Client, served: Served) -> None:
    with gone_after(client, "pirate", "pirate:v2"):
        done = client.create(
            "pirate",
            from_=served.small,
            system="You are a pirate.",
            parameters={"temperature": 0.1, "stop": ["Arr"], "num_ctx": 1024, "num_gpu": 0},
            messages=[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ahoy!"}],
            license="Ours",
            template="{{ .Prompt }}",
        )
        assert done.status == "success"
        shown = client.show("pirate")
        assert shown.license == "Ours"
        assert "temperature" in (shown.parameters or "")
        assert "num_gpu" not in (shown.parameters or "")
        assert "You are a pirate." in (shown.modelfile or "")
        assert shown.details
        assert shown.details.parent_model == served.small
        plain = client.chat(served.small, HELLO, options=SHORT)
        answer = client.chat("pirate", HELLO, options=SHORT)
        assert answer.prompt_eval_count
        assert plain.prompt_eval_count
        assert answer.prompt_eval_count > plain.prompt_eval_count
        steps = [step.status for step in client.create("pirate:v2", from_="pirate", stream=True)]
        assert steps[-1] == "success"
        assert "You are a pirate." in (client.show("pirate:v2").modelfile or "")
        assert not (served.models / "pirate.gguf").exists()  # no second copy


@CHECKS.serves("create")
def what_can_not_be_made_is_said(client: Client, served: Served) -> None:
    for wrong, status in (
        ({"model": "x", "from_": "nothing-of-that-name"}, 404),
        ({"model": "../x", "from_": served.small}, 400),
        ({"model": "hameau/mine", "from_": served.small}, 400),
        ({"model": "x"}, 400),
        ({"model": "x", "from_": served.small, "quantize": "q4_0"}, 400),
        ({"model": "x", "from_": "/etc/passwd"}, 422),
        ({"model": "x", "files": {"model.gguf": "sha256:" + "0" * 64}}, 404),
        ({"model": "x", "files": {"../model.gguf": "sha256:nothing"}}, 400),
        ({"model": served.smart, "from_": served.small}, 409),
    ):
        with pytest.raises(ResponseError) as refused:
            client.create(**wrong)  # type: ignore[call-overload]
        assert refused.value.status_code == status, wrong


@CHECKS.serves("create_blob")
def a_model_of_a_file(client: Client, served: Served) -> None:
    with TemporaryDirectory() as folder, gone_after(client, "tiny", "tiny-copy"):
        file = Path(folder, "tiny.gguf")
        file.write_bytes(tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end, name="Tiny"))
        digest = client.create_blob(file)
        assert client.create("tiny", files={"tiny.gguf": digest}).status == "success"
        assert client.show("tiny").details
        assert client.chat("tiny", HELLO, options={"num_predict": 2}).done
        client.copy("tiny", "tiny-copy")
        client.delete("tiny")  # the copy lives on
        assert client.chat("tiny-copy", HELLO, options={"num_predict": 2}).done
        broken = Path(folder, "broken.gguf")
        broken.write_bytes(os.urandom(5000))
        with pytest.raises(ResponseError) as refused:
            client.create("broken", files={"broken.gguf": client.create_blob(broken)})
        assert refused.value.status_code == 422


@CHECKS.serves("copy")
def another_name(client: Client, served: Served) -> None:
    with gone_after(client, "mine:v1"):
        assert client.copy(served.small, "mine:v1").status == "success"
        assert "mine:v1" in {one.model for one in client.list().models}
        assert client.chat("mine:v1", HELLO, options=SHORT).message.content
        with pytest.raises(ResponseError) as refused:
            client.copy("nothing-of-that-name", "mine:v2")
        assert refused.value.status_code == 404


@CHECKS.serves("delete")
def what_is_made_can_go(client: Client, served: Served) -> None:
    client.copy(served.small, "short-lived")
    assert client.delete("short-lived").status == "success"
    assert client.delete is not None
    with pytest.raises(ResponseError) as refused:
        client.delete("short-lived")
    assert refused.value.status_code == 404
    assert client.show(served.small).details


@CHECKS.serves("pull")
def what_is_here_is_here(client: Client, served: Served) -> None:
    assert client.pull(served.small).status == "success"
    assert [step.status for step in client.pull(served.small, stream=True)][-1] == "success"
    with pytest.raises(ResponseError) as unknown:
        client.pull("llama3.2")
    assert unknown.value.status_code == 404
    with pytest.raises(ResponseError) as outside:
        client.pull("ministral-3-3b-instruct")
    assert outside.value.status_code == 403


REASONS = {
    "push": "nothing is sent away from here: refused in words",
    "web_search": "Hameau does not search the web",
    "web_fetch": "Hameau fetches no pages",
    "systemone": "a service of Ollama's own cloud",
}
NOTES = {
    "pull": "from Hameau's own catalogue; what comes from the internet needs a person's yes",
    "create": "of another model, or of files that were sent (GGUF, or a folder of Hugging Face); `template` is left aside",
    "embeddings": "what older programs use",
    "show": "`template` is in Jinja, as model files hold it",
    "generate": "`context` is opaque",
}


def section(_: Path) -> Section:
    """The Python client."""
    methods = {name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")}
    return Section(
        title="Ollama, Python client",
        about=f"`ollama` {version('ollama')}, with `OLLAMA_HOST` or `host` set to `http://127.0.0.1:8484`; from another machine"
        ' with a key: `headers={"Authorization": "Bearer …"}`.',
        methods=frozenset(methods - {"close"}),
        served=CHECKS.served(),
        reasons=REASONS,
        notes=NOTES,
        parameters=(
            _table("chat", ChatRequest.model_fields, _CHAT),
            _table("generate", GenerateRequest.model_fields, _GENERATE),
            _table("create", CreateRequest.model_fields, _CREATE),
            _table("options", Options.model_fields, _OPTIONS),
        ),
    )


def _table(method: str, fields: Mapping[str, object], fates: dict[str, str]) -> Parameters:
    return Parameters(method, frozenset(fields), fates)


_SPEAKING = dict.fromkeys(
    ("model", "stream", "options", "format", "keep_alive", "think", "logprobs", "top_logprobs"), "used"
)
_CHAT = {**_SPEAKING, "messages": "used", "tools": "used"}
_GENERATE = {
    **_SPEAKING,
    **dict.fromkeys(("prompt", "suffix", "system", "context", "raw", "images"), "used"),
    "template": "left aside, with a notice: the model's own template is used",
    **dict.fromkeys(("width", "height", "steps"), "left aside: Hameau makes no pictures"),
}
_CREATE = {
    **dict.fromkeys(
        ("model", "stream", "from_", "files", "adapters", "license", "system", "parameters", "messages"), "used"
    ),
    "template": "left aside, with a notice: the model's own template is used",
    "quantize": "refused: Hameau does not quantize",
}
_OPTIONS = {
    **dict.fromkeys(
        (
            "num_ctx", "seed", "num_predict", "top_k", "top_p", "repeat_last_n", "temperature", "repeat_penalty",
            "presence_penalty", "frequency_penalty", "stop",
        ),
        "used",
    ),
    **dict.fromkeys(
        (
            "numa", "num_batch", "num_gpu", "main_gpu", "low_vram", "f16_kv", "logits_all", "vocab_only", "use_mmap",
            "use_mlock", "embedding_only", "num_thread", "num_keep", "tfs_z", "typical_p", "mirostat", "mirostat_tau",
            "mirostat_eta", "penalize_newline",
        ),
        "left aside: Hameau decides",
    ),
}  # fmt: skip
