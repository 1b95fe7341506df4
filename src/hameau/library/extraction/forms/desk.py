"""Which forms there are, and how one is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

import msgspec

from hameau.library.extraction import limits
from hameau.library.extraction.reasons import Unreadable

FORMS: Mapping[str, str] = {
    "feed": "feed",
    "opml": "opml",
    "article": "article",
    "multistatus": "multistatus",
    "browser": "browser",
    "echo": "echo",
}
"""The module of each form, whose function ``read`` takes bytes. Loaded when it is first asked for: some bring heavy libraries."""


def told(form: str, data: bytes) -> bytes:
    """What ``data`` says, as JSON. Raises :class:`Unreadable`."""
    module = import_module(f"hameau.library.extraction.forms.{FORMS[form]}")
    read: Callable[[bytes], object] = module.read
    said = msgspec.json.encode(read(data))
    if len(said) > limits.FORM_BYTES:
        raise Unreadable("too_long")
    return said
