"""Keys are shown once, kept as hashes, bounded in time, taken back at once; and the journal says so without naming them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hameau.accounts import PREFIX, SCOPES, Keys
from hameau.kit import BadInput, Conflict, NotFound
from hameau.perimeter import Journal, Kind, Perimeter
from hameau.storage import Database

NOON = 1_784_025_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "hameau.db")
    yield made
    made.close()


@pytest.fixture
def border(tmp_path: Path) -> Perimeter:
    return Perimeter(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(database: Database, border: Perimeter, clock: Clock) -> Keys:
    return Keys(lambda: database, border, clock)


def test_a_key_is_shown_once_and_kept_as_a_hash(keys: Keys, tmp_path: Path, database: Database) -> None:
    made = keys.make("Nextcloud", ["read", "chat"])
    assert made.secret.startswith(PREFIX)
    assert len(made.secret) == len(PREFIX) + 43
    assert made.key.scopes == ("chat", "read")
    assert keys.all() == (made.key,)
    assert made.secret not in repr(made)
    database.fold()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert made.secret[len(PREFIX) + 4 :].encode() not in path.read_bytes(), path


def test_it_opens_until_it_is_taken_back(keys: Keys) -> None:
    made, other = keys.make("one", ["chat"]), keys.make("two", ["admin"])
    found = keys.check(made.secret)
    assert found is not None
    assert found.name == "one"
    assert found.may("chat")
    assert not found.may("read")
    assert keys.revoke("one").id == made.key.id
    assert keys.check(made.secret) is None
    assert "taken back" in keys.why_not(made.secret)
    assert keys.revoke(other.key.id).name == "two"
    assert keys.all() == ()
    with pytest.raises(NotFound):
        keys.revoke("one")


def test_admin_opens_everything(keys: Keys) -> None:
    key = keys.make("me", ["admin"]).key
    assert all(key.may(scope) for scope in SCOPES)


def test_its_time_is_over_at_the_moment_that_was_said(keys: Keys, clock: Clock) -> None:
    made = keys.make("for a day", ["chat"], expires_at="2026-07-15T10:30:00Z")
    assert made.key.expires_at == "2026-07-15T10:30:00.000Z"
    clock.now += 86_399
    assert keys.check(made.secret) is not None
    clock.now += 1
    assert keys.check(made.secret) is None
    assert "over" in keys.why_not(made.secret)


@pytest.mark.parametrize(
    "secret", ["", "hameau-", "sk-" + "a" * 43, PREFIX + "a" * 43, PREFIX + "é\udcff", PREFIX + "a" * 10_000]
)
def test_anything_else_is_none(keys: Keys, secret: str) -> None:
    keys.make("one", ["chat"])
    assert keys.check(secret) is None
    assert keys.why_not(secret)


@pytest.mark.parametrize("name", ["", "  \n ", "a" * 61, "a\x00b", "a\u202eb"])
def test_a_name_is_one_that_can_be_read(keys: Keys, name: str) -> None:
    with pytest.raises(BadInput):
        keys.make(name, ["chat"])


@pytest.mark.parametrize("scopes", [[], ["everything"], ["chat", "everything"]])
def test_a_key_says_what_it_opens(keys: Keys, scopes: list[str]) -> None:
    with pytest.raises(BadInput):
        keys.make("one", scopes)  # type: ignore[arg-type]


@pytest.mark.parametrize("end", ["soon", "2001-01-01", "9999-99-99"])
def test_an_end_is_a_moment_to_come(keys: Keys, end: str) -> None:
    with pytest.raises(BadInput):
        keys.make("one", ["chat"], expires_at=end)


def test_two_keys_never_have_one_name(keys: Keys) -> None:
    keys.make("Téléphone", ["chat"])
    with pytest.raises(Conflict):
        keys.make(" téléphone ", ["read"])


def test_what_happened_to_it_is_written_down(keys: Keys, border: Perimeter, clock: Clock) -> None:
    made = keys.make("Nextcloud", ["chat"])
    keys.check(made.secret)
    clock.now += 120
    keys.check(made.secret)
    keys.refused("192.168.1.9", "This is not a key of this Hameau.")
    keys.revoke("Nextcloud")
    kinds = {Kind.KEY_MADE, Kind.KEY_USED, Kind.KEY_REFUSED, Kind.KEY_REVOKED}
    written = list(reversed(border.journal.entries(kinds=kinds)))
    assert [entry.kind for entry in written] == [Kind.KEY_MADE, Kind.KEY_USED, Kind.KEY_REFUSED, Kind.KEY_REVOKED]
    assert written[1].by == "key Nextcloud"
    sentences = [Journal.sentence(entry, "en") for entry in written]
    assert "Nextcloud" in sentences[0]
    assert "192.168.1.9" in sentences[2]
    assert made.secret[len(PREFIX) :] not in str([entry.facts for entry in written])


def test_the_last_use_is_kept_to_the_minute(keys: Keys, clock: Clock) -> None:
    made = keys.make("one", ["chat"])
    keys.check(made.secret)
    first = keys.all()[0].last_used_at
    assert first == "2026-07-14T10:30:00.000Z"
    clock.now += 30
    keys.check(made.secret)
    assert keys.all()[0].last_used_at == first
    clock.now += 60
    keys.check(made.secret)
    _until(lambda: keys.all()[0].last_used_at == "2026-07-14T10:31:30.000Z")


def test_another_process_sees_at_once_that_it_was_taken_back(keys: Keys, tmp_path: Path) -> None:
    made = keys.make("one", ["chat"])
    beside = Database(tmp_path / "hameau.db")
    other = Keys(lambda: beside)
    assert other.check(made.secret) is not None
    keys.revoke("one")
    assert other.check(made.secret) is None
    beside.close()


def test_many_threads_may_use_one_key(keys: Keys, border: Perimeter) -> None:
    made = keys.make("one", ["chat"])
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(keys.check(made.secret) is not None)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8
    assert len(border.journal.entries(kinds={Kind.KEY_USED})) == 1


def _until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came")
