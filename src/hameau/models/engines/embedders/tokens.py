"""The tokenizer of a folder that a person brought, by the library that wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hameau.kit import N_, Missing


def tokenizer(path: Path) -> Any:
    """As ``tokenizer.json`` in the folder ``path`` describes it. Raises :class:`Missing` without it, ``ValueError`` when it
    can't read the file."""
    try:
        # Loaded late, and an extra: the bundled embedder has a tokenizer of its own.
        from tokenizers import Tokenizer
    except ImportError as error:
        raise Missing(
            N_("The component that reads this model's tokens is not installed."),
            hint=N_("Install it with: pip install tokenizers"),
        ) from error
    try:
        read = Tokenizer.from_file(str(path / "tokenizer.json"))
    except Exception as error:  # the library raises nothing narrower
        raise ValueError(f"tokenizer.json can't be read: {error}") from error
    read.no_padding()
    read.no_truncation()
    return read
