"""From a question to a page of an encyclopedia, in a real browser over a real server and a real archive."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fakes.zim import PIXEL, TOWN, write_zim

pytestmark = pytest.mark.needs_chromium

HOSTILE = (
    "<p onclick='alert(1)'>La girouette <script>document.title='pris'</script><img src=moulin.png width=300 onerror=alert(1)>"
    "<a href='javascript:alert(1)'>clic</a> <img src='http://evil.example/p.png' width=300></p><iframe src='http://evil.example/'></iframe>"
)


def add(server: Any, archive: Path) -> None:
    asked = urllib.request.Request(
        f"{server.url}/api/v1/sources",
        json.dumps({"kind": "zim", "uri": str(archive)}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked) as reply:
        assert reply.status < 300


def test_a_result_leads_to_the_article_and_on(
    visit: Callable[..., Any], server: Any, check_access: Callable[[Page], None], tmp_path: Path
) -> None:
    things = {"moulin.png": ("image/png", PIXEL)}
    add(server, write_zim(tmp_path / "hameau.zim", TOWN | {"Girouette": HOSTILE}, things=things))
    seen = visit(f"{server.url}/search?q=Quand+le+moulin+fut-il+bâti+?")
    page: Page = seen.page
    page.locator(".found-title", has_text="Moulin").first.click()
    expect(page.locator("mark#quote")).to_contain_text("bâti en 1742")
    check_access(page)
    page.locator(".illustration img").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.illustration img').naturalWidth === 1")
    page.locator("article a", has_text="rivière").click()
    expect(page.locator("h1")).to_have_text("Rivière")
    page.set_viewport_size({"width": 360, "height": 740})
    check_access(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.fill("#reader-q", "girou")
    page.press("#reader-q", "Enter")
    check_access(page)
    page.locator("main a", has_text="Girouette").click()
    expect(page.locator("article")).to_contain_text("La girouette")
    assert page.title() != "pris"
    assert seen.hosts() == {server.url.split("/")[2]}
    assert seen.complaints == []
