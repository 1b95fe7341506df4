"""What a file is: one clear sentence before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.chat_templates import CHATML
from fakes.gguf import gguf_bytes, tiny_chat_model, write
from hameau.kit import BadInput, Corrupt, HameauError, NotFound
from hameau.models.inspect import card_of, inspect, slug

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


@pytest.mark.parametrize(
    ("text", "name"),
    [("Qwen2.5 7B", "qwen2.5-7b"), ("../../etc/passwd", "etc-passwd"), ("", "model"), ("...", "model"), ("Été", "t")],
)
def test_names_are_safe_as_file_names(text: str, name: str) -> None:
    assert slug(text) == name
