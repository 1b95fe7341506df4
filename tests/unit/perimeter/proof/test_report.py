"""The report for people: both languages, every fact, and nobody's words can break out of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.proofs import PROOF, STAGE
from hameau.perimeter.proof.report import render
from hameau.perimeter.proof.types import Said, Seen, Step, Tally


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ["Rien ne sort", "Refaites-le vous-même", "n’affirme pas", "tcpdump", "refusé", "Wireshark"]),
        ("en", ["Nothing leaves", "Rerun it yourself", "does not claim", "tcpdump", "refused", "Wireshark"]),
    ],
)
def test_a_report_says_what_was_done_seen_and_claimed(language: str, words: list[str]) -> None:
    text = render(PROOF, language)
    for word in [*words, PROOF.key, PROOF.code_sha256, PROOF.journal.head, PROOF.name, "192.0.2.1", "42", "gate"]:
        if word != "gate":
            assert word in text
    assert "{" not in text
    assert "hameau perimeter prove --check" in text


def test_what_is_not_there_is_said_plainly() -> None:
    text = render(PROOF, "en")
    assert "speech" in text
    assert "No model that answers" in text
    assert "speech" not in render(replace(PROOF, commands_missing=()), "en")
    assert "No model that answers" not in render(replace(PROOF, stage=replace(STAGE, model="smollm2")), "en")


def test_a_proof_that_failed_says_so_first_and_shows_the_packets() -> None:
    seen = Seen("add", 1.5, "outside", "udp", "198.18.0.1:1", "192.0.2.7:53", 60)
    stage = replace(STAGE, seen=(seen,), tallies=(Tally("add", 1, 1),))
    text = render(
        replace(PROOF, passed=False, outside=1, reasons=(Said("The journey was not made."),), stage=stage), "en"
    )
    assert "failed" in text.split("##")[0]
    assert "192.0.2.7:53" in text


def test_the_words_of_a_program_stay_in_their_cell() -> None:
    nasty = "a | b ` c\n\n# Passed <script>"
    step = Step("add", "hameau add", 1.0, 1, False, Said("It failed: {reason}", {"reason": nasty}))
    text = render(replace(PROOF, stage=replace(STAGE, steps=(step,))), "en")
    assert "<script>" not in text
    assert "\n# Passed" not in text
    assert "a \\| b ' c # Passed &lt;script>" in text
