"""Programs that may come in: their keys, made, shown once, taken back; and the addresses that they need."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.responses import Response

from hameau.accounts import ApiKey, NewKey, Scope
from hameau.kit import N_, BadInput, Conflict, HameauError, NotFound, explain, now, stamp
from hameau.server.admittance import must_decide
from hameau.server.call import Call
from hameau.server.doors import LOOPBACK, bracketed
from hameau.server.errors import status_of
from hameau.server.pages.render import Visit, go, page

OPENS: dict[str, tuple[tuple[Scope, ...], str, str]] = {
    "chat": (("chat",), N_("Have models speak"), N_("It sees nothing of your documents.")),
    "read": (
        ("chat", "read"),
        N_("Have models speak, and ask your documents"),
        N_("It may search and read all that is in the library, and your conversations."),
    ),
    "admin": (
        ("admin",),
        N_("All that you may do"),
        N_("It may also add and remove documents and models, and change settings."),
    ),
}
"""What a person can choose: a name in the form, the scopes, the words, and what it means."""
ENDS = {"month": 30, "year": 365, "always": 0}
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form."""

    name: str = ""
    opens: str = "chat"
    until: str = "always"


def show(
    call: Call, visit: Visit, form: Form | None = None, made: NewKey | None = None, problem: HameauError | None = None
) -> Response:
    """The page. ``made`` is a key at the one moment when it can be read."""
    settings = call.house.settings
    return page(
        call,
        visit,
        "programs.html",
        status_of(problem) if problem else 200,
        keys=call.house.keys.all(),
        made=made,
        form=form or Form(),
        opens=OPENS,
        words_of=words_of,
        base=visit.base,
        alone=bracketed(settings.host) in LOOPBACK,
        required=settings.require_key,
        moment_now=now(),
        problem=explain(problem, call.language) if problem else None,
        said=visit.query.get("said", ""),
    )


def make(call: Call, visit: Visit) -> Response:
    must_decide(call)
    form = Form(visit.form.get("name", "")[:200], visit.form.get("opens", ""), visit.form.get("until", ""))
    form = Form(form.name, form.opens if form.opens in OPENS else "chat", form.until if form.until in ENDS else "month")
    days = ENDS[form.until]
    try:
        made = call.house.keys.make(
            form.name, OPENS[form.opens][0], expires_at=stamp(time.time() + days * _DAY) if days else ""
        )
    except (BadInput, Conflict) as error:
        return show(call, visit, form, problem=error)
    return show(call, visit, made=made)


def confirm_revocation(call: Call, visit: Visit) -> Response:
    return page(call, visit, "confirm-key.html", key=_key(call, visit.ids["id"]))


def revoke(call: Call, visit: Visit) -> Response:
    call.house.keys.revoke(visit.ids["id"])
    return go("/programs", said="revoked")


def words_of(key: ApiKey) -> str:
    """What it opens, as an English text id."""
    for scopes, text, _ in OPENS.values():
        if set(scopes) == set(key.scopes):
            return text
    return OPENS["admin"][1] if key.may("admin") else N_("Ask your documents")


def _key(call: Call, key_id: str) -> ApiKey:
    found = next((key for key in call.house.keys.all() if key.id == key_id), None)
    if found is None:
        raise NotFound
    return found
