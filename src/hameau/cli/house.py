"""Opens the hub for one command, and the options that many commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from hameau.cli.secrets import Keyring, unlocking
from hameau.cli.words import _, speak
from hameau.hub import Hub, read_settings
from hameau.kit import settings
from hameau.perimeter import asking

Command = TypeVar("Command", bound=Callable[..., Any])


@contextmanager
def house(key: bytes | None = None, /, **chosen: settings.Plain) -> Iterator[Hub]:
    """The hub of this person's home; ``chosen`` settings weigh more than the file and the environment. ``key`` is that of
    an encrypted one, when it was found before."""
    read = read_settings(chosen)
    speak(read.language)
    hub = Hub(read, unlocking(key), Keyring(read.home_path))
    try:
        with asking("command"):
            yield hub
    finally:
        hub.close()


@contextmanager
def closed_house() -> Iterator[tuple[Path, bytes | None]]:
    """The home folder and its key, for work on the whole library that nobody else may use meanwhile.

    Raises ``Conflict`` while a server has it.
    """
    read = read_settings()
    speak(read.language)
    hub = Hub(read, unlocking(), Keyring(read.home_path))
    try:
        hub.presence.claim()
        yield hub.home, hub.key
    finally:
        hub.close()


def as_json(command: Command) -> Command:
    """The option ``--json``, for every command that prints data."""
    return click.option("--json", "json_", is_flag=True, help=_("Print one JSON document."))(command)


def in_space(command: Command) -> Command:
    """The option ``--space``: whose documents."""
    return click.option("--space", default="home", show_default=True, help=_("The space to work in."))(command)
