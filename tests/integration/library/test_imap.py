"""Mail on a server: a real Dovecot over the perimeter, and servers that lie."""

from __future__ import annotations

import imaplib
import itertools
import select
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.letters import letters
from hameau.kit import Cancelled, HameauError, NotEnough, NotFound, Refused, Unavailable
from hameau.library import Content, Item, Kept, Memory, PartlyUnavailable, Source, SourceContext
from hameau.library.extraction import SandboxedExtractor
from hameau.library.sources import ImapSource
from hameau.library.sources import imap as module
from hameau.perimeter import Perimeter
from servers.dovecot import PASSWORD, USER, Dovecot, dovecot
from servers.rough import Fault, RoughLine
from servers.scripted_imap import ScriptedImap, literal

pytestmark = pytest.mark.needs_server(dovecot="dovecot_imapd")
_COUNT = itertools.count()


class Kept1:
    """A secret, as it is kept."""

    def __init__(self, secret: str = PASSWORD) -> None:
        self.secret = secret

    def of(self, source: Source) -> str:
        return self.secret


class Account:
    """One account with its adapter, listed as the indexer does: what is noted is known the next time."""

    def __init__(
        self,
        home: Path,
        port: int,
        user: str = USER,
        *,
        scheme: str = "imap",
        host: str = "127.0.0.1",
        **wished: object,
    ) -> None:
        self.perimeter = Perimeter(home)
        self.perimeter.allow(host, port, why="tests", who="tests", name="mail", local=True)
        self.secrets = Kept1()
        self.adapter = ImapSource(self.perimeter.client, self.secrets)
        self.uri = self.adapter.check(f"{scheme}://{user}@{host}:{port}/", wished)
        self.wished = {"connection": "mail", **wished}
        self.known: dict[str, str] = {}
        self.kept: list[str] = []
        self.stop = threading.Event()
        self.documents = 0

    def context(self, *, whole: bool = False) -> SourceContext:
        source = Source("s", "home", "imap", self.uri, "", "ready", "", documents=self.documents, settings=self.wished)
        return SourceContext(source, 1 << 28, memory=Memory(self.known), whole=whole, stop=self.stop)

    def look(self, *, whole: bool = False) -> list[Item]:
        context = self.context(whole=whole)
        told = list(self.adapter.items(context))
        for key, value in context.memory.noted.items():
            if value:
                self.known[key] = value
            else:
                self.known.pop(key, None)
        self.kept = [one.below for one in told if isinstance(one, Kept)]
        return [one for one in told if isinstance(one, Item)]

    def read(self, items: list[Item]) -> dict[str, Content | HameauError]:
        return dict(self.adapter.contents(self.context(), [item.uri for item in items]))


@contextmanager
def another(server: Dovecot, user: str) -> Iterator[imaplib.IMAP4]:
    """Another program of the same person."""
    with imaplib.IMAP4("127.0.0.1", server.port) as client:
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        yield client


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


@pytest.fixture
def user() -> str:
    """Somebody whose mailboxes nobody else uses."""
    return f"{USER}{next(_COUNT)}"


def test_the_first_look_and_no_mark_is_changed(server: Dovecot, user: str, tmp_path: Path) -> None:
    mails = list(letters(40))
    server.put(mails[:20], user=user, marks="")
    server.put(mails[20:], "Association.&AMk-t&AOk-", user)
    before = server.marks(user)
    account = Account(tmp_path, server.port, user)
    items = account.look()
    assert len(items) == 40 and {item.title for item in items} == {"INBOX", "Association/Été"}
    read = account.read(items)
    assert {content.data for content in read.values() if isinstance(content, Content)} == set(mails)
    assert server.marks(user) == before
    with account.adapter.content(account.context(), items[3].uri) as content:
        assert content.data in mails


