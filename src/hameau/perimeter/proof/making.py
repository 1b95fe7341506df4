"""Makes a proof: has the stage play, judges what it saw, writes the report and signs it.

The report's folder is there as a whole or not at all. However it ends, no process and no temporary home stays behind: the
stage ends with this process, and this process takes away what a stage that was killed has left.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hameau.kit import N_, Corrupt, HameauError, NotEnough, Unavailable
from hameau.perimeter.journal import Journal, Kind
from hameau.perimeter.journal.folder import ours
from hameau.perimeter.kernel import NotPermitted
from hameau.perimeter.proof import machine, verdict
from hameau.perimeter.proof.endings import DIES_WITH_US, end_session
from hameau.perimeter.proof.report import REPORTS, render
from hameau.perimeter.proof.types import CONTROL_FILE, JOURNEY_FILE, Chain, File, Order, Proof, Stage, Step
from hameau.perimeter.proof.wire import decode, encode

FORMAT = "hameau-proof-1"
FACTS, SIGNATURE, KEY, JOURNAL = "proof.json", "proof.json.sig", "public-key.pem", "journal.zip"
_log = logging.getLogger(__name__)
_STAGE = "from hameau.perimeter.proof.stage import main; main()"
_COMMAND = (sys.executable, "-c", DIES_WITH_US + "from hameau.cli import main; main()")
_ATTEMPTS = (sys.executable, "-c", DIES_WITH_US + "from hameau.perimeter.proof.attempts import main; main()")
_PARTS = ("perimeter", "journal", "transcribe")
"""Commands of the journey that a Hameau may lack."""
_END_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to be proven. ``second`` follows from ``question``."""

    home: Path
    """The person's own home: its journal's key signs, and notes that a proof was made."""
    out: Path
    """In which folder the report's folder is made."""
    models: Path
    documents: Path
    samples: bool
    question: str
    second: str
    words: str
    model: str
    language: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """A step begins (``done`` is ``None``) or is done."""

    name: str
    done: Step | None = None


def prove(wish: Wish, tell: Callable[[Progress], None] = lambda _progress: None) -> tuple[Path, Proof]:
    """Plays the journey and writes the report: its folder, and the facts. ``proof.passed`` says how it ended.

    Raises :class:`NotPermitted` where the machine allows no network of one's own or no look at its packets,
    :class:`NotEnough` on a full disk, :class:`Unavailable` when the stage broke.
    """
    with _workplace() as work, _folder(wish.out, time.time()) as (folder, name):
        order = _order(wish, work, folder)
        proof = _written(wish, order, _play(order, tell), folder, name)
    return wish.out / name, proof


def _order(wish: Wish, work: Path, folder: Path) -> Order:
    return Order(
        work=str(work),
        report=str(folder),
        models=str(wish.models),
        documents=str(wish.documents),
        samples=wish.samples,
        question=wish.question,
        second=wish.second,
        words=wish.words,
        model=wish.model,
        language=wish.language,
        hameau=_COMMAND,
        commands=wish.commands,
        attempts=_ATTEMPTS,
    )


def _play(order: Order, tell: Callable[[Progress], None]) -> Stage:
    """Runs the stage in a process and a session of its own, and listens to it."""
    with (order.folder / "stage.err").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", _STAGE, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    assert process.stdin and process.stdout  # noqa: S101 - asked for above
    try:
        with process.stdin as into:
            into.write(encode(order) + b"\n")
        for line in process.stdout:
            told = json.loads(line)
            if (stage := _heard(told, tell)) is not None:
                return stage
    except (BrokenPipeError, ValueError) as error:
        _log.warning("the stage was not understood", exc_info=error)
    finally:
        _end(process)
    _log.warning(
        "the stage said: %s", (order.folder / "stage.err").read_text(encoding="utf-8", errors="replace")[-3000:]
    )
    raise Unavailable(
        N_("The proof was cut off: its sealed stage ended too early."),
        hint=N_("Try again; « hameau --verbose perimeter prove » says more."),
    )


