"""A mistake in a request is told in the reader's language, with the name of the field."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory
from hameau.server import create_app
from hameau.server.mistakes import bad_shape
from hameau.server.shapes import NewQuestion, NewSource, SearchQuery

MISTAKES: list[tuple[type, bytes, str]] = [
    (NewSource, b"{}", "Le champ uri manque."),
    (NewQuestion, b'{"zzz": 1}', "Le champ zzz n’est pas connu ici."),
    (NewQuestion, b'{"task": "zzz"}', "Le champ task ne peut pas valoir 'zzz'."),
    (NewQuestion, b'{"document": "abc"}', "Le champ document n’a pas le bon type ; il faut int"),
    (NewSource, b'{"uri": ""}', "La longueur du champ uri doit être >= 1."),
    (SearchQuery, b'{"limit": 1000}', "Le champ limit doit être <= 100."),
    (NewSource, b'{"uri": "x", "space": "A B"}', "Le champ space contient des signes"),
    (NewSource, b'{"uri": ', "La requête n’est pas du JSON valable."),
    (NewSource, b"{nope}", "La requête n’est pas du JSON valable."),
    (NewSource, b"\xff\xfe", "La requête n’est pas du JSON valable."),
    (NewSource, b"[1]", "La requête n’a pas la forme attendue."),
]


@pytest.mark.parametrize(("shape", "data", "french"), MISTAKES)
def test_mistakes_are_told_in_french(house: HouseInMemory, shape: type, data: bytes, french: str) -> None:
    client = Client(create_app(house), language="fr")
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)) as caught:
        msgspec.json.decode(data, type=shape)
    error: Any = bad_shape(caught.value)
    assert "`" not in str(error)
    paths = {NewSource: "/api/v1/sources", NewQuestion: "/api/v1/ask"}
    if shape in paths:
        answer = client.post(paths[shape], content=data, headers={"content-type": "application/json"})
    else:
        answer = client.get("/api/v1/search?limit=1000")
    assert answer.status_code == 422
    told = answer.json()["error"]
    assert told["message"].replace("\u00a0", " ").startswith(french)
    assert told["hint"]


@pytest.mark.parametrize("fields", [{"scope": "document:abc"}, {"task": "zzz"}, {"scope": "document:²"}])
def test_a_form_that_can_not_be_read_is_told_plainly_and_keeps_what_was_typed(
    client: Client, fields: dict[str, str]
) -> None:
    page = client.post("/ask", data={"question": "Combien de chaises ?", **fields})
    assert page.status_code == 422
    assert "This form can&#39;t be read." in page.text
    assert "Combien de chaises ?" in page.text
    assert "Expected" not in page.text


def test_a_summary_needs_a_subject_or_a_place(client: Client) -> None:
    bare = client.post("/ask", data={"question": " ", "task": "summary"})
    assert bare.status_code == 400
    assert "What should be summarised?" in bare.text
    assert client.post("/ask", data={"question": "cotisation", "task": "summary"}).status_code == 303
    assert client.post("/ask", data={"task": "summary", "scope": "document:1"}).status_code == 303
    assert client.get("/?document=99999999999999999999999").status_code == 200
