"""Any GGUF chat model works by its own chat template: the engine renders each family's as its maker's own tool does.

The models are tiny and random, so what they say means nothing; but they are run for real. Each byte of the prompt is one
token and each special token is one, so the count of prompt tokens tells whether the template was rendered to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from fakes.chat_templates import FAMILIES, Family
from fakes.gguf import tiny_chat_model, write
from hameau.models import EngineOptions, GenerationRequest, Generator, InstalledModel, Message
from hameau.models.engines import ENGINES
from hameau.models.inspect import card_of, inspect

SYSTEM = Message("system", "Réponds en français.")
FIRST, REPLY, SECOND = (
    Message("user", "Où est Paris ?"),
    Message("assistant", "En France."),
    Message("user", "Et Rome ?"),
)


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda family: family.name)
def family(request: pytest.FixtureRequest) -> Family:
    made: Family = request.param
    return made


@pytest.fixture(scope="module")
def generator(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    content = tiny_chat_model(family.template, family.specials, end=family.end)
    path = write(tmp_path_factory.mktemp("models") / f"{family.name}.gguf", content)
    made = ENGINES.chat(InstalledModel(card_of(inspect(path)), str(path), ""), EngineOptions(2, 1024))
    yield made
    made.close()


def tokens(family: Family, text: str) -> int:
    specials = "|".join(re.escape(special) for special in (*family.specials, "<s>", "</s>"))
    pieces = re.split(f"({specials})", text)
    return sum(len(piece.encode()) for piece in pieces[::2]) + len(pieces[1::2])


def rendered(family: Family, messages: tuple[Message, ...]) -> str:
    """By Jinja itself, set up as the makers' tools do it."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False)
    return environment.from_string(family.template).render(
        messages=[{"role": message.role, "content": message.content} for message in messages],
        bos_token="<s>",
        eos_token=family.end,
        add_generation_prompt=True,
    )


def prompt_tokens(generator: Generator, messages: tuple[Message, ...], prefill: str = "") -> int:
    chunks = list(generator.stream(GenerationRequest(messages, max_tokens=2, prefill=prefill)))
    assert chunks[-1].usage
    return chunks[-1].usage.prompt_tokens


@pytest.mark.parametrize("messages", [(FIRST,), (FIRST, REPLY, SECOND)], ids=["one", "three"])
def test_a_conversation_is_rendered_to_the_letter(
    family: Family, generator: Generator, messages: tuple[Message, ...]
) -> None:
    assert prompt_tokens(generator, messages) == tokens(family, rendered(family, messages))


def test_a_system_message_reaches_every_model(family: Family, generator: Generator) -> None:
    got = prompt_tokens(generator, (SYSTEM, FIRST))
    if family.system:
        assert got == tokens(family, rendered(family, (SYSTEM, FIRST)))
    else:  # no place for it in the template: it stands before the question
        folded = Message("user", f"{SYSTEM.content}\n{FIRST.content}")
        assert got == tokens(family, rendered(family, (folded,)))


def test_an_answer_can_be_begun(generator: Generator) -> None:
    begun = "Paris est"
    assert prompt_tokens(generator, (FIRST,), begun) == prompt_tokens(generator, (FIRST,)) + len(begun)


def test_a_model_without_a_template_works(tmp_path: Path) -> None:
    content = tiny_chat_model("", (), end="</s>")
    path = write(tmp_path / "base.gguf", content)
    generator = ENGINES.chat(InstalledModel(card_of(inspect(path)), str(path), ""), EngineOptions(1, 256))
    assert prompt_tokens(generator, (FIRST,)) > 0
    generator.close()
