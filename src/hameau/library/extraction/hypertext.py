"""HTML to text: headings, lists, tables, nothing that runs and nothing that is hidden. Standard library only."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hameau.library.extraction.decoding import decode, decode_as
from hameau.library.extraction.structure import CELL, Draft, one_line

_SKIPPED = frozenset(
    ["script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "head", "select"]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "nav",
        "figure",
        "figcaption",
        "blockquote",
        "dl",
        "dt",
        "dd",
        "address",
        "form",
        "fieldset",
        "details",
        "summary",
        "ul",
        "ol",
        "li",
        "body",
        "html",
        "caption",
        "hr",
        "table",
        "thead",
        "tbody",
        "tfoot",
    ]
)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_MAX_DEPTH = 200


def decode_html(data: bytes) -> str:
    """Text of an HTML file: by its mark, its own declaration, or its looks (HTML Standard, "encoding sniffing")."""
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = declared[1].decode("ascii").lower()
        name = "cp1252" if name in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "windows-1252") else name
        return decode_as(data, name)
    return decode(data)


def read_html(text: str, draft: Draft) -> str:
    """Writes the visible text into ``draft`` and returns the title."""
    reader = _Reader(draft)
    reader.feed(text)
    reader.close()
    reader.flush()
    return one_line(reader.title)


class _Reader(HTMLParser):
    """Walks the tags once; never builds a tree, so depth and mess cost nothing."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self._draft = draft
        self._line: list[str] = []
        self._prefix = ""
        self._skipping: list[str] = []
        self._pre = 0
        self._row: list[str] | None = None
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title" and not self.title:
            self._in_title = True
        elif tag == "body":
            self._skipping.clear()
            self.flush()
        elif self._skipping or tag in _SKIPPED or _hidden(attrs):
            self._skip(tag)
        else:
            self._open(tag, attrs)

    def _skip(self, tag: str) -> None:
        """Notes what must close before text counts again: the first skipped tag, and those of its name inside it."""
        nested = not self._skipping or tag in self._skipping
        if tag not in _VOID and nested and len(self._skipping) < _MAX_DEPTH:
            self._skipping.append(tag)

    def _open(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HEADINGS:
            self.flush()
            self._prefix = "#" * _HEADINGS[tag] + " "
        elif tag == "tr":
            self.flush()
            self._row = []
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "br":
            self._line.append("\n")
        elif tag == "pre":
            self.flush()
            self._pre += 1
        elif tag == "img":
            self._line.append(next((f" {value} " for name, value in attrs if name == "alt" and value), ""))
        elif tag in _BLOCKS and self._row is None:
            self.flush()
        elif tag in _BLOCKS:
            self._line.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif self._skipping:
            if tag in self._skipping:
                while self._skipping.pop() != tag:
                    pass
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "pre":
            self.flush()
            self._pre = max(self._pre - 1, 0)
        elif tag == "table":
            self._end_row()
            self.flush()
        elif (tag in _BLOCKS or tag in _HEADINGS) and self._row is None:
            self.flush()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._skipping:
            self._line.append(data if self._pre else re.sub(r"[ \t\r\n\f]+", " ", data))

    def flush(self) -> None:
        """Ends the paragraph being written."""
        if self._row is not None:
            self._end_row()
        text = "".join(self._line)
        self._line.clear()
        if not self._pre:
            text = "\n".join(one_line(line) for line in text.split("\n")).strip()
        prefix, self._prefix = self._prefix, ""
        if prefix.startswith("#"):
            text = one_line(text)
        if text.strip():
            self._draft.end_rows()
            self._draft.block(prefix + text)

    def _end_cell(self) -> None:
        if self._row is None:
            self.flush()
            self._row = []
            return
        text = one_line("".join(self._line))
        self._line.clear()
        if text:
            self._row.append(text)

    def _end_row(self) -> None:
        if self._row is None:
            return
        self._end_cell()
        row, self._row = self._row, None
        self._draft.block(CELL.join(row), close=True)


def _hidden(attrs: list[tuple[str, str | None]]) -> bool:
    for name, value in attrs:
        if name == "hidden" or (name == "aria-hidden" and value == "true"):
            return True
        if name == "style" and value and re.search(r"display\s*:\s*none|visibility\s*:\s*hidden", value, re.IGNORECASE):
            return True
    return False
