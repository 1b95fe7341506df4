"""Where a link of a page leads: to another page of the same archive, or outside. Pure."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urlsplit

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_NOT_IN_AN_ADDRESS = re.compile(r"[\s\x00-\x20\x7f<>\"\\^`{|}]")
LONGEST = 2_000


def target(page: str, reference: str) -> tuple[str, bool]:
    """The path in the archive that ``reference`` on ``page`` means, or an address of the web and ``True``; else nothing."""
    reference = reference.strip()
    if not reference or reference.startswith("#") or len(reference) > LONGEST:
        return "", False
    if reference.startswith("//"):
        reference = f"https:{reference}"
    if _SCHEME.match(reference):
        return (reference, True) if is_address(reference) else ("", False)
    path = unquote(re.split("[?#]", reference, maxsplit=1)[0])
    if not path:
        return "", False
    whole = path if path.startswith("/") else posixpath.join(posixpath.dirname(page), path)
    found = posixpath.normpath(whole).lstrip("/")
    while found.startswith("../"):
        found = found[3:]
    return ("", False) if found in ("", ".", "..") or "\0" in found else (found, False)


def is_address(address: str) -> bool:
    """Whether ``address`` is one of the web, that may be shown as a link."""
    if len(address) > LONGEST or _NOT_IN_AN_ADDRESS.search(address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
