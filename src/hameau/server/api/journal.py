"""The journal: its entries with filters, a check of the whole, and one file to take away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import BinaryIO

from starlette.responses import Response, StreamingResponse

from hameau.kit import now
from hameau.perimeter import asked_by
from hameau.server.border import check_journal, kinds_of, moment_of, told_check, told_entry
from hameau.server.call import Call
from hameau.server.endpoint import Endpoint
from hameau.server.shapes import HeadQuery, JournalChecked, JournalPart, JournalQuery, NoParameters

_BLOCK = 1 << 18


def entries(call: Call, wanted: JournalQuery) -> JournalPart:
    found = call.house.perimeter.journal.entries(
        kinds=kinds_of(wanted.kind),
        since=moment_of(wanted.since),
        until=moment_of(wanted.until),
        text=wanted.text.strip(),
        before=wanted.before,
        limit=wanted.limit + 1,
    )
    shown = tuple(told_entry(one, call.language) for one in found[: wanted.limit])
    return JournalPart(shown, shown[-1].number if len(found) > len(shown) else None)


def verify(call: Call, wanted: HeadQuery) -> JournalChecked:
    return told_check(check_journal(call, wanted.head.strip()), call.language)


def export(call: Call, _: NoParameters) -> Response:
    """A zip that explains itself. It waits in the home folder, under no name: nothing stays of it, whatever happens."""
    file = tempfile.TemporaryFile(dir=call.house.settings.home_path)  # noqa: SIM115 - closed when it is sent
    try:
        call.house.perimeter.journal.export(file, by=asked_by())
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = {
        "Content-Disposition": f'attachment; filename="hameau-journal-{now()[:10]}.zip"',
        "Content-Length": str(size),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_blocks(file), headers=headers, media_type="application/zip")


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK):
            yield block


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/v1/journal",
        "What happened, the newest first, each with a sentence",
        entries,
        JournalQuery,
        answer=JournalPart,
        tag="journal",
    ),
    Endpoint(
        "GET",
        "/api/v1/journal/verify",
        "Hold the whole journal against its hashes and signatures",
        verify,
        HeadQuery,
        answer=JournalChecked,
        tag="journal",
    ),
    Endpoint(
        "GET",
        "/api/v1/journal/export",
        "The whole journal as one file, which can be checked on any machine",
        export,
        answer=bytes,
        media="application/zip",
        tag="journal",
    ),
)
