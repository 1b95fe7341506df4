"""``hameau journal`` as a person uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hameau.perimeter.journal import Journal, Kind


def filled(home: Path) -> Journal:
    journal = Journal(home / "journal")
    for number in range(5):
        journal.record(Kind.REFUSED, act="connect", program="curl", host=f"h{number}.example", port=443)
    journal.record(Kind.MODEL_ADDED, by="page", model="petit")
    journal.close()
    return journal


def test_what_happened_is_shown(home: Path, hameau: Callable[..., Any]) -> None:
    filled(home)
    lines = hameau("journal", "show", "--limit", "2").out.splitlines()
    assert lines[0].endswith("The model petit was added.\tpage")
    assert lines[1].endswith("curl wanted to reach h4.example:443: refused.\t")
    found = json.loads(hameau("journal", "show", "--kind", "refused", "--text", "H3", "--since", "1h", "--json").out)
    assert [(each["number"], each["kind"], each["facts"]["host"]) for each in found] == [(4, "refused", "h3.example")]
    assert json.loads(hameau("journal", "show", "--until", "yesterday", "--json").out) == []
    assert "petit" in hameau("journal", "show", environment={"HAMEAU_LANGUAGE": "fr"}).out


def test_moments_that_are_none_are_not_understood(home: Path, hameau: Callable[..., Any]) -> None:
    done = hameau("journal", "show", "--since", "jadis")
    assert (done.code, "no moment" in done.err) == (2, True)
    assert hameau("journal", "verify", "--head", "xyz").code == 2


def test_a_check_says_what_is_wrong_and_where(home: Path, hameau: Callable[..., Any]) -> None:
    journal = filled(home)
    noted = journal.summary().head
    done = hameau("journal", "verify", "--head", noted)
    assert done.code == 0
    assert noted in done.out
    segment = home / "journal" / "000001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b"h2.example", b"hX.example"))
    done = hameau("journal", "verify", "--json")
    found = json.loads(done.out)
    assert (done.code, found["ok"]) == (1, False)
    assert [(each["segment"], each["line"], each["entry"]) for each in found["problems"]] == [("000001.jsonl", 3, 3)]


def test_an_export_is_checked_without_the_home(home: Path, tmp_path: Path, hameau: Callable[..., Any]) -> None:
    filled(home)
    file = tmp_path / "journal.zip"
    assert json.loads(hameau("journal", "export", str(file), "--json").out)["entries"] == 6
    elsewhere = {"HAMEAU_HOME": str(tmp_path / "elsewhere")}
    assert json.loads(hameau("journal", "verify", str(file), "--json", environment=elsewhere).out)["ok"]
    assert "journal was exported (entries: 6)" in hameau("journal", "show", "--limit", "1").out
    assert hameau("journal", "verify", __file__).code == 1
    assert hameau("journal", "export", str(tmp_path / "x.zip"), environment=elsewhere).code == 1
