"""Folders of Hugging Face, run by the real library in its process behind the walls."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.speaker_folder import TEMPLATE, from_gguf, tiny
from hameau.kit import BadInput, Corrupt, HameauError, Missing, NotEnough
from hameau.models import Chunk, EngineOptions, GenerationRequest, Generator, InstalledModel, Message, Tool
from hameau.models.engines import ENGINES
from hameau.models.hf_folder import card_of_folder

PARIS = GenerationRequest((Message("user", "What is the capital of France?"),), max_tokens=24)

ESCAPE = "{% if messages[0].content == 'escape' %}{{ ''.__class__.__mro__[1].__subclasses__() }}{% endif %}"


def load(folder: Path, context: int = 512) -> Generator:
    return ENGINES.chat(InstalledModel(card_of_folder(folder), str(folder), ""), EngineOptions(2, context))


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


@pytest.fixture(scope="module")
def small(transformers: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    made = load(tiny(tmp_path_factory.mktemp("tiny"), template=ESCAPE + TEMPLATE))
    yield made
    made.close()


@pytest.mark.needs_model
@pytest.mark.needs_transformers
def test_a_real_model_says_real_words(
    transformers: str, model_file: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = from_gguf(model_file("smollm2-135m-instruct"), tmp_path_factory.mktemp("smol"))
    made = load(folder)
    try:
        chunks = list(made.stream(PARIS))
        assert "Paris" in text_of(chunks)
        assert chunks[-1].finish == "stop"
        assert chunks[-1].usage
        assert chunks[-1].usage.prompt_tokens > 10
        assert len(chunks) > 4, "it streams"
        assert "Paris" not in text_of(list(made.stream(replace(PARIS, stop=("Paris",)))))
        begun = text_of(list(made.stream(replace(PARIS, prefill="The capital of"))))
        assert begun.startswith(" France")
        assert made.memory_bytes > 100_000_000
    finally:
        made.close()


@pytest.mark.needs_transformers
class TestTiny:
    """What needs no sense."""

    def test_the_seed_decides(self, small: Generator) -> None:
        drawn = replace(PARIS, temperature=1.5, seed=4)
        first, again, other = (text_of(list(small.stream(one))) for one in (drawn, drawn, replace(drawn, seed=5)))
        assert first == again != other

    def test_probabilities(self, small: Generator) -> None:
        asked = replace(PARIS, logprobs=True, top_logprobs=3, max_tokens=4)
        tokens = [token for chunk in small.stream(asked) for token in chunk.tokens]
        assert len(tokens) == 4
        assert all(len(token.alternatives) == 3 and token.logprob <= 0 for token in tokens)
        assert tokens[0].logprob == pytest.approx(tokens[0].alternatives[0].logprob)

    def test_a_bias_decides(self, small: Generator) -> None:
        asked = replace(PARIS, logit_bias={ord("a"): 100.0}, max_tokens=5)
        assert text_of(list(small.stream(asked))) == "aaaaa"

    def test_a_raw_prompt(self, small: Generator) -> None:
        chunks = list(small.stream(GenerationRequest(prompt="abc", max_tokens=3)))
        assert chunks[-1].usage
        assert chunks[-1].usage.prompt_tokens == 3

    def test_without_end_the_context_is_the_end(self, small: Generator) -> None:
        chunks = list(small.stream(replace(PARIS, max_tokens=-1, logit_bias={257: -100.0})))
        assert chunks[-1].finish == "length"
        assert chunks[-1].usage
        assert chunks[-1].usage.prompt_tokens + chunks[-1].usage.completion_tokens == 512

    def test_several_at_once_are_not_mixed_up(self, small: Generator) -> None:
        said: dict[int, str] = {}

        def ask(place: int) -> None:
            said[place] = text_of(list(small.stream(replace(PARIS, logit_bias={ord("a") + place: 100.0}))))

        threads = [threading.Thread(target=ask, args=(place,)) for place in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {place: set(text) for place, text in said.items()} == {place: {chr(97 + place)} for place in range(5)}

    @pytest.mark.parametrize(
        ("request_", "words"),
        [
            (GenerationRequest(), "nothing"),
            (replace(PARIS, json_schema={}), "schema"),
            (replace(PARIS, grammar="root ::= x"), "grammar"),
            (GenerationRequest((Message("user", "x", images=(b"x",)),)), "pictures"),
            (GenerationRequest(prompt="x", suffix="y"), "middle"),
            (replace(PARIS, tools=(Tool("t"),), tool_choice="required"), "tools"),
        ],
    )
    def test_what_it_can_not_do(self, small: Generator, request_: GenerationRequest, words: str) -> None:
        with pytest.raises(BadInput, match=words):
            list(small.stream(request_))

    def test_a_template_can_not_reach_out(self, small: Generator) -> None:
        with pytest.raises(BadInput, match=r"Security|unsafe"):
            list(small.stream(GenerationRequest((Message("user", "escape"),))))

    def test_killed_it_starts_anew(self, small: Generator) -> None:
        os.kill(small.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        with suppress(NotEnough):  # it may not have been seen yet
            list(small.stream(PARIS))
        assert text_of(list(small.stream(replace(PARIS, logit_bias={ord("b"): 100.0})))).startswith("bbb")


@pytest.mark.needs_transformers
def test_hostile_folders_are_refused_in_words(transformers: str, tmp_path: Path) -> None:
    stranger = tiny(tmp_path / "stranger", model_type="nobody", auto_map={"AutoModelForCausalLM": "evil.Model"})
    (stranger / "evil.py").write_text("from pathlib import Path\nPath(__file__).with_name('ran').touch()\n")
    short = tiny(tmp_path / "short")
    weights = short / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])

    def refused(folder: Path) -> HameauError | None:
        try:
            load(folder).close()
        except HameauError as error:
            return error
        return None

    with ThreadPoolExecutor() as pool:
        for error in pool.map(refused, (stranger, short)):
            assert isinstance(error, Corrupt)
    assert not (stranger / "ran").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    try:
        import transformers  # noqa: F401

        pytest.skip("it is installed here")
    except ImportError:
        pass
    with pytest.raises(Missing) as caught:
        load(tiny(tmp_path / "tiny"))
    assert "hameau[transformers]" in caught.value.hint
