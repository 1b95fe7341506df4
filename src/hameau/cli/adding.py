"""``hameau add``: a folder, a mailbox, a Nextcloud, a feed… What would leave this machine is said before it may."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import click

from hameau.cli import terminal
from hameau.cli.follow import bring_up_to_date
from hameau.cli.house import as_json, house, in_space
from hameau.cli.secrets import somebody_there, source_secret
from hameau.cli.words import _
from hameau.hub import FILE, KEPT, KEYRING, Hub, Proposal
from hameau.kit import N_, BadInput, Cancelled, HameauError
from hameau.library import LibraryStatus, Source

KINDS = ("folder", "mail", "imap", "webdav", "caldav", "carddav", "feed", "zim", "browser")
_LOOK_SECONDS = 2.0
"""How often a Nextcloud is asked whether the person has said yes there."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was typed, apart from what is to be added."""

    kind: str
    user: str
    title: str
    space: str
    local: bool
    settings: dict[str, object]
    password_file: Path | None
    token_file: Path | None
    keyring: bool
    yes: bool

    @property
    def keep(self) -> str:
        if self.token_file is not None:
            return f"{FILE}{self.token_file.expanduser().absolute()}"
        return KEYRING if self.keyring else KEPT


@click.command(
    help=_(
        "Add a folder, a file, a mail address, or the address of a Nextcloud, a calendar or a feed, and read it. It stays as "
        "it is there; changes are followed."
    )
)
@click.argument("what", metavar=_("PATH|ADDRESS"))
@click.option("--kind", type=click.Choice(KINDS), help=_("What it is. Default: it is found out."))
@click.option("--title", default="", help=_("What to call it."))
@click.option("--user", default="", help=_("Your name there."))
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, allow_dash=True),
    help=_("A file with the password; - reads it from the input. Without it, it is asked for."),
)
@click.option(
    "--token-file", type=click.Path(path_type=Path), help=_("A file with a token that another program renews (OAuth).")
)
@click.option("--keyring", is_flag=True, help=_("Keep the password in the desktop's keyring."))
@click.option("--folder", "folders", multiple=True, help=_("Mail: only this folder; may be repeated."))
@click.option("--since", default="", metavar=_("DAY"), help=_("Mail: only what came since that day."))
@click.option("--nextcloud", is_flag=True, help=_("The address is that of a Nextcloud: all the files of the user."))
@click.option("--full-text", is_flag=True, help=_("Feed: also fetch each article's own page."))
@click.option("--shared", is_flag=True, help=_("Nextcloud: also what others share with you."))
@click.option("--history", type=click.IntRange(0, 3650), default=0, help=_("Browser: so many days of the history."))
@click.option("--local", is_flag=True, help=_("The name may stand for a machine of the local network, or this one."))
@click.option("--yes", is_flag=True, help=_("Allow it without being asked."))
@click.option(
    "--no-wait", is_flag=True, help=_("Only note it; a running Hameau reads it, or the next « hameau sync ».")
)
@in_space
@as_json
def add(
    what: str,
    kind: str | None,
    title: str,
    user: str,
    password_file: Path | None,
    token_file: Path | None,
    keyring: bool,
    folders: tuple[str, ...],
    since: str,
    nextcloud: bool,
    full_text: bool,
    shared: bool,
    history: int,
    local: bool,
    yes: bool,
    no_wait: bool,
    space: str,
    json_: bool,
) -> None:
    chosen: dict[str, object] = {
        "folders": list(folders),
        "since": since,
        "nextcloud": nextcloud,
        "full_text": full_text,
        "shared": shared,
        "history": history,
        "token": "oauth2" if token_file else "",
    }
    settings = {name: value for name, value in chosen.items() if value}
    wanted = _Wanted(
        kind or ("webdav" if nextcloud else ""),
        user,
        title,
        space,
        local,
        settings,
        password_file,
        token_file,
        keyring,
        yes,
    )
    with house() as hub:
        added = _added(hub, what, wanted)
        status = None if no_wait else bring_up_to_date(hub, space=space, silent=json_)
        added = [hub.library.source(source.id) for source in added]
    if json_:
        terminal.document({"source": added[0], "status": status})
        return
    for source in added:
        fields = {"title": terminal.one_line(source.title or source.uri), "name": source.id}
        terminal.line(_(N_("Added: {title} ({name})"), fields))
    say_status(status)
    for source in added:
        if source.error:
            terminal.line(terminal.one_line(_(source.error, source.fields)), "yellow")