def test_an_encrypted_line_and_a_certificate_that_nobody_knows(
    server: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(letters(1), user=user)
    account = Account(tmp_path / "a", server.tls_port, user, scheme="imaps", host="localhost")
    with pytest.raises(Unavailable):
        account.look()
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    assert len(account.look()) == 1


def test_nothing_changed_is_told_in_one_word(server: Dovecot, user: str, tmp_path: Path) -> None:
    server.put(letters(5), user=user)
    account = Account(tmp_path, server.port, user)
    assert len(account.look()) == 5
    assert account.look() == [] and any("/INBOX;UIDVALIDITY=" in begin for begin in account.kept)
    server.put(letters(1, seed=2), user=user)
    assert len(account.look()) == 6
    assert len(account.look(whole=True)) == 6


def test_only_the_thousands_where_something_came_or_went_are_listed(
    server: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 10)
    monkeypatch.setattr("hameau.library.sources.imap_places.BLOCK", 10)
    monkeypatch.setattr(module, "block_uri", lambda box, block: f"{box}{block:09}")
    made = server.put(letters(35, attached=False), user=user)
    account = Account(tmp_path, server.port, user)
    before = {item.uri for item in account.look()}
    made[14].unlink()
    after = {item.uri for item in account.look()}
    assert len(after) == 9 and after < before and len(account.kept) >= 3
    gone = [uri for uri in before if not uri.startswith(tuple(account.kept)) and uri not in after]
    assert len(gone) == 1 and gone[0].endswith("15")


def test_a_mail_that_is_moved_is_known_again(server: Dovecot, user: str, tmp_path: Path) -> None:
    server.put(letters(2), user=user)
    account = Account(tmp_path, server.port, user)
    before = {item.fingerprint for item in account.look()}
    with another(server, user) as client:
        client.create("Archives")
        client.select("INBOX")
        client._simple_command("MOVE", "1", "Archives")
    after = account.look()
    assert {item.fingerprint for item in after} == before
    assert sorted(item.title for item in after) == ["Archives", "INBOX"]


def test_what_was_thrown_away_or_not_sent_yet_is_left_out(server: Dovecot, user: str, tmp_path: Path) -> None:
    for name in ("", "Corbeille", "Pourriel", "Brouillons", "Sent"):
        server.put(letters(1, seed=len(name)), name, user)
    server.put(letters(1, seed=99), user=user, marks="ST")  # marked as deleted, not gone yet
    account = Account(tmp_path, server.port, user)
    assert {item.title for item in account.look()} == {"INBOX", "Sent"}
    chosen = Account(tmp_path, server.port, user, folders=["Corbeille"], but=["Sent"])
    assert {item.title for item in chosen.look()} == {"Corbeille"}


def test_a_wrong_password_is_said_in_words(server: Dovecot, user: str, tmp_path: Path) -> None:
    account = Account(tmp_path, server.port, user)
    assert account.adapter.try_out(account.context()) == user
    account.secrets.secret = "faux"
    with pytest.raises(Refused, match="does not accept this name and password"):
        account.adapter.try_out(account.context())
    account.secrets.secret = "x\r\nA1 DELETE INBOX"
    with pytest.raises(Refused):
        account.adapter.try_out(account.context())


def test_without_a_connection_nothing_is_asked(server: Dovecot, user: str, tmp_path: Path) -> None:
    account = Account(tmp_path, server.port, user)
    account.perimeter.revoke("mail")
    with pytest.raises(Refused, match="allowed"):
        account.look()


def test_a_mail_that_is_gone_and_an_address_that_is_none(server: Dovecot, user: str, tmp_path: Path) -> None:
    server.put(letters(1), user=user)
    account = Account(tmp_path, server.port, user)
    items = account.look()
    with another(server, user) as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", "\\Deleted")
        client.expunge()
    other = Item("imap://x@y/INBOX;UIDVALIDITY=1/;UID=0000000001", "", 1, "", "f")
    assert all(isinstance(told, NotFound) for told in account.read([*items, other]).values())
    assert account.look() == [] and not any("/INBOX;" in begin for begin in account.kept)


def test_a_very_big_mail_comes_without_what_is_attached(
    server: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE", 100_000)
    small, big = b"Un petit rapport.", b"PK" + b"\0" * 400_000
    raw = b"From: a@x\r\nSubject: gros\r\nMessage-ID: <g@x>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    raw += b"--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nVoil\xc3\xa0 le tout.\r\n"
    raw += b"--c\r\nContent-Type: text/html\r\n\r\n<p>Voil\xe0</p>\r\n--c--\r\n"
    for name, data in (("petit.txt", small), ("gros.zip", big)):
        raw += (
            b"--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=%s\r\n\r\n%s\r\n"
            % (name.encode(), data)
        )
    server.put([raw + b"--b--\r\n"], user=user)
    account = Account(tmp_path, server.port, user)
    (content,) = account.read(account.look()).values()
    assert isinstance(content, Content) and len(content.data) < 100_000 and content.warning
    extractor = SandboxedExtractor()
    try:
        found = extractor.extract_data("message.eml", content.data)
    finally:
        extractor.close()
    assert "Voilà le tout." in found.text and "Pièces jointes : petit.txt, gros.zip" in found.text
    assert [part.extracted.text for part in found.parts] == ["Un petit rapport."]


def test_new_mail_is_heard_of(server: Dovecot, user: str, tmp_path: Path) -> None:
    server.put(letters(1), user=user)
    account = Account(tmp_path, server.port, user)
    listener = account.adapter.listener(account.context())
    assert listener is not None and not listener.complete and not listener.changes().everything
    try:
        server.put(letters(1, seed=2), user=user)
        assert select.select([listener.fileno()], [], [], 30)[0] and listener.changes().everything
    finally:
        listener.close()


def test_a_broken_line_of_a_listener_is_told(tmp_path: Path) -> None:
    with ScriptedImap({"IDLE": lambda _: None}, capability="IMAP4rev1 IDLE") as server:
        account = Account(tmp_path, server.port)
        listener = account.adapter.listener(account.context())
        assert listener is not None
        try:
            assert select.select([listener.fileno()], [], [], 30)[0]
            with pytest.raises(Unavailable):
                listener.changes()
        finally:
            listener.close()


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_a_line_that_breaks_in_the_middle_loses_nothing(kind: str, server: Dovecot, user: str, tmp_path: Path) -> None:
    mails = list(letters(60))
    server.put(mails, user=user)
    with RoughLine(server.port) as line:
        account = Account(tmp_path, line.port, user)
        items = account.look()
    with RoughLine(server.port, faults=[Fault(kind, after=60_000)]) as line:
        account = Account(tmp_path, line.port, user)
        uris = [item.uri for item in account.look()]
        read = dict(account.adapter.contents(account.context(), uris))
        assert {content.data for content in read.values() if isinstance(content, Content)} == set(mails)
        assert len(items) == len(read) == 60 and line.spoiled == 1


def test_work_that_is_stopped_does_not_wait_for_the_server(server: Dovecot, user: str, tmp_path: Path) -> None:
    server.put(letters(3), user=user)
    with RoughLine(server.port, faults=[Fault("silent", after=900)]) as line:
        account = Account(tmp_path, line.port, user)
        threading.Timer(0.5, account.stop.set).start()
        with pytest.raises(Cancelled):
            account.look()


def told(account: Account) -> list[Content | HameauError]:
    return list(account.read(account.look()).values())


def test_a_server_that_can_do_little(tmp_path: Path) -> None:
    with ScriptedImap() as server:
        account = Account(tmp_path, server.port)
        (content,) = told(account)
        assert isinstance(content, Content) and b"Bonjour." in content.data
        assert account.look() == []
        assert not any(
            word in line.upper() for line in server.heard for word in (b"STORE", b"SELECT", b"EXPUNGE", b"APPEND")
        )
        assert account.adapter.listener(account.context()) is None


def test_ten_gigabytes_are_refused_before_they_come(tmp_path: Path) -> None:
    with ScriptedImap() as server:
        account = Account(tmp_path, server.port)
        items = account.look()
        server.replies["FETCH"] = lambda _: b"* 1 FETCH (UID 1 BODY[] " + literal(b"x" * 1000, size=10 << 30)
        (error,) = account.read(items).values()
        assert isinstance(error, NotEnough)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("LIST", b"* LIST (((((\r\n"),
        ("STATUS", b"* STATUS INBOX (MESSAGES x UIDNEXT)\r\n"),
        ("SEARCH", b"* SEARCH un deux\r\n"),
        ("FETCH", b"* 1 FETCH (UID 1 RFC822.SIZE\r\n"),
        ("FETCH", b"* x FETCH nothing\r\n\xff\xfe\r\n"),
        ("EXAMINE", b"* OK [UIDVALIDITY mille] x\r\n"),
        ("CAPABILITY", b"nonsense\r\n"),
        ("FETCH", b"* 1 FETCH (UID 1 BODYSTRUCTURE " + b"(" * 100_000 + b")" * 100_000 + b")\r\n"),
        ("SEARCH", b"* SEARCH 1 99999999999999999999999999\r\n"),
        ("LIST", b"* " + b"x" * (1 << 20) + b"\r\n"),
    ],
)
def test_nonsense_is_an_answer_that_a_person_understands(command: str, answer: bytes, tmp_path: Path) -> None:
    with ScriptedImap({command: lambda _: answer}) as server:
        account = Account(tmp_path, server.port)
        try:
            account.look()
        except (Unavailable, PartlyUnavailable) as error:
            assert "127.0.0.1" in str(error) or "mailbox" in str(error)


