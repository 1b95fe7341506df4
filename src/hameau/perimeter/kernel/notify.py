"""Tells systemd how far the start is (sd_notify(3)); says nothing when systemd did not ask."""

from __future__ import annotations

import logging
import os
import socket

logger = logging.getLogger(__name__)


def tell_systemd(state: str) -> None:
    """Sends ``state``, such as ``READY=1``, to the socket named by ``NOTIFY_SOCKET``."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where:
        return
    address = "\0" + where[1:] if where.startswith("@") else where
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.sendto(state.encode(), address)
    except OSError as error:
        logger.warning("systemd could not be told %s: %s", state, error)
