"""The folder source on drawn trees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fakes.trees import grow
from hameau.kit import BadInput, HameauError, NotFound, Refused, Unavailable
from hameau.library import PartlyUnavailable, Source, SourceContext
from hameau.library.sources import FolderSource
from hameau.library.sources.folder import to_path, to_uri
from hameau.library.sources.globs import Wanted


def context(path: Path, documents: int = 0, **settings: object) -> SourceContext:
    source = Source("s", "home", "folder", to_uri(path), "", "new", "", settings=settings, documents=documents)
    return SourceContext(source, 1_000_000)


def listed(path: Path, **settings: object) -> list[str]:
    return [os.path.relpath(to_path(item.uri), path) for item in FolderSource().items(context(path, **settings))]


def test_everything_but_the_hidden(tmp_path: Path) -> None:
    grow(tmp_path, "b.md: b\na.txt: a\n.git/\n    config: x\n.secret: x\nlettres/\n    c.txt: c\n    vide/")
    assert listed(tmp_path) == ["a.txt", "b.md", "lettres/c.txt"]


def test_links_and_loops_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "dehors"
    inside = tmp_path / "dedans"
    grow(outside, "secret.txt: x")
    grow(inside, "a.txt: a")
    (inside / "boucle").symlink_to(inside)
    (inside / "fuite").symlink_to(outside)
    (inside / "fuite.txt").symlink_to(outside / "secret.txt")
    os.mkfifo(inside / "tuyau")
    assert listed(inside) == ["a.txt"]


def test_include_and_exclude(tmp_path: Path) -> None:
    grow(tmp_path, "a.md: a\nb.txt: b\narchives/\n    c.md: c\n    vieux/\n        d.md: d")
    assert listed(tmp_path, include=["*.md"]) == ["a.md", "archives/c.md", "archives/vieux/d.md"]
    assert listed(tmp_path, include="*.md", exclude=["archives"]) == ["a.md"]
    assert listed(tmp_path, exclude=["archives/**/d.md", "*.TXT"]) == ["a.md", "archives/c.md"]


@pytest.mark.parametrize(
    "pattern, path, matches",
    [
        ("*.pdf", "a/b/c.PDF", True),
        ("a/*.pdf", "a/b/c.pdf", False),
        ("a/**", "a/b/c.pdf", True),
        ("**/brouillons/**", "x/brouillons/y", True),
        ("**/brouillons/**", "brouillons/y", True),
        ("note?.txt", "note1.txt", True),
        ("[ab].txt", "c.txt", False),
        ("[!ab].txt", "c.txt", True),
        ("a.b", "aXb", False),
    ],
)
def test_patterns(pattern: str, path: str, matches: bool) -> None:
    assert Wanted(include=[pattern]).file(path) is matches


def test_a_single_file_is_a_source(tmp_path: Path) -> None:
    grow(tmp_path, "a.txt: a\nb.txt: b")
    (item,) = FolderSource().items(context(tmp_path / "a.txt"))
    assert item.title == "a" and item.size == 1


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    grow(tmp_path, "a.txt: a")
    (before,) = FolderSource().items(context(tmp_path))
    (same,) = FolderSource().items(context(tmp_path))
    (tmp_path / "a.txt").write_text("autre", encoding="utf-8")
    (after,) = FolderSource().items(context(tmp_path))
    assert before == same and before.fingerprint != after.fingerprint


def test_a_folder_that_is_gone_or_suddenly_bare_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        list(FolderSource().items(context(tmp_path / "absent")))
    with pytest.raises(Unavailable):
        list(FolderSource().items(context(tmp_path, documents=3)))
    assert list(FolderSource().items(context(tmp_path))) == []


def test_a_name_that_is_no_text_keeps_its_bytes(tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9 100%.txt"))
    uri = to_uri(path)
    uri.encode("utf-8")
    assert to_path(uri) == path
    plain = tmp_path / "café 100%.txt"
    assert to_path(to_uri(plain)) == plain


def test_check(tmp_path: Path) -> None:
    source = FolderSource()
    grow(tmp_path, "docs/\n    a.txt: a")
    (tmp_path / "lien").symlink_to(tmp_path / "docs")
    assert source.check(str(tmp_path / "lien"), {}) == str((tmp_path / "docs").resolve())
    bad: list[tuple[str, dict[str, object], type[HameauError]]] = [
        ("", {}, BadInput),
        ("https://example.org/x", {}, BadInput),
        (str(tmp_path / "absent"), {}, NotFound),
        ("/proc", {}, Refused),
        ("/", {}, Refused),
        (str(tmp_path), {"include": [3]}, BadInput),
        (str(tmp_path), {"exclude": "x" * 600}, BadInput),
        ("a\0b", {}, BadInput),
    ]
    for uri, settings, error in bad:
        with pytest.raises(error):
            source.check(uri, settings)


def test_a_title_is_one_line_whatever_the_name(tmp_path: Path) -> None:
    (tmp_path / "a_b\n\t\u202ec\x1b[31m.txt").write_text("x")
    (item,) = FolderSource().items(context(tmp_path))
    assert item.title == "a b c [31m"
    assert to_path(item.uri).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everywhere")
def test_a_subfolder_that_may_not_be_read_is_told_after_the_rest(tmp_path: Path) -> None:
    grow(tmp_path, "a.md: a\nlettres/\n    b.md: b\nz.md: z")
    (tmp_path / "lettres").chmod(0)
    seen: list[str] = []
    try:
        with pytest.raises(PartlyUnavailable) as caught:
            seen.extend(item.title for item in FolderSource().items(context(tmp_path)))
    finally:
        (tmp_path / "lettres").chmod(0o700)
    assert seen == ["a", "z"]
    assert f"{tmp_path}/lettres/" in caught.value.below