def _heard(told: dict[str, Any], tell: Callable[[Progress], None]) -> Stage | None:
    """One line of the stage. Raises what the stage could not do."""
    event = told.pop("event")
    if event == "stage":
        return decode(Stage, json.dumps(told))
    if event == "step":
        tell(Progress(str(told["name"])))
    elif event == "done":
        step = decode(Step, json.dumps(told))
        tell(Progress(step.name, step))
    elif event == "error":
        kind = NotPermitted if told["code"] == NotPermitted.code else Unavailable
        raise kind(told["message"], hint=told["hint"], **told["fields"])
    elif event == "system":
        raise told_plainly(OSError(told["errno"], os.strerror(told["errno"]), told["name"]))
    return None


def told_plainly(error: OSError) -> HameauError | OSError:
    """A full disk in plain words; any other error as it is."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return NotEnough(
            N_("The disk is full: the proof could not be kept."),
            hint=N_("Free some space and try again; nothing was left behind."),
        )
    return error


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asks the stage to end, ends it if it does not, and then whatever it left."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
    end_session(process.pid)


def _written(wish: Wish, order: Order, stage: Stage, folder: Path, name: str) -> Proof:
    """Fills the folder; the facts and their signature come last."""
    own = Journal(wish.home / "journal")
    journey = Journal(order.home / "journal")
    try:
        own.mark(name)  # a journal has a key from its first use on
        key = ours(own.folder)
        for file in (JOURNEY_FILE, CONTROL_FILE):
            shutil.copyfile(order.folder / file, folder / file)
        (folder / KEY).write_bytes(key.public.pem)
        proof = _judged(wish, stage, _chain(journey, folder / JOURNAL), name, key.public.text)
        proof = replace(proof, files=hashes(folder))
        for file, language in REPORTS.items():
            (folder / file).write_text(render(proof, language), encoding="utf-8")
        proof = replace(proof, files=hashes(folder))
        facts = encode(proof, pretty=True)
        (folder / FACTS).write_bytes(facts)
        (folder / SIGNATURE).write_bytes(base64.b64decode(key.sign(facts)))
        own.record(Kind.EXPORTED, what=name, sha256=hashlib.sha256(facts).hexdigest(), passed=proof.passed)
    except OSError as error:
        raise told_plainly(error) from error
    finally:
        journey.close()
        own.close()
    return proof


def _chain(journey: Journal, target: Path) -> Chain:
    """The journal of the journey, exported and checked."""
    summary = journey.summary()
    try:
        found = journey.export(target)
    except Corrupt:
        return Chain(False, 0, "", summary.key, summary.refused)
    return Chain(found.ok, found.entries, found.head, found.key, summary.refused)


def _judged(wish: Wish, stage: Stage, journal: Chain, name: str, key: str) -> Proof:
    reasons = verdict.against(stage, journal)
    observed, outside = verdict.observed(stage)
    return Proof(
        format=FORMAT,
        name=name,
        passed=not reasons,
        reasons=reasons,
        observed=observed,
        outside=outside,
        stage=stage,
        journal=journal,
        samples=wish.samples,
        commands_missing=tuple(part for part in _PARTS if part not in wish.commands),
        machine=machine.machine(),
        versions=machine.versions(),
        code_sha256=machine.code_sha256(),
        key=key,
    )


def hashes(folder: Path) -> dict[str, File]:
    """Every file of the report but the facts and their signature, which hold the others."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.name not in (FACTS, SIGNATURE):
            content = path.read_bytes()
            found[path.name] = File(hashlib.sha256(content).hexdigest(), len(content))
    return found


@contextmanager
def _workplace() -> Iterator[Path]:
    work = Path(tempfile.mkdtemp(prefix="hameau-proof-"))
    try:
        yield work
    except OSError as error:
        raise told_plainly(error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _folder(out: Path, began: float) -> Iterator[tuple[Path, str]]:
    """A folder that gets its name when it is whole."""
    out.mkdir(parents=True, exist_ok=True)
    coming = Path(tempfile.mkdtemp(prefix=".hameau-proof-", dir=out))
    coming.chmod(0o755)
    name = _free_name(out, time.strftime("hameau-proof-%Y-%m-%d-%H%M", time.localtime(began)))
    try:
        yield coming, name
        coming.rename(out / name)
    except BaseException:
        shutil.rmtree(coming, ignore_errors=True)
        raise


def _free_name(out: Path, name: str) -> str:
    number = 1
    while (out / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return name if number == 1 else f"{name}-{number}"
