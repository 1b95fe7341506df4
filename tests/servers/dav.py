"""Real WebDAV, CalDAV and CardDAV servers on loopback, each a child that ends with its block: wsgidav, rclone, radicale.

``wsgidav(…, nextcloud=True)`` is the same program taught what Nextcloud 32 says beside WebDAV: numbers of files, tags of folders
that change with all that is below them, letters of permission, percent signs in small letters, the login flow, its status.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

USER, PASSWORD = "ada", "pass-word é"
MAIL = "ada@example.org"
"""How the user of the Nextcloud may sign in as well."""
FILES = f"/remote.php/dav/files/{USER}"
_UP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs: ``url`` is what a person would type, ``log`` where it writes its requests, a line each."""

    port: int
    url: str
    log: Path

    def asked(self) -> list[str]:
        return self.log.read_text("utf-8").splitlines()


@contextmanager
def wsgidav(
    folder: Path,
    log: Path,
    *,
    nextcloud: bool = False,
    shared: Sequence[str] = (),
    locked: bool = True,
    refuse_infinity: bool = False,
) -> Iterator[Serving]:
    """wsgidav over ``folder``. ``shared``: names of folders that another one shares with the user."""
    wish = {
        "folder": str(folder),
        "log": str(log),
        "nextcloud": nextcloud,
        "shared": list(shared),
        "locked": locked,
        "refuse_infinity": refuse_infinity,
    }
    log.write_text("", "utf-8")
    command = [sys.executable, str(Path(__file__)), json.dumps(wish)]
    with _child(command, r"PORT ([0-9]+)", sys.stdout) as port:
        yield Serving(port, f"http://127.0.0.1:{port}" + (f"{FILES}/" if nextcloud else "/"), log)


@contextmanager
def rclone(folder: Path, log: Path, remembers: str = "0s") -> Iterator[Serving]:
    """``rclone serve webdav``, with the user and the password. It ``remembers`` a folder for so long, and then looks again."""
    command = ["rclone", "serve", "webdav", str(folder), "--addr", "127.0.0.1:0", "--user", USER, "--pass", PASSWORD]
    command += ["--dir-cache-time", remembers, "--poll-interval", "0s", "--config", os.devnull]
    log.write_text("", "utf-8")
    with _child(command, r"http://127\.0\.0\.1:([0-9]+)/", sys.stderr) as port:
        yield Serving(port, f"http://127.0.0.1:{port}/", log)


@contextmanager
def radicale(folder: Path, names: Sequence[str] = (USER,)) -> Iterator[Serving]:
    """Radicale with its collections in ``folder``; each of the users is known by the same password."""
    users = folder / "users"
    folder.mkdir(parents=True, exist_ok=True)
    users.write_text("".join(f"{name}:{PASSWORD}\n" for name in names), "utf-8")
    options = {
        "server-hosts": f"127.0.0.1:{_free_port()}",
        "auth-type": "htpasswd",
        "auth-htpasswd-filename": str(users),
        "auth-htpasswd-encryption": "plain",
        "auth-delay": "0",
        "storage-filesystem-folder": str(folder / "collections"),
        "logging-level": "info",
    }
    command = [sys.executable, "-m", "radicale", "--config", ""]
    command += [word for name, value in options.items() for word in (f"--{name}", value)]
    with _child(command, r"Listening on '127\.0\.0\.1:([0-9]+)'", sys.stderr) as port:
        yield Serving(port, f"http://127.0.0.1:{port}/", folder / "users")


def _free_port() -> int:
    """For a program that can't be asked to choose one itself."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


@contextmanager
def _child(command: list[str], pattern: str, where: object) -> Iterator[int]:
    """The program, until the block ends; the port that it tells on standard output or error."""
    out = {"stdout": subprocess.PIPE} if where is sys.stdout else {"stderr": subprocess.PIPE}
    if where is not sys.stdout:
        out["stdout"] = subprocess.DEVNULL
    child = subprocess.Popen(command, text=True, encoding="utf-8", errors="replace", **out)  # type: ignore[call-overload]
    stream = child.stdout if where is sys.stdout else child.stderr
    told: list[int] = []
    up = threading.Event()

    def listen() -> None:
        said = []
        for line in stream:
            found = re.search(pattern, line)
            if found and not told:
                told.append(int(found[1]))
                up.set()
            said.append(line)
            del said[:-20]
        if not up.is_set():
            print("".join(said), file=sys.stderr)
        up.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        if not up.wait(_UP_SECONDS) or not told:
            raise RuntimeError(f"{command[:3]} did not start")
        yield told[0]
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        listener.join()
        stream.close()


# ------------------------------------------------------------------------------------------------- inside the child
def _serve(wish: dict[str, Any]) -> None:
    from wsgidav.wsgidav_app import WsgiDAVApp

    mapping = {FILES if wish["nextcloud"] else "/": _provider(wish)}
    users: object = {name: {"password": PASSWORD} for name in (USER, MAIL)} if wish["locked"] else True
    config = {
        "host": "127.0.0.1",
        "port": 0,
        "provider_mapping": mapping,
        "simple_dc": {"user_mapping": {"*": users}},
        "http_authenticator": {"accept_digest": False, "default_to_digest": False},
        "logging": {"enable": False},
        "dir_browser": {"enable": False},
        "property_manager": False,
        "lock_storage": False,
        "verbose": 0,
    }
    app = _Beside(WsgiDAVApp(config), wish)
    _Speaker.app = app
    with ThreadingHTTPServer(("127.0.0.1", 0), _Speaker) as server:
        app.port = server.server_address[1]
        print(f"PORT {app.port}", flush=True)
        server.serve_forever()


class _Speaker(BaseHTTPRequestHandler):
    """HTTP/1.1 with kept lines around a WSGI program; wsgidav's own server stumbles over contents that are no text."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    app: _Beside

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.app.port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
        }
        environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()}
        head: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
            head[:] = [status, headers]
            return lambda _data: None

        said = self.app(environ, start)
        pieces = iter(said)
        first = next(pieces, b"")  # a program may wait with its head until then
        status, headers = head
        try:
            self.send_response(int(status.split()[0]), status.partition(" ")[2])
            known = {name.lower() for name, _ in headers}
            for name, value in headers:
                self.send_header(name, value)
            if "content-length" not in known:
                first = b"".join([first, *pieces])
                self.send_header("Content-Length", str(len(first)))
            self.end_headers()
            if self.command != "HEAD" and status[:3] not in ("204", "304"):
                for piece in itertools.chain([first], pieces):
                    self.wfile.write(piece)
        except ConnectionError:
            self.close_connection = True
        finally:
            if hasattr(said, "close"):
                said.close()


