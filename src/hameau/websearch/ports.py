"""What the web needs of the house: the border, and the sandbox in which pages are read. The hub hands them over."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from hameau.perimeter import FOREVER, Answer, Ask, Connection, Patience, Policy

Told = TypeVar("Told")


class Stop(Protocol):
    """Asked while waiting: does anybody still want it? ``threading.Event`` is one."""

    def is_set(self) -> bool: ...


class Line(Protocol):
    """One request under a Connection. :class:`hameau.perimeter.Client` is one."""

    def exchange(
        self, name: str, ask: Ask, *, cancel: Stop | None = None, patience: Patience = ...
    ) -> AbstractContextManager[Answer]: ...


class Border(Protocol):
    """Lets out what a person allowed. :class:`hameau.perimeter.Perimeter` is one."""

    @property
    def client(self) -> Line: ...

    def policy(self) -> Policy: ...

    def allow(
        self,
        host: str,
        port: int,
        *,
        why: str,
        who: str,
        name: str = "",
        until: float = FOREVER,
        also: tuple[str, ...] = (),
        local: bool = False,
    ) -> Connection: ...

    def revoke(self, name: str) -> Connection: ...

    def opened(self, connection: Connection) -> AbstractContextManager[Connection]:
        """Allows ``connection`` for the length of the block."""
        ...


class Text(Protocol):
    """What a file says. :class:`hameau.library.Extracted` is one."""

    @property
    def text(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def dated_at(self) -> str: ...


class Sandbox(Protocol):
    """Reads what strangers wrote, in a locked-in process. :class:`hameau.library.extraction.SandboxedExtractor` is one."""

    def parse(self, form: str, data: bytes, kind: type[Told]) -> Told:
        """``data`` as the form called ``form`` reads it. Raises ``Corrupt``, ``NotEnough`` or ``Unavailable``."""
        ...

    def extract_data(self, name: str, data: bytes, media_type: str = "") -> Text:
        """The text of a file called ``name``. Raises the same, or ``Refused`` or ``Missing``."""
        ...


class Keeps(Protocol):
    """Where the address of the SearXNG is kept: a setting."""

    def __call__(self, url: str, /) -> object: ...


Fields = Mapping[str, object]
