"""Narrowing a search and forgetting a document, on the real pages, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.needs_chromium

MAIL = """From: Marie <marie@example.org>
To: moi@example.org
Subject: Toiture
Date: Wed, 4 Mar 2026 09:12:00 +0000
Content-Type: text/plain; charset=utf-8

Le devis du couvreur est de douze mille euros.
"""


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A mail of March and a note that speak of the same thing."""
    made = tmp_path / "Papiers"
    made.mkdir()
    (made / "toiture.eml").write_text(MAIL, encoding="utf-8")
    (made / "Note.md").write_text("# Travaux\n\nRelancer le couvreur pour le devis de la toiture.\n", encoding="utf-8")
    return made


def read(visit: Callable[..., Any], server: Any, folder: Path) -> Page:
    page: Page = visit(f"{server.url}/library", viewport={"width": 360, "height": 780}).page
    page.fill("#path", str(folder))
    page.press("#path", "Enter")
    expect(page.locator(".badge.good")).to_have_text("Prêt", timeout=90_000)
    expect(page.locator(".state")).to_contain_text("2 documents", timeout=90_000)
    return page


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until ``selector`` has the focus, as somebody without a mouse does."""
    for _ in range(60):
        if page.evaluate("wanted => document.activeElement?.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never comes to {selector}")


def test_a_search_is_narrowed_and_widened_and_a_document_forgotten_by_keyboard(
    visit: Callable[..., Any], server: Any, papers: Path, check_access: Callable[[Page], None]
) -> None:
    page = read(visit, server, papers)
    tab_to(page, "#q")
    page.keyboard.type("couvreur")
    expect(page.locator("#results .found")).to_have_count(2)

    tab_to(page, ".narrowing summary")
    page.keyboard.press("Enter")
    tab_to(page, "#kind")
    page.keyboard.type("Courriels")
    expect(page.locator("#results .understood")).to_contain_text("Recherché dans vos courriels.")
    expect(page.locator("#results .found")).to_have_count(1)
    expect(page.locator("#results .found .where")).to_have_text(re.compile(r"Marie · 4\s+mars\s+2026"))
    check_access(page)
    tab_to(page, ".understood a")
    page.keyboard.press("Enter")
    expect(page.locator("#results .found")).to_have_count(2)
    expect(page.locator("#kind")).to_have_value("")

    page.fill("#q", "dans mes courriels de mars 2026, le devis")
    expect(page.locator("#results .understood")).to_contain_text("Recherché dans vos courriels, mars 2026.")
    tab_to(page, ".found-title")
    page.keyboard.press("Enter")
    expect(page.locator("article.paper")).to_contain_text("douze mille euros")
    tab_to(page, "a[href$='/forget']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Oublier « Toiture »")
    check_access(page)
    tab_to(page, "button.danger")
    page.keyboard.press("Enter")
    expect(page.locator(".notice").first).to_contain_text("Oublié sans laisser de trace")
    expect(page.locator(".state")).to_contain_text("1 document")
    assert (papers / "toiture.eml").exists(), "the file itself is the person's"

    page.locator("#state h3 a").click()
    expect(page.locator("main")).to_contain_text("1 fichier oublié")
    page.get_by_role("button", name="Les relire").click()
    expect(page.locator(".state")).to_contain_text("2 documents", timeout=90_000)
