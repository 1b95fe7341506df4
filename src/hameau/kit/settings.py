"""Settings that are declared once: a name, a default, a sentence and an environment variable on one line.

A frozen dataclass lists them with :func:`setting`; :func:`read` fills it from the defaults, a TOML file and the
environment, in rising order of weight; :func:`document` writes its page of the documentation; :func:`change` keeps a
person's choice in the file. Knows no setting by name.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hameau.kit.errors import BadInput, Corrupt
from hameau.kit.language import N_

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Declared = TypeVar("Declared", bound=DataclassInstance)

Plain = str | int | bool | tuple[str, ...]
"""What a setting can be. A path is a string until somebody opens it."""

_PREFIX = "HAMEAU_"
_TRUE = {"1", "true", "yes", "on", "oui"}
_FALSE = {"0", "false", "no", "off", "non", ""}


def setting(default: Plain, doc: str, *, variable_only: bool = False, low: int | None = None) -> Any:
    """A field of a settings class. ``variable_only``: not read from the file, because it says where the file is."""
    return field(default=default, metadata={"doc": doc, "variable_only": variable_only, "low": low})


def variable(name: str) -> str:
    """The environment variable of the setting ``name``."""
    return _PREFIX + name.upper()


def read(declared: type[Declared], file: Path | None, environment: Mapping[str, str] = os.environ) -> Declared:
    """The settings of ``declared``. Raises ``Corrupt`` when ``file`` is no TOML, ``BadInput`` for a value that can't be."""
    chosen: dict[str, Plain] = {}
    kept = _kept(file) if file else {}
    known = {each.name: each for each in fields(declared)}
    for name in kept:
        if name not in known or known[name].metadata["variable_only"]:
            raise BadInput(
                N_("The settings file {file} has an unknown setting: {name}"),
                hint=N_("Correct or remove that line. docs/settings.md lists them all."),
                file=file,
                name=name,
            )
    for name, each in known.items():
        if (raw := environment.get(variable(name))) is not None and raw != "":
            chosen[name] = _parsed(each, raw, variable(name))
        elif name in kept:
            chosen[name] = _checked(each, kept[name], name)
    return declared(**chosen)


def change(declared: type[DataclassInstance], file: Path, changes: Mapping[str, Plain]) -> None:
    """Keeps ``changes`` in ``file``; other lines and comments stay. The file is replaced whole, or not at all."""
    known = {each.name: each for each in fields(declared)}
    for name, value in changes.items():
        if name not in known or known[name].metadata["variable_only"]:
            raise BadInput(N_("There is no setting {name}."), name=name)
        _checked(known[name], value, name)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    for name, value in changes.items():
        line = f"{name} = {_toml(value)}"
        places = [i for i, old in enumerate(lines) if re.match(rf"\s*{re.escape(name)}\s*=", old)]
        if places:
            lines[places[0]] = line
        else:
            lines.append(line)
    beside = file.with_name(file.name + ".new")
    beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    beside.replace(file)


def document(declared: type[DataclassInstance]) -> str:
    """A Markdown table of every setting: name, variable, default, meaning."""
    rows = ["| setting | variable | default | what it does |", "|---|---|---|---|"]
    for each in fields(declared):
        name = f"`{each.name}`" if not each.metadata["variable_only"] else f"`{each.name}` (variable only)"
        default = "" if each.default in ("", ()) else f"`{_toml(_default(each))}`"
        rows.append(f"| {name} | `{variable(each.name)}` | {default} | {each.metadata['doc']} |")
    return "\n".join(rows) + "\n"


def _kept(file: Path) -> dict[str, object]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise Corrupt(N_("The settings file {file} can't be read: {reason}"), file=file, reason=error) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Corrupt(
            N_("The settings file {file} is not valid TOML: {reason}"),
            hint=N_("Correct it, or move it away: Hameau works without it."),
            file=file,
            reason=error,
        ) from error


def _default(each: Field[Any]) -> Plain:
    assert each.default is not MISSING, f"setting {each.name} has no default"  # noqa: S101 - a mistake of ours, not of a person
    return each.default  # type: ignore[no-any-return]


def _parsed(each: Field[Any], raw: str, name: str) -> Plain:
    """``raw`` from the environment as the type of the default."""
    default = _default(each)
    if isinstance(default, bool):
        word = raw.strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise _impossible(name, raw)
    if isinstance(default, int):
        try:
            return _checked(each, int(raw), name)
        except ValueError:
            raise _impossible(name, raw) from None
    if isinstance(default, tuple):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    return raw


def _checked(each: Field[Any], value: object, name: str) -> Plain:
    """``value`` from a file, if it has the type of the default and respects its lower bound."""
    default = _default(each)
    if isinstance(default, tuple) and isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    low = each.metadata["low"]
    if type(value) is not type(default) or (low is not None and isinstance(value, int) and value < low):
        raise _impossible(name, value)
    return value


def _impossible(name: str, value: object) -> BadInput:
    return BadInput(
        N_("The setting {name} can't be « {value} »."),
        hint=N_("docs/settings.md says what each setting can be."),
        name=name,
        value=value,
    )


def _toml(value: Plain) -> str:
    """A TOML value (JSON's strings, numbers, booleans and arrays of strings are TOML's, too)."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
