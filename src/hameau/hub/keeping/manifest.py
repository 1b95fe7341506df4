"""What one backup holds. Written last, so that a backup that was cut off is none."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from hameau.kit import N_, Corrupt, Refused

FORMAT = 1


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of the home and the pieces it is made of."""

    path: str
    """Below the home folder, with ``/``."""
    size: int
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftModel:
    """A model that was installed and is not in the backup: what is needed to fetch the very same again."""

    id: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup."""

    made_at: str
    """RFC 3339, UTC."""
    hameau: str
    """The version that made it."""
    schema: int
    """The version of the tables in its database."""
    home: str
    """Where the home was."""
    files: tuple[KeptFile, ...]
    models: tuple[LeftModel, ...]
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of everything in it, unpacked."""
        return sum(file.size for file in self.files)

    @property
    def pieces(self) -> set[str]:
        """The names of all pieces."""
        return {piece for file in self.files for piece in file.pieces}


def encode(manifest: Manifest) -> bytes:
    """The manifest as it is kept."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(content: bytes) -> Manifest:
    """The manifest in ``content``. Raises ``Corrupt``, or ``Refused`` for one of a newer Hameau."""
    try:
        made_by = msgspec.json.decode(content, type=dict[str, object]).get("format")
        if isinstance(made_by, int) and made_by > FORMAT:
            raise Refused(
                N_("This backup was made by a newer Hameau than this one."),
                hint=N_("Install the newer version, then restore it."),
            )
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(
            N_("The list of what is in this backup is damaged."),
            hint=N_("Restore an earlier one, or another copy of it."),
        ) from error
