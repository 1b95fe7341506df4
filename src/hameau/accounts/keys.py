"""Named API keys. Shown once, kept as SHA-256: a key is 256 random bits, so a slow hash would protect nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from hameau.accounts.types import SCOPES, ApiKey, NewKey, Scope
from hameau.kit import N_, BadInput, Conflict, HameauError, NotFound, new_id, stamp
from hameau.perimeter import UNWRITTEN, Kind, Witness, asking
from hameau.storage import Database, Queries, Row

PREFIX = "hameau-"
"""How every key of ours begins: so it is told from what a client sends only because it must send something."""
NAME_SIGNS = 60
_HINT_SIGNS = len(PREFIX) + 4
_MOST_SIGNS = 200
"""A key has 50: nothing longer is looked up."""
_NOTED_SECONDS = 60.0
"""The last use is kept to the minute: a busy program does not write for each request."""
_Q = Queries(Path(__file__).with_name("queries.sql"))
log = logging.getLogger(__name__)


class Keys:
    """The keys of one home. Thread-safe. ``clock`` says seconds since the epoch."""

    def __init__(
        self,
        database: Callable[[], Database],
        witness: Witness = UNWRITTEN,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._witness = witness
        self._clock = clock
        self._noted: dict[str, float] = {}
        """When the last use of a key was last written, by its id."""
        self._lock = threading.Lock()

    def all(self) -> tuple[ApiKey, ...]:
        """Every key, the newest first."""
        with self._database().read() as session:
            return tuple(_key(row) for row in session.all(_Q["key_list"]))

    def make(self, name: str, scopes: Sequence[Scope], *, expires_at: str = "") -> NewKey:
        """A new key. Raises ``BadInput`` (name, scopes, a moment that is past) or ``Conflict`` (the name is taken)."""
        called = checked_name(name)
        wanted = checked_scopes(scopes)
        until = _until(expires_at, self._clock())
        secret = PREFIX + secrets.token_urlsafe(32)
        made = ApiKey(new_id("key"), called, secret[:_HINT_SIGNS], wanted, stamp(self._clock()), until)
        with self._database().transaction(durable=True) as session:
            if any(row["name"].casefold() == called.casefold() for row in session.all(_Q["key_list"])):
                raise Conflict(
                    N_("There is already a key called “{name}”."),
                    hint=N_("Take that one back first, or choose another name."),
                    name=called,
                )
            session.run(
                _Q["key_add"],
                {
                    "id": made.id,
                    "name": made.name,
                    "hint": made.hint,
                    "hash": _hashed(secret),
                    "scopes": json.dumps(list(wanted)),
                    "now": made.created_at,
                    "expires_at": until,
                },
            )
        self._witness.record(
            Kind.KEY_MADE, key=made.name, scopes=", ".join(wanted), **({"until": until} if until else {})
        )
        return NewKey(made, secret)

    def revoke(self, name: str) -> ApiKey:
        """Takes a key back, by its name or id; holds at once, in every process. Raises ``NotFound``."""
        with self._database().transaction(durable=True) as session:
            keys = [_key(row) for row in session.all(_Q["key_list"])]
            found = next((key for key in keys if name in (key.id, key.name)), None)
            if found is None:
                raise NotFound(
                    N_("There is no key called “{name}”."),
                    hint=N_("See the list: hameau keys list"),
                    name=name[:_MOST_SIGNS],
                )
            session.run(_Q["key_delete"], {"id": found.id})
        self._witness.record(Kind.KEY_REVOKED, key=found.name)
        return found

    def check(self, secret: str) -> ApiKey | None:
        """The key that ``secret`` is, if it is one of ours, known and not over. Notes that it was used."""
        found = self._find(secret)
        if found is None or self._is_over(found):
            return None
        self._note(found)
        return found

    def why_not(self, secret: str) -> str:
        """Why ``secret`` opens nothing, as an English text id."""
        found = self._find(secret)
        if found is not None and self._is_over(found):
            return N_("The time of this key is over.")
        if secret.startswith(PREFIX):
            return N_("This key is not known here: it was taken back, or mistyped.")
        return N_("This is not a key of this Hameau.")

    def refused(self, address: str, why: str) -> None:
        """Writes down that somebody at ``address`` came with what is no key, and ``why`` it is none (a text id)."""
        self._witness.record(Kind.KEY_REFUSED, address=address, why=why)

    def _find(self, secret: str) -> ApiKey | None:
        """The key that ``secret`` is, even when its time is over."""
        if not secret.startswith(PREFIX) or len(secret) > _MOST_SIGNS:
            return None
        hashed = _hashed(secret)
        with self._database().read() as session:
            row = session.one(_Q["key_get"], {"hash": hashed})
        # The index finds it by its hash, whose bytes nobody can steer; the comparison takes the same time all the same.
        return _key(row) if row is not None and hmac.compare_digest(row["hash"], hashed) else None

    def _is_over(self, key: ApiKey) -> bool:
        return bool(key.expires_at) and key.expires_at <= stamp(self._clock())

    def _note(self, key: ApiKey) -> None:
        """Keeps when it was used; beside the request, which does not wait for it, but for the very first time."""
        moment = self._clock()
        with self._lock:
            if moment - self._noted.get(key.id, 0.0) < _NOTED_SECONDS:
                return
            self._noted[key.id] = moment
        if key.last_used_at:
            threading.Thread(target=self._write_use, args=(key.id, moment), name="key", daemon=True).start()
        elif self._write_use(key.id, moment, first=True):
            with asking(f"key {key.name}"):
                self._witness.record(Kind.KEY_USED, key=key.name)

    def _write_use(self, key_id: str, moment: float, *, first: bool = False) -> bool:
        """Whether it was written; for the ``first`` time only when no other process was faster."""
        try:
            with self._database().transaction() as session:
                return bool(session.run(_Q["key_first" if first else "key_used"], {"id": key_id, "now": stamp(moment)}))
        except HameauError as error:
            log.info("the use of a key was not written down: %s", error)
            return False


def checked_name(name: str) -> str:
    """``name`` in one line. Raises ``BadInput`` for nothing, for more than 60 signs and for what can't be printed."""
    called = " ".join(name.split())
    if not called or len(called) > NAME_SIGNS or not called.isprintable():
        raise BadInput(
            N_("A key needs a name of at most {signs} signs."),
            hint=N_("Name the program or the device that will use it, such as “Nextcloud”."),
            signs=NAME_SIGNS,
        )
    return called


