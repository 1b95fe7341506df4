"""Keys on a real home: made and taken back in a terminal, they open and close a running server at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx


def test_a_program_comes_in_with_its_key_until_it_is_taken_back(
    start_server: Callable[..., Any], hameau: Callable[..., Any], home: Path
) -> None:
    server = start_server(environment={"HAMEAU_REQUIRE_KEY": "1", "HAMEAU_ALLOWED_ORIGINS": "https://notes.example"})

    def status(path: str, secret: str = "") -> int:
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        return httpx.get(server.url + path, headers=headers).status_code

    assert status("/api/v1/status") == status("/library") == status("/v1/models") == status("/mcp") == 401
    assert status("/sign-in") == 200
    made = hameau("keys", "add", "Nextcloud", "--scope", "read", "--expires", "7d")
    secret = made.out.strip()
    assert made.code == 0
    assert f"{server.url}/v1" in made.err
    assert status("/api/v1/status", secret) == status("/library", secret) == 200
    assert status("/api/v1/journal", secret) == 403
    assert status("/api/v1/status", secret + "x") == 401
    (listed,) = json.loads(hameau("keys", "list", "--json").out)
    assert listed["name"] == "Nextcloud"
    assert listed["scopes"] == ["read"]
    assert listed["last_used_at"]
    assert "Nextcloud" in hameau("keys", "list").out
    assert hameau("keys", "revoke", "Nextcloud").code == 0
    assert status("/api/v1/status", secret) == 401
    told = hameau("journal", "show", "--kind", "key-made", "--kind", "key-used", "--kind", "key-revoked", "--json")
    assert {entry["by"] for entry in json.loads(told.out)} == {"command", "key Nextcloud"}
    preflight = httpx.options(
        server.url + "/v1/models",
        headers={"origin": "https://notes.example", "access-control-request-method": "GET"},
    )
    assert preflight.headers["access-control-allow-origin"] == "https://notes.example"
    assert secret[11:] not in "".join(server.errors)
    assert server.stop() == 0
    for path in home.rglob("*"):
        if path.is_file():
            assert secret[11:].encode() not in path.read_bytes(), path


def test_what_can_not_be_a_key_is_said(hameau: Callable[..., Any]) -> None:
    assert hameau("keys", "add", "one", "--scope", "chat").code == 0
    again = hameau("keys", "add", "one", "--scope", "chat", "--json")
    assert again.code == 1
    assert json.loads(again.out)["error"]["code"] == "conflict"
    assert hameau("keys", "add", "two", "--scope", "chat", "--expires", "yesterday").code == 2
    assert hameau("keys", "revoke", "nobody").code == 1
