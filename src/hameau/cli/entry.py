"""The entry of the command line and its edge: here every error becomes a sentence, a hint and an exit code."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from collections.abc import Sequence

import click

from hameau import __version__
from hameau.cli.controls import one_line
from hameau.cli.forms import dressed
from hameau.cli.logs import begin
from hameau.cli.registry import Registry
from hameau.cli.words import _, language, speak
from hameau.kit import N_, BadInput, Cancelled, HameauError, explain

_log = logging.getLogger(__name__)

DONE, FAILED, NOT_UNDERSTOOD, STOPPED, PIPE_CLOSED = 0, 1, 2, 130, 141
"""Exit codes; 130 and 141 are those of a program that SIGINT or SIGPIPE ended, as POSIX shells count them."""


def main() -> None:
    """Runs the command that the process was started with, and exits."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit code. Nothing escapes but a wish to exit."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    speak("")
    try:
        with _group().make_context("hameau", list(arguments)) as context:
            context.command.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as wish:
        return wish.exit_code
    except (KeyboardInterrupt, click.Abort, Cancelled):
        click.echo("", err=True)
        return STOPPED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        return _pipe_closed()
    except HameauError as error:
        return explained(error, arguments)
    except OSError as error:
        return explained(_of_system(error), arguments)
    except Exception as error:  # noqa: BLE001 - the edge: a person never sees a stack trace
        _log.info("unexpected", exc_info=error)
        return explained(_of_bug(error), arguments)
    return DONE


def _group() -> click.Group:
    """The command ``hameau`` itself, with its texts in the language of the terminal."""
    group = Registry("hameau", help=_(HELP), context_settings={"help_option_names": ["-h", "--help"]})
    group.callback = _before
    group.params.append(
        click.Option(["-v", "--verbose"], is_flag=True, help=_("Say on the error output what happens inside."))
    )
    versioned = click.version_option(__version__, "--version", message="hameau %(version)s")(group)
    dressed(versioned)
    return versioned


HELP = N_("Hameau: ask your own documents, on your own machine, with a source behind every sentence.")


def _before(verbose: bool) -> None:
    begin(verbose=verbose)


def explained(error: HameauError, arguments: Sequence[str]) -> int:
    """The error in the reader's language on the error output; with ``--json`` also as the one document on the output.

    Returns the exit code.
    """
    message, hint = explain(error, language())
    if "--json" in arguments:
        document = {"error": {"code": error.code, "message": message, "hint": hint}}
        click.echo(json.dumps(document, ensure_ascii=False))
    for text in filter(None, (message, hint)):
        click.echo(one_line(text), err=True)
    return NOT_UNDERSTOOD if isinstance(error, BadInput) else FAILED


def _of_system(error: OSError) -> HameauError:
    if error.errno == errno.ENOSPC:
        return HameauError(N_("The disk is full."), hint=N_("Free some space and try again; nothing was lost."))
    name = error.filename if error.filename is not None else ""
    return HameauError(N_("The system said no: {reason} {name}"), reason=error.strerror or error, name=name)


def _of_bug(error: Exception) -> HameauError:
    return HameauError(
        N_("Something unexpected happened: {reason}"),
        hint=N_("Your documents are safe. « hameau --verbose » before the command shows the details to report."),
        reason=f"{type(error).__name__}: {error}",
    )


def _pipe_closed() -> int:
    """Whoever read the output went away, as ``head`` does. What is still buffered goes nowhere, in silence."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return PIPE_CLOSED
