"""The process that reads strangers' files: locked in first, then one job after the other until the socket closes.

Started by :mod:`hameau.library.extraction.pool` as a program of its own (never forked from a process with threads), with the
socket as descriptor 0. It is handed open files, never paths.
"""

from __future__ import annotations

import logging
import os
import select
import socket  # noqa: TID251 - a pair of connected sockets between two processes, no network
import time
from dataclasses import replace

from hameau.library.extraction import engine, limits
from hameau.library.extraction.context import Budget, Context
from hameau.library.extraction.forms import told
from hameau.library.extraction.reading import read
from hameau.library.extraction.reasons import Unreadable
from hameau.library.extraction.sandbox import bound_processor_time
from hameau.library.extraction.scrap import Scrap
from hameau.library.extraction.wire import Found, FoundPart, Hello, Job, Reply, receive_with_file, send
from hameau.library.types import Extracted

logger = logging.getLogger(__name__)
IDLE_SECONDS = 60
"""A worker without a job goes away after so long and gives its memory back."""


def prepare() -> None:
    """Loads what the readers need, while files may still be made: the engine unpacks a library for PDF."""
    engine.warm_up()


def serve(channel: socket.socket, walls: tuple[str, ...], scrap: Scrap) -> None:
    """Says which walls hold, then answers jobs until there are none."""
    send(channel, Hello(walls))
    while select.select([channel], [], [], IDLE_SECONDS)[0]:
        try:
            job, descriptor = receive_with_file(channel, Job)
        except EOFError:
            return
        send(channel, _answer(job, descriptor, scrap, channel))


def _answer(job: Job, descriptor: int, scrap: Scrap, channel: socket.socket) -> Reply:
    def tell(step: int) -> None:
        bound_processor_time(job.seconds)
        send(channel, Reply(step=step))

    budget = Budget(
        until=time.process_time() + job.seconds * limits.STRETCH * limits.SHARE,
        characters=job.max_characters,
        left_out=frozenset(job.left_out),
    )
    bound_processor_time(job.seconds)
    try:
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(job.size + 1)
        if len(data) > job.size:
            return Reply(reason="too_big")
        if job.form:
            return Reply(told=told(job.form, data))
        extracted = read(data, job.name, Context(job.ocr_languages, scrap, read, budget, tell))
    except Unreadable as verdict:
        return Reply(reason=verdict.reason, detail=verdict.detail)
    except MemoryError:
        return Reply(reason="too_much_memory")
    except OSError as error:  # of the disk, or of a reader whose file ends too early
        return Reply(reason="disk" if error.errno else "damaged", detail=repr(error)[:300])
    except Exception as error:  # the edge of the worker: whatever a hostile file provokes is a verdict on that file
        logger.exception("reading failed")
        return Reply(reason="damaged", detail=repr(error)[:300])
    inside = sum(len(part.extracted.text) for part in extracted.parts)
    if len(extracted.text) + inside > job.max_characters or len(extracted.pages) > limits.PAGES:
        return Reply(reason="too_long")
    warnings = tuple(sorted({*extracted.warnings, *budget.doubts}))
    parts = tuple(FoundPart(part.name, _found(part.extracted), part.size) for part in extracted.parts[: limits.INSIDE])
    return Reply(_found(replace(extracted, warnings=warnings)), parts)


def _found(extracted: Extracted) -> Found:
    return Found(
        extracted.text,
        extracted.title,
        extracted.media_type,
        extracted.pages,
        extracted.warnings,
        extracted.dated_at,
        extracted.authors,
        extracted.asides[: limits.ASIDES],
        extracted.link,
        extracted.thread,
        extracted.links[: limits.LINKS],
    )
