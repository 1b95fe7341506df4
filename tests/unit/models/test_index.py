"""Where pip would go becomes Connections: for those hosts and ports, and no others."""

from __future__ import annotations

import pytest

from hameau.models.index import index_connections, places_of

OWN = {"url": "https://index.example/simple", "files": "files.example"}


@pytest.mark.parametrize(
    ("chosen", "places"),
    [
        ({}, (("index.example", 443), ("files.example", 443))),
        ({"global.timeout": "3"}, (("index.example", 443), ("files.example", 443))),
        ({"global.index-url": "https://mirror.example:8443/simple"}, (("mirror.example", 8443),)),
        ({":env:.index-url": "http://10.0.0.7/simple"}, (("10.0.0.7", 80),)),
        (
            {"global.extra-index-url": "file:///srv/simple https://more.example/s", "global.find-links": "/opt/wheels"},
            (("more.example", 443), ("index.example", 443), ("files.example", 443)),
        ),
        (
            {"global.index-url": "https://user:secret@mirror.example/s", "global.proxy": "http://proxy.example:3128"},
            (("mirror.example", 443), ("proxy.example", 3128)),
        ),
    ],
)
def test_the_places_that_pip_names(chosen: dict[str, str], places: tuple[tuple[str, int], ...]) -> None:
    assert places_of({"chosen": chosen, **OWN}) == places


def test_proxies_are_places_and_what_is_no_address_is_none() -> None:
    chosen = {"global.index-url": "https://mirror.example:port/s", "global.proxy": "proxy.example:3128"}
    told = {"chosen": chosen, **OWN, "proxies": ["http://user:secret@other.example:8080/"]}
    assert places_of(told) == (("other.example", 8080), ("proxy.example", 3128))


def test_a_proxy_of_the_environment_is_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:secret@proxy.example:3128")
    found = index_connections("tiny")
    assert ("proxy.example", 3128) in {(host, each.port) for each in found for host in (each.host, *each.also)}
    assert "secret" not in repr(found)


def test_the_real_pip_says_where_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example:8443/simple")
    found = {each.port: each for each in index_connections("tiny")}
    assert found[8443].host == "mirror.example"
    assert found[8443].name == "model.tiny.8443"
    assert all("tiny" in each.why for each in found.values())
