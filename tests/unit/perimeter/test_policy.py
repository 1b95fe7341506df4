"""What a person decided is kept whole, read back as it was, and allows nothing when it can't be understood."""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.kit import BadInput, Corrupt, NotFound
from hameau.perimeter import FOREVER, Connection, Level, Neighbour, Policy
from hameau.perimeter.entrance import policy_of
from hameau.perimeter.policy import FILE, PolicyStore, check

MAIL = Connection("mail", "Zoé", "le courrier", "imap.exemple.fr", 993, 1_900_000_000.0, 1_800_000_000.0)


def test_at_first_nothing_is_allowed(tmp_path: Path) -> None:
    assert PolicyStore(tmp_path / "not there").read() == Policy(Level.CLOSED, (), ())


def test_what_was_allowed_is_read_back(tmp_path: Path) -> None:
    store = PolicyStore(tmp_path)
    far = replace(MAIL, name="feed", host="*.exemple.fr", also=("2001:db8::1",), local=True, until=FOREVER)
    store.allow(MAIL)
    store.allow(far)
    assert PolicyStore(tmp_path).read().connections == (MAIL, far)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_many_are_allowed_in_one_write_or_none(tmp_path: Path) -> None:
    store = PolicyStore(tmp_path)
    store.allow(MAIL)
    feeds = [replace(MAIL, name=f"feed{number}", host=f"flux{number}.exemple.fr", port=443) for number in range(300)]
    again = replace(MAIL, port=143)
    assert store.allow_all([*feeds, again, feeds[0]]) == (*feeds, again)
    assert PolicyStore(tmp_path).read().connections == (*feeds, again)
    with pytest.raises(BadInput):
        store.allow_all([replace(feeds[0], name="new"), replace(feeds[1], port=0)])
    assert PolicyStore(tmp_path).read().connections == (*feeds, again)
    assert store.allow_all([]) == ()


def test_the_same_name_is_replaced(tmp_path: Path) -> None:
    store = PolicyStore(tmp_path)
    store.allow(MAIL)
    store.allow(replace(MAIL, port=143))
    assert [each.port for each in store.read().connections] == [143]


def test_another_process_s_change_is_seen(tmp_path: Path) -> None:
    one, other = PolicyStore(tmp_path), PolicyStore(tmp_path)
    assert one.read() == Policy()
    other.allow(MAIL)
    assert one.read().connection("mail") == MAIL
    other.revoke("mail")
    assert one.read() == Policy()
    (tmp_path / FILE).unlink()
    assert one.read() == Policy()


def test_the_level_keeps_the_connections(tmp_path: Path) -> None:
    store = PolicyStore(tmp_path)
    store.allow(MAIL)
    neighbours = (Neighbour("nas.home.arpa", 0), Neighbour("192.168.1.5", 443))
    assert store.set_level(Level.HOME_NETWORK, neighbours) == Policy(Level.HOME_NETWORK, neighbours, (MAIL,))
    assert PolicyStore(tmp_path).read() == Policy(Level.HOME_NETWORK, neighbours, (MAIL,))
    assert store.set_level(Level.CLOSED) == Policy(Level.CLOSED, (), (MAIL,))


def test_an_unknown_name_can_t_be_revoked(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        PolicyStore(tmp_path).revoke("mail")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "Mail"}, {"name": "a b"}, {"name": "../x"}, {"name": "x" * 65},
        {"port": 0}, {"port": 65536}, {"port": -1}, {"why": "  "}, {"host": ""}, {"host": "*"}, {"host": "*.*"},
        {"host": "a b"}, {"host": "a\nb"}, {"host": "https://a"}, {"host": "a/b"}, {"host": "-x"}, {"host": "faß.de"}, {"also": ("a b",)},
    ],
)  # fmt: skip
def test_what_can_t_be_a_connection(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        PolicyStore(tmp_path).allow(replace(MAIL, **wrong))  # type: ignore[arg-type]
    assert PolicyStore(tmp_path).read() == Policy()


@pytest.mark.parametrize(
    "text",
    ["level = ", "level = 'open'", "connection = 3", "[[connection]]\nname='x'", "\x00", "[[neighbour]]\nhost='a b'\nport=1",
     "[[connection]]\nname='x'\nwhy='y'\nhost='a.b'\nport='none'", "[[connection]]\nname='x'\nwhy='y'\nhost='a.b'\nport=inf",
     "[[connection]]\nname='x'\nwhy='y'\nhost='a.b'\nport=443.9", "[[connection]]\nname='x'\nwhy='y'\nhost='a.b'\nport=true",
     "[[connection]]\nname='x'\nwhy='y'\nhost='a.b'\nport=1\nalso='cd'", "[[neighbour]]\nhost='a'\nport=70000",
     "[[neighbour]]\nhost='a'\nport='1'", "#" * 2_000_000, "a = " + "[" * 5000, "[[connection]]\nname='x'\nwhy='y'\nhost='a.b'\nport=1\nuntil=3"],
)  # fmt: skip
def test_a_file_that_can_t_be_understood_allows_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    store = PolicyStore(tmp_path)
    with pytest.raises(Corrupt):
        store.read()
    assert policy_of(store) == Policy()
    with pytest.raises(Corrupt):  # and what a person wrote there is not overwritten
        store.allow(MAIL)
    assert (tmp_path / FILE).read_text() == text


@given(st.text(min_size=1), st.text())
def test_any_words_survive(why: str, who: str) -> None:
    try:
        kept = check(replace(MAIL, why=why, who=who))
    except BadInput:
        assert not why.strip()
        return
    assert kept.why == " ".join(why.split())


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_words_are_read_back(tmp_path_factory: pytest.TempPathFactory, why: str) -> None:
    store = PolicyStore(tmp_path_factory.mktemp("home"))
    try:
        allowed = store.allow(replace(MAIL, why=why, who=why))
    except BadInput:
        return
    assert PolicyStore(store._path.parent).read().connections == (allowed,)


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    def work(number: int) -> None:
        for each in range(10):
            PolicyStore(tmp_path).allow(replace(MAIL, name=f"c{number}.{each}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(PolicyStore(tmp_path).read().connections) == 40


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes by name")
def test_a_pipe_or_a_device_stops_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    with pytest.raises(Corrupt):
        PolicyStore(tmp_path).read()
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).symlink_to("/dev/zero")
    with pytest.raises(Corrupt):
        PolicyStore(tmp_path).read()


def test_what_others_could_have_written_is_not_a_decision(tmp_path: Path) -> None:
    store = PolicyStore(tmp_path)
    store.allow(MAIL)
    (tmp_path / FILE).chmod(0o664)  # as editors leave it
    assert store.read().connections == (MAIL,)
    (tmp_path / FILE).chmod(0o666)
    with pytest.raises(Corrupt, match="other users"):
        PolicyStore(tmp_path).read()


def test_a_moment_without_a_zone_is_by_the_reader_s_clock(tmp_path: Path) -> None:
    text = "[[connection]]\nname='x'\nwhy='y'\nhost='a.b'\nport=1\nuntil="
    (tmp_path / FILE).write_text(text + "2030-06-01T18:00:00")
    (read,) = PolicyStore(tmp_path).read().connections
    assert read.until == datetime(2030, 6, 1, 18).astimezone().timestamp()


def test_more_than_can_be_read_back_is_not_written(tmp_path: Path) -> None:
    store = PolicyStore(tmp_path)
    store.allow(MAIL)
    with pytest.raises(BadInput, match="too many"):
        store.allow(replace(MAIL, name="long", why="x" * 2_000_000))
    assert store.read().connections == (MAIL,)
