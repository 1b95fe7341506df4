"""Another program of this machine runs a model for Hameau: connected by the command, served to clients, cut off again.

Everything real: ``hameau`` behind its own gate, llama.cpp's server outside of it, and another Hameau by both protocols.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import OpenAI

from conftest import Finished, Server
from fakes.llama import llama_server

KEY = "sk-very-secret"
QUESTION: list[Any] = [{"role": "user", "content": "Quelle est la capitale de la France ? « Paris » ?"}]
Hameau = Callable[..., Finished]


@pytest.fixture
def llama(model_file: Callable[[str], Path]) -> Iterator[str]:
    """The address of llama.cpp's own server."""
    with llama_server(model_file("smollm2-135m-instruct"), KEY) as place:
        yield place


@pytest.mark.needs_model
def test_llama_cpp_answers_through_hameau(
    hameau: Hameau, home: Path, start_server: Callable[..., Server], llama: str, tmp_path: Path
) -> None:
    refused = hameau("models", "connect", llama, typed="n\n")
    assert refused.code != 0
    assert "models.openai" in refused.out + refused.err
    wrong = hameau("models", "connect", llama, "--yes")
    assert wrong.code == 1
    assert "key" in wrong.err
    key = tmp_path / "key"
    key.write_text(KEY + "\n")
    done = hameau("models", "connect", llama, "--name", "box", "--key-file", str(key), "--yes", "--json")
    assert done.code == 0, done.err
    assert KEY not in done.out + done.err
    assert [model["name"] for model in json.loads(done.out)["models"]] == ["box/smollm2-135m-instruct"]
    assert json.loads(hameau("perimeter", "show", "--json").out)["connections"][0]["name"] == "models.box"

    server = start_server()
    client = OpenAI(base_url=f"{server.url}/v1", api_key="none")
    assert "box/smollm2-135m-instruct" in [model.id for model in client.models.list()]
    said = client.chat.completions.create(
        model="box/smollm2-135m-instruct", messages=QUESTION, max_tokens=40, temperature=0
    )
    assert "Paris" in (said.choices[0].message.content or "")
    chunks = list(
        client.chat.completions.create(model="box/smollm2-135m-instruct", messages=QUESTION, max_tokens=20, stream=True)
    )
    assert len(chunks) > 2
    tags = httpx.get(f"{server.url}/api/tags").json()["models"]
    assert any(model["name"].startswith("box/smollm2-135m-instruct") for model in tags)

    assert hameau("models", "disconnect", "box").code == 0
    answer = httpx.post(
        f"{server.url}/v1/chat/completions", json={"model": "box/smollm2-135m-instruct", "messages": QUESTION}
    )
    assert answer.status_code == 404, answer.text
    assert json.loads(hameau("models", "services", "--json").out) == []
    assert json.loads(hameau("perimeter", "show", "--json").out)["connections"] == []
    journal = hameau("journal", "show", "--json").out
    assert "models.box" in journal
    assert KEY not in journal
    assert "capitale" not in journal


@pytest.mark.needs_model
@pytest.mark.parametrize("kind", ["ollama", "openai"])
def test_another_hameau_answers(hameau: Hameau, served: Any, kind: str) -> None:
    place = served.url.removeprefix("http://")
    done = hameau("models", "connect", place, "--name", "other", "--kind", kind, "--yes", "--json")
    assert done.code == 0, done.err
    there = {model["name"]: model for model in json.loads(done.out)["models"]}
    assert there[f"other/{served.smart}"]["abilities"] == ["insert", "tools"]
    assert there["other/multilingual-e5-small"]["kind"] == "embedding"
    asked = hameau("ask", "--model", f"other/{served.small}", "Que dit le règlement ?")
    assert asked.code == 0, asked.err
