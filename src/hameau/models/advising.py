"""Which model of the catalogue suits this machine, and why. Pure: what the machine has goes in, a verdict with reasons comes
out.

Where a model was measured here, that counts. Else its speed is reckoned from one that was, or from what two cores of an
ordinary server did: writing is bound by reading the weights from memory once a token, so it falls with their size; reading a
prompt is bound by arithmetic, so it falls with their size and rises with the cores.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hameau.kit import N_
from hameau.models.benching import Measured
from hameau.models.types import ModelCard

Verdict = Literal["best", "good", "slow", "too_large", "no_room", "other_language"]
READ_RATE = 40e9
"""Bytes of weights times tokens a second, for each core: 155 tokens/s of a 0.49 GB model on two cores of an AMD EPYC."""
WRITE_RATE = 18e9
"""Bytes of weights read in a second: 37 tokens/s of the same model there."""
PROMPT, ANSWER = 350, 60
"""Tokens that an answer over documents reads and writes, in the middle."""
PATIENCE = 20.0
"""Seconds of one answer that most people wait for."""
MARGIN = 500_000_000
"""Memory, and disk, that stay for everything else."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is. Bytes; ``memory`` is what could be had for a model now, ``memory_total`` what is built in."""

    memory: int
    memory_total: int
    cores: int
    disk: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence (a gettext id) and its fields; those that end in ``_bytes`` are sizes."""

    text: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to think of one model here. ``answer_s`` are the seconds of one answer, ``measured`` whether they were."""

    card: ModelCard
    verdict: Verdict
    answer_s: float
    measured: bool
    reasons: tuple[Reason, ...]
    installed: bool = False


def advise(
    cards: Sequence[ModelCard],
    installed: Collection[str],
    machine: Machine,
    measured: Mapping[str, Measured],
    language: str = "fr",
) -> tuple[Advice, ...]:
    """The chat models of ``cards``, the best first. The best is the largest that answers in time, speaks ``language``, and has
    room; where measured models have a score, the better one. Without one in time: the quickest."""
    judged = [_judged(card, card.id in installed, machine, measured, language) for card in cards if card.kind == "chat"]
    ranked = sorted(judged, key=lambda each: (_ORDER.index(each.verdict), *_worth(each, measured)))
    if not ranked or ranked[0].verdict not in ("good", "slow"):
        return tuple(ranked)
    first = ranked[0]
    why = Reason(_BEST if first.verdict == "good" else _QUICKEST, {})
    best = Advice(first.card, "best", first.answer_s, first.measured, (why, *first.reasons), first.installed)
    return (best, *ranked[1:])


_ORDER: tuple[Verdict, ...] = ("good", "slow", "no_room", "too_large", "other_language")
_BEST = N_("The most able one that answers in good time here.")
_QUICKEST = N_("None answers in good time here; this one is the quickest.")


def _worth(each: Advice, measured: Mapping[str, Measured]) -> tuple[float, float]:
    """Smaller is better. Among those that are slow the quickest, else the best score, then the largest."""
    if each.verdict == "slow":
        return each.answer_s, 0.0
    known = measured.get(each.card.id)
    right = known.score.right / known.score.asked if known and known.score and known.score.asked else None
    # A model that reads our questions worse than a coin is no better for being large.
    return (1.0 if right is not None and right < 0.5 else 0.0), -float(each.card.size_bytes)


def _judged(
    card: ModelCard, installed: bool, machine: Machine, measured: Mapping[str, Measured], language: str
) -> Advice:
    known = measured.get(card.id)
    seconds = known.answer_s if known and known.answer_s else answer_seconds(card, machine, measured)
    reasons = [_speed(seconds, known)]
    verdict: Verdict = "good"
    if known and known.score:
        reasons.append(
            Reason(
                N_("It answered {right} of our {asked} questions right."),
                {"right": known.score.right, "asked": known.score.asked},
            )
        )
    if language not in card.languages:
        verdict = "other_language"
        reasons.insert(0, Reason(N_("It does not speak your language."), {}))
    elif card.ram_bytes > machine.memory_total - MARGIN:
        verdict = "too_large"
        reasons.insert(0, _memory(N_("It needs {need_bytes} of memory; this machine has {have_bytes}."), card, machine))
    elif not installed and card.size_bytes + MARGIN > machine.disk:
        verdict = "no_room"
        fields = {"need_bytes": card.size_bytes, "have_bytes": machine.disk}
        reasons.insert(0, Reason(N_("It takes {need_bytes} on the disk, and {have_bytes} are free."), fields))
    else:
        verdict = "good" if seconds <= PATIENCE else "slow"
        if card.ram_bytes > machine.memory:
            said = N_("It needs {need_bytes} of memory: close other programs first, {have_bytes} are free now.")
            reasons.append(Reason(said, {"need_bytes": card.ram_bytes, "have_bytes": machine.memory}))
        else:
            reasons.append(_memory(N_("It needs {need_bytes} of memory of {have_bytes}."), card, machine))
    return Advice(card, verdict, seconds, known is not None, tuple(reasons), installed)


def _memory(said: str, card: ModelCard, machine: Machine) -> Reason:
    return Reason(said, {"need_bytes": card.ram_bytes, "have_bytes": machine.memory_total})


def _speed(seconds: float, known: Measured | None) -> Reason:
    said = (
        N_("Measured here: an answer takes about {seconds} s.")
        if known
        else N_("Estimated, not measured: an answer takes about {seconds} s.")
    )
    return Reason(said, {"seconds": max(1, round(seconds))})


def answer_seconds(card: ModelCard, machine: Machine, measured: Mapping[str, Measured]) -> float:
    """Seconds to read :data:`PROMPT` tokens and write :data:`ANSWER`, from the measured speed of this model, else from that of
    the measured one nearest in size, else from the rates above."""
    known = measured.get(card.id) or min(
        (each for each in measured.values() if each.read_per_s > 0 and each.write_per_s > 0),
        key=lambda each: abs(each.size_bytes - card.size_bytes),
        default=None,
    )
    if known is not None and known.read_per_s > 0 and known.write_per_s > 0:
        factor = card.size_bytes / max(1, known.size_bytes)
        return factor * (PROMPT / known.read_per_s + ANSWER / known.write_per_s)
    size = max(1, card.size_bytes)
    return PROMPT * size / (READ_RATE * max(1, machine.cores)) + ANSWER * size / WRITE_RATE
