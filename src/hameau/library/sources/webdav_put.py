"""Writes one new file to a WebDAV server. What is there already is never replaced, whatever the server understands."""

from __future__ import annotations

import logging
from pathlib import PurePosixPath

from hameau.kit import N_, BadInput, Conflict, new_id
from hameau.library.sources.dav_places import path_of, written
from hameau.library.sources.dav_server import DavServer, refusal

logger = logging.getLogger(__name__)
_NAMES = 50
_DONE = frozenset([200, 201, 204])
_LONGEST = 200


def put(server: DavServer, name: str, data: bytes, media_type: str, *, atomic: bool) -> str:
    """``data`` as ``name`` below the server's place, or under the first free name like it; its address.

    ``atomic``: the server heeds ``If-None-Match: *`` (RFC 9110, 13.1.2). Where it may not, the file is written under a name
    that nobody has and then moved without leave to overwrite (RFC 4918, 10.6).
    """
    path = path_of(server.place.path + written(name), server.place.path)
    if path is None or len(name) > _LONGEST or {"", ".", ".."} & set(name.split("/")):
        raise BadInput(N_("« {name} » can't be the name of a file."), name=name[:100])
    for number in range(1, _NAMES):
        target = _numbered(path, number)
        free = (
            _put_if_none(server, target, data, media_type) if atomic else _put_aside(server, target, data, media_type)
        )
        if free:
            return server.place.at(target)
    raise Conflict(N_("There are too many files called « {name} » already."), name=name)


def _numbered(path: str, number: int) -> str:
    if number == 1:
        return path
    step = PurePosixPath(path)
    return str(step.with_name(f"{step.stem}%20({number}){step.suffix}"))


def _put_if_none(server: DavServer, path: str, data: bytes, media_type: str) -> bool:
    headers = {"Content-Type": media_type, "If-None-Match": "*"}
    with server.ask("PUT", path, data, headers) as answer:
        if answer.status == 412:
            return False
        if answer.status not in _DONE:
            raise refusal(server.host, path, answer)
        return True


def _put_aside(server: DavServer, path: str, data: bytes, media_type: str) -> bool:
    with server.ask("HEAD", path) as answer:
        if answer.status != 404:
            return False
    folder = path.rpartition("/")[0]
    aside = f"{folder}/.hameau-{new_id('put')}"
    with server.ask("PUT", aside, data, {"Content-Type": media_type, "If-None-Match": "*"}) as answer:
        if answer.status not in _DONE:
            raise refusal(server.host, path, answer)
    moved = False
    try:
        headers = {"Destination": server.place.at(path), "Overwrite": "F"}
        with server.ask("MOVE", aside, headers=headers) as answer:
            moved = answer.status in _DONE
            if not moved and answer.status != 412:
                raise refusal(server.host, path, answer)
    finally:
        if not moved:
            with server.ask("DELETE", aside) as answer:
                if answer.status not in _DONE:
                    logger.warning("%s keeps the file %s that was not wanted", server.host, aside)
    return moved
