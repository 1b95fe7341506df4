"""From a model's tokens to whole sentences. Knows nothing of sources."""

from __future__ import annotations

import re

from hameau.library import sentences

_LOOK_AHEAD = 3
"""A sentence is whole once so many characters stand after it: « M. » and « 3. » must not end one."""
_MARKER_TAIL = re.compile(r"\s*(?:\[\d+\][.,;]?\s*)+")


class SentenceStream:
    """Fed with pieces of text; gives back each sentence as soon as it is whole, markers such as ``[2]`` kept with it."""

    def __init__(self) -> None:
        self._text = ""
        self._given = 0

    @property
    def text(self) -> str:
        """All that was fed."""
        return self._text

    def feed(self, piece: str) -> list[str]:
        """The sentences that ``piece`` completes."""
        self._text += piece
        return self._take(final=False)

    def finish(self) -> list[str]:
        """What is left, as a last sentence."""
        return self._take(final=True)

    def _take(self, *, final: bool) -> list[str]:
        rest = self._text[self._given :]
        spans = sentences(rest)
        taken: list[str] = []
        done = 0
        for index, (start, end) in enumerate(spans):
            start = max(start, done)  # a marker may have taken the beginning of this one
            if start >= end:
                continue
            if not (final or (index + 1 < len(spans) and spans[index + 1][1] - end >= _LOOK_AHEAD)):
                break
            marker = _MARKER_TAIL.match(rest, end)
            if marker:
                if not final and marker.end() == len(rest):
                    break
                end = marker.end()
            taken.append(rest[start:end].strip())
            done = end
        self._given += done
        return [sentence for sentence in taken if sentence]
