"""HTML to text: headings, lists, tables, nothing that runs and nothing that is hidden. Standard library only."""

from __future__ import annotations

import re
from typing import NamedTuple

from hameau.library.extraction.decoding import decode, decode_as
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.extraction.tables import Rows
from hameau.library.extraction.tags import Tags

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
_AUTHORS = frozenset({"author", "dc.creator", "article:author"})
_DATES = ("article:published_time", "dc.date", "dcterms.created", "date")


def decode_html(data: bytes) -> str:
    """Text of an HTML file: by its mark, its own declaration, or its looks (HTML Standard, "encoding sniffing")."""
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = declared[1].decode("ascii").lower()
        name = "cp1252" if name in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "windows-1252") else name
        return decode_as(data, name)
    return decode(data)


class About(NamedTuple):
    """What a page says of itself."""

    title: str
    authors: tuple[str, ...]
    date: str


def read_html(text: str, draft: Draft, *, quotes: bool = False) -> About:
    """Writes the visible text into ``draft`` and returns what the page says of itself. ``quotes`` marks what mail programs
    quote by ``>`` at the beginning of its lines, as in plain mail."""
    reader = _Reader(draft, quotes=quotes)
    reader.feed(text)
    reader.close()
    reader.flush()
    return About(one_line(reader.title), tuple(reader.authors), reader.date)


class _Reader(Tags):
    """Walks the tags once; never builds a tree, so depth and mess cost nothing."""

    def __init__(self, draft: Draft, *, quotes: bool = False) -> None:
        super().__init__()
        self.title = ""
        self.authors: list[str] = []
        self.date = ""
        self._marks_quotes = quotes
        self._quoted: list[bool] = []
        self._rows = Rows(draft)
        self._named = False
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
        elif tag == "meta":
            self._about(dict(attrs))
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
            self._named = self._named and tag == "th" if self._row else tag == "th"
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
        if tag == "blockquote" and self._marks_quotes and len(self._quoted) < _MAX_DEPTH:
            self._quoted.append(_is_quotation(attrs))

    def _about(self, attrs: dict[str, str | None]) -> None:
        name, value = str(attrs.get("name") or attrs.get("property") or "").lower(), attrs.get("content") or ""
        if name in _AUTHORS and value and len(self.authors) < _MAX_DEPTH:
            self.authors.append(value)
        elif name in _DATES and not self.date:
            self.date = value

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
            self._rows.end()
            self._rows = Rows(self._draft)
            self.flush()
        elif (tag in _BLOCKS or tag in _HEADINGS) and self._row is None:
            self.flush()
        if tag == "blockquote" and self._quoted:
            self._quoted.pop()

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
            self._rows.end()
            text = prefix + text
            if any(self._quoted):
                text = "\n".join(f"> {line}" for line in text.split("\n"))
            self._draft.block(text)

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
        if self._named and len(row) > 1:
            self._rows.header(row)
        elif row:
            self._rows.row(row)


def _is_quotation(attrs: list[tuple[str, str | None]]) -> bool:
    return any(
        (name == "type" and value == "cite") or (name == "class" and "quote" in (value or "")) for name, value in attrs
    )


def _hidden(attrs: list[tuple[str, str | None]]) -> bool:
    for name, value in attrs:
        if name == "hidden" or (name == "aria-hidden" and value == "true"):
            return True
        if name == "style" and value and re.search(r"display\s*:\s*none|visibility\s*:\s*hidden", value, re.IGNORECASE):
            return True
    return False
