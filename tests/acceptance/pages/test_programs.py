"""A key is made on a page and typed on another machine's: by keyboard, on a phone, without scripts, for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.needs_chromium
Visit = Callable[..., Any]


def made(page: Page, name: str, opens: str) -> str:
    """A key, made on the page of programs."""
    page.get_by_label("For which program or device?").fill(name)
    page.get_by_role("radio", name=opens, exact=False).first.check()
    page.get_by_role("button", name="Make the key").click()
    return page.get_by_label("The key", exact=True).input_value()


def test_a_key_is_made_copied_and_taken_back(visit: Visit, server: Any, check_access: Callable[[Page], None]) -> None:
    seen = visit(f"{server.url}/programs", locale="en-GB")
    page: Page = seen.page
    check_access(page)
    secret = made(page, "Nextcloud", "Have models speak, and ask")
    assert secret.startswith("hameau-")
    assert page.evaluate("document.activeElement.id") == "made-title"
    expect(page.get_by_label("For programs made for Ollama")).to_have_value(server.url)
    check_access(page)
    page.goto(f"{server.url}/programs")
    assert secret not in page.content()
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("link", name="Take it back : Nextcloud").click()
    check_access(page)
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".empty")).to_be_visible()
    assert seen.complaints == []
    assert seen.hosts() == {server.url.removeprefix("http://")}


def test_a_key_is_typed_once(
    visit: Visit, start_server: Callable[..., Any], hameau: Callable[..., Any], check_access: Callable[[Page], None]
) -> None:
    server = start_server(environment={"HAMEAU_REQUIRE_KEY": "1"})
    secret = hameau("keys", "add", "tablette", "--scope", "read").out.strip()
    page: Page = visit(f"{server.url}/library", locale="en-GB").page
    check_access(page)
    signing_in(page, server.url, secret)
    signing_in(visit(f"{server.url}/library", locale="en-GB", java_script_enabled=False).page, server.url, secret)


def signing_in(page: Page, url: str, secret: str) -> None:
    """With a wrong key, with the right one, and out again."""
    expect(page.locator("nav")).to_have_count(0)
    page.get_by_label("Your key").fill("hameau-mistyped")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not known here")
    page.get_by_label("Your key").fill(secret)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{url}/library")
    (cookie,) = [one for one in page.context.cookies() if one["name"] == "hameau_key"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    page.goto(f"{url}/journal")
    expect(page.locator("h1")).to_contain_text("does not let you")
    page.goto(url)
    page.get_by_role("button", name="take the key « tablette » out").click()
    page.goto(f"{url}/library")
    expect(page.get_by_label("Your key")).to_be_visible()
