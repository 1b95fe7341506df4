"""What every source that is asked must keep to: the real archives, and those in memory that other tests use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.zim import AskedInMemory, write_zim
from hameau.library import Archives, Source
from hameau.library.ports import AskedSources

TEXTS = {
    "Moulin": "Le moulin du hameau fut bâti par le meunier Anselme.",
    "Pont": "Le vieux pont du hameau enjambe la rivière.",
}


@pytest.fixture(params=["archives", "memory"])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[AskedSources, Source]]:
    path = tmp_path / "hameau.zim"
    source = Source("src_1", "home", "zim", str(path), "Hameau", "ready", "")
    if request.param == "memory":
        yield AskedInMemory(TEXTS), source
        return
    write_zim(path, {title: f"<p>{text}</p>" for title, text in TEXTS.items()})
    archives = Archives(lambda _: source)
    yield archives, source
    archives.close()


def test_an_answer_is_bounded_and_says_where_it_stands(asked: tuple[AskedSources, Source]) -> None:
    sources, source = asked
    assert source.kind in sources.kinds
    (answer,) = sources.ask([source], "meunier du moulin au vieux hameau", count=1)
    (passage,) = answer.passages
    assert passage.source_id == source.id and "meunier" in passage.text
    assert passage.uri.startswith(f"{source.uri}#") and passage.link.startswith(f"/reader/{source.id}/")
    assert passage.locator.end - passage.locator.start == len(passage.text)
    assert 0.0 < passage.fit <= 1.0 and passage.language == "fr"


def test_another_language_is_not_asked_and_nothing_is_no_error(asked: tuple[AskedSources, Source]) -> None:
    sources, source = asked
    assert not [one for answer in sources.ask([source], "moulin", frozenset({"en"})) for one in answer.passages]
    assert not [one for answer in sources.ask([source], "cathédrale gothique") for one in answer.passages]
    assert list(sources.ask([], "moulin")) == []
    sources.warm([source])
