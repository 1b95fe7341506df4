"""The process that writes one archive: pages come in, a file comes out. Started by ``writing.py``, never by hand.

A process of its own, because the library that writes the format talks on standard output and keeps all cores busy.
"""

from __future__ import annotations

import base64
import logging
import os
import re
import socket  # noqa: TID251 - the pair to the parent, inherited
import sys
import unicodedata
from pathlib import Path

from libzim.writer import (  # noqa: TID251 - writes what is ours; nothing is read with it
    Creator,
    Hint,
    IndexData,
    Item,
    StringProvider,
)

from hameau.library.archives.wire import Bound, Sheet
from hameau.library.extraction.wire import receive, send

logger = logging.getLogger(__name__)
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAIAAADYYG7QAAAAhElEQVR42u3YsQ2AMAxE0ZuBddiQZekoqOgQVYgd2wHpS3+AV7g56zz2TyVAgAABMrety9180FMT"
    "YlIgJYSlDM2ISUkat0l5Gp9JqRqHSdkaq0nZFCtLZZpOkyo1PSYVa15Nqte0TZqiaZh+dUOAAAECBChqWgACBAgQoDoQP0ZAgIa7ANxT3I5sFk8eAAAAAElFTkSu"
    "QmCC"
)
"""A house, 48 by 48: every archive needs a picture."""
_APOSTROPHE = re.compile(r"(?<=\w)(['\u2019\u02bc])(?=\w)")


def main() -> None:
    """Writes the pages that come until one says that it was the last; answers with what went wrong, or nothing."""
    target, language = Path(sys.argv[1]), sys.argv[2]
    with socket.socket(fileno=0) as channel:
        try:
            reason = _bind(channel, target, language)
        except EOFError:  # whoever wanted it is gone
            target.unlink(missing_ok=True)
            return
        except (OSError, RuntimeError, ValueError) as error:
            logger.warning("the archive could not be written: %r", error)
            reason = str(error) or type(error).__name__
        send(channel, Bound(reason))
    os._exit(0)  # no farewells of native libraries


def _bind(channel: socket.socket, target: Path, language: str) -> str:
    with Creator(target).config_indexing(True, language) as creator:
        creator.set_mainpath("index")
        creator.add_illustration(48, PICTURE)
        while not (sheet := receive(channel, Sheet)).metadata:
            creator.add_item(_Page(sheet))
        for key, value in sheet.metadata.items():
            creator.add_metadata(key, value)
    return ""


class _Page(Item):  # type: ignore[misc]
    """One page. What is searched is its plain text, where « l'école » is two words."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self._sheet = sheet

    def get_path(self) -> str:
        return self._sheet.path

    def get_title(self) -> str:
        return self._sheet.title

    def get_mimetype(self) -> str:
        return "text/html"

    def get_contentprovider(self) -> StringProvider:
        return StringProvider(self._sheet.html)

    def get_hints(self) -> dict[Hint, int]:
        return {Hint.FRONT_ARTICLE: int(self._sheet.article), Hint.COMPRESS: 1}

    def get_indexdata(self) -> IndexData:
        return _Words(self._sheet)


class _Words(IndexData):  # type: ignore[misc]
    """What the archive's index takes of a page. The library that writes folds the words of HTML, and not those it is given."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self._sheet = sheet

    def has_indexdata(self) -> bool:
        return self._sheet.article

    def get_title(self) -> str:
        return self._sheet.title  # shown with what is found

    def get_content(self) -> str:
        return apart(self._sheet.text)

    def get_keywords(self) -> str:
        return apart(self._sheet.title)  # and this is found by

    def get_wordcount(self) -> int:
        return len(self._sheet.text.split())

    def get_position(self) -> None:
        return None


def apart(text: str) -> str:
    """``text`` in lower case without accents, with a space after each apostrophe between letters: an index would take
    « l'école » for one word."""
    parted = unicodedata.normalize("NFD", _APOSTROPHE.sub(r"\1 ", text))
    bare = "".join(sign for sign in parted if not unicodedata.combining(sign))
    return unicodedata.normalize("NFC", bare).lower()


if __name__ == "__main__":
    main()
