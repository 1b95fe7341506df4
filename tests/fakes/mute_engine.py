"""An engine's process that speaks when it is asked ``speak``, and falls silent for ever when it is asked anything else."""

from __future__ import annotations

import struct
import threading

from hameau.models.child import die_with_parent, take_pipes
from hameau.models.frames import read_frame, write_frame

_HEAD = struct.Struct("<Ic")


def main() -> None:
    die_with_parent()
    incoming, outgoing = take_pipes()
    read_frame(incoming)
    write_frame(outgoing, b'{"ready": true}')
    while (frame := read_frame(incoming)) is not None:
        number, letter = _HEAD.unpack_from(frame)
        if letter == b"x":
            continue
        if frame[_HEAD.size :] != b"speak":
            threading.Event().wait()
        write_frame(outgoing, _HEAD.pack(number, b"c") + b"word")
        write_frame(outgoing, _HEAD.pack(number, b"e"))


if __name__ == "__main__":
    main()
