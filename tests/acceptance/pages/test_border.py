"""The border and its journal in a real browser over the real process: seen on every page, opened and closed with care."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.needs_chromium
Visit = Callable[..., Any]
PAGES = ("/", "/library", "/search", "/conversations", "/models", "/settings", "/perimeter", "/journal", "/nowhere")
REASON = "lire le courrier"


def fill(page: Page, url: str) -> None:
    """Types one Connection, up to the page that says what will leave."""
    page.goto(f"{url}/perimeter")
    page.get_by_role("heading", name="Permettre une connexion").click()
    page.get_by_label("Vers quelle machine").fill("imap.moulin.example")
    page.get_by_label("Port", exact=True).fill("993")
    page.get_by_label("Pour quoi faire").fill(REASON)
    page.get_by_role("button", name="Voir ce qui sortira").click()


def allow(page: Page, url: str) -> None:
    fill(page, url)
    page.get_by_role("button", name="Oui, permettre").click()


def test_the_sign_stands_on_every_page_and_moves_nothing(visit: Visit, server: Any) -> None:
    seen = visit(server.url)
    for path in PAGES:
        seen.page.goto(server.url + path)
        sign = seen.page.locator("header .sign")
        expect(sign).to_be_in_viewport()
        expect(sign).to_have_attribute("href", "/perimeter")
        expect(sign).to_have_accessible_name(seen.page.locator(".sign").inner_text().strip(), ignore_case=True)
        shift = seen.page.evaluate(
            "() => new Promise(yes => { new PerformanceObserver(list => yes(list.getEntries().length))"
            ".observe({type: 'layout-shift', buffered: true}); setTimeout(() => yes(0), 300); })"
        )
        assert shift == 0, path
    assert not [said for said in seen.complaints if "404" not in said]


def test_a_connection_is_explained_allowed_shown_and_taken_back(visit: Visit, server: Any) -> None:
    page: Page = visit(server.url).page
    fill(page, server.url)
    expect(page.locator("h1")).to_contain_text("imap.moulin.example")
    said = page.locator("main")
    expect(said).to_contain_text("par le port 993 et nulle part ailleurs")
    expect(said).to_contain_text(REASON)
    page.get_by_role("link", name="Non, revenir").click()
    expect(page.locator(".empty")).to_be_visible()

    allow(page, server.url)
    expect(page.locator(".notice")).to_contain_text("ouverte")
    expect(page.locator(".list .card")).to_contain_text(REASON)
    for path in ("/", "/settings"):
        page.goto(server.url + path)
        expect(page.locator(".sign")).to_contain_text("imap.moulin.example")

    page.goto(f"{server.url}/perimeter")
    page.get_by_role("link", name="Retirer imap.moulin.example").click()
    dialog = page.locator("dialog#confirm")
    expect(dialog).to_contain_text(REASON)
    dialog.get_by_role("button", name="Garder").click()
    expect(page.locator(".list .card")).to_have_count(1)
    page.get_by_role("link", name="Retirer imap.moulin.example").click()
    dialog.get_by_role("button", name="Retirer").click()
    expect(page.locator(".empty")).to_be_visible()
    expect(page.locator(".sign")).not_to_contain_text("imap.moulin.example")


def test_the_sign_of_a_page_that_stays_open_stays_true(visit: Visit, server: Any) -> None:
    first: Page = visit(server.url).page
    allow(visit(server.url).page, server.url)
    first.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(first.locator(".sign")).to_contain_text("imap.moulin.example")


def test_all_of_it_without_scripts(visit: Visit, server: Any) -> None:
    page: Page = visit(server.url, java_script_enabled=False).page
    allow(page, server.url)
    page.get_by_role("link", name="Retirer imap.moulin.example").click()
    expect(page.locator(".lead")).to_contain_text(REASON)
    page.get_by_role("button", name="Retirer").click()
    expect(page.locator(".empty")).to_be_visible()

    page.goto(f"{server.url}/journal")
    page.get_by_label("Afficher").select_option(label="Ce que vous avez décidé")
    page.get_by_role("button", name="Afficher").click()
    expect(page.locator(".entry")).to_have_count(2)
    expect(page.locator(".entry").first).to_contain_text("imap.moulin.example")
    page.get_by_label("Avec le mot").fill("girouette")
    page.get_by_role("button", name="Afficher").click()
    expect(page.locator(".empty")).to_be_visible()
    page.get_by_role("link", name="Tout afficher").click()
    assert page.locator(".entry").count() > 2
    page.get_by_role("link", name="Vérifier tout le journal").click()
    expect(page.locator("#check")).to_contain_text("aucune n’a été touchée")

    page.goto(f"{server.url}/perimeter")
    page.get_by_role("heading", name="Jusqu’où va Hameau").click()
    page.get_by_role("radio", name="Réseau de la maison").check()
    page.get_by_role("textbox", name="Voisins").fill("nas.local:443")
    page.get_by_role("button", name="Voir ce qui change").click()
    expect(page.locator("main")).to_contain_text("nas.local")
    page.get_by_role("button", name="Oui, ouvrir").click()
    expect(page.locator(".sign")).to_contain_text("Ouvert à la maison")


def test_the_journal_is_taken_away_as_one_file(visit: Visit, server: Any, hameau: Callable[..., Any]) -> None:
    page: Page = visit(f"{server.url}/journal").page
    with page.expect_download() as download:
        page.get_by_role("link", name="Emporter une copie").click()
    with zipfile.ZipFile(Path(download.value.path())) as archive:
        assert "key.pub" in archive.namelist()
    page.reload()
    expect(page.locator(".entry").first).to_contain_text("journal")
    page.locator(".entry summary").first.click()
    expect(page.locator(".exact").first).to_contain_text("sha256")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_these_pages(
    visit: Visit, server: Any, scheme: str, check_access: Callable[[Page], None]
) -> None:
    page: Page = visit(server.url, color_scheme=scheme).page
    fill(page, server.url)
    check_access(page)
    allow(page, server.url)
    for path in ("/perimeter", "/perimeter/connections/imap.moulin.example/revoke", "/journal?check=1"):
        page.goto(server.url + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        check_access(page)
    page.goto(f"{server.url}/perimeter")
    page.get_by_role("heading", name="Jusqu’où va Hameau").click()
    page.get_by_role("radio", name="Réseau de la maison").check()
    page.get_by_role("button", name="Voir ce qui change").click()
    check_access(page)


def test_these_pages_fit_a_phone(visit: Visit, server: Any) -> None:
    page: Page = visit(server.url).page
    fill(page, server.url)
    for width in (320, 360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 780})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
    allow(page, server.url)
    for path in ("/perimeter", "/perimeter/connections/imap.moulin.example/revoke", "/journal?check=1"):
        page.goto(server.url + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        for width in (320, 360, 768, 1280, 2200):
            page.set_viewport_size({"width": width, "height": 780})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_the_keyboard_is_enough(visit: Visit, server: Any) -> None:
    page: Page = visit(f"{server.url}/perimeter").page
    page.locator(".sign").focus()
    page.keyboard.press("Enter")
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for typed in ("imap.moulin.example", "993", REASON):
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("imap.moulin.example")
    page.get_by_role("button", name="Oui, permettre").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".list .card")).to_have_count(1)
    page.goto(f"{server.url}/journal")
    page.locator(".entry summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".exact").first).to_be_visible()
