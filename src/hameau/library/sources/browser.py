"""The source ``browser``: what a person kept, and if they say so visited, in Firefox or Chromium on this machine.

Its address is the folder of a profile. The browser may run meanwhile: its database is copied in memory
(``database_image.py``) and read in the sandbox (the form ``browser``). What is handed out is one document of bookmarks and, by
choice, one of the last days' history; each address in them is a document of its own.

Settings: ``history``, the number of days of history wanted; without it, only bookmarks.
"""

from __future__ import annotations

import hashlib
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from hameau.kit import N_, BadInput, Corrupt, HameauError, NotEnough, NotFound, Refused, Unavailable, now, stamp
from hameau.library.ports import Content, Item, Kept, Parser, SourceContext
from hameau.library.sources.browser_profiles import Profile, profiles
from hameau.library.sources.database_image import TooBig, image, signature
from hameau.library.sources.folder import to_path, to_uri

FIREFOX, CHROMIUM, CHROMIUM_HISTORY = "places.sqlite", "Bookmarks", "History"
_KEPT, _VISITS = "/bookmarks", "/history"
_LONGEST_HISTORY = 3_650
_CACHED = 4
_AWAY = N_("The profile of this browser can't be reached right now; what was read there stays.")
_AWAY_HINT = N_("Connect the disk again, then synchronise. Remove the source if the browser is gone for good.")
_BUSY = N_("The browser was writing all the time, or its data could not be understood; what was read stays.")
_BUSY_HINT = N_("It is tried again by itself. If it keeps failing, close the browser and synchronise.")


class Address(NamedTuple):
    """One address in a browser, as the form ``browser`` tells it."""

    key: str
    title: str
    address: str
    folder: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    added: str = ""
    note: str = ""
    visits: int = 0


class Told(msgspec.Struct, frozen=True):
    """What a browser's database says."""

    bookmarks: list[Address]
    visits: list[Address]


class BrowserSource:
    """Reads profiles of browsers. ``parser`` is the sandbox that their databases are read in."""

    kind = "browser"

    def __init__(self, parser: Parser, *, rest_seconds: float = 900.0) -> None:
        """After a database was read it is left alone for ``rest_seconds``, unless a person asks: each page that is opened
        changes it."""
        self._parser, self._rest = parser, rest_seconds
        self._lock = threading.Lock()
        self._made: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    @staticmethod
    def profiles() -> list[Profile]:
        """The profiles of this account that hold something, by browser and name."""
        return profiles()

    def check(self, uri: str, settings: Mapping[str, object]) -> str:
        """The absolute path of a profile's folder, links resolved; one of its files will do.

        Raises ``BadInput`` for what is no profile and for a wrong setting, ``NotFound`` when nothing is there, ``Refused`` for
        what the account may not read.
        """
        _days(settings)
        if not uri.strip() or "\0" in uri or (not uri.startswith("file:") and "://" in uri):
            raise _no_profile()
        try:
            path = to_path(uri).expanduser().resolve(strict=True)
            folder = path if stat.S_ISDIR(path.stat().st_mode) else path.parent
            found = [name for name in (FIREFOX, CHROMIUM, CHROMIUM_HISTORY) if (folder / name).is_file()]
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFound(N_("There is no folder or file at {path}."), path=uri) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise Refused(N_("{path} can't be read."), path=uri) from error
        if not found:
            raise _no_profile()
        return to_uri(folder)

    def title(self, uri: str) -> str:
        """The browser's name, and the profile's where there are several."""
        folder = to_path(uri)
        known = next((one.title for one in profiles() if one.path == folder), "")
        return known or ("Firefox" if (folder / FIREFOX).is_file() else "Chromium")

    def items(self, context: SourceContext) -> Iterator[Item | Kept]:
        """The bookmarks, and the history when it is wanted. Raises ``Unavailable`` when they can't be read now."""
        folder = to_path(context.source.uri)
        self.present(context)
        for name, uri in _wanted(folder, context):
            if name == CHROMIUM:
                yield _of_file(folder / name, uri)
                continue
            seen = f"{_signature(folder / name)} {_days(context.source.settings)} {now()[:10]}"
            before, _, at = context.memory.get(uri).rpartition(" ")
            if before and not context.whole and (before == seen or self._rests(at)):
                yield Kept(uri)
                continue
            mark, data = self._written(folder / name, uri, context)
            context.memory.note(uri, f"{seen} {now()}")
            yield Item(uri, _title(uri), len(data), _modified(folder / name), mark)

    @contextmanager
    def content(self, context: SourceContext, uri: str) -> Iterator[Content]:
        """The bookmarks or the history, in a form of ours; of Chromium the file itself."""
        folder = to_path(context.source.uri)
        name = {where: file for file, where in _wanted(folder, context)}.get(uri)
        if name is None:
            raise NotFound(N_("This is no longer in the browser."))
        if name == CHROMIUM:
            yield Content(name, folder / name, beneath=folder, title=_title(uri))
            return
        with self._lock:
            made = self._made.get(uri)
        _mark, data = made or self._written(folder / name, uri, context)
        yield Content("bookmarks.json", data=data, title=_title(uri))

    def present(self, context: SourceContext) -> None:
        """Raises ``Unavailable`` when the profile is gone."""
        folder = to_path(context.source.uri)
        try:
            there = any((folder / name).is_file() for name in (FIREFOX, CHROMIUM, CHROMIUM_HISTORY))
        except OSError as error:
            raise Unavailable(_AWAY, hint=_AWAY_HINT) from error
        if not there:
            raise Unavailable(_AWAY, hint=_AWAY_HINT)

    def _rests(self, at: str) -> bool:
        """Whether ``at``, a moment of :func:`hameau.kit.now`, is too near to read again."""
        try:
            return datetime.fromisoformat(now()) - datetime.fromisoformat(at) < timedelta(seconds=self._rest)
        except ValueError:
            return False

    def _written(self, path: Path, uri: str, context: SourceContext) -> tuple[str, bytes]:
        """What a database says, in our form, with a fingerprint of it: the same as long as nothing that is wanted changed."""
        try:
            told = self._parser.parse("browser", image(path, context.max_file_bytes), Told)
        except OSError as error:
            raise Unavailable(_BUSY, hint=_BUSY_HINT) from error
        except (TooBig, NotEnough) as error:
            raise Unavailable(
                N_("The data of this browser are bigger than one file may be."),
                hint=N_("Clear a part of its history, or raise the limit in the settings."),
            ) from error
        except (Corrupt, Refused) as error:
            raise Unavailable(_BUSY, hint=_BUSY_HINT) from error
        entries = told.bookmarks
        if uri.endswith(_VISITS) or path.name == CHROMIUM_HISTORY:
            since = datetime.now(UTC) - timedelta(days=_days(context.source.settings))
            entries = [one for one in told.visits if one.added >= since.isoformat(timespec="seconds")]
        data = msgspec.json.encode({"hameau": "bookmarks", "title": _title(uri), "entries": entries})
        made = (hashlib.sha256(data).hexdigest()[:32], data)
        with self._lock:
            self._made[uri] = made
            self._made.move_to_end(uri)
            while len(self._made) > _CACHED:
                self._made.popitem(last=False)
        return made


