"""A login on a Nextcloud's own page: the person opens it, says yes there, comes back. Hameau never sees their password."""

from __future__ import annotations

from starlette.responses import Response

from hameau.hub import KEPT, PendingLogin
from hameau.hub import KEYRING as IN_KEYRING
from hameau.kit import N_, BadInput, HameauError, explain
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.logging_in import WISHES, wishes
from hameau.server.pages import sources
from hameau.server.pages.connecting import same_place
from hameau.server.pages.render import Visit, go, page


def begin(call: Call, visit: Visit) -> Response:
    """The yes to the place; then the address of the server's own page."""
    must_be_near(call)
    form = visit.form
    what = form.get("what", "").strip()[:4096]
    try:
        proposals = wishes(
            call,
            what,
            [kind for kind in WISHES if form.get(f"wish_{kind}") == "yes"] or ["webdav"],
            {"shared": True} if form.get("shared") == "yes" else {},
            local=form.get("local") == "yes",
        )
        same_place(proposals[0], form.get("place", ""))
        pending = call.house.logins.begin(proposals)
    except HameauError as error:
        return sources.show(call, Visit("/sources", {}, {"add": "nextcloud"}, {}), error, what)
    return _show(call, visit, pending)


def go_on(call: Call, visit: Visit) -> Response:
    """The person came back: connected, or still waiting."""
    must_be_near(call)
    keep = IN_KEYRING if call.house.keyring.there() else KEPT
    try:
        made = call.house.logins.poll(visit.ids["id"], keep)
        if made:
            return go("/sources", said="connected", new=made[0].id)
        pending = call.house.logins.find(visit.ids["id"])
    except HameauError as error:
        return sources.show(call, Visit("/sources", {}, {"add": "nextcloud"}, {}), error)
    return _show(call, visit, pending, waiting=True)


def stop(call: Call, visit: Visit) -> Response:
    """The person changed their mind: the Connection is taken back."""
    call.house.logins.stop(visit.ids["id"])
    return go("/sources")


def _show(call: Call, visit: Visit, pending: PendingLogin, *, waiting: bool = False) -> Response:
    problem = None
    if waiting:
        problem = explain(
            BadInput(
                N_("{host} has not heard your yes yet."),
                hint=N_("Open its page, log in, allow Hameau there; then come back."),
                host=pending.host,
            ),
            call.language,
        )
    return page(call, visit, "login.html", pending=pending, problem=problem)
