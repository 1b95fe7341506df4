"""The files beside the pages (styles, scripts, pictures), read once, each under an address that holds its content's hash.

An address never changes its content, so browsers keep it for a year; scripts import each other by these addresses too.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MEDIA = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "webmanifest": "application/manifest+json"}
PREFIX = "/static/"
_IMPORT = re.compile(rb"""(from\s+["'])\./([a-z-]+\.js)(["'])""")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its address, its bytes, and the same compressed."""

    address: str
    etag: str
    media: str
    plain: bytes
    small: bytes


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """All of them by plain name. Scripts come after those that they import, so that hashes hold hashes."""
    folder = files("hameau.server") / "static"
    contents = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.rpartition(".")[2] in MEDIA}
    made: dict[str, Asset] = {}
    for name in sorted(contents):
        _make(name, contents, made, ())
    return made


def _make(name: str, contents: dict[str, bytes], made: dict[str, Asset], above: tuple[str, ...]) -> Asset:
    if name in above:
        raise ValueError(f"scripts import each other in a circle: {' -> '.join((*above, name))}")
    if name not in made:
        content = _IMPORT.sub(
            lambda found: (
                found[1] + _make(found[2].decode(), contents, made, (*above, name)).address.encode() + found[3]
            ),
            contents[name],
        )
        digest = hashlib.sha256(content).hexdigest()[:16]
        stem, _, ending = name.rpartition(".")
        made[name] = Asset(
            f"{PREFIX}{stem}.{digest}.{ending}",
            f'"{digest}"',
            MEDIA[ending],
            content,
            gzip.compress(content, 9, mtime=0),
        )
    return made[name]


def address(name: str) -> str:
    """Where a page finds ``name``."""
    return assets()[name].address


@lru_cache(maxsize=1)
def _by_address() -> dict[str, Asset]:
    return {asset.address: asset for asset in assets().values()}


async def serve_asset(request: Request) -> Response:
    """The file at this address, for ever the same; 304 when the browser has it."""
    asset = _by_address().get(request.url.path)
    if asset is None:
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": asset.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", "") and len(asset.small) < len(asset.plain):
        return Response(asset.small, headers=headers | {"Content-Encoding": "gzip"}, media_type=asset.media)
    return Response(asset.plain, headers=headers, media_type=asset.media)
