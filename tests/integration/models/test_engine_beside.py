"""What lies beside a model: projectors with which it sees, adapters that change it. Tiny and random, and really run."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.beside import PATCHES, png, tiny_adapter, tiny_projector
from fakes.chat_templates import CHATML
from fakes.gguf import tiny_chat_model, write
from fakes.models import CARD
from hameau.kit import BadInput, Corrupt, HameauError
from hameau.models import Adapter, EngineOptions, GenerationRequest, Generator, InstalledModel, Message, Recipe
from hameau.models.engines import ENGINES

OPTIONS = EngineOptions(2, 512)
LOOK = GenerationRequest((Message("user", "What is it?", images=(png(255, 0, 0),)),), max_tokens=8, logprobs=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> InstalledModel:
    content = tiny_chat_model(CHATML.template, CHATML.specials, end="</s>")
    path = write(tmp_path_factory.mktemp("beside") / "tiny.gguf", content)
    return InstalledModel(replace(CARD, id="tiny"), str(path), "")


@pytest.fixture(scope="module")
def seeing(model: InstalledModel) -> Iterator[Generator]:
    path = write(Path(model.path).with_name("tiny.mmproj.gguf"), tiny_projector())
    made = ENGINES.chat(replace(model, projector=str(path)), replace(OPTIONS, parallel=2))
    yield made
    made.close()


def said(generator: Generator, request: GenerationRequest) -> tuple[bytes, int]:
    """The bytes that it says, and how long the prompt was."""
    chunks = list(generator.stream(request))
    usage = chunks[-1].usage
    assert usage
    return b"".join(token.raw for chunk in chunks for token in chunk.tokens), usage.prompt_tokens


def with_images(*images: bytes) -> GenerationRequest:
    return replace(LOOK, messages=(replace(LOOK.messages[0], images=images),))


def test_it_sees_what_is_shown(seeing: Generator) -> None:
    blind, length = said(seeing, with_images())
    red, longer = said(seeing, LOOK)
    assert longer == length + PATCHES
    assert said(seeing, LOOK) == (red, longer)
    green, _ = said(seeing, with_images(png(0, 255, 0)))
    assert len({blind, red, green}) == 3
    both = said(seeing, with_images(png(255, 0, 0), png(0, 255, 0)))
    assert both[1] == length + 2 * PATCHES


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        b"no picture",
        png(1, 2, 3)[:60],
        png(1, 2, 3).replace(b"IDAT", b"IDAX"),
        b"RIFF\x24\0\0\0WAVEfmt " + bytes(60),
        png(1, 2, 3).replace(struct.pack(">II", 20, 20), struct.pack(">II", 30_000, 30_000)),
    ],
    ids=["empty", "text", "cut", "damaged", "sound", "bomb"],
)
def test_a_hostile_picture_is_refused_in_words(seeing: Generator, picture: bytes) -> None:
    with pytest.raises(BadInput, match="picture"):
        said(seeing, with_images(picture))
    assert said(seeing, LOOK)


def test_a_model_without_a_projector_says_that_it_is_blind(model: InstalledModel) -> None:
    generator = ENGINES.chat(model, OPTIONS)
    with pytest.raises(BadInput, match="can't see"):
        said(generator, LOOK)
    generator.close()


@pytest.fixture
def adapted(model: InstalledModel, tmp_path: Path) -> Callable[..., bytes]:
    """What the model says with adapters: their bytes and strengths."""

    def say(*adapters: tuple[bytes, float]) -> bytes:
        files = tuple(
            Adapter(str(write(tmp_path / f"{number}.gguf", content)), scale)
            for number, (content, scale) in enumerate(adapters)
        )
        generator = ENGINES.chat(replace(model, recipe=Recipe(adapters=files)), OPTIONS)
        try:
            return said(generator, with_images())[0]
        finally:
            generator.close()

    return say


def test_an_adapter_changes_the_model_as_much_as_its_strength(adapted: Callable[..., bytes]) -> None:
    plain, one, other = adapted(), tiny_adapter(5), tiny_adapter(6)
    assert adapted((one, 0.0)) == plain
    assert len({plain, adapted((one, 1.0)), adapted((other, 1.0)), adapted((one, 1.0), (other, 1.0))}) == 4


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "not a GGUF"),
        (tiny_adapter()[:-50], "truncated"),
        (tiny_projector(), "no adapter"),
        (tiny_adapter(family="qwen2"), "qwen2"),
        (tiny_adapter(width=64), "do not belong together"),
        (tiny_adapter().replace(b"output.weight.lora_a", b"output.weighq.lora_a"), "do not belong together"),
    ],
    ids=["text", "cut", "projector", "family", "width", "renamed"],
)
def test_a_hostile_adapter_is_refused_in_words(adapted: Callable[..., bytes], content: bytes, words: str) -> None:
    with pytest.raises((BadInput, Corrupt), match=words):
        adapted((content, 1.0))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "not a GGUF"),
        (tiny_projector()[:-50], "truncated"),
        (tiny_adapter(), "no projector"),
        (tiny_projector(64), "do not belong together"),
        (tiny_projector().replace(b"\x03\0\0\0\0\0\0\0mlp", b"\x03\0\0\0\0\0\0\0xyz"), "do not belong together"),
        (
            tiny_projector().replace(struct.pack("<II", 4, 28), struct.pack("<II", 4, 2**31 - 1)),
            "do not belong together",
        ),
    ],
    ids=["text", "cut", "adapter", "width", "kind", "huge"],
)
def test_a_hostile_projector_is_refused_in_words(
    model: InstalledModel, tmp_path: Path, content: bytes, words: str
) -> None:
    path = write(tmp_path / "p.gguf", content)
    with pytest.raises(HameauError, match=words) as caught:
        ENGINES.chat(replace(model, projector=str(path)), OPTIONS)
    assert isinstance(caught.value, BadInput | Corrupt)