class _Beside:
    """Writes down what is asked, and answers what is no WebDAV as a Nextcloud would."""

    def __init__(self, app: Any, wish: dict[str, Any]) -> None:
        self.app, self.wish, self.port, self.granted, self.lock = app, wish, 0, False, threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        depth = environ.get("HTTP_DEPTH", "")
        with self.lock, Path(self.wish["log"]).open("a", encoding="utf-8") as log:
            log.write(f"{method} {path} {depth}".strip() + "\n")
        if self.wish["nextcloud"]:
            if depth == "infinity" and method == "PROPFIND":
                environ["HTTP_DEPTH"] = "1"  # as sabre/dav does
            said = self._nextcloud(path, method, environ)
            if said is not None:
                status, body = said
                data = json.dumps(body).encode()
                start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
                return [data]
        elif depth == "infinity" and method == "PROPFIND" and self.wish["refuse_infinity"]:
            start("403 Forbidden", [("Content-Length", "0")])
            return []
        return self.app(environ, start)

    def _nextcloud(self, path: str, method: str, environ: dict[str, Any]) -> tuple[str, object] | None:
        here = f"http://127.0.0.1:{self.port}"
        if path == "/status.php":
            return "200 OK", {
                "installed": True,
                "maintenance": False,
                "productname": "Nextcloud",
                "version": "32.0.1.2",
            }
        if path == "/ocs/v2.php/cloud/user":
            return "200 OK", {
                "ocs": {"meta": {"statuscode": 200}, "data": {"id": USER, "email": MAIL, "quota": {"free": 1}}}
            }
        if path == "/ocs/v2.php/cloud/capabilities":
            said = {"version": {"major": 32}, "capabilities": {"theming": {"name": "Le nuage", "url": "x"}, "dav": {}}}
            return "200 OK", {"ocs": {"meta": {}, "data": said}}
        if path == "/index.php/login/v2" and method == "POST":
            poll = {"token": "a-token", "endpoint": f"{here}/login/v2/poll"}
            return "200 OK", {"poll": poll, "login": f"{here}/login/v2/flow/abc"}
        if path == "/login/v2/flow/abc":
            self.granted = True
            return "200 OK", {}
        if path == "/login/v2/poll":
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            if not self.granted:
                return "404 Not Found", []
            self.granted = False
            return "200 OK", {"server": here, "loginName": MAIL, "appPassword": PASSWORD}
        return None


def _provider(wish: dict[str, Any]) -> Any:
    from wsgidav.dav_error import HTTP_NOT_FOUND, DAVError
    from wsgidav.fs_dav_provider import FileResource, FilesystemProvider, FolderResource

    if not wish["nextcloud"]:
        return FilesystemProvider(wish["folder"])
    root = Path(wish["folder"])

    class Cloudy:
        """What Nextcloud says of a file or a folder."""

        _file_path: str

        def get_etag(self) -> str:
            return _tag(Path(self._file_path))

        def get_property_value(self, name: str) -> Any:
            if name == "{http://owncloud.org/ns}fileid":
                return str(Path(self._file_path).stat().st_ino)
            if name == "{http://owncloud.org/ns}permissions":
                parts = Path(self._file_path).relative_to(root).parts
                return ("S" if set(parts) & set(wish["shared"]) else "") + "RGDNVW"
            if name == "{http://nextcloud.org/ns}is-encrypted":
                return "1" if Path(self._file_path).name == "Chiffré" else "0"
            if name.startswith("{DAV:}"):
                return super().get_property_value(name)  # type: ignore[misc]
            raise DAVError(HTTP_NOT_FOUND)

        def get_href(self) -> str:
            found: str = super().get_href()  # type: ignore[misc]
            return re.sub("%[0-9A-F]{2}", lambda one: one[0].lower(), found)

    class File(Cloudy, FileResource):
        pass

    class Folder(Cloudy, FolderResource):
        pass

    class Provider(FilesystemProvider):
        def get_resource_inst(self, path: str, environ: dict[str, Any]) -> Any:
            found = super().get_resource_inst(path, environ)
            if isinstance(found, FolderResource):
                return Folder(path, environ, found._file_path)
            return None if found is None else File(path, environ, found._file_path)

    return Provider(wish["folder"])


def _tag(path: Path) -> str:
    """Of a file: it and its moment, wherever it stands. Of a folder: all that is below it."""
    status = path.stat()
    if not path.is_dir():
        return md5(f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}".encode()).hexdigest()
    below = [f"{one.name}={_tag(one)}" for one in sorted(path.iterdir())]
    return md5("\n".join([str(status.st_ino), *below]).encode("utf-8", "surrogateescape")).hexdigest()


def basic(user: str = USER) -> dict[str, str]:
    """The header of the user, for tests that speak to a server themselves."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()}


if __name__ == "__main__":
    _serve(json.loads(sys.argv[1]))
