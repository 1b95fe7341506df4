"""docs/compatibility.md says what the clients themselves and the tests say, and forgets no method."""

from __future__ import annotations

from pathlib import Path

from acceptance.clients.recorder import TARGET, document, faults, sections


def test_nothing_is_forgotten(node_clients: Path) -> None:
    assert {section.title: faults(section) for section in sections(node_clients) if faults(section)} == {}


def test_the_file_is_what_the_clients_say(node_clients: Path) -> None:
    """When it is not: ``python tests/acceptance/clients/recorder.py NODE`` writes it anew."""
    assert TARGET.read_text(encoding="utf-8") == document(node_clients)
