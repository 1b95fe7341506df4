"""Connecting what one has, in a real browser, with real servers on the other side: mail, a Nextcloud, feeds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from playwright.sync_api import Page, expect

from fakes.internet import Internet, internet
from servers.dav import wsgidav
from servers.dovecot import PASSWORD, USER, Dovecot, dovecot, own
from servers.nginx import Nginx, nginx
from servers.searx import json_engine, searx

Visit = Callable[..., Any]
Check = Callable[[Page], None]

LETTER = """From: Amélie Poulain <amelie@moulin.example>
To: Jeanne <jeanne@moulin.example>
Subject: La meule du moulin
Date: Sun, 3 May 2026 10:00:00 +0200
Message-ID: <un@moulin.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="coupe"

--coupe
Content-Type: text/plain; charset=utf-8

Bonjour Jeanne,

La meule du moulin sera retaillée le 12 juin par un tailleur de pierre de Brévanne.

-- \nAmélie
--coupe
Content-Type: text/plain; charset=utf-8
Content-Disposition: attachment; filename="devis.txt"

Devis : retaille de la meule, 840 euros.
--coupe--
"""
ANSWER = """From: Jeanne <jeanne@moulin.example>
To: Amélie Poulain <amelie@moulin.example>
Subject: Re: La meule du moulin
Date: Mon, 4 May 2026 10:00:00 +0200
Message-ID: <deux@moulin.example>
In-Reply-To: <un@moulin.example>
References: <un@moulin.example>
Content-Type: text/plain; charset=utf-8

C'est entendu, je viendrai ouvrir la porte.

Le 3 mai, Amélie a écrit :
> La meule du moulin sera retaillée le 12 juin par un tailleur de pierre de Brévanne.
"""


def feed(title: str, days: range) -> str:
    items = "".join(
        f"<item><title>{title} du {day} mai</title><link>https://journal.example/{day}</link><guid>{title}-{day}</guid>"
        f"<pubDate>{day:02} May 2026 08:00:00 +0000</pubDate><description>Le moulin tourne, jour {day}.</description></item>"
        for day in days
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{escape(title)}</title>{items}</channel></rss>'


@pytest.fixture(scope="module")
def post() -> Iterator[Dovecot]:
    with dovecot() as server:
        new = server.box() / "new"
        for folder in ("cur", "new", "tmp"):
            (server.box() / folder).mkdir(parents=True, exist_ok=True)
        for number, mail in enumerate((LETTER, ANSWER)):
            (new / f"17000000{number}.M1P1.moulin").write_bytes(mail.encode().replace(b"\n", b"\r\n"))
        own(server)
        yield server


@pytest.fixture(scope="module")
def site() -> Iterator[Nginx]:
    with nginx() as server:
        server.write("journal.xml", feed("Journal du moulin", range(1, 8)))
        server.write("voisins.xml", feed("Les voisins", range(3, 6)))
        yield server


def looked_at(page: Page) -> None:
    """Until nothing is being read any more."""
    expect(page.locator("[data-busy]")).to_have_count(0, timeout=30_000)


def no_wider(page: Page) -> None:
    """Nothing stands out to the side."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


@pytest.mark.needs_server(dovecot="dovecot_imapd")
def test_a_mailbox_is_connected_read_paused_and_removed(
    visit: Visit, server: Any, post: Dovecot, check_access: Check
) -> None:
    marks = post.marks()
    seen = visit(f"{server.url}/sources")
    page: Page = seen.page
    page.get_by_role("textbox", name="Un dossier").fill(f"imap://{USER}@127.0.0.1:{post.port}")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("127.0.0.1")
    check_access(page)
    page.get_by_label("Mot de passe").fill("faux")
    page.get_by_role("button", name="Oui, connecter").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Oui, connecter").click()
    expect(page.locator(".notice")).to_contain_text("Connect")
    looked_at(page)
    expect(page.locator(".state").first).to_contain_text("3 documents")
    check_access(page)
    page.goto(f"{server.url}/search?q=tailleur+de+pierre")
    page.locator(".found-title").first.click()
    expect(page.locator(".paper")).to_contain_text("retaillée le 12 juin")
    expect(page.get_by_text("Ce qu’il contient")).to_be_visible()
    expect(page.locator("details.aside")).to_have_count(1)
    page.get_by_text("Sa conversation").click()
    check_access(page)
    page.locator(".around a").first.click()
    expect(page.locator(".paper")).to_contain_text("ouvrir la porte")
    assert post.marks() == marks
    page.goto(f"{server.url}/sources")
    page.locator("form[action$='/pause'] button").click()
    expect(page.locator(".state").first).to_contain_text("En pause")
    page.get_by_role("button", name="Reprendre").click()
    page.get_by_role("link", name="Retirer").click()
    page.get_by_role("dialog").get_by_role("button", name="Retirer").click()
    expect(page.get_by_text("Rien n’est encore connecté")).to_be_visible()
    page.goto(f"{server.url}/perimeter")
    expect(page.get_by_text("Aucune Connexion")).to_be_visible()
    assert seen.hosts() == {server.url.removeprefix("http://")}
    assert [one for one in seen.complaints if "403" not in one] == []  # the wrong password is a refusal


