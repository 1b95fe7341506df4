"""Waits beside a mail server for news (IDLE, RFC 2177), in a thread of its own. Says that there are some, and not which."""

from __future__ import annotations

import logging
import os
import re
import threading
import time

from hameau.kit import N_, HameauError, Unavailable
from hameau.library.ports import Changes
from hameau.library.sources.imap_session import Session

logger = logging.getLogger(__name__)

_ANEW = 9 * 60.0
"""Seconds after which waiting begins anew: routers forget silent lines after ten minutes, servers after thirty."""
_LOOK_SECONDS = 1.0
_NEWS = re.compile(rb"\* (?:\d{1,10} (?:EXISTS|EXPUNGE)|VANISHED)\b", re.IGNORECASE)


class ImapListener:
    """A :class:`~hameau.library.ports.Watcher` of one mailbox. ``session`` has it open, and is closed by the listener."""

    out_of_watches = False

    def __init__(self, session: Session) -> None:
        self._session = session
        self._over = threading.Event()
        self._broken = False
        self._heard, self._told = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        session.watch(self._over)
        self._thread = threading.Thread(target=self._listen, name="mail-listener", daemon=True)
        self._thread.start()

    @property
    def complete(self) -> bool:
        """Other mailboxes are not heard of."""
        return False

    def fileno(self) -> int:
        return self._heard

    def changes(self) -> Changes:
        """Everything, when something came. Raises ``Unavailable`` when the line broke."""
        news = False
        try:
            while os.read(self._heard, 4096):
                news = True
        except BlockingIOError:
            pass
        if self._broken:
            raise Unavailable(N_("The line to the mail server broke; it is asked again by itself."))
        return Changes(everything=news)

    def close(self) -> None:
        """Hangs up."""
        self._over.set()
        self._thread.join(5.0)
        if self._thread.is_alive():
            return  # it may still write, and what is closed now may be another file by then
        os.close(self._heard)
        os.close(self._told)

    def _listen(self) -> None:
        try:
            while not self._over.is_set():
                self._wait_once()
        except (HameauError, OSError) as error:
            if not self._over.is_set():
                logger.info("listening for mail ended: %s", error)
        except Exception:  # the edge of the thread: a mistake of ours must not look like silence
            logger.exception("listening for mail")
        finally:
            self._broken = True
            self._session.close()
            self._tell()

    def _wait_once(self) -> None:
        """One IDLE from its beginning to its end."""
        self._session.idle()
        until = time.monotonic() + _ANEW
        while not self._over.is_set() and time.monotonic() < until:
            if self._session.is_talking(_LOOK_SECONDS) and _NEWS.match(self._session.overheard()):
                self._tell()
        self._session.idle_no_more()

    def _tell(self) -> None:
        try:
            os.write(self._told, b"!")
        except (BlockingIOError, OSError):
            logger.debug("it is known already that there is news")
