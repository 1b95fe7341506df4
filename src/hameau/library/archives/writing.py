"""A ZIM archive from the documents of a space: to be read with any reader of encyclopedias, or given to a neighbour.

Every document becomes a page, with an index of words in the archive; the first page lists them all. Written beside its place and
moved there when it is whole. Format: openzim.org, "ZIM file format"; metadata: openzim.org, "Metadata".
"""

from __future__ import annotations

import hashlib
import os
import re
import socket  # noqa: TID251 - a pair of connected sockets between two processes, no network
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Protocol

from hameau.kit import N_, BadInput, Conflict, NotEnough, NotFound, Refused, say
from hameau.library.analysis import fold
from hameau.library.archives.languages import three_letters
from hameau.library.archives.wire import Bound, Sheet
from hameau.library.extraction.wire import receive, send
from hameau.library.types import Document, DocumentState

_ROOT = Path(__file__).resolve().parents[3]
_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_ITEM = re.compile(r"[ \t]*[-*•][ \t]+(\S.*)")
_STYLE = """
body{margin:0 auto;max-width:44rem;padding:1.2rem;font:1.05rem/1.65 Georgia,serif;color:#26211c;background:#faf6ef}
a{color:#8a3b12}h1,h2,h3,h4{line-height:1.25}nav ul{padding-left:1.2rem}.facts{color:#6b6259;font-size:.9rem}
p{white-space:pre-wrap;overflow-wrap:anywhere}footer{margin-top:2rem;border-top:1px solid #ddd3c5;font-size:.85rem;color:#6b6259}
"""


class Shelf(Protocol):
    """Whose documents are written; :class:`hameau.library.Library` is one."""

    def documents(
        self, source_id: str | None = None, *, space: str | None, state: DocumentState | None, limit: int, offset: int
    ) -> list[Document]: ...
    def text(self, document_id: int) -> str: ...


@dataclass(frozen=True, slots=True)
class About:
    """What an archive says of itself."""

    title: str
    description: str
    language: str = "fr"
    creator: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """The archive that was written."""

    path: Path
    documents: int
    size: int
    left_out: int
    """Documents without a text."""


def write_archive(
    library: Shelf,
    target: Path,
    about: About,
    *,
    space: str = "home",
    progress: Callable[[int, str], None] = lambda _done, _title: None,
) -> Written:
    """Writes the documents of ``space`` into ``target``. An empty text makes no page; what is there already is never replaced.

    Raises ``BadInput`` for a name that does not end in ``.zim``, ``Conflict`` when there is a file, ``NotFound`` without a
    folder or a document, ``Refused`` or ``NotEnough`` when it can't be written.
    """
    _check(target)
    try:
        with tempfile.TemporaryDirectory(prefix=".hameau-", dir=target.parent) as folder:
            unfinished = Path(folder) / "archive.zim"
            written, left_out = _write(library, unfinished, about, space, progress)
            unfinished.chmod(0o600)
            try:
                target.hardlink_to(unfinished)
            except OSError:  # a disk without links; the name is ours unless somebody takes it this very moment
                _check(target)
                unfinished.rename(target)
            return Written(target, written, target.stat().st_size, left_out)
    except PermissionError as error:
        raise Refused(N_("{path} can't be written."), path=str(target)) from error
    except (OSError, RuntimeError) as error:
        raise NotEnough(
            N_("The archive could not be written: {reason}"), hint=N_("Is there room on the disk?"), reason=str(error)
        ) from error


def _check(target: Path) -> None:
    if target.suffix.lower() != ".zim":
        raise BadInput(N_("An archive has a name that ends in .zim."), hint=N_("For example hamlet.zim."))
    if not target.parent.is_dir():
        raise NotFound(N_("There is no folder {path}."), path=str(target.parent))
    if target.exists() or target.is_symlink():
        raise Conflict(
            N_("{path} is there already."), hint=N_("Choose another name, or move it away."), path=str(target)
        )


def _write(
    library: Shelf, path: Path, about: About, space: str, progress: Callable[[int, str], None]
) -> tuple[int, int]:
    pages: list[tuple[str, str]] = []
    left_out = 0
    names: set[str] = set()
    with _binder(path, three_letters(about.language)) as put:
        for document in _documents(library, space):
            text = library.text(document.id)
            if not text.strip():
                left_out += 1
                continue
            name = _name(document, names)
            title = document.title or document.uri.rpartition("/")[2]
            put(Sheet(name, title, _page(document, title, text, about.language), text))
            pages.append((title, name))
            progress(len(pages), title)
        if not pages:
            raise NotFound(N_("There is no document to write."), hint=N_("Add a folder first, or name another space."))
        put(Sheet("index", about.title, _index(about, pages), about.description, article=False))
        put(Sheet(metadata=_metadata(about)))
    return len(pages), left_out