def _wanted(folder: Path, context: SourceContext) -> list[tuple[str, str]]:
    """The files to look into, and the address of the document of each."""
    history = _days(context.source.settings) > 0
    base = context.source.uri.rstrip("/")
    found = []
    if (folder / FIREFOX).is_file():
        found.append((FIREFOX, f"{base}/{FIREFOX}{_KEPT}"))
        if history:
            found.append((FIREFOX, f"{base}/{FIREFOX}{_VISITS}"))
    if (folder / CHROMIUM).is_file():
        found.append((CHROMIUM, f"{base}/{CHROMIUM}"))
    if history and (folder / CHROMIUM_HISTORY).is_file():
        found.append((CHROMIUM_HISTORY, f"{base}/{CHROMIUM_HISTORY}"))
    return found


def _signature(path: Path) -> str:
    try:
        return signature(path)
    except OSError as error:
        raise Unavailable(_AWAY, hint=_AWAY_HINT) from error


def _of_file(path: Path, uri: str) -> Item:
    try:
        status = path.stat()
    except OSError as error:
        raise Unavailable(_AWAY, hint=_AWAY_HINT) from error
    mark = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}"
    return Item(uri, _title(uri), status.st_size, _modified(path), mark)


def _modified(path: Path) -> str:
    try:
        return stamp(path.stat().st_mtime)
    except (OSError, OverflowError, ValueError):  # gone meanwhile, or a clock set wrong
        return now()


def _title(uri: str) -> str:
    """French, as are the words in the documents."""
    history = uri.endswith((_VISITS, f"/{CHROMIUM_HISTORY}"))
    browser = "Chromium" if uri.endswith((f"/{CHROMIUM}", f"/{CHROMIUM_HISTORY}")) else "Firefox"
    return f"Historique de {browser}" if history else f"Marque-pages de {browser}"


def _days(settings: Mapping[str, object]) -> int:
    """How many days of history are wanted; 0 for none."""
    value = settings.get("history")
    if value is None or value is False or value == "":
        return 0
    try:
        days = int(str(value))
    except ValueError:
        days = -1
    if isinstance(value, bool) or not 0 <= days <= _LONGEST_HISTORY:
        raise BadInput(
            N_("The history of a browser is wanted for a number of days."), hint=N_("Say how many days, such as 90.")
        )
    return days


def _no_profile() -> HameauError:
    return BadInput(
        N_("This is not the folder of a profile of Firefox or Chromium."),
        hint=N_("In Firefox open about:support, in Chromium chrome://version: the folder of the profile stands there."),
    )
