"""Keeps what a person decided: ``perimeter.toml`` in the home folder, which can also be read and changed by hand.

Written whole or not at all, by one process at a time. A file that can't be understood allows nothing.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from hameau.kit import N_, BadInput, Corrupt, NotFound, locked, stamp
from hameau.perimeter.guard import address_of, canonical
from hameau.perimeter.types import FOREVER, Connection, Level, Neighbour, Policy

FILE = "perimeter.toml"
_HEADER = (
    "# What may leave this machine. Changed by « hameau perimeter allow » and « hameau perimeter deny », or by hand.\n"
)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_HOST = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9._-]{0,251}[a-z0-9_])?")
_LONGEST = 1 << 20  # bytes: some thousand Connections
_LATEST = 253402300799.0  # the last second of the year 9999, the latest moment that the file can write
Mark = tuple[int, int, int] | None


class PolicyStore:
    """The decisions of one home. Safe from many threads and processes."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._seen: tuple[Mark, Policy] = (None, Policy())

    def read(self) -> Policy:
        """The decisions that hold now. Costs one look at the file while it does not change.

        Raises :class:`Corrupt` when the file can't be understood.
        """
        mark = self.mark()
        if mark != self._seen[0]:
            self._seen = (mark, _read(self._path) if mark else Policy())
        return self._seen[1] if mark else Policy()

    def mark(self) -> Mark:
        """Changes whenever the file does; ``None`` without a file."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def allow(self, connection: Connection) -> Connection:
        """Adds ``connection``; one of the same name is replaced. Raises :class:`BadInput` when it can't be one."""
        return self.allow_all([connection])[0]

    def allow_all(self, connections: Sequence[Connection]) -> tuple[Connection, ...]:
        """Adds all of ``connections`` in one write, or, when one of them can't be one, none. Raises :class:`BadInput`."""
        checked = {each.name: each for each in map(check, connections)}
        self._change(
            lambda old: replace(
                old,
                connections=(
                    *(each for each in old.connections if each.name not in checked),
                    *checked.values(),
                ),
            )
        )
        return tuple(checked.values())

    def prolong(self, name: str, until: float) -> None:
        """Lets the Connection ``name`` hold until then. Raises :class:`NotFound` when it was taken back."""
        there: list[Connection] = []

        def longer(old: Policy) -> Policy:
            there.extend(each for each in old.connections if each.name == name)
            held = tuple(replace(each, until=until) if each.name == name else each for each in old.connections)
            return replace(old, connections=held)

        self._change(longer)
        if not there:
            raise NotFound(
                N_("There is no Connection called {name}."), hint=N_("List them with: hameau perimeter show"), name=name
            )

    def revoke(self, name: str) -> Connection:
        """Removes the Connection ``name`` and returns it. Raises :class:`NotFound`."""
        gone: list[Connection] = []

        def without(old: Policy) -> Policy:
            gone.extend(each for each in old.connections if each.name == name)
            return replace(old, connections=tuple(each for each in old.connections if each.name != name))

        self._change(without)
        if not gone:
            raise NotFound(
                N_("There is no Connection called {name}."), hint=N_("List them with: hameau perimeter show"), name=name
            )
        return gone[0]

    def set_level(self, level: Level, neighbours: tuple[Neighbour, ...] = ()) -> Policy:
        """From now on ``level`` holds, with these ``neighbours``. Connections stay."""
        checked = tuple(_neighbour(each) for each in neighbours)
        return self._change(lambda old: replace(old, level=level, neighbours=checked))

    def _change(self, how: Callable[[Policy], Policy]) -> Policy:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._path.with_name(FILE + ".lock"), poll=0.01):
            changed = how(_read(self._path) if self._path.exists() else Policy())
            text = _written(changed).encode()
            if len(text) > _LONGEST:
                raise BadInput(N_("There are too many Connections."), hint=N_("Take back those that are not needed."))
            beside = self._path.with_name(FILE + ".new")
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        return changed


