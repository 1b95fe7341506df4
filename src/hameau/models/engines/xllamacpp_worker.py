"""The process that runs llama.cpp through xllamacpp. Started by :mod:`hameau.models.engines.xllamacpp`, never by hand.

In comes ``{"load": {...}}`` once, then frames of four bytes of a request's number, one letter (``c`` chat, ``t`` text to go
on with, ``x`` cancel) and the request in the form of the engine. Out goes ``{"ready": …, "walls": […], "brake": …}``, then for
each request frames of four bytes of its number, one letter (``c`` chunk, ``e`` end) and JSON.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import struct
import sys
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from hameau.models.child import die_with_parent, shut_in, take_pipes
from hameau.models.engines.xllamacpp_brake import Brake
from hameau.models.frames import read_frame, write_frame

logger = logging.getLogger(__name__)
_HEAD = struct.Struct("<Ic")
_LITTLE = b'{"prompt": [0], "max_tokens": 1, "stream": true}'
_PROGRESS = b'"prompt_progress"'  # in what the engine says while it reads


def main() -> None:
    """Loads the one model it is told to, then answers until the pipe closes."""
    die_with_parent()
    _die_first()
    incoming, outgoing = take_pipes()
    first = read_frame(incoming)
    if first is None:
        return
    order = json.loads(first)["load"]
    files = [order["path"], order["projector"], *(adapter["path"] for adapter in order["adapters"])]
    try:
        with tempfile.TemporaryDirectory(prefix="hameau-") as folder:
            walls = shut_in(filter(None, files), folder)
            server = _load(order, Path(folder))
    except ImportError as error:
        write_frame(outgoing, json.dumps({"ready": False, "missing": str(error)}).encode())
        return
    except RuntimeError as error:  # what the engine raises for a model that it can't load
        write_frame(outgoing, json.dumps({"ready": False, "reason": str(error)}).encode())
        return
    brake = Brake(order["batch"])
    library, release = _built()
    brake.engage(library, release, lambda: server.handle_completions(_LITTLE, lambda _chunk: False))
    write_frame(outgoing, json.dumps({"ready": True, "walls": walls, "brake": brake.holds}).encode())
    _Desk(server, outgoing, brake, order["batch"], order["shared_batch"]).serve(incoming)
    os._exit(0)  # the parent is gone or done: nothing to save, and the engine's own farewell may wait for a long prompt


def _die_first() -> None:
    """When memory runs out, the system ends the engine, which starts anew, and nothing else of the person's."""
    try:
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    except OSError as error:  # another system, or not allowed here
        logger.debug("No say in who is ended first: %s", error)


def _load(order: dict[str, Any], folder: Path) -> Any:
    # Loaded late and only here: 30 MB of native code that no other process of ours needs.
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = order["path"]
    if order["projector"]:
        params.mmproj.path = order["projector"]
    params.lora_adapters = [
        xllamacpp.CommonAdapterLoraInfo(adapter["path"], adapter["scale"]) for adapter in order["adapters"]
    ]
    params.n_ctx = order["context"]
    params.n_parallel = order["parallel"]
    params.kv_unified = True  # the conversations share one context
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order["threads"]
    params.n_batch = params.n_ubatch = order["batch"]
    params.cache_ram_mib = order["prompt_cache_mib"]
    params.fit_params = False
    params.warmup = False
    params.offline = True
    params.verbosity = 1  # errors only
    _close_the_door(params, folder)
    return xllamacpp.Server(params)


def _built() -> tuple[str, str]:
    """The engine's shared library, and its release."""
    # Loaded late, as above.
    import xllamacpp.xllamacpp

    return str(xllamacpp.xllamacpp.__file__), version("xllamacpp")


def _close_the_door(params: Any, folder: Path) -> None:
    """The engine insists on an HTTP listener. It gets a Unix socket in a folder that only we can enter and that is
    removed once it listens, so nobody can ever connect; and a key nobody knows, and nothing to serve."""
    if sys.platform != "win32":
        params.hostnames = [str(folder / "closed.sock")]
    params.api_keys = [secrets.token_urlsafe(32)]
    params.n_threads_http = 1
    params.ui = params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False


class _Desk:
    """Takes requests from the pipe, one thread for each; the engine queues what it can't do at once."""

    def __init__(self, server: Any, outgoing: BinaryIO, brake: Brake, batch: int, shared_batch: int) -> None:
        self._doors = {b"c": server.handle_chat_completions, b"t": server.handle_completions}
        self._outgoing = outgoing
        self._brake = brake
        self._batches = batch, shared_batch
        self._writing = threading.Lock()
        self._wanted: set[int] = set()
        self._changed = threading.Condition()
        self._inside: dict[int, bool] = {}  # who is in the engine, and whether its answer has begun
        self._stopping = False

    def serve(self, incoming: BinaryIO) -> None:
        """Until the pipe closes."""
        while (frame := read_frame(incoming)) is not None:
            number, letter = _HEAD.unpack_from(frame)
            if letter == b"x":
                self._cancel(number)
            else:
                self._wanted.add(number)
                body = frame[_HEAD.size :]
                threading.Thread(target=self._answer, args=(number, letter, body), daemon=True).start()

    def _cancel(self, number: int) -> None:
        """An answer ends at its next token, a prompt at the end of its batch, or at once when it is alone in the engine."""
        self._wanted.discard(number)
        with self._changed:
            if self._brake.holds and self._inside == {number: False}:
                self._stopping = True
                self._brake.press()

    def _answer(self, number: int, letter: bytes, body: bytes) -> None:
        def forward(chunk: bytes) -> bool:
            """Gives one chunk to the parent; true stops the engine. Must not raise: the engine swallows exceptions."""
            if number not in self._wanted:
                return True
            if not self._inside[number] and _PROGRESS not in chunk:
                self._inside[number] = True
            try:
                self._write(number, b"c", chunk)
            except OSError:
                self._wanted.discard(number)
            return number not in self._wanted

        problem = ""
        self._enter(number)
        try:
            if number in self._wanted:
                self._doors[letter](body, forward)
        except Exception as error:  # the edge of the engine: whatever it raises is told to the parent
            logger.exception("The engine failed")
            problem = str(error) or type(error).__name__
        finally:
            self._wanted.discard(number)
            self._leave(number)
        try:
            self._write(number, b"e", json.dumps({"problem": problem}).encode())
        except OSError as error:
            logger.info("The parent is gone: %s", error)

    def _enter(self, number: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._stopping)
            self._inside[number] = False
            self._share()

    def _leave(self, number: int) -> None:
        with self._changed:
            del self._inside[number]
            if self._stopping:  # it was alone, and nobody came in since
                self._brake.release()
                self._stopping = False
                self._changed.notify_all()
            self._share()

    def _share(self) -> None:
        """Several in the engine wait for each other's batches: these are small then."""
        self._brake.batch = self._batches[len(self._inside) > 1]

    def _write(self, number: int, letter: bytes, payload: bytes) -> None:
        with self._writing:
            write_frame(self._outgoing, _HEAD.pack(number, letter) + payload)


if __name__ == "__main__":
    main()
