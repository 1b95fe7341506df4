"""The key pair of a journal: Ed25519 (RFC 8032), as PEM files that any tool reads.

``key`` (PKCS #8, readable by its owner alone) signs; ``key.pub`` (SubjectPublicKeyInfo) is what an auditor needs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

SIGNATURE_CHARACTERS = 88
"""64 bytes in base64."""
_FIRST = b"hameau journal 1\n"
_MARK = b"hameau journal mark 1"
_MARK_BYTES = 16


class PublicKey:
    """Checks signatures."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.text = raw.hex()
        """The 32 bytes of the key in hexadecimal."""
        self.first = hashlib.sha256(_FIRST + raw).hexdigest()
        """``prev`` of the first entry: a journal belongs to one key."""
        self.pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @classmethod
    def read(cls, pem: bytes) -> PublicKey | None:
        """The key in ``pem``; ``None`` unless it is an Ed25519 key."""
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            return None
        return cls(key) if isinstance(key, Ed25519PublicKey) else None

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` (base64, in its one canonical form) is ours over ``message``."""
        try:
            raw = base64.b64decode(signature, validate=True)
            if base64.b64encode(raw) != signature:
                return False  # unused bits were flipped: the same signature, but not the same bytes
            self._key.verify(raw, message)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


class PrivateKey:
    """Signs, and makes marks."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())
        self._mark_key = b""

    @classmethod
    def new(cls) -> PrivateKey:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, pem: bytes) -> PrivateKey | None:
        """The key in ``pem``; ``None`` unless it is an Ed25519 key without a password."""
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            return None
        return cls(key) if isinstance(key, Ed25519PrivateKey) else None

    @property
    def pem(self) -> bytes:
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message`` in base64."""
        return base64.b64encode(self._key.sign(message))

    def mark(self, text: str) -> str:
        """A keyed hash of ``text``: 16 bytes in hexadecimal of HMAC-SHA256 (RFC 2104), its key by HKDF (RFC 5869)."""
        if not self._mark_key:
            seed = self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
            self._mark_key = HKDF(hashes.SHA256(), 32, salt=None, info=_MARK).derive(seed)
        content = text.encode("utf-8", "surrogatepass")
        return hmac.digest(self._mark_key, content, "sha256")[:_MARK_BYTES].hex()
