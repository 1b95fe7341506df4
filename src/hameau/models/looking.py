"""What was read in cards and headers, kept as long as the file has not changed: a list of models is asked for often, and
a header takes a tenth of a second."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hameau.kit import HameauError
from hameau.models.inspect import abilities, inspect
from hameau.models.sidecar import Side, parse
from hameau.models.types import Ability, ModelCard

logger = logging.getLogger(__name__)

T = TypeVar("T")
_State = tuple[int, int, int]
_MOST = 4096  # files remembered; more than any folder of models holds


class Looking:
    """Remembers by path, size and time of change. ``stranger`` makes the card of a file that has none."""

    def __init__(self, stranger: Callable[[Path], ModelCard]) -> None:
        self._stranger = stranger
        self._sides: dict[Path, tuple[_State, Side | None]] = {}
        self._cards: dict[Path, tuple[_State, ModelCard | None]] = {}
        self._abilities: dict[Path, tuple[_State, frozenset[Ability]]] = {}

    def side(self, path: Path) -> Side | None:
        """What the card at ``path`` says; ``None`` when there is none, or one that can't be read."""
        return _kept(self._sides, path, _read_side) if path.is_file() else None

    def card(self, path: Path) -> ModelCard | None:
        """The card of a file that has none; ``None`` for what is no usable model."""
        return _kept(self._cards, path, self._card)

    def abilities_of(self, weights: Path, projector: Path | None) -> frozenset[Ability]:
        """What the model can do, as its file says. A folder says nothing yet."""
        found: frozenset[Ability] = frozenset() if weights.is_dir() else _kept(self._abilities, weights, _able)
        return found | {"vision"} if projector is not None else found

    def _card(self, path: Path) -> ModelCard | None:
        try:
            return self._stranger(path)
        except HameauError as error:
            logger.warning("%s is not a usable model: %s", path, error)
            return None


def _kept(memory: dict[Path, tuple[_State, T]], path: Path, read: Callable[[Path], T]) -> T:
    facts = path.stat()
    state = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
    known = memory.get(path)
    if known is not None and known[0] == state:
        return known[1]
    if len(memory) >= _MOST:
        memory.clear()
    value = read(path)
    memory[path] = (state, value)
    return value


def _able(path: Path) -> frozenset[Ability]:
    try:
        return abilities(inspect(path), "")
    except HameauError as error:  # said where it matters: when it is loaded
        logger.debug("%s: %s", path, error)
        return frozenset()


def _read_side(path: Path) -> Side | None:
    try:
        return parse(path.read_text("utf-8"))
    except (
        OSError,
        UnicodeDecodeError,
        tomllib.TOMLDecodeError,
        TypeError,
        KeyError,
        ValueError,
        AttributeError,
    ) as error:
        logger.warning("The card %s can't be read: %s", path, error)
        return None
