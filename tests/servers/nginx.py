"""A real nginx on loopback that serves a folder, as most feeds of the world are served: ETag, Last-Modified, 304 by itself.

Some places of it misbehave in the way their names say. It is a child of the test and ends by its own pid.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PROGRAM = "/usr/sbin/nginx"
_PATIENCE = 15.0
_LINE = re.compile(r"(\d{3}) (\S+) (\S+) ?(.*)")
_USER = "user root;\n" if os.geteuid() == 0 else ""
_SETTINGS = """
{user}worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    types {{
        application/rss+xml rss; application/atom+xml atom; application/feed+json json; text/xml xml; text/html html;
    }}
    default_type application/octet-stream;
    log_format short '$status $request_uri $bytes_sent $http_authorization';
    access_log {folder}/access.log short;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    sendfile off;
    server {{
        listen 127.0.0.1:{port};
        root {root};
        location /gone/ {{ return 410; }}
        location /busy/ {{ add_header Retry-After 1800 always; return 429; }}
        location /closed/ {{ auth_basic "feeds"; auth_basic_user_file {folder}/users; }}
        location /fresh/ {{ add_header Cache-Control "public, max-age=7200"; }}
        location /slow/ {{ limit_rate 20; }}
        location /packed/ {{ gzip on; gzip_types *; gzip_min_length 1; gzip_http_version 1.0; etag off; add_header Content-Encoding gzip; }}
        location /latin/ {{ charset iso-8859-1; }}
        location /moved/ {{ rewrite ^/moved/(.*)$ /$1 permanent; }}
        location /passing/ {{ rewrite ^/passing/(.*)$ /$1 redirect; }}
        location /crossing/ {{ rewrite ^/crossing/(.*)$ http://localhost:{port}/$1 redirect; }}
        location /round/ {{ return 302 /round/; }}
{more}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    """Where it is, what it serves, and what was asked of it."""

    url: str
    port: int
    root: Path
    folder: Path

    def write(self, path: str, content: str | bytes, *, age: float = 3600.0) -> str:
        """Puts a file there, last changed ``age`` seconds ago; its address."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        file.write_bytes(data)
        moment = time.time() - age
        os.utime(file, (moment, moment))
        return f"{self.url}/{path}"

    def asked(self) -> list[tuple[int, str, int, str]]:
        """Status, path, bytes sent and authorization of each request so far, in the order in which they ended."""
        mark = (
            f"/_mark/{time.monotonic_ns()}"  # nginx writes its log behind the answer: what stands before this is whole
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE) as line:
            line.sendall(f"GET {mark} HTTP/1.0\r\n\r\n".encode())
            while line.recv(4096):
                continue
        until = time.monotonic() + _PATIENCE
        while mark not in (log := (self.folder / "access.log").read_text()) and time.monotonic() < until:
            time.sleep(0.01)
        found = [_LINE.match(line) for line in log.splitlines()]
        return [(int(one[1]), one[2], int(one[3]), one[4]) for one in found if one and not one[2].startswith("/_mark/")]

    def statuses(self) -> dict[int, int]:
        """How many requests got which status."""
        counts: dict[int, int] = {}
        for status, *_ in self.asked():
            counts[status] = counts.get(status, 0) + 1
        return counts

    def forget(self) -> None:
        """Begins to count anew."""
        self.asked()
        os.truncate(self.folder / "access.log", 0)


@contextlib.contextmanager
def nginx(users: Mapping[str, str] | None = None, more: str = "") -> Iterator[Nginx]:
    """An nginx for the length of the block. ``more`` are further directives of its one server."""
    with tempfile.TemporaryDirectory() as name:
        folder, root = Path(name), Path(name) / "site"
        root.mkdir()
        (folder / "users").write_text("".join(f"{user}:{{PLAIN}}{word}\n" for user, word in (users or {}).items()))
        port = _free_port()
        settings = folder / "nginx.conf"
        settings.write_text(_SETTINGS.format(user=_USER, folder=folder, port=port, root=root, more=more))
        process = subprocess.Popen(
            [PROGRAM, "-p", str(folder), "-c", str(settings), "-e", str(folder / "error.log")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(process, port, folder / "error.log")
            yield Nginx(f"http://127.0.0.1:{port}", port, root, folder)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"nginx did not start: {log.read_text() if log.exists() else ''}")
