"""Which search engine of the web may be asked: chosen, shown with what leaves, allowed, taken back."""

from __future__ import annotations

from starlette.responses import Response

from hameau.kit import N_, BadInput, HameauError, explain
from hameau.perimeter import asked_by
from hameau.server.border import must_be_near
from hameau.server.call import Call
from hameau.server.errors import status_of
from hameau.server.pages import sources
from hameau.server.pages.render import Visit, go, page


def connect(call: Call, visit: Visit) -> Response:
    """First shows what would leave and to whom; at the second yes it is allowed, tried and kept."""
    must_be_near(call)
    url = visit.form.get("what", "").strip()[:2048]
    local = visit.form.get("local") == "yes"
    web = call.house.web
    try:
        proposal = web.propose(url, asked_by(), local=local)
    except HameauError as error:
        return sources.show(call, Visit("/sources", {}, {"add": "web"}, {}), error, url)
    problem: HameauError | None = None
    if visit.form.get("consent") == "yes":
        asked = proposal.connection
        try:
            if visit.form.get("place") != f"{asked.host}:{asked.port}":
                raise BadInput(
                    N_("This leads to another place than the one you saw. Read again what will leave, then say yes.")
                )
            web.connect(proposal)
            return go("/sources", said="web")
        except HameauError as error:
            problem = error
    return page(
        call,
        visit,
        "connect-web.html",
        status_of(problem) if problem else 200,
        proposal=proposal,
        asked=proposal.connection,
        local=local,
        problem=explain(problem, call.language) if problem else None,
    )


def disconnect(call: Call, _: Visit) -> Response:
    """Nobody is asked any more."""
    must_be_near(call)
    call.house.web.disconnect()
    return go("/sources", said="noweb")
