"""A page's HTML to blocks: headings, paragraphs, lists, tables, pictures by their path. Everything else is left out.

Read once from front to back, by the tags alone: a tree is never built, so depth and mess cost nothing. Runs where the archive is
open; what it writes is data (:mod:`hameau.library.archives.types`).
"""

from __future__ import annotations

import re
from html import unescape

from hameau.library.archives.laying import Draft, article_text
from hameau.library.archives.paths import target
from hameau.library.archives.types import BOLD, CODE, ITALIC, SUB, SUP, Block, Run

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>")
_LONGEST_TAG = 4_000
"""Characters; what goes on for longer without an end is no tag, and looking for its end again and again would take for ever."""
_ATTRIBUTE = re.compile(r"([a-zA-Z][\w:-]*)\s*(?:=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")
_RAW = frozenset(
    {"script", "style", "noscript", "template", "title", "textarea", "xmp", "iframe", "noembed", "noframes"}
)
_SKIPPED = _RAW | {"svg", "math", "object", "embed", "head", "select", "audio", "video", "nav", "button", "form"}
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_BLOCKS = frozenset(
    """
    address article aside body caption center dd details div dl dt fieldset figcaption figure footer header hgroup hr html legend
    main ol p section summary ul
    """.split()
)
_STYLES = {
    "b": BOLD,
    "strong": BOLD,
    "i": ITALIC,
    "em": ITALIC,
    "code": CODE,
    "kbd": CODE,
    "tt": CODE,
    "sub": SUB,
    "sup": SUP,
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_NOISE = frozenset(
    "mw-editsection navbox noprint metadata reference mw-references-wrap references reflist toc hidden mw-jump-link".split()
)
"""Classes, of wikis above all, that mark what is no part of the text: notes' numbers, boxes of links, the way to edit."""
_SPOKEN = re.compile("class|hidden|style", re.IGNORECASE)
_ICON = 40
"""A picture that is less wide is a sign, not an illustration."""
_WIDEST, _DEEPEST = 40, 12
"""Cells of a row, lists in lists."""


def blocks_of(html: str, path: str) -> tuple[Block, ...]:
    """The blocks of the page at ``path``; positions as :func:`~hameau.library.archives.laying.article_text` has them."""
    reader = _Reader(path)
    reader.read(html)
    return article_text(reader.drafts)[1]


class _Reader:
    """Walks the tags once."""

    def __init__(self, path: str) -> None:
        self.drafts: list[Draft] = []
        self._path = path
        self._written: list[tuple[tuple[int, str, bool], list[str]]] = []
        self._endless: set[str] = set()
        self._open = Draft("paragraph")
        self._styles: list[tuple[str, int]] = []
        self._style = 0
        self._links: list[tuple[str, bool]] = []
        self._lists = 0
        self._quotes = 0
        self._pre = 0
        self._tables = 0
        self._cells: list[tuple[Run, ...]] | None = None
        self._head = False
        self._pictures: list[Draft] = []

    def read(self, html: str) -> None:
        """Reads all of ``html``."""
        at, end = 0, len(html)
        while at < end:
            sign = html.find("<", at)
            if sign < 0:
                self._data(html[at:])
                break
            if sign > at:
                self._data(html[at:sign])
            at = self._tag(html, sign)
        self._flush()

    def _tag(self, html: str, sign: int) -> int:
        """Reads the tag that may begin at ``sign``; where what follows begins."""
        found = _TAG.match(html, sign, sign + _LONGEST_TAG)
        if found is None:
            if html.startswith("<!--", sign):
                return _past(html, "-->", sign)
            if html.startswith(("<!", "<?"), sign):
                return _past(html, ">", sign)
            self._data("<")
            return sign + 1
        name, attributes, at = found[2].lower(), found[3], found.end()
        if found[1]:
            self._close(name)
        elif name in _SKIPPED or (_SPOKEN.search(attributes) and _noise(attributes)):
            if name not in _VOID and not attributes.endswith("/") and name not in self._endless:
                return self._after(html, name, at)
        else:
            self._begin(name, attributes)
        return at

    def _after(self, html: str, name: str, at: int) -> int:
        """Where what stands after the element ``name`` begins that was opened before ``at``."""
        if name in _RAW:
            found = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(html, at)
            return found.end() if found else len(html)
        depth = 1
        for found in re.compile(rf"<(/?){name}(?=[\s/>])([^>]*+)>", re.IGNORECASE).finditer(html, at):
            if found[1]:
                depth -= 1
            elif not found[2].endswith("/"):
                depth += 1
            if not depth:
                return found.end()
        self._endless.add(name)  # never closed: what follows is text all the same, and nobody looks again
        return at

    def _data(self, data: str) -> None:
        if "&" in data:
            data = unescape(data)
        if not self._pre:
            data = _SPACE.sub(" ", data)
            if data == " " and not self._written:
                return
        look = (self._style, *(self._links[-1] if self._links else ("", False)))
        if self._written and self._written[-1][0] == look:
            self._written[-1][1].append(data)
        else:
            self._written.append((look, [data]))

    def _taken(self) -> list[Run]:
        """What was written since the last block, as runs."""
        written, self._written = self._written, []
        return [Run("".join(words), *look) for look, words in written]

    def _begin(self, name: str, attributes: str) -> None:
        if name in _STYLES:
            self._styles.append((name, self._style))
            self._style |= _STYLES[name]
            del self._styles[:-50]
        elif name == "a":
            self._links.append(target(self._path, _of(attributes, "href")))
            del self._links[:-20]
        elif name == "br":
            self._data("\n" if self._pre else "\u2028")
        elif name == "img":
            self._picture(attributes)
        elif self._cells is not None and name not in ("tr", "td", "th", "table"):
            if name in _BLOCKS or name == "li" or name in _HEADINGS:
                self._data(" ")
        else:
            self._begin_block(name)

    def _begin_block(self, name: str) -> None:
        if name in _HEADINGS:
            self._flush(Draft("heading", level=_HEADINGS[name]))
        elif name == "li":
            self._flush(Draft("item", level=max(1, min(self._lists, _DEEPEST))))
        elif name == "pre":
            self._flush(Draft("code"))
            self._pre += 1
        elif name == "blockquote":
            self._flush(Draft("quote"))
            self._quotes += 1
        elif name == "table":
            self._tables += 1
            if self._tables == 1:
                self._flush()
            elif self._cells is not None:
                self._data(" ")
        elif name == "tr":
            self._row()
        elif name in ("td", "th"):
            self._cell(name)
        elif name in _BLOCKS:
            if name in ("ul", "ol"):
                self._lists += 1
            self._flush(Draft("quote" if self._quotes else "paragraph"))

    def _close(self, name: str) -> None:
        if name in _STYLES:
            while self._styles:
                opened, self._style = self._styles.pop()
                if opened == name:
                    break
        elif name == "a":
            del self._links[-1:]
        elif name == "table":
            self._tables = max(0, self._tables - 1)
            if not self._tables:
                self._row(last=True)
        elif name == "tr":
            if self._tables <= 1:
                self._row(last=True)
        elif self._cells is None:
            self._close_block(name)

    def _close_block(self, name: str) -> None:
        if name == "pre":
            self._flush()
            self._pre = max(0, self._pre - 1)
        elif name == "blockquote":
            self._quotes = max(0, self._quotes - 1)
            self._flush()
        elif name in ("ul", "ol"):
            self._flush()
            self._lists = max(0, self._lists - 1)
        elif name in _BLOCKS or name in _HEADINGS or name == "li":
            self._flush(Draft("quote" if self._quotes else "paragraph"))

    def _row(self, *, last: bool = False) -> None:
        """Ends the row, and begins the next unless it was the last one. Tables in tables are text of their cell."""
        if self._tables > 1:
            self._data(" ")
            return
        if self._cells is not None:
            self._end_cell()
            cells, self._cells = self._cells, None
            if len(cells) == 1 and cells[0]:  # a box that is a table for its frame's sake
                self._emit(Draft("paragraph", runs=cells[0]))
            elif any(cells):
                self._emit(Draft("row", cells=tuple(cells), head=self._head))
        else:
            self._flush()
        if not last and self._tables:
            self._cells, self._head = [], True

    def _cell(self, name: str) -> None:
        if self._tables > 1:
            self._data(" ")
            return
        if self._cells is None:
            self._row()
        self._end_cell()
        self._head = self._head and name == "th"

    def _end_cell(self) -> None:
        if self._cells is not None:
            runs = _trimmed(self._taken())
            if (runs or self._cells) and len(self._cells) < _WIDEST:
                self._cells.append(runs)

    def _picture(self, attributes: str) -> None:
        alt = _SPACE.sub(" ", unescape(_of(attributes, "alt"))).strip()
        width = _of(attributes, "width").removesuffix("px")
        sign = width.isascii() and width.isdigit() and int(width[:9]) < _ICON
        if sign or "math" in _of(attributes, "class"):
            if alt:
                self._data(f" {alt} ")
            return
        path, outside = target(self._path, _of(attributes, "src") or _of(attributes, "data-src"))
        if path and not outside:
            self._pictures.append(Draft("picture", runs=(Run(alt, to=path),)))

    def _flush(self, then: Draft | None = None) -> None:
        """Ends the block that is being written, and begins ``then``."""
        runs = tuple(self._taken()) if self._pre else _trimmed(self._taken())
        if any(not run.text.isspace() for run in runs):
            self._emit(Draft(self._open.kind, runs=runs, level=self._open.level))
            self._open = Draft("quote" if self._quotes else "paragraph")
        elif self._open.kind == "item" and then is not None and then.kind == "paragraph":
            return  # a paragraph inside of an item is the item
        self._open = then or Draft("quote" if self._quotes else "paragraph")
        if self._pictures and not runs:
            self._show()

    def _emit(self, draft: Draft) -> None:
        self.drafts.append(draft)
        self._show()

    def _show(self) -> None:
        self.drafts += self._pictures
        self._pictures = []


def _of(attributes: str, name: str) -> str:
    """The value of an attribute, as it is written in the page."""
    if name not in attributes.lower():
        return ""
    for found in _ATTRIBUTE.finditer(attributes):
        if found[1].lower() == name:
            return unescape(found[2] or found[3] or found[4] or "")
    return ""


def _noise(attributes: str) -> bool:
    if not _NOISE.isdisjoint(_of(attributes, "class").split()):
        return True
    style = _of(attributes, "style").replace(" ", "").lower()
    return (
        "display:none" in style
        or "visibility:hidden" in style
        or bool(re.search(r"(?:^|\s)hidden(?:\s|=|$)", attributes))
    )


def _past(html: str, mark: str, at: int) -> int:
    end = html.find(mark, at)
    return end + len(mark) if end >= 0 else len(html)


def _trimmed(runs: list[Run]) -> tuple[Run, ...]:
    """Runs without white space at their ends or twice; a forced new line is one line feed."""
    kept: list[Run] = []
    gap = True
    for run in runs:
        text = re.sub(r" ?\u2028[ \u2028]*", "\n", run.text)
        if gap:
            text = text.lstrip(" \n")
        if text:
            gap = text[-1] in " \n"
            kept.append(Run(text, run.style, run.to, run.outside))
    while kept and not kept[-1].text.rstrip():
        kept.pop()
    if kept:
        last = kept[-1]
        kept[-1] = Run(last.text.rstrip(), last.style, last.to, last.outside)
    return tuple(kept)
