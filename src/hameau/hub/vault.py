"""The key of an encrypted home, wrapped: ``vault.toml`` holds it so that a passphrase, a recovery key or the desktop's
keyring opens it, and nothing else does.

The database is encrypted with one random key that never changes; what a person can change is what wraps it. A passphrase is
stretched by Argon2id (RFC 9106), the key wrapped by AES-256-GCM. Knows no terminal: whoever asks a person is handed in.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hameau.kit import N_, Corrupt, Refused
from hameau.storage import KEY_BYTES, whole

FILE = "vault.toml"
LEAST_CHARACTERS = 8
PASSPHRASE, RECOVERY, KEYRING = "passphrase", "recovery", "keyring"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: without I, L, O and U
_RECOVERY_BITS = 160
_NONCE = 12
_MOST_KIB, _MOST_PASSES, _MOST_LANES = 4 * 1024 * 1024, 100, 64
"""More than a file may ask of this machine for one guess: a vault may come from a stranger's backup."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs (RFC 9106): memory in KiB, passes over it, threads."""

    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 2


_LIGHT = Cost(memory_kib=64, passes=1, lanes=1)
"""For secrets that are random themselves: nobody guesses 160 bits, however quick each guess is."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The key, wrapped by one secret."""

    kind: str
    cost: Cost
    salt: bytes
    nonce: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Vault:
    """What ``vault.toml`` says."""

    id: str
    """A random name, by which the keyring and backups know the key."""
    state: str
    """``locked``; ``opening`` once somebody decided to have the home in the clear again."""
    check: bytes
    """What tells the right key from a wrong one."""
    slots: tuple[Slot, ...]

    @classmethod
    def new(cls, key: bytes) -> Vault:
        """A vault for ``key`` that nothing opens yet."""
        return cls(os.urandom(8).hex(), "locked", _check(key), ())

    @classmethod
    def read(cls, content: bytes) -> Vault:
        """The vault in ``content``. Raises ``Corrupt``."""
        try:
            told = tomllib.loads(content.decode())
            slots = tuple(_slot(kind, told[kind]) for kind in (PASSPHRASE, RECOVERY, KEYRING) if kind in told)
            return cls(str(told["id"]), str(told["state"]), bytes.fromhex(told["check"]), slots)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            raise Corrupt(
                N_("The file vault.toml can’t be understood: it holds the key of this home."),
                hint=N_("Put it back from a backup: it lies beside the pieces, and holds for every one of them."),
            ) from error

    @property
    def content(self) -> bytes:
        """The file."""
        lines = [
            "# The key of this home, wrapped. Without this file and a secret that opens it, nothing can be read any more.",
            f'id = "{self.id}"',
            f'state = "{self.state}"',
            f'check = "{self.check.hex()}"',
        ]
        for slot in self.slots:
            lines += ["", f"[{slot.kind}]", 'kdf = "argon2id"', f"memory_kib = {slot.cost.memory_kib}"]
            lines += [f"passes = {slot.cost.passes}", f"lanes = {slot.cost.lanes}"]
            for name in ("salt", "nonce", "wrapped"):
                lines.append(f'{name} = "{base64.b64encode(getattr(slot, name)).decode()}"')
        return "\n".join([*lines, ""]).encode()

    def has(self, kind: str) -> bool:
        """Whether a secret of this kind opens it."""
        return any(slot.kind == kind for slot in self.slots)

    def with_slot(self, kind: str, secret: str, key: bytes, cost: Cost | None = None) -> Vault:
        """The same, opened by ``secret`` from now on, and no longer by another of its kind."""
        cost = cost or (Cost() if kind == PASSPHRASE else _LIGHT)
        salt, nonce = os.urandom(16), os.urandom(_NONCE)
        wrapped = AESGCM(_stretched(secret, salt, cost)).encrypt(nonce, key, self._about(kind))
        others = tuple(slot for slot in self.slots if slot.kind != kind)
        return replace(self, slots=(*others, Slot(kind, cost, salt, nonce, wrapped)))

    def without(self, kind: str) -> Vault:
        """The same, no longer opened by a secret of this kind."""
        return replace(self, slots=tuple(slot for slot in self.slots if slot.kind != kind))

    def unwrap(self, secret: str, kinds: tuple[str, ...] = (PASSPHRASE, RECOVERY)) -> bytes | None:
        """The key, when ``secret`` opens it as one of ``kinds``."""
        for slot in sorted(self.slots, key=lambda slot: slot.cost.memory_kib):
            if slot.kind not in kinds:
                continue
            spelled = recovery_spelled(secret) if slot.kind == RECOVERY else secret
            if not spelled:
                continue
            try:
                stretched = AESGCM(_stretched(spelled, slot.salt, slot.cost))
                key = stretched.decrypt(slot.nonce, slot.wrapped, self._about(slot.kind))
            except InvalidTag:
                continue
            if hmac.compare_digest(_check(key), self.check):
                return key
        return None

    def save(self, home: Path) -> None:
        """Writes the file, whole or not at all; it is on the disk then."""
        with whole(home / FILE) as partial:
            partial.write_bytes(self.content)

    def _about(self, kind: str) -> bytes:
        return f"hameau vault 1 {self.id} {kind}".encode()


