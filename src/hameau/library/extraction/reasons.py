"""Why a file could not be read, in words for a person. A worker names a reason; only these are ever shown.

The sentences carry no fields: they are stored with the document and translated where they are shown.
"""

from __future__ import annotations

from typing import NamedTuple

from hameau.kit import N_, Corrupt, HameauError, Missing, NotEnough, Refused


class Reason(NamedTuple):
    """The class of error, what happened, what to do about it."""

    kind: type[HameauError]
    message: str
    hint: str = ""

    def error(self) -> HameauError:
        """The exception that says it."""
        return self.kind(self.message, hint=self.hint)


_OPEN_AND_SAVE = N_("Open it with the program it was made with and save it again; it is read anew when it changes.")
_NOT_YET = N_("Save its text as PDF, Word, LibreOffice or plain text to have it read.")

REASONS: dict[str, Reason] = {
    "encrypted": Reason(
        Refused,
        N_("This file is protected by a password."),
        N_("Save a copy without a password; Hameau never asks for one."),
    ),
    "damaged": Reason(Corrupt, N_("This file is damaged or not what its name says."), _OPEN_AND_SAVE),
    "empty": Reason(Corrupt, N_("This file is empty: there is nothing in it to read."), _OPEN_AND_SAVE),
    "closed_archive": Reason(
        Refused,
        N_("This is an archive of a kind that Hameau does not open."),
        N_("Unpack it into the folder to have the documents inside it read."),
    ),
    "bomb": Reason(
        Refused,
        N_("This archive would unpack to far more than it weighs: it was not opened."),
        N_("Unpack what you need from it into the folder yourself, if you know where it comes from."),
    ),
    "sound": Reason(Refused, N_("This is a sound recording or a film, not a document Hameau reads yet."), _NOT_YET),
    "unknown": Reason(Refused, N_("This is not a kind of document Hameau reads yet."), _NOT_YET),
    "ocr_missing": Reason(
        Missing,
        N_("This is a picture of text, and the program that reads pictures is not installed."),
        N_("Install it (Debian: sudo apt install tesseract-ocr tesseract-ocr-fra), then start Hameau again."),
    ),
    "too_slow": Reason(
        NotEnough,
        N_("Reading this file took too long and was stopped."),
        N_("Split the file into smaller ones, or save it in a simpler format."),
    ),
    "too_much_memory": Reason(
        NotEnough,
        N_("Reading this file needs more memory than one file may have."),
        N_("Split the file into smaller ones, or save it in a simpler format."),
    ),
    "too_long": Reason(
        NotEnough,
        N_("This file holds more text than Hameau takes from one file."),
        N_("Split the file into smaller ones."),
    ),
    "too_big": Reason(
        NotEnough,
        N_("This file is bigger than one file may be."),
        N_("Split the file, or raise the limit in the settings."),
    ),
    "crashed": Reason(
        Corrupt,
        N_("This file broke the program that reads it; the program was kept apart and nothing else is touched."),
        _OPEN_AND_SAVE,
    ),
    "gone": Reason(
        Corrupt,
        N_("This file went away while it was being read."),
        N_("It is looked at again with the next synchronisation."),
    ),
    "forbidden": Reason(
        Refused,
        N_("Hameau is not allowed to read this file."),
        N_("Give your account the right to read it, then synchronise again."),
    ),
    "disk": Reason(
        Corrupt,
        N_("The disk could not hand this file out."),
        N_("Check the disk or the cable, then synchronise again."),
    ),
}

SOME_PAGES = N_("Some pages are pictures and were not read: the program that reads pictures is not installed.")
MAIL_LOCKED = N_("The text of this mail is encrypted; only its header was read.")
PAGES_LEFT = N_("This file has more pictures of text than Hameau reads from one file: the last ones were not read.")
SOME_BROKEN = N_("Some parts of this file could not be read: they broke the program that reads them, or took too long.")
MEMBERS_LOCKED = N_("Some of the files inside are protected by a password and were not read.")
MEMBERS_UNREAD = N_("Some of the files inside were not read; their names stand at the end of the text.")
MEMBERS_LEFT = N_("This file holds more than Hameau takes from one file: the rest was not read.")
DOUBTS = frozenset({SOME_PAGES, PAGES_LEFT, SOME_BROKEN, MEMBERS_LOCKED, MEMBERS_UNREAD, MEMBERS_LEFT, MAIL_LOCKED})
"""What may be said of a file that was read; anything else that a worker says of one is not shown."""


class Unreadable(Exception):
    """A file can't be read. ``reason`` is a key of :data:`REASONS`; ``detail`` is for the log."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


def error(reason: str) -> HameauError:
    """The exception for the reason of that name; an unknown name counts as a crash of the reader."""
    return REASONS.get(reason, REASONS["crashed"]).error()
