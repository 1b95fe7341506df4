"""Writes a network in the format of ONNX (https://onnx.ai/onnx/repo-docs/IR.html), which is protobuf
(https://protobuf.dev/programming-guides/encoding/): the few messages that a graph needs.

A library for this weighs 35 MB, and its part in Hameau would be these hundred lines. Knows nothing of encoders.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

IR, OPSET, CONTRIB = 8, 17, "com.microsoft"
"""Versions that ONNX Runtime has read since 1.13; its own operators stand in the domain ``com.microsoft``
(https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md)."""

_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}  # TensorProto.DataType
_FLOAT, _INT, _INTS = 1, 2, 7  # AttributeProto.AttributeType

Dimensions = Sequence[int | str]
"""Sizes of a tensor; a word stands for a size that is known when the network runs."""


class Graph:
    """A network that is being written, from its inputs to its outputs. Values are known by their names."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._nodes = 0

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """A tensor that the network carries; returns ``name``."""
        dense = np.ascontiguousarray(values)
        sizes = b"".join(_number(1, size) for size in dense.shape)
        body = sizes + _number(2, _TYPES[dense.dtype.name]) + _text(8, name) + _bytes(9, dense.tobytes())
        self._parts.append(_bytes(5, body))
        return name

    def node(
        self, operator: str, inputs: Sequence[str], *, domain: str = "", outputs: int = 1, **options: object
    ) -> list[str]:
        """One step; returns the names of its outputs. ``options`` are whole numbers, fractions or lists of numbers."""
        return self._node(operator, inputs, domain, outputs, options)

    def one(self, operator: str, *inputs: str, domain: str = "", **options: object) -> str:
        """One step with one output; returns its name."""
        return self._node(operator, inputs, domain, 1, options)[0]

    def give(self, name: str, value: str, dimensions: Dimensions) -> None:
        """Makes ``value`` an output of the network, called ``name``."""
        self._step("Identity", [value], [name], "", {})
        self._parts.append(_bytes(12, _value(name, dimensions)))

    def take(self, name: str, dimensions: Dimensions, kind: str = "float32") -> str:
        """An input of the network; returns ``name``."""
        self._parts.append(_bytes(11, _value(name, dimensions, kind)))
        return name

    def serialized(self) -> bytes:
        """The network as the bytes of a ``ModelProto``."""
        versions = b"".join(
            _bytes(8, _text(1, domain) + _number(2, version)) for domain, version in (("", OPSET), (CONTRIB, 1))
        )
        return _number(1, IR) + _text(2, "hameau") + _bytes(7, b"".join([*self._parts, _text(2, "encoder")])) + versions

    def _node(
        self, operator: str, inputs: Sequence[str], domain: str, outputs: int, options: dict[str, object]
    ) -> list[str]:
        self._nodes += 1
        made = [f"{operator}_{self._nodes}_{each}" for each in range(outputs)]
        self._step(operator, inputs, made, domain, options)
        return made

    def _step(
        self, operator: str, inputs: Sequence[str], outputs: Sequence[str], domain: str, options: dict[str, object]
    ) -> None:
        body = b"".join([*(_text(1, name) for name in inputs), *(_text(2, name) for name in outputs)])
        body += _text(4, operator) + _text(7, domain)
        body += b"".join(_bytes(5, _text(1, name) + _option(value)) for name, value in options.items())
        self._parts.append(_bytes(1, body))


def _option(value: object) -> bytes:
    if isinstance(value, float):
        return _key(2, 5) + struct.pack("<f", value) + _number(20, _FLOAT)
    if isinstance(value, int):
        return _number(3, value) + _number(20, _INT)
    if isinstance(value, tuple):
        return b"".join(_number(8, each) for each in value) + _number(20, _INTS)
    raise TypeError(type(value).__name__)


def _value(name: str, dimensions: Dimensions, kind: str = "float32") -> bytes:
    """A ``ValueInfoProto`` of a tensor."""
    shape = b"".join(_bytes(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in dimensions)
    tensor = _number(1, _TYPES[kind]) + _bytes(2, shape)
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _number(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _key(field, 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
