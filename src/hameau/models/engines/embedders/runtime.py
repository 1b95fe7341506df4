"""ONNX Runtime, loaded late: a network in, a function from arrays to arrays out."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hameau.kit import N_, Missing

Arrays = Mapping[str, NDArray[np.generic]]


class Network:
    """A loaded network. Thread-safe: each call computes on the thread that makes it.

    ``optimized`` lets ONNX Runtime rewrite it first: right for a stranger's, not for ours, which is written as it runs
    fastest. Raises :class:`Missing` without the engine, ``ValueError`` when the network can't be loaded.
    """

    def __init__(self, source: bytes | Path, *, optimized: bool) -> None:
        try:
            # Loaded late: native code that a command like `hameau sources` never needs.
            import onnxruntime
            from onnxruntime.capi import onnxruntime_pybind11_state as errors  # the same library
        except (ImportError, OSError) as error:
            raise Missing(
                N_("The component that finds passages by meaning can't start: {reason}"),
                hint=N_("Reinstall it with: pip install --force-reinstall {package}"),
                reason=str(error),
                package="onnxruntime",
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors
        options.enable_cpu_mem_arena = False  # its blocks grow to the longest text and stay
        if not optimized:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            self._session = onnxruntime.InferenceSession(
                source if isinstance(source, bytes) else str(source), options, providers=["CPUExecutionProvider"]
            )
        except (
            errors.Fail, errors.InvalidArgument, errors.InvalidGraph, errors.InvalidProtobuf, errors.NoSuchFile,
            errors.NotImplemented, errors.RuntimeException, RuntimeError,
        ) as error:  # fmt: skip
            raise ValueError(str(error)) from error
        self.inputs = frozenset(each.name for each in self._session.get_inputs())
        self.outputs = tuple(each.name for each in self._session.get_outputs())

    def __call__(self, inputs: Arrays, output: str) -> NDArray[np.float32]:
        """The value of ``output``."""
        found: NDArray[np.float32] = self._session.run([output], dict(inputs))[0]
        return found


@cache
def signed_weights() -> bool:
    """Whether weights of 8 bits may have a sign on this processor.

    Without VNNI, an x86 processor adds two products of 8 bits in 16, which overflows when one factor has a sign
    (onnxruntime.ai/docs/performance/model-optimizations/quantization.html, "U8S8"). Everywhere else a sign is faster.
    """
    if platform.machine().lower() not in ("x86_64", "amd64", "i686", "x86"):
        return True
    try:
        return "vnni" in Path("/proc/cpuinfo").read_text("ascii", "replace")
    except OSError:
        return False  # slower, and right
