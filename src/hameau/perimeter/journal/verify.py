"""The check of a whole journal: finds what was changed, taken, moved or added, and says where.

Every line holds the hash of the one before, so that the signature of the last line vouches for all of them: a million lines
are hashed in seconds, and signatures are checked at the end, at the head, and around a break, to tell the line that was
changed from its neighbours.

What a check cannot see: a journal that was written anew with its own private key, or replaced by an older copy of itself
(the hash of a head that was noted elsewhere shows both), and attempts that were never written.
"""

from __future__ import annotations

import errno
import re
import struct
import zlib
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from hameau.kit import N_, BadInput, Corrupt
from hameau.perimeter.journal.erasing import holds
from hameau.perimeter.journal.evidence import Evidence, Segment, of_archive
from hameau.perimeter.journal.folder import HEAD, KEY, PUBLIC
from hameau.perimeter.journal.keys import PublicKey
from hameau.perimeter.journal.lines import (
    HEAD_DOMAIN,
    LINE_LIMIT,
    digest,
    entry_of,
    head_of,
    is_signed,
    is_tombstone,
    previous_of,
    start,
)
from hameau.perimeter.journal.recovery import CHANGED, FOREIGN, MISSING, NO_HEAD
from hameau.perimeter.journal.segments import name_of, number_of
from hameau.perimeter.journal.types import Kind, Problem, Verification

