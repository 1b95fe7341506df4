"""Web apps of other sites that the person allowed (the setting ``allowed_origins``): what their browser must be told (Fetch
standard, 3.2, CORS). No cookie ever counts for them: they may only do what anybody may on this machine, or what their key
opens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from starlette.datastructures import MutableHeaders
from starlette.responses import Response

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_SECONDS = "600"
_NAMES = re.compile(r"[A-Za-z0-9_, -]{1,2000}")


def allowed_origin(headers: Mapping[str, str], allowed: Sequence[str]) -> str:
    """The site whose page asks, when it is one of ``allowed``; else nothing. Pure."""
    origin = headers.get("origin", "").strip()
    return origin if origin and origin.lower() in {one.strip().lower().rstrip("/") for one in allowed} else ""


def preflight(headers: Mapping[str, str]) -> Response:
    """The answer to a browser that asks whether it may ask."""
    names = headers.get("access-control-request-headers", "")
    told = {"Access-Control-Allow-Methods": _METHODS, "Access-Control-Max-Age": _SECONDS}
    if _NAMES.fullmatch(names):
        told["Access-Control-Allow-Headers"] = names
    if headers.get("access-control-request-private-network") == "true":
        told["Access-Control-Allow-Private-Network"] = "true"
    return Response(status_code=204, headers=told)


def told_to(origin: str, headers: MutableHeaders) -> None:
    """Lets the page of ``origin`` read the answer."""
    headers["Access-Control-Allow-Origin"] = origin
    headers.add_vary_header("Origin")
