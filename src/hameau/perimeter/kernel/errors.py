"""The one way in which this room fails that callers treat on their own: the machine does not allow it."""

from __future__ import annotations

from hameau.kit import N_, Unavailable


class NotPermitted(Unavailable):
    """The machine does not allow this."""

    code = "not_permitted"
    default_hint = N_("It needs root, or a kernel that has it; containers often forbid it.")
