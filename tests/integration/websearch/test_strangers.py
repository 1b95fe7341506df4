"""Search engines and names that do what none should: SearXNG's ways of saying no, lies, silence, and DNS that leads inwards."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from fakes.talking import talking
from hameau.kit import Cancelled, HameauError, Refused, Unavailable, explain
from hameau.perimeter import Attempt, Client, Connection, Kind, Perimeter
from hameau.perimeter.policy import PolicyStore
from hameau.websearch import Found, Hit, WebSearch
from hameau.websearch.fetching import Until, fetch
from hameau.websearch.ports import Sandbox
from servers.rough import Fault, RoughLine

GOOD = {
    "query": "four",
    "number_of_results": 0,
    "results": [
        {
            "url": "https://pain.example/four", "title": "Le <b>four</b>", "content": "Un four &amp; du pain", "engine": "wiki",
            "parsed_url": ["https", "pain.example", "/four", "", "", ""], "engines": ["wiki", "bete"], "positions": [1, 2],
            "score": 2.5, "category": "general", "publishedDate": None, "template": "default.html",
        },
        {"url": "https://pain.example/b", "title": "B", "content": "", "engine": "wiki", "publishedDate": "2026-03-01T00:00:00"},
    ],
    "answers": [], "corrections": [], "infoboxes": [], "suggestions": [],
    "unresponsive_engines": [["google", "Suspended: CAPTCHA"], ["bing", "timeout"]],
}  # fmt: skip
"""What SearXNG says, as of 2026."""


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def no_sandbox() -> Sandbox:
    raise AssertionError("nothing is read here")


@pytest.fixture
def border(tmp_path: Path) -> Iterator[Perimeter]:
    made = Perimeter(tmp_path / "home")
    yield made
    made.journal.close()


def asked(border: Perimeter, port: int, query: str = "four", cancel: threading.Event | None = None) -> Found:
    """What comes of asking the SearXNG at that port of this machine."""
    url = f"http://127.0.0.1:{port}"
    border.allow("127.0.0.1", port, why="a test", who="Ada", name="web.search")
    return WebSearch(border, no_sandbox, lambda: url, lambda _: None).search(query, cancel=cancel)


def test_the_form_of_searxng(border: Perimeter) -> None:
    with talking(lambda _: [http(json.dumps(GOOD).encode())]) as talk:
        found = asked(border, talk.port, "four à pain")
    head, _, body = talk.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /search HTTP/1.1")
    assert body == b"q=four+%C3%A0+pain&format=json&language=all"  # in no address, so in no log of addresses
    assert found.hits[0] == Hit(
        "Le four", "https://pain.example/four", "Un four & du pain", ("wiki", "bete"), 2.5, "", near=False
    )
    assert found.hits[1].published == "2026-03-01T00:00:00"
    assert found.refused == (("google", "Suspended: CAPTCHA"), ("bing", "timeout"))


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (http(b"<html>Forbidden", "403 FORBIDDEN"), Refused, "JSON format is off"),
        (http(b"Too Many Requests", "429 TOO MANY REQUESTS"), Unavailable, "limiter"),
        (http(b"", "401 No"), Refused, "password"),
        (http(b"", "404 No"), Unavailable, "no SearXNG"),
        (http(b"", "502 Bad Gateway"), Unavailable, "502"),
        (http(b"<!doctype html><html>", "200 OK"), Unavailable, "not what a SearXNG says"),
        (http(b'{"error": "Invalid value \\"xx\\" for parameter language"}', "400 BAD"), Unavailable, "Invalid value"),
        (http(b'{"results": "none"}'), Unavailable, "not what a SearXNG says"),
        (http(b"[1, 2]"), Unavailable, "not what a SearXNG says"),
        (http(b"[" * 100_000), Unavailable, "not what a SearXNG says"),
        (http(b'{"results": ["\xff"]}'), Unavailable, "not what a SearXNG says"),
        (http(b"", "302 Found", "Location: https://elsewhere.example/?q=four"), Refused, "sends the question on"),
        (http(b'{"results": [' + b'"x",' * (1 << 20) + b"1]}"), Unavailable, "more than"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{", Unavailable, "hung up"),
        (b"220 mail.example ESMTP\r\n", Unavailable, "can't be understood"),
    ],
)
def test_every_way_of_saying_no_has_its_words(
    border: Perimeter, reply: bytes, kind: type[HameauError], words: str
) -> None:
    with talking(lambda _: [reply, None]) as talk, pytest.raises(kind) as raised:
        asked(border, talk.port)
    said = " ".join(explain(raised.value, "en"))
    assert words in said
    assert "{" not in said


def test_lies_are_bounded(border: Perimeter) -> None:
    results = [
        {"url": "javascript:alert(1)", "title": "x"},
        {"url": "https://user:pw@pain.example/", "title": "x"},
        {"url": ["https://pain.example"], "title": "x"},
        {"title": "no address"},
        "a text",
        None,
        {
            "url": "https://a.example/",
            "title": None,
            "content": {"x": 1},
            "engines": [None, 3, "w\x1b[31m"],
            "score": "9",
        },
        {"url": "https://a.example/", "title": "twice"},
        {"url": "https://b.example/", "title": "T" * 9999, "content": "\u202eevil\x00 " * 9999, "score": 1e300},
        *({"url": f"https://n{n}.example/", "title": str(n)} for n in range(500)),
    ]
    told = {
        "results": results,
        "unresponsive_engines": [["a"] * 99, "b", 4, None, [], *(["c", "x"] for _ in range(999))],
    }
    with talking(lambda _: [http(json.dumps(told).encode())]) as talk:
        found = asked(border, talk.port)
    assert len(found.hits) == 20
    first, second = found.hits[:2]
    assert (first.url, first.title, first.content, first.engines, first.score) == (
        "https://a.example/", "https://a.example/", "", ("w [31m",), 0.0,
    )  # fmt: skip
    assert len(second.title) == 300
    assert len(second.content) <= 1000
    assert second.content.isprintable()
    assert len(found.refused) <= 40


def test_a_reply_that_was_changed_anywhere_is_understood_or_refused(border: Perimeter) -> None:
    good, dice = json.dumps(GOOD).encode(), random.Random(6)

    def script(_: bytes) -> Iterator[bytes]:
        data = bytearray(good)
        for _ in range(dice.randint(1, 8)):
            at = dice.randrange(len(data))
            data[at : at + dice.randint(0, 3)] = (
                dice.randbytes(dice.randint(0, 3)) if dice.random() < 0.5 else b'"]}[{,:'[: dice.randint(0, 7)]
            )
        yield http(bytes(data))

    understood = 0
    with talking(script) as talk:
        for _ in range(120):
            try:
                found = asked(border, talk.port)
            except HameauError:
                continue
            understood += 1
            assert all(hit.url.startswith(("https://", "http://")) for hit in found.hits)
    assert understood


def test_a_search_that_nobody_wants_any_more_is_left(border: Perimeter) -> None:
    cancel = threading.Event()

    def script(_: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        cancel.set()
        threading.Event().wait(1)
        yield b"X: y\r\n"

    with talking(script) as talk, pytest.raises(Cancelled):
        asked(border, talk.port, cancel=cancel)


@pytest.mark.parametrize("fault", [Fault("cut", 40), Fault("reset", 0), Fault("reset", 30)])
def test_a_rough_line(border: Perimeter, fault: Fault) -> None:
    with talking(lambda _: [http(json.dumps(GOOD).encode())]) as talk, RoughLine(talk.port, faults=[fault]) as line:
        with pytest.raises(Unavailable):
            asked(border, line.port)
        assert len(asked(border, line.port).hits) == 2  # the next time all is well


class LyingNames:
    """A door whose resolver says that every name is at ``address``: what a hostile DNS answer does."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.tried: list[str] = []

    def resolve(self, host: str, port: int) -> Sequence[str]:
        return [self.address]

    def opened(self, attempt: Attempt, connection: str) -> None:
        self.tried.append(attempt.address)

    def ended(self, connection: str, attempt: Attempt, sent: int, received: int) -> None:
        pass


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "fd00::1", "0.0.0.0"]
)
def test_a_name_that_leads_inwards_is_refused(border: Perimeter, tmp_path: Path, address: str) -> None:
    names = LyingNames(address)
    border.client = Client(PolicyStore(tmp_path / "home"), names)
    page = WebSearch(border, no_sandbox, lambda: "", lambda _: None).read([Hit("x", "https://pain.example/x", "", ())])[
        0
    ]
    assert "leads into the local network" in page.reason
    assert names.tried == []
    assert border.policy().connections == ()


