"""What the library promises to the rooms above, on a real database."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import elsewhere
from fakes.embedding import GroupEmbedder
from hameau.kit import BadInput, Corrupt, HameauError, NotFound
from hameau.library import Document, Extracted, Item, Library, PageSpan, Source
from hameau.library.preparing import prepare
from hameau.storage import Database

TABLES = ("documents", "passages", "vectors")
CATS = "Le matou dort sur le canapé."
CARS = "Une automobile roule vite sur la route."


class House:
    """A library on a real file, and the few moves that the tests make in it."""

    def __init__(self, path: Path) -> None:
        self.embedder: GroupEmbedder | None = GroupEmbedder()
        self.others: dict[str, GroupEmbedder] = {}
        self.database = Database(path)
        self.library = Library(self.database, lambda: self.embedder, self.others.get)
        self.source = self.library.add_source("folder", "/documents")

    def put(
        self, uri: str, text: str, *, source: Source | None = None, content_hash: str = "", **more: object
    ) -> Document:
        item = Item(uri, uri, len(text), "2026-01-01T00:00:00.000Z", uri + text)
        document = self.library.begin_document((source or self.source).id, item)
        return self.library.write_document(document.id, Extracted(text, **more), content_hash)  # type: ignore[arg-type]

    def embed(self, embedder: GroupEmbedder | None = None) -> None:
        embedder = embedder or self.embedder
        assert embedder is not None
        while tasks := self.library.passages_without_vectors(embedder.id, 10):
            vectors = embedder.embed_passages([task.text for task in tasks])
            self.library.write_vectors(embedder.id, [task.passage_id for task in tasks], vectors)

    def found(self, query: str, **more: object) -> list[str]:
        return [result.uri for result in self.library.search(query, **more).results]  # type: ignore[arg-type]

    def counts(self) -> dict[str, int]:
        with self.database.read() as session:
            counts = {table: session.value(f"select count(*) from {table}") for table in TABLES}
            counts["index"] = session.value("select count(*) from passage_index")
        return counts


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "hameau.db")
    yield house
    house.database.close()


# Sources


def test_a_source_is_added_once(house: House) -> None:
    again = house.library.add_source("folder", "/documents")
    assert again.id == house.source.id
    assert [source.uri for source in house.library.sources()] == ["/documents"]
    assert house.source.state == "new"


def begun(house: House, *names: str) -> list[Document]:
    items = [Item(name, name, 1, "2026-01-01T00:00:00.000Z", name) for name in names]
    return house.library.begin_documents(house.source.id, items)


def test_documents_are_begun_together_in_the_order_asked(house: House) -> None:
    assert [one.uri for one in begun(house, "b.txt", "a.txt")] == ["b.txt", "a.txt"]
    again = begun(house, "c.txt", "a.txt")
    assert [(one.uri, one.state) for one in again] == [("c.txt", "pending"), ("a.txt", "pending")]
    assert house.library.status().documents == 3
    assert house.library.begin_documents(house.source.id, []) == []
    with pytest.raises(NotFound):
        house.library.begin_documents("src_none", [Item("a", "a", 0, "", "")])


def test_documents_are_written_together_each_whole(house: House) -> None:
    house.put("same.txt", "Le matou dort.", content_hash="h")
    same, changed, gone, new = begun(house, "same.txt", "changed.txt", "gone.txt", "new.txt")
    house.put("changed.txt", "Le texte de hier.", content_hash="old")
    house.library.remove_document(gone.id)
    batch = [
        prepare(same, Extracted("Rien de ceci."), "h"),
        prepare(changed, Extracted("Une voiture rouge."), "new"),
        prepare(gone, Extracted("Un document parti.")),
        prepare(new, Extracted("Une péniche bleue.", authors="Marie Martin"), "n"),
    ]
    written = house.library.write_documents(batch)
    assert [(one.uri, one.state, one.passages) for one in written] == [
        ("same.txt", "indexed", 1),
        ("changed.txt", "indexed", 1),
        ("new.txt", "indexed", 1),
    ]
    assert written == [house.library.document(one.id) for one in written]
    assert house.found("matou") == ["same.txt"]
    assert house.found("hier") == [] == house.found("parti")
    assert house.found("voiture")[0] == "changed.txt"
    assert house.found("Martin")[0] == "new.txt"
    assert house.counts()["index"] == house.counts()["passages"] == 3


def test_a_batch_that_fails_leaves_nothing_behind(house: House) -> None:
    first, second = begun(house, "a.txt", "b.txt")
    bad = replace(prepare(second, Extracted("Une péniche.")), index=[])
    before = house.counts()
    with pytest.raises(IndexError):
        house.library.write_documents([prepare(first, Extracted("Un matou.")), bad])
    assert house.counts() == before
    assert [one.state for one in house.library.documents()] == ["pending", "pending"]


def test_a_source_needs_an_address(house: House) -> None:
    with pytest.raises(BadInput):
        house.library.add_source("folder", " ")


def test_settings_of_a_source_come_back(house: House) -> None:
    source = house.library.add_source("folder", "/b", title="B", settings={"exclude": ["*.bak"]})
    assert (source.title, source.settings) == ("B", {"exclude": ["*.bak"]})


def test_unknown_things_are_not_found(house: House) -> None:
    for ask in (house.library.document, house.library.passage):
        with pytest.raises(NotFound):
            ask(99)
    for name in ("source", "request_sync", "remove_source"):
        with pytest.raises(NotFound):
            getattr(house.library, name)("src_none")
    with pytest.raises(NotFound):
        house.library.begin_document("src_none", Item("a", "a", 0, "", ""))
    with pytest.raises(NotFound):
        house.library.write_document(99, Extracted("x"))


def test_a_request_that_comes_during_a_sync_is_not_lost(house: House) -> None:
    assert [source.id for source in house.library.sources_to_sync()] == [house.source.id]
    served = house.library.begin_sync(house.source.id)
    assert house.library.source(house.source.id).state == "syncing"
    house.library.request_sync(house.source.id)
    house.library.end_sync(house.source.id, served)
    assert [source.id for source in house.library.sources_to_sync()] == [house.source.id]
    house.library.end_sync(house.source.id, house.library.begin_sync(house.source.id))
    assert house.library.sources_to_sync() == []
    assert house.library.source(house.source.id).state == "ready"


def test_a_sync_that_failed_says_why(house: House) -> None:
    served = house.library.begin_sync(house.source.id)
    house.library.end_sync(
        house.source.id, served, NotFound("No folder at {path}.", hint="Plug it in.", path="/documents")
    )
    source = house.library.source(house.source.id)
    assert (source.state, source.error, source.hint) == ("failed", "No folder at {path}.", "Plug it in.")
    assert source.fields == {"path": "/documents"}


# Documents


def test_a_document_is_written_whole(house: House) -> None:
    text = (
        "# Statuts\n\nL'association a son siège à la mairie. Elle vit.\n\n## Membres\n\n"
        + "Le membre paie sa cotisation. " * 40
    )
    document = house.put("statuts.md", text, pages=(PageSpan(1, 0, 80), PageSpan(2, 80, len(text))))
    passages = house.library.passages(document.id)
    assert house.library.text(document.id) == text
    assert "".join(passage.text for passage in passages) == text
    assert [text[p.locator.start : p.locator.end] for p in passages] == [p.text for p in passages]
    assert (document.state, document.title, document.language, document.pages) == ("indexed", "Statuts", "fr", 2)
    assert document.passages == len(passages) > 1
    assert passages[-1].locator.heading == ("Statuts", "Membres")
    assert passages[-1].locator.page == 2
    assert house.library.passage(passages[0].id) == passages[0]


@pytest.mark.parametrize(
    ("title", "text", "extracted"),
    [
        ("Mon titre", "Le texte.", "Mon titre"),
        ("Le Hameau", "# Le Hameau\n\nTexte.", ""),
        ("Le Hameau", "Le Hameau\n\nTexte qui suit.", ""),
        ("a.txt", "Une phrase entière.\n\nPuis une autre.", ""),
        ("a.txt", "", ""),
    ],
)
def test_the_title_is_what_the_document_calls_itself(house: House, title: str, text: str, extracted: str) -> None:
    assert house.put("a.txt", text, title=extracted).title == title


def test_the_same_content_is_not_written_twice(house: House) -> None:
    first = house.put("a.txt", CATS, content_hash="h1")
    before = house.library.passages(first.id)
    house.embed()
    again = house.put("a.txt", CATS, content_hash="h1")
    assert (again.id, again.state) == (first.id, "indexed")
    assert house.library.passages(first.id) == before
    assert house.counts()["vectors"] == 1


def test_a_new_content_replaces_the_old_at_once(house: House) -> None:
    first = house.put("a.txt", CATS, content_hash="h1")
    house.embed()
    pending = house.library.begin_document(house.source.id, Item("a.txt", "a.txt", 0, "", "changed"))
    assert (pending.id, pending.state) == (first.id, "pending")
    assert house.found("matou") == ["a.txt"]
    house.library.write_document(first.id, Extracted(CARS), "h2")
    assert house.found("automobile", limit=1) == ["a.txt"]
    assert house.library.search("matou").results == ()
    assert house.counts() == {"documents": 1, "passages": 1, "vectors": 0, "index": 1}


def test_a_failed_document_keeps_its_reason_and_nothing_else(house: House) -> None:
    document = house.put("a.txt", CATS)
    house.library.fail_document(document.id, Corrupt("{name} is damaged.", hint="Export it again.", name="a.txt"))
    (failed,) = house.library.failures()
    assert (failed.reason, failed.hint, failed.fields) == ("{name} is damaged.", "Export it again.", {"name": "a.txt"})
    assert house.counts() == {"documents": 1, "passages": 0, "vectors": 0, "index": 0}
    assert house.library.status().failed == 1
    assert house.put("a.txt", CATS).reason is None


def test_a_moved_document_keeps_its_passages(house: House) -> None:
    document = house.put("brouillon.txt", CATS)
    before = house.library.passages(document.id)
    house.embed()
    house.library.move_documents([(document.id, Item("final/ronron.txt", "ronron.txt", 1, "", "f"))])
    moved = house.library.document(document.id)
    assert (moved.uri, moved.title) == ("final/ronron.txt", "ronron.txt")
    assert house.library.passages(document.id) == before
    assert set(house.library.known(house.source.id)) == {"final/ronron.txt"}
    assert house.counts() == {"documents": 1, "passages": 1, "vectors": 1, "index": 1}
    house.embedder = None
    assert house.found("ronron") == house.found("matou") == ["final/ronron.txt"]
    assert house.found("brouillon") == []


def test_a_moved_document_keeps_the_title_it_gives_itself(house: House) -> None:
    document = house.put("a.md", "# Statuts\n\nUn texte.")
    house.library.move_documents([(document.id, Item("b.md", "b.md", 1, "", "f"))])
    assert house.library.document(document.id).title == "Statuts"


def test_a_removed_document_leaves_nothing(house: House) -> None:
    document = house.put("a.txt", CATS)
    house.embed()
    house.library.remove_document(document.id)
    house.library.remove_document(document.id)
    assert house.counts() == {"documents": 0, "passages": 0, "vectors": 0, "index": 0}
    assert house.found("matou") == []


def test_a_removed_source_leaves_nothing(house: House) -> None:
    other = house.library.add_source("folder", "/others")
    for number in range(120):
        house.put(f"{number}.txt", CATS)
    house.put("kept.txt", CATS, source=other)
    house.embed()
    house.library.remove_source(house.source.id)
    assert house.counts() == {"documents": 1, "passages": 1, "vectors": 1, "index": 1}
    assert house.found("félin") == ["kept.txt"]
    assert [source.id for source in house.library.sources()] == [other.id]


def test_a_removal_that_was_killed_is_resumed(tmp_path: Path) -> None:
    path = tmp_path / "killed.db"
    process = multiprocessing.get_context("spawn").Process(target=elsewhere.die_while_removing, args=(path,))
    process.start()
    process.join()
    assert process.exitcode == -9
    database = Database(path)
    with database.transaction() as session:
        session.run("drop trigger deadly")
    library = Library(database)
    assert library.sources() == []
    assert library.search("matou").results == ()
    assert library.documents() == []
    assert library.resume_removals() == 1
    with database.read() as session:
        assert [session.value(f"select count(*) from {table}") for table in ("sources", "documents", "passages")] == [
            0,
            0,
            0,
        ]
        assert session.value("select count(*) from passage_index") == 0
    database.close()


def test_documents_are_listed_by_state_and_page(house: House) -> None:
    for name in ("b.txt", "a.txt", "c.txt"):
        house.put(name, CATS)
    house.library.begin_document(house.source.id, Item("d.txt", "d.txt", 0, "", ""))
    assert [document.uri for document in house.library.documents(state="indexed", limit=2)] == ["a.txt", "b.txt"]
    assert [document.uri for document in house.library.documents(house.source.id, offset=2)] == ["c.txt", "d.txt"]
    assert [document.uri for document in house.library.pending()] == ["d.txt"]


def test_the_status_counts(house: House) -> None:
    house.put("a.txt", CATS)
    house.put("b.txt", CARS)
    house.embed()
    house.put("c.txt", CATS, warnings=("Text in images was not read.",))
    status = house.library.status()
    assert (status.documents, status.passages, status.embedded_passages, status.pending) == (3, 3, 2, 0)
    assert status.notices == ("Text in images was not read.",)


def test_listeners_and_the_generation_tell_of_changes(house: House) -> None:
    calls: list[int] = []
    stop = house.library.listen(lambda: calls.append(1))
    before = house.library.generation()
    house.put("a.txt", CATS)
    assert calls
    assert house.library.generation() != before
    stop()
    calls.clear()
    house.put("b.txt", CATS)
    assert calls == []


# Search


def test_words_find_before_there_are_vectors(house: House) -> None:
    house.put("chats.txt", CATS)
    house.put("autos.txt", CARS)
    (result,) = house.library.search("les matous").results
    assert (result.uri, result.similarity) == ("chats.txt", None)
    assert result.text == CATS
    assert house.embedder is not None
    assert house.embedder.asked == 0


def test_meaning_finds_what_words_do_not(house: House) -> None:
    house.put("chats.txt", CATS)
    house.put("autos.txt", CARS)
    house.embed()
    results = house.library.search("véhicule").results
    assert results[0].uri == "autos.txt"
    assert results[0].similarity == pytest.approx(1.0, abs=0.01)
    assert [result.score for result in results] == sorted((result.score for result in results), reverse=True)


def test_without_an_embedder_words_alone_answer(house: House) -> None:
    house.put("chats.txt", CATS)
    house.embed()
    house.embedder = None
    assert house.found("matou") == ["chats.txt"]
    assert house.found("félin") == []


def test_an_embedder_that_breaks_does_not_break_the_search(house: House) -> None:
    house.put("chats.txt", CATS)
    house.embed()
    assert house.embedder is not None
    house.embedder.broken = True
    assert house.found("matou") == ["chats.txt"]


def test_the_title_and_the_file_name_are_found(house: House) -> None:
    house.put("compta/facture_edf_2023.txt", "Montant : 50 euros.")
    house.put("b.txt", "Rien à voir ici.", title="Convention de voirie")
    assert house.found("facture EDF") == ["compta/facture_edf_2023.txt"]
    assert house.found("voirie") == ["b.txt"]
    house.put("file:///f%C3%AAte%20du%20village.txt", "Rien non plus.")
    assert house.found("la fête") == ["file:///f%C3%AAte%20du%20village.txt"]


@pytest.mark.parametrize(
    "query",
    ['"', "a AND", "matou NEAR(", "title:matou", "-matou", "matou*", "(matou", "^matou", '""matou"" OR', "matou\x00", "'; drop table passages; --",
     "matou\ud800", "{body}: matou", "matou + matou", "= - . #", "matou " * 20_000, "m" * 100_000 + " matou", "\U0001f600", "«»"],
)  # fmt: skip
def test_no_query_is_an_error(house: House, query: str) -> None:
    house.put("chats.txt", CATS)
    house.embed()
    results = house.library.search(query)
    if "matou" in query:
        assert [result.uri for result in results.results] == ["chats.txt"]


@pytest.mark.parametrize("query", ["", "   ", "\n\t", "\x00"])
def test_an_empty_query_is_bad_input(house: House, query: str) -> None:
    with pytest.raises(BadInput) as caught:
        house.library.search(query)
    assert caught.value.hint


def test_a_limit_is_kept(house: House) -> None:
    for number in range(30):
        house.put(f"{number}.txt", f"{CATS} Il a {number} ans.")
    house.embed()
    assert len(house.found("matou", limit=7)) == 7
    assert len(house.found("matou", limit=100)) == 30
    with pytest.raises(BadInput):
        house.library.search("matou", limit=0)


def test_another_space_is_never_seen(house: House) -> None:
    with house.database.transaction() as session:
        session.run("insert into spaces (id, created_at) values ('club', '')")
    club = house.library.add_source("folder", "/documents", space="club")
    for number in range(30):
        house.put(f"club{number}.txt", f"{CATS} Il a {number} ans.", source=club)
    house.put("mine.txt", CATS + " Et il ronfle beaucoup, le soir, dans la grange du voisin.")
    for _ in range(2):
        assert house.found("matou") == ["mine.txt"]
        assert house.found("félin") in ([], ["mine.txt"])
        assert len(house.found("matou", space="club", limit=100)) == 30
        assert house.found("matou", space="nobody") == []
        house.embed()
    assert house.library.status().documents == 1
    assert [source.space for source in house.library.sources("club")] == ["club"]


def test_a_search_may_be_narrowed(house: House) -> None:
    other = house.library.add_source("folder", "/others")
    house.put("a.txt", CATS)
    second = house.put("b.txt", CATS)
    house.put("c.txt", CATS, source=other)
    house.embed()
    assert house.found("matou", source_id=other.id) == ["c.txt"]
    assert house.found("félin", document_id=second.id) == ["b.txt"]


def test_a_new_embedder_takes_over_when_it_has_caught_up(house: House) -> None:
    house.put("chats.txt", CATS)
    house.put("autos.txt", CARS)
    house.embed()
    old, new = house.embedder, GroupEmbedder("new")
    assert old is not None
    house.others["groups"], house.embedder = old, new
    assert house.found("véhicule")[0] == "autos.txt"
    assert (old.asked, new.asked) == (1, 0)
    assert house.library.free_other_vectors("new") == 0
    house.embed(new)
    assert house.found("véhicule")[0] == "autos.txt"
    assert (old.asked, new.asked) == (1, 1)
    assert house.library.free_other_vectors("new") == 2
    assert house.found("véhicule")[0] == "autos.txt"
    assert house.counts()["vectors"] == 2


def test_vectors_of_passages_gone_meanwhile_are_passed_over(house: House) -> None:
    document = house.put("a.txt", CATS)
    embedder = house.embedder
    assert embedder is not None
    tasks = house.library.passages_without_vectors(embedder.id)
    house.library.remove_document(document.id)
    house.library.write_vectors(embedder.id, [task.passage_id for task in tasks], embedder.embed_passages([CATS]))
    assert house.counts()["vectors"] == 0


def test_many_threads_search_while_one_writes(house: House) -> None:
    for number in range(20):
        house.put(f"{number}.txt", CATS)
    house.embed()
    errors: list[HameauError] = []
    stop = threading.Event()

    def search() -> None:
        while not stop.is_set():
            try:
                assert all(result.text for result in house.library.search("le matou qui dort").results)
            except HameauError as error:
                errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(20):
        house.library.remove_document(house.put(f"x{number}.txt", CATS).id)
        house.put(f"{number}.txt", CARS)
        house.embed()
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    house.embedder = None
    assert house.found("matou") == []


def test_a_question_is_understood_in_the_languages_of_the_library(house: House) -> None:
    house.embedder = None
    house.put("dogs.txt", "The dogs were running through the fields of the village in the morning.")
    house.put("chiens.txt", "Les chiens couraient dans les champs du village.")
    assert house.found("a dog that runs") == ["dogs.txt"]
    assert house.found("un chien") == ["chiens.txt"]


def test_a_space_that_is_not_there_is_said_plainly(house: House) -> None:
    with pytest.raises(NotFound) as caught:
        house.library.add_source("folder", "/autre", space="nulle-part")
    assert "nulle-part" in str(caught.value) and caught.value.hint


def test_a_source_being_removed_takes_no_document(house: House) -> None:
    with house.database.transaction() as session:
        session.run("update sources set state = 'removing'")
    with pytest.raises(NotFound):
        house.library.begin_document(house.source.id, Item("a.txt", "a", 1, "", ""))


def test_an_index_of_another_version_is_built_anew_and_resumes(house: House, tmp_path: Path) -> None:
    for number in range(45):
        house.put(f"{number}.txt", f"{CATS} Il a {number} ans.")
    with house.database.transaction() as session:
        session.run("delete from passage_index")
        for row in session.all("select id from passages"):
            session.run(
                "insert into passage_index (rowid, title, heading, body) values (?, '', '', 'ancien')", (row["id"],)
            )
    assert house.library.refresh_text_index()
    assert len(house.found("ancien", limit=100)) == 25  # what is not done yet still answers
    house.database.close()
    again = Library(Database(house.database.path))
    steps = 0
    while again.refresh_text_index():
        steps += 1
    assert steps == 2  # goes on where it was
    assert len(again.search("matou", limit=100).results) == 45
    assert again.search("ancien").results == ()
    assert not again.refresh_text_index()