def test_a_nextcloud_is_logged_in_to_without_scripts_and_on_a_phone(visit: Visit, server: Any, tmp_path: Path) -> None:
    files = tmp_path / "nuage"
    files.mkdir()
    (files / "Bail.md").write_text(
        "# Bail du moulin\n\nLe loyer du moulin est de 120 euros par an.\n", encoding="utf-8"
    )
    narrow = {"java_script_enabled": False, "viewport": {"width": 360, "height": 780}}
    with wsgidav(files, tmp_path / "log", nextcloud=True) as cloud:
        page: Page = visit(f"{server.url}/sources?add=nextcloud", **narrow).page
        page.get_by_label("L’adresse de votre Nextcloud").fill(f"http://127.0.0.1:{cloud.port}/")
        page.get_by_role("button", name="Continuer").click()
        page.get_by_role("button", name="ouvrir une session").click()
        page.get_by_role("button", name="J’ai dit oui").click()
        expect(page.get_by_role("alert")).to_be_visible()
        address = page.get_by_role("link", name="Ouvrir 127.0.0.1").get_attribute("href")
        assert address
        page.context.request.get(address)
        page.get_by_role("button", name="J’ai dit oui").click()
        expect(page.locator("h3").first).to_contain_text("Le nuage")
        for _ in range(100):
            page.goto(f"{server.url}/search?q=loyer+du+moulin")
            if page.locator(".found-title").count():
                break
            page.wait_for_timeout(200)
        expect(page.locator(".found")).to_contain_text("120 euros")
        page.goto(f"{server.url}/sources")
        page.get_by_role("link", name="Retirer").click()
        expect(page.locator("h1")).to_contain_text("Retirer")
        page.get_by_role("button", name="Retirer").click()
        expect(page.locator(".notice")).to_contain_text("Retir")


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_feeds_become_a_planet(visit: Visit, server: Any, site: Nginx, tmp_path: Path, check_access: Check) -> None:
    listed = tmp_path / "flux.opml"
    outlines = "".join(
        f'<outline type="rss" text="{name}" xmlUrl="https://{name}.invalid/f.xml"/>' for name in ("journal", "voisins")
    )
    listed.write_text(f'<opml version="2.0"><head/><body>{outlines}</body></opml>', encoding="utf-8")
    page: Page = visit(f"{server.url}/sources?add=feed").page
    page.get_by_label("une liste de flux").set_input_files(listed)
    page.get_by_role("button", name="Voir ce qu’elle contient").click()
    expect(page.locator("h1")).to_contain_text("2 flux")
    check_access(page)
    expect(page.get_by_role("button", name="Oui, les suivre tous")).to_be_visible()
    for name in ("journal", "voisins"):  # a list brings nothing of one's own network: these are added by themselves
        told = {"what": f"{site.url}/{name}.xml", "kind": "feed", "allow": f"127.0.0.1:{site.port}"}
        assert page.request.post(f"{server.url}/api/v1/sources/connect", data=told).status == 201
    for _ in range(50):
        page.goto(f"{server.url}/planet")
        if page.locator(".news > li").count() == 10:
            break
        page.wait_for_timeout(200)
    expect(page.locator(".news > li")).to_have_count(10)
    check_access(page)
    titles = page.locator(".news h3").all_inner_texts()
    assert titles[0] == "Journal du moulin du 7 mai"
    page.set_viewport_size({"width": 360, "height": 780})
    for path in ("/sources", "/sources?add=nextcloud", "/sources?group=feeds", "/planet", "/library"):
        page.goto(f"{server.url}{path}")
        no_wider(page)
    check_access(page)


@pytest.fixture(scope="module")
def net() -> Iterator[Internet]:
    with internet() as made:
        yield made


@pytest.mark.needs_server(searx="python3_searx")
def test_what_leaves_for_the_web_is_seen_and_changed_first(
    visit: Visit, server: Any, net: Internet, check_access: Check
) -> None:
    with searx([json_engine("vive", net.engine)]) as engine:
        net.find("127.0.0.1/four", content="Le four banal de Brévanne a été construit en 1832.")
        page: Page = visit(f"{server.url}/sources?add=web").page
        page.get_by_label("L’adresse d’un SearXNG").fill(engine.url)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("interroger")
        check_access(page)
        page.get_by_role("button", name="Oui").click()
        expect(page.locator(".notice")).to_be_visible()
        page.goto(server.url)
        question = page.get_by_label("Votre question")
        question.fill("Quand le four banal a-t-il été construit ?")
        page.get_by_label("Interroger aussi le web").check()
        leaves = page.get_by_label("Ce qui sort de cette machine")
        expect(leaves).not_to_have_value("")
        check_access(page)
        leaves.fill("four banal construction")
        assert net.searched == []
        page.keyboard.press("Enter")
        expect(page.locator(".web-told").last).to_contain_text("four banal construction", timeout=60_000)
        expect(page.locator(".turn.live")).to_have_count(0, timeout=60_000)
        expect(page.locator(".web-found").last).to_be_attached()
        check_access(page)
        assert net.searched == ["four banal construction"]
        question.fill("Et le lavoir ?")
        page.keyboard.press("Enter")
        expect(page.locator("#spoken")).to_contain_text("Lisez ce qui sortirait")
        assert net.searched == ["four banal construction"]
