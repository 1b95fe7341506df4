"""Who is let in: a table of requests, and the promise that no foreign name ever is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.asking import Client
from fakes.house import furnished
from hameau.server import create_app
from hameau.server.doors import Address, verdict

HERE = Address("127.0.0.1", 8484)
OURS = "127.0.0.1:8484"
NAVIGATION = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

IN = [
    ("a program", "POST", "/api/v1/ask", {"host": OURS}),
    ("by name", "GET", "/", {"host": "localhost:8484"}),
    ("by IPv6", "GET", "/", {"host": "[::1]:8484"}),
    (
        "our own page",
        "POST",
        "/api/v1/ask",
        {"host": OURS, "origin": f"http://{OURS}", "sec-fetch-site": "same-origin"},
    ),
    ("our own form", "POST", "/ask", {"host": OURS, "origin": "null", "sec-fetch-site": "same-origin"}),
    ("typed address", "GET", "/", {"host": OURS, "sec-fetch-site": "none"}),
    ("a link from elsewhere", "GET", "/documents/1", {"host": OURS, **NAVIGATION}),
]
OUT = [
    ("no host", "GET", "/", {}),
    ("rebound name", "GET", "/", {"host": "evil.example:8484"}),
    ("other port", "GET", "/", {"host": "127.0.0.1:9999"}),
    ("a port that is no number", "GET", "/", {"host": "127.0.0.1:" + "8" * 5000}),
    ("no port", "GET", "/", {"host": "127.0.0.1"}),
    ("a name that begins like ours", "GET", "/", {"host": "localhost.evil.example:8484"}),
    ("another site writes", "POST", "/api/v1/ask", {"host": OURS, "origin": "https://evil.example"}),
    ("another site reads", "GET", "/api/v1/status", {"host": OURS, "origin": "https://evil.example"}),
    ("another port of this machine", "POST", "/ask", {"host": OURS, "origin": "http://127.0.0.1:3000"}),
    ("a sandboxed frame", "POST", "/ask", {"host": OURS, "origin": "null"}),
    ("a sandboxed frame of a site", "POST", "/ask", {"host": OURS, "origin": "null", "sec-fetch-site": "cross-site"}),
    ("an image of another site", "GET", "/documents/1", {"host": OURS, "sec-fetch-site": "cross-site"}),
    ("same site, other port", "GET", "/api/v1/search", {"host": OURS, "sec-fetch-site": "same-site"}),
    ("a link to the API from elsewhere", "GET", "/api/v1/search", {"host": OURS, **NAVIGATION}),
    ("a form of another site", "POST", "/ask", {"host": OURS, **NAVIGATION}),
    ("a frame", "GET", "/", {"host": OURS, **NAVIGATION, "sec-fetch-dest": "iframe"}),
]


@pytest.mark.parametrize(("method", "path", "headers"), [row[1:] for row in IN], ids=[row[0] for row in IN])
def test_lets_in(method: str, path: str, headers: dict[str, str]) -> None:
    assert verdict(method, path, headers, HERE) == ""


@pytest.mark.parametrize(("method", "path", "headers"), [row[1:] for row in OUT], ids=[row[0] for row in OUT])
def test_keeps_out(method: str, path: str, headers: dict[str, str]) -> None:
    assert verdict(method, path, headers, HERE)


@given(st.text(max_size=60))
def test_no_other_host_is_ours(host: str) -> None:
    expected = host.strip().lower() in {"localhost:8484", "127.0.0.1:8484", "[::1]:8484"}
    assert HERE.welcomes(host) == expected


def test_on_every_interface_literal_addresses_are_ours_but_no_name() -> None:
    everywhere = Address("0.0.0.0", 8484)
    assert everywhere.welcomes("192.168.1.7:8484")
    assert everywhere.welcomes("[fe80::1]:8484")
    assert not everywhere.welcomes("evil.example:8484")


def test_the_configured_name_is_ours() -> None:
    assert Address("mairie.local", 80).welcomes("mairie.local")


def test_a_refusal_is_told_in_the_readers_language_and_carries_the_headers(tmp_path: Path) -> None:
    client = Client(create_app(furnished(tmp_path), HERE), base_url="http://evil.example:8484")
    refused = client.get("/api/v1/status", headers={"accept-language": "fr"})
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "refused"
    assert refused.json()["error"]["message"].startswith("Cette adresse")
    assert "frame-ancestors 'none'" in refused.headers["content-security-policy"]
