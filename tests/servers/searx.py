"""A real searx on loopback, whose engines are pages that the test wrote: nothing is asked of the internet.

Debian's package brings no settings; these are the fewest with which it starts. It is a child of the test and ends by its own pid.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = "/usr/bin/python3"
"""Debian's own, for which the package was made."""
SHARED = "/usr/share/python3-searx"
_PATIENCE = 30.0


def json_engine(name: str, search_url: str, **more: object) -> dict[str, object]:
    """An engine that asks ``search_url`` for ``{"results": [{"url", "title", "content"}]}``."""
    return {
        "name": name,
        "engine": "json_engine",
        "shortcut": name[:4],
        "categories": "general",
        "search_url": search_url,
        "results_query": "results",
        "url_query": "url",
        "title_query": "title",
        "content_query": "content",
        "timeout": 5.0,
        "enable_http": True,
        **more,
    }


@dataclass(frozen=True, slots=True)
class Searx:
    """Where it is."""

    url: str
    pid: int


@contextlib.contextmanager
def searx(engines: Sequence[Mapping[str, object]], **server: object) -> Iterator[Searx]:
    """A searx with these ``engines``, for the length of the block."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as held:
        port = _free_port()
        settings = Path(folder) / "settings.yml"
        settings.write_text(json.dumps(_settings(engines, port, server)), encoding="utf-8")  # JSON is YAML
        environment = {**os.environ, "SEARX_SETTINGS_PATH": str(settings), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTHONPATH", None)
        log = held.enter_context((Path(folder) / "log").open("w+b"))
        process = subprocess.Popen(
            [PYTHON, "-m", "searx.webapp"],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}", Path(log.name))
            yield Searx(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _settings(engines: Sequence[Mapping[str, object]], port: int, server: Mapping[str, object]) -> dict[str, object]:
    return {
        "general": {"debug": False, "instance_name": "searx"},
        "search": {"safe_search": 0, "autocomplete": "", "default_lang": "", "formats": ["html", "json"]},
        "server": {
            "port": port,
            "bind_address": "127.0.0.1",
            "secret_key": "only-for-tests",
            "base_url": False,
            "image_proxy": False,
            "http_protocol_version": "1.0",
            "method": "POST",
            "default_http_headers": {},
            **server,
        },
        "ui": {
            "static_path": f"{SHARED}/static",
            "templates_path": f"{SHARED}/templates",
            "default_theme": "oscar",
            "default_locale": "",
            "theme_args": {"oscar_style": "logicodev"},
            "categories_order": ["general"],
            "results_on_new_tab": False,
        },
        "preferences": {"lock": []},
        "outgoing": {
            "request_timeout": 5.0,
            "useragent_suffix": "",
            "pool_connections": 10,
            "pool_maxsize": 10,
        },
        "plugins": [],
        "enabled_plugins": [],
        "engines": list(engines),
        "locales": {"en": "English", "fr": "Français"},
        "doi_resolvers": {"none": "http://127.0.0.1/"},
        "default_doi_resolver": "none",
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"searx did not start: {log.read_text(encoding='utf-8', errors='replace')[-3000:]}")
