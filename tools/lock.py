"""Pins every dependency with the hashes of all its files: ``constraints.txt`` to run, ``constraints-dev.txt`` to work on it,
``constraints-transformers.txt`` for the one extra that is too heavy for either.

Reads ``pyproject.toml`` and calls pip-compile. The result names no registry, no host and no path, so that it installs the
same from any mirror; it carries the hashes of every platform's wheels.

Usage: ``python tools/lock.py [--upgrade]`` (that is ``make lock``)
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HEADER = {
    "constraints.txt": "# What Hameau needs to run and to be installed.",
    "constraints-dev.txt": "# What working on Hameau needs besides (tests, types, lint, translations).",
    "constraints-transformers.txt": "# What the extra « transformers » needs: gigabytes.",
}
QUIET = [
    "--quiet",
    "--generate-hashes",
    "--allow-unsafe",
    "--strip-extras",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
    "--no-emit-options",
]


COMPILE = "--compile"


def compile_with_known_hashes() -> None:
    """pip-compile, which takes the hashes that the index gives with its addresses, where it gives them: without that it would
    fetch every wheel of torch, for all platforms, to hash them itself."""
    from piptools.repositories.pypi import PyPIRepository  # noqa: PLC0415 - only in the process that compiles
    from piptools.scripts.compile import cli  # noqa: PLC0415

    fetched = PyPIRepository._get_file_hash  # noqa: SLF001

    def known(self: Any, link: Any) -> str:
        return f"sha256:{link.hash}" if link.hash and link.hash_name == "sha256" else fetched(self, link)

    PyPIRepository._get_file_hash = known  # noqa: SLF001
    cli(sys.argv[2:])


def compiled(requirements: list[str], target: Path, arguments: list[str]) -> str:
    """The pinned closure of ``requirements``; pins that ``target`` holds already are kept unless ``--upgrade`` is given."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "requirements.in"
        source.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        output = Path(folder) / target.name
        if target.exists():
            output.write_bytes(target.read_bytes())
        command = [sys.executable, __file__, COMPILE, *QUIET, *arguments, "-o", str(output), str(source)]
        subprocess.run(command, check=True, cwd=folder)
        return output.read_text(encoding="utf-8")


def cleaned(text: str, title: str) -> str:
    """Pins and hashes only: any comment or option line could carry an address of the machine that made them."""
    kept = [line for line in text.splitlines() if line.strip() and not re.match(r"\s*(#|--(?!hash))", line)]
    return (
        "\n".join([title, '# Made by "make lock"; every file is checked against these SHA-256 hashes.', *kept]) + "\n"
    )


def main(arguments: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = project["project"]["dependencies"] + project["build-system"]["requires"]
    development = project["dependency-groups"]["dev"]
    first, second = ROOT / "constraints.txt", ROOT / "constraints-dev.txt"
    first.write_text(cleaned(compiled(runtime, first, arguments), HEADER[first.name]), encoding="utf-8")
    limits = [*arguments, "-c", str(first)]
    second.write_text(cleaned(compiled(development, second, limits), HEADER[second.name]), encoding="utf-8")
    third = ROOT / "constraints-transformers.txt"
    heavy = project["project"]["optional-dependencies"]["transformers"]
    third.write_text(cleaned(compiled(heavy, third, limits), HEADER[third.name]), encoding="utf-8")


if __name__ == "__main__":
    compile_with_known_hashes() if sys.argv[1:2] == [COMPILE] else main(sys.argv[1:])
