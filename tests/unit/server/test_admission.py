"""Keys at the door: tried often, brought by other names, from web apps that were allowed; and typed into the sign-in page."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.house import HouseInMemory
from hameau.perimeter import Kind
from hameau.server import create_app
from hameau.server.credentials import credential_of
from hameau.server.pages.signing import own_path
from hameau.server.tries import MOST, WINDOW_SECONDS, Tries, place_of

APP = "https://notes.example"
PREFLIGHT = {"origin": APP, "access-control-request-method": "POST", "sec-fetch-site": "cross-site"}


class Browser:
    """Asks one application several times, from wherever it is. Cookies are kept."""

    def __init__(self, house: HouseInMemory, client: str = "192.168.1.30", base: str = "http://127.0.0.1:8484") -> None:
        self._app = create_app(house)
        self._asking = httpx.AsyncClient(base_url=base)
        self.move(client)

    def move(self, client: str) -> None:
        self._asking._transport = httpx.ASGITransport(self._app, client=(client, 40_000))  # type: ignore[arg-type]

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._asking.request(method, path, **more))


def key(house: HouseInMemory, *scopes: Any, name: str = "phone") -> str:
    return house.keys.make(name, scopes or ("read",)).secret


def test_wrong_keys_are_bounded_and_written_down_once(house: HouseInMemory) -> None:
    browser, good = Browser(house), key(house)
    assert browser.ask("GET", "/api/v1/status", headers={"x-api-key": good}).status_code == 200
    for _ in range(MOST):
        assert browser.ask("GET", "/api/v1/status", headers={"x-api-key": "hameau-guess"}).status_code == 401
    late = browser.ask("GET", "/api/v1/status", headers={"x-api-key": "hameau-another"})
    assert late.status_code == 429
    assert late.json()["error"]["code"] == "too_many_tries"
    assert 0 < int(late.headers["retry-after"]) <= WINDOW_SECONDS
    assert browser.ask("GET", "/api/v1/status", headers={"x-api-key": good}).status_code == 200  # it was good before
    assert [address for address, _ in house.keys.written] == ["192.168.1.30"]
    browser.move("192.168.1.31")
    assert browser.ask("GET", "/api/v1/status", headers={"x-api-key": "hameau-guess"}).status_code == 401


def test_a_key_that_is_taken_back_no_longer_opens_anything(house: HouseInMemory) -> None:
    browser, secret = Browser(house), key(house)
    assert browser.ask("GET", "/library", headers={"cookie": f"hameau_key={secret}"}).status_code == 200
    house.keys.revoke("phone")
    assert browser.ask("GET", "/library", headers={"cookie": f"hameau_key={secret}"}).status_code == 401


def test_tries_are_counted_by_the_minute() -> None:
    now = [0.0]
    tries = Tries(lambda: now[0])
    assert tries.fail("a")
    assert not any(tries.fail("a") for _ in range(MOST - 1))
    assert tries.wait("a") == WINDOW_SECONDS
    assert tries.wait("b") == 0
    now[0] = WINDOW_SECONDS - 1
    assert tries.wait("a") == 1
    now[0] = WINDOW_SECONDS
    assert tries.wait("a") == 0
    assert tries.fail("a")


def test_places_are_bounded() -> None:
    tries = Tries(lambda: 0.0)
    for number in range(10_000):
        tries.fail(str(number))
    assert len(tries._windows) < 5000


def test_a_network_of_one_house_is_one_place() -> None:
    assert place_of("2001:db8:1:2::3") == place_of("2001:db8:1:2:ffff::4") != place_of("2001:db8:1:3::3")
    assert place_of("192.0.2.1") != place_of("192.0.2.2")
    assert place_of("::ffff:192.0.2.1") != place_of("::ffff:192.0.2.2")


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer  ", "Basic", "Basic !!", "Basic /w==", "Digest x", "hameau-x"])
def test_no_key_in_a_header_that_holds_none(value: str) -> None:
    assert credential_of({"authorization": value}, {}).secret == ""


def test_a_program_with_a_key_may_call_us_by_any_name(house: HouseInMemory) -> None:
    browser = Browser(house, base="http://maison.local:8484")
    by_name = {"authorization": f"Bearer {key(house)}", "origin": "app://notes"}
    assert browser.ask("GET", "/api/v1/status", headers=by_name).status_code == 200
    assert browser.ask("GET", "/", headers=by_name).status_code == 403  # a page: only by a name of ours
    assert browser.ask("GET", "/api/v1/status").status_code == 403
    assert browser.ask("GET", "/api/v1/status", headers={"authorization": "Bearer hameau-x"}).status_code == 401


@pytest.mark.parametrize("way", ["cookie", "password"])
def test_what_a_browser_sends_by_itself_does_not_open_to_other_sites(house: HouseInMemory, way: str) -> None:
    secret = key(house, "admin")
    auth = {"auth": ("me", secret)} if way == "password" else {"headers": {"cookie": f"hameau_key={secret}"}}
    headers = dict(auth.get("headers", {})) | {"origin": "https://evil.example"}
    answer = Browser(house).ask("GET", "/api/v1/status", auth=auth.get("auth"), headers=headers)
    assert answer.status_code == 403


def test_an_allowed_web_app_may_have_models_speak(house: HouseInMemory) -> None:
    house.settings = replace(house.settings, allowed_origins=(APP,))
    browser = Browser(house, client="127.0.0.1")
    asked = {**PREFLIGHT, "access-control-request-headers": "authorization,content-type"}
    preflight = browser.ask("OPTIONS", "/api/v1/models", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == APP
    assert preflight.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "access-control-allow-credentials" not in preflight.headers
    page = {"origin": APP, "sec-fetch-site": "cross-site"}
    models = browser.ask("GET", "/api/v1/models", headers=page)
    assert models.status_code == 200
    assert models.headers["access-control-allow-origin"] == APP
    assert "Origin" in models.headers["vary"]
    refused = browser.ask("GET", "/api/v1/search?q=cotisation", headers=page)
    assert refused.status_code == 403
    assert refused.headers["access-control-allow-origin"] == APP
    with_key = page | {"authorization": f"Bearer {key(house)}"}
    assert browser.ask("GET", "/api/v1/search?q=cotisation", headers=with_key).status_code == 200
    assert browser.ask("GET", "/", headers=page).status_code == 403


def test_the_cookie_of_our_pages_counts_for_no_web_app(house: HouseInMemory) -> None:
    house.settings = replace(house.settings, allowed_origins=("http://192.168.1.7:3000",))
    page = {"origin": "http://192.168.1.7:3000", "sec-fetch-site": "same-site"}
    answer = Browser(house).ask(
        "DELETE", "/api/v1/models/small", headers=page | {"cookie": f"hameau_key={key(house, 'admin')}"}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://notes.example.evil.example", "null", "https://notes.example:8443"]
)
def test_another_site_is_told_nothing(house: HouseInMemory, origin: str) -> None:
    house.settings = replace(house.settings, allowed_origins=(APP,))
    browser = Browser(house, client="127.0.0.1")
    for method in ("OPTIONS", "GET", "POST"):
        answer = browser.ask(method, "/api/v1/models", headers=PREFLIGHT | {"origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_a_key_is_typed_once_and_taken_out_again(house: HouseInMemory) -> None:
    browser, secret = Browser(house), key(house)
    asked = browser.ask("GET", "/library", headers={"accept-language": "en"})
    assert asked.status_code == 401
    assert 'name="back" value="/library"' in asked.text
    assert "Association" not in asked.text
    assert browser.ask("POST", "/sign-in", data={"key": "", "back": "/library"}).status_code == 422
    assert browser.ask("POST", "/sign-in", data={"key": "hameau-guess", "back": "/library"}).status_code == 401
    entered = browser.ask("POST", "/sign-in", data={"key": f" {secret} ", "back": "/library"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/library")
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age" not in cookie
    assert "Association" in browser.ask("GET", "/library").text
    assert "phone" in browser.ask("GET", "/library").text  # whose key it is, beside « leave »
    assert browser.ask("POST", "/sign-out").status_code == 303
    assert browser.ask("GET", "/library").status_code == 401


def test_on_a_device_of_ones_own_it_stays(house: HouseInMemory) -> None:
    entered = Browser(house).ask("POST", "/sign-in", data={"key": key(house, "chat"), "stay": "yes"})
    assert "max-age" in entered.headers["set-cookie"].lower()
    assert entered.headers["location"] == "/chat"  # this key does not open the library


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\r\nb", "/sign-in"]
)
def test_signing_in_leads_to_our_pages_only(path: str) -> None:
    assert own_path(path) == "/"


def test_what_a_program_does_is_written_with_its_name(house: HouseInMemory, tmp_path: Path) -> None:
    secret = key(house, "admin", name="Nextcloud")
    near = Browser(house, client="127.0.0.1")
    level = {"level": "home-network", "neighbours": []}
    headers = {"authorization": f"Bearer {secret}"}
    assert near.ask("PUT", "/api/v1/perimeter/level", headers=headers, json=level).status_code == 200
    assert house.perimeter.journal.entries(kinds={Kind.LEVEL_CHANGED})[0].by == "key Nextcloud"
