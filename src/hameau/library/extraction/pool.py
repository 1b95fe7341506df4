"""The extractor: plain text at once, everything else in locked-in worker processes that are replaced when they break."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from msgspec.structs import replace as replace_struct

from hameau.kit import N_, Unavailable
from hameau.library.extraction import limits, ocr
from hameau.library.extraction.kinds import HEAD_BYTES, READ_FAMILIES, kind_of
from hameau.library.extraction.plain import read_plain
from hameau.library.extraction.process import FOLDER_PREFIX, Clock, Overdue, Worker
from hameau.library.extraction.reasons import error
from hameau.library.extraction.sandbox import NAMESPACE, SECCOMP
from hameau.library.extraction.trust import believed, said_seemly
from hameau.library.extraction.wire import Job, Reply
from hameau.library.opening import held, open_document
from hameau.library.ports import Told
from hameau.library.types import Extracted

logger = logging.getLogger(__name__)

_WORN_OUT = 200.0
"""Jobs after which a worker is replaced; small ones count for less."""
_MOST_BYTES = 4  # of a character, in every encoding of Unicode
NOTICE_NO_WALL = N_(
    "Documents are read in a separate process with limits on memory and time, but this system gives no means to cut that "
    "process off the network."
)


class SandboxedExtractor:
    """An :class:`~hameau.library.ports.Extractor` that survives any file. May be used by several threads at once.

    ``workers`` bounds the processes, which start when the first file needs one and leave when idle. ``memory_bytes`` and
    ``seconds`` (of processor and of waiting) bound one file. ``scratch`` is where the workers' folders are made (the
    system's place, when ``None``); folders that a killed server left there are taken away.
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        memory_bytes: int = limits.MEMORY_BYTES,
        seconds: int = limits.SECONDS,
        max_characters: int = limits.CHARACTERS,
        scratch: Path | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._memory_bytes, self._seconds, self._max_characters = memory_bytes, seconds, max_characters
        self._scratch = scratch
        self._languages = ocr.languages(ocr.tessdata(environ))
        self._clock = Clock()
        self._places = threading.Semaphore(workers)
        self._starter = _one_thread()  # the kernel ends a worker with the very thread that started it
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._paused = False
        self._walls: tuple[str, ...] | None = None
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True)
            for left in scratch.glob(f"{FOLDER_PREFIX}*"):
                shutil.rmtree(left, ignore_errors=True)

    @property
    def walls(self) -> tuple[str, ...] | None:
        """The walls that hold around the workers, by their names in ``sandbox``; ``None`` before the first worker."""
        return self._walls

    def notices(self) -> tuple[str, ...]:
        """What a person should know, in plain words: recognition that is missing, a wall that this system lacks."""
        unbound = self._walls is not None and not {NAMESPACE, SECCOMP} & set(self._walls)
        return ocr.notices(self._languages) + ((NOTICE_NO_WALL,) if unbound else ())

    def extract(self, path: Path, media_type: str = "", *, beneath: Path | None = None) -> Extracted:
        """The text of ``path``, which is no link, and on whose way from ``beneath`` there is none.

        Raises ``Corrupt``, ``Refused``, ``Missing`` or ``NotEnough`` with the reason, ``Unavailable`` when no worker can be
        started at all.
        """
        try:
            descriptor = open_document(path, beneath)
        except OSError as failure:
            raise error(reason_of(failure)) from failure
        try:
            status = os.fstat(descriptor)
            if status.st_size > limits.FILE_BYTES:
                raise error("too_big")
            name = os.fsencode(path.name).decode("utf-8", "replace")
            return self._extract(name, descriptor, status.st_size, media_type)
        except OSError as failure:
            raise error(reason_of(failure)) from failure
        finally:
            os.close(descriptor)

    def extract_data(self, name: str, data: bytes, media_type: str = "") -> Extracted:
        """The text of a content that is no file here. Raises as :meth:`extract` does."""
        if len(data) > limits.FILE_BYTES:
            raise error("too_big")
        with held(data, self._scratch) as descriptor:
            return self._extract(name, descriptor, len(data), media_type)

    def parse(self, form: str, data: bytes, kind: type[Told]) -> Told:
        """What ``data`` says as a form of :mod:`~hameau.library.extraction.forms`, decoded as ``kind``.

        Raises ``Corrupt`` or ``NotEnough`` with the reason, ``Unavailable`` when no worker can be started at all.
        """
        if len(data) > limits.FILE_BYTES:
            raise error("too_big")
        job = Job(form, "", len(data), (), limits.FORM_SECONDS, limits.FORM_BYTES // _MOST_BYTES, form=form)
        with held(data, self._scratch) as descriptor, self._places:
            reply = self._ask(job, descriptor)
        if reply.reason:
            logger.info("the form %s: %r (%.300r)", form, reply.reason, reply.detail)
            raise error(reply.reason)
        try:
            return msgspec.json.decode(reply.told, type=kind)
        except msgspec.MsgspecError as failure:
            logger.warning("the form %s is not as it was agreed: %s", form, failure)
            raise error("damaged") from failure

    def plain(self, name: str, data: bytes) -> Extracted | None:
        """The text of a whole file that is text already, for whoever has read it; ``None``: it is for :meth:`extract`."""
        kind = kind_of(name, data[:HEAD_BYTES])
        return self._plain(data, kind.media_type) if kind.family == "text" else None

    def pause(self, paused: bool) -> None:
        """Stops the workers where they stand (SIGSTOP), or lets them go on. A stopped worker's time stands still too."""
        with self._lock:
            self._paused = paused
            if paused:
                self._clock.stop()
            for worker in self._all:
                worker.signal(signal.SIGSTOP if paused else signal.SIGCONT)
            if not paused:
                self._clock.go()

    def close(self) -> None:
        """Ends every worker; files being read fail. A later :meth:`extract` would start new ones."""
        with self._lock:
            workers, self._all = self._all, set()
            self._idle.clear()
            starter, self._starter = self._starter, _one_thread()
        for worker in workers:
            worker.end()
        starter.shutdown(wait=False)

    def _extract(self, name: str, descriptor: int, size: int, media_type: str) -> Extracted:
        head = os.pread(descriptor, HEAD_BYTES, 0)
        kind = kind_of(name, head)
        if kind.family == "text":
            if size > _MOST_BYTES * self._max_characters:
                raise error("too_long")  # before it fills our own memory
            data = head if size <= len(head) else _all_of(descriptor, size)
            return self._plain(data, media_type or kind.media_type)
        if kind.family not in READ_FAMILIES:
            raise error(kind.family)
        if kind.family == "picture" and not self._languages:
            raise error("ocr_missing")
        job = Job(name, media_type, size, self._languages, self._seconds, self._max_characters)
        with self._places:
            reply = self._ask(job, descriptor)
        if reply.found is None:
            if reply.detail:
                # quoted: neither may speak to a terminal
                logger.info("%r: %r (%.300r)", name, reply.reason, reply.detail)
            raise error(reply.reason)
        if len(reply.found.text) + sum(len(one.found.text) for one in reply.parts) > self._max_characters:
            raise error("too_long")
        return believed(reply.found, reply.parts)

    def _plain(self, data: bytes, media_type: str) -> Extracted:
        extracted = read_plain(data, media_type)
        if len(extracted.text) > self._max_characters:
            raise error("too_long")
        return said_seemly(extracted)

    def _ask(self, job: Job, descriptor: int) -> Reply:
        """The answer about a file; a step that breaks its reader is left out and the rest is read again."""
        reply, step = self._ask_once(job, descriptor)
        while step and len(job.left_out) < limits.RETRIES:
            job = replace_struct(job, left_out=(*job.left_out, step))
            reply, step = self._ask_once(job, descriptor)
        return reply

    def _ask_once(self, job: Job, descriptor: int) -> tuple[Reply, int]:
        """The answer about a file, and the step that broke its reader, if it broke one."""
        for attempt in (1, 2):
            with self._worker(new=attempt == 2) as (worker, fresh):
                try:
                    os.lseek(descriptor, 0, os.SEEK_SET)
                    return worker.read(job, descriptor), 0
                except Overdue:
                    self._drop(worker)
                    return Reply(reason="too_slow"), worker.step
                except (EOFError, ConnectionError, ValueError) as failure:
                    ended = worker.wait_for_end()
                    self._drop(worker)
                    if attempt == 1 and not fresh and ended != -signal.SIGXCPU:
                        continue  # it had just gone home for idleness, or was killed from outside: not this file's fault
                    logger.warning("%r broke a reader (%r, ended by %d)", job.name, failure, ended)
                    return Reply(reason="too_slow" if ended == -signal.SIGXCPU else "crashed"), worker.step
        return Reply(reason="crashed"), 0

    @contextlib.contextmanager
    def _worker(self, *, new: bool) -> Iterator[tuple[Worker, bool]]:
        """A worker for one job, and whether it is a new one; kept for the next job unless it was dropped or is worn out."""
        with self._lock:
            worker = self._idle.pop() if self._idle and not new else None
        fresh = worker is None
        if worker is None:
            worker = self._start()
        try:
            yield worker, fresh
        finally:
            with self._lock:
                keep = worker in self._all and worker.wear < _WORN_OUT
                if keep:
                    self._idle.append(worker)
            if not keep:
                self._drop(worker)

    def _start(self) -> Worker:
        starter = self._starter
        try:
            worker = starter.submit(Worker, self._scratch, self._memory_bytes, self._clock).result()
        except (OSError, RuntimeError) as failure:
            raise _no_worker() from failure
        with self._lock:
            closed = starter is not self._starter
            if not closed:
                self._all.add(worker)
                if self._paused:
                    worker.signal(signal.SIGSTOP)
        if closed:  # meanwhile: nobody would end it any more
            worker.end()
            raise _no_worker()
        try:
            worker.greet()
        except (EOFError, ConnectionError, ValueError, Overdue) as failure:
            logger.error("a reader could not start: %r, ended by %d", failure, worker.wait_for_end())
            self._drop(worker)
            raise _no_worker() from failure
        if self._walls is None:
            self._walls = worker.walls
            logger.info("documents are read behind these walls: %s", ", ".join(worker.walls))
        return worker

    def _drop(self, worker: Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.end()


def reason_of(failure: OSError) -> str:
    """The name of the reason for which the system did not hand a file out."""
    if isinstance(failure, PermissionError):
        return "forbidden"
    if failure.errno in (errno.ELOOP, errno.EINVAL):  # a link, a pipe, a device, a folder
        return "unknown"
    return "gone" if isinstance(failure, (FileNotFoundError, NotADirectoryError)) else "disk"


def _all_of(descriptor: int, size: int) -> bytes:
    parts, offset = [], 0
    while offset < size and (part := os.pread(descriptor, min(size - offset, 1 << 24), offset)):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "readers")


def _no_worker() -> Unavailable:
    return Unavailable(
        N_("The program that reads documents could not be started."),
        hint=N_("Close other programs to free memory, then synchronise again."),
    )
