"""IMAP over a line of the perimeter: what ``imapclient`` and ``imaplib`` say and understand, with bounds on all that is heard.

The server is not trusted: a literal is refused by its announced size before a byte of it is taken, a command has so many bytes
and seconds, and whoever stops the work is heard while waiting.
"""

from __future__ import annotations

import imaplib
import re
import select
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socket import socket as Socket  # noqa: N812, TID251 - the type of a line that the perimeter opened
from typing import Any

import numpy as np
from imapclient import IMAPClient, tls  # noqa: TID251 - over a line of the perimeter
from imapclient.exceptions import LoginError  # noqa: TID251
from imapclient.imap_utf7 import decode  # noqa: TID251
from imapclient.response_parser import parse_fetch_response, parse_response  # noqa: TID251

from hameau.kit import N_, HameauError, Unavailable
from hameau.library.ports import Stop
from hameau.library.sources.imap_errors import Broken, TooMuch
from hameau.perimeter import Patience, Wire

_LONGEST_LINE = 16 << 20
"""Bytes: the numbers of two million mails."""
_NUMBERS = re.compile(rb"[ 0-9]*(?:\(MODSEQ [0-9]+\))?")
_SECONDS = 60.0
_SLOWEST = 20_000
"""Bytes a second that a server must reach, beside the seconds that it may think."""
_ODD = (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, UnicodeError, RecursionError)
"""What the libraries raise when an answer makes no sense."""


class Stopping(Stop):
    """The stop of whoever uses the line just now."""

    def __init__(self) -> None:
        self.now: Stop | None = None

    def is_set(self) -> bool:
        return self.now is not None and self.now.is_set()