def say_status(status: LibraryStatus | None) -> None:
    """How much is in the library now."""
    if status is None:
        return
    words = N_("{documents} documents, {passages} passages, {failed} that could not be read (hameau status says why)")
    counts = {"documents": status.documents, "passages": status.passages, "failed": status.failed}
    terminal.note(words if status.failed else N_("{documents} documents, {passages} passages"), counts)


def _added(hub: Hub, what: str, wanted: _Wanted) -> list[Source]:
    proposal = hub.connecting.propose(
        what,
        kind=wanted.kind,
        user=wanted.user,
        title=wanted.title,
        space=wanted.space,
        settings=wanted.settings,
        local=wanted.local,
    )
    if proposal.connection is None:
        return [hub.connecting.connect(proposal)]
    if not wanted.yes and not terminal.confirmed(_question(proposal)):
        raise Cancelled(N_("Nothing was allowed."))
    if proposal.kind == "webdav" and not proposal.user and wanted.password_file is None and wanted.token_file is None:
        return _logged_in(hub, proposal, wanted)
    secret = ""
    if wanted.token_file is None and (proposal.needs_secret or wanted.password_file is not None):
        secret = source_secret(wanted.password_file, _(N_("Password of {user} at {host}: "), _place(proposal)))
    try:
        return [hub.connecting.connect(proposal, secret=secret, keep=wanted.keep)]
    except HameauError as error:
        _tell_others(error)
        raise


def _logged_in(hub: Hub, proposal: Proposal, wanted: _Wanted) -> list[Source]:
    """By the server's own page, which the person opens in their browser."""
    if not somebody_there():
        raise BadInput(
            N_("Nobody is there to log in."),
            hint=N_("Name the user and a file with the password: --user, --password-file."),
        )
    pending = hub.logins.begin([replace(proposal, title=wanted.title)])
    terminal.note(N_("Open this address in your browser, log in, and allow Hameau there:"))
    terminal.line(terminal.one_line(pending.address))
    terminal.note(N_("Ctrl-C gives up; nothing stays allowed then."))
    try:
        while not (made := hub.logins.poll(pending.id, wanted.keep)):
            time.sleep(_LOOK_SECONDS)
        return list(made)
    except KeyboardInterrupt:
        hub.logins.stop(pending.id)
        raise


def _tell_others(error: HameauError) -> None:
    """The addresses that the other side names instead."""
    named = [str(error.fields["address"])] if error.fields.get("address") else []
    for address in [*named, *(str(each.address) for each in getattr(error, "feeds", ()))][:10]:
        terminal.note(N_("Perhaps this one: hameau add {address}"), {"address": address})


def _place(proposal: Proposal) -> dict[str, object]:
    assert proposal.reach is not None  # noqa: S101 - it has a Connection
    return {"user": proposal.user or "—", "host": proposal.reach.host}


def _question(proposal: Proposal) -> str:
    assert proposal.connection is not None  # noqa: S101 - only asked for what has one
    asked = proposal.connection
    if proposal.near:
        where = N_("a program of this machine, which could pass things on")
    elif asked.local:
        where = N_("another machine of your network")
    else:
        where = N_("another machine, on the internet")
    words = N_(
        "May Hameau reach {place}, {where}? Your name and password there, if it wants any, and which things are wanted will be "
        "sent; none of your documents or questions is. You can take this back at any time: hameau perimeter deny {name}"
    )
    return _(words, {"name": asked.name, "place": f"{asked.host}:{asked.port}", "where": _(where)})
