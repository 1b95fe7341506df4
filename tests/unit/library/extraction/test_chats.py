"""Conversations of messengers, in the forms and languages in which they are exported."""

from __future__ import annotations

from datetime import datetime

import pytest

from fakes import exports, papers
from fakes.reading import context
from hameau.library.extraction import marks
from hameau.library.extraction.chats import read_chat, whatsapp_title
from hameau.library.extraction.conversation import Conversation, Message
from hameau.library.extraction.kinds import kind_of
from hameau.library.extraction.reading import read as read_any
from hameau.library.extraction.reasons import MEMBERS_LEFT, MEMBERS_UNREAD, Unreadable
from hameau.library.extraction.spoken_dates import moment_of, order_of
from hameau.library.types import Extracted


def read(name: str, data: str | bytes) -> Extracted:
    raw = data.encode() if isinstance(data, str) else data
    kind = kind_of(name, raw[:4096])
    assert kind.family == "chat", kind
    return read_chat(raw, name, kind.media_type, context())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("Discussion WhatsApp avec Marie.txt", exports.WHATSAPP),
        ("_chat.txt", exports.WHATSAPP_IOS),
        ("WhatsApp Chat with Mary.txt", exports.WHATSAPP_ENGLISH),
        ("WhatsApp-Chat mit Maria.txt", exports.WHATSAPP_GERMAN),
        ("chat.md", exports.SIGNAL),
        ("Marie.txt", exports.SIGTOP),
        ("export.txt", exports.ELEMENT),
        ("export.txt", exports.ELEMENT_FRENCH),
        ("messages.html", exports.ELEMENT_PAGE),
        ("export.json", exports.element_json()),
        ("data.json", exports.signal_lines()),
    ],
)
def test_each_month_is_a_document(name: str, data: str | bytes) -> None:
    found = read(name, data)
    assert [part.name for part in found.parts] == ["2025-02", "2025-03"]
    february, march = (part.extracted for part in found.parts)
    assert (
        february.title.endswith(" — février 2025")
        and f"# {february.title}\n\n## vendredi 28 février 2025\n\n23:59 Mar" in february.text
    )
    assert february.dated_at.startswith("2025-02-28T23:59") and march.dated_at.startswith("2025-03-0")
    assert "## samedi 1er mars 2025\n\n08:02 " in march.text
    assert february.thread == march.thread != ""
    assert february.authors.startswith("Mar")
    assert {part.extracted.media_type for part in found.parts} == {"text/x-chat"}


def test_whatsapp() -> None:
    found = read("Discussion WhatsApp avec Marie (1).txt", exports.WHATSAPP)
    text = found.parts[1].extracted.text
    assert found.title == "Conversation WhatsApp : Marie"
    assert "Participants : Marie, Paul, Zoé\n5 messages, du 28 février 2025 au 3 mars 2025" in found.text
    assert "08:02 Paul : Bonjour\nla suite\n08:03 Marie : (média non exporté)\n08:04 — Marie a ajouté Zoé\n" in text
    assert "chiffrés" not in found.parts[0].extracted.text


def test_half_days_and_americans() -> None:
    text = read("WhatsApp Chat with Mary.txt", exports.WHATSAPP_ENGLISH).parts[1].extracted.text
    assert "08:02 Paul : Hello: you" in text and "(média non exporté)" in text


def test_reply_and_edit_in_element() -> None:
    page = read("messages.html", exports.ELEMENT_PAGE)
    assert page.title == "Conversation Matrix : Voisins"
    assert "Bonne\nnuit" in page.parts[0].extracted.text and "cité" not in page.parts[0].extracted.text
    told = read("export.json", exports.element_json()).parts[1].extracted.text
    assert "@p:x : Bonjour à tous" in told and "* x" not in told


def test_signal_holds_several_conversations() -> None:
    found = read("main.jsonl", exports.signal_backup())
    assert "Marie : 2 messages\nVoisins : 1 message\n" in found.text
    assert [part.name for part in found.parts] == ["Marie/2025-02", "Marie/2025-03", "Voisins/2025-03"]
    assert "08:02 Moi : > Bonne nuit\nBonjour" in found.parts[1].extracted.text
    assert "Marie : À tous\n(plan.pdf)" in found.parts[2].extracted.text


