"""Documents inside documents, what is left aside, what is pointed at, conversations: on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hameau.kit import Corrupt, NotFound
from hameau.library import (
    Document,
    Extracted,
    Filter,
    Item,
    Library,
    Part,
    Span,
    disagreements,
    mend,
)
from hameau.library.preparing import prepare
from hameau.storage import Database

FIRST = "La meule dormante pèse une tonne."
SECOND = "Le verger compte douze pommiers."


class Shelf:
    """A library with one source, and what happened to answers."""

    def __init__(self, path: Path) -> None:
        self.removed: list[int] = []
        self.database = Database(path)
        self.library = Library(self.database, forget_answers=lambda _, ids: self.removed.extend(ids))
        self.source = self.library.add_source("memory", "boîte")

    def begin(self, uri: str) -> Document:
        return self.library.begin_document(self.source.id, Item(uri, uri, 10, "2026-01-01T00:00:00.000Z", "f" + uri))

    def put(self, uri: str, extracted: Extracted, content_hash: str = "h") -> Document:
        document = self.begin(uri)
        known = self.library.part_hashes(document.id)
        made = prepare(document, extracted, content_hash, known=known)
        return next(iter(self.library.write_documents([made])), document)

    def mail(
        self, uri: str, *attached: tuple[str, str], content_hash: str = "h", text: str = "Voici les pièces."
    ) -> Document:
        parts = tuple(
            Part(name, Extracted(words, media_type="application/pdf"), len(words)) for name, words in attached
        )
        mail = Extracted(
            text,
            title="Les pièces",
            media_type="message/rfc822",
            parts=parts,
            authors="Jeanne, Paul",
            dated_at="2026-03-04T10:00:00.000Z",
        )
        return self.put(uri, mail, content_hash)

    def found(self, word: str) -> list[str]:
        return sorted(result.uri for result in self.library.search(word).results)

    def passages(self) -> dict[str, list[int]]:
        documents = self.library.documents()
        return {one.uri: [passage.id for passage in self.library.passages(one.id)] for one in documents}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "hameau.db")
    yield shelf
    assert disagreements(shelf.database) == {}
    assert shelf.database.check() == []
    shelf.database.close()


def test_a_part_is_a_document_of_its_own(shelf: Shelf) -> None:
    mail = shelf.mail("m1", ("devis de la meule.pdf", FIRST), ("lettres/plan #1.pdf", SECOND))
    first, second = shelf.library.parts(mail.id)
    assert (first.uri, second.uri) == ("m1#part=devis de la meule.pdf", "m1#part=lettres/plan %231.pdf")
    assert (first.parent_id, first.kind, first.state, first.size) == (mail.id, "pdf", "indexed", len(FIRST))
    assert second.title == "plan #1.pdf"
    assert (first.authors, first.dated_at) == ("Jeanne, Paul", "2026-03-04T10:00:00.000Z")  # the mail's
    assert shelf.found("meule") == [first.uri]
    assert shelf.library.text(first.id) == FIRST
    (result,) = shelf.library.search("pommiers", only=Filter(kinds=frozenset({"pdf"}))).results
    assert result.document_id == second.id
    assert list(shelf.library.known(shelf.source.id)) == ["m1"]  # what is inside is listed by nobody
    assert list(shelf.library.known_below(shelf.source.id, ["m1"])) == ["m1"]
    assert shelf.library.source(shelf.source.id).documents == 3
    assert [document.uri for document in shelf.library.pending()] == []


def test_a_part_that_says_the_same_keeps_its_passages(shelf: Shelf) -> None:
    mail = shelf.mail("m1", ("a.pdf", FIRST), ("b.pdf", SECOND), ("c.pdf", "Le lavoir."), content_hash="h1")
    before, old = shelf.passages(), {one.uri: one.id for one in shelf.library.parts(mail.id)}
    shelf.mail("m1", ("a.pdf", FIRST), ("b.pdf", "Le clocher."), ("d.pdf", "La fontaine."), content_hash="h2")
    after, now = shelf.passages(), {one.uri: one.id for one in shelf.library.parts(mail.id)}
    assert sorted(now) == ["m1#part=a.pdf", "m1#part=b.pdf", "m1#part=d.pdf"]
    assert after["m1#part=a.pdf"] == before["m1#part=a.pdf"]
    assert after["m1#part=b.pdf"] != before["m1#part=b.pdf"] and now["m1#part=b.pdf"] == old["m1#part=b.pdf"]
    assert shelf.found("pommiers") == shelf.found("lavoir") == []
    assert (shelf.found("clocher"), shelf.found("fontaine")) == (["m1#part=b.pdf"], ["m1#part=d.pdf"])
    assert shelf.removed == [old["m1#part=c.pdf"]]


def test_what_is_said_around_a_part_is_kept_in_line(shelf: Shelf) -> None:
    text = Extracted("Réunion au moulin.", media_type="text/calendar")
    for number, title in enumerate(("Réunion", "Rencontre")):
        inside = Extracted(text.text, title=title, media_type=text.media_type, link=f"https://exemple.fr/{number}")
        agenda = shelf.put("agenda.ics", Extracted("", parts=(Part("1", inside),)), f"h{number}")
    (event,) = shelf.library.parts(agenda.id)
    assert (event.title, event.link, event.kind) == ("Rencontre", "https://exemple.fr/1", "event")
    assert shelf.found("rencontre") == ["agenda.ics#part=1"]


def test_parts_go_move_and_fail_with_the_document_around_them(shelf: Shelf) -> None:
    one, two = shelf.mail("m1", ("a.pdf", FIRST)), shelf.mail("m2", ("a.pdf", SECOND), content_hash="h2")
    before = shelf.passages()
    listed = [Item(uri, uri, 10, "2026-01-01T00:00:00.000Z", uri) for uri in ("m2", "m1")]
    shelf.library.move_documents([(one.id, listed[0]), (two.id, listed[1])])  # each takes the other's place
    assert shelf.found("meule") == ["m2#part=a.pdf"] and shelf.found("pommiers") == ["m1#part=a.pdf"]
    assert shelf.passages()["m2#part=a.pdf"] == before["m1#part=a.pdf"]
    shelf.library.fail_document(one.id, Corrupt("broken"))
    assert shelf.library.parts(one.id) == [] and shelf.found("meule") == []
    shelf.library.remove_document(two.id)
    assert [document.uri for document in shelf.library.documents()] == ["m2"]


def test_a_part_can_be_forgotten_alone_and_let_back(shelf: Shelf) -> None:
    mail = shelf.mail("m1", ("a.pdf", FIRST), ("b.pdf", SECOND))
    first, _ = shelf.library.parts(mail.id)
    shelf.library.forget_document(first.id)
    assert {document.uri for document in shelf.library.documents()} == {"m1", "m1#part=b.pdf"}
    shelf.mail("m1", ("a.pdf", FIRST + " Plus un mot."), ("b.pdf", SECOND), content_hash="h2")
    shelf.mail("m2", ("autre nom.pdf", FIRST), content_hash="h3")  # the same content in another mail
    assert shelf.found("meule") == []
    assert shelf.library.kept_out(shelf.source.id) == 2
    shelf.library.let_back(shelf.source.id, "m1#part=a.pdf")
    (known,) = [one for one in shelf.library.known(shelf.source.id).values() if one.uri == "m1"]
    assert known.fingerprint == known.content_hash == ""  # it is read again
    shelf.library.let_back(shelf.source.id)
    shelf.mail("m1", ("a.pdf", FIRST), ("b.pdf", SECOND), content_hash="h2")
    assert shelf.found("meule") == ["m1#part=a.pdf"]


def test_a_mail_is_forgotten_with_all_that_is_inside(shelf: Shelf) -> None:
    mail = shelf.mail("m1", ("a.pdf", FIRST))
    numbers = {mail.id, *(part.id for part in shelf.library.parts(mail.id))}
    shelf.library.forget_document(mail.id)
    assert set(shelf.removed) == numbers
    assert shelf.library.documents() == [] and shelf.found("meule") == []
    shelf.library.erasing.finish()
    assert b"meule" not in shelf.database.path.read_bytes()


def test_a_file_that_is_called_like_a_part_is_a_file(shelf: Shelf) -> None:
    mail = shelf.mail("m1", ("a.pdf", FIRST))
    shelf.put("m1#part=a.pdf", Extracted("Un vrai fichier."), "h9")
    assert shelf.library.parts(mail.id) == []
    shelf.mail("m1", ("a.pdf", FIRST), content_hash="h2")
    assert shelf.found("fichier") == ["m1#part=a.pdf"] and shelf.library.parts(mail.id) == []


def test_what_is_left_aside_is_read_and_never_found(shelf: Shelf) -> None:
    text = (
        "Merci, le devis nous va.\n\nLe 3 mars, Paul a écrit :\n> La meule coûte 1 240 euros.\n\nÀ bientôt,\nJeanne\n"
    )
    quoted, signed = text.index("Le 3 mars"), text.index("À bientôt")
    asides = (Span(quoted, signed), Span(signed, len(text)))
    document = shelf.put("m1", Extracted(text, asides=asides, media_type="message/rfc822"))
    assert shelf.library.text(document.id) == text
    assert [passage.text for passage in shelf.library.passages(document.id)] == [text[:quoted]]
    assert "".join(aside.text for aside in shelf.library.asides(document.id)) == text[quoted:]
    assert shelf.found("meule") == shelf.found("Jeanne") == [] and shelf.found("devis") == ["m1"]
    shelf.put("m1", Extracted(text, asides=(Span(0, len(text)),)), "h2")
    assert shelf.library.text(document.id) == text
    assert shelf.library.passages(document.id) == [] and shelf.found("devis") == []
    shelf.put("m1", Extracted(text), "h3")
    assert shelf.library.text(document.id) == text and shelf.library.asides(document.id) == []


def test_a_conversation_is_told_in_order(shelf: Shelf) -> None:
    for day, uri, thread in ((3, "m3", "<a@x>"), (1, "m1", "<a@x>"), (2, "m2", "<b@x>")):
        shelf.put(uri, Extracted("Bonjour.", thread=thread, dated_at=f"2026-01-0{day}T00:00:00.000Z"), uri)
    one = next(document for document in shelf.library.documents() if document.uri == "m3")
    assert [document.uri for document in shelf.library.thread(one.id)] == ["m1", "m3"]
    alone = shelf.put("m4", Extracted("Bonsoir."), "m4")
    assert [document.uri for document in shelf.library.thread(alone.id)] == ["m4"]
    with pytest.raises(NotFound):
        shelf.library.thread(99)


def test_links_lead_to_notes_and_back(shelf: Shelf) -> None:
    def note(uri: str, *links: str, link: str = "") -> Document:
        return shelf.put(uri, Extracted(f"La note {uri}.", links=links, link=link, media_type="text/markdown"), uri)

    mill = note("/carnet/Moulin.md")
    other = note("/carnet/archives/moulin.md")
    page = note("/carnet/page.md", link="https://exemple.fr/meule")
    targets = ("moulin", "archives/Moulin#Roue", "Inconnue", "https://exemple.fr/meule", "https://ailleurs.fr/")
    index = note("/carnet/Index.md", *targets)
    inside = note("/carnet/archives/voisine.md", "Moulin")
    meant = {link.target: link.document and link.document.id for link in shelf.library.links(index.id).to}
    assert meant == dict(zip(targets, (mill.id, other.id, None, page.id, None), strict=True))
    assert [one.document and one.document.id for one in shelf.library.links(inside.id).to] == [other.id]  # the nearest
    assert [one.id for one in shelf.library.links(mill.id).back] == [index.id]
    assert {one.id for one in shelf.library.links(other.id).back} == {index.id, inside.id}
    assert [one.id for one in shelf.library.links(page.id).back] == [index.id]
    shelf.put("/carnet/Index.md", Extracted("Plus rien."), "other")
    assert shelf.library.links(page.id).back == ()


def test_parts_whose_document_is_lost_are_found_and_taken_out(shelf: Shelf) -> None:
    mail = shelf.mail("m1", ("a.pdf", FIRST))
    with shelf.database.transaction() as session:
        session.run(
            "delete from passage_index where rowid in (select id from passages where document_id = ?)", (mail.id,)
        )
        session.run("delete from documents where id = ?", (mail.id,))
    assert sum(disagreements(shelf.database).values()) == 1
    mend(shelf.database)
    assert shelf.library.documents() == []