def test_a_server_that_hangs_up_again_and_again(tmp_path: Path) -> None:
    with ScriptedImap() as server:
        account = Account(tmp_path, server.port)
        items = account.look()
        server.replies["FETCH"] = lambda _: None
        with pytest.raises(Unavailable):
            account.read(items)
        assert server.connections <= 4


def test_a_server_that_suddenly_knows_no_mailbox_empties_nothing(tmp_path: Path) -> None:
    with ScriptedImap({"LIST": lambda _: b""}) as server:
        account = Account(tmp_path, server.port)
        assert account.look() == []  # a new account may be empty
        account.documents = 3
        with pytest.raises(Unavailable, match="suddenly"):
            account.look()


def test_a_mailbox_that_does_not_say_how_it_stands_keeps_its_mails(tmp_path: Path) -> None:
    with ScriptedImap({"STATUS": lambda _: b"NO [SERVERBUG] later\r\n"}) as server:
        account = Account(tmp_path, server.port)
        with pytest.raises(PartlyUnavailable) as caught:
            account.look()
        assert caught.value.below == (f"{account.uri}INBOX;UIDVALIDITY=",)


def test_a_mail_that_is_counted_and_not_told_of_is_kept(tmp_path: Path) -> None:
    with ScriptedImap({"SEARCH": lambda _: b"* SEARCH 1 2\r\n"}) as server:
        account = Account(tmp_path, server.port)
        (first,) = account.look()
        assert account.kept == [first.uri[:-1] + "2"]


