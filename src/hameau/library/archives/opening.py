"""The one archive that a process holds open. Only here is libzim read with; it runs behind the walls of ``cell.py``."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator

from libzim import reader, search, suggestion  # noqa: TID251 - behind the walls of cell.py

from hameau.library.archives.languages import two_letters
from hameau.library.archives.laying import article_text
from hameau.library.archives.markup import blocks_of
from hameau.library.archives.types import ArchiveFacts, Article, Named, Thing
from hameau.library.archives.wire import ARTICLE_BYTES, THING_BYTES
from hameau.library.extraction.decoding import tidy

CLUSTER_BYTES = 4 << 20
"""Unpacked clusters kept in memory; the library's own default is half a gigabyte."""
_KEPT, _KEPT_CHARACTERS = 32, 2_000_000
_DOUBTS = re.compile(r"[\x00-\x1f\x7f]")
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml")


class Gone(LookupError):
    """There is nothing at this path."""


class Zim:
    """An open archive. Not for several threads at once."""

    def __init__(self, path: str) -> None:
        reader.set_cluster_cache_max_size(CLUSTER_BYTES)
        self._archive = reader.Archive(path)
        self._searcher = search.Searcher(self._archive) if self._archive.has_fulltext_index else None
        self._titles = suggestion.SuggestionSearcher(self._archive)
        self._articles: OrderedDict[str, Article] = OrderedDict()
        self._characters = 0
        self.facts = self._facts()

    def count(self, words: str) -> int:
        """How many articles hold all of ``words``, about."""
        return self._searcher.search(self._query(words)).getEstimatedMatches() if self._searcher else 0

    def holding(self, words: str, most: int) -> list[str]:
        """The paths of the articles that hold all of ``words``, best first."""
        return list(self._searcher.search(self._query(words)).getResults(0, most)) if self._searcher else []

    def titled(self, words: str, most: int) -> list[Named]:
        """Articles whose titles hold all of ``words``, the last of which may be the beginning of one."""
        paths = list(self._titles.suggest(words).getResults(0, most))
        return [Named(path, title) for path in paths if (title := self.title(path))]

    def title(self, path: str) -> str:
        """The title of the entry at ``path``; nothing when there is none."""
        try:
            return _line(self._archive.get_entry_by_path(path).title)
        except (KeyError, RuntimeError):
            return ""

    def article(self, path: str) -> Article:
        """The page at ``path``, read once. Raises ``Gone``."""
        kept = self._articles.get(path)
        if kept is not None:
            self._articles.move_to_end(path)
            return kept
        item = self._item(path)
        if item.mimetype.split(";")[0].strip() not in ("text/html", "application/xhtml+xml", "text/plain"):
            raise Gone(path)
        data = bytes(item.content[:ARTICLE_BYTES]) if item.size else b""
        html = tidy(data.decode("utf-8", "replace"))
        plain = item.mimetype.startswith("text/plain")
        blocks = blocks_of(f"<pre>{html.replace('<', '&lt;')}</pre>" if plain else html, item.path)
        text, blocks = article_text(blocks)
        article = Article(item.path, _line(item.title) or _line(path), text, blocks, item.size > ARTICLE_BYTES)
        self._keep(path, article)
        return article

    def size(self, path: str) -> int:
        """Bytes of the page at ``path``, as it lies there. Raises ``Gone``."""
        return int(self._item(path).size)

    def thing(self, path: str) -> Thing:
        """The picture at ``path``. Raises ``Gone``."""
        item = self._item(path)
        kind = item.mimetype.split(";")[0].strip().lower()
        if kind not in PICTURES or item.size > THING_BYTES:
            raise Gone(path)
        return Thing(kind, bytes(item.content))

    def path_of(self, path: str) -> str:
        """Where the entry at ``path`` leads in the end. Raises ``Gone``."""
        return str(self._item(path).path)

    def chance(self) -> str:
        """The path of some article."""
        try:
            return str(self._archive.get_random_entry().get_item().path)
        except (KeyError, RuntimeError) as error:
            raise Gone from error

    def _item(self, path: str) -> reader.Item:
        for name in _ways(path):
            try:
                return self._archive.get_entry_by_path(name).get_item()
            except (KeyError, RuntimeError):
                continue
        raise Gone(path)

    def _query(self, words: str) -> search.Query:
        return search.Query().set_query(words)

    def _keep(self, path: str, article: Article) -> None:
        self._articles[path] = article
        self._characters += len(article.text)
        while self._articles and (len(self._articles) > _KEPT or self._characters > _KEPT_CHARACTERS):
            self._characters -= len(self._articles.popitem(last=False)[1].text)

    def _facts(self) -> ArchiveFacts:
        archive = self._archive
        language = self._said("Language")
        return ArchiveFacts(
            title=self._said("Title"),
            description=self._said("Description"),
            language=two_letters(language) if "," not in language else "",
            date=self._said("Date"),
            creator=self._said("Creator"),
            publisher=self._said("Publisher"),
            licence=self._said("License"),
            entries=archive.article_count,
            searchable=self._searcher is not None,
            main=self._main(),
            picture=self._picture(),
        )

    def _said(self, key: str) -> str:
        try:
            return _line(bytes(self._archive.get_metadata(key)).decode("utf-8", "replace"))
        except (KeyError, RuntimeError):
            return ""

    def _main(self) -> str:
        try:
            return str(self._archive.main_entry.get_item().path) if self._archive.has_main_entry else ""
        except (KeyError, RuntimeError):
            return ""

    def _picture(self) -> str:
        try:
            return "Illustration_48x48@1" if self._archive.has_illustration(48) else ""
        except (KeyError, RuntimeError):
            return ""


def _ways(path: str) -> Iterator[str]:
    """How a path may be written: as it is, and without or with the letter that older archives put before articles."""
    yield path
    if path[1:2] == "/":
        yield path[2:]
    yield f"A/{path}"


def _line(text: str) -> str:
    return " ".join(_DOUBTS.sub(" ", tidy(text[:2_000])).split())[:500]
