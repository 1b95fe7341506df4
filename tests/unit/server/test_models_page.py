"""The pages of models without scripts: the list, talking with one, comparing two."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory
from fakes.models import ScriptedGenerator
from fakes.speakers import card
from hameau.models import InstalledModel, Nearby, Recipe, Unfinished

HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(1)> {{ 7*7 }} \u202egnp.exe'


def texts(html: str) -> str:
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", html))


def test_what_is_in_memory_is_said_and_put_away(client: Client, house: HouseInMemory) -> None:
    assert "None: the first question" in client.get("/models").text
    house.models.generator("petit-modele", keep_alive=300)
    page = texts(client.get("/models?part=now").text)
    assert "Petit Modele 500\u00a0MB" in page
    assert "put away at" in page
    assert "hold 500\u00a0MB, and may hold up to 8.0\u00a0GB" in page
    sent = client.post("/models/unload", data={"model": "petit-modele"})
    assert sent.headers["location"] == "/models?said=away"
    assert not house.models.loaded()
    assert client.post("/models/unload", data={"model": "nobody"}).status_code == 404


def test_a_half_model_can_be_gone_on_with_or_thrown_away(client: Client, house: HouseInMemory) -> None:
    house.models.half["grand-modele"] = Unfinished("grand-modele", 250_000_000, 491_000_000)
    page = client.get("/models").text
    assert "250\u00a0MB of 491\u00a0MB · not finished" in texts(page)
    assert 'aria-label="Add Grand Modele"' not in page
    assert client.post("/models/discard", data={"model": "grand-modele"}).headers["location"] == "/models?said=stopped"
    assert 'aria-label="Add Grand Modele"' in client.get("/models").text


def test_models_of_others_say_where_they_run_and_whose_they_are(client: Client, house: HouseInMemory) -> None:
    far = replace(card("atelier/grand:7b"), size_bytes=0, ram_bytes=0)
    house.services.hosts["atelier"] = "192.168.1.20:8000"
    house.models.here[far.id] = InstalledModel(far, "", "", service="atelier", remote_name="grand:7b")
    house.models.here["ami"] = InstalledModel(card("ami"), "/srv/ollama/ami", "", foreign=True)
    own = replace(card("greffier"), title="Greffier")
    house.models.here["greffier"] = InstalledModel(own, "/models/petit.gguf", "", recipe=Recipe("petit-modele"))
    page = client.get("/models").text
    assert "runs on 192.168.1.20:8000" in page
    assert f"/models/{far.id}/remove" not in page
    assert "belongs to another program" in client.get("/models/ami/remove").text
    assert "The model whose file it uses stays" in client.get("/models/greffier/remove").text
    assert "Uses the file of Petit Modele" in page
    assert client.get("/api/v1/models/atelier/grand:7b").json()["host"] == "192.168.1.20:8000"
    assert client.post("/models/choose", data={"model": far.id}).headers["location"] == "/models?said=chosen"
    assert house.settings.chat_model == far.id
    assert client.post("/models/choose", data={"model": ""}).headers["location"] == "/models?said=auto"


def test_sticks_are_looked_at_when_somebody_asks(client: Client, house: HouseInMemory) -> None:
    house.models.around = [Nearby("/media/cle/<b>.gguf", HOSTILE, 4_000_000_000, "CLE")]
    assert "CLE" not in client.get("/models").text
    page = client.get("/models?look=1").text
    assert "CLE" in page
    assert 'value="/media/cle/&lt;b&gt;.gguf"' in page
    assert "<script>alert" not in page
    house.models.around = []
    assert "No other model was found" in client.get("/models?look=1").text


def test_the_licence_is_said_in_plain_words(client: Client, house: HouseInMemory) -> None:
    house.models.catalogue.append(replace(card("lama"), license="llama3.2", license_url="https://www.llama.com/x"))
    page = texts(client.get("/models", headers={"accept-language": "fr"}).text)
    assert "Libre" in page
    assert "https://www.llama.com/x" in page
    told = client.get("/api/v1/models/petit-modele").json()["licence"]
    assert told["free"]
    assert told["work"] == "Yes, for anything."


def test_talking_without_scripts_keeps_what_was_said_in_the_form(client: Client, house: HouseInMemory) -> None:
    speaker = ScriptedGenerator(lambda request: f"{len(request.messages)} : {HOSTILE}")
    house.models.generators["petit-modele"] = speaker
    page = client.post("/chat", data={"message": "Bonjour", "model": "petit-modele", "history": "[]"}).text
    for question in ("Encore", "Et puis ?"):
        history = re.search(r'name="history" value="([^"]*)"', page)
        assert history
        kept = history[1].replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'")
        form = {"message": question, "model": "petit-modele", "history": kept.replace("&amp;", "&"), "tone": "precise",
                "system": "Sois bref."}  # fmt: skip
        page = client.post("/chat", data=form).text
    assert [len(one.messages) for one in speaker.said] == [1, 4, 6]
    assert speaker.said[-1].temperature == 0.0
    assert page.count('class="asked"') == 4  # three, and the template of the script
    assert "<script>alert" not in page
    assert "onerror=alert" not in re.sub(r"&lt;.*?&gt;", "", page)
    assert "\u202e" not in re.sub(r'value="[^"]*"', "", page)
    assert "Sois bref." in page
    assert house.assistant.conversations() == []


def test_what_was_typed_stays_when_it_fails(client: Client, house: HouseInMemory) -> None:
    answer = client.post("/chat", data={"message": "mot " * 5000, "model": "petit-modele", "history": "[]"})
    assert answer.status_code == 400
    assert "4096" in texts(answer.text)
    assert answer.text.count("mot mot") > 100
    assert client.post("/chat", data={"message": "a", "history": "{"}).status_code == 422
    assert client.post("/chat", data={"message": "a", "model": "nobody", "history": "[]"}).status_code == 404


def test_a_picture_comes_with_a_form(client: Client, house: HouseInMemory) -> None:
    speaker = ScriptedGenerator("Un moulin.")
    house.models.generators["petit-modele"] = speaker
    files = {"picture": ("moulin.png", b"\x89PNG", "image/png")}
    sent = client.post(
        "/chat", data={"message": "Que vois-tu ?", "model": "petit-modele", "history": "[]"}, files=files
    )
    assert sent.status_code == 200
    assert speaker.said[0].messages[-1].images == (b"\x89PNG",)


def test_two_are_compared_without_scripts_and_one_may_fail(client: Client, house: HouseInMemory) -> None:
    house.models.here["autre"] = InstalledModel(card("autre"), "/models/autre.gguf", "")
    house.models.generators["autre"] = ScriptedGenerator("Une autre réponse.")
    page = texts(client.post("/compare", data={"message": "Bonjour", "left": "petit-modele", "right": "autre"}).text)
    assert page.index("Bonjour") < page.index("Une autre réponse.")
    assert page.count("First word after") == 3  # two, and the words of the script
    page = texts(client.post("/compare", data={"message": "Bonjour", "left": "nobody", "right": "autre"}).text)
    assert "Une autre réponse." in page
    assert "There is no model nobody." in page
    assert client.post("/compare", data={"message": " ", "left": "autre", "right": "autre"}).status_code == 200


def test_without_a_model_the_pages_lead_to_one(client: Client, house: HouseInMemory) -> None:
    house.models.here.clear()
    for path in ("/chat", "/compare"):
        page = client.get(path)
        assert page.status_code == 200
        assert "No model that writes is on this machine yet." in page.text
        assert "<form" not in page.text.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("path", ["/chat", "/compare", "/models"])
def test_the_sub_navigation_says_where_one_is(client: Client, path: str) -> None:
    tabs = client.get(path).text.partition('class="tabs"')[2].partition("</nav>")[0]
    assert f'href="{path}" aria-current="page"' in tabs
    assert tabs.count("aria-current") == 1


def test_a_key_that_only_chats_sees_the_models_and_changes_nothing(client: Client, house: HouseInMemory) -> None:
    house.models.half["grand-modele"] = Unfinished("grand-modele", 250_000_000, 491_000_000)
    house.models.around = [Nearby("/media/cle/x.gguf", "x", 4_000_000_000, "CLE")]
    house.models.generator("petit-modele")
    with_key = {"headers": {"x-api-key": house.keys.make("tablette", ["chat"]).secret}}
    page = client.get("/models?look=1", **with_key)
    assert page.status_code == 200
    main = page.text.partition("<main")[2].partition("</main>")[0]
    assert "<form" not in main
    assert "CLE" not in main
    assert "/remove" not in main
    assert client.get("/api/v1/models/nearby", **with_key).status_code == 403
    assert client.post("/models/unload", data={"model": "petit-modele"}, **with_key).status_code == 403
    assert house.models.loaded()
    assert client.get("/chat", **with_key).status_code == 200
    said = client.post("/chat", data={"message": "Bonjour", "model": "petit-modele", "history": "[]"}, **with_key)
    assert "Bonjour" in said.text
