"""The nouns of archives: what one says of itself, an article as blocks of text, a passage that was found. All are frozen.

An article is data, never markup: whoever shows it writes the tags, so nothing that an archive holds can run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "paragraph", "item", "quote", "code", "row", "picture"]
BOLD, ITALIC, CODE, SUB, SUP = 1, 2, 4, 8, 16
"""How a run is written, added up in ``Run.style``."""


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    """What an archive says of itself."""

    title: str = ""
    description: str = ""
    language: str = ""
    """Two letters where there are any; empty when it does not say, or has several."""
    date: str = ""
    """When it was made, as it says: ``2026-05-01``."""
    creator: str = ""
    publisher: str = ""
    licence: str = ""
    entries: int = 0
    """Articles."""
    searchable: bool = False
    """Whether it brings an index of its words; else only titles can be asked for."""
    main: str = ""
    """The path of its first page."""
    picture: str = ""
    """The path of the picture that stands for it, empty without one."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style. ``to`` is where it leads: a path of the same archive, or ``outside`` an address."""

    text: str
    style: int = 0
    to: str = ""
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of an article. ``start`` is where its text begins in the article's text.

    A row of a table has ``cells``, each of runs; a picture has one run: its description, leading to its data.
    """

    kind: BlockKind
    start: int
    runs: tuple[Run, ...] = ()
    level: int = 0
    """Of a heading, from 1; how deep an item lies in lists, from 1."""
    cells: tuple[tuple[Run, ...], ...] = ()
    head: bool = False
    """A row that names the columns."""


@dataclass(frozen=True, slots=True)
class Article:
    """A page of an archive. ``text`` is what passages are cut from, and what locators count in."""

    path: str
    title: str
    text: str
    blocks: tuple[Block, ...]
    cut: bool = False
    """The page was longer than what is shown."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What else lies in an archive: a picture."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that an archive found. ``fit`` says how well its words fit, from 0 to 1."""

    path: str
    title: str
    text: str
    start: int
    heading: tuple[str, ...] = ()
    fit: float = 0.0


@dataclass(frozen=True, slots=True)
class Hits:
    """What an archive answers: its best passages, and how telling it finds each of the words."""

    hits: tuple[Hit, ...] = ()
    weights: tuple[tuple[str, float], ...] = ()
    """Stems with their inverse document frequency in this archive."""


@dataclass(frozen=True, slots=True)
class Named:
    """A page by its name."""

    path: str
    title: str
