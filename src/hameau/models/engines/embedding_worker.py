"""The process that embeds in the background. Started by :class:`hameau.models.BackgroundEmbedder`, never by hand.

In comes ``{"threads": n, "wanted": …}`` once, then ``{"passages": [texts]}`` or ``{"queries": [texts]}``. Out goes
``{"ready": true, …}``, then for each list its vectors as little-endian float32.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile

from hameau.kit import HameauError
from hameau.models.child import die_with_parent, shut_in, take_pipes
from hameau.models.engines.embedders import here
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
    order = json.loads(first)
    wanted = order.get("wanted", "")
    try:
        # A folder of its own, gone once it is loaded: an engine may insist on making a socket.
        with tempfile.TemporaryDirectory(prefix="hameau-") as folder:
            walls = shut_in(filter(os.path.isabs, [wanted]), folder)
            tempfile.tempdir = folder
            embedder = here(order["threads"], wanted)
            embedder.embed_passages([""])
    except HameauError as error:
        answer = {"ready": False, "message": error.message, "hint": error.hint, "fields": error.fields}
        write_frame(outgoing, json.dumps(answer, default=str).encode())
        return
    about = {"ready": True, "id": embedder.id, "dimensions": embedder.dimensions, "walls": walls}
    write_frame(outgoing, json.dumps(about).encode())
    while (frame := read_frame(incoming)) is not None:
        asked = json.loads(frame)
        embed, texts = (
            (embedder.embed_queries, asked["queries"])
            if "queries" in asked
            else (embedder.embed_passages, asked["passages"])
        )
        write_frame(outgoing, embed(texts).astype("<f4").tobytes())
    embedder.close()


if __name__ == "__main__":
    main()
