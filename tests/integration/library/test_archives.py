"""Real archives in their own process: asked, read, several together, damaged, replaced, away."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fakes.zim import PIXEL, TOWN, town, write_zim
from hameau.kit import BadInput, Corrupt, HameauError, NotFound, Unavailable
from hameau.library import Archives, Memory, Source, SourceContext
from hameau.library.sources import ZimSource

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the walls are Linux's")


class Shelf:
    """Sources by their id, which is the name of the archive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, source_id: str) -> Source:
        path = self.folder / f"{source_id}.zim"
        if not path.exists():
            raise NotFound("There is no such source.")
        return Source(source_id, "home", "zim", str(path), source_id, "ready", "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("archives")
    town(made / "town.zim")
    pages = {"The mill": "<h1>The mill</h1><p>The miller of the old mill lived by the river.</p>"}
    write_zim(made / "english.zim", pages, language="eng", title="A hamlet")
    write_zim(made / "titles.zim", TOWN, indexed=False)
    return made


@pytest.fixture(scope="module")
def archives(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archives]:
    made = Archives(Shelf(folder), scratch=tmp_path_factory.mktemp("scratch"))
    yield made
    made.close()


def of_archives() -> list[psutil.Process]:
    """The processes that hold archives open."""
    own = psutil.Process().children()
    return [one for one in own if any("archives/cell.py" in part for part in one.cmdline())]


def test_an_archive_says_what_it_is(archives: Archives) -> None:
    facts = archives.facts("town")
    assert (facts.title, facts.language, facts.date, facts.creator) == (
        "Le hameau de A à Z",
        "fr",
        "2026-05-01",
        "Le hameau",
    )
    assert facts.searchable and facts.main == "Moulin"
    assert facts.entries >= 3
    assert not archives.facts("titles").searchable


def test_a_question_finds_the_passage_and_where_it_stands(archives: Archives, folder: Path) -> None:
    (answer,) = archives.ask([Shelf(folder)("town")], "Quand le moulin d'Anselme fut-il bâti ?")
    best = answer.passages[0]
    assert "1742" in best.text and best.title == "Moulin"
    assert best.link.startswith("/reader/town/Moulin?start=")
    article = archives.article("town", "Moulin")
    assert article.text[best.locator.start : best.locator.end] == best.text


def test_an_elided_word_is_found(archives: Archives, folder: Path) -> None:
    for question in ("Où est l'école ?", "école", "L’école du village"):
        (answer,) = archives.ask([Shelf(folder)("town")], question)
        assert answer.passages[0].title == "Rivière", question


def test_several_archives_are_asked_together_and_by_their_language(archives: Archives, folder: Path) -> None:
    both = [Shelf(folder)("town"), Shelf(folder)("english")]
    answers = archives.ask(both, "the miller of the old mill")
    assert any(passage.source_id == "english" for answer in answers for passage in answer.passages)
    (french,) = archives.ask(both, "le moulin", frozenset({"fr"}))
    assert {passage.source_id for passage in french.passages} == {"town"}


def test_an_archive_without_an_index_is_asked_by_titles(archives: Archives, folder: Path) -> None:
    (answer,) = archives.ask([Shelf(folder)("titles")], "Que sait-on du moulin ?")
    assert answer.passages[0].title == "Moulin"


def test_a_page_is_read_wherever_it_stands(archives: Archives) -> None:
    article = archives.article("town", "Le moulin")
    assert (article.path, article.title) == ("Moulin", "Moulin")
    assert article.text.startswith("# Moulin\n\nLe moulin du hameau fut bâti en 1742")
    assert [block.kind for block in article.blocks] == ["heading", "paragraph", "paragraph", "picture", "paragraph"]
    assert archives.thing("town", "moulin.png").data == PIXEL
    assert [one.title for one in archives.titles("town", "riv")] == ["Rivière"]
    assert archives.article("town", archives.chance("town")).text
    for path in ("nothing", "../../etc/passwd", "a\0b", "x" * 5000, ""):
        with pytest.raises(NotFound):
            archives.article("town", path)
    with pytest.raises(NotFound):
        archives.thing("town", "Moulin")
    with pytest.raises(NotFound):
        archives.article("nowhere", "Moulin")


@linux
def test_a_process_that_dies_is_replaced(folder: Path) -> None:
    archives = Archives(Shelf(folder))
    before = set(of_archives())
    archives.facts("town")
    (own,) = set(of_archives()) - before
    own.send_signal(signal.SIGKILL)
    assert archives.article("town", "Moulin").title == "Moulin"
    archives.close()
    assert not set(of_archives()) - before


@linux
def test_a_process_that_is_stuck_is_ended_and_the_others_answer(folder: Path) -> None:
    archives = Archives(Shelf(folder), seconds=0.5)
    archives.facts("english")
    before = set(of_archives())
    archives.facts("town")
    (own,) = set(of_archives()) - before
    own.suspend()
    with pytest.raises(Corrupt):
        archives.article("town", "Moulin")
    answers = archives.ask([Shelf(folder)("town"), Shelf(folder)("english")], "the miller of the mill")
    assert [passage.source_id for answer in answers for passage in answer.passages] == ["english"]
    archives.close()


@linux
def test_it_is_locked_in(folder: Path) -> None:
    archives = Archives(Shelf(folder))
    before = set(of_archives())
    archives.facts("town")
    (own,) = set(of_archives()) - before
    status = Path(f"/proc/{own.pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status
    archives.close()


def test_an_archive_that_was_replaced_is_opened_anew(tmp_path: Path) -> None:
    archives = Archives(Shelf(tmp_path))
    write_zim(tmp_path / "a.zim", {"Un": "<p>le premier</p>"}, title="Avant")
    assert archives.facts("a").title == "Avant"
    write_zim(tmp_path / "b.zim", {"Deux": "<p>le second</p>"}, title="Après")
    (tmp_path / "b.zim").rename(tmp_path / "a.zim")
    assert archives.facts("a").title == "Après"
    (tmp_path / "a.zim").unlink()
    with pytest.raises(HameauError):
        archives.facts("a")
    archives.close()


def test_damaged_archives_are_told_and_hurt_nobody(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "town.zim").read_bytes()
    chance = random.Random(7)
    contents = {
        "empty": b"",
        "magic": whole[:4],
        "header": whole[:80],
        "half": whole[: len(whole) // 2],
        "words": b"ZIM\x04 not one" * 99,
    }
    for number in range(2):
        changed = bytearray(whole)
        for at in chance.sample(range(len(changed)), 300):
            changed[at] = chance.randrange(256)
        contents[f"mutated{number}"] = bytes(changed)
    archives = Archives(Shelf(tmp_path), seconds=5)
    sources = []
    for name, data in contents.items():
        (tmp_path / f"{name}.zim").write_bytes(data)
        sources.append(Shelf(tmp_path)(name))
        try:
            archives.facts(name)
            archives.article(name, "Moulin")
        except HameauError as error:
            assert error.message
    good = tmp_path / "good.zim"
    good.write_bytes(whole)
    answers = archives.ask([*sources, Shelf(tmp_path)("good")], "le moulin d'Anselme Lenoir")
    assert any(passage.source_id == "good" for answer in answers for passage in answer.passages)
    archives.close()


def test_the_source_checks_what_it_is_given(archives: Archives, folder: Path, tmp_path: Path) -> None:
    source = ZimSource(archives)
    assert source.check(str(folder / "town.zim"), {}) == str((folder / "town.zim").resolve())
    (tmp_path / "text.zim").write_text("no archive")
    for wrong, kind in (
        ("", BadInput),
        (str(tmp_path / "text.zim"), BadInput),
        (str(tmp_path), BadInput),
        (str(tmp_path / "no.zim"), NotFound),
    ):
        with pytest.raises(kind):
            source.check(wrong, {})


def test_a_sync_looks_whether_the_archive_opens(archives: Archives, folder: Path, tmp_path: Path) -> None:
    source = ZimSource(archives)
    context = SourceContext(Shelf(folder)("town"), 1_000_000)
    assert list(source.items(context)) == []
    noted = {key: value for key, value in context.memory.noted.items() if value}
    again = SourceContext(Shelf(folder)("town"), 1_000_000, memory=Memory(noted))
    assert list(source.items(again)) == [] and not again.memory.noted
    broken = tmp_path / "broken.zim"
    broken.write_bytes(b"ZIM\x04" + b"x" * 400)
    with pytest.raises(Corrupt):
        source.items(SourceContext(Shelf(tmp_path)("broken"), 1_000_000))
    away = Source("a", "home", "zim", str(tmp_path / "away.zim"), "", "ready", "")
    with pytest.raises(Unavailable):
        source.present(SourceContext(away, 1_000_000))
