"""What follows from what was seen. Pure: opens nothing, asks no clock."""

from __future__ import annotations

from collections.abc import Iterator

from hameau.kit import N_
from hameau.perimeter.proof.types import ATTEMPTS, CONTROLS, Chain, Said, Stage
from hameau.perimeter.proof.words import STEP_NAMES, WAYS


def observed(stage: Stage) -> tuple[int, int]:
    """The packets of the journey: all that were seen, and those of them that were not loopback."""
    journey = [each for each in stage.tallies if each.phase not in CONTROLS]
    outside = sum(each.outside for each in journey)
    return sum(each.loopback for each in journey) + outside, outside


def against(stage: Stage, journal: Chain) -> tuple[Said, ...]:
    """Everything that speaks against the proof; nothing: it passed."""
    return (*_packets(stage), *_witness(stage), *_steps(stage), *_tries(stage), *_journal(journal))


def _packets(stage: Stage) -> Iterator[Said]:
    _seen, outside = observed(stage)
    tried = sum(each.outside for each in stage.tallies if each.phase == ATTEMPTS)
    if outside > tried:
        yield Said(
            N_("Packets that wanted to leave the machine during the journey: {count}."), {"count": outside - tried}
        )
    if tried:
        yield Said(N_("Packets of the attempts on purpose that got past the border: {count}."), {"count": tried})
    if stage.lost:
        yield Said(
            N_("The capture lost {count} packets: what it did not see can’t be ruled out."), {"count": stage.lost}
        )
    if stage.counted_outside > outside:
        fields = {"counted": stage.counted_outside, "seen": outside}
        yield Said(N_("The kernel counted {counted} packets on the way out, the capture saw {seen}."), fields)


def _witness(stage: Stage) -> Iterator[Said]:
    for phase in CONTROLS:
        if not any(each.phase == phase for each in stage.controls):
            yield Said(N_("The control was not made."))
    for each in stage.controls:
        if not each.seen:
            fields = {"protocol": each.protocol, "address": each.address}
            yield Said(
                N_("The control packet to {address} ({protocol}) was not seen: the capture proves nothing."), fields
            )


def _steps(stage: Stage) -> Iterator[Said]:
    if not stage.steps:
        yield Said(N_("The journey was not made."))
    for step in stage.steps:
        if not step.ok:
            yield Said(N_("The step “{step}” failed."), {"step": STEP_NAMES.get(step.name, step.name)})


def _tries(stage: Stage) -> Iterator[Said]:
    if stage.held.level == "hook":
        yield Said(
            N_(
                "Only Python itself was bound on this machine: C libraries and other programs were not. Nothing is proven."
            )
        )
    if not set(WAYS) <= {each.way for each in stage.tries}:
        yield Said(N_("Not every attempt behind the border was made."))
    for each in stage.tries:
        fields = {"way": each.way}
        if each.captured:
            yield Said(N_("The attempt “{way}” got out."), fields)
        elif not each.refused:
            yield Said(N_("The attempt “{way}” was not refused."), fields)
        if not each.entry:
            yield Said(N_("The attempt “{way}” is not in the journal."), fields)


def _journal(journal: Chain) -> Iterator[Said]:
    if not journal.ok:
        yield Said(N_("The journal of the journey was not as it had been written."))
