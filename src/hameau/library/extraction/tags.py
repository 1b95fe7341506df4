"""The standard library's reader of tags, which stumbles over nothing."""

from __future__ import annotations

from html.parser import HTMLParser


class Tags(HTMLParser):
    """Reads tags, with all references to characters replaced. A declaration that is none is passed over like a comment, as
    browsers do (HTML Standard, « bogus comment »); Python's own reader gives up there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """What begins with ``<![``."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            end = self.rawdata.find(">", i)
            return end + 1 if end >= 0 else -1
