"""The verdict: a proof passes only when nothing at all speaks against it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.proofs import CHAIN, PROOF, STAGE
from hameau.perimeter.proof import said, verdict_line
from hameau.perimeter.proof.types import ATTEMPTS, Held, Proof, Said, Seen, Stage, Tally
from hameau.perimeter.proof.verdict import against, observed
from hameau.perimeter.proof.wire import decode, encode

TRY = STAGE.tries[0]
OUT = Seen("add", 1.5, "outside", "tcp", "198.18.0.1:1", "192.0.2.1:2", 60)


def test_a_clean_proof_passes() -> None:
    assert against(STAGE, CHAIN) == ()
    assert observed(STAGE) == (42, 0)


@pytest.mark.parametrize(
    "stage",
    [
        replace(STAGE, tallies=(*STAGE.tallies, Tally("ask", 3, 1)), seen=(OUT,)),
        replace(STAGE, tallies=(*STAGE.tallies, Tally(ATTEMPTS, 0, 1))),
        replace(STAGE, lost=1),
        replace(STAGE, counted_outside=1),
        replace(STAGE, controls=()),
        replace(STAGE, controls=STAGE.controls[:1]),
        replace(STAGE, controls=(replace(STAGE.controls[0], seen=False), STAGE.controls[1])),
        replace(STAGE, steps=()),
        replace(STAGE, steps=(replace(STAGE.steps[0], ok=False, code=1), STAGE.steps[1])),
        replace(STAGE, held=Held("hook", ("hook",))),
        replace(STAGE, tries=(replace(TRY, refused=False, error=""), *STAGE.tries[1:])),
        replace(STAGE, tries=(replace(TRY, entry=0), *STAGE.tries[1:])),
        replace(STAGE, tries=(replace(TRY, captured=True), *STAGE.tries[1:])),
        replace(STAGE, tries=()),
        replace(STAGE, tries=STAGE.tries[1:]),
    ],
)
def test_whatever_is_wrong_fails_the_proof_and_is_said(stage: Stage) -> None:
    reasons = against(stage, CHAIN)
    assert reasons
    for language in ("fr", "en"):
        assert all("{" not in said(each, language) for each in reasons)


def test_a_journal_that_was_changed_fails_the_proof() -> None:
    assert len(against(STAGE, replace(CHAIN, ok=False))) == 1


def test_packets_of_the_control_are_not_those_of_the_journey() -> None:
    assert observed(replace(STAGE, tallies=STAGE.tallies[:1])) == (0, 0)


def test_the_sentence_that_counts_says_both_numbers() -> None:
    assert "0" in verdict_line(PROOF, "en")
    assert "42" in verdict_line(PROOF, "fr")
    failed = replace(PROOF, passed=False, outside=3)
    assert "3" in verdict_line(failed, "en")
    assert "failed" in verdict_line(failed, "en")
    assert "failed" in verdict_line(replace(PROOF, passed=False), "en")


def test_a_proof_survives_its_file() -> None:
    assert decode(Proof, encode(PROOF, pretty=True)) == PROOF


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"format": 1}',
        encode(PROOF).decode().replace('"observed":42', '"observed":"42"'),
        encode(PROOF).decode().replace('"steps":[', '"steps":[7,'),
        encode(PROOF).decode().replace('"passed":true', '"passed":1'),
    ],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode(Proof, text)


def test_a_sentence_keeps_its_fields() -> None:
    assert decode(Said, encode(Said("a {b}", {"b": 1.5}))) == Said("a {b}", {"b": 1.5})
