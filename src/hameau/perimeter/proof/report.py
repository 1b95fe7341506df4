"""The report for people, in French and in English: plain words around the facts of ``proof.json``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from hameau.kit import N_, say
from hameau.perimeter.proof.types import CONTROLS, Proof, Said, Tally, Try
from hameau.perimeter.proof.words import FACTS, LEVELS, STEP_NAMES, WAYS
from hameau.perimeter.words import WALLS

REPORTS: Mapping[str, str] = {"rapport.md": "fr", "report.md": "en"}
"""The files, and their languages."""
_SHOWN = 50

_PASSED = N_("0 packets left the machine, out of {observed} packets observed.")
_FAILED_OUT = N_("{outside} packets wanted to leave the machine, out of {observed} packets observed. The proof failed.")
_FAILED = N_("The proof failed. {outside} packets wanted to leave the machine, out of {observed} packets observed.")
_TELLS = {
    True: (N_("seen"), N_("refused"), N_("done")),
    False: (N_("NOT SEEN"), N_("NOT REFUSED"), N_("FAILED")),
}
_NOT_THERE = {
    "transcribe": N_("Writing down speech is not part of this Hameau yet, so it was not part of the journey."),
    "journal": N_("The command that checks the journal is not there."),
    "perimeter": N_("The command that shows the border is not there."),
}
_NO_MODEL = N_(
    "No model that answers was installed: answers were the sentences of the documents themselves. Install one and run it again."
)
_SAMPLES = N_("the sample documents that come with Hameau")
_OWN = N_("documents of the person who ran it; of them only the folder’s path is kept, in the journal of the trial")
_ROOT = N_("made by root")
_USER = N_("made by an ordinary user, in a user namespace of its own")


def verdict_line(proof: Proof, language: str) -> str:
    """The one sentence that counts."""
    text = _PASSED if proof.passed else _FAILED_OUT if proof.outside else _FAILED
    return say(text, language, {"observed": proof.observed, "outside": proof.outside})


def said(what: Said, language: str) -> str:
    """A sentence of the proof; texts among its fields that we know are translated too."""
    known = {*STEP_NAMES.values(), *WAYS}
    fields = {name: _word(value, language) if value in known else value for name, value in what.fields.items()}
    return say(what.text, language, fields)


def render(proof: Proof, language: str) -> str:
    """The whole report as Markdown."""
    text = Path(__file__).with_name(f"report.{language}.md").read_text(encoding="utf-8")
    stage = proof.stage
    fields = {
        "name": proof.name,
        "when": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(stage.began)),
        "minutes": _seconds(stage.ended - stage.began, language),
        "verdict": verdict_line(proof, language),
        "reasons": _list(said(each, language) for each in proof.reasons),
        "documents": say(_SAMPLES if proof.samples else _OWN, language),
        "files": stage.files,
        "notes": _notes(proof, language),
        "namespace": say(_ROOT if stage.namespace == "root" else _USER, language),
        "interfaces": ", ".join(stage.interfaces),
        "sham": stage.sham,
        "steps": _steps(proof, language),
        "packets": _tallies(stage.tallies, language),
        "seen": _seen(proof),
        "lost": stage.lost,
        "counted": stage.counted_outside,
        "observed": proof.observed,
        "outside": proof.outside,
        "controls": _controls(proof, language),
        "level": say(LEVELS.get(stage.held.level, stage.held.level), language),
        "walls": _list(f"{wall}: {say(WALLS[wall], language)}" if wall in WALLS else wall for wall in stage.held.walls),
        "tries": _tries(stage.tries, language),
        "journal_entries": proof.journal.entries,
        "journal_refused": proof.journal.refused,
        "journal_head": proof.journal.head,
        "journal_key": proof.journal.key,
        "machine": _table(proof.machine, language),
        "versions": _table(proof.versions, language),
        "code": proof.code_sha256,
        "key": proof.key,
        "hashes": "\n".join(f"| `{name}` | {each.bytes} | `{each.sha256}` |" for name, each in proof.files.items()),
    }
    return text.format_map(fields)


def _notes(proof: Proof, language: str) -> str:
    notes = [say(_NOT_THERE[name], language) for name in proof.commands_missing if name in _NOT_THERE]
    if not proof.stage.model:
        notes.append(say(_NO_MODEL, language))
    return _list(notes)


def _steps(proof: Proof, language: str) -> str:
    return "\n".join(
        f"| {_name(step.name, language)} | `{_cell(step.command)}` | {_seconds(step.seconds, language)} "
        f"| {'—' if step.code is None else step.code} | {say(_TELLS[step.ok][2], language)} "
        f"| {_cell(said(step.said, language))} |"
        for step in proof.stage.steps
    )


def _tallies(tallies: Iterable[Tally], language: str) -> str:
    rows = [each for each in tallies if each.phase not in CONTROLS]
    return "\n".join(f"| {_name(each.phase, language)} | {each.loopback} | {each.outside} |" for each in rows)


def _seen(proof: Proof) -> str:
    """The packets that were not loopback, one by one, but not those of the control."""
    rows = [each for each in proof.stage.seen if each.phase not in CONTROLS][:_SHOWN]
    return _list(f"`{each.phase}`: {each.protocol} {each.source} → {each.target}, {each.bytes}" for each in rows)


def _controls(proof: Proof, language: str) -> str:
    return "\n".join(
        f"| {_name(each.phase, language)} | {each.protocol} | `{each.address}` | {each.port} "
        f"| {say(_TELLS[each.seen][0], language)} |"
        for each in proof.stage.controls
    )


def _tries(tries: Iterable[Try], language: str) -> str:
    yes, no = say(N_("yes"), language), say(N_("no"), language)
    return "\n".join(
        f"| {_word(each.way, language)} | `{_cell(each.target)}` | {say(_TELLS[each.refused][1], language)} "
        f"| {each.entry or '—'} | {yes if each.captured else no} |"
        for each in tries
    )


def _name(phase: str, language: str) -> str:
    return say(STEP_NAMES.get(phase, phase), language)


def _word(value: object, language: str) -> str:
    return say(WAYS.get(str(value), str(value)), language)


def _seconds(value: float, language: str) -> str:
    written = f"{value:.1f} s"
    return written.replace(".", ",") if language == "fr" else written


def _list(lines: Iterable[str]) -> str:
    return "".join(f"\n- {line}" for line in lines)


def _table(facts: Mapping[str, object], language: str) -> str:
    named = {say(FACTS.get(name, name), language): value for name, value in facts.items()}
    yes_no = {True: say(N_("yes"), language), False: say(N_("no"), language)}
    return "\n".join(
        f"| {name} | {yes_no[value] if isinstance(value, bool) else _cell(str(value))} |"
        for name, value in named.items()
    )


def _cell(text: str) -> str:
    """One cell of a table: what others wrote can't break out of it."""
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'").replace("<", "&lt;")
