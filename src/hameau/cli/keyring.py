"""The desktop's keyring, which is reached by a kind of socket that the perimeter refuses: a clerk outside speaks to it.

The clerk is started before the perimeter is entered, and only for a home that has a secret there, for a command that puts one
there, or for a server in a desktop session where the keyring's component was installed. It knows three orders, each about one
name, and ends with the pipe.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from hameau.kit import N_, Missing, Unavailable

_MARK = "keyring"
"""An empty file of the home: a source has its secret in the keyring."""
_clerk: tuple[int, int] | None = None
"""Where it is told, and where it answers."""


def begin(home: Path, arguments: Sequence[str]) -> None:
    """Starts the clerk, if this home or this command needs it. Called once, before the perimeter is entered."""
    global _clerk  # noqa: PLW0603 - a process is started once
    if _wanted(home, arguments):
        (their_in, telling), (answers, their_out) = os.pipe(), os.pipe()
        actions = [(os.POSIX_SPAWN_DUP2, their_in, 0), (os.POSIX_SPAWN_DUP2, their_out, 1)]
        command = [sys.executable, "-P", "-m", "hameau.cli.clerk"]  # -P: no module from the folder that we are in
        os.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
        os.close(their_in)
        os.close(their_out)
        _clerk = telling, answers


def there() -> bool:
    """Whether somebody speaks to the keyring for this process."""
    return _clerk is not None


def get(name: str) -> str:
    """The secret that the keyring keeps for the vault ``name``; empty when it can't be had."""
    return "" if _clerk is None else str(_said({"order": "get", "name": name}).get("secret") or "")


def put(name: str, secret: str) -> None:
    """Has the keyring keep ``secret``; an empty one is forgotten. Raises ``Missing`` or ``Unavailable``."""
    told = _said({"order": "set" if secret else "delete", "name": name, "secret": secret}) if _clerk else {}
    if told.get("missing"):
        raise Missing(
            N_("The component that speaks to the keyring is not installed."),
            hint=N_("Install it with: pip install 'hameau[keyring]'"),
        )
    if not told.get("done"):
        raise Unavailable(
            N_("The desktop’s keyring can’t be reached: {reason}"),
            hint=N_("Is this a desktop session, and is its keyring open? The passphrase works without it."),
            reason=told.get("error", "—"),
        )


def mark(home: Path) -> None:
    """From now on, commands for this home start the clerk: the secret of a source is in the keyring."""
    (home / _MARK).touch(mode=0o600)


def _wanted(home: Path, arguments: Sequence[str]) -> bool:
    words = [each for each in arguments if not each.startswith("-")]
    if words[:2] == ["lock", "keyring"] or (words[:1] == ["add"] and "--keyring" in arguments):
        return True
    if (home / _MARK).exists() or (words[:1] == ["serve"] and _in_a_desktop()):
        return True
    try:
        return b"\n[keyring]" in (home / "vault.toml").read_bytes()
    except OSError:
        return False


def _in_a_desktop() -> bool:
    """Whether there may be a keyring to offer to whoever connects a source on the pages."""
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS")) and find_spec("keyring") is not None


def _said(order: dict[str, str]) -> dict[str, object]:
    assert _clerk is not None  # noqa: S101 - whoever calls has looked
    telling, answers = _clerk
    try:
        os.write(telling, json.dumps(order).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            if not (some := os.read(answers, 65536)):
                break
            answer += some
        told = json.loads(answer or b"{}")
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
