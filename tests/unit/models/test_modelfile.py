"""Modelfiles: what they say is understood as Ollama does, and hostile ones are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.kit import BadInput
from hameau.models import Adapter, Message, read_modelfile

WHOLE = '''# A pirate
FROM llama3.2
parameter temperature 0.4
PARAMETER stop "<|im_end|>"
PARAMETER stop Arr
PARAMETER num_ctx 4096
PARAMETER mirostat 2
SYSTEM """
Parle comme un "pirate".
# Ce n'est pas un commentaire.
"""
TEMPLATE """{{ .Prompt }}"""
MESSAGE user Bonjour
MESSAGE assistant """Ohé,
matelot !"""
ADAPTER ./voix.gguf
LICENSE "Libre"
'''


def test_everything_that_it_may_say() -> None:
    found = read_modelfile(WHOLE)
    recipe = found.recipe
    assert found.source == "llama3.2"
    assert recipe.options == {"temperature": 0.4, "stop": ["<|im_end|>", "Arr"], "num_ctx": 4096}
    assert recipe.system == '\nParle comme un "pirate".\n# Ce n\'est pas un commentaire.\n'
    assert recipe.messages == (Message("user", "Bonjour"), Message("assistant", "Ohé,\nmatelot !"))
    assert recipe.adapters == (Adapter("./voix.gguf"),)
    assert recipe.license == "Libre"
    assert found.left_aside == ("PARAMETER mirostat", "TEMPLATE")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no model"),
        ("SYSTEM x", "names no model"),
        ("FROM a\nFROM b", "Line 2"),
        ("FROM a\nRUN rm -rf /", "Line 2: “run”"),
        ("FROM a\n  ???", "Line 2"),
        ("FROM", "FROM has no value"),
        ('FROM a\nSYSTEM """never closed', "Line 2: the quotes"),
        ('FROM a\nSYSTEM "never\nclosed', "Line 2: the quotes"),
        ("FROM a\nPARAMETER temperature hot", "temperature must be a number"),
        ("FROM a\nPARAMETER num_ctx 1.5", "num_ctx must be a number"),
        ("FROM a\nPARAMETER temperature 1e999", "temperature"),
        ("FROM a\nPARAMETER num_ctx 99999999999999999", "num_ctx"),
        ("FROM a\nPARAMETER", "no value"),
        ("FROM a\nMESSAGE robot hi", "system, user or assistant"),
        ("FROM a\nSYSTEM " + "x" * 2_000_000, "too long"),
        ("x" * 5_000_000, "too long"),
    ],
)
def test_what_can_not_be_understood_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_modelfile(text)


def test_windows_and_its_marks() -> None:
    found = read_modelfile('\ufeffFROM a\r\nSYSTEM """x\r\ny"""\r\n')
    assert (found.source, found.recipe.system) == ("a", "x\ny")


@given(st.text(alphabet=st.sampled_from('FROM PARAMETERstop"\n\r #\0xé:/\u2028'), max_size=200))
def test_anything_is_understood_or_refused(text: str) -> None:
    try:
        assert read_modelfile("FROM a\n" + text).source
    except BadInput as error:
        assert str(error)
