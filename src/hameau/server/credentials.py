"""The key that a request brings, wherever its client puts it. Knows nothing of which keys there are."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

COOKIE = "hameau_key"
_KEPT_SECONDS = 180 * 24 * 3600
Way = Literal["", "header", "password", "cookie"]


@dataclass(frozen=True, slots=True)
class Credential:
    """What was brought, and how.

    ``header``: no page of another site can have a browser send it unasked. ``password`` (HTTP Basic) and ``cookie``: a browser
    sends it by itself, once it has it.
    """

    secret: str = ""
    way: Way = ""


def credential_of(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Credential:
    """The first of: ``Authorization: Bearer``, ``Authorization: Basic`` (its password, else its name), ``x-api-key``, the
    cookie of the sign-in page. Pure."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return Credential(value.strip(), "header")
    if scheme.lower() == "basic" and (secret := _password(value.strip())):
        return Credential(secret, "password")
    if secret := headers.get("x-api-key", "").strip():
        return Credential(secret, "header")
    if secret := cookies.get(COOKIE, "").strip():
        return Credential(secret, "cookie")
    return Credential()


def keep(response: Response, secret: str, *, long: bool) -> None:
    """Keeps the key in this browser: until it is closed, or ``long``. No script can read it, no other site has it sent."""
    age = _KEPT_SECONDS if long else None
    response.set_cookie(COOKIE, secret, max_age=age, httponly=True, samesite="strict")


def drop(response: Response) -> None:
    """Takes the key out of this browser."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _password(encoded: str) -> str:
    """RFC 7617: ``name:password`` in Base64. Some programs have one field only, and put the key there."""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return ""
    return password or name
