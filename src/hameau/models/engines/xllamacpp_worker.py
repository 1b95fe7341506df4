"""The process that runs llama.cpp through xllamacpp. Started by :mod:`hameau.models.engines.xllamacpp`, never by hand.

In comes ``{"load": {...}}`` once, then ``{"id": n, "body": "<OpenAI request>"}`` and ``{"cancel": n}``. Out goes
``{"ready": …, "walls": […]}``, then for each request frames of four bytes of its number, one letter (``c`` chunk, ``e`` end) and
JSON.
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
from pathlib import Path
from typing import Any, BinaryIO

from hameau.models.child import die_with_parent, shut_in, take_pipes
from hameau.models.frames import read_frame, write_frame

logger = logging.getLogger(__name__)
_HEAD = struct.Struct("<Ic")


def main() -> None:
    """Loads the one model it is told to, then answers until the pipe closes."""
    die_with_parent()
    incoming, outgoing = take_pipes()
    first = read_frame(incoming)
    if first is None:
        return
    order = json.loads(first)["load"]
    try:
        with tempfile.TemporaryDirectory(prefix="hameau-") as folder:
            walls = shut_in([order["path"]], folder)
            server = _load(order, Path(folder))
    except ImportError as error:
        write_frame(outgoing, json.dumps({"ready": False, "missing": str(error)}).encode())
        return
    except RuntimeError as error:  # what the engine raises for a model that it can't load
        write_frame(outgoing, json.dumps({"ready": False, "reason": str(error)}).encode())
        return
    write_frame(outgoing, json.dumps({"ready": True, "walls": walls}).encode())
    _Desk(server, outgoing).serve(incoming)
    os._exit(0)  # the parent is gone or done: nothing to save, and the engine's own farewell may wait for a long prompt


def _load(order: dict[str, Any], folder: Path) -> Any:
    # Loaded late and only here: 30 MB of native code that no other process of ours needs.
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = order["path"]
    params.n_ctx = order["context"] * order["parallel"]
    params.n_parallel = order["parallel"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order["threads"]
    params.n_batch = params.n_ubatch = order["batch"]
    params.cache_ram_mib = order["prompt_cache_mib"]
    params.fit_params = False
    params.warmup = False
    params.offline = True
    params.verbosity = 1  # errors only
    _close_the_door(params, folder)
    return xllamacpp.Server(params)


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

    def __init__(self, server: Any, outgoing: BinaryIO) -> None:
        self._server = server
        self._outgoing = outgoing
        self._writing = threading.Lock()
        self._running: set[int] = set()

    def serve(self, incoming: BinaryIO) -> None:
        """Until the pipe closes."""
        while (frame := read_frame(incoming)) is not None:
            message = json.loads(frame)
            if "cancel" in message:
                self._running.discard(message["cancel"])
            else:
                self._running.add(message["id"])
                threading.Thread(target=self._answer, args=(message["id"], message["body"]), daemon=True).start()

    def _answer(self, number: int, body: str) -> None:
        def forward(chunk: str) -> bool:
            """Gives one chunk to the parent; true stops the engine. Must not raise: the engine swallows exceptions."""
            if number not in self._running:
                return True
            try:
                self._write(number, b"c", chunk.encode("utf-8", "replace"))
            except OSError:
                self._running.discard(number)
            return number not in self._running

        problem = ""
        try:
            self._server.handle_chat_completions(body, forward)
        except Exception as error:  # the edge of the engine: whatever it raises is told to the parent
            logger.exception("The engine failed")
            problem = str(error)
        finally:
            self._running.discard(number)
        try:
            self._write(number, b"e", json.dumps({"problem": problem}).encode())
        except OSError as error:
            logger.info("The parent is gone: %s", error)

    def _write(self, number: int, letter: bytes, payload: bytes) -> None:
        with self._writing:
            write_frame(self._outgoing, _HEAD.pack(number, letter) + payload)


if __name__ == "__main__":
    main()
