"""A client of the application over a furnished house in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory, furnished
from hameau.server import create_app


@pytest.fixture
def house(tmp_path: Path) -> HouseInMemory:
    """With one Connection: ``mail``."""
    made = furnished(tmp_path)
    made.perimeter.allow("imap.example.org", 993, why="read my mail", who="page", name="mail")
    return made


@pytest.fixture
def client(house: HouseInMemory) -> Client:
    """An English reader; nothing is followed, so that tests see redirections."""
    return Client(create_app(house))
