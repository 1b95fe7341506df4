"""Archives in memory, for the server's tests: articles and pictures by their path."""

from __future__ import annotations

from hameau.kit import NotFound
from hameau.library import ArchiveFacts, Article, Block, Named, Run, Thing

_TEXT = "Le moulin fut bâti en 1742, près de la rivière."
MILL = Article(
    "Moulin",
    "Moulin",
    f"# Moulin\n\n{_TEXT}\n\nPont | Longueur\nVieux pont | 31 m",
    (
        Block("heading", 0, (Run("Moulin"),), 1),
        Block(
            "paragraph",
            10,
            (
                Run("Le moulin fut bâti en 1742, près de la "),
                Run("rivière", 0, "Rivière"),
                Run(".", 1, "https://exemple.org/", True),
            ),
        ),
        Block("row", 60, cells=((Run("Pont"),), (Run("Longueur"),)), head=True),
        Block("row", 75, cells=((Run("Vieux pont"),), (Run("31 m"),))),
        Block("picture", 90, (Run("Le moulin", to="moulin.png"),)),
    ),
)


class ArchivesInMemory:
    """One archive of one article; tests put in what else they need."""

    def __init__(self) -> None:
        self.articles: dict[str, Article] = {"Moulin": MILL}
        self.things: dict[str, Thing] = {}
        self.named: list[Named] = []
        self.about = ArchiveFacts(
            "Le hameau", "Tout sur le hameau", "fr", "2026-05-01", "Le hameau", main="Moulin", entries=1
        )

    def facts(self, source_id: str, /) -> ArchiveFacts:
        return self.about

    def article(self, source_id: str, path: str, /) -> Article:
        if path not in self.articles:
            raise NotFound("The archive has no such page.", hint="Search for it.")
        return self.articles[path]

    def thing(self, source_id: str, path: str, /) -> Thing:
        if path not in self.things:
            raise NotFound("The archive has no such page.", hint="Search for it.")
        return self.things[path]

    def titles(self, source_id: str, begins: str, limit: int = 20, /) -> list[Named]:
        return self.named[:limit]

    def chance(self, source_id: str, /) -> str:
        return "Moulin"