def check(connection: Connection) -> Connection:
    """``connection`` in its canonical form. Raises :class:`BadInput` when it can't be one."""
    if not _NAME.fullmatch(connection.name):
        raise BadInput(
            N_("“{name}” can't be the name of a Connection."),
            hint=N_("Use small letters, digits, dots and dashes, such as mail.moulin."),
            name=connection.name[:80],
        )
    if not 1 <= connection.port <= 65535:
        raise BadInput(N_("{port} is not a port."), hint=N_("A port lies between 1 and 65535."), port=connection.port)
    if not connection.why.strip():
        raise BadInput(N_("A Connection needs a reason."), hint=N_("Say what for, with --why."))
    also = tuple(_host(each) for each in connection.also)
    return replace(connection, host=_host(connection.host), also=also, why=" ".join(connection.why.split()))


def _host(text: str) -> str:
    star, rest = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    host = star + canonical(rest)
    if address_of(rest) is None and not _HOST.fullmatch(host):
        raise BadInput(N_("“{host}” is not a host."), hint=N_("A host is a name or an address."), host=text[:200])
    return host


def _written(policy: Policy) -> str:
    lines = [_HEADER, f"level = {json.dumps(policy.level.value)}"]
    for neighbour in policy.neighbours:
        lines += ["", "[[neighbour]]", f"host = {_quoted(neighbour.host)}", f"port = {neighbour.port}"]
    for each in policy.connections:
        lines += ["", "[[connection]]", f"name = {_quoted(each.name)}", f"who = {_quoted(each.who)}"]
        lines += [f"why = {_quoted(each.why)}", f"host = {_quoted(each.host)}", f"port = {each.port}"]
        lines += [f"since = {stamp(each.since)}"] if each.since else []
        lines += [f"until = {stamp(each.until)}"] if each.until <= _LATEST else []
        lines += [f"also = [{', '.join(map(_quoted, each.also))}]"] if each.also else []
        lines += ["local = true"] if each.local else []
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are among TOML's, but for the delete sign."""
    clean = "".join(sign for sign in text if not 0xD800 <= ord(sign) <= 0xDFFF)
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(path: Path) -> Policy:
    try:
        found = tomllib.loads(_text(path))
        return Policy(
            Level(found.get("level", Level.CLOSED)),
            tuple(_neighbour(Neighbour(each["host"], each["port"])) for each in found.get("neighbour", ())),
            tuple(_connection(each) for each in found.get("connection", ())),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, BadInput) as error:
        raise Corrupt(
            N_("The file {file} can't be understood: {reason}"),
            hint=N_("Correct it, or remove it: without it nothing may leave this machine."),
            file=path,
            reason=error,
        ) from error


def _text(path: Path) -> str:
    """What stands in the file. One that is endless, that stops whoever reads it, or that others could have written is not
    what the person decided. Raises ``OSError`` or ``ValueError``."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is not an ordinary file")
        if hasattr(os, "geteuid") and (found.st_uid not in (0, os.geteuid()) or found.st_mode & stat.S_IWOTH):
            raise ValueError("other users of this machine could have written it")
        if found.st_size > _LONGEST:
            raise ValueError("it is too long")
        return file.read(_LONGEST).decode("utf-8")


def _neighbour(one: Neighbour) -> Neighbour:
    if type(one.port) is not int or not 0 <= one.port <= 65535:
        raise BadInput(N_("{port} is not a port."), hint=N_("A port lies between 0 and 65535."), port=one.port)
    return Neighbour(_host(str(one.host)), one.port)


def _connection(found: Mapping[str, Any]) -> Connection:
    return check(
        Connection(
            name=str(found["name"]),
            who=str(found.get("who", "")),
            why=str(found["why"]),
            host=str(found["host"]),
            port=_whole(found["port"]),
            until=_moment(found.get("until"), FOREVER),
            since=_moment(found.get("since"), 0.0),
            also=_hosts(found.get("also", [])),
            local=found.get("local", False) is True,
        )
    )


def _moment(value: object, otherwise: float) -> float:
    if value is None:
        return otherwise
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is not a date with a time")
    return (value if value.tzinfo else value.astimezone()).timestamp()  # without a zone: by the reader's clock


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a port")
    return value


def _hosts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list of hosts")
    return tuple(str(each) for each in value)
