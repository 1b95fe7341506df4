"""Notebooks of Joplin: the archive, and single items of a folder."""

from __future__ import annotations

import pytest

from fakes import exports
from fakes.reading import context
from hameau.library.extraction.joplin import read_notebook
from hameau.library.extraction.joplin_items import item_of
from hameau.library.extraction.kinds import kind_of
from hameau.library.extraction.plain import read_plain
from hameau.library.extraction.reasons import MEMBERS_LOCKED, Unreadable


def test_an_archive_is_its_notes() -> None:
    data = exports.jex()
    assert kind_of("a.jex", data[:4096]).family == "notebook"
    found = read_notebook(data, context())
    lavoir, moulin, plan = found.parts
    assert (lavoir.name, lavoir.extracted.title) == (exports.NOTE_ID, "Le lavoir")
    assert (
        "Carnet : Village / Eau\nÉtiquettes : patrimoine\n\nLa source du [moulin](Le moulin).\n\n![plan](plan.txt)"
        in lavoir.extracted.text
    )
    assert (lavoir.extracted.dated_at, lavoir.extracted.authors) == ("2025-03-01T08:00:00.000Z", "Jeanne")
    assert lavoir.extracted.links == (exports.OTHER_ID, exports.FILE_ID)
    assert "État : à faire" in moulin.extracted.text
    assert plan.extracted.text == "Le plan du lavoir." and (plan.name, plan.extracted.title) == (
        f"{exports.FILE_ID}.txt",
        "plan.txt",
    )
    assert "- Eau\n- Village" in found.text


def test_a_locked_note_is_a_doubt() -> None:
    items = exports.joplin()
    key = f"{exports.OTHER_ID}.md"
    items[key] = items[key].replace("type_: 1", "encryption_applied: 1\ntype_: 1")
    inside = context()
    assert exports.OTHER_ID not in [part.name for part in read_notebook(exports.jex(items), inside).parts]
    assert MEMBERS_LOCKED in inside.budget.doubts


def test_notebooks_in_a_ring() -> None:
    items = exports.joplin()
    key = f"{exports.BOOK_ID}.md"
    items[key] = items[key].replace("parent_id: ", f"parent_id: {exports.INNER_ID}")
    assert "Carnet : Village / Eau" in read_notebook(exports.jex(items), context()).parts[0].extracted.text


def test_an_archive_without_notes() -> None:
    with pytest.raises(Unreadable, match="empty"):
        read_notebook(exports.jex({"a.md": "rien"}), context())


def test_a_note_of_a_folder_is_read_without_its_fields() -> None:
    found = read_plain(exports.joplin()[f"{exports.NOTE_ID}.md"].encode(), "text/markdown")
    assert (found.title, found.dated_at) == ("Le lavoir", "2025-03-01T08:00:00.000Z")
    assert "type_" not in found.text and found.links[0] == exports.OTHER_ID


def test_what_is_no_note_gives_at_most_its_name() -> None:
    items = exports.joplin()
    assert read_plain(items[f"{exports.BOOK_ID}.md"].encode(), "text/markdown").text == "# Village\n"
    assert read_plain(items[f"{7:032x}.md"].encode(), "text/markdown").text == ""


def test_an_ordinary_note_is_no_item() -> None:
    assert item_of("# Bonjour\n\nid: 3\ntype_: 1") is None
    assert item_of("") is None