def test_what_nobody_waits_for_any_more_opens_no_connection(border: Perimeter, tmp_path: Path) -> None:
    names = LyingNames("8.8.8.8")
    border.client = Client(PolicyStore(tmp_path / "home"), names)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        fetch(border, "https://pain.example/x", Until(stop, 10))
    with pytest.raises(Unavailable, match="slow"):
        fetch(border, "https://pain.example/x", Until(None, -1))
    assert names.tried == []
    assert list(border.journal.entries(kinds={Kind.CONNECTION_ALLOWED})) == []


def test_a_search_engine_that_was_over_does_not_come_to_life_by_a_failure(tmp_path: Path) -> None:
    now = [1_000_000_000.0]
    early = Perimeter(tmp_path, clock=lambda: now[0])
    early.allow("old.example", 443, why="then", who="Ada", name="web.search", until=now[0] + 60)
    border = Perimeter(tmp_path)
    web = WebSearch(border, no_sandbox, lambda: "", lambda _: None)
    with pytest.raises(Unavailable):
        web.connect(web.propose("http://127.0.0.1:9", "Ada"))
    assert border.policy().connections == ()


def test_without_a_network_each_page_says_so(border: Perimeter, tmp_path: Path) -> None:
    class NoNames(LyingNames):
        def resolve(self, host: str, port: int) -> Sequence[str]:
            raise Unavailable("{host} can't be found.", host=host)

    border.client = Client(PolicyStore(tmp_path / "home"), NoNames(""))
    hits = [Hit("x", f"https://{name}.example/x", "", ()) for name in "abc"]
    pages = WebSearch(border, no_sandbox, lambda: "", lambda _: None).read(hits, most=2)
    assert [page.url for page in pages] == ["https://a.example/x", "https://b.example/x"]
    assert all("found" in page.reason for page in pages)


def test_a_connection_that_leads_elsewhere_is_not_enough(border: Perimeter) -> None:
    border.allow("old.example", 443, why="a test", who="Ada", name="web.search")
    web = WebSearch(border, no_sandbox, lambda: "https://new.example", lambda _: None)
    assert not web.allowed()
    with pytest.raises(Refused, match="Nobody has allowed"):
        web.search("four")


def test_what_a_person_sees_before_the_yes(border: Perimeter) -> None:
    web = WebSearch(border, no_sandbox, lambda: "", lambda _: None)
    far, near, home = (web.propose(url, "Ada") for url in ("searx.example", "127.0.0.1:8888", "http://nas:8080"))
    assert far.connection == Connection("web.search", "Ada", far.connection.why, "searx.example", 443, local=False)
    assert (near.near, near.connection.local, near.connection.port) == (True, True, 8888)
    assert (home.near, home.connection.local) == (False, True)
    assert web.host() == ""
