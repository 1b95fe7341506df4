"""Encrypted lines to a real server: only to who can prove to be the one, and said in words otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hameau.kit import Unavailable
from hameau.perimeter import Perimeter
from servers.dovecot import Dovecot, dovecot

pytestmark = pytest.mark.needs_server(dovecot="dovecot_imapd")


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


def greeting(folder: Path, host: str, port: int) -> bytes:
    border = Perimeter(folder / "home")
    border.allow(host, port, why="a test", who="Ada", name="mail", local=True)
    with border.client.line("mail", host, port) as line:
        return line.recv(100)


def test_a_certificate_that_nobody_vouches_for_is_refused(server: Dovecot, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="certificate") as caught:
        greeting(tmp_path, "localhost", server.tls_port)
    assert "self-signed" in str(caught.value.fields["reason"])
    assert caught.value.hint


def test_a_certificate_that_the_machine_trusts_is_accepted(
    server: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    assert re.match(rb"\* OK ", greeting(tmp_path, "localhost", server.tls_port))


def test_the_certificate_of_another_host_is_refused(
    server: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    with pytest.raises(Unavailable, match="certificate"):
        greeting(tmp_path, "127.0.0.1", server.tls_port)


def test_a_port_in_the_clear_is_no_encrypted_one(server: Dovecot, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not speak encrypted"):
        greeting(tmp_path, "localhost", server.port)
