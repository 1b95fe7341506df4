"""Pieces of files, named by their content: the same piece is kept once, and one that changed is noticed.

A plain piece is named by its SHA-256. Of an encrypted home the pieces are sealed with AES-256-GCM (NIST SP 800-38D) and
named by an HMAC-SHA256 (RFC 2104), so that nobody can tell from the names which texts are in it; both keys come from the
home's own key by HKDF (RFC 5869).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hameau.kit import N_, Corrupt

PIECE_BYTES = 1 << 18
"""Bytes of a piece: pages of the database that change lie scattered, and a larger piece would be written whole for each."""
_RAW, _PACKED = b"\0", b"\1"
_NONCE = 12
_LIST = b"list"


class Codec:
    """Names, packs and unpacks pieces. ``key`` is that of an encrypted home."""

    def __init__(self, key: bytes | None = None) -> None:
        self._naming = _derived(key, b"hameau backup names 1") if key else b""
        self._sealing = AESGCM(_derived(key, b"hameau backup pieces 1")) if key else None

    def name(self, piece: bytes) -> str:
        """The name of a piece, which nothing else has."""
        if self._naming:
            return hmac.digest(self._naming, piece, "sha256").hex()
        return hashlib.sha256(piece).hexdigest()

    def pack(self, piece: bytes, name: str) -> bytes:
        """``piece`` as it is kept."""
        packed = zlib.compress(piece, 1)
        kept = _PACKED + packed if len(packed) < len(piece) else _RAW + piece
        if self._sealing is None:
            return kept
        nonce = os.urandom(_NONCE)
        return nonce + self._sealing.encrypt(nonce, kept, name.encode())

    def unpack(self, kept: bytes, name: str) -> bytes:
        """The piece called ``name``. Raises ``Corrupt`` when it is not what was written."""
        try:
            if self._sealing is not None:
                kept = self._sealing.decrypt(kept[:_NONCE], kept[_NONCE:], name.encode())
            piece = _unzipped(kept[1:]) if kept[:1] == _PACKED else kept[1:]
        except (InvalidTag, ValueError, zlib.error):
            piece = None
        if piece is None or self.name(piece) != name:
            raise Corrupt(
                N_("This backup is damaged: the piece {name} is not what was written."),
                hint=N_("Restore an earlier one, or another copy of it."),
                name=name[:16],
            )
        return piece

    def seal(self, content: bytes) -> bytes:
        """``content`` so that only this key opens it; as it is without one."""
        if self._sealing is None:
            return content
        nonce = os.urandom(_NONCE)
        return nonce + self._sealing.encrypt(nonce, content, _LIST)

    def unseal(self, content: bytes) -> bytes:
        """What :meth:`seal` was given. Raises ``Corrupt``."""
        if self._sealing is None:
            return content
        try:
            return self._sealing.decrypt(content[:_NONCE], content[_NONCE:], _LIST)
        except (InvalidTag, ValueError) as error:
            raise Corrupt(
                N_("The list of what is in this backup is damaged."),
                hint=N_("Restore an earlier one, or another copy of it."),
            ) from error


def _unzipped(packed: bytes) -> bytes:
    """No larger than a piece may be, whatever a stranger packed."""
    return zlib.decompressobj().decompress(packed, PIECE_BYTES + 1)


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose).derive(key)
