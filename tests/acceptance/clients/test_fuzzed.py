"""Requests that nobody thought of, made from our own OpenAPI document: no answer is a failure of ours, and each is as described.

One real server for all of it, with a small real model; the same requests at each run. ``HAMEAU_ROUNDS`` makes more of them.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation.meta import TestPhase

from conftest import Server
from hameau.server.app import EVERY
from hameau.server.openapi import document

MODEL = "smollm2-135m-instruct"
ROUNDS = int(os.environ.get("HAMEAU_ROUNDS", "5"))
"""Requests of each kind by chance."""
SHARE = 1 if "HAMEAU_ROUNDS" in os.environ else 32
"""One in so many of those at the edges of what is described: there are five thousand."""
SECONDS = 30.0
"""Until an answer is given up: a bound, not a measure."""
DOCUMENT = document(EVERY)
load_all_checks()


@schemathesis.check
def pieces_conformance(_context: Any, response: Any, case: Any) -> None:
    """Each piece of a stream is one of those that the document describes."""
    media = response.headers.get("content-type", [""])[0].partition(";")[0]
    if media not in ("text/event-stream", "application/x-ndjson"):
        return
    answers = DOCUMENT["paths"][case.path][case.method.lower()]["responses"]
    events = answers[str(response.status_code)]["content"][media]["x-events"]
    for name, data in pieces(response.content.decode(), media):
        schema = {**events[name], "components": DOCUMENT["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(json.loads(data))


def pieces(text: str, media: str) -> Iterator[tuple[str, str]]:
    """The name and the data of each."""
    if media == "application/x-ndjson":
        yield from (("", line) for line in text.splitlines())
        return
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if fields.get("data", "[DONE]") != "[DONE]":
            yield fields.get("event", ""), fields["data"]


KEPT = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "pieces_conformance",
    ]
)
SAID = [{"role": "user", "content": "Bonjour"}]
FEW: dict[str, Any] = {"options": {"num_predict": 3}}
GOOD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "/v1/chat/completions": ({"messages": SAID}, {"max_completion_tokens": 3, "n": 1}),
    "/v1/completions": ({"prompt": "Bonjour"}, {"max_tokens": 3, "n": 1, "best_of": 1}),
    "/v1/responses": ({"input": "Bonjour"}, {"max_output_tokens": 16}),
    "/v1/responses/input_tokens": ({"input": "Bonjour"}, {}),
    "/v1/embeddings": ({"input": "Bonjour", "model": "multilingual-e5-small"}, {}),
    "/api/v1/chat": ({"messages": SAID}, {"max_tokens": 3}),
    "/api/v1/ask": ({"question": "Bonjour"}, {}),
    "/api/chat": ({"messages": SAID}, FEW),
    "/api/generate": ({"prompt": "Bonjour"}, FEW),
    "/api/embed": ({"input": "Bonjour", "model": "multilingual-e5-small"}, {}),
}
"""For each address where a model works: a good question, and what keeps its answer short."""
asked: Counter[str] = Counter()
"""How many requests there were of each kind."""
described: Any = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def url(model_file: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose home, models and working folder are its own."""
    home, models = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("models")
    for file in (model_file(MODEL), model_file(MODEL).with_suffix(".toml")):
        if file.exists():
            (models / file.name).symlink_to(file)
    server = Server(environment={"HAMEAU_HOME": str(home), "HAMEAU_MODELS_DIR": str(models)})
    yield server.url
    server.stop()


@described.parametrize()
@settings(
    max_examples=ROUNDS,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: Any, url: str) -> None:
    asked[case.operation.label] += 1
    if case.meta.phase.name is TestPhase.COVERAGE and asked[case.operation.label] % SHARE:
        return
    tame(case)
    case.call_and_validate(base_url=url, checks=KEPT, timeout=SECONDS)


def tame(case: Any) -> None:
    """No folder of this machine is read. Two requests in three that go to a model are good ones but for one field of what was
    made up: nonsense all over is refused at its first word."""
    body = case.body
    if not isinstance(body, dict):
        return
    if isinstance(body.get("uri"), str):
        body["uri"] = "/nowhere/" + body["uri"].lstrip("/.")
    chance = random.Random(f"{case.path} {asked[case.operation.label]}")
    if case.path in GOOD and chance.random() < 0.67:
        good, few = GOOD[case.path]
        one = chance.choice([*sorted(body.keys() - {"model"}), "stream"])
        case.body = {"model": MODEL, "stream": chance.random() < 0.5} | good | {one: body.get(one, True)} | few
