# ruff: noqa: N802 - the names are the driver's
"""A disk whose power is cut: SQLite's writes pass through here, and any moment can be made again as the disk would be found.

What was synced is there. Of what was written since, each sector (512 bytes) may be there or not, in any mixture, as with a
disk that keeps a cache and writes it in an order of its own. Names are on the disk at once, which is kinder than some
file systems; SQLite's log needs no other.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import apsw

SECTOR = 512


@dataclass(slots=True)
class _File:
    """One file as the disk has it for sure, and what is on the way there."""

    sure: bytearray = field(default_factory=bytearray)
    loose: list[tuple[int, bytes | None]] = field(default_factory=list)
    """``(offset, bytes)``, or ``(size, None)`` for a file that was cut."""


class Disk(apsw.VFS):
    """The driver's way to the disk, under the name ``name``. ``moments`` counts what was done to it."""

    def __init__(self, name: str = "power") -> None:
        super().__init__(name, "unix")
        self.name = f"multipleciphers-{name}"  # the cipher works above it: what passes here is what the disk gets
        self.files: dict[str, _File] = {}
        self.moments = 0
        self.on_moment = lambda: None

    def clear(self) -> None:
        """A new disk."""
        self.files.clear()
        self.moments = 0
        self.on_moment = lambda: None

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:
        return _Opened(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.files.pop(filename, None)
        super().xDelete(filename, syncdir)
        self.moment()

    def moment(self) -> None:
        """Something was done; the power may be cut now."""
        self.moments += 1
        self.on_moment()

    def found_after_cut(self, folder: Path, dice: random.Random) -> list[Path]:
        """Writes into ``folder`` what a machine would find that starts again after a cut at this moment."""
        made = []
        for name, file in self.files.items():
            content = bytearray(file.sure)
            for offset, data in file.loose:
                if data is None:
                    if dice.random() < 0.5:
                        del content[offset:]
                    continue
                for at in range(0, len(data), SECTOR):
                    if dice.random() < 0.5:
                        _lay(content, offset + at, data[at : at + SECTOR])
            path = folder / Path(name).name
            path.write_bytes(content)
            made.append(path)
        return made


class _Opened(apsw.VFSFile):
    """A file of the database or its log; what SQLite keeps for itself (temporary files) is not looked at."""

    def __init__(self, disk: Disk, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._file = disk.files.setdefault(path, _File()) if path else _File()

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._file.loose.append((offset, bytes(data)))
        self._disk.moment()

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._file.loose.append((newsize, None))
        self._disk.moment()

    def xSync(self, flags: int) -> None:
        self._disk.moment()
        super().xSync(flags)
        for offset, data in self._file.loose:
            if data is None:
                del self._file.sure[offset:]
            else:
                _lay(self._file.sure, offset, data)
        self._file.loose.clear()
        self._disk.moment()


def _lay(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data
