"""A proof as it looks when all went well, to change one thing of and see."""

from __future__ import annotations

from hameau.perimeter.proof.types import (
    ATTEMPTS,
    CONTROLS,
    Chain,
    Control,
    File,
    Held,
    Proof,
    Said,
    Stage,
    Step,
    Tally,
    Try,
)

CHAIN = Chain(ok=True, entries=20, head="ab" * 32, key="cd" * 32, refused=6)
TCP = ("python", "c", "child", "ipv6", "udp")
STAGE = Stage(
    began=1_795_300_000.0,
    ended=1_795_300_030.5,
    namespace="user",
    interfaces=("lo", "outside"),
    sham="dummy",
    steps=(
        Step("add", "hameau add DOCUMENTS --json", 2.5, 0, True, Said("passages found: {count}", {"count": 3})),
        Step(ATTEMPTS, "python", 0.5, 0, True, Said("done")),
    ),
    tallies=(Tally(CONTROLS[0], 0, 1), Tally("add", 40, 0), Tally(ATTEMPTS, 2, 0), Tally(CONTROLS[1], 0, 1)),
    seen=(),
    lost=0,
    counted_outside=0,
    controls=tuple(Control(phase, "tcp", "192.0.2.1", 4000, True) for phase in CONTROLS),
    tries=(
        *(Try(way, "192.0.2.1", 5000 + n, "EACCES", True, 10 + n, False) for n, way in enumerate(TCP)),
        Try("unix", "neighbour.sock", 6002, "EACCES", True, 21, False),
        Try("name", "hameau-x.invalid", 6001, "EHOSTUNREACH", True, 20, False),
    ),
    held=Held("gate", ("seccomp", "landlock")),
    model="",
    files=2,
)
PROOF = Proof(
    format="hameau-proof-1",
    name="hameau-proof-2026-11-21-2130",
    passed=True,
    reasons=(),
    observed=42,
    outside=0,
    stage=STAGE,
    journal=CHAIN,
    samples=False,
    commands_missing=("transcribe",),
    machine={"system": "Debian", "threads": 2, "root": False},
    versions={"hameau": "0.1.0"},
    code_sha256="ef" * 32,
    key="01" * 32,
    files={"journey.pcap": File("23" * 32, 24)},
)
