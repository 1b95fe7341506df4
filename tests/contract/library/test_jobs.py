"""Background work as rows: asked once however often, gone when it is done, put off when it can't be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hameau.kit import N_, NotFound, Unavailable
from hameau.library import Jobs, Library
from hameau.library import jobs as kinds
from hameau.storage import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "hameau.db")
    yield made
    made.close()


def test_asked_twice_is_once_and_asked_again_meanwhile_stays(database: Database) -> None:
    heard: list[int] = []
    jobs = Jobs(database, lambda: heard.append(1))
    jobs.ask("erase")
    jobs.ask("erase")
    (job,) = jobs.due()
    assert (job.kind, job.subject, job.asked, len(heard)) == ("erase", "", 2, 2)
    jobs.ask("erase")
    jobs.done([job])
    (again,) = jobs.all()
    assert again.asked == 3
    jobs.done([again])
    assert jobs.all() == []


def test_what_is_put_off_waits_longer_each_time_and_says_why(database: Database) -> None:
    jobs = Jobs(database)
    jobs.ask("rescan", "src_1")
    waits = []
    for tries in range(10):
        (job,) = jobs.all()
        assert job.tries == tries
        jobs.put_off(job, Unavailable(N_("This does not work right now."), hint=N_("Try again later."), folder="/x"))
        (job,) = jobs.all()
        waits.append(job.not_before)
    assert jobs.due() == [] and waits == sorted(waits)
    assert (job.error, job.hint, job.fields["folder"]) == ("This does not work right now.", "Try again later.", "/x")
    jobs.ask("rescan", "src_1")  # somebody wants it now
    assert [one.tries for one in jobs.due()] == [10]


def test_a_job_may_be_asked_for_later_but_not_put_off_by_asking(database: Database) -> None:
    jobs = Jobs(database)
    jobs.ask("rescan", "a", wait=3600)
    assert jobs.due() == [] and len(jobs.of("a", ["rescan", "sync"])) == 1
    jobs.ask("rescan", "a")
    jobs.ask("rescan", "a", wait=3600)
    assert len(jobs.due()) == 1


def test_places_are_gathered_and_very_many_are_the_whole(database: Database) -> None:
    jobs = Jobs(database)
    jobs.ask_to_look("a", ["/x", "/y"])
    jobs.ask_to_look("a", ["/y", "/z"])
    jobs.ask_to_look("a", [])
    (job,) = jobs.all()
    assert job.detail == {"uris": ["/x", "/y", "/z"]}
    jobs.ask_to_look("a", [f"/{number}" for number in range(kinds.MANY_PLACES)])
    assert {one.kind for one in jobs.all()} == {kinds.LOOK, kinds.RESCAN}


def test_a_source_takes_its_jobs_with_it(database: Database) -> None:
    library = Library(database)
    source, other = library.add_source("folder", "/a"), library.add_source("folder", "/b")
    library.jobs.ask_to_look(source.id, ["/a/x"])
    assert [one.id for one in library.sources_to_sync()] == [source.id, other.id]
    library.remove_source(source.id)
    left = [(job.kind, job.subject) for job in library.jobs.all() if job.kind in (*kinds.OF_A_SOURCE, kinds.REMOVE)]
    assert left == [(kinds.SYNC, other.id)]
    with pytest.raises(NotFound):
        library.request_sync(source.id)


def test_a_removal_that_was_cut_short_is_finished_by_whoever_adds_the_source_again(database: Database) -> None:
    library = Library(database)
    old = library.add_source("folder", "/a")
    with database.transaction() as session:
        session.run("update sources set state = 'removing'")
    new = library.add_source("folder", "/a")
    assert new.id != old.id and [source.id for source in library.sources()] == [new.id]
