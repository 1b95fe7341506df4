"""What goes wrong on a line to a mail server, and differs for whoever asks again."""

from __future__ import annotations

from hameau.kit import Unavailable


class Broken(Unavailable):
    """The line is of no use any more; another one may be."""


class TooMuch(Broken):
    """More came than was announced or asked for."""
