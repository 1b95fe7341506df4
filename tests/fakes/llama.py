"""llama.cpp's own HTTP server, started as another program of this machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPT = Path(__file__).with_name("llama_server.py")


@contextmanager
def llama_server(model: Path, key: str, context: int = 1024) -> Iterator[str]:
    """Its host and port, for the length of the block."""
    command = [sys.executable, str(SCRIPT), str(model), key, str(context)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield f"127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()
            process.wait(30)
