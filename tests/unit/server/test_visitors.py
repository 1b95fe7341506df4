"""Who came in may do what their key opens; a person at this machine everything. A table, and requests from other machines."""

from __future__ import annotations

import asyncio
import base64

import httpx
import pytest

from fakes.house import HouseInMemory
from hameau.accounts import Scope
from hameau.server import create_app
from hameau.server.visitors import ADMIN, ANY, CHAT, READ, SPEAK, Scopes, Visitor, is_near, is_open, needed

AFAR = "192.168.1.30"
OURS = "http://127.0.0.1:8484"


def ask(
    house: HouseInMemory, method: str, path: str, *, client: str = AFAR, base: str = OURS, **more: object
) -> httpx.Response:
    transport = httpx.ASGITransport(create_app(house), client=(client, 40_000))  # type: ignore[arg-type]

    async def request() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url=base) as asking:
            return await asking.request(method, path, **more)  # type: ignore[arg-type]

    return asyncio.run(request())


def bearer(house: HouseInMemory, *scopes: Scope, name: str = "phone") -> dict[str, str]:
    return {"authorization": f"Bearer {house.keys.make(name, scopes or ('admin',)).secret}"}


NEEDED = [
    ("GET", "/api/v1/health", ANY),
    ("GET", "/api/v1/openapi.json", ANY),
    ("GET", "/api/v1/models", ANY),
    ("POST", "/api/v1/models", ADMIN),
    ("POST", "/api/v1/chat", CHAT),
    ("POST", "/api/v1/ask", READ),
    ("GET", "/api/v1/search", READ),
    ("GET", "/api/v1/documents/3/text", READ),
    ("DELETE", "/api/v1/documents/3", ADMIN),
    ("GET", "/api/v1/conversations/c", READ),
    ("DELETE", "/api/v1/conversations/c", ADMIN),
    ("GET", "/api/v1/journal", ADMIN),
    ("GET", "/api/v1/perimeter", ADMIN),
    ("GET", "/api/v1/keys", ADMIN),
    ("PATCH", "/api/v1/settings", ADMIN),
    ("GET", "/v1/models", ANY),
    ("GET", "/v1/models/a/b", ANY),
    ("DELETE", "/v1/models/a", ADMIN),
    ("POST", "/v1/chat/completions", SPEAK),
    ("POST", "/v1/embeddings", CHAT),
    ("GET", "/v1/responses/resp_1", SPEAK),
    ("HEAD", "/", ANY),
    ("GET", "/api/version", ANY),
    ("GET", "/api/tags", ANY),
    ("POST", "/api/show", ANY),
    ("POST", "/api/generate", SPEAK),
    ("POST", "/api/embed", CHAT),
    ("POST", "/api/pull", ADMIN),
    ("DELETE", "/api/delete", ADMIN),
    ("POST", "/api/blobs/sha256:00", ADMIN),
    ("POST", "/mcp", READ),
    ("GET", "/", READ),
    ("POST", "/ask", READ),
    ("GET", "/library", READ),
    ("POST", "/library/add", ADMIN),
    ("GET", "/conversations/c", READ),
    ("POST", "/conversations/c/delete", ADMIN),
    ("GET", "/chat", CHAT),
    ("POST", "/compare", CHAT),
    ("GET", "/models", CHAT),
    ("POST", "/models/add", ADMIN),
    ("GET", "/settings", ADMIN),
    ("GET", "/journal", ADMIN),
    ("GET", "/programs", ADMIN),
    ("GET", "/anything/else", ADMIN),
    ("GET", "/librarything", ADMIN),
]


@pytest.mark.parametrize(("method", "path", "scopes"), NEEDED, ids=[f"{row[0]} {row[1]}" for row in NEEDED])
def test_what_an_address_needs(method: str, path: str, scopes: Scopes) -> None:
    assert needed(method, path) == scopes


def test_every_route_that_changes_something_is_for_admin_unless_a_rule_says_otherwise(house: HouseInMemory) -> None:
    asking = {
        "/ask",
        "/chat",
        "/compare",
        "/language",
        "/sign-in",
        "/sign-out",
        "/api/v1/ask",
        "/api/v1/chat",
        "/api/show",
    }
    for route in create_app(house).routes:
        for method in (getattr(route, "methods", None) or set()) - {"GET", "HEAD", "OPTIONS"}:
            path = route.path  # type: ignore[attr-defined]
            speaks = path.startswith(("/v1/", "/mcp")) or path in (
                "/api/chat",
                "/api/generate",
                "/api/embed",
                "/api/embeddings",
            )
            if path not in asking and not speaks:
                assert needed(method, path) == ADMIN, (method, path)


def test_a_person_here_may_do_everything() -> None:
    assert all(Visitor().may(scope) for scope in ("chat", "read", "admin"))


