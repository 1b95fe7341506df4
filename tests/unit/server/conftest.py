"""A client of the application over a furnished house in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.asking import Client
from fakes.house import HouseInMemory, furnished
from hameau.server import create_app


@pytest.fixture
def house(tmp_path: Path) -> HouseInMemory:
    return furnished(tmp_path)


@pytest.fixture
def client(house: HouseInMemory) -> Client:
    """An English reader; nothing is followed, so that tests see redirections."""
    return Client(create_app(house))
