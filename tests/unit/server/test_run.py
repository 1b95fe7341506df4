"""Listening: a taken port, a foreign address and a forbidden port are told in plain words."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from fakes.house import furnished
from hameau.kit import BadInput, Conflict, Refused
from hameau.perimeter import Level
from hameau.server import serve
from hameau.server.assets import assets
from hameau.server.run import _why, is_near, listen


def test_a_taken_port_is_a_conflict_with_a_way_out() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(Conflict) as caught:
            listen("127.0.0.1", port)
    assert caught.value.fields["port"] == port
    assert "--port" in caught.value.hint


@pytest.mark.parametrize("host", ["192.0.2.1", "not an address"])
def test_a_host_that_is_not_here_is_said(host: str) -> None:
    with pytest.raises(BadInput):
        listen(host, 0)


def test_a_number_that_is_no_port_is_said() -> None:
    with pytest.raises(BadInput):
        listen("127.0.0.1", 70_000)


def test_scripts_import_each_other_by_the_addresses_that_never_change() -> None:
    made = assets()
    assert made["page.js"].address.encode() in made["ask.js"].plain
    assert b'"./' not in made["ask.js"].plain + made["library.js"].plain


def test_closed_means_that_no_other_machine_comes_in(tmp_path: Path) -> None:
    house = furnished(tmp_path)
    for host in ("0.0.0.0", "::", "192.0.2.1", "maison.local", ""):
        with pytest.raises(Refused) as caught:
            serve(house, host, 0)
        assert "hameau perimeter allow home-network" in caught.value.hint
    house.perimeter.set_level(Level.HOME_NETWORK)
    with pytest.raises(BadInput):  # it is tried now: the address is nobody's
        serve(house, "192.0.2.1", 0)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_a_refusal_of_the_border_itself_is_told_like_the_policy(number: int) -> None:
    assert "perimeter" in _why(PermissionError(number, "no"), "0.0.0.0", 8484).hint
    assert "1023" in _why(PermissionError(errno.EACCES, "no"), "127.0.0.1", 80).hint


def test_near() -> None:
    assert all(is_near(host) for host in ("127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost", "LOCALHOST"))
    assert not any(is_near(host) for host in ("0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", ""))
