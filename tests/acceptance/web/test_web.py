"""A real searx and a real Hameau, behind its real border: each asks the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest

from conftest import Finished, Server
from fakes.internet import Internet, internet
from servers.searx import Searx, json_engine, searx

pytestmark = pytest.mark.needs_server(searx="python3_searx")
Hameau = Callable[..., Finished]

STATUTES = "# Statuts\n\nL'adhésion annuelle coûte 12 euros. Le four à pain est géré par les Amis du four.\n"


@pytest.fixture(scope="module")
def net() -> Iterator[Internet]:
    with internet() as made:
        yield made


@pytest.fixture(scope="module")
def engine(net: Internet) -> Iterator[Searx]:
    silent = json_engine("sourde", f"http://127.0.0.1:{net.port}/refuses/429?q={{query}}")
    with searx([json_engine("vive", net.engine), silent]) as running:
        yield running


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papiers"
    folder.mkdir()
    (folder / "statuts.md").write_text(STATUTES, encoding="utf-8")
    return folder


def test_a_person_chooses_a_searxng_and_asks_it(hameau: Hameau, engine: Searx, net: Internet) -> None:
    no = hameau("web", "--connect", engine.url, typed="n\n")
    assert no.code != 0
    assert urlsplit(engine.url).netloc in no.err
    yes = hameau("web", "--connect", engine.url, "--json", "--yes")
    assert json.loads(yes.out) == {"url": engine.url, "host": urlsplit(engine.url).netloc, "allowed": True}
    assert net.searched == []
    net.find("127.0.0.1/a", "127.0.0.1/b", content="Un four banal")
    shown = hameau("web", "four banal")
    assert net.searched == ["four banal"]
    assert "https://127.0.0.1/b" in shown.out
    assert "vive" in shown.out
    assert hameau("web", "--disconnect").code == 0


def test_a_question_to_both_says_what_left(hameau: Hameau, net: Internet, papers: Path) -> None:
    question = "Combien coûte l'adhésion annuelle ?"
    assert hameau("add", str(papers)).code == 0
    net.searched.clear()
    net.find()
    with searx([json_engine("vive", net.engine)]) as running:
        assert hameau("web", "--connect", running.url, "--yes").code == 0
        answer = json.loads(hameau("ask", question, "--web-query", "prix adhésion association", "--json").out)
    assert net.searched == ["prix adhésion association"] == [answer["web"]["query"]]
    assert answer["citations"][0]["origin"] == "library"
    left = json.loads(hameau("journal", "show", "--kind", "allowed", "--json").out)
    assert {entry["facts"]["port"] for entry in left} == {urlsplit(running.url).port}
    away = hameau("ask", question, "--web")  # the library answers all the same
    assert "« Combien coûte l'adhésion annuelle »" in away.err
    assert "12 euros" in away.out
    assert "The web was not asked" in away.out
    assert len(net.searched) == 1


def test_hameau_is_an_engine_of_searx_whose_key_sends_nothing_out(
    start_server: Callable[..., Server], hameau: Hameau, engine: Searx, net: Internet, papers: Path
) -> None:
    assert hameau("add", str(papers)).code == 0
    server = start_server(environment={"HAMEAU_REQUIRE_KEY": "1"})
    key, all_of_it = (hameau("keys", "add", scope, "--scope", scope).out.strip() for scope in ("read", "admin"))
    place = urlsplit(server.url).netloc
    hits = "/api/v1/search/hits?q={query}&limit=5"
    engines = [
        json_engine("hameau", f"http://searx:{key}@{place}{hits}"),
        json_engine("sans-cle", f"http://{place}{hits}"),
    ]
    with searx(engines) as running:
        told = httpx.post(f"{running.url}/search", data={"q": "adhésion annuelle", "format": "json"}).json()
    (found,) = told["results"]
    assert found["engines"] == ["hameau"]
    assert "12 euros" in found["content"]
    assert [name for name, _ in told["unresponsive_engines"]] == ["sans-cle"]
    assert found["url"].startswith(f"{server.url}/documents/")
    page = httpx.get(found["url"].partition("#")[0], auth=("searx", key))
    assert page.status_code == 200
    assert 'id="quote"' in page.text
    assert "12 euros" in page.text
    empty = httpx.get(f"{server.url}/api/v1/search/hits?q={quote(' ')}", auth=("searx", key)).json()
    assert empty["results"] == []

    assert hameau("web", "--connect", engine.url, "--yes").code == 0  # beside the server, which sees it
    net.searched.clear()
    net.find()
    question = {"question": "four à pain communal", "web_query": "four à pain"}
    reads = {"authorization": f"Bearer {key}"}
    for path, body in (("ask", question), ("web", {"query": "four"}), ("web/propose", {"question": "four"})):
        assert httpx.post(f"{server.url}/api/v1/{path}", json=body, headers=reads).status_code == 403
    assert httpx.get(f"{server.url}/api/v1/web", headers=reads).status_code == 403
    assert net.searched == []
    may = {"authorization": f"Bearer {all_of_it}"}
    answer = httpx.post(f"{server.url}/api/v1/ask", json=question, headers=may, timeout=60).json()
    assert answer["web"]["query"] == "four à pain"
    assert answer["web"]["trouble"] == ""
    assert net.searched == ["four à pain"]
