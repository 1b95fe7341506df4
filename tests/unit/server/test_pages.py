"""The pages without any script: complete, in both languages, and no document can become markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory

PAGES = [
    "/",
    "/?task=draft&document=1",
    "/library",
    "/library/sources/source_1",
    "/sources",
    "/sources?add=mail",
    "/sources?group=files",
    "/planet",
    "/sources/source_1/remove",
    "/search",
    "/search?q=cotisation",
    "/documents/1",
    "/documents/1?passage=1001&start=60&end=90",
    "/documents/3",
    "/documents/1/forget",
    "/conversations",
    "/models",
    "/models?look=1",
    "/chat?model=petit-modele",
    "/compare",
    "/models/petit-modele/remove",
    "/settings",
    "/perimeter",
    "/perimeter/connections/mail/revoke",
    "/journal",
    "/journal?check=1&group=decisions",
    "/journal?text=nothing",
]
HOSTILE = (
    '<script>alert(1)</script> <img src=x onerror=alert(1)> "><b>gras</b> [clic](javascript:alert(1)) '
    "![](http://evil.example/pixel.png) \u202egnp.exe {{ 7*7 }} cotisation"
)


class Markup(HTMLParser):
    """The tags and the attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_the_readers_language(client: Client, path: str, language: str) -> None:
    answer = client.get(path, headers={"accept-language": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert ("Bibliothèque" in answer.text) == (language == "fr")
    assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("path", PAGES)
def test_nothing_inline_and_nothing_from_elsewhere(client: Client, path: str) -> None:
    for tag, attributes in Markup(client.get(path).text).tags:
        assert tag not in ("style", "iframe", "object", "embed", "base")
        assert tag != "script" or (attributes.get("src") or "").startswith("/static/")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href", "action"):
            assert re.match(r"(/|\?|#|$)(?!/)", attributes.get(name) or ""), attributes


@pytest.mark.parametrize("path", PAGES)
def test_no_jargon(client: Client, path: str) -> None:
    text = re.sub(r"<[^>]+>", " ", client.get(path).text)
    assert not re.search(r"\b(embeddings?|tokens?|LLM|RAG|prompts?|vectors?)\b", text, re.IGNORECASE)


def test_the_cookie_weighs_more_than_the_browser(client: Client) -> None:
    switched = client.post("/language", data={"language": "fr", "back": "/models"})
    assert switched.headers["location"] == "/models"
    assert "Modèles" in client.get("/models").text
    for bad in ("//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb"):
        assert client.post("/language", data={"language": "en", "back": bad}).headers["location"] == "/"


def test_hostile_text_stays_text(client: Client, house: HouseInMemory) -> None:
    number = house.library.put("source_1", HOSTILE, HOSTILE)
    client.post("/ask", data={"question": HOSTILE})
    conversation = house.assistant.conversations()[0].id
    passage = f"/documents/{number}?passage={number * 1000}&start=3&end=40"
    paths = [
        "/",
        f"/documents/{number}",
        passage,
        "/search?q=cotisation",
        f"/conversations/{conversation}",
        "/conversations",
    ]
    for path in [*paths, "/library/sources/source_1"]:
        page = client.get(path).text
        assert "\u202e" not in page
        for tag, attributes in Markup(page).tags:
            assert tag != "b"
            assert tag != "script" or (attributes.get("src") or "").startswith("/static/")
            assert tag != "img" or (attributes.get("src") or "").startswith("/static/")
            assert "onerror" not in attributes
            assert not (attributes.get("href") or "").startswith("javascript")


def test_asking_without_scripts_brings_the_whole_answer(client: Client, house: HouseInMemory) -> None:
    sent = client.post("/ask", data={"question": "cotisation annuelle", "scope": "document:1"})
    assert sent.status_code == 303
    page = client.get(sent.headers["location"].partition("#")[0]).text
    assert "La cotisation annuelle est de 15 euros par foyer." in page
    assert "“12” does not stand in the sources." in page
    assert "to be checked: 12" in page
    link = re.search(r'class="cite" href="([^"]+)"', page)
    assert link
    document = client.get(link.group(1).replace("&amp;", "&").partition("#")[0]).text
    marked = re.search(r'<mark id="quote"[^>]*>([^<]*)</mark>', document)
    assert marked
    assert marked.group(1) == "La cotisation annuelle est de 15 euros par foyer. Elle est due avant le 31 mars."


def test_without_a_model_the_page_says_whose_sentences_these_are(client: Client, house: HouseInMemory) -> None:
    client.post("/ask", data={"question": "cotisation annuelle"})
    conversation, turns = next(iter(house.assistant.kept.values()))
    sentence = replace(turns[0].answer.sentences[0], verbatim=True)
    answer = replace(turns[0].answer, model="", sentences=(sentence,))
    house.assistant.kept[conversation.id] = (conversation, [replace(turns[0], answer=answer)])
    page = client.get(f"/conversations/{conversation.id}").text
    assert page.count(sentence.text) == 1
    assert page.index("No model that writes is on this machine yet: these") < page.index(sentence.text)
    assert 'href="/models">Add a model' in page


def test_a_filled_letter_keeps_its_lines_and_its_sources(client: Client, house: HouseInMemory) -> None:
    template = "Chère Madame,\nla cotisation est de {{ montant }}."
    house.assistant.letter = "Chère Madame,\nla cotisation est de 15 euros [1]."
    sent = client.post("/ask", data={"question": "cotisation annuelle", "task": "draft", "template": template})
    page = client.get(sent.headers["location"].partition("#")[0]).text
    letter = re.search(r'<div class="letter"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert letter
    assert re.sub(r"<[^>]+>", "", letter.group(1)) == "Chère Madame,\nla cotisation est de 15 euros Source 1."
    assert 'class="cite"' in letter.group(1)


def test_going_on_stays_in_the_conversation(client: Client, house: HouseInMemory) -> None:
    client.post("/ask", data={"question": "cotisation annuelle"})
    first = house.assistant.conversations()[0]
    client.post("/ask", data={"question": "et le four à pain ?", "conversation": first.id})
    assert house.assistant.conversation(first.id).turns == 2


def test_not_found_shows_what_comes_closest(client: Client) -> None:
    sent = client.post("/ask", data={"question": "zzz"})
    page = client.get(sent.headers["location"].partition("#")[0]).text
    assert "Not found in your documents." in page
    assert "What comes closest" in page


def test_an_empty_question_and_a_refused_one_are_told(client: Client) -> None:
    assert client.post("/ask", data={"question": "  "}).status_code == 400
    kept = client.post("/ask", data={"question": "cotisation", "task": "answer", "conversation": ""})
    assert kept.status_code == 303


def test_library_forms(client: Client, house: HouseInMemory) -> None:
    wrong = client.post("/library/add", data={"path": "nowhere"})
    assert wrong.status_code == 400
    assert 'value="nowhere"' in wrong.text
    assert client.post("/library/add", data={"path": "/srv/notes"}).headers["location"] == "/library?said=added"
    assert client.post("/sources/source_2/sync").status_code == 303
    assert house.library.synced == ["source_2"]
    assert client.post("/sources/source_2/remove").status_code == 303
    assert [one.id for one in house.library.sources()] == ["source_1"]
    assert client.post("/library/files", files={"files": ("a.txt", b"x")}).headers["location"] == "/library?said=files"


def test_conversation_forms(client: Client, house: HouseInMemory) -> None:
    client.post("/ask", data={"question": "cotisation annuelle"})
    path = f"/conversations/{house.assistant.conversations()[0].id}"
    assert client.post(f"{path}/rename", data={"title": "Argent"}).status_code == 303
    assert "Argent" in client.get("/conversations?q=arg").text
    assert client.post(f"{path}/rename", data={"title": " "}).status_code == 400
    assert "Delete « Argent »?" in client.get(f"{path}/delete").text
    assert client.post(f"{path}/delete").status_code == 303
    assert client.get(path).status_code == 404


def test_a_model_from_outside_asks_for_a_yes(client: Client, house: HouseInMemory) -> None:
    asked = client.post("/models/add", data={"model": "grand-modele"})
    assert "To models.example: the name of this file, and the address of your network." in asked.text
    assert "grand-modele" not in house.models.here
    assert client.post("/models/add", data={"model": "grand-modele", "consent": "yes"}).status_code == 303


def test_choosing_a_model_and_a_language(client: Client, house: HouseInMemory) -> None:
    assert client.post("/models/choose", data={"model": "petit-modele"}).status_code == 303
    assert house.settings.chat_model == "petit-modele"
    assert client.post("/models/choose", data={"model": "absent"}).status_code == 404
    assert client.post("/settings", data={"model": "", "language": "fr"}).status_code == 303
    assert house.settings.chat_model == ""
    assert "Réglages" in client.get("/settings").text


def test_errors_are_pages(client: Client) -> None:
    for path, status in (("/nowhere", 404), ("/documents/99", 404), ("/documents/x", 404), ("/static/x.js", 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert "<h1>" in answer.text
    assert client.delete("/settings").status_code == 405


def test_static_files_are_kept_for_ever_and_compressed(client: Client) -> None:
    page = client.get("/").text
    for address in set(re.findall(r'"(/static/[^"]+)"', page)):
        first = client.get(address)
        assert "immutable" in first.headers["cache-control"]
        assert client.get(address, headers={"if-none-match": first.headers["etag"]}).status_code == 304
    assert client.get("/", headers={"accept-encoding": "gzip"}).headers["content-encoding"] == "gzip"


def test_security_headers(client: Client) -> None:
    for path in ("/", "/api/v1/health", "/nowhere", "/api/v1/nowhere"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "same-origin"


def test_a_document_is_forgotten_after_a_second_look(client: Client, house: HouseInMemory) -> None:
    shown = client.get("/documents/1").text
    assert "/documents/1/forget" in shown
    asked = client.get("/documents/1/forget")
    assert asked.status_code == 200
    assert 1 in house.library.kept
    source_id = house.library.kept[1].source_id
    done = client.post("/documents/1/forget")
    assert done.status_code == 303
    assert 1 not in house.library.kept
    assert client.get("/documents/1/forget").status_code == 404
    assert f"/library/sources/{source_id}/let-back" in client.get(f"/library/sources/{source_id}").text
    client.post(f"/library/sources/{source_id}/let-back")
    assert "let-back" not in client.get(f"/library/sources/{source_id}").text
