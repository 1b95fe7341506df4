"""Writes the pages of the documentation that the code knows best: commands, settings, errors, the HTTP API.

Usage: ``python tools/docs.py`` writes them; ``--print cli.md`` prints one.
"""

from __future__ import annotations

import inspect
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
from hameau.server.api.ask import EVENTS  # noqa: E402
from hameau.server.app import EVERY  # noqa: E402
from hameau.server.errors import STATUS  # noqa: E402
from hameau.server.openapi import document  # noqa: E402
from hameau.server.shapes import MAX_BODY, MAX_QUESTION  # noqa: E402
from hameau.server.uploads import MAX_FILES, MAX_TOTAL  # noqa: E402

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
    """What ``tools/api.md`` says of the HTTP API, with the tables that the code knows better."""
    text = (Path(__file__).parent / "api.md").read_text(encoding="utf-8")
    tables = {
        "made": MADE,
        "endpoints": _endpoints(),
        "events": _events(),
        "statuses": _statuses(),
        "limits": _limits(),
    }
    for name, table in tables.items():
        text = text.replace(f"{{{name}}}", table.rstrip("\n") if name != "made" else table)
    return text


def _endpoints() -> str:
    described: Mapping[str, Any] = document(EVERY)
    rows = [
        f"| `{verb.upper()} {path}` | {operation['summary']} |"
        for path, verbs in described["paths"].items()
        for verb, operation in verbs.items()
    ]
    return "\n".join(["| endpoint | what it does |", "|---|---|", *rows])


def _events() -> str:
    rows = [f"| `{name}` | {(inspect.getdoc(shape) or '').splitlines()[0]} |" for name, shape in EVENTS]
    return "\n".join(["| event | what its data is |", "|---|---|", *rows])


def _statuses() -> str:
    rows = [
        f"| {status} | `{kind.code}` | {(kind.__doc__ or '').splitlines()[0]} |"
        for kind, status in sorted(STATUS.items(), key=lambda item: item[1])
    ]
    return "\n".join(["| status | code | in general |", "|---|---|---|", *rows])


def _limits() -> str:
    return (
        f"a JSON body {MAX_BODY:,} bytes, a question {MAX_QUESTION:,} characters, one request of files {MAX_TOTAL:,} bytes and\n"
        f"{MAX_FILES:,} files, one file the setting `max_file_bytes`."
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
