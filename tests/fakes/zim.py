"""Small archives for tests, written with the real library; and archives that are asked, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from libzim.writer import Creator, Hint, Item, StringProvider

from hameau.library import Source
from hameau.library.ports import AskedAnswer, AskedPassage
from hameau.library.types import Locator

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5a34b7460000000049454e44ae426082"
)
"""A PNG of one pixel."""
TOWN = {
    "Moulin": "<h1>Moulin</h1><p>Le moulin du hameau fut bâti en 1742 par le meunier Anselme Lenoir.</p>"
    '<p>Voir aussi la <a href="Rivière">rivière</a> et <a href="https://exemple.org/moulin">un autre site</a>.</p>'
    '<figure><img src="moulin.png" width="300" alt="Le moulin, vu du pont"><figcaption>Le moulin.</figcaption></figure>',
    "Rivière": "<h1>Rivière</h1><p>L'école du village se trouve au bord de la rivière, près de l'église.</p>"
    "<table><tr><th>Pont</th><th>Longueur</th></tr><tr><td>Vieux pont</td><td>31 m</td></tr></table>",
    "Église": "<h1>Église</h1><p>L'église a un clocher carré. Elle fut restaurée en 1901.</p>"
    "<ul><li>la nef</li><li>le chœur</li></ul>",
}
"""Three pages of an encyclopedia of a hamlet; apostrophes stand as scrapers leave them."""


class _Page(Item):  # type: ignore[misc]
    def __init__(self, path: str, title: str, content: str | bytes, media_type: str) -> None:
        super().__init__()
        self._path, self._title, self._content, self._media_type = path, title, content, media_type

    def get_path(self) -> str:
        return self._path

    def get_title(self) -> str:
        return self._title

    def get_mimetype(self) -> str:
        return self._media_type

    def get_contentprovider(self) -> StringProvider:
        return StringProvider(self._content)

    def get_hints(self) -> dict[Hint, int]:
        return {Hint.FRONT_ARTICLE: int(self._media_type == "text/html")}


def write_zim(
    path: Path,
    pages: Mapping[str, str],
    *,
    things: Mapping[str, tuple[str, bytes]] | None = None,
    moved: Mapping[str, str] | None = None,
    language: str = "fra",
    title: str = "Le hameau de A à Z",
    indexed: bool = True,
) -> Path:
    """An archive of ``pages`` (title to what stands in the body), each at its title."""
    with Creator(path).config_indexing(indexed, language) as creator:
        creator.set_mainpath(next(iter(pages)))
        for name, body in pages.items():
            creator.add_item(
                _Page(name, name, f"<html><head><title>{name}</title></head><body>{body}</body></html>", "text/html")
            )
        for name, (media_type, data) in (things or {}).items():
            creator.add_item(_Page(name, name, data, media_type))
        for name, target in (moved or {}).items():
            creator.add_redirection(name, name, target, {Hint.FRONT_ARTICLE: 1})
        for key, value in {"Title": title, "Language": language, "Date": "2026-05-01", "Creator": "Le hameau"}.items():
            creator.add_metadata(key, value)
    return path


def town(path: Path) -> Path:
    """The encyclopedia of the hamlet, with its picture and a page that moved."""
    return write_zim(path, TOWN, things={"moulin.png": ("image/png", PIXEL)}, moved={"Le moulin": "Moulin"})


class AskedInMemory:
    """Sources that know passages by the words in them. ``asked`` keeps what they were asked."""

    kinds = frozenset({"zim"})

    def __init__(self, texts: Mapping[str, str], language: str = "fr") -> None:
        self.texts, self.language = texts, language
        self.asked: list[tuple[tuple[str, ...], str]] = []
        self.warmed: list[str] = []

    def ask(
        self, sources: Sequence[Source], question: str, languages: frozenset[str] = frozenset(), count: int = 8
    ) -> list[AskedAnswer]:
        self.asked.append((tuple(one.id for one in sources), question))
        if languages and self.language not in languages:
            return []
        return [AskedAnswer(tuple(self._found(one, question, count)), {}) for one in sources]

    def warm(self, sources: Sequence[Source]) -> None:
        self.warmed += [one.id for one in sources]

    def _found(self, source: Source, question: str, count: int) -> list[AskedPassage]:
        words = {word for word in question.lower().split() if len(word) > 3}
        found = []
        for title, text in self.texts.items():
            share = sum(word in text.lower() for word in words) / (len(words) or 1)
            if share:
                link = f"/reader/{source.id}/{title}?start=0&end={len(text)}#quote"
                place = Locator(0, len(text))
                found.append(
                    AskedPassage(source.id, f"{source.uri}#{title}", link, title, text, place, self.language, share)
                )
        return sorted(found, key=lambda one: -one.fit)[:count]
