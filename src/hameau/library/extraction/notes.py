"""The notes under the slides of a PowerPoint file, which kreuzberg leaves out. Standard library only; inside the worker.

Source: ECMA-376, part 1, 13.3 (presentation parts and their relationships) and 19.3 (placeholders).
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from xml.etree import ElementTree as ET  # noqa: TID251 - read inside the locked-in worker, with its memory bounded

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_PRESENTATION = "ppt/presentation.xml"
LABEL = "Notes : "
"""French, like the labels of a mail's header; « Notes » is the same in English."""


def notes_of(data: bytes) -> dict[int, str]:
    """What stands under each slide, by its number from 1. A damaged part has no notes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = frozenset(archive.namelist())
        found: dict[int, str] = {}
        for number, slide in enumerate(_slides(archive, names), 1):
            for kind, part in _relations(archive, names, slide).values():
                if kind.endswith("/notesSlide") and (text := _text(archive, names, part)):
                    found[number] = LABEL + text
        return found


def _slides(archive: zipfile.ZipFile, names: frozenset[str]) -> list[str]:
    """The parts of the slides in the order in which they are shown."""
    root = _xml(archive, names, _PRESENTATION)
    if root is None:
        return []
    parts = _relations(archive, names, _PRESENTATION)
    shown = [str(entry.get(f"{_R}id") or "") for entry in root.iter(f"{_P}sldId")]
    return [parts[key][1] for key in shown if key in parts]


def _relations(archive: zipfile.ZipFile, names: frozenset[str], part: str) -> dict[str, tuple[str, str]]:
    """Kind and target of each relation of a part, by its id."""
    folder, name = posixpath.split(part)
    root = _xml(archive, names, f"{folder}/_rels/{name}.rels")
    if root is None:
        return {}
    return {
        str(one.get("Id")): (str(one.get("Type") or ""), _target(folder, str(one.get("Target") or "")))
        for one in root.iter(f"{_PACKAGE}Relationship")
    }


def _target(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(folder, target)).lstrip("/")


def _text(archive: zipfile.ZipFile, names: frozenset[str], part: str) -> str:
    root = _xml(archive, names, part)
    if root is None:
        return ""
    lines = []
    for shape in root.iter(f"{_P}sp"):
        holder = shape.find(f".//{_P}ph")
        if holder is not None and holder.get("type", "body") == "body":
            lines += ["".join(run.text or "" for run in line.iter(f"{_A}t")) for line in shape.iter(f"{_A}p")]
    return "\n".join(line for line in lines if line.strip())


def _xml(archive: zipfile.ZipFile, names: frozenset[str], part: str) -> ET.Element | None:
    if part not in names:
        return None
    try:
        return ET.parse(io.BytesIO(archive.read(part))).getroot()  # noqa: S314
    except (ET.ParseError, zipfile.BadZipFile):
        return None
