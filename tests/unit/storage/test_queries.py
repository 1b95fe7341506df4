from __future__ import annotations

from pathlib import Path

import pytest

from hameau.storage import Queries


def write(folder: Path, text: str) -> Path:
    file = folder / "queries.sql"
    file.write_text(text, encoding="utf-8")
    return file


def test_statements_are_read_by_name(tmp_path: Path) -> None:
    queries = Queries(
        write(tmp_path, "-- What is here.\n\n-- first --\nselect 1;\n\n-- second_one --\n-- why\nselect 2;\n")
    )
    assert dict(queries) == {"first": "select 1;", "second_one": "-- why\nselect 2;"}


def test_a_name_may_not_stand_twice(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="twice"):
        Queries(write(tmp_path, "-- one --\nselect 1;\n-- one --\nselect 2;"))


def test_a_statement_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="before the first name"):
        Queries(write(tmp_path, "select 1;\n-- one --\nselect 2;"))


def test_an_unknown_name_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Queries(write(tmp_path, "-- one --\nselect 1;"))["two"]
