"""The pages of the real process in a real browser: what a person does, and what everybody must be able to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.needs_chromium
Visit = Callable[..., Any]


def add_folder(visit: Visit, server: Any, folder: Path) -> Page:
    """Adds ``folder`` by its path and waits until it is read."""
    page: Page = visit(f"{server.url}/library").page
    page.fill("#path", str(folder))
    page.click("text=Ajouter ce dossier")
    expect(page.locator(".badge.good")).to_have_text("Prêt", timeout=90_000)
    expect(page.locator(".state")).to_contain_text("3 documents", timeout=90_000)
    return page


def test_the_first_page_is_light_and_asks_nobody_else(visit: Visit, server: Any) -> None:
    seen = visit(server.url)
    seen.page.wait_for_load_state("networkidle")
    size = 0
    for request in seen.requests:
        sizes = request.sizes()
        size += sizes["responseBodySize"] + sizes["responseHeadersSize"]
    assert seen.hosts() == {server.url.removeprefix("http://")}
    assert len(seen.requests) < 10
    assert size < 100_000
    assert not seen.complaints


def test_a_folder_is_added_followed_searched_opened_and_removed(visit: Visit, server: Any, folder: Path) -> None:
    page = add_folder(visit, server, folder)
    expect(page.locator("#failures")).to_be_visible()
    expect(page.locator(".failures")).to_contain_text("Budget.pdf")

    page.locator("#q").press_sequentially("cotisation")
    first = page.locator("#results .found-title").first
    expect(first).to_be_visible()
    expect(page.locator("#results .excerpt").first).to_contain_text("15 euros")
    first.click()
    expect(page.locator("#quote").first).to_be_in_viewport()
    expect(page.locator("article.paper")).to_contain_text("La cotisation annuelle est fixée à 15 euros")

    page.goto(f"{server.url}/library")
    page.get_by_role("link", name=re.compile("Retirer")).click()
    dialog = page.locator("dialog#confirm")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Garder").click()
    expect(dialog).not_to_be_visible()
    page.get_by_role("link", name=re.compile("Retirer")).click()
    dialog.get_by_role("button", name="Retirer").click()
    expect(page.locator(".notice").first).to_contain_text("Vos fichiers n’ont pas été touchés")
    expect(page.locator("#state .empty")).to_be_visible()
    assert sorted(path.name for path in folder.iterdir()) == ["Budget.pdf", "Note.md", "Règlement.md"]


def test_files_are_added_by_drop(visit: Visit, server: Any, home: Path) -> None:
    page: Page = visit(f"{server.url}/library").page
    transfer = page.evaluate_handle(
        """() => { const made = new DataTransfer();
        made.items.add(new File(["Le lavoir est ouvert en juillet."], "Lavoir.txt", {type: "text/plain"}));
        return made; }"""
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    expect(page.locator("#said")).to_contain_text("Les fichiers sont là", timeout=30_000)
    expect(page.locator("#state")).to_contain_text("1 document", timeout=90_000)
    assert (home / "uploads" / "home" / "Lavoir.txt").read_text() == "Le lavoir est ouvert en juillet."


def test_hostile_documents_stay_text(visit: Visit, server: Any, folder: Path) -> None:
    add_folder(visit, server, folder)
    seen = visit(f"{server.url}/search?q=girouette")
    seen.page.locator(".found-title").first.click()
    seen.page.wait_for_load_state("networkidle")
    text = seen.page.locator("article.paper").inner_text()
    assert "<script>" in text
    assert "\u202e" not in text
    assert seen.page.title() != "pris"
    assert seen.page.locator("article.paper img, article.paper script, article.paper a").count() == 0
    assert seen.hosts() == {server.url.removeprefix("http://")}
    assert not seen.complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_every_page(
    visit: Visit, server: Any, folder: Path, scheme: str, check_access: Callable[[Page], None]
) -> None:
    add_folder(visit, server, folder)
    seen = visit(server.url, color_scheme=scheme)
    paths = [
        "/",
        "/?task=draft",
        "/?task=summary",
        "/library",
        "/search?q=cotisation",
        "/conversations",
        "/models",
        "/settings",
    ]
    for path in [*paths, "/documents/1", "/library/nowhere"]:
        seen.page.goto(server.url + path)
        check_access(seen.page)
    seen.page.goto(f"{server.url}/library")
    for link in (".item-text h3 a", ".item-actions a"):
        address = seen.page.locator(link).first.get_attribute("href")
        seen.page.goto(f"{server.url}{address}")
        check_access(seen.page)
        seen.page.goto(f"{server.url}/library")
    seen.page.get_by_role("link", name=re.compile("Retirer")).click()
    check_access(seen.page)


def test_no_page_is_wider_than_the_window(visit: Visit, server: Any, folder: Path) -> None:
    add_folder(visit, server, folder)
    page: Page = visit(server.url).page
    for path in ("/", "/library", "/search?q=cotisation", "/documents/1", "/conversations", "/models", "/settings"):
        page.goto(server.url + path)
        for width in (320, 390, 768, 1280, 2200):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_the_keyboard_is_enough(visit: Visit, server: Any) -> None:
    page: Page = visit(f"{server.url}/settings").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.goto(f"{server.url}/settings")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
        style = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth; })()"
        )
        assert style != "none0px" or page.evaluate("document.activeElement === document.body")
    assert any("<select" in one for one in reached)


def test_the_language_follows_the_reader_and_can_be_switched(visit: Visit, server: Any) -> None:
    page: Page = visit(f"{server.url}/models", locale="en-GB").page
    expect(page.locator("h1")).to_have_text("Models")
    page.get_by_role("button", name="Français").click()
    expect(page.locator("h1")).to_have_text("Modèles")
    assert page.url == f"{server.url}/models"
    assert page.evaluate("document.documentElement.lang") == "fr"


def test_without_scripts_the_library_works(visit: Visit, server: Any, folder: Path) -> None:
    page: Page = visit(f"{server.url}/library", java_script_enabled=False).page
    page.fill("#path", str(folder))
    page.click("text=Ajouter ce dossier")
    for _ in range(90):
        page.goto(f"{server.url}/search?q=cotisation")
        if page.locator(".found-title").count():
            break
        page.wait_for_timeout(500)
    page.locator(".found-title").first.click()
    expect(page.locator("#quote").first).to_be_in_viewport()
    page.goto(f"{server.url}/library")
    page.get_by_role("link", name=re.compile("Retirer")).click()
    expect(page.locator("h1")).to_contain_text("Retirer")
    page.get_by_role("button", name="Retirer").click()
    expect(page.locator("#state .empty")).to_be_visible()