def test_a_mailbox_with_half_a_sign_in_its_name_is_passed_over(tmp_path: Path) -> None:
    listed = b'* LIST () "/" "&2AA-"\r\n* LIST () "/" INBOX\r\n'
    with ScriptedImap({"LIST": lambda _: listed}) as server:
        assert [item.title for item in Account(tmp_path, server.port).look()] == ["INBOX"]


def test_a_line_of_millions_of_numbers_is_no_load(tmp_path: Path) -> None:
    """Fifteen megabytes on the line; as texts they were more than a gigabyte."""
    numbers = b"* SEARCH" + b" 7" * 3_000_000 + b" 1\r\n* SEARCH 3\r\n* SEARCH\r\n"
    with ScriptedImap({"SEARCH": lambda _: numbers}) as server:
        account = Account(tmp_path, server.port)
        with account.adapter._session(account.context()) as session:
            session.examine("INBOX")
            tracemalloc.start()
            try:
                assert session.numbers() == [1, 3, 7]
                assert tracemalloc.get_traced_memory()[1] < 120_000_000
            finally:
                tracemalloc.stop()


def test_mails_that_nobody_asked_for_are_not_taken(tmp_path: Path) -> None:
    with ScriptedImap() as server:
        account = Account(tmp_path, server.port)
        items = account.look()
        server.replies["FETCH"] = lambda _: b"* 9 FETCH (UID 999 BODY[] {3}\r\nabc)\r\n"
        assert isinstance(*account.read(items).values(), NotFound)


def test_a_server_that_is_busy_has_not_refused_us(tmp_path: Path) -> None:
    with ScriptedImap({"LOGIN": lambda _: b"NO [UNAVAILABLE] Temporary authentication failure.\r\n"}) as server:
        account = Account(tmp_path, server.port, 'am"elie')
        account.secrets.secret = 'mot "de" passe'
        with pytest.raises(Unavailable, match="just now"):
            account.look()
        assert any(line.endswith(b'LOGIN "am\\"elie" "mot \\"de\\" passe"') for line in server.heard)


def test_a_token_is_shown_as_the_server_wants_it(tmp_path: Path) -> None:
    shown: list[bytes] = []
    for mechanism, word in (("XOAUTH2", b"AUTHENTICATE XOAUTH2"), ("OAUTHBEARER", b"AUTHENTICATE OAUTHBEARER")):
        with ScriptedImap({"AUTHENTICATE": lambda _: b"NO no\r\n"}, capability=f"IMAP4rev1 AUTH={mechanism}") as server:
            account = Account(tmp_path / mechanism, server.port, token="oauth2")
            with pytest.raises(Refused, match="token"):
                account.look()
            shown += [line for line in server.heard if word in line]
    assert len(shown) == 2


def test_of_a_server_that_shows_all_mails_in_one_mailbox_that_one_is_read(tmp_path: Path) -> None:
    listed = b'* LIST () "/" INBOX\r\n* LIST (\\All) "/" "[Gmail]/Tous les messages"\r\n* LIST (\\Flagged) "/" "[Gmail]/Suivis"\r\n'
    with ScriptedImap({"LIST": lambda _: listed}) as server:
        assert [item.title for item in Account(tmp_path, server.port).look()] == ["[Gmail]/Tous les messages"]
        chosen = Account(tmp_path, server.port, folders=["INBOX"])
        assert [item.title for item in chosen.look()] == ["INBOX"]
