"""Listening: a taken port, a foreign address and a forbidden port are told in plain words."""

from __future__ import annotations

import pytest

from hameau.kit import BadInput, Conflict
from hameau.server.assets import assets
from hameau.server.run import listen


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
