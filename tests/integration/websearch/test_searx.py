"""The web through a real searx, and its pages over real lines, read in the real sandbox."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fakes.internet import Internet, LedHere, Served, internet
from hameau.kit import BadInput, Cancelled, HameauError, Missing, Refused, Unavailable, say
from hameau.library.extraction import SandboxedExtractor
from hameau.perimeter import Kind
from hameau.websearch import Hit, WebPage, WebSearch
from servers.searx import Searx, json_engine, searx

pytestmark = pytest.mark.needs_server(searx="python3_searx")

FOUR = """Le four à pain de Brévanne a été construit en 1832 par les habitants du hameau, avec les pierres de la carrière voisine.

Il chauffe à 280 degrés et consomme douze fagots à chaque fournée. La voûte est en briques réfractaires, refaites en 1998.

On y cuit le pain le premier samedi du mois, à partir de six heures du matin, et les tartes l'après-midi quand il a refroidi.

Les randonneurs peuvent le visiter sur rendez-vous ; la mairie prête la clé contre une caution de vingt euros."""


@pytest.fixture(scope="module")
def net() -> Iterator[Internet]:
    with internet() as made:
        yield made


@pytest.fixture(scope="module")
def engine(net: Internet) -> Iterator[Searx]:
    silent = json_engine("sourde", f"http://127.0.0.1:{net.port}/refuses/429?q={{query}}")
    with searx([json_engine("vive", net.engine), silent]) as running:
        yield running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxedExtractor]:
    made = SandboxedExtractor()
    yield made
    made.close()


@dataclass
class Web:
    """A home with a border, and the web behind it."""

    border: LedHere
    sandbox: SandboxedExtractor
    kept: str = ""
    search: WebSearch = field(init=False)

    def __post_init__(self) -> None:
        self.search = WebSearch(self.border, lambda: self.sandbox, lambda: self.kept, self.keep)

    def keep(self, url: str) -> None:
        self.kept = url

    def open(self, *addresses: str) -> tuple[WebPage, ...]:
        return self.search.read([Hit(one, f"https://{one}", "", ()) for one in addresses], most=len(addresses))


@pytest.fixture
def web(tmp_path: Path, net: Internet, sandbox: SandboxedExtractor) -> Iterator[Web]:
    net.pages.clear()
    net.asked.clear()
    net.heads.clear()
    net.searched.clear()
    border = LedHere(tmp_path / "home", net)
    yield Web(border, sandbox)
    border.journal.close()


@pytest.fixture
def asked(web: Web, engine: Searx) -> Web:
    web.search.connect(web.search.propose(engine.url, "Ada"))
    return web


def test_a_question_its_results_and_who_refused(asked: Web, net: Internet) -> None:
    net.find("pain.example/four", "127.0.0.1/secret", content="Un <b>four</b> communal")
    assert net.searched == []  # it was tried without any question leaving
    found = asked.search.search("  four à\n pain ")
    assert found.query == "four à pain" == net.searched[0]
    assert [(hit.url, hit.engines, hit.near) for hit in found.hits] == [
        ("https://pain.example/four", ("vive",), False),
        ("https://127.0.0.1/secret", ("vive",), True),
    ]
    assert found.hits[0].content == "Un four communal"
    assert ("sourde", "too many requests") in found.refused
    assert asked.search.host().startswith("127.0.0.1:")


def test_nothing_leaves_before_a_person_said_yes(web: Web, engine: Searx, net: Internet) -> None:
    with pytest.raises(Missing):
        web.search.search("four")
    web.kept = engine.url
    assert not web.search.allowed()
    with pytest.raises(Refused):
        web.search.search("four")
    web.search.connect(web.search.propose(engine.url, "Ada"))
    assert web.search.allowed()
    web.search.disconnect()
    assert web.kept == ""
    assert web.border.policy().connections == ()
    assert net.searched == []


def test_what_does_not_answer_is_neither_allowed_nor_kept(web: Web, net: Internet) -> None:
    for url in (f"http://127.0.0.1:{net.port}", "http://127.0.0.1:1"):
        with pytest.raises(Unavailable):
            web.search.connect(web.search.propose(url, "Ada"))
    assert web.kept == ""
    assert web.border.policy().connections == ()


def test_a_failed_change_leaves_the_one_before(asked: Web, engine: Searx) -> None:
    with pytest.raises(Unavailable):
        asked.search.connect(asked.search.propose("http://127.0.0.1:1", "Ada"))
    assert asked.kept == engine.url
    assert asked.search.allowed()


def test_pages_are_read_as_articles(asked: Web, net: Internet) -> None:
    net.put("pain.example/four", FOUR, "Le four de Brévanne")
    page = asked.open("pain.example/four")[0]
    assert page.title == "Le four de Brévanne"
    assert "construit en 1832" in page.text
    assert "Accueil" not in page.text
    assert (page.reason, page.language) == ("", "fr")


def test_each_page_has_a_connection_of_its_own_that_ends_with_it(asked: Web, net: Internet) -> None:
    net.put("pain.example/four", FOUR)
    net.put("moulin.example/eau", FOUR)
    asked.open("pain.example/four", "moulin.example/eau")
    assert sorted(one.host for one in asked.border.lent) == ["moulin.example", "pain.example"]
    assert len({one.name for one in asked.border.lent}) == 2
    assert all(one.name.startswith("web.page.") and not one.local and one.port == 443 for one in asked.border.lent)
    assert [one.name for one in asked.border.policy().connections] == ["web.search"]
    kinds = [entry.kind for entry in asked.border.journal.entries(text="web.page.")]
    assert kinds.count(Kind.CONNECTION_ALLOWED) == kinds.count(Kind.CONNECTION_REVOKED) == 2


def test_nothing_is_told_to_a_site_but_the_request(asked: Web, net: Internet) -> None:
    net.put("pain.example/four", FOUR)
    asked.open("pain.example/four")
    assert set(net.heads[0]) == {"Host", "User-Agent", "Accept-Encoding", "Connection", "Accept"}


def test_redirects_are_followed_where_a_new_connection_is_lent(asked: Web, net: Internet) -> None:
    net.put("pain.example/ici", FOUR, "Là")
    net.pages["court.example/x"] = Served(status=301, headers=(("Location", "http://pain.example/ici#y"),))
    net.pages["long.example/x"] = Served(status=302, headers=(("Location", "/y"),))
    net.pages["long.example/y"] = Served(status=307, headers=(("Location", "//court.example/x"),))
    first, second = asked.open("court.example/x", "long.example/x")
    assert (first.title, first.url, first.end) == ("Là", "https://court.example/x", "https://pain.example/ici")
    assert second.title == "Là"
    assert {one.host for one in asked.border.lent} == {"court.example", "pain.example", "long.example"}


@pytest.mark.parametrize(
    "place",
    ["https://127.0.0.1/x", "http://localhost/x", "https://192.168.1.1/", "https://nas.local/", "file:///etc/passwd",
     "https://[::1]/", "https://2130706433/", "gopher://x/", "https://x:y@pain.example/", "https://pain.example:22/"],
)  # fmt: skip
def test_no_redirect_leads_inwards(asked: Web, net: Internet, place: str) -> None:
    net.pages["piege.example/x"] = Served(status=302, headers=(("Location", place),))
    page = asked.open("piege.example/x")[0]
    assert page.reason
    assert net.asked == ["piege.example/x"]
    assert [one.host for one in asked.border.lent] == ["piege.example"]


def test_a_circle_ends(asked: Web, net: Internet) -> None:
    net.pages["rond.example/x"] = Served(status=302, headers=(("Location", "/x"),))
    page = asked.open("rond.example/x")[0]
    assert "circles" in page.reason
    assert len(net.asked) <= 6


def test_pages_of_every_kind(asked: Web, net: Internet) -> None:
    latin = f"<html><body><article><p>{FOUR}</p></article></body></html>".encode("latin-1")
    net.pages["vieux.example/x"] = Served(latin, "text/html; charset=ISO-8859-1")
    net.pages["texte.example/x"] = Served(FOUR.encode(), "text/plain; charset=utf-8")
    net.pages["serre.example/x"] = Served(
        gzip.compress(FOUR.encode()), "text/plain", headers=(("Content-Encoding", "gzip"),)
    )
    net.pages["nu.example/x"] = Served(f"<p>{FOUR}</p>".encode(), "")
    for page in asked.open("vieux.example/x", "texte.example/x", "serre.example/x", "nu.example/x"):
        assert "Brévanne a été construit en 1832" in page.text, page


BOMB = gzip.compress(b"<p>" + b"x" * (64 << 20))


@pytest.mark.parametrize(
    ("served", "words"),
    [
        (Served(b"x", status=404), "does not have this page"),
        (Served(b"x", status=403), "does not show this page"),
        (Served(b"x", status=500), "status 500"),
        (Served(b"PK", "application/zip"), "no page"),
        (Served(b"\x89PNG", "image/png"), "no page"),
        (Served(b"<p>x</p>", headers=(("Content-Encoding", "br"),)), "no page"),
        (Served(b"no gzip", headers=(("Content-Encoding", "gzip"),)), "unpacked"),
        (Served(BOMB, headers=(("Content-Encoding", "gzip"),)), "too long"),
        (Served(b"<p>" + b"x" * (9 << 20)), "more than"),
        (Served(b"   "), ""),
        (Served(b"%PDF-1.7 not really", "application/pdf"), ""),
        (Served(b"<div>" * 100_000), ""),
    ],
)
def test_what_can_not_be_read_says_why(asked: Web, net: Internet, served: Served, words: str) -> None:
    net.pages["drole.example/x"] = served
    page = asked.open("drole.example/x")[0]
    assert page.text == ""
    assert page.reason
    told = say(page.reason, "en", page.fields)
    assert words in told
    assert "{" not in told


def test_a_person_who_leaves_is_not_waited_for(asked: Web, net: Internet) -> None:
    here, go_on, cancel = threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        here.set()
        go_on.wait(20)

    net.pages["lent.example/x"] = Served(b"<p>x</p>", before=wait)
    threading.Thread(target=lambda: (here.wait(20), cancel.set()), daemon=True).start()
    with pytest.raises(Cancelled):
        asked.search.read([Hit("x", "https://lent.example/x", "", ())], cancel=cancel)
    go_on.set()


@pytest.mark.parametrize("query", ["", "  \n ", "x" * 401])
def test_questions_that_do_not_leave(asked: Web, net: Internet, query: str) -> None:
    with pytest.raises(BadInput):
        asked.search.search(query)
    assert net.searched == []


def test_a_question_that_would_be_sent_on_is_not(asked: Web) -> None:
    with pytest.raises(HameauError, match="sends the question on"):
        asked.search.search("!!w four")
