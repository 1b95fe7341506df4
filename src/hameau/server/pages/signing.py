"""Where a key is typed once, from another machine; and where it is taken out of this browser again."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hameau.kit import N_, HameauError, explain
from hameau.server.admission import Admission
from hameau.server.call import Call
from hameau.server.credentials import drop, keep
from hameau.server.endpoint import read_bounded
from hameau.server.errors import BadShape, TooManyTries, WrongKey, status_of
from hameau.server.forms import fields_of
from hameau.server.pages.render import Visit, go, page
from hameau.server.visitors import with_key

_BODY = 4096


def show(call: Call, visit: Visit) -> Response:
    return _page(call, None, own_path(visit.query.get("back", "/")), 200)


def sign_in_page(call: Call, refusal: HameauError, back: str) -> Response:
    """What whoever has no key gets in the place of the page ``back``."""
    return _page(call, refusal, own_path(back), status_of(refusal))


async def sign_in(request: Request, call: Call) -> Response:
    """Keeps the key that was typed, and goes where the person wanted to go."""
    form = fields_of(await read_bounded(request, _BODY))
    back, secret = own_path(form.get("back", "/")), form.get("key", "").strip()
    admission: Admission = request.app.state.admission
    try:
        if not secret:
            raise BadShape(N_("Type the key first."), hint=N_("It begins with « hameau- »."))
        found = await admission.key(secret, request.client.host if request.client else None)
    except (BadShape, WrongKey, TooManyTries) as error:
        return await run_in_threadpool(sign_in_page, call, error, back)
    if back == "/" and not with_key(found, near=False).may("read"):
        back = "/chat"  # the first page searches the library
    response = go(back)
    keep(response, secret, long=form.get("stay") == "yes")
    return response


def sign_out(_call: Call, _visit: Visit) -> Response:
    response = go("/sign-in")
    drop(response)
    return response


def own_path(path: str) -> str:
    """``path`` when it leads to a page of ours, else the first page. Pure."""
    ours = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable() and path != "/sign-in"
    return path if ours else "/"


def _page(call: Call, problem: HameauError | None, back: str, code: int) -> Response:
    shown = explain(problem, call.language) if problem is not None else None
    return page(call, Visit("/sign-in", {}, {}, {}), "sign-in.html", code, problem=shown, back=back)