class Protocol(imaplib.IMAP4):
    """``imaplib`` over ``line``, which stays the caller's to close."""

    def __init__(self, line: Socket, host: str, stop: Stop, allowed: Callable[[], object]) -> None:
        self._host_name, self._stop, self._allowed = host, stop, allowed
        self._room = 1 << 20
        self._listen(line)
        super().__init__(host)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """The line is open."""
        self.host, self.port = self._host_name, port

    def begin(self, expected: int = 0) -> None:
        """From now on, so many bytes may come, and what every answer needs beside."""
        self._room = 2 * expected + (1 << 20)
        self.wire.wait_at_most(_SECONDS + self._room / _SLOWEST)

    def long_lines(self, room: int) -> None:
        """The next answer is a long one without literals."""
        self._room = room
        self.wire.wait_at_most(_SECONDS + room / _SLOWEST)

    def read(self, size: int) -> bytes:
        self._take(size)
        return self.wire.exactly(size)

    def readline(self) -> bytes:
        line = self.wire.line(min(_LONGEST_LINE, self._room + 1000)) or b""
        self._take(len(line))
        return line

    def send(self, data: object) -> None:
        self.wire.send(bytes(data))  # type: ignore[call-overload]

    def shutdown(self) -> None:
        """Whoever opened the line closes it."""

    def encrypt(self) -> None:
        """From now on encrypted, the certificate that of the host (RFC 3501, 6.2.1). What came before is forgotten."""
        if self.wire.rest:
            raise Broken(N_("{host} speaks before it is asked."), host=self._host_name)
        self.sock.settimeout(_SECONDS)
        try:
            self._listen(tls.wrap_socket(self.sock, None, self._host_name))
        except OSError as error:
            raise Unavailable(
                N_("{host} can't prove that it is the one: the line could not be encrypted."), host=self._host_name
            ) from error
        self.untagged_responses.clear()

    def _log(self, line: str) -> None:
        """Nothing that was said is kept: a password is among it."""

    def list_with_status(self, what: str) -> tuple[list[Any], list[Any]]:
        """All mailboxes with where they stand, in one question (RFC 5819): the answers LIST and STATUS."""
        typ, _ = self._simple_command("LIST", '""', '"*"', f"RETURN (STATUS ({what}))")
        if typ != "OK":
            raise self.error("LIST failed")
        return self.untagged_responses.pop("LIST", []), self.untagged_responses.pop("STATUS", [])

    def _listen(self, line: Socket) -> None:
        self.sock = line
        self.wire = Wire(line, self._host_name, Patience(_SECONDS, total=sys.maxsize), self._stop, self._allowed)

    def _take(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise TooMuch(N_("{host} sends more than was asked for: it was cut off."), host=self._host_name)


class Speaker(IMAPClient):  # type: ignore[misc]
    """``imapclient`` over such a line."""

    def __init__(self, line: Socket, host: str, stop: Stop, allowed: Callable[[], object]) -> None:
        self._made = (line, host, stop, allowed)
        with understood(host):
            super().__init__(host, 143, ssl=False)
        self.protocol.debug = 0

    @property
    def protocol(self) -> Protocol:
        """What it speaks through."""
        return self._imap  # type: ignore[no-any-return]

    def fetched(self, uids: str, what: Iterable[str]) -> dict[int, dict[bytes, Any]]:
        """FETCH of a set of numbers, however many that are."""
        protocol = self.protocol
        tag = protocol._command("UID", "FETCH", uids, f"({' '.join(what)})")  # noqa: SLF001 - as imapclient does
        typ, data = protocol._command_complete("FETCH", tag)  # noqa: SLF001
        self._checkok("fetch", typ, data)
        _, found = protocol._untagged_response(typ, data, "FETCH")  # noqa: SLF001
        return dict(parse_fetch_response(found, self.normalise_times, True)) if found != [None] else {}

    def searched(self, asked: Iterable[str]) -> list[int]:
        """SEARCH: the numbers that fit, each once, in order. A line of millions would cost gigabytes as texts."""
        protocol = self.protocol
        tag = protocol._command("UID", "SEARCH", *asked)  # noqa: SLF001 - as imapclient does
        typ, data = protocol._command_complete("SEARCH", tag)  # noqa: SLF001
        self._checkok("search", typ, data)
        _, found = protocol._untagged_response(typ, data, "SEARCH")  # noqa: SLF001
        lines = [line for line in found if line and line.partition(b"(")[0].strip()]
        if not all(_NUMBERS.fullmatch(line) for line in lines):
            raise ValueError("no numbers")
        numbers = [np.fromstring(line.partition(b"(")[0].decode("ascii"), np.int64, sep=" ") for line in lines]
        return np.unique(np.concatenate(numbers)).tolist() if numbers else []

    def standings(self, told: list[Any]) -> dict[str, dict[str, int]]:
        """What STATUS said of each mailbox."""
        parsed = parse_response(told) if told else ()
        return {
            decode(name) if isinstance(name, bytes) else str(name): {
                key.decode("ascii"): int(value) for key, value in zip(items[::2], items[1::2], strict=True)
            }
            for name, items in zip(parsed[::2], parsed[1::2], strict=True)
        }

    def folders(self, listed: list[Any]) -> list[Any]:
        """What LIST said."""
        return list(self._proc_folder_list(listed))

    def _create_IMAP4(self) -> Protocol:  # noqa: N802 - the library's name
        return Protocol(*self._made)

    def _set_read_timeout(self) -> None:
        """The wire has its own."""

    def encrypt(self) -> None:
        """Asks for an encrypted line, and goes on over it."""
        typ, _ = self.protocol._simple_command("STARTTLS")  # noqa: SLF001 - as imapclient does
        if typ != "OK":
            raise self.Error("STARTTLS was refused")
        self.protocol.encrypt()
        self._starttls_done = True
        self._cached_capabilities = None


@contextmanager
def understood(host: str) -> Iterator[None]:
    """Turns what the libraries raise into what a person understands."""
    try:
        yield
    except (HameauError, LoginError):
        raise
    except (imaplib.IMAP4.abort, OSError) as error:
        raise Broken(
            N_("{host} hung up before its answer was whole."),
            hint=N_("It is tried again by itself."),
            host=host,
        ) from error
    except imaplib.IMAP4.error as error:
        raise Unavailable(
            N_("{host} refused what was asked: {answer}"), host=host, answer=" ".join(str(error).split())[:200]
        ) from error
    except _ODD as error:
        raise Broken(N_("{host} answers what no mail server may answer."), host=host) from error


def wait_readable(descriptor: int, seconds: float) -> bool:
    """Whether something can be read, as soon as it can be."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
