"""``hameau ask``: one question, a summary, or a draft from a template."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import click

from hameau.assistant import Question
from hameau.cli import terminal
from hameau.cli.house import as_json, house, in_space
from hameau.cli.telling import finish, tell, told
from hameau.cli.words import _, as_text, language
from hameau.hub import Hub
from hameau.kit import N_, BadInput, explain

_BLANK = re.compile(r"\{\{|\[…")
"""What a letter with blanks has in it; any other template is an instruction."""
_LARGEST_TEMPLATE = 100_000
"""Bytes; a letter is a thousand times smaller, a mistaken file is larger."""


@click.command(help=_("Ask your documents. The passages come first, then the answer, then the quotes it rests on."))
@click.argument("question", required=False, default="")
@click.option("--model", metavar=_("NAME"), help=_("The model that answers (hameau models list)."))
@click.option("--document", type=int, metavar=_("NUMBER"), help=_("Only this document."))
@click.option("--source", metavar=_("NAME"), help=_("Only this source (hameau sources)."))
@click.option("--conversation", metavar=_("NAME"), help=_("Go on with this conversation."))
@click.option("--summary", is_flag=True, help=_("Summarise the document, the source or what the question is about."))
@click.option(
    "--template",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=_("Fill this letter or form with what the documents say."),
)
@click.option(
    "--web", is_flag=True, help=_("Ask the web too: what leaves is shown, and may be changed, before it does.")
)
@click.option("--web-query", default="", metavar=_("TEXT"), help=_("Ask the web too: this leaves, word for word."))
@click.option(
    "--read", "pages", type=click.IntRange(0, 10), default=3, show_default=True, help=_("Pages of the web to open.")
)
@in_space
@as_json
def ask(
    question: str,
    model: str | None,
    document: int | None,
    source: str | None,
    conversation: str | None,
    summary: bool,
    template: Path | None,
    web: bool,
    web_query: str,
    pages: int,
    space: str,
    json_: bool,
) -> None:
    if summary and template:
        raise click.UsageError(_("Choose --summary or --template, not both."))
    if not question and not summary and not template:
        raise click.UsageError(
            _('What do you want to ask? For example: hameau ask "Quand est l\'assemblée générale ?"')
        )
    asked = Question(
        text=as_text(question),
        space=space,
        conversation=conversation,
        model=model,
        task="summary" if summary else "draft" if template else "answer",
        document_id=document,
        source_id=source,
        template=_letter(template) if template else "",
        web_query=as_text(web_query),
        web_pages=pages,
    )
    with house() as hub:
        if web and not web_query:
            asked = replace(asked, web_query=_leaving(hub, asked))
        hub.library.warm()  # one question and no other: it is worth waiting for the vectors of a large library
        events = hub.assistant.ask(asked, language=language())
        if not json_:
            tell(events, letter=_BLANK.search(asked.template) is not None)
            return
        answer, trouble = finish(events)
    terminal.document(told(answer))
    if trouble is not None:  # the output has its one document already
        for text in filter(None, explain(trouble, language())):
            click.echo(terminal.one_line(text), err=True)
        raise click.exceptions.Exit(1)


def _leaving(hub: Hub, asked: Question) -> str:
    """What a person lets leave: at a terminal they see it, change it, or empty it; elsewhere it is shown as it leaves."""
    proposed = hub.assistant.web_question(asked.text, asked.conversation, asked.space)
    host = hub.web.host()
    if not host or not proposed or not sys.stdin.isatty():
        terminal.note(N_("For the web: « {query} »"), {"query": proposed})
        return proposed
    words = N_("{host} is asked this and nothing else. Enter sends it, another text replaces it, « - » asks nobody.")
    terminal.note(words, {"host": host})
    click.echo(f"« {terminal.one_line(proposed)} » : ", nl=False, err=True)
    line = sys.stdin.readline()
    if not line:
        raise click.Abort
    typed = as_text(line).strip()
    return "" if typed == "-" else typed or proposed


def _letter(path: Path) -> str:
    """The template's text. Raises ``BadInput`` when the file is no short text."""
    raw = path.read_bytes()
    if len(raw) > _LARGEST_TEMPLATE or b"\x00" in raw:
        raise BadInput(N_("{path} is no letter or form in plain text."), path=path)
    return as_text(raw.decode("utf-8", "surrogateescape"))
