"""What a command left becomes one line of numbers; what can't be understood is a failure, not a guess."""

from __future__ import annotations

import json

import pytest

from hameau.kit import say
from hameau.perimeter.proof import outcomes
from hameau.perimeter.proof.outcomes import Reader, judged
from hameau.perimeter.proof.processes import Finished

GOOD: list[tuple[Reader, object, str]] = [
    (outcomes.models, [{"id": "m", "installed": True}, {"id": "n", "installed": False}], "here: m"),
    (
        outcomes.added,
        {"status": {"documents": 2, "passages": 5, "embedded_passages": 5, "failed": 0, "pending": 0}},
        "documents: 2, passages: 5, found by meaning too: 5, not readable: 0",
    ),
    (outcomes.found, {"results": [1, 2]}, "passages found: 2"),
    (
        outcomes.answered,
        {"model": "m", "answered": True, "sentences": [1], "citations": [1, 2], "conversation": "c"},
        "answered by m: 1 sentences, 2 quotes",
    ),
    (outcomes.held, {"protection": {"level": "gate", "walls": ["seccomp"], "proven": True}}, "proven: gate (seccomp)"),
    (outcomes.status, {"documents": 2, "pending": 0}, "documents: 2, waiting: 0"),
    (
        outcomes.healthy,
        {"healthy": True, "checks": [{"state": "ok"}, {"state": "warn"}]},
        "checks: 2, things to note: 1",
    ),
    (outcomes.verified, {"ok": True, "entries": 9}, "entries: 9, none changed"),
    (outcomes.done, None, "done"),
]


@pytest.mark.parametrize(("read", "told", "words"), GOOD)
def test_what_a_command_said_in_one_line(read: Reader, told: object, words: str) -> None:
    came = judged(read, Finished(0, json.dumps(told), "", 1.0))
    assert came.ok
    assert words in say(came.said.text, "en", came.said.fields)


@pytest.mark.parametrize("read", [read for read, _, _ in GOOD if read is not outcomes.done])
@pytest.mark.parametrize("out", ["", "null", "no json", "[]", "{}", '{"status": 3}'])
def test_what_is_not_understood_is_a_failure(read: Reader, out: str) -> None:
    came = judged(read, Finished(0, out, "", 1.0))
    assert not came.ok or (read is outcomes.models and out in ("[]", "{}"))  # no model is no failure


@pytest.mark.parametrize(("read", "told", "words"), GOOD)
def test_a_bad_exit_code_is_a_failure_whatever_was_said(read: Reader, told: object, words: str) -> None:
    came = judged(read, Finished(1, json.dumps(told), "one\ntwo\nthree\nthe disk is full\n", 1.0))
    assert not came.ok
    assert "the disk is full" in say(came.said.text, "en", came.said.fields)


def test_too_long_is_a_failure() -> None:
    assert not judged(outcomes.done, Finished(None, "", "", 9.0)).ok


def test_documents_that_were_not_read_are_a_failure() -> None:
    status = {"documents": 2, "passages": 1, "embedded_passages": 1, "failed": 0, "pending": 1}
    assert not judged(outcomes.added, Finished(0, json.dumps({"status": status}), "", 1.0)).ok


def test_what_the_doctor_found_is_said() -> None:
    checks = [
        {"name": "disk", "state": "fail", "detail": "0.1 GB free"},
        {"name": "memory", "state": "ok", "detail": "x"},
    ]
    came = judged(outcomes.healthy, Finished(1, json.dumps({"healthy": False, "checks": checks}), "", 1.0))
    assert came.said.fields["reason"] == "disk: 0.1 GB free"
