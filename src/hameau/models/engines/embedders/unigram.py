"""The tokenizer of XLM-RoBERTa: SentencePiece's unigram model (Kudo 2018, https://arxiv.org/abs/1804.10959).

Of all the ways to write a text in pieces of the vocabulary, the one whose scores add up highest. No piece reaches over the
start of a word, so each word is cut by itself, and the words that come again are remembered.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

MARK = "\u2581"
"""What stands for a space at the start of a word."""

_WORDS = re.compile(f"{MARK}[^{MARK}]*|[^{MARK}]+")
_SPACES = re.compile(" {2,}")
_UNKNOWN_PENALTY = 10.0  # below the lowest score; SentencePiece's constant
_REMEMBERED, _LONGEST_REMEMBERED = 50_000, 32


class Unigram:
    """Thread-safe. ``normalization`` says which characters stand for each, as :meth:`str.translate` reads it."""

    def __init__(
        self, pieces: Sequence[str], scores: NDArray[np.generic], unknown: int, normalization: Mapping[int, str]
    ) -> None:
        self._ids = dict(zip(reversed(pieces), range(len(pieces) - 1, -1, -1), strict=True))
        if any(MARK in piece[1:] for piece in pieces):
            raise ValueError("a piece of the vocabulary reaches over the start of a word")
        self._ids.pop(pieces[unknown], None)  # the name of the unknown piece is not a text
        self._scores = array("f", scores.astype(np.float32).tobytes())
        self._lowest = float(scores.min()) - _UNKNOWN_PENALTY
        self._unknown = unknown
        self._longest = max(map(len, pieces))
        self._normalization = normalization
        self._known: dict[str, list[int]] = {}

    def tokens(self, text: str) -> list[int]:
        """The numbers of the pieces of ``text``, without the marks of its beginning and end."""
        plain = _SPACES.sub(" ", text.translate(self._normalization))
        marked = (plain if plain.startswith(" ") else f" {plain}").replace(" ", MARK)
        found: list[int] = []
        for word in _WORDS.findall(marked):
            found += self._known.get(word) or self._cut(word)
        return found

    def _cut(self, word: str) -> list[int]:
        """The best pieces of one word, by Viterbi's algorithm."""
        size = len(word)
        best = [float("-inf")] * (size + 1)
        best[0] = 0.0
        came: list[tuple[int, int]] = [(0, 0)] * (size + 1)
        known, scores, longest = self._ids, self._scores, self._longest
        for start in range(size):
            so_far = best[start]
            for end in range(start + 1, min(size, start + longest) + 1):
                piece = known.get(word[start:end])
                if piece is not None and so_far + scores[piece] > best[end]:
                    best[end] = so_far + scores[piece]
                    came[end] = (start, piece)
            if so_far + self._lowest > best[start + 1]:
                best[start + 1] = so_far + self._lowest
                came[start + 1] = (start, self._unknown)
        pieces = []
        while size:
            size, piece = came[size]
            pieces.append(piece)
        pieces.reverse()
        if len(word) <= _LONGEST_REMEMBERED:
            if len(self._known) >= _REMEMBERED:
                self._known = {}
            self._known[word] = pieces
        return pieces
