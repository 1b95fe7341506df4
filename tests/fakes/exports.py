"""What other programs export, made on the spot: calendars, address cards, conversations, bookmarks, notebooks."""

from __future__ import annotations

import io
import json
import struct
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import apsw

from fakes import papers

NOTICE = "Les messages et les appels sont chiffrés de bout en bout."
CALENDAR = """BEGIN:VCALENDAR\r
VERSION:2.0\r
X-WR-CALNAME:Mairie de Brévanne\r
BEGIN:VTIMEZONE\r
TZID:Chez nous\r
BEGIN:STANDARD\r
DTSTART:16011028T030000\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
END:STANDARD\r
BEGIN:DAYLIGHT\r
DTSTART:16010325T020000\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r
TZOFFSETFROM:+0100\r
TZOFFSETTO:+0200\r
END:DAYLIGHT\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
UID:conseil@x\r
DTSTART;TZID=Chez nous:20250707T183000\r
DTEND;TZID=Europe/Paris:20250707T200000\r
RRULE:FREQ=MONTHLY;BYDAY=1MO;UNTIL=20251231T000000Z\r
EXDATE;TZID=Europe/Paris:20250804T183000\r
SUMMARY:Conseil\\, municip\r
 al\r
LOCATION:Salle des fêtes\r
ORGANIZER;CN="Roux, Amélie":mailto:amelie@example.org\r
ATTENDEE;CN=Paul;PARTSTAT=ACCEPTED:mailto:paul@example.org\r
DESCRIPTION:Ordre du jour\\n- budget\r
BEGIN:VALARM\r
DESCRIPTION:alarme\r
END:VALARM\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:conseil@x\r
RECURRENCE-ID;TZID=Europe/Paris:20250901T183000\r
DTSTART;TZID=Europe/Paris:20250902T190000\r
SUMMARY:Conseil déplacé\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:fete@x\r
DTSTART;VALUE=DATE:20250714\r
DTEND;VALUE=DATE:20250717\r
SUMMARY:Fête du moulin\r
BEGIN:VTODO\r
UID:impots@x\r
DUE:20250801T100000Z\r
SUMMARY:Payer les impôts\r
STATUS:NEEDS-ACTION\r
END:VTODO\r
END:VCALENDAR\r
"""
CARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Lef=C3=A8vre;Zo=C3=A9;;;
TEL;CELL;VOICE:+33612345678
NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:ligne un=0D=0A=
ligne deux
PHOTO;ENCODING=BASE64;TYPE=JPEG:/9j/4AAQ

BDAY:--0314
END:VCARD
BEGIN:VCARD
VERSION:3.0
UID:marie
FN:Marie Dupont
N:Dupont;Marie;;;
item1.EMAIL;type=INTERNET:marie@example.org
item1.X-ABLabel:_$!<Work>!$_
ADR;TYPE=home:;;3 rue du Moulin;Brévanne;;94450;France
BDAY:1980-03-14
REV:20240102T030405Z
ORG:Mairie;Urbanisme
URL:https://marie.example
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Marie Dupont
TEL;VALUE=uri;TYPE="voice,work":tel:+33-1-23-45-67-89
NOTE:une autre\\, du même nom
END:VCARD
"""
WHATSAPP = f"""28/02/2025, 23:58 - {NOTICE}
28/02/2025, 23:59 - Marie: Bonne nuit
01/03/2025, 08:02 - Paul: Bonjour
la suite
01/03/2025, 08:03 - Marie: <Médias omis>
01/03/2025, 08:04 - Marie a ajouté Zoé
03/03/2025, 09:00 - Zoé: Le lavoir ouvre mardi
"""
WHATSAPP_IOS = f"""[28/02/2025 23:58:01] Voisins: \u200e{NOTICE}
[28/02/2025 23:59:02] Marie: Bonne nuit
\u200e[01/03/2025 08:02:03] Paul: \u200e<pièce jointe : 0001-plan.pdf>
"""
WHATSAPP_ENGLISH = (
    "2/28/25, 11:58\u202fPM - Messages and calls are end-to-end encrypted.\n"
    "2/28/25, 11:59\u202fPM - Mary: Good night\n3/1/25, 8:02\u202fAM - Paul: Hello: you\n3/1/25, 8:03\u202fAM - Mary: <Media omitted>\n"
)
WHATSAPP_GERMAN = (
    "28.02.25, 23:58 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.\n28.02.25, 23:59 - Maria: Gute Nacht\n"
    "01.03.25, 08:02 - Paul: <Medien ausgeschlossen>\n"
)
SIGNAL = "[2025-02-28 23:59:02] Marie: Bonne nuit  \n[2025-03-01 08:02:03] Me: \n\n> Bonne nuit\n\nBonjour  \n(- Marie: 👍 -)\n"
SIGTOP = """Conversation: Marie (+33600000000)

