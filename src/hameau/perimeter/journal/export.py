"""One file that holds a whole journal: a zip that explains itself."""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from hameau.kit import N_, NotFound, stamp
from hameau.perimeter.journal.evidence import Evidence, of_folder
from hameau.perimeter.journal.folder import HEAD, PUBLIC, told
from hameau.perimeter.journal.types import Verification
from hameau.perimeter.journal.verify import verify

_BLOCK = 1 << 20
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_ABOUT = Path(__file__).with_name("about.txt")


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was written."""

    entries: int
    head: str
    sha256: str
    verification: Verification


def write(folder: Path, target: Path | BinaryIO, moment: float) -> Made:
    """Writes the journal in ``folder`` as it is now. Raises :class:`NotFound` when there is none, :class:`NotEnough` when
    there is no room for it.
    """
    evidence = of_folder(folder)
    if evidence.head is None and not evidence.segments:
        raise NotFound(N_("There is no journal yet."), hint=N_("It begins with the first thing that happens."))
    found = verify(evidence)
    try:
        if isinstance(target, Path):
            sha256 = _whole(target, lambda stream: _fill(evidence, found, stream, moment))
        else:
            sha256 = _fill(evidence, found, target, moment)
    except OSError as error:
        raise told(error) from error
    return Made(found.entries, found.head, sha256, found)


def _whole(target: Path, fill: Callable[[BinaryIO], str]) -> str:
    """A file that is there as a whole or not at all."""
    beside = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(beside, _NEW, 0o600), "wb") as stream:
            sha256 = fill(stream)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return sha256


class _Hashed:
    """A stream that is only written, and what was written as a hash."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.sha256.update(content)
        return self._stream.write(content)

    def flush(self) -> None:
        self._stream.flush()


def _fill(evidence: Evidence, found: Verification, stream: BinaryIO, moment: float) -> str:
    hashed = _Hashed(stream)
    when = time.gmtime(moment)[:6]
    about = _ABOUT.read_text(encoding="utf-8").format(
        when=stamp(moment), entries=found.entries, segments=found.segments, head=found.head, key=found.key
    )
    with zipfile.ZipFile(cast(BinaryIO, hashed), "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, content: bytes) -> None:
            archive.writestr(_info(name, when), content)

        add("LISEZMOI-README.txt", about.encode())
        for name, content in ((PUBLIC, evidence.public), (HEAD, evidence.head)):
            if content is not None:
                add(name, content)
        for segment in evidence.segments:
            with segment.open() as source, archive.open(_info(segment.name, when), "w") as into:
                left = segment.size
                while left > 0 and (block := source.read(min(left, _BLOCK))):
                    into.write(block)
                    left -= len(block)
        for name, read in evidence.aside.items():
            add(name, read())
    return hashed.sha256.hexdigest()


def _info(name: str, when: tuple[int, ...]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (max(1980, when[0]), *when[1:]))  # type: ignore[arg-type]
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info
