"""The face of the drawer: everything it offers is there, and is loaded only when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hameau.perimeter import proof


@pytest.mark.parametrize("name", proof.__all__)
def test_what_is_offered_is_there(name: str) -> None:
    assert getattr(proof, name) is not None


def test_what_is_not_offered_is_not_there() -> None:
    with pytest.raises(AttributeError):
        _ = proof.nothing


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    code = "import sys; from hameau.perimeter import proof; print([m for m in sys.modules if m.startswith(proof.__name__ + '.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
