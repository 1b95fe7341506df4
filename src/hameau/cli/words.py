"""The language of this terminal, and click's own words so that they are translated with ours."""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from pathlib import Path

import hameau.kit
from hameau.kit import LANGUAGES, N_, of_terminal, say

_LOCALE = Path(hameau.kit.__file__).with_name("locale")
_chosen = ""

# click looks these up with gettext in the process's text domain; they stand here to be collected.
CLICK = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Show this message and exit."),
    N_("Show the version and exit."),
    N_("[default: {default}]"),
    N_("default: {default}"),
    N_("Error: {message}"),
    N_("No such command {name!r}."),
    N_("No such option: {name}"),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Missing command."),
    N_("Missing parameter"),
    N_("Got unexpected extra argument ({args})"),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("Option {name!r} requires an argument."),
    N_("Aborted!"),
    N_("{value!r} is not a valid {number_type}."),
)


def language() -> str:
    """``fr`` or ``en``: the person's setting, else what the terminal says."""
    return _chosen or of_terminal()


def speak(wanted: str) -> None:
    """Speaks ``wanted`` (empty: the terminal's language) from now on, click's words included."""
    global _chosen  # noqa: PLW0603 - one process, one reader
    _chosen = wanted if wanted in LANGUAGES else ""
    os.environ["LANGUAGE"] = language()
    gettext.bindtextdomain("cli", _LOCALE)
    gettext.textdomain("cli")


def _(message: str, fields: Mapping[str, object] | None = None) -> str:
    """``message`` in the reader's language, with its ``{name}`` fields filled in."""
    return say(message, language(), fields)


def as_text(argument: str) -> str:
    """An argument as real text: bytes that are no UTF-8 are read as Windows-1252, the usual culprit of old files."""
    try:
        argument.encode("utf-8")
    except UnicodeEncodeError:
        return argument.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return argument
