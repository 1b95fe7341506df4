"""The address of a source or a document as the journal has it: private addresses carry their key in the query (a calendar that
is shared by its address, a feed of a paid paper), and the journal may be shown to others."""

from __future__ import annotations

import re

_SECRETIVE = re.compile(r"\A([a-z][a-z0-9+.-]*://)(?:[^/?#@]*@)?([^?#]*)(\?[^#]*)?", re.IGNORECASE)
_KEYED = frozenset({"http", "https", "webcal", "webcals"})


def shown_place(uri: str) -> str:
    """``uri`` without the query and the user's part of an address of the web; any other as it is."""
    scheme = uri.partition("://")[0].lower()
    found = _SECRETIVE.match(uri) if scheme in _KEYED else None
    if found is None:
        return uri
    return found[1] + found[2] + ("?…" if found[3] else "") + uri[found.end() :]
