"""Other programs that run models: real ones on this machine, and strangers that say everything one should not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fakes.llama import llama_server
from fakes.talking import Talking, talking
from hameau.kit import BadInput, HameauError, NotFound, Refused, Unavailable, explain
from hameau.models import Chunk, GenerationRequest, Generator, InstalledModel, Message, Services, Tool, ToolCall
from hameau.models.engines import ENGINES
from hameau.perimeter import Perimeter
from hameau.storage import Database

ASK = GenerationRequest((Message("user", "Say hello."),), max_tokens=20)
KEY = "sk-very-secret"


@dataclass
class House:
    """A home with a border and services."""

    database: Database
    border: Perimeter
    services: Services

    def connected(self, url: str, kind: str, secret: str = "") -> tuple[InstalledModel, ...]:
        proposal = self.services.propose(url, "Ada", name="there", kind=kind, secret=secret)
        return self.services.connect(proposal)[1]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    yield from made(tmp_path)


def made(folder: Path) -> Iterator[House]:
    database, border = Database(folder / "hameau.db"), Perimeter(folder)
    yield House(database, border, Services(lambda: database, border, ENGINES.services))
    database.close()
    border.journal.close()


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def ok(body: bytes, kind: str = "application/json") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nConnection: close\r\n\r\n%b" % (kind.encode(), body)


def events(*frames: object, end: bool = True) -> bytes:
    said = b"".join(b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in frames)
    return ok(said + (b"data: [DONE]\n\n" if end else b""), "text/event-stream")


def lines(*frames: object) -> bytes:
    return ok(b"".join(json.dumps(frame).encode() + b"\n" for frame in frames), "application/x-ndjson")


def failing(status: int, body: object) -> bytes:
    raw = json.dumps(body).encode()
    return b"HTTP/1.1 %d No\r\nContent-Length: %d\r\n\r\n%b" % (status, len(raw), raw)


Answers = Callable[[bytes], bytes | Iterable[bytes | None]]


def server(kind: str, answer: Answers) -> Callable[[bytes], Iterable[bytes | None]]:
    """One model called « m », and ``answer`` to what it is asked."""

    def script(asked: bytes) -> Iterable[bytes | None]:
        if asked.startswith(b"GET /v1/models"):
            return [ok(b'{"data": [{"id": "m"}]}')]
        if asked.startswith(b"GET /api/tags"):
            return [ok(b'{"models": [{"name": "m:latest", "digest": "abc"}]}')]
        if asked.startswith(b"POST /api/show"):
            return [ok(b'{"capabilities": ["completion", "tools"], "model_info": {}}')]
        said = answer(asked)
        return [said] if isinstance(said, bytes) else said

    return script


def said_by(house: House, kind: str, answer: Answers, request: GenerationRequest = ASK) -> tuple[list[Chunk], Talking]:
    with talking(server(kind, answer)) as talk:
        (model,) = house.connected(talk.url, kind, KEY)
        return list(house.services.generator(model).stream(request)), talk


def delta(**said: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": said, "finish_reason": None}]}


END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def test_openai_whole(house: House) -> None:
    frames = [
        delta(role="assistant", content=None),
        delta(reasoning_content="hm"),
        delta(content="Hel"),
        delta(content="lo"),
        END,
        {
            "choices": [],
            "usage": {"prompt_tokens": 7, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 3}},
        },
    ]
    chunks, talk = said_by(house, "openai", lambda _: events(*frames))
    assert text_of(chunks) == "Hello"
    assert "".join(chunk.reasoning for chunk in chunks) == "hm"
    assert chunks[-1].finish == "stop"
    assert chunks[-1].usage
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.cached_tokens) == (7, 3)
    asked = talk.heard[-1]
    assert f"Authorization: Bearer {KEY}".encode() in asked
    assert json.loads(asked.partition(b"\r\n\r\n")[2])["messages"] == [{"role": "user", "content": "Say hello."}]


def test_ollama_whole(house: House) -> None:
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    frames = [
        {"message": {"role": "assistant", "content": "Hel", "thinking": "hm"}, "done": False},
        {"message": {"content": "lo", "tool_calls": [call, call]}, "done": False},
        {"message": {"content": ""}, "done": True, "done_reason": "stop", "eval_count": 2, "eval_duration": 5_000_000},
    ]
    request = replace(
        ASK,
        messages=(
            Message("user", "go", images=(b"\xff\xd8\xff",)),
            Message("assistant", "", tool_calls=(ToolCall("c1", "f", '{"a": 0}'),)),
            Message("tool", "done", tool_call_id="c1"),
        ),
        tools=(Tool("f"),),
    )
    chunks, talk = said_by(house, "ollama", lambda _: lines(*frames), request)
    assert text_of(chunks) == "Hello"
    pieces = [piece for chunk in chunks for piece in chunk.tools]
    assert [(piece.index, piece.name, piece.arguments) for piece in pieces] == [
        (0, "f", '{"a": 1}'),
        (1, "f", '{"a": 1}'),
    ]
    assert chunks[-1].finish == "tool_calls"
    assert chunks[-1].usage
    assert chunks[-1].usage.completion_ms == 5
    body = json.loads(talk.heard[-1].partition(b"\r\n\r\n")[2])
    assert body["messages"][0]["images"] == ["/9j/"]
    assert body["messages"][1]["tool_calls"][0]["function"]["arguments"] == {"a": 0}
    assert body["messages"][2]["tool_name"] == "f"
    assert body["truncate"] is False


@pytest.mark.parametrize("refused", ["chat_template_kwargs", "top_k"])
def test_a_word_that_a_server_does_not_know_is_left_out(house: House, refused: str) -> None:
    def strict(asked: bytes) -> bytes:
        if refused.encode() in asked:
            return failing(400, {"error": {"message": f"Unknown parameter: '{refused}'.", "param": refused}})
        return events(delta(content="ok"), END)

    chunks, talk = said_by(house, "openai", strict, replace(ASK, top_k=3))
    assert text_of(chunks) == "ok"
    assert len(talk.heard) == 3


def test_what_is_said_again_is_left_out(house: House) -> None:
    again = [delta(content="One"), delta(content=", two"), delta(content=", three"), END]
    chunks, _ = said_by(house, "openai", lambda _: events(*again), replace(ASK, prefill="One, t"))
    assert text_of(chunks) == "wo, three"
    other = [delta(content=" wo"), END]
    chunks, _ = said_by(house, "openai", lambda _: events(*other), replace(ASK, prefill="One, t"))
    assert text_of(chunks) == " wo"


DEEP = b"[" * 100_000
HOSTILE_STREAMS: list[tuple[str, bytes]] = [
    ("openai", events(delta(content="Hel"), end=False)),
    ("openai", events({"choices": 3})),
    ("openai", events(delta(content={"a": 1}), END)),
    ("openai", events(delta(tool_calls=[{"index": 10**9, "function": {"name": "f"}}]), END)),
    ("openai", events(delta(tool_calls=[{"index": -1}]), END)),
    ("openai", events({"error": {"message": "out of \x1b[31mmemory"}})),
    ("openai", ok(b"data: {broken\n\n", "text/event-stream")),
    ("openai", ok(b"data: " + DEEP + b"\n\n", "text/event-stream")),
    ("openai", ok(b"data: \xff\xfe\n\n", "text/event-stream")),
    ("openai", ok(b"<html>welcome</html>", "text/html")),
    ("openai", ok(b"x" * (9 << 20), "text/event-stream")),
    ("openai", ok(b"{}")),
    ("ollama", lines({"message": {"content": "Hel"}, "done": False})),
    ("ollama", lines({"error": "llama runner process has terminated"})),
    ("ollama", lines({"message": {"content": 3}})),
    ("ollama", lines({"done": True, "eval_count": -5})),
    ("ollama", ok(DEEP + b"\n")),
    ("ollama", ok(b"NaN\n")),
]


@pytest.mark.parametrize(("kind", "said"), HOSTILE_STREAMS)
def test_hostile_answers_end_in_words(house: House, kind: str, said: bytes) -> None:
    with pytest.raises(Unavailable) as caught:
        said_by(house, kind, lambda _: said)
    message, _ = explain(caught.value, "en")
    assert message.isprintable()
    assert len(message) < 500


REFUSALS: list[tuple[int, object, type[HameauError], str]] = [
    (401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}, Refused, "key"),
    (403, {"error": "forbidden"}, Refused, "key"),
    (404, {"error": {"message": "model 'm' not found"}}, NotFound, "not found"),
    (
        400,
        {"error": {"message": "n_ctx", "n_prompt_tokens": 9000, "n_ctx": 4096}},
        BadInput,
        "9000 tokens, and it reads 4096",
    ),
    (
        400,
        {"error": {"message": "holds 4096 and 9000 came", "code": "context_length_exceeded"}},
        BadInput,
        "9000 tokens, and it reads 4096",
    ),
    (400, {"detail": [{"msg": "temperature too high"}]}, BadInput, "temperature too high"),
    (429, {"error": {"message": "slow down"}}, Unavailable, "slow down"),
    (500, {"error": "image input is not supported"}, BadInput, "image input"),
    (500, {"error": "x" * 10_000}, Unavailable, "failed"),
    (503, {"message": "loading"}, Unavailable, "loading"),
    (400, f"bad {KEY} \u202e\x1b[2J here", BadInput, "bad"),
    (418, None, BadInput, "418"),
    (204, None, BadInput, "204"),
]


@pytest.mark.parametrize("kind", ["openai", "ollama"])
@pytest.mark.parametrize(("status", "body", "error", "words"), REFUSALS)
def test_refusals_in_plain_words(
    house: House, kind: str, status: int, body: object, error: type[HameauError], words: str
) -> None:
    with pytest.raises(error) as caught:
        said_by(house, kind, lambda _: failing(status, body))
    message, hint = explain(caught.value, "en")
    assert words in message
    assert KEY not in message + hint + repr(caught.value) + repr(caught.value.__cause__)
    assert (message + hint).isprintable()
    assert len(message) < 500


def test_a_redirect_is_not_followed(house: House) -> None:
    with (
        talking(lambda _: [ok(b"{}")]) as elsewhere,
        pytest.raises(Refused, match="sends us on"),
    ):
        said_by(house, "openai", lambda _: b"HTTP/1.1 307 T\r\nLocation: %b/v1\r\n\r\n" % elsewhere.url.encode())
    assert elsewhere.heard == []


def test_a_stop_closes_the_line(house: House) -> None:
    def endless(_: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        while True:
            yield b"data: " + json.dumps(delta(content="word ")).encode() + b"\n\n"
            time.sleep(0.01)

    stop = threading.Event()
    with talking(server("openai", endless)) as talk:
        (model,) = house.connected(talk.url, "openai")
        chunks = []
        for chunk in house.services.generator(model).stream(ASK, stop):
            chunks.append(chunk)
            stop.set()
        assert chunks[-1].finish == "cancelled"
        assert talk.hung_up.wait(5)
        talk.hung_up.clear()
        stream = house.services.generator(model).stream(ASK)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        assert talk.hung_up.wait(5)


def test_nothing_is_sent_without_the_connection(house: House) -> None:
    with talking(server("openai", lambda _: events(delta(content="x"), END))) as talk:
        (model,) = house.connected(talk.url, "openai")
        house.border.revoke("models.there")
        before = len(talk.heard)
        with pytest.raises(Refused, match=r"models\.there"):
            list(house.services.generator(model).stream(ASK))
        assert len(talk.heard) == before


VECTORS: list[tuple[object, bool]] = [
    ([{"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [3, 0]}], True),
    ([{"index": 0, "embedding": [1, 2]}], False),
    ([{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}], False),
    ([{"index": 0, "embedding": [0, 0]}, {"index": 1, "embedding": [0, 0]}], False),
    ([{"index": 0, "embedding": []}, {"index": 1, "embedding": []}], False),
    ("nothing", False),
]


@pytest.mark.parametrize(("data", "good"), VECTORS)
def test_vectors(house: House, data: object, good: bool) -> None:
    def script(asked: bytes) -> Iterable[bytes]:
        if asked.startswith(b"GET"):
            return [ok(b'{"data": [{"id": "bge-m3"}]}')]
        return [ok(json.dumps({"data": data}).encode())]

    with talking(script) as talk:
        (model,) = house.connected(talk.url, "openai")
        assert model.card.kind == "embedding"
        embedder = house.services.embedder(model)
        if good:
            assert embedder.embed_passages(["a", "b"]).tolist() == [[1, 0], [0, 1]]
            assert (embedder.dimensions, embedder.id) == (2, "there/bge-m3")
        else:
            with pytest.raises(Unavailable):
                embedder.embed_passages(["a", "b"])


@pytest.fixture(scope="module")
def llama(
    model_file: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[House, Generator]]:
    """llama.cpp's own server with a real model, and our house that is connected to it."""
    with llama_server(model_file("smollm2-135m-instruct"), KEY) as place:
        for house in made(tmp_path_factory.mktemp("house")):
            with pytest.raises(Refused, match="key"):
                house.connected(place, "")
            assert house.border.policy().connections == ()
            (model,) = house.connected(place, "", KEY)
            assert model.card.id == "there/smollm2-135m-instruct"
            yield house, house.services.generator(model)


