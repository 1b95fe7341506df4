"""Writes the pages of the documentation that the code knows best: commands, settings, errors, the HTTP API.

Usage: ``python tools/docs.py`` writes them; ``--print cli.md`` prints one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

os.environ.update(HAMEAU_LANGUAGE="en", COLUMNS="100")
for _name in [name for name in os.environ if name.startswith("HAMEAU_") and name != "HAMEAU_LANGUAGE"]:
    del os.environ[_name]  # the page describes the defaults, not this machine

import click  # noqa: E402 - the language has to be chosen first

import hameau.kit  # noqa: E402
from hameau.cli.registry import COMMANDS, Registry  # noqa: E402
from hameau.cli.words import speak  # noqa: E402
from hameau.hub import Settings  # noqa: E402
from hameau.server.api import ENDPOINTS  # noqa: E402
from hameau.server.openapi import document  # noqa: E402

DOCS = Path(__file__).resolve().parent.parent / "docs"
MADE = "<!-- Made by `make docs` from the code. -->\n"


def cli() -> str:
    """Every command with its help, as the terminal shows it."""
    speak("en")
    group = Registry("hameau")
    parts = [
        "# Commands\n",
        MADE,
        "Exit codes: 0 done, 1 failed, 2 not understood, 130 stopped by Ctrl-C. With `--json` the output is one JSON\n"
        "document, an error included (`{error: {code, message, hint}}`). Messages are French or English, as `LANG` or\n"
        "`HAMEAU_LANGUAGE` says.\n",
    ]
    with click.Context(group, info_name="hameau") as root:
        for name in COMMANDS:
            command = group.get_command(root, name)
            assert command
            parts += _pages(command, name, root)
    return "\n".join(parts)


def _pages(command: click.Command, name: str, above: click.Context) -> Iterator[str]:
    with click.Context(command, info_name=name, parent=above, terminal_width=100) as context:
        yield f"## `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```\n"
        if isinstance(command, click.Group):
            for below in command.list_commands(context):
                found = command.get_command(context, below)
                assert found
                yield from _pages(found, below, context)


def settings() -> str:
    """Every setting with its variable, default and meaning."""
    return (
        f"# Settings\n\n{MADE}\n"
        "A setting is a line of `config.toml` in the home folder, or an environment variable, which weighs more; an option of a\n"
        "command weighs most. Hameau works without any of them.\n\n" + hameau.kit.settings.document(Settings)
    )


def errors() -> str:
    """The tree of errors, with their codes."""
    kinds = [kind for name in hameau.kit.__all__ if isinstance(kind := getattr(hameau.kit, name), type)]
    rows = [
        f"| `{kind.code}` | `{kind.__name__}` | {(kind.__doc__ or '').splitlines()[0]} |"
        for kind in kinds
        if issubclass(kind, hameau.kit.HameauError)
    ]
    return (
        f"# Errors\n\n{MADE}\n"
        "Every error has a message (what happened) and a hint (what to do about it), in the reader's language, and never\n"
        "a stack trace. Commands print them on the error output and exit with 1, or with 2 for `bad_input`; the HTTP API\n"
        "answers `{error: {code, message, hint}}`.\n\n| code | class | in general |\n|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def api() -> str:
    """Every endpoint of the HTTP API; its shapes are in the OpenAPI document."""
    described: Mapping[str, Any] = document(ENDPOINTS)
    rows = [
        f"| `{verb.upper()} {path}` | {operation.get('summary') or operation.get('description', '')} |"
        for path, verbs in described["paths"].items()
        for verb, operation in verbs.items()
    ]
    return (
        f"# The HTTP API\n\n{MADE}\n"
        "JSON in and out; a running Hameau describes every shape as OpenAPI at `/api/v1/openapi.json`.\n"
        "Errors: [errors.md](errors.md).\n"
        "Requests whose `Host` is not ours, or whose `Origin` is another site, are refused.\n\n"
        "| endpoint | what it does |\n|---|---|\n" + "\n".join(rows) + "\n"
    )


PAGES: dict[str, Callable[[], str]] = {"cli.md": cli, "settings.md": settings, "errors.md": errors, "api.md": api}


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--print"]:
        sys.stdout.write(PAGES[arguments[1]]())
        return
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
