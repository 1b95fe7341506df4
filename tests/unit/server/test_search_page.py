"""What narrows a search is seen on the page, and can be taken away."""

from __future__ import annotations

from fakes.asking import Client


def test_what_was_understood_is_told_with_a_way_out(client: Client) -> None:
    page = client.get("/search", params={"q": "cotisation dans mes courriels"}).text
    assert "Searched in your emails." in page
    assert "/search?q=cotisation+dans+mes+courriels&amp;everywhere=1" in page
    whole = client.get("/search", params={"q": "cotisation dans mes courriels", "everywhere": "1"}).text
    assert "Searched in" not in whole


def test_the_form_shows_what_narrows_the_search(client: Client) -> None:
    page = client.get("/search", params={"q": "cotisation", "kind": "mail", "since": "2026-03-01"}).text
    assert '<option value="mail" selected>' in page
    assert 'value="2026-03-01"' in page
    assert "your emails, since 1 March 2026" in page
    assert '<details class="narrowing" open>' in page
    assert '<details class="narrowing">' in client.get("/search", params={"q": "cotisation"}).text


def test_a_search_is_bound_to_who_wrote_or_received_it(client: Client) -> None:
    page = client.get("/search", params={"q": "cotisation", "who": "Zoé"}).text
    assert 'name="who" value="Zoé"' in page
    assert "documents, Zoé." in page
    assert '<details class="narrowing" open>' in page
    found = client.get("/api/v1/search", params={"q": "cotisation", "who": "Zoé"}).json()
    assert found["understood"]["only"]["people"] == ["zoé"]


def test_a_date_that_is_none_is_said_beside_the_form(client: Client) -> None:
    page = client.get("/search", params={"q": "cotisation", "since": "someday"})
    assert page.status_code == 200
    assert "“someday” is no date." in page.text


def test_the_api_takes_filters_and_refuses_what_is_none(client: Client) -> None:
    found = client.get("/api/v1/search", params={"q": "cotisation", "kind": "mail,pdf", "until": "2026"}).json()
    assert sorted(found["understood"]["only"]["kinds"]) == ["mail", "pdf"]
    assert client.get("/api/v1/search", params={"q": "cotisation", "kind": "letters"}).status_code == 400