@contextmanager
def _binder(path: Path, language: str) -> Iterator[Callable[[Sheet], None]]:
    """A process that writes the pages it is given into ``path``; the block ends when the file is whole.

    Raises ``NotEnough`` with its reason when it could not be written.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from hameau.library.archives.binding import main; main()"
    )
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-c", program, str(_ROOT), str(path), language],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=path.parent,
                env={name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ},
                start_new_session=True,
            )
        try:
            yield lambda sheet: send(ours, sheet)
            reason = receive(ours, Bound).reason
        except (EOFError, BrokenPipeError, ConnectionResetError):
            reason = "it stopped"
        finally:
            ours.close()  # a writer without anybody to write for ends by itself
            process.wait()
        if reason:
            raise NotEnough(
                N_("The archive could not be written: {reason}"), hint=N_("Is there room on the disk?"), reason=reason
            )


def _documents(library: Shelf, space: str, many: int = 500) -> Iterator[Document]:
    at = 0
    while found := library.documents(space=space, state="indexed", limit=many, offset=at):
        yield from found
        at += len(found)


def _name(document: Document, taken: set[str]) -> str:
    """A path for the document: its title in plain letters, unique."""
    words = re.sub(r"[^a-z0-9]+", "-", fold(document.title or "document")).strip("-")[:80] or "document"
    name = words
    if name in taken or name == "index":
        name = f"{words}-{hashlib.sha256(document.uri.encode()).hexdigest()[:8]}"
    while name in taken:
        name += "-2"
    taken.add(name)
    return name


def _page(document: Document, title: str, text: str, language: str) -> str:
    facts = " · ".join(filter(None, (document.authors, document.dated_at[:10])))
    link = (
        f'<p class="facts"><a href="{escape(document.link)}">{escape(document.link)}</a></p>' if document.link else ""
    )
    body = "\n".join(_body(text, title))
    back = say(N_("All the documents"), language)
    return _html(
        title,
        document.language or language,
        f'<p class="facts"><a href="index">{escape(back)}</a></p><h1>{escape(title)}</h1>'
        f'<p class="facts">{escape(facts)}</p>{link}\n{body}',
    )


def _body(text: str, title: str) -> Iterator[str]:
    """The text in paragraphs, its headings and lists as such, everything escaped."""
    first = True
    for kind, lines in groupby(text.split("\n"), key=_kind):
        for line in lines if kind == "heading" else ():
            found = _HEADING.match(line)
            words = found[2].strip() if found else line
            if not (first and words == title):
                level = min(len(found[1]) + 1, 6) if found else 2
                yield f"<h{level}>{escape(words)}</h{level}>"
        if kind == "item":
            yield "<ul>" + "".join(f"<li>{escape(_item(line))}</li>" for line in lines) + "</ul>"
        elif kind == "text":
            yield "<p>" + escape("\n".join(lines)) + "</p>"
        first = first and kind == ""


def _item(line: str) -> str:
    found = _ITEM.match(line)
    return found[1] if found else line


def _kind(line: str) -> str:
    if not line.strip():
        return ""
    return "heading" if _HEADING.match(line) else "item" if _ITEM.match(line) else "text"


def _index(about: About, pages: list[tuple[str, str]]) -> str:
    ordered = sorted(pages, key=lambda pair: (fold(pair[0]), pair[0]))
    links = "\n".join(f'<li><a href="{escape(name)}">{escape(title)}</a></li>' for title, name in ordered)
    return _html(
        about.title,
        about.language,
        f"<h1>{escape(about.title)}</h1><p>{escape(about.description)}</p><nav><ul>\n{links}\n</ul></nav>",
    )


def _html(title: str, language: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>\n{body}\n</body></html>"
    )


def _metadata(about: About) -> dict[str, str]:
    """What every archive has to say of itself, in the lengths that are allowed."""
    name = re.sub(r"[^a-z0-9]+", "-", fold(about.title)).strip("-") or "hameau"
    said = {
        "Name": f"{name}_{about.language}",
        "Title": about.title[:30],
        "Description": about.description[:80],
        "Language": three_letters(about.language),
        "Creator": about.creator or "-",
        "Publisher": "Hameau",
        "Date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "License": about.licence,
        "Scraper": "Hameau",
    }
    return {key: value for key, value in said.items() if value}
