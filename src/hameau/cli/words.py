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


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Marks two forms for translation, as :func:`hameau.kit.N_` marks one; they are chosen where they are shown."""
    return one, many


# click looks these up with gettext in the process's text domain; they stand here to be collected.
CLICK = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Show this message and exit."),
    N_("Show the version and exit."),
    N_("[default: {default}]"),
    N_("required"),
    N_("Choose from:\n\t{choices}"),
    N_("default: {default}"),
    N_("Error: {message}"),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Missing command."),
    N_("Missing parameter"),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("Option {name!r} does not take a value."),
    N_("Aborted!"),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a file."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} is not readable."),
    N_("{name} {filename!r} is not writable."),
    N_("file"),
    N_("directory"),
    N_("path"),
    ngettext("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ngettext("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    ngettext("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
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


def decimal(value: float, digits: int = 1) -> str:
    """A number with ``digits`` behind the decimal sign, which is a comma in French."""
    written = f"{value:.{digits}f}"
    return written.replace(".", ",") if language() == "fr" else written


def as_text(argument: str) -> str:
    """An argument as real text: bytes that are no UTF-8 are read as Windows-1252, the usual culprit of old files."""
    try:
        argument.encode("utf-8")
    except UnicodeEncodeError:
        return argument.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return argument