@pytest.mark.parametrize(
    ("host", "near"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True), (None, True),
     ("192.168.1.3", False), ("fe80::1%eth0", False), ("::ffff:192.168.1.3", False), ("name", False)],
)  # fmt: skip
def test_where_a_line_ends(host: str | None, near: bool) -> None:
    assert is_near(host) is near


PATHS = [
    "/",
    "/library",
    "/ask",
    "/journal",
    "/api/v1/health",
    "/api/v1/perimeter",
    "/v1/models",
    "/api/tags",
    "/mcp",
    "/nowhere",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_nobody_comes_in_from_afar_without_a_key(house: HouseInMemory, method: str, path: str) -> None:
    answer = ask(house, method, path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "Statuts" not in answer.text
    assert "imap.example.org" not in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/static/logo.svg"])
def test_the_page_to_sign_in_is_for_everybody(house: HouseInMemory, path: str) -> None:
    assert is_open(path)
    assert ask(house, "GET", path).status_code in (200, 404)


def test_a_key_opens_what_it_says_and_no_more(house: HouseInMemory) -> None:
    chat, read = bearer(house, "chat", name="editor"), bearer(house, "read", name="notes")
    assert ask(house, "GET", "/api/v1/models", headers=chat).status_code == 200
    refused = ask(house, "GET", "/api/v1/search?q=cotisation", headers=chat)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "refused"
    assert ask(house, "GET", "/api/v1/search?q=cotisation", headers=read).status_code == 200
    assert ask(house, "GET", "/", headers=read).status_code == 200
    assert ask(house, "DELETE", "/api/v1/documents/1", headers=read).status_code == 403
    assert ask(house, "POST", "/settings", headers=read).status_code == 403
    assert ask(house, "DELETE", "/api/v1/documents/1", headers=bearer(house, "admin", name="me")).status_code == 200


@pytest.mark.parametrize("way", ["bearer", "basic", "name", "x-api-key", "cookie"])
def test_a_key_comes_in_the_ways_of_many_clients(house: HouseInMemory, way: str) -> None:
    secret = house.keys.make("phone", ["read"]).secret
    headers = {
        "bearer": {"authorization": f"bearer {secret}"},
        "basic": {"authorization": "Basic " + base64.b64encode(f"me:{secret}".encode()).decode()},
        "name": {"authorization": "Basic " + base64.b64encode(f"{secret}:".encode()).decode()},
        "x-api-key": {"x-api-key": secret},
        "cookie": {"cookie": f"hameau_key={secret}"},
    }[way]
    assert ask(house, "GET", "/api/v1/status", headers=headers).status_code == 200


def test_with_admin_from_afar_what_may_leave_and_who_may_come_in_stays_decided_here(house: HouseInMemory) -> None:
    key = bearer(house, "admin")
    level = ask(house, "PUT", "/api/v1/perimeter/level", headers=key, json={"level": "home-network", "neighbours": []})
    made = ask(house, "POST", "/api/v1/keys", headers=key, json={"name": "other", "scopes": ["admin"]})
    assert (level.status_code, made.status_code) == (403, 403)
    assert ask(house, "GET", "/programs", headers=key).status_code == 200
    assert ask(house, "POST", "/programs", headers=key).status_code == 403
    assert ask(house, "DELETE", "/api/v1/keys/phone", headers=key).status_code == 204
    assert ask(house, "GET", "/api/v1/health", headers=key).status_code == 401


def test_on_this_machine_any_word_is_a_key_but_one_of_ours_must_be_one(house: HouseInMemory) -> None:
    near = {"client": "127.0.0.1"}
    assert ask(house, "GET", "/api/v1/journal", **near).status_code == 200
    assert ask(house, "GET", "/api/v1/journal", headers={"authorization": "Bearer ollama"}, **near).status_code == 200
    wrong = ask(house, "GET", "/api/v1/journal", headers={"authorization": "Bearer hameau-mistyped"}, **near)
    assert wrong.status_code == 401
    assert wrong.json()["error"]["code"] == "wrong_key"
    assert ask(house, "GET", "/api/v1/journal", headers=bearer(house, "chat"), **near).status_code == 403
    assert ask(house, "GET", "/api/v1/journal", headers={"cookie": "hameau_key=hameau-old"}, **near).status_code == 200


def test_a_key_that_is_over_says_so(house: HouseInMemory) -> None:
    key = bearer(house, "read")
    house.keys.over.add("phone")
    answer = ask(house, "GET", "/api/v1/status", headers=key | {"accept-language": "en"})
    assert answer.status_code == 401
    assert "over" in answer.json()["error"]["message"]


def test_a_key_may_be_asked_for_on_this_machine_too(house: HouseInMemory) -> None:
    from dataclasses import replace

    house.settings = replace(house.settings, require_key=True)
    assert ask(house, "GET", "/", client="127.0.0.1").status_code == 401
    assert ask(house, "GET", "/v1/models", client="127.0.0.1", headers={"authorization": "Bearer x"}).status_code == 401
    assert ask(house, "GET", "/", client="127.0.0.1", headers=bearer(house, "read")).status_code == 200