@pytest.mark.needs_model
def test_a_real_server_speaks(llama: tuple[House, Generator]) -> None:
    _, generator = llama
    asked = replace(
        ASK, messages=(Message("user", "Quelle est la capitale de la France ? « Paris » ?"),), logprobs=True
    )
    chunks = list(generator.stream(replace(asked, top_logprobs=2)))
    assert "Paris" in text_of(chunks)
    assert chunks[-1].usage
    assert chunks[-1].usage.prompt_tokens > 10
    assert all(len(token.alternatives) == 2 for chunk in chunks for token in chunk.tokens)
    schema = {
        "type": "object",
        "properties": {"a": {"type": "boolean"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    said = text_of(list(generator.stream(replace(ASK, json_schema=schema))))
    assert isinstance(json.loads(said)["a"], bool)
    assert text_of(list(generator.stream(GenerationRequest(prompt="Once upon a", max_tokens=3)))).startswith(" time")


@pytest.mark.needs_model
def test_a_real_server_says_what_is_too_long(llama: tuple[House, Generator]) -> None:
    with pytest.raises(BadInput, match="and it reads 1024"):
        list(llama[1].stream(GenerationRequest((Message("user", "word " * 1500),))))


@pytest.mark.needs_model
def test_a_stop_frees_a_real_server(llama: tuple[House, Generator]) -> None:
    stop = threading.Event()
    for _chunk in llama[1].stream(GenerationRequest((Message("user", "Tell a long story."),), max_tokens=-1), stop):
        stop.set()
    assert text_of(list(llama[1].stream(ASK))), "its one slot is free again"