From: Marie (+33600000000)
Type: incoming
Sent: Fri, 28 Feb 2025 23:59:02 +0100
Received: Fri, 28 Feb 2025 23:59:05 +0100

Bonne nuit

From: You
Type: outgoing
Sent: Sat, 01 Mar 2025 08:02:03 +0100

Bonjour
"""
ELEMENT = (
    "Fri, Feb 28, 2025, 11:59:02 PM - Marie: Bonne nuit\nSat, Mar 1, 2025, 8:02:03 AM - Paul: Bonjour\nla suite\n"
    "Sat, Mar 1, 2025, 8:03:00 AM - Zoé joined the room\n"
)
ELEMENT_FRENCH = (
    "ven. 28 févr. 2025 à 23:59:02 - Marie: Bonne nuit\nsam. 1 mars 2025 à 08:02:03 - Paul: Bonjour\nla suite\n"
)
ELEMENT_PAGE = """<!DOCTYPE html><html lang="fr"><head><title>Données exportées</title></head><body><div id="matrixchat">
<main><div class="mx_RoomHeader_nametext">Voisins</div><ol>
<div class="mx_DateSeparator" aria-label="vendredi 28 février 2025"><h2>vendredi 28 février 2025</h2></div>
<li class="mx_EventTile"><span class="mx_DisambiguatedProfile_displayName">Marie</span><a><span class="mx_MessageTimestamp">23:59</span></a>
<div class="mx_ReplyChain"><span class="mx_EventTile_body">cité</span></div><span class="mx_EventTile_body">Bonne<br>nuit</span></li>
<div class="mx_DateSeparator"><h2>samedi 1 mars 2025</h2></div>
<li class="mx_EventTile mx_EventTile_continuation"><span class="mx_MessageTimestamp">08:02</span>
<span class="mx_EventTile_body">Bonjour</span></li></ol></main></div></body></html>"""
NETSCAPE = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE><H1>Menu</H1>
<DL><p><DT><H3 ADD_DATE="1740787200">Cuisine</H3><DL><p>
<DT><A HREF="https://recettes.example/tarte" ADD_DATE="1740787200" TAGS="tarte,pommes">Tarte aux pommes</A>
<DD>Celle de mamie
<DT><A HREF="javascript:alert(1)">Piège</A>
</DL><p>
<DT><A HREF="https://mairie.example/" ADD_DATE="1740787200">La mairie</A>
</DL>"""


