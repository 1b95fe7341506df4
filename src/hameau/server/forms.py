"""Plain HTML forms (application/x-www-form-urlencoded), read within bounds."""

from __future__ import annotations

from urllib.parse import parse_qsl

from hameau.kit import N_
from hameau.server.errors import BadShape

MAX_FIELDS = 50


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a form; line ends as Unix writes them, since browsers send CRLF. Of two with one name the last counts."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise BadShape(N_("The form did not arrive as expected."), hint=N_("Go back and try again.")) from error
    return {name: value.replace("\r\n", "\n") for name, value in pairs}
