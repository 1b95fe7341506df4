"""llama.cpp's own HTTP server, as another program of this machine: ``python llama_server.py MODEL KEY CONTEXT``. Prints its port."""

from __future__ import annotations

import socket
import sys
from typing import Any

import xllamacpp


def main(model: str, key: str, context: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    params: Any = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx = int(context)
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.api_keys = [key]
    params.warmup = params.fit_params = params.ui = False
    params.offline = True
    params.verbosity = 1
    server = xllamacpp.Server(params)
    print(port, flush=True)
    sys.stdin.read()  # until the parent closes it
    del server


main(*sys.argv[1:])
