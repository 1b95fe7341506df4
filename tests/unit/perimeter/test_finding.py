"""Names of this machine are found without asking anybody."""

from __future__ import annotations

import socket

import pytest

from hameau.perimeter.finding import find


@pytest.mark.parametrize("host", ["localhost", "what.somebody.asked.localhost"])
def test_no_resolver_is_asked_for_this_machine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolver(*_: object, **__: object) -> list[object]:
        raise AssertionError("a question would leave")

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    assert find(host, 443) == ("127.0.0.1", "::1")