_MOST_PROBLEMS = 100
_NO_ARCHIVE = (
    BadZipFile,
    NotImplementedError,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What reading a file raises that is no zip, or not a whole one."""
_HEAD_NOTED = re.compile(r"[0-9a-f]{12,64}")
_RECOVERED, _FORGOTTEN = b'"kind":"recovered"', b'"kind":"forgotten"'
_GAP = (
    N_("Entry {first} is missing before this line."),
    N_("Entries {first} to {last} are missing before this line."),
)
_CUT = N_("Entry {first} is missing at the end."), N_("Entries {first} to {last} are missing at the end.")
_AFTER_CRASH = {
    FOREIGN: N_("Before this entry, lines that are not from Hameau were found; they were moved into {file}."),
    MISSING: N_("Before this entry, others were lost ({missing}): a power cut, or somebody removed them."),
    CHANGED: N_("Before this entry, the end of the journal was not the one that its head knew."),
    NO_HEAD: N_("Before this entry, the head of the journal was missing or damaged."),
}


def verify_file(path: Path, *, head: str = "") -> Verification:
    """Checks a journal that was exported into ``path``. Raises :class:`Corrupt` when it is no such file."""
    try:
        with ZipFile(path) as archive:
            ours = {info.compress_type for info in archive.infolist()} <= {ZIP_STORED, ZIP_DEFLATED}
            if not ours or archive.testzip() is not None:
                raise BadZipFile
            return verify(of_archive(archive), head=head)
    except (*_NO_ARCHIVE, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise Corrupt(
            N_("The file {path} is damaged, or is not an exported journal."),
            hint=N_("Ask for it again, or check the journal itself."),
            path=path,
        ) from error


def verify(evidence: Evidence, *, head: str = "") -> Verification:
    """Checks a whole journal. ``head``: a hash that was noted earlier, or its beginning of at least 12 signs."""
    noted = re.sub(r"[\s:]", "", head).lower()
    if noted and not _HEAD_NOTED.fullmatch(noted):
        raise BadInput(
            N_("“{head}” is not the hash of a head."), hint=N_("It has 64 signs, 0 to 9 and a to f."), head=head
        )
    problems: list[Problem] = []
    key = _key(evidence, problems)
    walk = _Walk(key, evidence, noted, problems)
    walk.all_segments()
    _check_head(evidence, key, walk, problems)
    if noted and not walk.noted_found:
        problems.append(
            Problem(
                HEAD, 0, 0, N_("The hash that was noted is not in this journal: it was written anew or taken back.")
            )
        )
    del problems[_MOST_PROBLEMS:]
    last = walk.previous if walk.lines else ""
    return Verification(
        not problems, walk.lines, len(evidence.segments), last, key.text if key else "", tuple(problems)
    )


def _key(evidence: Evidence, problems: list[Problem]) -> PublicKey | None:
    """The key to check with: the one that the journal began with, when it is at hand."""
    if evidence.private_damaged:
        problems.append(Problem(KEY, 0, 0, N_("The private key can't be read.")))
    begun = bool(evidence.segments) or evidence.head is not None
    if evidence.public is None:
        if begun or evidence.private:
            problems.append(Problem(PUBLIC, 0, 0, N_("The public key is missing.")))
        return evidence.private.public if evidence.private else None
    written = PublicKey.read(evidence.public)
    key = written
    if evidence.private and (written is None or written.text != evidence.private.public.text):
        first = _first(evidence)
        if written is None or previous_of(first) != written.first:
            key = evidence.private.public
        else:
            problems.append(Problem(KEY, 0, 0, N_("The private key is not the one that the journal was written with.")))
    if key is None or evidence.public != key.pem:
        problems.append(Problem(PUBLIC, 0, 0, N_("The public key was changed.")))
        return key
    if not evidence.private and (first := _first(evidence)):
        # Away from home the key itself may have been changed: then nothing at all fits it.
        head = evidence.head or b""
        if previous_of(first) != key.first and not is_signed(key, first) and not is_signed(key, head, HEAD_DOMAIN):
            problems.append(Problem(PUBLIC, 0, 0, N_("The public key does not belong to this journal.")))
            return None
    return key


def _first(evidence: Evidence) -> bytes:
    if not evidence.segments:
        return b""
    with evidence.segments[0].open() as stream:
        return stream.readline(LINE_LIMIT)


class _Walk:
    """Goes through all lines once. Without a key only the chain is checked."""

    def __init__(self, key: PublicKey | None, evidence: Evidence, noted: str, problems: list[Problem]) -> None:
        self._key = key
        self._evidence = evidence
        self._noted = noted
        self._problems = problems
        self.lines = 0
        self.number = 0
        """Of the last line."""
        self.previous = key.first if key else ""
        """The hash of the last line."""
        self.noted_found = False
        head = head_of(evidence.head) if evidence.head else None
        self.head = head
        self.hash_at_head = self.previous if head and head.number == 0 else ""
        self._erased: dict[int, tuple[str, int]] = {}
        """Where the tombstones stand, by the number of the entry."""
        self._told_erased: list[str] = []
        """What entries say of which ones were erased."""
        self._last = (b"", "", 0)
        self._last_bad = False
        self._ends: list[tuple[Segment, int, int, bytes]] = []
        """Each segment with its lines, the number of its last entry, and that line."""

    def all_segments(self) -> None:
        expected = 1
        for segment in self._evidence.segments:
            number = number_of(segment.name)
            for missing in range(expected, min(number, expected + _MOST_PROBLEMS)):
                self._problems.append(Problem(name_of(missing), 0, 0, N_("This file is missing.")))
            expected = number + 1
            self._segment(segment)
        self._check_end()
        for number, (name, line) in self._erased.items():
            if not any(holds(text, number) for text in self._told_erased):
                self._say(name, line, number, N_("This entry was erased, and no entry says so."))

    def _segment(self, segment: Segment) -> None:
        """Everything here runs once a line: a million times."""
        left, line, raw = segment.size, 0, b""
        number, previous, noted = self.number, self.previous, self._noted
        at_head = self.head.number if self.head else -1
        with segment.open() as stream:
            while left > 0 and (raw := stream.readline(LINE_LIMIT)):
                if len(raw) > left:
                    raw = raw[:left]
                left -= len(raw)
                line += 1
                number += 1
                if not raw.startswith(start(number, previous)):
                    number = self._broken(raw, segment.name, line, number, previous)
                previous = sha256(raw).hexdigest()
                if is_tombstone(raw):
                    previous = self._tombstone(raw, segment.name, line, number)
                self._last = (raw, segment.name, line)
                if number == at_head:
                    self.hash_at_head = previous
                if noted and previous.startswith(noted):
                    self.noted_found = True
                near = raw[:160]
                if _RECOVERED in near:
                    self._recovered(raw, segment.name, line, number)
                elif _FORGOTTEN in near and (entry := entry_of(raw)) is not None:
                    self._told_erased.append(str(entry.facts.get("lines", "")))
        self.lines += line
        self.number, self.previous = number, previous
        if left > 0:
            self._say(segment.name, line, number, N_("The file ends before its end."))
        if line:
            self._ends.append((segment, line, number, self._last[0]))

    def _tombstone(self, raw: bytes, name: str, line: int, number: int) -> str:
        """The hash of the line that stood there. No chain vouches for a tombstone: its own signature does."""
        self._erased[number] = (name, line)
        if self._key and not is_signed(self._key, raw) and not self._told(name, line):
            self._altered(raw, name, line, number)
        return digest(raw)

    def _check_end(self) -> None:
        """The signature of the last line vouches for the whole chain. Without it: where do the signatures end?"""
        if not self._key or not self._ends or self._last_bad or is_signed(self._key, self._last[0]):
            return
        for segment, line, number, raw in self._ends:
            if not is_signed(self._key, raw) and not self._told(segment.name, line):
                self._altered(*(self._first_unsigned(segment, number - line) or (raw, segment.name, line, number)))
                return

    def _first_unsigned(self, segment: Segment, before: int) -> tuple[bytes, str, int, int] | None:
        """Where it begins, when the hashes were made to fit after a change."""
        left, line = segment.size, 0
        with segment.open() as stream:
            while left > 0 and (raw := stream.readline(LINE_LIMIT)[:left]):
                left, line = left - len(raw), line + 1
                if self._key and not is_signed(self._key, raw) and not self._told(segment.name, line):
                    return raw, segment.name, line, before + line
        return None

    def _told(self, segment: str, line: int) -> bool:
        return any(each.segment == segment and each.line == line for each in self._problems)

    def _broken(self, raw: bytes, name: str, line: int, expected: int, previous: str) -> int:
        """Something is wrong with this line, the one before, or what lay between. Returns the number to go on with."""
        before, was_bad = self._last, self._last_bad
        if not was_bad and before[0] and self._key and not is_signed(self._key, before[0]):
            self._altered(*before, expected - 1)
            was_bad = True
        entry = entry_of(raw)
        if (self._key and not is_signed(self._key, raw)) or entry is None:
            self._altered(raw, name, line, expected)
            self._last_bad = True
            return expected
        self._last_bad = False
        if not self.lines and line == 1 and not before[0] and not previous:
            return entry.number  # without a key nobody knows how the first line should begin
        if entry.number > expected:
            last = entry.number - 1
            one, many = _GAP
            self._say(name, line, expected, one if last == expected else many, first=expected, last=last)
        elif entry.number < expected and not (was_bad and entry.number == expected - 1):
            self._say(
                name, line, entry.number, N_("Entry {found} stands where entry {expected} should be."),
                found=entry.number, expected=expected,
            )  # fmt: skip
        elif not was_bad:
            self._say(name, line, expected, N_("This entry does not follow the one before it."))
        return entry.number

    def _altered(self, raw: bytes, name: str, line: int, number: int) -> None:
        if not raw.endswith(b"\n"):
            self._say(name, line, number, N_("This line is not finished: a crash, or somebody cut it."))
        else:
            self._say(name, line, number, N_("This line was changed, or is not from Hameau."))

    def _recovered(self, raw: bytes, name: str, line: int, number: int) -> None:
        """What was found missing earlier stays a finding, and what was moved aside is held against its hash."""
        entry = entry_of(raw)
        if entry is None or entry.kind != Kind.RECOVERED or not (self._key and is_signed(self._key, raw)):
            return
        if what := _AFTER_CRASH.get(str(entry.facts.get("reason", ""))):
            self._say(name, line, number, what, **entry.facts)
        file = str(entry.facts.get("file", ""))
        if file and (read := self._evidence.aside.get(file)) is None:
            self._say(file, 0, number, N_("This file is missing."))
        elif file and read and digest(read()) != entry.facts.get("sha256"):
            self._say(file, 0, number, N_("This file was changed."))

    def _say(self, segment: str, line: int, number: int, what: str, **fields: object) -> None:
        if len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(Problem(segment, line, number, what, fields))


def _check_head(evidence: Evidence, key: PublicKey | None, walk: _Walk, problems: list[Problem]) -> None:
    """Holds the head against the lines."""
    if evidence.head is None:
        if evidence.segments or evidence.private or evidence.public:
            problems.append(Problem(HEAD, 0, walk.number, N_("The head is missing.")))
        return
    head = walk.head
    if head is None or (key and not is_signed(key, evidence.head, HEAD_DOMAIN)):
        problems.append(Problem(HEAD, 1, walk.number, N_("The head was changed.")))
    elif head.number > walk.number:
        fields = {"first": walk.number + 1, "last": head.number}
        one, many = _CUT
        problems.append(Problem(HEAD, 1, walk.number, one if head.number == walk.number + 1 else many, fields))
    elif head.hash != walk.hash_at_head:
        problems.append(
            Problem(
                HEAD, 1, head.number, N_("Entry {number} is not the one that the head knows."), {"number": head.number}
            )
        )
    elif head.number < walk.number - 1:
        problems.append(
            Problem(
                HEAD, 1, head.number, N_("The head is {count} entries behind: a power cut, or somebody put an old one back."),
                {"count": walk.number - head.number},
            )
        )  # fmt: skip
