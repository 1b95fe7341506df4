"""``hameau chat``: questions in a row; each one knows those before."""

from __future__ import annotations

import sys

import click

from hameau.assistant import Question
from hameau.cli import terminal
from hameau.cli.house import house, in_space
from hameau.cli.telling import tell
from hameau.cli.words import _, as_text, language
from hameau.kit import N_, HameauError, explain

_LEAVE = {"/q", "/quit", "/quitter", "/exit"}


@click.command(help=_("Ask several questions in a row. An empty line, /quit or Ctrl-D ends it."))
@click.option("--model", metavar=_("NAME"), help=_("The model that answers (hameau models list)."))
@click.option("--conversation", metavar=_("NAME"), help=_("Go on with this conversation."))
@in_space
def chat(model: str | None, conversation: str | None, space: str) -> None:
    with house() as hub:
        hub.warm(model)
        while question := _asked():
            asked = Question(text=question, space=space, conversation=conversation, model=model)
            try:
                conversation = tell(hub.assistant.ask(asked, language=language())).conversation or conversation
            except KeyboardInterrupt:
                terminal.note(N_("Stopped. Ask something else, or press Ctrl-D to leave."))
            except HameauError as error:
                message, hint = explain(error, language())
                terminal.line(terminal.one_line(message), "yellow")
                if hint:
                    terminal.line(terminal.one_line(hint), "dim")
            terminal.line()


def _asked() -> str:
    """The next question; empty when the person leaves."""
    if sys.stdin.isatty():
        click.echo(_("Your question: "), nl=False, err=True)
    line = sys.stdin.readline()
    question = as_text(line).strip()
    return "" if question in _LEAVE else question
