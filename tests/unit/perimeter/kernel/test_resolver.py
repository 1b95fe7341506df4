"""Names looked after in the background: kept, renewed, forgotten."""

from __future__ import annotations

import select
from collections.abc import Iterator

import pytest

from hameau.perimeter.kernel.resolver import Resolver, lookup


class Book:
    """A resolver that answers from a book. A name that is not in it makes it stumble."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, ...]] = {}
        self.asked: list[str] = []

    def ask(self, host: str) -> tuple[str, ...]:
        self.asked.append(host)
        return self.pages[host]


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def resolver(book: Book) -> Iterator[Resolver]:
    made = Resolver(book.ask, refresh=0.02)
    yield made
    made.close()


def _changed(resolver: Resolver) -> bool:
    return bool(select.select([resolver], [], [], 5)[0]) and resolver.drain()


def test_answers_arrive_and_are_kept(book: Book, resolver: Resolver) -> None:
    book.pages["a.example"] = ("192.0.2.1",)
    assert resolver.addresses("a.example") == ()
    resolver.want(["a.example"])
    assert _changed(resolver)
    assert resolver.addresses("a.example") == ("192.0.2.1",)
    book.pages["a.example"] = ("192.0.2.2",)
    assert _changed(resolver)
    assert resolver.addresses("a.example") == ("192.0.2.1", "192.0.2.2")  # what was open a moment ago stays for a while


def test_what_is_not_wanted_is_forgotten(book: Book, resolver: Resolver) -> None:
    book.pages |= {"a.example": ("192.0.2.1",), "b.example": ("192.0.2.9",)}
    resolver.want(["a.example"])
    assert _changed(resolver)
    resolver.want(["b.example"])
    assert resolver.addresses("a.example") == ()
    assert _changed(resolver)
    assert resolver.addresses("b.example") == ("192.0.2.9",)


def test_a_resolver_that_stumbles_is_asked_again(
    book: Book, resolver: Resolver, caplog: pytest.LogCaptureFixture
) -> None:
    resolver.want(["late.example"])
    while not book.asked:
        select.select([resolver], [], [], 0.01)
    book.pages["late.example"] = ("192.0.2.1",)
    assert _changed(resolver)
    assert resolver.addresses("late.example") == ("192.0.2.1",)


def test_it_begins_with_what_was_known(book: Book, resolver: Resolver) -> None:
    resolver.remember({"a.example": ("192.0.2.1",)})
    assert resolver.addresses("a.example") == ("192.0.2.1",)


def test_the_system_is_asked_for_this_machine() -> None:
    assert "127.0.0.1" in lookup("localhost")
    assert lookup("a..b") == ()