def checked_scopes(scopes: Sequence[str]) -> tuple[Scope, ...]:
    """``scopes`` once each, in the order of :data:`SCOPES`. Raises ``BadInput`` for none, and for one that is not known."""
    wanted = tuple(scope for scope in SCOPES if scope in scopes)
    if not wanted or len(wanted) != len(set(scopes)):
        raise BadInput(
            N_("A key needs to say what it opens."), hint=N_("Choose among: {scopes}"), scopes=", ".join(SCOPES)
        )
    return wanted


def _until(text: str, moment: float) -> str:
    """``text`` (RFC 3339, or a day) in the form that is kept; empty for no end."""
    if not text.strip():
        return ""
    try:
        end = datetime.fromisoformat(text.strip()).astimezone(UTC).timestamp()
        if end > moment:
            return stamp(end)
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput(
            N_("“{text}” is no moment."), hint=N_("Write it like 2026-12-31 or 2026-12-31T18:30:00Z."), text=text[:60]
        ) from error
    raise BadInput(N_("That moment is past: {text}"), hint=N_("Choose one that is still to come."), text=text[:60])


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _key(row: Row) -> ApiKey:
    known = set(json.loads(row["scopes"]))
    return ApiKey(
        row["id"],
        row["name"],
        row["hint"],
        tuple(scope for scope in SCOPES if scope in known),
        row["created_at"],
        row["expires_at"],
        row["last_used_at"],
    )
