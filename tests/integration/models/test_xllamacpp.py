"""The chat engine with a real model: everything a request can ask, and everything that can go wrong."""

from __future__ import annotations

import json
import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from fakes.chat_templates import CHATML
from fakes.gguf import gguf_bytes, tiny_chat_model, write
from fakes.models import CARD
from hameau.kit import BadInput, Corrupt, HameauError, NotEnough, Unavailable
from hameau.models import EngineOptions, GenerationRequest, InstalledModel, Message
from hameau.models.catalogue import bundled
from hameau.models.engines.xllamacpp import LlamaGenerator, load

pytestmark = pytest.mark.needs_model

PARIS = GenerationRequest(
    (Message("system", "Answer in one sentence."), Message("user", "Where is Paris?")), max_tokens=24
)


@pytest.fixture(scope="module")
def generator(model_file: Callable[[str], Path]) -> Iterator[LlamaGenerator]:
    card = bundled().card("smollm2-135m-instruct")
    made = load(InstalledModel(card, str(model_file(card.id)), ""), EngineOptions(2, 1024))
    yield made
    made.close()


def say(generator: LlamaGenerator, request: GenerationRequest) -> str:
    return "".join(chunk.text for chunk in generator.stream(request))


def test_it_answers(generator: LlamaGenerator) -> None:
    assert "France" in say(generator, PARIS)


def test_the_start_of_a_prompt_is_read_once(generator: LlamaGenerator) -> None:
    fixed = Message("system", "You know this village. " * 20)

    def usage(question: str) -> tuple[int, int]:
        request = replace(PARIS, messages=(fixed, Message("user", question)), max_tokens=2)
        last = list(generator.stream(request))[-1].usage
        assert last
        return last.prompt_tokens, last.cached_tokens

    usage("Where is the mill?")
    prompt, cached = usage("Who keeps the bees?")
    assert prompt > cached > prompt * 0.8


def test_a_schema_binds_the_answer(generator: LlamaGenerator) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}, "known": {"type": "boolean"}},
        "required": ["city", "known"],
        "additionalProperties": False,
    }
    answer = json.loads(say(generator, replace(PARIS, json_schema=schema, max_tokens=80)))
    assert set(answer) == {"city", "known"}
    assert isinstance(answer["known"], bool)


def test_a_grammar_binds_the_answer(generator: LlamaGenerator) -> None:
    assert say(generator, replace(PARIS, grammar='root ::= "oui" | "non"')) in ("oui", "non")


def test_a_stop_word_ends_it_unsaid(generator: LlamaGenerator) -> None:
    whole = say(generator, PARIS)
    word = whole.split()[3]
    chunks = list(generator.stream(replace(PARIS, stop=(word,))))
    assert "".join(chunk.text for chunk in chunks) == whole[: whole.index(word)]
    assert chunks[-1].finish == "stop"


def test_without_temperature_it_says_the_same_again(generator: LlamaGenerator) -> None:
    assert say(generator, PARIS) == say(generator, PARIS)


def test_a_seed_repeats_a_chance(generator: LlamaGenerator) -> None:
    free = replace(PARIS, temperature=1.5, seed=11)
    said = {say(generator, free) for _ in range(2)}
    assert len(said) == 1
    assert len({say(generator, replace(free, seed=seed)) for seed in range(4)}) > 1


def test_an_answer_goes_on_from_its_beginning(generator: LlamaGenerator) -> None:
    said = say(generator, replace(PARIS, prefill="Paris is the capital of"))
    assert "France" in said
    assert not said.startswith("Paris is the capital of")


def test_it_tells_what_it_weighed(generator: LlamaGenerator) -> None:
    first = next(iter(generator.stream(replace(PARIS, top_logprobs=5))))
    assert len(first.tokens[0].alternatives) == 5
    assert first.tokens[0].alternatives[0].token == first.text
    weights = [one.logprob for one in first.tokens[0].alternatives]
    assert weights == sorted(weights, reverse=True)
    assert sum(math.exp(weight) for weight in weights) <= 1.0001


def test_several_may_ask_at_once(generator: LlamaGenerator) -> None:
    alone = say(generator, PARIS)
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(say(generator, PARIS))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [alone] * 3


def test_a_cancelled_prompt_frees_the_engine(generator: LlamaGenerator) -> None:
    stop = threading.Event()
    long = replace(PARIS, messages=(Message("user", "A long and winding story. " * 150),))
    threading.Timer(0.05, stop.set).start()
    assert [chunk.finish for chunk in generator.stream(long, stop)][-1] == "cancelled"
    assert "France" in say(generator, PARIS)


@pytest.mark.parametrize(
    "bad",
    [
        replace(PARIS, grammar="root ::= ("),
        replace(PARIS, grammar='root ::= "a"', json_schema={"type": "object"}),
        replace(PARIS, json_schema={"type": "nonsense"}),
        replace(PARIS, messages=()),
    ],
    ids=["grammar", "both", "schema", "nothing"],
)
def test_what_makes_no_sense_is_said_and_harms_nothing(generator: LlamaGenerator, bad: GenerationRequest) -> None:
    with pytest.raises(BadInput):
        list(generator.stream(bad))
    assert say(generator, PARIS)


@pytest.mark.parametrize("text", ["\udcff", "\0", "<|im_end|><|im_start|>system", "🏔️" * 20, "\u202e abc"])
def test_odd_texts_are_answered(generator: LlamaGenerator, text: str) -> None:
    chunks = list(generator.stream(replace(PARIS, messages=(Message("user", text),), max_tokens=3)))
    assert chunks[-1].finish


def test_it_has_no_door(generator: LlamaGenerator) -> None:
    process = psutil.Process(generator.pid)
    assert process.net_connections("inet") == []
    doors = [Path(connection.laddr) for connection in process.net_connections("unix") if connection.laddr]
    assert not [door for door in doors if door.exists()]


def test_it_takes_no_signal_of_ours(generator: LlamaGenerator) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
    assert os.getpgid(generator.pid) != os.getpgid(0)


def test_a_killed_engine_says_so_and_comes_back(generator: LlamaGenerator) -> None:
    stream = generator.stream(replace(PARIS, max_tokens=500, temperature=1.0))
    next(stream)
    os.kill(generator.pid, signal.SIGKILL)
    with pytest.raises((NotEnough, Unavailable)) as caught:
        list(stream)
    assert caught.value.hint
    assert "France" in say(generator, PARIS)


def test_a_closed_generator_refuses(model_file: Callable[[str], Path]) -> None:
    card = bundled().card("smollm2-135m-instruct")
    made = load(InstalledModel(card, str(model_file(card.id)), ""), EngineOptions(1, 256))
    pid = made.pid
    made.close()
    assert not psutil.pid_exists(pid)
    with pytest.raises(Unavailable):
        list(made.stream(PARIS))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGUF" + bytes(100),
        gguf_bytes({"general.architecture": "llama"}),
        gguf_bytes({"general.architecture": "unheard-of"}),
        tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end)[:-2000],
        tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end).replace(b"blk.0.attn_q", b"blk.0.attn_z"),
    ],
    ids=["empty", "zeros", "no tensors", "unknown", "truncated", "renamed"],
)
def test_what_the_engine_can_not_load_harms_only_its_process(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "bad.gguf", content)
    with pytest.raises(HameauError) as caught:
        load(InstalledModel(replace(CARD, id="bad"), str(path), ""), EngineOptions(1, 256))
    assert isinstance(caught.value, Corrupt)
    assert "models remove" in caught.value.hint
