"""What the doctor finds and puts right, on real damage."""

from __future__ import annotations

import os
from pathlib import Path

import apsw
import pytest

from fakes import cut_off
from hameau.assistant import Answer, Question
from hameau.assistant.conversations import Conversations
from hameau.hub import Hub, checkup, lock, repair
from hameau.kit import Conflict, Corrupt
from hameau.library import Extracted, Item
from hameau.storage.connecting import connect

OURS = {"home", "components", "database", "library", "backup", "leftovers"}
WORDS = "La meule dormante pèse une tonne."


@pytest.fixture
def lived(tmp_path: Path) -> Path:
    """A home with documents, closed again."""
    hub = cut_off.opened(tmp_path / "home")
    source = hub.library.add_source("folder", "/documents")
    for number in range(40):
        (document,) = hub.library.begin_documents(
            source.id, [Item(f"{number}.txt", "", 1, "2026-01-01T00:00:00.000Z", str(number))]
        )
        hub.library.write_document(
            document.id, Extracted(f"{WORDS} Numéro {number}. " + f"Le moulin {number} tourne. " * 40)
        )
    hub.close()
    return tmp_path / "home"


def states(home: Path) -> dict[str, str]:
    hub = cut_off.opened(home)
    found = {check.name: check.state for check in checkup(hub, OURS)}
    hub.close()
    return found


def change(home: Path, *statements: str) -> None:
    """Another program's hand in the file."""
    connection = apsw.Connection(str(home / "hameau.db"))
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    for statement in statements:
        for _ in connection.execute(statement):
            pass
    connection.close()


def found_after_indexing(home: Path) -> int:
    hub = cut_off.opened(home)
    while hub.library.refresh_text_index():
        pass
    count = len(hub.library.search("meule dormante", limit=100).results)
    hub.close()
    return count


def test_a_sound_home_needs_nothing(lived: Path) -> None:
    found = states(lived)
    assert found["database"] == found["library"] == found["components"] == "ok"
    assert found["backup"] == "warn"
    assert "leftovers" not in found
    assert repair(lived, None) == ()


def test_a_text_index_that_lacks_passages_is_filled_again(lived: Path) -> None:
    before = found_after_indexing(lived)
    change(
        lived,
        "delete from passage_index where rowid < 20",
        "insert into passage_index (rowid, body) values (9999, 'meul')",
    )
    assert states(lived)["library"] == "fail"
    assert [each.name for each in repair(lived, None)] == ["library"]
    assert found_after_indexing(lived) == before > 20
    assert states(lived)["library"] == "ok"


def test_a_text_index_that_is_broken_in_itself_is_made_anew(lived: Path) -> None:
    before = found_after_indexing(lived)
    change(lived, "update passage_index_data set block = x'00' where id > 10")
    assert states(lived)["library"] == "fail"
    repair(lived, None)
    assert found_after_indexing(lived) == before
    assert states(lived)["library"] == "ok"


def test_documents_that_lost_passages_are_read_again(lived: Path) -> None:
    change(lived, "delete from passages where document_id <= 3", "update documents set passages = 7 where id = 9")
    repair(lived, None)
    hub = cut_off.opened(lived)
    with hub.database.read() as session:
        waiting = [row[0] for row in session.tuples("select id from documents where state = 'pending' order by id")]
        jobs = session.value("select count(*) from jobs where kind = 'sync'")
    hub.close()
    assert waiting[:3] == [1, 2, 3]
    assert jobs >= 1


def test_a_turn_that_can_not_be_found_is_indexed(lived: Path) -> None:
    answer = Answer("Une tonne.", True, (), (), "")
    hub = cut_off.opened(lived)
    kept = Conversations(hub.database).keep(Question("Combien pèse la meule ?"), answer)
    hub.close()
    change(lived, "delete from turn_index")
    assert states(lived)["library"] == "fail"
    assert repair(lived, None)
    hub = cut_off.opened(lived)
    assert [each.id for each in hub.assistant.conversations(search="meule")] == [kept.answer.conversation]
    hub.close()


@pytest.mark.parametrize("locked", [False, True], ids=["plain", "encrypted"])
def test_of_a_damaged_database_what_can_be_read_is_saved(lived: Path, locked: bool) -> None:
    key = None
    if locked:
        vault, _recovery = lock(lived, cut_off.SECRET, cost=cut_off.CHEAP)
        key = vault.unwrap(cut_off.SECRET)
    path = lived / "hameau.db"
    connection = connect(path, key)
    wanted = "select pageno from dbstat where name = 'passages' and pagetype = 'leaf' order by pageno"
    pages = [number for (number,) in connection.execute(wanted)]
    connection.close()
    assert len(pages) > 6
    content = bytearray(path.read_bytes())
    for page in pages[2:4]:
        content[(page - 1) * 4096 : page * 4096] = os.urandom(4096)
    path.write_bytes(content)
    done = repair(lived, key)
    assert "database" in {each.name for each in done}
    (aside,) = (lived / "backups").glob("damaged-*")
    assert (aside / "hameau.db").read_bytes() == bytes(content)
    hub = cut_off.opened(lived)
    assert hub.database.check() == []
    assert [source.uri for source in hub.library.sources()] == ["/documents"]
    hub.close()
    assert 0 < found_after_indexing(lived) < 40
    hub = cut_off.opened(lived)
    with hub.database.read() as session:
        assert session.value("select count(*) from documents") == 40
        assert session.value("select count(*) from documents where state = 'pending'") > 0
    hub.close()
    assert states(lived)["library"] == "ok"


def test_what_is_no_library_at_all_is_left_alone(lived: Path) -> None:
    (lived / "hameau.db").write_bytes(os.urandom(40_960))
    before = (lived / "hameau.db").read_bytes()
    with pytest.raises(Corrupt):
        repair(lived, None)
    assert (lived / "hameau.db").read_bytes() == before


def test_leftovers_go_and_the_folder_is_its_owners_alone(lived: Path) -> None:
    (lived / "hameau.db.partial").write_text("half")
    (lived / ".restored").mkdir()
    (lived / ".restored" / "hameau.db").write_text("half")
    lived.chmod(0o755)
    found = states(lived)
    assert found["leftovers"] == found["home"] == "warn"
    assert {each.name for each in repair(lived, None)} == {"leftovers", "home"}
    found = states(lived)
    assert found["home"] == "ok"
    assert "leftovers" not in found


def test_nothing_is_repaired_while_the_home_is_used(lived: Path) -> None:
    hub: Hub = cut_off.opened(lived)
    assert hub.database
    with pytest.raises(Conflict):
        repair(lived, None)
    hub.close()
