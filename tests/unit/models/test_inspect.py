"""What a file is: one clear sentence before anything is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.beside import tiny_adapter, tiny_projector
from fakes.chat_templates import CHATML
from fakes.gguf import gguf_bytes, tiny_chat_model, write
from hameau.kit import BadInput, Corrupt, HameauError, NotFound
from hameau.models.inspect import Insertion, abilities, card_of, check_adapter, check_projector, inspect, slug

TINY = tiny_chat_model(CHATML.template, CHATML.specials, end=CHATML.end, name="Tiny Test")
ONE = {"w": np.ones(4, np.float32)}


def test_the_facts_of_a_model(tmp_path: Path) -> None:
    facts = inspect(write(tmp_path / "My Model.Q4.gguf", TINY))
    assert (facts.architecture, facts.name, facts.quantization) == ("llama", "Tiny Test", "F32")
    assert facts.trained_context == 4096
    assert facts.chat_template == CHATML.template
    assert facts.kv_bytes_per_token == 1 * 2 * (16 + 16) * 2
    assert facts.file_bytes == len(TINY)


def test_a_card_is_made_of_the_facts(tmp_path: Path) -> None:
    card = card_of(inspect(write(tmp_path / "My Model.Q4.gguf", TINY)))
    assert (card.id, card.title, card.kind, card.family) == ("my-model.q4", "Tiny Test", "chat", "llama")
    assert card.size_bytes == len(TINY)
    assert card.ram_bytes > card.size_bytes
    assert card.context == 4096


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"hello", Corrupt, "not a GGUF"),
        (TINY[:-100], Corrupt, "truncated"),
        (TINY[:1000], Corrupt, "truncated"),
        (gguf_bytes({"general.architecture": "llama"}), Corrupt, "no model"),
        (gguf_bytes({"x": 1}, ONE), Corrupt, "no model"),
        (gguf_bytes({"general.architecture": "bert"}, ONE), BadInput, "not a chat model"),
        (gguf_bytes({"general.architecture": "clip"}, ONE), BadInput, "not a chat model"),
        (gguf_bytes({"general.architecture": "llama", "general.type": "adapter"}, ONE), BadInput, "not a chat model"),
        (gguf_bytes({"general.architecture": "llama", "split.count": 3}, ONE), BadInput, "one part"),
    ],
)
def test_what_can_not_be_used_says_why(tmp_path: Path, content: bytes, error: type[HameauError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        inspect(write(tmp_path / "m.gguf", content))
    assert caught.value.hint or "no model" in words


def test_truncation_gives_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(Corrupt) as caught:
        inspect(write(tmp_path / "m.gguf", TINY[:-100]))
    assert caught.value.fields == {"have": len(TINY) - 100, "need": len(TINY)}


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        inspect(tmp_path / "nothing.gguf")
    with pytest.raises(BadInput, match="folder"):
        inspect(tmp_path)
    with pytest.raises(NotFound):
        check_adapter(tmp_path / "with\0nothing")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes among its files")
def test_a_pipe_that_nobody_writes_into_holds_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.gguf")
    for look in (inspect, check_adapter, check_projector):
        with pytest.raises(BadInput, match="no file"):
            look(tmp_path / "m.gguf")


@pytest.mark.parametrize(
    ("text", "name"),
    [("Qwen2.5 7B", "qwen2.5-7b"), ("../../etc/passwd", "etc-passwd"), ("", "model"), ("...", "model"), ("Été", "t")],
)
def test_names_are_safe_as_file_names(text: str, name: str) -> None:
    assert slug(text) == name


def test_what_a_model_can_do_is_found_in_its_file(tmp_path: Path) -> None:
    def found(template: str, *specials: str, projector: str = "") -> set[str]:
        facts = inspect(write(tmp_path / "m.gguf", tiny_chat_model(template, specials, end="</s>")))
        return set(abilities(facts, projector))

    assert found(CHATML.template) == set()
    assert found("{% if tools %}{{ tools | tojson }}{% endif %}") == {"tools"}
    assert found("{% if enable_thinking %}<think>{% endif %}") == {"thinking"}
    assert found("{{ messages }}", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>") == {"insert"}
    assert found("{{ messages }}", "<|fim_prefix|>", "<|fim_suffix|>") == set()
    assert found("{{ messages }}", projector="m.mmproj.gguf") == {"vision"}


def test_the_marks_of_a_place_to_fill_in_are_found_wherever_they_stand(tmp_path: Path) -> None:
    marks = ("<PRE>", "<SUF>", "<MID>")
    specials = (*(f"<special {number}>" for number in range(3000)), *marks)
    facts = inspect(write(tmp_path / "m.gguf", tiny_chat_model("", specials, end="</s>")))
    assert facts.insertion == Insertion(*marks)
    assert facts.width == 32


ADAPTER, PROJECTOR = tiny_adapter(), tiny_projector()


def test_what_lies_beside_a_model_is_told_from_it(tmp_path: Path) -> None:
    adapter = write(tmp_path / "a.gguf", ADAPTER)
    projector = write(tmp_path / "p.gguf", PROJECTOR)
    check_adapter(adapter, "llama")
    check_adapter(adapter)
    check_projector(projector)
    for check, path, words in (
        (check_adapter, projector, "no adapter"),
        (check_projector, adapter, "no projector"),
        (inspect, adapter, "not a chat model"),
        (inspect, projector, "not a chat model"),
        (lambda path: check_adapter(path, "qwen2"), adapter, "qwen2"),
    ):
        with pytest.raises(BadInput, match=words):
            check(path)


@pytest.mark.parametrize(("check", "content"), [(check_adapter, ADAPTER), (check_projector, PROJECTOR)])
@given(
    changes=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=6),
    length=st.one_of(st.none(), st.integers(0, 3000)),
)
def test_a_changed_file_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory,
    check: Callable[[Path], None],
    content: bytes,
    changes: list[tuple[int, int]],
    length: int | None,
) -> None:
    damaged = bytearray(content)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    path = write(tmp_path_factory.getbasetemp() / "damaged.gguf", bytes(damaged[:length]))
    try:
        check(path)
    except (BadInput, Corrupt) as error:
        assert error.message
