"""What is wrong with a request, from msgspec's English words to a sentence for the reader. Pure."""

from __future__ import annotations

import re

from hameau.kit import N_
from hameau.server.errors import BadShape

HINT = N_("Every request is described at /api/v1/openapi.json.")
_PLACE = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`\Z")
_KINDS = (
    (re.compile(r"Object missing required field `(?P<name>[^`]*)`"), N_("The field {name} is missing.")),
    (re.compile(r"Object contains unknown field `(?P<name>[^`]*)`"), N_("The field {name} is not known here.")),
    (re.compile(r"Invalid (?:enum )?value (?P<value>.+)"), N_("The field {name} can't be {value}.")),
    (
        re.compile(r"Expected `\w+` of length (?P<wanted>[<>=]+ ?\d+)"),
        N_("The length of the field {name} must be {wanted}."),
    ),
    (re.compile(r"Expected `(?:int|float)` (?P<wanted>[<>=]+ ?[\d.]+)"), N_("The field {name} must be {wanted}.")),
    (re.compile(r"Expected `\w+` matching regex"), N_("The field {name} has signs that it can't have.")),
    (re.compile(r"Expected `(?P<wanted>[^`]+)`"), N_("The field {name} has the wrong type; {wanted} is expected.")),
)
"""Beginnings of msgspec's messages (``msgspec/_core.c``) and what they mean."""


def bad_shape(error: Exception) -> BadShape:
    """The mistake that msgspec found, in plain words with the name of the field; without it where it is not known."""
    said = str(error)
    found = _PLACE.search(said)
    place = found[1] if found else ""
    for pattern, message in _KINDS:
        match = pattern.match(said)
        if match is None:
            continue
        fields = match.groupdict()
        name = ".".join(filter(None, (place, fields.pop("name", ""))))
        if name:
            fields = {key: _PLACE.sub("", value) for key, value in fields.items()}
            return BadShape(message, hint=HINT, name=name, **fields)
    if "JSON" in said or "truncated" in said or isinstance(error, UnicodeDecodeError):
        return BadShape(N_("The request is no valid JSON."), hint=HINT)
    return BadShape(N_("The request does not have the expected form."), hint=HINT)
