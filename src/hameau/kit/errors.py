"""Every error that a person can meet, as one tree. Nothing here knows HTTP, terminals or languages.

    HameauError
    ├── BadInput            what was asked can't be understood or is out of bounds
    ├── NotFound            no such document, source, model, conversation
    ├── Conflict            something else holds it (a second server on one home)
    ├── Refused             a rule of safety says no
    ├── Missing             a component or a model is not installed
    ├── NotEnough           too little memory or disk
    ├── Corrupt             a file is damaged, truncated or hostile
    ├── Cancelled           the person stopped it
    └── Unavailable         it should work and does not now; trying again can help
        └── Busy            too many ask at once

``message`` says what happened, ``hint`` what to do about it. Both are English gettext ids with ``{name}`` fields; the faces
(``cli``, ``server``) translate them with :func:`hameau.kit.say`. A new class is added only where a caller catches it
differently.
"""

from __future__ import annotations

from typing import ClassVar


class HameauError(Exception):
    """Something went wrong inside Hameau."""

    code: ClassVar[str] = "internal"
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str = "", *, hint: str = "", **fields: object) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.hint = hint or self.default_hint
        self.fields = fields
        super().__init__(self.message.format(**fields) if fields else self.message)


class BadInput(HameauError):
    """That can't be understood."""

    code = "bad_input"


class NotFound(HameauError):
    """There is no such thing here."""

    code = "not_found"


class Conflict(HameauError):
    """Something else is using it."""

    code = "conflict"


class Refused(HameauError):
    """This was refused to keep you safe."""

    code = "refused"


class Missing(HameauError):
    """A component is not installed."""

    code = "missing"


class NotEnough(HameauError):
    """There is not enough memory or disk space."""

    code = "not_enough"


class Corrupt(HameauError):
    """The file is damaged."""

    code = "corrupt"


class Cancelled(HameauError):
    """Stopped, as you asked."""

    code = "cancelled"


class Unavailable(HameauError):
    """This does not work right now."""

    code = "unavailable"


class Busy(Unavailable):
    """Too many are asking at once."""

    code = "busy"
