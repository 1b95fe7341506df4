"""What a command of the journey left, in one line of numbers: from its exit code and its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hameau.kit import N_
from hameau.perimeter.proof.processes import Finished
from hameau.perimeter.proof.types import Plain, Said


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step went. ``known`` is what later steps need of it."""

    ok: bool
    said: Said
    known: Mapping[str, str] = field(default_factory=dict)


Reader = Callable[[Any], Outcome]
"""Makes an outcome of the JSON that a command printed."""


def judged(read: Reader, done: Finished) -> Outcome:
    """The outcome of a command; one with an exit code other than 0 failed, whatever it printed."""
    if done.code is None:
        return wrong(N_("It took too long and was stopped."))
    if done.code != 0:
        return failed(done)
    try:
        return read(json.loads(done.out or "null"))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return wrong(N_("What it said was not understood."))


def wrong(text: str, **fields: Plain) -> Outcome:
    """A step that failed, and why."""
    return Outcome(False, Said(text, fields))


def failed(done: Finished) -> Outcome:
    """A step that failed, with the last lines of its error output, else with the checks that were not good."""
    lines = [line.strip() for line in done.err.splitlines() if line.strip()][-3:] or _bad_checks(done.out)
    return wrong(N_("It failed: {reason}"), reason=" ".join(lines)[:400] or f"exit code {done.code}")


def _bad_checks(out: str) -> list[str]:
    """Of « hameau doctor », which says on its output alone what is wrong."""
    try:
        return [f"{each['name']}: {each['detail']}" for each in json.loads(out)["checks"] if each["state"] == "fail"]
    except (ValueError, TypeError, KeyError):
        return []


def done(_told: Any) -> Outcome:
    """Of a command of which only the exit code counts."""
    return Outcome(True, Said(N_("done")))


def models(told: Any) -> Outcome:
    here = [str(each["id"]) for each in told if each["installed"]]
    return Outcome(True, Said(N_("here: {models}"), {"models": ", ".join(here) or "—"}))


def held(told: Any) -> Outcome:
    found = told["protection"]
    fields = {"level": str(found["level"]), "walls": ", ".join(str(wall) for wall in found["walls"])}
    if not found["proven"]:
        return wrong(N_("the border is not proven: {level}"), level=fields["level"])
    return Outcome(True, Said(N_("the border is proven: {level} ({walls})"), fields))


def added(told: Any) -> Outcome:
    names = ("documents", "passages", "embedded_passages", "failed", "pending")
    fields = {name: int(told["status"][name]) for name in names}
    text = N_(
        "documents: {documents}, passages: {passages}, found by meaning too: {embedded_passages}, not readable: {failed}"
    )
    if fields["pending"]:
        return wrong(N_("documents that were not read: {pending}"), pending=fields["pending"])
    return Outcome(fields["documents"] > 0, Said(text, fields), {"files": str(fields["documents"])})


def found(told: Any) -> Outcome:
    return Outcome(True, Said(N_("passages found: {count}"), {"count": len(told["results"])}))


def answered(told: Any) -> Outcome:
    model = str(told["model"] or "")
    fields: dict[str, Plain] = {"sentences": len(told["sentences"]), "quotes": len(told["citations"]), "model": model}
    if not model:
        text = N_("answered without a model, by the sentences themselves: {sentences}, quotes: {quotes}")
    elif told["answered"]:
        text = N_("answered by {model}: {sentences} sentences, {quotes} quotes")
    else:
        text = N_("{model} said that the documents do not hold the answer")
    return Outcome(True, Said(text, fields), {"conversation": str(told["conversation"]), "model": model})


def status(told: Any) -> Outcome:
    fields = {name: int(told[name]) for name in ("documents", "pending")}
    return Outcome(True, Said(N_("documents: {documents}, waiting: {pending}"), fields))


def healthy(told: Any) -> Outcome:
    fields = {"checks": len(told["checks"]), "warnings": sum(each["state"] == "warn" for each in told["checks"])}
    return Outcome(bool(told["healthy"]), Said(N_("checks: {checks}, things to note: {warnings}"), fields))


def verified(told: Any) -> Outcome:
    return Outcome(bool(told["ok"]), Said(N_("entries: {entries}, none changed"), {"entries": int(told["entries"])}))
