"""Mail in the library: conversations, quotations, what came with it; changes in the store and on the server."""

from __future__ import annotations

import email
import email.message
import email.policy
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import papers
from fakes.letters import letters, mbox
from hameau.library import Document, Indexer, Library, SourceAdapter
from hameau.library.extraction import SandboxedExtractor
from hameau.library.jobs import RESCAN
from hameau.library.sources import ImapSource, MailStoreSource
from hameau.perimeter import Perimeter
from hameau.storage import Database
from servers.dovecot import PASSWORD, USER, dovecot


class Kept:
    """The secret of the one account."""

    def of(self, source: object) -> str:
        return PASSWORD


class World:
    """A home with one source of mail."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.home.mkdir()
        self.database = Database(self.home / "hameau.db")
        self.library = Library(self.database)
        self.extractor = SandboxedExtractor(scratch=self.home / "scratch")
        self.perimeter = Perimeter(self.home)
        both: list[SourceAdapter] = [MailStoreSource(), ImapSource(self.perimeter.client, Kept())]
        self.adapters = {each.kind: each for each in both}
        self.read = 0

    def sync(self, kind: str = "", uri: str = "", **wished: object) -> None:
        indexer = Indexer(self.library, adapters=self.adapters, extractor=self.extractor, home=self.home)
        if uri:
            self.library.add_source(kind, indexer.check(kind, uri, wished), settings=wished)
        else:
            self.library.jobs.ask(RESCAN, self.library.sources()[0].id)
        indexer.run_until_idle(vectors=False)
        indexer.stop()
        source = self.library.sources()[0]
        assert source.error is None, source

    def documents(self) -> list[Document]:
        return self.library.documents(limit=1000)

    def found(self, words: str) -> list[str]:
        return sorted({result.title for result in self.library.search(words, limit=50).results})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.extractor.close()
    made.database.close()


def conversation() -> list[bytes]:
    first = papers.letter("Le lavoir est-il libre jeudi ?", subject="Lavoir", message_id="<un@x>")
    answer = "Oui, il l'est.\n\n-- \nPaul Durand, plombier-zingueur\n\nLe 3 mars 2025 à 10:00, Amélie a écrit :\n> Le lavoir est-il libre jeudi ?\n"
    second = papers.letter(
        answer,
        {"plan du moulin.md": b"# Plan\n\nLa roue tourne."},
        subject="Re: Lavoir",
        message_id="<deux@x>",
        references="<un@x>",
    )
    return [first, second]


def test_a_conversation_and_what_came_with_it(world: World, tmp_path: Path) -> None:
    (tmp_path / "b.mbox").write_bytes(mbox(iter(conversation())))
    world.sync("mail", str(tmp_path / "b.mbox"))
    documents = world.documents()
    assert sorted((one.kind, one.title) for one in documents) == [
        ("mail", "Lavoir"),
        ("mail", "Lavoir"),
        ("text", "Plan"),
    ]
    answer = next(one for one in documents if "Oui" in world.library.text(one.id))
    plan = next(one for one in documents if one.title == "Plan")
    assert plan.parent_id == answer.id and plan.authors == answer.authors
    assert [one.id for one in world.library.thread(answer.id)] == sorted(
        one.id for one in documents if one.kind == "mail"
    )
    assert world.found("zingueur") == [] and "zingueur" in world.library.text(answer.id)
    assert not any("Amélie a écrit" in passage.text for passage in world.library.passages(answer.id))
    assert world.found("tourne")[0] == "Plan"


def test_a_mailbox_file_that_grows_and_is_tidied_up(world: World, tmp_path: Path) -> None:
    path = tmp_path / "b.mbox"
    mails = list(letters(30, attached=False))
    path.write_bytes(mbox(iter(mails[:20])))
    world.sync("mail", str(path))
    before = {one.uri: one.id for one in world.documents()}
    assert len(before) == 20
    with path.open("ab") as stream:
        stream.write(mbox(iter(mails[20:])))
    world.sync()
    grown = {one.uri: one.id for one in world.documents()}
    assert len(grown) == 30 and before.items() <= grown.items()
    path.write_bytes(mbox(iter(mails[5:])))
    world.sync()
    tidied = {one.uri: one.id for one in world.documents()}
    assert len(tidied) == 25 and tidied.items() <= grown.items()
    world.sync()
    assert {one.uri: one.id for one in world.documents()} == tidied


def test_a_mail_that_moves_to_another_mailbox_keeps_its_number(world: World, tmp_path: Path) -> None:
    for box in ("", ".Archives"):
        for folder in ("cur", "new", "tmp"):
            (tmp_path / "m" / box / folder).mkdir(parents=True)
    (tmp_path / "m" / "cur" / "1.h:2,S").write_bytes(conversation()[1])
    world.sync("mail", str(tmp_path / "m"))
    before = {one.id for one in world.documents()}
    (tmp_path / "m" / "cur" / "1.h:2,S").rename(tmp_path / "m" / ".Archives" / "cur" / "9.h:2,RS")
    world.sync()
    assert {one.id for one in world.documents()} == before and len(before) == 2
    assert all("/.Archives/cur/9.h" in one.uri for one in world.documents())


@pytest.mark.needs_server(dovecot="dovecot_imapd")
def test_the_mail_of_a_server(world: World) -> None:
    with dovecot() as server:
        server.put(conversation())
        server.put(letters(25, attached=False), "Archives")
        before = server.marks()
        world.perimeter.allow("127.0.0.1", server.port, why="tests", who="tests", name="mail", local=True)
        world.sync("imap", f"imap://{USER}@127.0.0.1:{server.port}/", connection="mail")
        assert len(world.documents()) == 28 and "Plan" in world.found("roue tourne")
        first = {one.uri: one.id for one in world.documents()}
        world.sync()
        assert {one.uri: one.id for one in world.documents()} == first
        server.put(letters(1, seed=9, attached=False))
        world.sync()
        assert len(world.documents()) == 29
        assert {key: marks for key, marks in server.marks().items() if key in before} == before


def test_hostile_mails_are_verdicts_on_themselves(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "eml"
    folder.mkdir()
    inner = email.message_from_bytes(papers.letter("au fond", subject="poupée"), policy=email.policy.default)
    for _ in range(30):
        outer = email.message.EmailMessage()
        outer["Subject"] = "poupée"
        outer.set_content("autour")
        outer.add_attachment(inner)
        inner = outer
    (folder / "poupees.eml").write_bytes(inner.as_bytes())
    (folder / "parties.eml").write_bytes(
        b"Subject: p\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 20_000 + b"--b--\n"
    )
    (folder / "entetes.eml").write_bytes(b"".join(b"X-%d: y\n" % n for n in range(50_000)) + b"Subject: e\n\nfin\n")
    (folder / "vide.eml").write_bytes(b"")
    (folder / "base64.eml").write_bytes(
        b"Subject: b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n===!!!QQ\n"
    )
    (folder / "bon.eml").write_bytes(papers.letter("Le verger.", subject="bon"))
    world.sync("mail", str(folder))
    states = {Path(one.uri).name: one.state for one in world.documents() if "#part=" not in one.uri}
    assert set(states.values()) == {"indexed"} and len(states) == 6, states
    assert world.found("verger") == ["bon"]
