"""Signs of strangers' names and texts that could mislead a terminal: taken out of texts, shown as escapes in names."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def safe(text: str) -> str:
    """``text`` without control characters or overrides of the writing direction; line feeds and tabs stay."""
    return _CONTROL.sub("", text)


def one_line(text: object) -> str:
    r"""A name or a path on one line, what would break or mislead that line as its escape (``a\nb``)."""
    return _BREAK.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), str(text))
