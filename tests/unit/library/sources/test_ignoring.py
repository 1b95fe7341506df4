"""`.hameauignore` at any level of a folder, in the syntax of .gitignore."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pathspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.trees import grow
from hameau.library import Source, SourceContext
from hameau.library.sources import FolderSource
from hameau.library.sources.folder import to_path, to_uri
from hameau.library.sources.ignoring import Ignoring


def context(path: Path) -> SourceContext:
    return SourceContext(Source("s", "home", "folder", to_uri(path), "", "new", ""), 1_000_000)


def listed(path: Path, *places: str) -> list[str]:
    source = FolderSource()
    found = source.look(context(path), [str(path / one) for one in places]) if places else source.items(context(path))
    return [os.path.relpath(to_path(item.uri), path) for item in found]


TREE = """
    a.md: a
    b.log: b
    .hameauignore: *.log\\nbrouillons/\\n/secret.md\\n!garde.log
    garde.log: g
    secret.md: s
    brouillons/
        c.md: c
    projet/
        .hameauignore: !b.log\\n*.md\\n!lisez-moi.md
        a.md: a
        b.log: b
        lisez-moi.md: l
        secret.md: s
        fonds/
            d.md: d
            d.txt: d
"""


def test_patterns_hold_below_where_they_stand_and_the_deepest_weighs_most(tmp_path: Path) -> None:
    grow(tmp_path, TREE)
    assert sorted(listed(tmp_path)) == [
        "a.md",
        "garde.log",
        "projet/b.log",
        "projet/fonds/d.txt",
        "projet/lisez-moi.md",
    ]


def test_a_look_at_a_part_knows_the_patterns_above_it(tmp_path: Path) -> None:
    grow(tmp_path, TREE)
    assert listed(tmp_path, "brouillons", "brouillons/c.md", "secret.md", "b.log") == []
    assert listed(tmp_path, "projet/fonds", "projet/fonds/d.txt", "projet/secret.md") == ["projet/fonds/d.txt"]
    assert listed(tmp_path, ".hameauignore", "../ailleurs", "absent/x.md") == []


@pytest.mark.parametrize("line", ["!", "\\", "[z-a]", "[a", "***", "//", "\0", "\ufeff*.txt", "\udcff"])
def test_a_line_that_says_nothing_is_passed_over(tmp_path: Path, line: str) -> None:
    grow(tmp_path, "a.md: a\nb.txt: b")
    (tmp_path / ".hameauignore").write_bytes(os.fsencode(f"{line}\nb.*\n"))
    assert listed(tmp_path) in (["a.md"], [])


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, Path.mkdir, lambda path: path.symlink_to(path), lambda path: path.symlink_to("/dev/zero")],
)
def test_what_only_has_the_name_says_nothing(tmp_path: Path, make: Callable[[Path], object]) -> None:
    grow(tmp_path, "a.md: a")
    make(tmp_path / ".hameauignore")
    assert listed(tmp_path) == ["a.md"]


def test_a_link_to_patterns_that_are_kept_elsewhere_holds(tmp_path: Path) -> None:
    grow(tmp_path, "dossier/\n    a.md: a\n    b.log: b\nmotifs: *.log")
    (tmp_path / "dossier" / ".hameauignore").symlink_to(tmp_path / "motifs")
    assert listed(tmp_path / "dossier") == ["a.md"]


def test_our_own_folder_is_no_document(tmp_path: Path) -> None:
    grow(tmp_path, "a.md: a\nhameau/\n    hameau.db: x\n    b.md: b")
    source = FolderSource(but=[tmp_path / "hameau"])
    assert [item.title for item in source.items(context(tmp_path))] == ["a"]
    assert list(source.look(context(tmp_path), [str(tmp_path / "hameau"), str(tmp_path / "hameau" / "b.md")])) == []
    assert [item.title for item in source.items(context(tmp_path / "hameau"))] == ["b", "hameau"]


@pytest.mark.parametrize(
    "line", ["*a" * 12 + "*b", "**a" * 9 + "**b", r"*\(a" * 9 + "b", "*[(]*[(]*[(]*[(]b", "x/**/" * 6 + "y"]
)
def test_a_strangers_patterns_do_not_keep_us_for_ever(line: str) -> None:
    """They come with a shared folder of a server; names and patterns are both a stranger's. Without bounds: hours."""
    ignoring = Ignoring().saying(f"{line}\nsecret.txt\n".encode(), "")
    for name in ("a" * 250, "(a" * 120, "/".join("x" * 60), "(" * 250):
        assert not ignoring.leaves_out(name)
    assert ignoring.leaves_out("secret.txt")


@given(
    st.text(alphabet="*ab/?(.", min_size=1, max_size=9),
    st.lists(st.text(alphabet="abc/(.", min_size=1, max_size=10), max_size=6),
)
def test_patterns_mean_what_they_mean_to_git(line: str, names: list[str]) -> None:
    try:
        plain = pathspec.GitIgnoreSpec.from_lines([line])
    except ValueError:
        return
    ours = Ignoring().saying(line.encode(), "").spec
    assert ours is not None
    if line.count("*") > 3 and not ours.patterns:
        return  # left out: it would take too long
    for name in names:
        assert bool(ours.check_file(name).include) == bool(plain.check_file(name).include)
