"""The items of Joplin: notes, notebooks, labels and files, each a text with its fields at the end. Knows nothing of archives.

Runs in the server too (a folder of such files): in time proportional to the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from hameau.library.extraction import limits
from hameau.library.extraction.properties import moment, people
from hameau.library.extraction.structure import Draft, one_line
from hameau.library.types import Extracted

NOTE_TYPE = "text/markdown"
Draw = Callable[[str, Draft], object]
_HTML = "2"
_DEPTH = 50
_LABELS = 100
_TAIL = 6_000
_END = re.compile(r"^type_: (\d{1,2})\s*\Z", re.MULTILINE)
_ID = re.compile(r"^id: ([0-9a-f]{32})$", re.MULTILINE)
_FIELD = re.compile(r"([a-z_0-9]{1,40}): ?(.*)")
NOTE, FOLDER, RESOURCE, TAG, NOTE_TAG = "1", "2", "4", "5", "6"
LINK = re.compile(r"(!?)\[([^\[\]\n]{0,500})\]\(:/([0-9a-f]{32})[^()\n]{0,300}\)")
"""A link to another item: whether it is shown in place, its words, the other's id."""


class Item(NamedTuple):
    """One item. ``fields`` are as Joplin names them: id, parent_id, type_, user_updated_time…"""

    title: str
    body: str
    fields: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.fields.get("id", "")

    @property
    def kind(self) -> str:
        """One of the constants of this module, or another figure."""
        return self.fields.get("type_", "")

    @property
    def is_locked(self) -> bool:
        """Whether its text is encrypted."""
        return self.fields.get("encryption_applied", "0") == "1"


def item_of(text: str) -> Item | None:
    """The item that a file holds; ``None`` for any other text."""
    tail = text[-_TAIL:]
    if _END.search(tail) is None or _ID.search(tail) is None:
        return None
    body, _, ending = text.rstrip("\n").rpartition("\n\n")
    if not body and not ending.startswith("id: "):  # an item without any text is its fields alone
        body, _, ending = text.rpartition("\nid: ")
        ending = f"id: {ending}"
    fields = {found[1]: found[2] for line in ending.split("\n") if (found := _FIELD.fullmatch(line))}
    if "id" not in fields or "type_" not in fields:
        return None
    title, _, rest = body.partition("\n")
    return Item(title.strip(), rest.strip("\n"), fields)


class Names:
    """What is known of the other items: titles, the notebooks above a note, its labels."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        self._items = items
        self._labels: dict[str, list[str]] = {}
        for item in items.values():
            if item.kind == NOTE_TAG:
                label = self.title(item.fields.get("tag_id", ""))
                if label:
                    self._labels.setdefault(item.fields.get("note_id", ""), []).append(label)

    def title(self, key: str) -> str:
        """The title of an item; empty when there is none."""
        return self._items[key].title if key in self._items else ""

    def notebooks(self, item: Item) -> list[str]:
        """The names of the notebooks above a note, outermost first; a ring ends where it began."""
        names: list[str] = []
        seen: set[str] = set()
        key = item.fields.get("parent_id", "")
        while key in self._items and key not in seen and len(names) < _DEPTH:
            seen.add(key)
            names.append(one_line(self._items[key].title))
            key = self._items[key].fields.get("parent_id", "")
        return [name for name in reversed(names) if name]

    def labels(self, item: Item) -> list[str]:
        """The labels of a note."""
        return [one_line(label) for label in self._labels.get(item.id, ())[:_LABELS]]


ALONE = Names({})
"""Where nothing is known of the others."""


def written(item: Item, names: Names = ALONE, draw: Draw | None = None) -> Extracted:
    """One note, or the bare title of any other item. ``draw`` writes notes that are hypertext; they stay as they are without."""
    title = one_line(item.title)
    if item.kind != NOTE:
        return Extracted(
            text=f"# {title}\n" if title and item.kind in (FOLDER, TAG) else "", title=title, media_type=NOTE_TYPE
        )
    draft = Draft()
    draft.block(f"# {title}" if title else "")
    rows = [("Carnet", " / ".join(names.notebooks(item))), ("Étiquettes", ", ".join(names.labels(item)))]
    if item.fields.get("is_todo") == "1":
        done = item.fields.get("todo_completed", "0") not in ("", "0")
        rows.append(("État", "fait" if done else "à faire"))
    for label, value in rows:
        if value:
            draft.block(f"{label} : {value}", close=True)
    draft.end_rows()
    links = [key for _shown, _words, key in LINK.findall(item.body)]
    if draw is not None and item.fields.get("markup_language") == _HTML:
        draw(item.body, draft)
    else:
        draft.block(LINK.sub(lambda found: f"{found[1]}[{found[2]}]({names.title(found[3]) or found[3]})", item.body))
    dates = (item.fields.get(name, "") for name in ("user_updated_time", "updated_time", "created_time"))
    return Extracted(
        text=draft.finish()[0],
        title=title,
        media_type=NOTE_TYPE,
        dated_at=next((found for one in dates if (found := moment(one))), ""),
        authors=people([item.fields.get("author", "")]),
        link=item.fields.get("source_url", ""),
        links=tuple(dict.fromkeys(links))[: limits.LINKS],
    )
