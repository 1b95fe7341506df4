"""Asking on the page, with a real model: evidence, live answer, citations that open the document, stop, follow-up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.needs_chromium, pytest.mark.needs_model]
MODEL = "qwen2.5-coder-0.5b-instruct"
PATIENCE = 120_000
"""Milliseconds after which a test gives up on a slow machine: a bound, not a measure."""
QUESTION = "Combien coûte la cotisation annuelle ?"


@pytest.fixture
def asking(
    model_file: Callable[[str], Path],
    models_dir: Path,
    start_server: Callable[..., Any],
    visit: Callable[..., Any],
    folder: Path,
) -> tuple[Any, Page]:
    """A server with a model and a folder that is read, and a page that may ask."""
    model_file(MODEL)
    server = start_server()
    page: Page = visit(f"{server.url}/library").page
    page.fill("#path", str(folder))
    page.click("text=Ajouter ce dossier")
    expect(page.locator(".badge.good")).to_have_text("Prêt", timeout=PATIENCE)
    expect(page.locator(".state")).to_contain_text("3 documents", timeout=PATIENCE)
    expect(page.locator(".progressing")).to_have_count(0, timeout=PATIENCE)
    page.goto(server.url)
    return server, page


def ask(page: Page, question: str) -> None:
    page.fill("#question", question)
    page.keyboard.press("Enter")


def test_an_answer_with_its_sources(asking: tuple[Any, Page], check_access: Callable[[Page], None]) -> None:
    server, page = asking
    ask(page, QUESTION)
    expect(page.locator(".evidence .card").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".turn .facts")).to_be_visible(timeout=PATIENCE)
    assert page.url.startswith(f"{server.url}/conversations/")
    expect(page.locator(".said")).to_contain_text("15 euros")
    check_access(page)

    ask(page, "Et où est la clé du four ?")
    expect(page.locator(".turn .facts").nth(1)).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    check_access(page)

    page.locator(".cite").first.click()
    expect(page.locator("mark#quote")).to_be_in_viewport()
    expect(page.locator("mark").first).to_contain_text("15 euros")

    page.goto(f"{server.url}/conversations")
    expect(page.locator(".item-title")).to_have_count(1)
    page.locator("summary").click()
    check_access(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Exporter en texte").click()
    assert "15 euros" in Path(download.value.path()).read_text(encoding="utf-8")
    page.get_by_role("link", name="Supprimer").click()
    page.locator("dialog#confirm").get_by_role("button", name="Supprimer").click()
    expect(page.locator(".empty")).to_be_visible()


def test_stop_stops(asking: tuple[Any, Page]) -> None:
    _, page = asking
    ask(page, QUESTION)
    expect(page.locator("[data-stop]")).to_be_visible(timeout=PATIENCE)
    page.click("[data-stop]")
    expect(page.locator(".turn .facts")).to_have_text("Arrêté, comme vous l’avez demandé.", timeout=PATIENCE)
    expect(page.locator("#question")).to_have_value(QUESTION)


def test_without_scripts_the_form_brings_the_whole_answer(asking: tuple[Any, Page], visit: Callable[..., Any]) -> None:
    server, _ = asking
    page: Page = visit(server.url, java_script_enabled=False).page
    page.set_default_navigation_timeout(PATIENCE)
    page.fill("#question", QUESTION)
    page.click("#send")
    expect(page.locator(".turn .said")).to_contain_text("15 euros")


def test_a_summary_of_one_document(asking: tuple[Any, Page]) -> None:
    _, page = asking
    page.get_by_role("radio", name="Résumer").check()
    page.select_option("#scope", label="Association")
    page.click("#send")
    expect(page.locator(".turn .facts, .turn .trouble").filter(visible=True)).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".turn .trouble")).not_to_be_visible()
