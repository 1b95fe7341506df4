"""Calendars: when, where, who, again and except; each event a document of its own."""

from __future__ import annotations

import pytest

from fakes import exports, papers
from fakes.reading import context
from hameau.library.extraction import limits, recurrence
from hameau.library.extraction.calendar import read_calendar
from hameau.library.extraction.contentlines import lines_of, split
from hameau.library.extraction.reading import read as read_any
from hameau.library.extraction.reasons import MEMBERS_LEFT, Unreadable
from hameau.library.types import Extracted


def read(text: str) -> Extracted:
    return read_calendar(text.encode(), context())


def event(*lines: str, head: str = "") -> Extracted:
    body = "\r\n".join(lines)
    return read(f"BEGIN:VCALENDAR\r\n{head}BEGIN:VEVENT\r\n{body}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")


def test_a_calendar_is_its_events() -> None:
    found = read(exports.CALENDAR)
    assert found.title == "Mairie de Brévanne"
    assert "2 événements, 1 tâche, du 7 juillet 2025 au 1er août 2025" in found.text
    assert [part.name for part in found.parts] == ["conseil@x", "fete@x", "impots@x"]
    assert [part.extracted.dated_at[:16] for part in found.parts] == [
        "2025-07-07T16:30",
        "2025-07-14T00:00",
        "2025-08-01T10:00",
    ]
    assert {part.extracted.media_type for part in found.parts} == {"text/calendar"}


def test_an_event_says_when_where_and_who() -> None:
    council, fair, taxes = (part.extracted for part in read(exports.CALENDAR).parts)
    assert council.title == "Conseil, municipal"
    assert council.authors == "Roux, Amélie <amelie@example.org>, Paul <paul@example.org>"
    for words in (
        "Quand : lundi 7 juillet 2025, 18:30 – 20:00 (Chez nous)",
        "Date : 2025-07-07T18:30+02:00/2025-07-07T20:00+02:00",
        "Répétition : chaque mois, le premier lundi, jusqu'au mercredi 31 décembre 2025",
        "Sauf : le lundi 4 août 2025",
        "Lieu : Salle des fêtes",
        "Participants : Paul <paul@example.org> (vient)",
        "Ordre du jour\n- budget",
        "## Exception : lundi 1er septembre 2025",
        "mardi 2 septembre 2025 à 19:00",
    ):
        assert words in council.text
    assert "alarme" not in council.text
    assert "du lundi 14 juillet 2025 au mercredi 16 juillet 2025" in fair.text
    assert "À faire avant : vendredi 1er août 2025" in taxes.text and "État : à faire" in taxes.text


def test_one_event_is_the_file_itself() -> None:
    found = event("SUMMARY:Marché", "DTSTART:20250101T080000", "DURATION:PT2H30M", "URL:https://marche.example/")
    assert not found.parts
    assert (found.title, found.link, found.dated_at) == (
        "Marché",
        "https://marche.example/",
        "2025-01-01T08:00:00.000Z",
    )
    assert "mercredi 1er janvier 2025, 08:00 – 10:30\n" in found.text


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Europe/Paris", "2025-07-07T16:30"),
        ("/freeassociation.sourceforge.net/Europe/Paris", "2025-07-07T16:30"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "2025-07-07T21:30"),
        ("Romance Standard Time", "2025-07-07T16:30"),
        ("(UTC+01:00) Bruxelles", "2025-07-07T17:30"),
        ("GMT-0500", "2025-07-07T23:30"),
        ("../../../etc/passwd", "2025-07-07T18:30"),
        ("Nulle part", "2025-07-07T18:30"),
    ],
)
def test_zones_by_any_name(zone: str, moment: str) -> None:
    assert event("SUMMARY:x", f'DTSTART;TZID="{zone}":20250707T183000').dated_at.startswith(moment)


@pytest.mark.parametrize(
    ("day", "offset"), [("20250329", "+01:00"), ("20250331", "+02:00"), ("20251025", "+02:00"), ("20251027", "+01:00")]
)
def test_a_zone_that_the_calendar_defines_changes_its_clocks(day: str, offset: str) -> None:
    zone = exports.CALENDAR[exports.CALENDAR.index("BEGIN:VTIMEZONE") : exports.CALENDAR.index("BEGIN:VEVENT")]
    assert f"T12:00{offset}" in event("SUMMARY:x", f"DTSTART;TZID=Chez nous:{day}T120000", head=zone).text


def test_hours_in_utc_are_told_in_the_zone_of_the_calendar() -> None:
    found = event("SUMMARY:x", "DTSTART:20250707T163000Z", head="X-WR-TIMEZONE:Europe/Paris\r\n")
    assert "lundi 7 juillet 2025 à 18:30 (Europe/Paris)" in found.text
    assert found.dated_at == "2025-07-07T16:30:00.000Z"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "chaque jour"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "toutes les 2 semaines, le lundi et le jeudi"),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=6", "chaque mois, le dernier vendredi, 6 fois"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "chaque mois, le deuxième mardi"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "chaque mois, le dernier jour de la semaine"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "chaque mois, le 1er et le 15"),
        ("FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=14", "chaque année, le 14, en juillet"),
        ("FREQ=SECONDLY", ""),
        ("n'importe quoi", ""),
    ],
)
def test_what_comes_again_is_told(rule: str, words: str) -> None:
    assert recurrence.words(rule) == words


def test_what_nobody_ended_ends_where_the_next_begins() -> None:
    found = read("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:un\nBEGIN:VEVENT\nUID:2\nSUMMARY:deux\n")
    assert [part.extracted.title for part in found.parts] == ["un", "deux"]


def test_things_of_the_same_name_stay_apart() -> None:
    found = read(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:un\nEND:VEVENT\nBEGIN:VTODO\nUID:1\nSUMMARY:deux\nEND:VTODO\n"
    )
    assert [(part.name, part.extracted.title) for part in found.parts] == [("1", "un"), ("1 (2)", "deux")]


def test_a_calendar_of_nothing_says_so() -> None:
    with pytest.raises(Unreadable, match="empty"):
        read("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n")


def test_more_than_the_budget_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "INSIDE", 2)
    found = read(exports.CALENDAR)
    assert len(found.parts) == 2 and found.warnings == (MEMBERS_LEFT,)


def test_in_an_archive_events_are_sections() -> None:
    found = read_any(papers.packed({"agenda.ics": exports.CALENDAR}), "x.zip", context(read_any))
    assert not found.parts
    assert (
        "# agenda.ics\n" in found.text
        and "\n### Conseil, municipal\n" in found.text
        and "### Payer les impôts" in found.text
    )


def test_lines_are_unfolded_before_they_are_read_as_letters() -> None:
    whole = "SUMMARY:é".encode()
    folded = whole[:-1] + b"\r\n " + whole[-1:]
    assert [line.value for line in lines_of(folded)] == ["é"]


def test_escapes_and_parameters() -> None:
    (line,) = lines_of(b'X.ATTENDEE;CN="A; B: C";ROLE=X,Y:mailto:a@b\r\n')
    assert (line.group, line.name, line.parameter("CN"), line.value) == ("x", "ATTENDEE", "A; B: C", "mailto:a@b")
    assert line.parameters["ROLE"] == ("X", "Y")
    assert split(r"a\;b;c\nd;", ";") == ["a;b", "c\nd", ""]


def test_a_wide_alphabet() -> None:
    data = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Fê\r\n te\r\nEND:VEVENT\r\n".encode("utf-16")
    assert read_calendar(data, context()).title == "Fête"
