"""What is said between Hameau and the process that holds one archive open. Both sides bound what they accept."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from hameau.library.archives.types import ArchiveFacts, Article, Hits, Named, Thing

PATH_CHARACTERS = 2_000
QUESTION_CHARACTERS = 2_000
ARTICLE_BYTES = 24 << 20
"""Of an article as it lies in the archive; a longer one is shown up to here."""
THING_BYTES = 16 << 20
"""Of a picture."""
ANSWER_BYTES = 64 << 20
"""Of one message of the process."""
NAMED = 200

Path = Annotated[str, msgspec.Meta(max_length=PATH_CHARACTERS)]


class Order(msgspec.Struct, frozen=True):
    """What is wanted: the passages for a question, a page, a picture, titles that begin so, or a page by chance."""

    do: Literal["ask", "page", "thing", "titles", "chance"]
    text: str = ""
    count: int = 0


class Opened(msgspec.Struct, frozen=True):
    """The first message: the walls that hold, and what the archive says of itself; or why it can't be opened."""

    walls: tuple[str, ...] = ()
    facts: ArchiveFacts = ArchiveFacts()
    reason: str = ""
    detail: str = ""
    """For the log only, never shown to a person."""


class Sheet(msgspec.Struct, frozen=True):
    """A page to be written into an archive; the last one has only what the archive says of itself."""

    path: str = ""
    title: str = ""
    html: str = ""
    text: str = ""
    """What is searched."""
    article: bool = True
    metadata: dict[str, str] = {}


class Bound(msgspec.Struct, frozen=True):
    """The archive is written, or why it could not be."""

    reason: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What came of an order, or the name of a reason."""

    hits: Hits | None = None
    article: Article | None = None
    thing: Thing | None = None
    titles: Annotated[tuple[Named, ...], msgspec.Meta(max_length=NAMED)] = ()
    moved: str = ""
    """The page is another one: its path."""
    reason: str = ""
    detail: str = ""