def element_json() -> bytes:
    """Element's export as JSON: a member, a message, one that was changed later, one that is locked."""
    body = {"msgtype": "m.text", "body": "Bonne nuit"}
    newer = {
        "m.new_content": {"body": "Bonjour à tous"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$2"},
        "body": "* x",
    }
    events: list[dict[str, object]] = [
        {
            "type": "m.room.member",
            "state_key": "@m:x",
            "sender": "@m:x",
            "origin_server_ts": 1,
            "content": {"displayname": "Marie"},
        },
        {
            "type": "m.room.message",
            "event_id": "$1",
            "sender": "@m:x",
            "origin_server_ts": 1740787142000,
            "content": body,
        },
        {
            "type": "m.room.message",
            "event_id": "$2",
            "sender": "@p:x",
            "origin_server_ts": 1740816123000,
            "content": {"body": "Bonjour"},
        },
        {
            "type": "m.room.message",
            "event_id": "$3",
            "sender": "@p:x",
            "origin_server_ts": 1740816124000,
            "content": newer,
        },
        {"type": "m.room.encrypted", "sender": "@p:x", "origin_server_ts": 1740816125000, "content": {}},
    ]
    told = {
        "room_name": "Voisins",
        "room_creator": "@m:x",
        "topic": "",
        "export_date": "x",
        "exported_by": "Marie",
        "messages": events,
    }
    return json.dumps(told, indent=4).encode()


def signal_lines() -> bytes:
    """The JSON of signal-export."""
    message = {
        "sticker": None,
        "reactions": [],
        "attachments": [{"name": "plan.pdf", "path": "media/plan.pdf"}],
        "quote": "",
    }
    return "".join(
        json.dumps({"date": date, "sender": sender, "body": body, **message}) + "\n"
        for date, sender, body in (
            ("2025-02-28T23:59:02", "Marie", "Bonne nuit"),
            ("2025-03-01T08:02:03", "Me", "Bonjour"),
        )
    ).encode()


def signal_backup() -> bytes:
    """What Signal Desktop exports in plain text: frames, one a line."""
    frames: list[dict[str, object]] = [
        {"version": "1", "backupTimeMs": "1740816125000"},
        {"account": {"givenName": "Jeanne"}},
        {"recipient": {"id": "1", "self": {}}},
        {"recipient": {"id": "2", "contact": {"profileGivenName": "Marie", "e164": "33600000000"}}},
        {"recipient": {"id": "3", "group": {"snapshot": {"title": {"title": "Voisins"}}}}},
        {"chat": {"id": "1", "recipientId": "2"}},
        {"chat": {"id": "2", "recipientId": "3"}},
        _item("1", "2", 1740787142000, {"text": {"body": "Bonne nuit"}}),
        _item("1", "1", 1740816123000, {"text": {"body": "Bonjour"}, "quote": {"text": {"body": "Bonne nuit"}}}),
        _item(
            "2",
            "2",
            1740816124000,
            {"text": {"body": "À tous"}, "attachments": [{"pointer": {"fileName": "plan.pdf"}}]},
        ),
    ]
    return "".join(json.dumps(frame) + "\n" for frame in frames).encode()


def _item(chat: str, author: str, sent: int, message: Mapping[str, object]) -> dict[str, object]:
    return {"chatItem": {"chatId": chat, "authorId": author, "dateSent": str(sent), "standardMessage": message}}


def mozilla() -> bytes:
    """Firefox's own copy of its bookmarks."""
    mark = {
        "guid": "aaaaaaaaaaaa", "title": "Tarte aux pommes", "uri": "https://recettes.example/tarte", "tags": "tarte,pommes",
        "dateAdded": 1740787200000000, "typeCode": 1, "type": "text/x-moz-place",
    }  # fmt: skip
    folder = {
        "guid": "ffffffffffff",
        "title": "Cuisine",
        "typeCode": 2,
        "type": "text/x-moz-place-container",
        "children": [mark],
    }
    menu = {"guid": "menu________", "title": "menu", "root": "bookmarksMenuFolder", "typeCode": 2, "children": [folder]}
    top = {
        "guid": "root________", "title": "", "index": 0, "typeCode": 2, "type": "text/x-moz-place-container", "root": "placesRoot",
        "children": [menu],
    }  # fmt: skip
    return json.dumps(top).encode()


def mozilla_packed() -> bytes:
    """The same, packed as LZ4: a run of letters, a match that repeats them, a last run."""
    data = mozilla() + b" " * 20 + b"\n"
    letters, blanks, ending = data[:-20], 19, data[-1:]
    length = len(letters) - 15
    run = b"\xff" + b"\xff" * (length // 255) + bytes([length % 255]) + letters
    match = struct.pack("<H", 1) + bytes([blanks - 4 - 15])
    return b"mozLz40\0" + struct.pack("<I", len(data)) + run + match + b"\x10" + ending


def chromium() -> bytes:
    """Chromium's file of bookmarks."""
    mark = {
        "date_added": "13385260800000000",
        "guid": "b-1",
        "id": "5",
        "name": "La mairie",
        "type": "url",
        "url": "https://mairie.example/",
    }
    folder = {"children": [mark], "date_added": "1", "guid": "b-2", "name": "Utile", "type": "folder"}
    roots = {
        "bookmark_bar": {"children": [folder], "name": "Barre de favoris", "type": "folder"},
        "other": {"children": [], "name": "Autres"},
    }
    return json.dumps({"checksum": "x", "roots": roots, "version": 1}, indent=3).encode()


def places(path: Path, *, wal: bool = True) -> apsw.Connection:
    """A ``places.sqlite`` like Firefox's at ``path``, open as in a running browser: its last rows are in the log alone."""
    connection = apsw.Connection(str(path))
    for query in (
        f"pragma journal_mode = {'wal' if wal else 'delete'}",
        "pragma wal_autocheckpoint = 0",
        "create table moz_places (id integer primary key, url text, title text, visit_count integer default 0, "
        "hidden integer default 0, last_visit_date integer, description text)",
        "create table moz_bookmarks (id integer primary key, type integer, fk integer, parent integer, position integer, "
        "title text, dateAdded integer, lastModified integer, guid text)",
        "insert into moz_bookmarks (id, type, parent, title, guid) values (1, 2, 0, '', 'root________'), "
        "(2, 2, 1, 'menu', 'menu________'), (4, 2, 1, 'tags', 'tags________'), (6, 2, 2, 'Cuisine', 'ffffffffffff'), (7, 2, 4, 'tarte', 't1')",
        "insert into moz_places (id, url, title, visit_count, last_visit_date) values "
        "(1, 'https://recettes.example/tarte', 'Tarte', 3, strftime('%s', 'now') * 1000000), "
        "(2, 'https://vieux.example/', 'Vieille page', 1, 1000000000000000)",
        "insert into moz_bookmarks (type, fk, parent, title, dateAdded, guid) values "
        "(1, 1, 6, 'Tarte aux pommes', 1740787200000000, 'aaaaaaaaaaaa'), (1, 1, 7, null, 1740787200000000, 'gggggggggggg')",
    ):
        connection.execute(query).get  # noqa: B018 - runs it to its end
    return connection


def history(path: Path) -> None:
    """Chromium's ``History``."""
    connection = apsw.Connection(str(path))
    for query in (
        "create table urls (id integer primary key, url text, title text, visit_count integer, hidden integer, last_visit_time integer)",
        "insert into urls values (1, 'https://mairie.example/', 'La mairie', 2, 0, (strftime('%s', 'now') + 11644473600) * 1000000)",
    ):
        connection.execute(query).get  # noqa: B018
    connection.close()


NOTE_ID, OTHER_ID, BOOK_ID, INNER_ID, TAG_ID, FILE_ID = (f"{number:032x}" for number in range(1, 7))


def joplin_item(title: str, body: str, **fields: str) -> str:
    """An item as Joplin writes it."""
    text = f"{title}\n\n{body}\n\n" if body else f"{title}\n\n" if title else ""
    return text + "\n".join(f"{name}: {value}" for name, value in fields.items())


def joplin() -> dict[str, str]:
    """Two notes in a notebook in a notebook, with a label and a file: by the names of their files."""
    dates = {"created_time": "2025-02-28T10:00:00.000Z", "updated_time": "2025-03-01T08:00:00.000Z"}
    body = f"La source du [moulin](:/{OTHER_ID}).\n\n![plan](:/{FILE_ID})"
    return {
        f"{NOTE_ID}.md": joplin_item(
            "Le lavoir", body, id=NOTE_ID, parent_id=INNER_ID, **dates, author="Jeanne", type_="1"
        ),
        f"{OTHER_ID}.md": joplin_item(
            "Le moulin", "Il tourne.", id=OTHER_ID, parent_id=BOOK_ID, **dates, is_todo="1", type_="1"
        ),
        f"{BOOK_ID}.md": joplin_item("Village", "", id=BOOK_ID, parent_id="", **dates, type_="2"),
        f"{INNER_ID}.md": joplin_item("Eau", "", id=INNER_ID, parent_id=BOOK_ID, **dates, type_="2"),
        f"{TAG_ID}.md": joplin_item("patrimoine", "", id=TAG_ID, **dates, type_="5"),
        f"{7:032x}.md": joplin_item("", "", id=f"{7:032x}", note_id=NOTE_ID, tag_id=TAG_ID, type_="6"),
        f"{FILE_ID}.md": joplin_item("plan.txt", "", id=FILE_ID, mime="text/plain", **dates, type_="4"),
    }


def jex(items: Mapping[str, str] | None = None, resources: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """A JEX archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        contents = [(name, text.encode()) for name, text in (items or joplin()).items()]
        files = resources or ((f"resources/{FILE_ID}.txt", b"Le plan du lavoir."),)
        for name, content in (*contents, *files):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def whatsapp_zip() -> bytes:
    """What a telephone sends: the conversation and what was sent in it."""
    return papers.packed(
        {
            "_chat.txt": WHATSAPP_IOS,
            "0001-plan.docx": papers.docx(["Le plan du lavoir."]),
            "0002-photo.jpg": b"\xff\xd8\xff",
        }
    )


def seeds() -> list[tuple[str, bytes]]:
    """One of each, by a name that says what it is."""
    return [
        ("a.ics", CALENDAR.encode()),
        ("a.vcf", CARDS.encode()),
        ("Discussion WhatsApp avec Marie.txt", WHATSAPP.encode()),
        ("WhatsApp Chat with Mary.txt", WHATSAPP_ENGLISH.encode()),
        ("chat.md", SIGNAL.encode()),
        ("sigtop.txt", SIGTOP.encode()),
        ("element.txt", ELEMENT.encode()),
        ("messages.html", ELEMENT_PAGE.encode()),
        ("element.json", element_json()),
        ("data.json", signal_lines()),
        ("main.jsonl", signal_backup()),
        ("WhatsApp Chat - Marie.zip", whatsapp_zip()),
        ("bookmarks.html", NETSCAPE.encode()),
        ("bookmarks.json", mozilla()),
        ("bookmarks.jsonlz4", mozilla_packed()),
        ("Bookmarks", chromium()),
        ("a.jex", jex()),
        (f"{NOTE_ID}.md", joplin()[f"{NOTE_ID}.md"].encode()),
    ]
