"""``hameau web``: the web, asked through a SearXNG of one's own choice."""

from __future__ import annotations

import click

from hameau.assistant import Question
from hameau.cli import terminal
from hameau.cli.house import as_json, house, in_space
from hameau.cli.places import snippet
from hameau.cli.telling import finish, tell, told
from hameau.cli.web_told import refused
from hameau.cli.words import _, as_text, language
from hameau.hub import Hub
from hameau.kit import N_, Cancelled, say
from hameau.perimeter import asked_by, is_far
from hameau.websearch import Found, Proposal, WebPage

_PAGE = 1200
"""Characters of a page that are printed; all of it is in ``--json``."""
_PAGES = 3


@click.command(help=_("Search the web through the SearXNG that you chose. What you write leaves word for word."))
@click.argument("query", required=False, default="")
@click.option("--answer", is_flag=True, help=_("Answer from the web and your documents, each cited apart."))
@click.option("--read", "pages", type=click.IntRange(0, 10), help=_("Open so many of the pages and read them."))
@click.option("--connect", "url", metavar=_("ADDRESS"), help=_("Choose a SearXNG, and allow its Connection."))
@click.option("--local", is_flag=True, help=_("Its name may stand for a machine of the local network, or this one."))
@click.option("--disconnect", is_flag=True, help=_("Ask nobody any more, and take the Connection back."))
@click.option("--yes", is_flag=True, help=_("Allow it without being asked."))
@click.option("--model", metavar=_("NAME"), help=_("The model that answers (hameau models list)."))
@in_space
@as_json
def web(
    query: str,
    answer: bool,
    pages: int | None,
    url: str | None,
    local: bool,
    disconnect: bool,
    yes: bool,
    model: str | None,
    space: str,
    json_: bool,
) -> None:
    if bool(query) + bool(url) + disconnect > 1:
        raise click.UsageError(_("Choose one: a question, --connect or --disconnect."))
    with house() as hub:
        if disconnect:
            hub.web.disconnect()
            _state(hub, json_)
        elif url:
            _connect(hub, url, local=local, yes=yes)
            _state(hub, json_)
        elif not query:
            _state(hub, json_)
        elif answer:
            _answer(hub, Question(as_text(query), space, model=model, web_query=as_text(query)), pages, json_)
        else:
            _search(hub, as_text(query), pages or 0, json_)


def _state(hub: Hub, json_: bool) -> None:
    asked = hub.web
    if json_:
        terminal.document({"url": asked.url(), "host": asked.host(), "allowed": asked.allowed()})
    elif not asked.host():
        terminal.note(N_("No search engine of the web was chosen. Choose a SearXNG: hameau web --connect ADDRESS"))
    elif asked.allowed():
        terminal.line(_(N_("The web is asked through {host}, when a question says so."), {"host": asked.host()}))
    else:
        words = N_("{host} was chosen, and may not be asked. Allow it: hameau web --connect {url}")
        terminal.note(words, {"host": asked.host(), "url": asked.url()})


def _connect(hub: Hub, url: str, *, local: bool, yes: bool) -> None:
    proposal = hub.web.propose(url, asked_by(), local=local)
    if not yes and not terminal.confirmed(_question(proposal)):
        raise Cancelled(N_("Nothing was allowed."))
    hub.web.connect(proposal)


def _question(proposal: Proposal) -> str:
    allowed = proposal.connection
    if proposal.near:
        where = N_("a program of this machine, which passes them on to search engines")
    elif is_far(allowed.host) or not allowed.local:
        where = N_("another machine, on the internet")
    else:
        where = N_("another machine of your network")
    words = N_(
        "Allow the Connection {name} to {place}, {where}? Only questions that you write for the web, or have seen before they "
        "leave, are sent there. Pages that are read are fetched from their own sites, each by a Connection for that moment."
    )
    return _(words, {"name": allowed.name, "place": f"{allowed.host}:{allowed.port}", "where": _(where)})


def _answer(hub: Hub, question: Question, pages: int | None, json_: bool) -> None:
    hub.library.warm()
    asked = Question(
        question.text,
        question.space,
        model=question.model,
        web_query=question.web_query,
        web_pages=_PAGES if pages is None else pages,
    )
    events = hub.assistant.ask(asked, language=language())
    if not json_:
        tell(events)
        return
    answer, trouble = finish(events)
    terminal.document(told(answer))
    if trouble is not None:
        raise trouble


def _search(hub: Hub, query: str, pages: int, json_: bool) -> None:
    found = hub.web.search(query)
    read = {page.url: page for page in hub.web.read(found.hits, most=pages)} if pages else {}
    if json_:
        terminal.document({**_fields(found), "pages": [_page(page) for page in read.values()]})
        return
    for number, hit in enumerate(found.hits, 1):
        terminal.line(f"{number}. {terminal.one_line(hit.title)}", "bold")
        terminal.line(terminal.one_line(hit.url), "cyan")
        page = read.get(hit.url)
        terminal.line(snippet(page.text, _PAGE) if page and page.text else hit.content)
        if page and page.reason:
            terminal.line(terminal.one_line(_(N_("Not read: {why}"), {"why": _(page.reason, page.fields)})), "yellow")
        said = ", ".join(filter(None, (*hit.engines, hit.published)))
        terminal.line(terminal.one_line(said), "dim")
        terminal.line()
    for line, style in refused(found.refused):
        terminal.line(line, style)
    fields = {"host": found.host, "count": len(found.hits), "time": terminal.duration(found.took_ms)}
    terminal.note(N_("Asked {host}. Results: {count}, in {time}"), fields)


def _fields(found: Found) -> dict[str, object]:
    return {
        "query": found.query,
        "host": found.host,
        "hits": found.hits,
        "refused": found.refused,
        "took_ms": found.took_ms,
    }


def _page(page: WebPage) -> dict[str, object]:
    reason = say(page.reason, language(), page.fields) if page.reason else ""
    return {
        "url": page.url,
        "title": page.title,
        "text": page.text,
        "dated_at": page.dated_at,
        "language": page.language,
        "reason": reason,
    }
