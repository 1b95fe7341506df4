"""Checks a report that somebody made: its signature, its hashes, and the packets counted again. Believes nothing in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hameau.kit import N_, Corrupt, NotFound
from hameau.perimeter.journal.keys import PublicKey
from hameau.perimeter.journal.verify import verify_file
from hameau.perimeter.proof import verdict
from hameau.perimeter.proof.headers import headers
from hameau.perimeter.proof.making import FACTS, FORMAT, JOURNAL, KEY, SIGNATURE
from hameau.perimeter.proof.pcap import LOOPBACK, read
from hameau.perimeter.proof.types import CONTROL_FILE, CONTROLS, JOURNEY_FILE, Control, Proof, Said
from hameau.perimeter.proof.wire import decode

_LARGEST = 100_000_000  # bytes of the facts


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found. ``ok``: the report is as it was signed, and its facts agree with its captures."""

    ok: bool
    proof: Proof | None
    """``None`` when it could not be read."""
    key: str
    """The public key in hexadecimal."""
    packets: int
    """Of the journey, counted again."""
    problems: tuple[Said, ...] = ()


def check(folder: Path) -> Findings:
    """Checks the report in ``folder``. Raises :class:`NotFound` when there is none."""
    if not (folder / FACTS).is_file():
        raise NotFound(
            N_("There is no proof in {folder}."), hint=N_("Name the folder that holds proof.json."), folder=folder
        )
    with (folder / FACTS).open("rb") as stream:
        facts = stream.read(_LARGEST)
    key = PublicKey.read(_bytes(folder / KEY))
    problems = list(_signature(folder, facts, key))
    try:
        proof = decode(Proof, facts)
    except (ValueError, RecursionError):
        problems.append(Said(N_("proof.json can’t be understood.")))
        return Findings(False, None, key.text if key else "", 0, tuple(problems))
    problems += _files(folder, proof)
    if key is not None and proof.key != key.text:
        problems.append(Said(N_("The key in proof.json is not the one that signed.")))
    packets, found = _packets(folder, proof)
    problems += [*found, *_judgement(proof), *_journal(folder, proof)]
    return Findings(not problems, proof, key.text if key else "", packets, tuple(problems))


def _signature(folder: Path, facts: bytes, key: PublicKey | None) -> Iterator[Said]:
    if key is None:
        yield Said(N_("The public key is missing or damaged."))
    elif not key.signed(facts, base64.b64encode(_bytes(folder / SIGNATURE))):
        yield Said(N_("The signature does not fit: proof.json was changed after it was signed, or by somebody else."))


def _files(folder: Path, proof: Proof) -> Iterator[Said]:
    here = {path.name for path in folder.iterdir()} - {FACTS, SIGNATURE}
    for name in sorted(here - set(proof.files)):
        yield Said(N_("The file {name} does not belong to the report."), {"name": name})
    for name, noted in proof.files.items():
        if name not in here:
            yield Said(N_("The file {name} is missing."), {"name": name[:200]})
        elif hashlib.sha256(_bytes(folder / name)).hexdigest() != noted.sha256:
            yield Said(N_("The file {name} was changed."), {"name": name[:200]})


def _packets(folder: Path, proof: Proof) -> tuple[int, list[Said]]:
    """The captures, read again, against the facts."""
    problems = []
    try:
        journey = sum(each.hardware != LOOPBACK for each in read(folder / JOURNEY_FILE))
        control = [headers(each.protocol, each.data) for each in read(folder / CONTROL_FILE)]
    except (Corrupt, OSError):
        return 0, [Said(N_("A capture of packets is missing or damaged."))]
    if journey != proof.outside:
        fields = {"told": proof.outside, "found": journey}
        problems.append(Said(N_("proof.json speaks of {told} packets outwards; the capture holds {found}."), fields))
    places = {(each.protocol, each.target, each.port) for each in control}
    missing = [each for each in proof.stage.controls if each.seen and _key(each) not in places]
    text = N_("The control packet to {address} is not in its capture.")
    problems += [Said(text, {"address": each.address}) for each in missing]
    told = sum(each.outside for each in proof.stage.tallies if each.phase in CONTROLS)
    if len(control) != told:
        fields = {"told": told, "found": len(control)}
        problems.append(Said(N_("proof.json speaks of {told} control packets; the capture holds {found}."), fields))
    return journey, problems


def _key(each: Control) -> tuple[str, str, int]:
    return each.protocol, each.address, each.port


def _judgement(proof: Proof) -> Iterator[Said]:
    """The verdict, drawn again from the facts."""
    if proof.format != FORMAT:
        yield Said(N_("This report was made by another version of Hameau."))
    reasons = verdict.against(proof.stage, proof.journal)
    if proof.passed != (not reasons) or (proof.observed, proof.outside) != verdict.observed(proof.stage):
        yield Said(N_("The verdict does not follow from the facts."))


def _journal(folder: Path, proof: Proof) -> Iterator[Said]:
    try:
        found = verify_file(folder / JOURNAL)
    except (Corrupt, OSError):
        yield Said(N_("The exported journal is missing or damaged."))
        return
    if (found.ok, found.entries, found.head, found.key) != (
        proof.journal.ok,
        proof.journal.entries,
        proof.journal.head,
        proof.journal.key,
    ):
        yield Said(N_("The exported journal is not the one that proof.json speaks of."))


def _bytes(path: Path) -> bytes:
    """Its content; nothing when it can't be read, which then fits nothing."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
