"""Mail that lies on this machine: which mails there are, and how each is known again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.letters import letter, letters, mbox
from hameau.kit import BadInput, NotFound, Unavailable
from hameau.library import Item, Kept, Memory, Source, SourceContext
from hameau.library.sources import MailStoreSource, is_mail
from hameau.library.sources import mailstore as store
from hameau.library.sources import mailstore_mbox as boxes


class Store:
    """A mail store with its adapter, listed as the indexer does: what is noted is known the next time."""

    def __init__(self, path: Path, **wished: object) -> None:
        self.adapter = MailStoreSource()
        self.uri = self.adapter.check(str(path), wished)
        self.wished: Mapping[str, object] = wished
        self.known: dict[str, str] = {}
        self.kept: list[str] = []
        self.documents = 0

    def context(self, *, whole: bool = False) -> SourceContext:
        source = Source("s", "home", "mail", self.uri, "", "ready", "", settings=self.wished, documents=self.documents)
        return SourceContext(source, 1 << 28, memory=Memory(self.known), whole=whole)

    def look(self, *, whole: bool = False) -> list[Item]:
        context = self.context(whole=whole)
        told = list(self.adapter.items(context))
        self.known.update({key: value for key, value in context.memory.noted.items() if value})
        self.kept = [one.below for one in told if isinstance(one, Kept)]
        return [one for one in told if isinstance(one, Item)]

    def read(self, item: Item) -> bytes:
        with self.adapter.content(self.context(), item.uri) as content:
            return content.data or (content.path.read_bytes() if content.path else b"")

    def texts(self) -> list[str]:
        return sorted(self.read(item).split(b"\n")[-1].decode().strip() for item in self.look())


def mail(text: str, head: str = "") -> bytes:
    return f"From: a@x\nMessage-ID: <{text}@x>\nSubject: {text}\n{head}\n{text}".encode()


def maildir(path: Path, names: Mapping[str, str]) -> None:
    for folder in ("cur", "new", "tmp"):
        (path / folder).mkdir(parents=True, exist_ok=True)
    for name, text in names.items():
        (path / name).write_bytes(mail(text))


def one_file(path: Path, *mails: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(b"From - Mon Jan  2 08:00:00 2023\n" + each + b"\n\n" for each in mails))


def test_a_maildir_has_the_mails_that_were_neither_thrown_away_nor_begun(tmp_path: Path) -> None:
    names = {
        "cur/1.M1.h:2,S": "lu",
        "new/2.M2.h": "neuf",
        "cur/3.M3.h:2,ST": "jeté",
        "cur/4.M4.h:2,D": "brouillon",
        "tmp/5.M5.h": "x",
    }
    maildir(tmp_path, names)
    assert Store(tmp_path).texts() == ["lu", "neuf"]


def test_reading_and_answering_a_mail_is_no_change(tmp_path: Path) -> None:
    maildir(tmp_path, {"new/1.M1.h": "un"})
    world = Store(tmp_path)
    before = world.look()
    (tmp_path / "new" / "1.M1.h").rename(tmp_path / "cur" / "1.M1.h:2,RS")
    assert world.look() == before
    (tmp_path / "cur" / "1.M1.h:2,RS").rename(tmp_path / "cur" / "1.M1.h:2,FRS")
    assert b"un" in world.read(before[0])  # between two looks
    (tmp_path / "cur" / "1.M1.h:2,FRS").unlink()
    with pytest.raises(NotFound):
        world.read(before[0])


def test_mailboxes_below_have_the_names_that_people_gave_them(tmp_path: Path) -> None:
    maildir(tmp_path, {"cur/1.h:2,": "inbox"})
    maildir(tmp_path / ".Archives.&AMk-t&AOk-", {"cur/2.h:2,": "été"})
    maildir(tmp_path / ".Corbeille", {"cur/3.h:2,": "jeté"})
    maildir(tmp_path / ".Ind&AOk-sirables", {"cur/4.h:2,": "pourriel"})
    assert Store(tmp_path).texts() == ["inbox", "été"]
    assert {item.title for item in Store(tmp_path).look()} == {"INBOX", "Archives/Été"}
    assert Store(tmp_path, folders=["Archives"]).texts() == ["été"]
    assert Store(tmp_path, folders=["corbeille", "INBOX"]).texts() == ["inbox", "jeté"]
    assert Store(tmp_path, but=["Archives/*"]).texts() == ["inbox"]


def test_mails_from_a_day_on(tmp_path: Path) -> None:
    maildir(tmp_path / "m", {"cur/1.h:2,": "vieux", "cur/2.h:2,": "neuf"})
    os.utime(tmp_path / "m" / "cur" / "1.h:2,", (1_500_000_000, 1_500_000_000))
    assert Store(tmp_path / "m", since="2020-01-01").texts() == ["neuf"]
    one_file(
        tmp_path / "b.mbox",
        mail("vieux", "Date: Fri, 14 Jul 2017 08:00:00 +0200\n"),
        mail("sans"),
        mail("neuf", "Date: Thu, 5 Mar 2026 08:00:00 +0100\n"),
    )
    assert Store(tmp_path / "b.mbox", since="2020-01-01").texts() == ["neuf", "sans"]
    with pytest.raises(BadInput):
        Store(tmp_path / "m", since="hier")


def test_a_profile_of_thunderbird(tmp_path: Path) -> None:
    profile = tmp_path / "abc.default"
    assert MailStoreSource().title(str(tmp_path)) == ""
    (profile / "prefs.js").parent.mkdir()
    (profile / "prefs.js").write_text("", "utf-8")
    (profile / "ImapMail" / "x.example.org").mkdir(parents=True)
    assert MailStoreSource().title(str(profile)) == "Thunderbird"
    deleted = mail("jeté", "X-Mozilla-Status: 0009\nX-Mozilla-Status2: 00000000\n")
    one_file(profile / "ImapMail" / "x.example.org" / "INBOX", mail("inbox", "X-Mozilla-Status: 0001\n"), deleted)
    one_file(profile / "ImapMail" / "x.example.org" / "INBOX.sbd" / "&AMk-t&AOk-", mail("été"))
    one_file(profile / "Mail" / "Local Folders" / "Trash", mail("corbeille"))
    maildir(profile / "Mail" / "Local Folders" / "Archives", {"cur/1.eml": "maildir"})
    for index in (
        "ImapMail/x.example.org/INBOX.msf",
        "Mail/Local Folders/Trash.msf",
        "global-messages-db.sqlite",
        "Mail/Local Folders/msgFilterRules.dat",
    ):
        (profile / index).write_bytes(b"From nothing\n")
    world = Store(profile)
    assert world.texts() == ["inbox", "maildir", "été"]
    assert {item.title for item in world.look(whole=True)} == {
        "x.example.org/INBOX",
        "x.example.org/INBOX/Été",
        "Local Folders/Archives",
    }


def test_folders_of_single_mails(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail("eml"))
    apple = mail("apple")
    (tmp_path / "b.emlx").write_bytes(f"{len(apple)}      \n".encode() + apple + b"\n<?xml?><plist/>")
    (tmp_path / "c.msg").write_bytes(b"\xd0\xcf\x11\xe0outlook")
    (tmp_path / "mh").mkdir()
    (tmp_path / "mh" / ".mh_sequences").touch()
    (tmp_path / "mh" / "12").write_bytes(mail("mh"))
    (tmp_path / "notes.txt").write_text("From here on, nothing is mail.")
    assert sorted(Path(item.uri).name for item in Store(tmp_path).look()) == ["12", "a.eml", "b.emlx", "c.msg"]
    world = Store(tmp_path)
    assert world.read(next(item for item in world.look() if item.uri.endswith(".emlx"))) == apple


def test_what_is_no_mail_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Bonjour")
    for path in (tmp_path, tmp_path / "a.txt"):
        assert not is_mail(path)
        with pytest.raises(BadInput):
            Store(path)


def test_a_mailbox_file_that_did_not_change_is_not_read(tmp_path: Path) -> None:
    one_file(tmp_path / "b.mbox", mail("un"), mail("deux"))
    world = Store(tmp_path / "b.mbox")
    assert len(world.look()) == 2
    assert world.look() == [] and world.kept == [f"{tmp_path / 'b.mbox'}#"]
    assert len(world.look(whole=True)) == 2


def test_of_a_big_file_that_only_grew_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_SMALL", 0)
    path = tmp_path / "b.mbox"
    one_file(path, mail("un"), mail("deux"))
    world = Store(path)
    before = world.look()
    with path.open("ab") as stream:
        stream.write(b"From - Mon Jan  2 08:00:00 2023\n" + mail("trois") + b"\n\n")
    added = world.look()
    assert world.kept and [world.read(item)[-5:] for item in added] == [b"trois"]
    assert {item.uri for item in world.look(whole=True)} == {item.uri for item in [*before, *added]}


def test_a_file_that_was_tidied_up_holds_the_same_mails(tmp_path: Path) -> None:
    path = tmp_path / "Inbox"
    marked = [mail(text, "X-Mozilla-Status: 0000\n") for text in ("un", "deux", "trois")]
    one_file(path, *marked)
    world = Store(path)
    before = {item.uri: item.fingerprint for item in world.look()}
    path.write_bytes(path.read_bytes().replace(b"Status: 0000", b"Status: 0001"))  # all were read
    assert {item.uri: item.fingerprint for item in world.look(whole=True)} == before
    path.write_bytes(
        path.read_bytes().replace(b"Subject: un\nX-Mozilla-Status: 0001", b"Subject: un\nX-Mozilla-Status: 0009")
    )
    assert len(world.look()) == 2
    stale = [item for item in world.look(whole=True) if b"trois" in world.read(item)]
    one_file(
        path, *(each.replace(b"0000", b"0001") for each in marked[1:])
    )  # one was thrown away: the others stand elsewhere
    assert world.read(stale[0]).endswith(b"trois")
    after = {item.uri: item.fingerprint for item in world.look()}
    assert len(after) == 2 and after.items() <= before.items()


def test_the_same_mail_twice_is_two(tmp_path: Path) -> None:
    one_file(tmp_path / "b.mbox", mail("un"), mail("un"))
    items = Store(tmp_path / "b.mbox").look()
    assert len({item.uri for item in items}) == 2


def test_where_mails_end(tmp_path: Path) -> None:
    """By their length (mboxcl), by quoted lines (mboxrd), and where nothing is quoted at all."""
    body = b"Bonjour,\n\nFrom now on it is different.\n>From me.\n\nFrom Paris with love: 2023\nne pas couper"
    bare = b"From: a@x\nSubject: x\n\n" + body
    path = tmp_path / "b.mbox"
    path.write_bytes(
        b"From - Mon Jan  2 08:00:00 2023\n" + bare + b"\n\nFrom x Mon Jan  2 08:00:00 2023\nSubject: y\n\nfin\n"
    )
    world = Store(path)
    read = [world.read(item) for item in world.look()]
    assert read[0].endswith(body.replace(b">From", b"From")) and read[1].endswith(b"fin")
    trap = b"Bonjour,\n\nFrom x Mon Jan  2 08:00:00 2023\nSubject: piege\n\nfin"
    path.write_bytes(
        b"From x Mon Jan  2 08:00:00 2023\nSubject: a\nContent-Length: %d\n\n%s\n\nFrom x Mon Jan  2 08:00:00 2023\nSubject: b\n\nz\n"
        % (len(trap), trap)
    )
    assert len(Store(path).look()) == 2


def test_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "b.mbox"
    path.write_bytes(
        b"".join(
            b"From x Mon Jan  2 08:00:00 2023\r\n" + mail(text).replace(b"\n", b"\r\n") + b"\r\n\r\n"
            for text in ("un", "deux")
        )
    )
    assert Store(path).texts() == ["deux", "un"]


def test_all_mails_of_a_long_file_come_back_as_they_went_in(tmp_path: Path) -> None:
    path = tmp_path / "b.mbox"
    mails = list(letters(120))
    path.write_bytes(mbox(iter(mails)) + b"From x Mon Jan  2 08:00:00 2023\n" + letter(7, seed=2) + b"x" * (3 << 20))
    world = Store(path)
    read = {world.read(item).replace(b"\r\n", b"\n").rstrip() for item in world.look()}
    assert {each.replace(b"\r\n", b"\n").rstrip() for each in mails} <= read and len(read) == 121


def test_a_mail_without_end_is_cut_and_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LARGEST", 5_000)
    one_file(tmp_path / "b.mbox", mail("x" * 1000) + b"y" * 10_000)
    (tmp_path / "c.eml").write_bytes(mail("x" * 1000) + b"y" * 10_000)
    world = Store(tmp_path)
    for item in world.look():
        with world.adapter.content(world.context(), item.uri) as content:
            assert len(content.data) <= 5_000 and content.warning == store.CUT and item.size == 5_000


def test_a_disk_that_is_away_takes_nothing_with_it(tmp_path: Path) -> None:
    maildir(tmp_path / "m", {"cur/1.h:2,": "un"})
    world = Store(tmp_path / "m")
    world.documents = len(world.look())
    for name in ("cur", "new", "tmp"):
        for path in (tmp_path / "m" / name).iterdir():
            path.unlink()
        (tmp_path / "m" / name).rmdir()
    with pytest.raises(Unavailable):
        world.look()
    (tmp_path / "m").rmdir()
    with pytest.raises(Unavailable):
        world.look()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from([b"From x Mon Jan  2 08:00:00 2023\n", b"Subject: a\n", b"\n", b"\r\n", b"From \n", b">From a\n",
                                 b"Content-Length: 5\n", b"texte\n", b"\xff\x00", b"X-Mozilla-Status: 0001\n"]), max_size=40))  # fmt: skip
def test_any_bytes_are_mails_side_by_side(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    descriptor = os.memfd_create("mbox")
    try:
        os.write(descriptor, data)
        end = 0
        for one in boxes.letters(descriptor, 0, len(data)):
            assert end <= one.offset <= one.offset + one.length <= len(data)
            end = one.offset + one.length
            boxes.content(descriptor, one, 1000)
            assert [again.digest for again in boxes.at(descriptor, one.offset, one.length)] in ([one.digest], [])
    finally:
        os.close(descriptor)
