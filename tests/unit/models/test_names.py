"""Names as programs write them: Ollama's form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.kit import BadInput
from hameau.models.inspect import slug
from hameau.models.names import alike, new_id, tidy


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("llama3.2", "llama3.2"),
        ("Llama3.2:latest", "llama3.2"),
        ("registry.ollama.ai/library/llama3.2:1B", "llama3.2:1b"),
        ("mario/pirate:v2", "mario/pirate:v2"),
        (" qwen ", "qwen"),
    ],
)
def test_what_may_be_left_out_is_left_out(said: str, meant: str) -> None:
    assert tidy(said) == meant
    assert new_id(said) == meant
    assert alike(said, meant)


def test_marks_that_file_names_lack_do_not_matter() -> None:
    assert alike("smollm2:135m-instruct", "smollm2-135m-instruct")
    assert not alike("smollm2:135m", "smollm2-135m-instruct")


@pytest.mark.parametrize(
    "name",
    ["", "..", "../x", "a/../b", "a b", "x\ny", "/etc/passwd", "a//b", "a:b:c", "-x", "x" * 81, "x.mmproj", "x.gguf",
     "hameau/library", "HAMEAU/x", "x\0", "a/b/c", "été"],
)  # fmt: skip
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        new_id(name)


@given(st.text(max_size=100))
def test_a_new_name_never_leaves_the_folder(name: str) -> None:
    try:
        found = new_id(name)
    except BadInput:
        return
    assert "/" not in slug(found)
    assert not slug(found).startswith(".")
    assert new_id(found) == found
