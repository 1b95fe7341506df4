"""Which files of a folder are wanted, by patterns as people know them. Pure; touches no file.

A pattern without ``/`` is matched against the name at any depth (``*.pdf``); one with ``/`` against the whole path below the
folder (``archives/**``). ``*`` stops at ``/``, ``**`` does not, ``?`` is one character, ``[abc]`` one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hameau.kit import N_, BadInput

_LONGEST = 500


class Wanted:
    """Answers whether a path below the folder is wanted: excluded wins, then anything included, then everything."""

    def __init__(self, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> None:
        self._include = tuple(map(_compile, include))
        self._exclude = tuple(map(_compile, exclude))

    def file(self, path: str) -> bool:
        """Whether the file at ``path`` (relative, with ``/``) is wanted."""
        return not self._excluded(path) and (not self._include or _any(self._include, path))

    def folder(self, path: str) -> bool:
        """Whether it is worth looking into the folder at ``path``."""
        return not self._excluded(path)

    def _excluded(self, path: str) -> bool:
        return _any(self._exclude, path)


def wanted(settings: Mapping[str, object]) -> Wanted:
    """The patterns in a source's settings: ``include`` and ``exclude``, each a list of patterns or one pattern."""
    return Wanted(_patterns(settings.get("include")), _patterns(settings.get("exclude")))


def _patterns(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    found = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, (list, tuple)) else (None,)
    if any(not isinstance(pattern, str) or not pattern or len(pattern) > _LONGEST for pattern in found):
        raise BadInput(
            N_("A pattern of files to include or exclude can't be understood."),
            hint=N_("Write patterns such as *.pdf or archives/**."),
        )
    return tuple(str(pattern) for pattern in found)


def _any(patterns: Iterable[tuple[bool, re.Pattern[str]]], path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return any(pattern.fullmatch(path if whole else name) for whole, pattern in patterns)


def _compile(pattern: str) -> tuple[bool, re.Pattern[str]]:
    """Whether the whole path is meant, and the expression."""
    text = pattern.removeprefix("./").strip("/")
    out, at = "", 0
    while at < len(text):
        if text.startswith("**/", at):
            out, at = out + "(?:[^/]+/)*", at + 3
        elif text.startswith("**", at):
            out, at = out + ".*", at + 2
        elif text[at] == "[" and (end := text.find("]", at + 2)) > 0:
            inside = re.escape(text[at + 1 : end]).replace(r"\-", "-")
            out, at = out + ("[^" + inside[1:] if inside.startswith("!") else "[" + inside) + "]", end + 1
        else:
            out, at = out + {"*": "[^/]*", "?": "[^/]"}.get(text[at], re.escape(text[at])), at + 1
    try:
        return "/" in text, re.compile(out, re.IGNORECASE | re.DOTALL)
    except re.error as error:
        raise BadInput(
            N_("A pattern of files to include or exclude can't be understood."),
            hint=N_("Write patterns such as *.pdf or archives/**."),
        ) from error