def test_a_packed_conversation_with_what_was_sent() -> None:
    found = read_any(exports.whatsapp_zip(), "WhatsApp Chat - Marie.zip", context(read_any))
    assert found.title == "Conversation WhatsApp : Marie"
    assert [part.name for part in found.parts[:2]] == ["2025-02", "2025-03"]
    assert "<pièce jointe : 0001-plan.pdf>" in found.parts[1].extracted.text


def test_what_was_sent_and_cannot_be_read_is_a_doubt() -> None:
    packed = papers.packed({"_chat.txt": exports.WHATSAPP_IOS, "a.docx": b"PK\x03\x04 rien"})
    assert MEMBERS_UNREAD in read_any(packed, "x.zip", context(read_any)).warnings


def test_another_archive_stays_an_archive() -> None:
    found = read_any(papers.packed({"a.txt": "Bonjour"}), "x.zip", context(read_any))
    assert (found.media_type, found.parts) == ("application/zip", ())


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("journal.txt", "2025-03-01 08:02:03 INFO: démarré\n"),
        ("server.log", "[2025-03-01 08:02:03] INFO: démarré\n"),
        ("notes.md", "# Réunion\n\n[2025] Marie: bonjour\n"),
        ("agenda.txt", "03/03/2025, 10:02 - Marie: sans rien de WhatsApp\n"),
        ("a.json", '{"messages": []}'),
        ("a.html", "<!doctype html><html><body>matrixchat</body></html>"),
    ],
)
def test_what_is_no_conversation(name: str, head: str) -> None:
    assert kind_of(name, head.encode()).family in ("text", "html")


def at(*numbers: int) -> datetime:
    return datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - as it was written


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Fri, Feb 28, 2025, 11:59:02 PM", at(2025, 2, 28, 23, 59, 2)),
        ("ven. 28 févr. 2025 à 23:59", at(2025, 2, 28, 23, 59)),
        ("Freitag, 28. Februar 2025 um 23:59", at(2025, 2, 28, 23, 59)),
        ("2/28/2025, 12:05 AM", at(2025, 2, 28, 0, 5)),
        ("28/02/2025 12:05", at(2025, 2, 28, 12, 5)),
        ("2025-02-28 23:59", at(2025, 2, 28, 23, 59)),
        ("samedi 1 mars 2025", at(2025, 3, 1)),
        ("bonjour 12:00", None),
        ("31/31/2025", None),
    ],
)
def test_spoken_dates(text: str, moment: datetime | None) -> None:
    assert moment_of(text) == moment


def test_the_order_of_figures_follows_time() -> None:
    assert order_of([(1, 2, 25), (2, 2, 25), (1, 3, 25)], american=False) == (2, 1, 0)
    assert order_of([(1, 2, 25), (1, 3, 25), (2, 1, 25)], american=False) == (2, 0, 1)
    assert order_of([(2025, 1, 2)], american=True) == (0, 1, 2)


def test_names_that_whatsapp_gives() -> None:
    assert whatsapp_title("WhatsApp Chat with Les voisins.txt") == "Les voisins"
    assert whatsapp_title("Discussion WhatsApp avec \u200eMarie.txt") == "Marie"
    assert whatsapp_title("_chat.txt") == ""


def test_nobody_said_anything() -> None:
    with pytest.raises(Unreadable, match="empty"):
        read_chat(b"[2025-01-01 10:00:00] A:", "chat.md", marks.SIGNAL_MARKDOWN, context())


def test_what_is_beyond_the_budget_is_left() -> None:
    found = read_chat(exports.WHATSAPP.encode(), "x.txt", marks.WHATSAPP, context(characters=150))
    assert MEMBERS_LEFT in found.warnings


def test_a_conversation_without_a_name_is_called_by_its_people() -> None:
    conversation = Conversation("X", "", 1000)
    for name in ("Moi", "A", "B", "C", "D", "E"):
        conversation.add(Message(at(2025, 1, 1), name, "x"))
    assert conversation.title == "A, B, C, D et d'autres"
