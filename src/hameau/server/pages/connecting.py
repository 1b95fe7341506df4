"""Adds a source: what it is, what would leave this machine and to whom, the yes, and whether it worked. All of it by forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from starlette.responses import Response

from hameau.hub import FILE, KEPT, Proposal
from hameau.hub import KEYRING as IN_KEYRING
from hameau.kit import N_, BadInput, HameauError, explain
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.errors import status_of
from hameau.server.pages import sources
from hameau.server.pages.render import Visit, go, page
from hameau.server.source_words import group_of, of_kind

_LONGEST = 4096
_LONGEST_HISTORY = 3650
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form of the second page; never the password."""

    what: str
    kind: str = ""
    user: str = ""
    title: str = ""
    local: bool = False
    keep: str = KEPT
    token_file: str = ""
    full_text: bool = False
    shared: bool = False
    nextcloud: bool = False
    since: str = ""
    folders: str = ""
    history: str = ""
    known: str = ""
    """The id of the source that is allowed again, or gets another password."""

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Typed:
        """The fields as they came, bounded."""
        keep = form.get("keep", KEPT)
        return cls(
            what=form.get("what", "").strip()[:_LONGEST],
            kind=form.get("kind", "")[:40],
            user=form.get("user", "").strip()[:320],
            title=" ".join(form.get("title", "").split())[:200],
            local=form.get("local") == "yes",
            keep=keep if keep in (KEPT, IN_KEYRING, FILE) else KEPT,
            token_file=form.get("token_file", "").strip()[:_LONGEST],
            full_text=form.get("full_text") == "yes",
            shared=form.get("shared") == "yes",
            nextcloud=form.get("nextcloud") == "yes",
            since=form.get("since", "").strip()[:10],
            folders=form.get("folders", "")[:_LONGEST],
            history=form.get("history", "").strip()[:5],
            known=form.get("known", "")[:100],
        )

    def settings(self) -> dict[str, object]:
        """What the adapter of this kind is told. Raises ``BadInput``."""
        told: dict[str, object] = {}
        if self.kind == "feed" and self.full_text:
            told["full_text"] = True
        if self.kind in ("webdav", "caldav", "carddav") and self.shared:
            told["shared"] = True
        if self.kind == "webdav" and self.nextcloud and self.user:
            told["nextcloud"] = True
        if self.kind == "imap":
            names = [line.strip() for line in self.folders.splitlines() if line.strip()]
            chosen = {"folders": names, "since": self.since}
            told.update({name: value for name, value in chosen.items() if value})
        if self.keep == FILE and self.kind == "imap":
            told["token"] = "oauth2"  # noqa: S105 - the name of a way to log in
        if self.kind == "browser" and self.history not in ("", "0"):
            if not (self.history.isascii() and self.history.isdigit() and int(self.history) <= _LONGEST_HISTORY):
                raise BadInput(N_("“{text}” is no number of days."), text=self.history)
            told["history"] = int(self.history)
        return told

    def where_kept(self) -> str:
        """Where the password goes, as the house says it."""
        return f"{FILE}{self.token_file}" if self.keep == FILE else self.keep


def add(call: Call, visit: Visit) -> Response:
    """A place of this machine's own disk is added at once; for any other, first what would leave is shown."""
    typed = Typed.of(visit.form)
    try:
        proposal = _proposed(call, typed)
        if proposal.connection is None and proposal.kind != "browser":
            title = proposal.title or PurePath(proposal.uri).name
            call.house.connecting.connect(replace(proposal, title=title))
            return go("/sources", said="added")
        if proposal.connection is not None:
            must_be_near(call)
    except HameauError as error:
        form = Visit("/sources", {}, {"add": visit.form.get("add", "")}, {})
        return sources.show(call, form, error, typed.what)
    shown = replace(typed, kind=proposal.kind, user=proposal.user or typed.user, nextcloud=proposal.kind == "webdav")
    return _consent(call, visit, proposal, shown)


def again(call: Call, visit: Visit) -> Response:
    """A source that is in the library: allowed again, or with another password."""
    must_be_near(call)
    proposal = call.house.connecting.again(visit.ids["id"])
    said = proposal.settings
    typed = Typed(
        proposal.uri,
        proposal.kind,
        proposal.user,
        proposal.title,
        said.get("local") is True,
        full_text=said.get("full_text") is True,
        shared=said.get("shared") is True,
        nextcloud=said.get("nextcloud") is True,
        since=str(said.get("since", "")),
        folders="\n".join(_texts(said.get("folders"))),
        known=visit.ids["id"],
    )
    return _consent(call, visit, proposal, typed)


def connect(call: Call, visit: Visit) -> Response:
    """The yes: allowed, tried, kept. When it does not work, nothing is allowed, and what was typed stands in the form."""
    typed = Typed.of(visit.form)
    proposal: Proposal | None = None
    try:
        proposal = _proposed(call, typed)
        if proposal.connection is not None:
            must_be_near(call)
            same_place(proposal, visit.form.get("place", ""))
        source = call.house.connecting.connect(proposal, secret=visit.form.get("secret", ""), keep=typed.where_kept())
    except HameauError as error:
        if proposal is None:
            return sources.show(call, Visit("/sources", {}, {}, {}), error, typed.what)
        return _consent(call, visit, proposal, typed, error)
    return go("/sources", said="again" if typed.known else "connected", new=source.id)


def _proposed(call: Call, typed: Typed) -> Proposal:
    """The proposal of a form; of a kind that was found out, with the settings of that kind."""
    connecting = call.house.connecting

    def ask(one: Typed) -> Proposal:
        return connecting.propose(
            one.what, kind=one.kind, user=one.user, title=one.title, settings=one.settings(), local=one.local
        )

    found = ask(typed)
    return found if typed.kind else ask(replace(typed, kind=found.kind, what=found.uri, user=typed.user or found.user))


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def same_place(proposal: Proposal, place: str) -> None:
    """What is allowed is what was shown: an address that was changed in the form is shown again first."""
    if proposal.reach is not None and place != f"{proposal.reach.host}:{proposal.reach.port}":
        raise BadInput(
            N_("This leads to another place than the one you saw. Read again what will leave, then say yes.")
        )


def _better(problem: HameauError | None) -> list[str]:
    """Addresses that the other side names instead."""
    if problem is None:
        return []
    named = [str(problem.fields["address"])] if problem.fields.get("address") else []
    return [*named, *(str(each.address) for each in getattr(problem, "feeds", ()))][:_MOST_NAMED]


def _consent(
    call: Call, visit: Visit, proposal: Proposal, typed: Typed, problem: HameauError | None = None
) -> Response:
    return page(
        call,
        visit,
        "connect.html",
        status_of(problem) if problem else 200,
        proposal=proposal,
        reach=proposal.reach,
        words=of_kind(proposal.kind),
        group=group_of(proposal.kind),
        typed=typed,
        problem=explain(problem, call.language) if problem else None,
        better=_better(problem),
        keyring=call.house.keyring.there(),
        kinds=call.house.connecting.kinds(),
        may_be_nextcloud=proposal.kind == "webdav" and "/remote.php/" not in proposal.uri,
        can_log_in=proposal.kind == "webdav",
    )
