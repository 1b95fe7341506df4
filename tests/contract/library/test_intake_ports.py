"""What every source adapter and every extractor promises, real ones and fakes alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.extraction import PlainExtractor
from fakes.sources import DistantSource, MemorySource
from hameau.kit import HameauError, NotFound
from hameau.library import Extractor, Item, Source, SourceAdapter, SourceContext
from hameau.library.extraction import SandboxedExtractor
from hameau.library.sources import FolderSource

FILES = {"a.txt": b"Le lavoir.", "lettres/b.md": "# L'été\r\n\nLe moulin.".encode()}


@pytest.fixture(params=["folder", "memory", "distant"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[SourceAdapter, SourceContext]:
    if request.param != "folder":
        kind = MemorySource if request.param == "memory" else DistantSource
        adapter: SourceAdapter = kind(tmp_path / "written", dict(FILES))
        uri = adapter.check("souvenir", {})
    else:
        adapter = FolderSource()
        for name, content in FILES.items():
            (tmp_path / "documents" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "documents" / name).write_bytes(content)
        uri = adapter.check(str(tmp_path / "documents"), {})
    source = Source("s", "home", adapter.kind, uri, "", "new", "")
    return adapter, SourceContext(source, 1_000_000)


def content_of(adapter: SourceAdapter, context: SourceContext, uri: str) -> bytes:
    with adapter.content(context, uri) as content:
        assert content.name
        return content.path.read_bytes() if content.path is not None else content.data


def test_a_listing_is_stable_and_its_files_can_be_read(world: tuple[SourceAdapter, SourceContext]) -> None:
    adapter, context = world
    items = [item for item in adapter.items(context) if isinstance(item, Item)]
    assert items == list(adapter.items(context))
    assert len({item.uri for item in items}) == len(items)
    read = [content_of(adapter, context, item.uri) for item in items]
    assert sorted(read) == sorted(FILES.values())
    for item, content in zip(items, read, strict=True):
        assert item.fingerprint and item.title
        assert len(content) == item.size
        item.uri.encode("utf-8")


def test_what_is_no_more_is_not_found(world: tuple[SourceAdapter, SourceContext]) -> None:
    adapter, context = world
    (first, *_) = [item for item in adapter.items(context) if isinstance(item, Item)]
    with pytest.raises((NotFound, FileNotFoundError)):
        content_of(adapter, context, first.uri + "x")
    adapter.present(context)


def test_checking_twice_gives_the_same_address(world: tuple[SourceAdapter, SourceContext]) -> None:
    adapter, context = world
    assert adapter.check(context.source.uri, {}) == context.source.uri


@pytest.fixture(params=[PlainExtractor, SandboxedExtractor])
def extractor(request: pytest.FixtureRequest) -> Iterator[Extractor]:
    make: Callable[[], Extractor] = request.param
    made = make()
    yield made
    made.close()


def test_a_text_comes_out_whole_and_normal(extractor: Extractor, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("L'e\u0301te\u0301\r\nà la mairie".encode())
    extracted = extractor.extract(path)
    assert extracted.text == "L'été\nà la mairie"
    assert unicodedata.is_normalized("NFC", extracted.text)


def test_an_empty_file_has_no_text(extractor: Extractor, tmp_path: Path) -> None:
    (tmp_path / "vide.txt").touch()
    assert extractor.extract(tmp_path / "vide.txt").text == ""


def test_a_bad_file_raises_and_the_next_one_works(extractor: Extractor, tmp_path: Path) -> None:
    (tmp_path / "bad.docx").write_bytes(b"\xff\xfe\x00PK\x03\x04\xff" * 9)
    (tmp_path / "good.txt").write_text("bon", encoding="utf-8")
    with pytest.raises(HameauError) as caught:
        extractor.extract(tmp_path / "bad.docx")
    assert caught.value.message
    assert extractor.extract(tmp_path / "good.txt").text == "bon"
