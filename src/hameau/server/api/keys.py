"""Keys of programs: list them, make one, take one back."""

from __future__ import annotations

from hameau.accounts import ApiKey
from hameau.server.admittance import must_decide
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.shapes import ByName, KeyList, KeyMade, KeyNow, NewApiKey, NoParameters


def show(call: Call, _: NoParameters) -> KeyList:
    return KeyList(tuple(told(key) for key in call.house.keys.all()))


def make(call: Call, _: NoParameters, body: NewApiKey) -> KeyMade:
    must_decide(call)
    made = call.house.keys.make(body.name, tuple(dict.fromkeys(body.scopes)), expires_at=body.expires_at or "")
    return KeyMade(told(made.key), made.secret)


def revoke(call: Call, wanted: ByName) -> None:
    call.house.keys.revoke(wanted.name)


def told(key: ApiKey) -> KeyNow:
    """Empty moments become ``null``."""
    return KeyNow(
        key.id, key.name, key.hint, key.scopes, key.created_at, key.expires_at or None, key.last_used_at or None
    )


ENDPOINTS = (
    Endpoint(
        "GET", "/api/v1/keys", "The keys of programs, never the keys themselves", show, answer=KeyList, tag="keys"
    ),
    Endpoint(
        "POST",
        "/api/v1/keys",
        "Make a key; this answer is the only time that it can be read",
        make,
        body=NewApiKey,
        answer=KeyMade,
        status=201,
        tag="keys",
    ),
    Endpoint(
        "DELETE",
        "/api/v1/keys/{name}",
        "Take a key back at once, by its name or id",
        revoke,
        ByName,
        status=204,
        tag="keys",
    ),
)
