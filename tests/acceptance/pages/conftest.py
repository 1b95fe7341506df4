"""A real Chromium over a real server, axe-core, and a folder of documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

RULES_OF_THE_HOUSE = """# Règlement intérieur du four à pain

## Article 1 – Adhésion
La cotisation annuelle est fixée à 15 euros par foyer. Elle est due avant le 31 mars.

## Article 2 – Ouverture
Le four à pain est allumé le premier dimanche de chaque mois, à huit heures.

## Article 3 – Clé
La clé du four est chez Madame Poulain, au 3 rue du Lavoir.
"""
HOSTILE = (
    "# Note <img src=x onerror=alert(1)>\n\n<script>document.title='pris'</script> La girouette du clocher est rouge. "
    "[clic](javascript:alert(1)) ![](http://evil.example/p.png) \u202egnp.exe\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three documents: one good, one hostile, one broken."""
    made = tmp_path / "Association"
    made.mkdir()
    (made / "Règlement.md").write_text(RULES_OF_THE_HOUSE, encoding="utf-8")
    (made / "Note.md").write_text(HOSTILE, encoding="utf-8")
    (made / "Budget.pdf").write_bytes(b"%PDF-1.7 this is not a PDF")
    return made


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser a file. Not one a session: playwright keeps an event loop in this thread, in which no other test can run its own."""
    with sync_playwright() as play:
        launched = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@dataclass
class Seen:
    """A page, and all that it asked for or complained of."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def hosts(self) -> set[str]:
        """Every host that was asked for anything."""
        return {request.url.split("/")[2] for request in self.requests if request.url.startswith("http")}


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Seen]]:
    """Opens a window of its own: ``visit(url, color_scheme="dark", viewport={...})``."""
    contexts = []

    def open_window(url: str, **how: Any) -> Seen:
        context = browser.new_context(**{"locale": "fr-FR", "viewport": {"width": 1280, "height": 860}, **how})
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request))  # noqa: PLW0108 - it wants a function of Python
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("console", lambda said: seen.complaints.append(said.text) if said.type == "error" else None)
        seen.page.goto(url)
        return seen

    yield open_window
    for context in contexts:
        context.close()


def violations(page: Page, axe: str) -> list[str]:
    """What axe-core finds wrong on the page as it stands."""
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [
        f"{one['id']}: {one['help']} – {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.fixture
def check_access(axe: str) -> Callable[[Page], None]:
    """Fails with the list of violations, if any."""

    def check(page: Page) -> None:
        found = violations(page, axe)
        assert not found, "\n".join(found)

    return check
