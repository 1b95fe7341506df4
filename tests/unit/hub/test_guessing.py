"""What a person types, read as a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from hameau.hub.guessing import Guess, guess, is_guessed, mail_server
from hameau.kit import BadInput


@pytest.mark.parametrize(
    ("what", "kind", "uri"),
    [
        ("jeanne@free.fr", "imap", "imaps://jeanne%40free.fr@imap.free.fr/"),
        ("jeanne@association.example", "imap", "imaps://jeanne%40association.example@imap.association.example/"),
        ("imap://jeanne@moulin.example:1143", "imap", "imap://jeanne@moulin.example:1143"),
        ("webcal://agenda.example/fetes.ics", "caldav", "https://agenda.example/fetes.ics"),
        ("https://agenda.example/fetes.ics", "caldav", "https://agenda.example/fetes.ics"),
        ("https://cloud.example/remote.php/dav/calendars/jeanne/", "caldav", "https://cloud.example/remote.php/dav/calendars/jeanne/"),
        ("https://cloud.example/remote.php/dav/addressbooks/users/jeanne/", "carddav", None),
        ("https://cloud.example/remote.php/dav/files/jeanne/", "webdav", None),
        ("davs://fichiers.example/dav/", "webdav", "https://fichiers.example/dav/"),
        ("https://nuage.example", "webdav", "https://nuage.example/"),
        ("https://cloud.example/apps/files/?dir=/Photos", "webdav", None),
        ("cloud.example.org", "webdav", "https://cloud.example.org/"),
        ("https://journal.example/feed.xml", "feed", "https://journal.example/feed.xml"),
        ("journal.example/une", "feed", "https://journal.example/une"),
        ("https://cloudy-weather.example/blog", "feed", None),
    ],
)  # fmt: skip
def test_addresses(what: str, kind: str, uri: str | None) -> None:
    found = guess(what)
    assert (found.kind, found.uri) == (kind, uri if uri is not None else found.uri)


def test_the_kind_that_was_chosen_counts() -> None:
    assert guess("https://cloud.example", "carddav").kind == "carddav"
    assert guess("cloud.example", "webdav").uri == "https://cloud.example"
    assert guess("feed://journal.example/x", "feed").uri == "https://journal.example/x"
    assert guess("courrier.example", "imap", "jeanne").uri == "imaps://jeanne@courrier.example/"
    assert guess("imaps://jeanne:secret@courrier.example/").uri == "imaps://jeanne@courrier.example/"
    again = guess("imaps://jeanne@courrier.example/", "imap", "paul@moulin.example")
    assert again.uri == "imaps://paul%40moulin.example@courrier.example/"
    assert again.settings == {"user": "paul@moulin.example"}


@pytest.mark.parametrize("nothing", ["", "  ", "\n"])
def test_nothing_is_nothing(nothing: str) -> None:
    with pytest.raises(BadInput):
        guess(nothing)


def test_places_of_this_machine(tmp_path: Path) -> None:
    for folder in (
        "maildir/cur",
        "maildir/new",
        "dovecot/.Amis/cur",
        "dovecot/.Amis/new",
        "papiers",
        "lettres",
        "firefox",
    ):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "profil" / "ImapMail").mkdir(parents=True)
    for path, content in {
        "profil/prefs.js": b"",
        "firefox/places.sqlite": b"SQLite",
        "papiers/note.md": b"Bonjour",
        "lettres/a.eml": b"Subject: a",
        "lettres/b.eml": b"Subject: b",
        "archive.zim": b"ZIM\x04rest",
        "archive.mbox": b"From jeanne@moulin.example Sun May  3 10:00:00 2026",
        "lettre.txt": b"From me to you",
    }.items():
        (tmp_path / path).write_bytes(content)
    kinds = {
        "maildir": "mail",
        "dovecot": "mail",
        "profil": "mail",
        "lettres": "mail",
        "archive.mbox": "mail",
        "firefox": "browser",
        "firefox/places.sqlite": "browser",
        "archive.zim": "zim",
        "papiers": "folder",
        "lettre.txt": "folder",
        "nowhere": "folder",
    }
    assert {name: guess(str(tmp_path / name)).kind for name in kinds} == kinds
    assert guess(f"file://{tmp_path}/papiers").uri == f"{tmp_path}/papiers"


def test_a_folder_of_profiles_stands_for_the_one_in_it(tmp_path: Path) -> None:
    (tmp_path / "profiles.ini").touch()
    (tmp_path / "abcd.default" / "ImapMail").mkdir(parents=True)
    (tmp_path / "Crash Reports").mkdir()
    assert guess(str(tmp_path)).kind == "folder"
    (tmp_path / "abcd.default" / "prefs.js").touch()
    assert guess(str(tmp_path)) == Guess("mail", str(tmp_path / "abcd.default"))
    (tmp_path / "efgh.work").mkdir()
    (tmp_path / "efgh.work" / "places.sqlite").touch()
    with pytest.raises(BadInput) as refused:
        guess(str(tmp_path))
    assert "efgh.work" in str(refused.value.fields["profiles"])


def test_what_is_called_an_archive_is_looked_at_as_one(tmp_path: Path) -> None:
    (tmp_path / "faux.zim").write_bytes(b"not one")
    assert guess(str(tmp_path / "faux.zim")).kind == "zim"


def test_a_guessed_mail_server_is_known_as_one() -> None:
    assert is_guessed("jeanne@moulin.example", "imap.moulin.example")
    assert not is_guessed("jeanne@moulin.example", "courrier.moulin.example")
    assert not is_guessed("jeanne@gmail.com", "imap.gmail.com")
    assert not is_guessed("jeanne", "imap.jeanne")


def test_servers_of_well_known_providers() -> None:
    assert mail_server("a@GMAIL.com") == "imap.gmail.com"
    assert mail_server("a@village.example") == "imap.village.example"