def vault_of(home: Path) -> Vault | None:
    """The vault of a home; ``None`` for one that was never encrypted. Raises ``Corrupt``."""
    try:
        return Vault.read((home / FILE).read_bytes())
    except FileNotFoundError:
        return None


def new_key() -> bytes:
    """A key for a home."""
    return os.urandom(KEY_BYTES)


def new_recovery_key() -> str:
    """Random signs to write down, in groups; nobody can guess them (160 bits)."""
    number = int.from_bytes(os.urandom(_RECOVERY_BITS // 8))
    signs = "".join(_ALPHABET[number >> shift & 31] for shift in range(_RECOVERY_BITS - 5, -1, -5))
    return "-".join(signs[at : at + 4] for at in range(0, len(signs), 4))


def recovery_spelled(typed: str) -> str:
    """A recovery key as it was given, however it was typed: case, spaces, dashes, O for 0, I and L for 1. Empty for what can't
    be one."""
    plain = "".join(sign for sign in typed.upper() if sign.isalnum()).translate(str.maketrans("OIL", "011"))
    if len(plain) != _RECOVERY_BITS // 5 or any(sign not in _ALPHABET for sign in plain):
        return ""
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def wrong() -> Refused:
    """What is said of a secret that opens nothing."""
    return Refused(
        N_("This passphrase does not open this home."),
        hint=N_("Try again, capitals and keyboard checked; the recovery key opens it too. Nothing was changed."),
    )


class Unlocking:
    """Finds the key of a vault: in a file that was named, in the keyring, or by asking a person."""

    def __init__(
        self,
        *,
        environment: Mapping[str, str] = os.environ,
        keyring: Callable[[str], str] | None = None,
        ask: Callable[[int], str] | None = None,
        known: bytes | None = None,
    ) -> None:
        """``keyring`` gives the secret of a vault's id, or nothing; ``ask`` asks a person, told how often that was tried;
        ``known`` is a key that was found before."""
        self._known = known
        self._environment = environment
        self._keyring = keyring
        self._ask = ask

    def key(self, vault: Vault) -> bytes:
        """The key. Raises ``Refused`` when nothing opens the vault."""
        if self._known is not None and hmac.compare_digest(_check(self._known), vault.check):
            return self._known
        for secret in self._written():
            if (key := vault.unwrap(secret)) is not None:
                return key
            raise wrong()
        found = self._keyring(vault.id) if self._keyring is not None and vault.has(KEYRING) else ""
        if found and (key := vault.unwrap(found, (KEYRING,))) is not None:
            return key
        if self._ask is None:
            raise Refused(
                N_("This home is encrypted, and nobody is there to give its passphrase."),
                hint=N_("Name a file that holds it with HAMEAU_PASSPHRASE_FILE, or start Hameau in a terminal."),
            )
        for tried in range(3):
            if (key := vault.unwrap(self._ask(tried))) is not None:
                return key
        raise wrong()

    def _written(self) -> Iterator[str]:
        """The secret in the file that the person or systemd names (systemd.exec(5), LoadCredential)."""
        if named := self._environment.get("HAMEAU_PASSPHRASE_FILE", ""):
            yield _secret_in(Path(named).expanduser())
        elif folder := self._environment.get("CREDENTIALS_DIRECTORY", ""):
            path = Path(folder) / "hameau-passphrase"
            if path.is_file():
                yield _secret_in(path)


def check_new(passphrase: str) -> None:
    """Raises ``Refused`` for a passphrase that is too short to keep anybody out."""
    if len(passphrase) < LEAST_CHARACTERS:
        raise Refused(
            N_("A passphrase needs at least {least} characters."),
            hint=N_("Four or five words that only you would put together are good, and easy to keep in mind."),
            least=LEAST_CHARACTERS,
        )


def _secret_in(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            N_("The passphrase can’t be read from {path}: {reason}"),
            path=path,
            reason=getattr(error, "strerror", None) or error,
        ) from error


def _stretched(secret: str, salt: bytes, cost: Cost) -> bytes:
    spelled = unicodedata.normalize("NFC", secret).encode("utf-8", "surrogatepass")
    argon = Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return argon.derive(spelled)


def _check(key: bytes) -> bytes:
    return hmac.digest(key, b"hameau vault 1", hashlib.sha256)[:16]


def _slot(kind: str, told: Mapping[str, Any]) -> Slot:
    cost = Cost(int(told["memory_kib"]), int(told["passes"]), int(told["lanes"]))
    if not (0 < cost.memory_kib <= _MOST_KIB and 0 < cost.passes <= _MOST_PASSES and 0 < cost.lanes <= _MOST_LANES):
        raise ValueError(cost)
    salt, nonce, wrapped = (base64.b64decode(told[name], validate=True) for name in ("salt", "nonce", "wrapped"))
    return Slot(kind, cost, salt, nonce, wrapped)
