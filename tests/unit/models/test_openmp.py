"""OpenMP on a system without it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hameau.models.openmp import openmp_environment

LOAD = "import ctypes, sys; ctypes.CDLL(sys.argv[1]).omp_get_max_threads"


@pytest.mark.skipif(sys.platform != "linux", reason="wheels for other systems bring their own")
def test_a_library_that_the_system_lacks_is_found_in_the_wheel() -> None:
    name = "libgomp-of-nobody.so.9"
    environment = openmp_environment(name)
    found = subprocess.run([sys.executable, "-c", LOAD, name], env=os.environ | environment, check=False)
    assert environment
    assert found.returncode == 0


def test_a_library_that_is_there_needs_nothing() -> None:
    assert openmp_environment("libc.so.6") == {}
