"""What ``hameau doctor`` looks at: the machine, the home folder, the models. Each check says what it found and what to do."""

from __future__ import annotations

import logging
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hameau.assistant import turns_unindexed
from hameau.hub.components import needed, there
from hameau.hub.hub import Hub
from hameau.hub.keeping import last_backup
from hameau.hub.repairing import leftovers
from hameau.kit import N_, HameauError
from hameau.library import disagreements
from hameau.models import free_memory, physical_cores
from hameau.perimeter import words

_log = logging.getLogger(__name__)

State = Literal["ok", "warn", "fail"]

LEAST_DISK, GOOD_DISK = 500_000_000, 3_000_000_000
"""Bytes: below the first nothing can be fetched or read safely, below the second the larger starter model does not fit."""
LEAST_MEMORY = 1_500_000_000
"""Bytes that the small starter model and the embedder need together, with room for the text of a file."""
OLD_BACKUP_DAYS = 31
WALLS = {"limits", "namespace", "landlock", "seccomp"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``title``, ``detail`` and ``hint`` are English text ids with the ``fields``."""

    name: str
    state: State
    title: str
    detail: str
    hint: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


def checkup(hub: Hub, only: Container[str] = ()) -> tuple[Check, ...]:
    """Every check, or ``only`` those named, in the order in which a person would repair things. None changes anything."""
    chosen = [look for look in _CHECKS if not only or _name(look) in only]
    return tuple(check for look in chosen for check in _guarded(look, hub))


def _name(look: Callable[[Hub], Iterator[Check]]) -> str:
    return look.__name__.removeprefix("_")


def _guarded(look: Callable[[Hub], Iterator[Check]], hub: Hub) -> Iterator[Check]:
    """A check that breaks is a finding, not the end of the others."""
    name = _name(look)
    try:
        yield from look(hub)
    except HameauError as error:
        yield Check(name, "fail", _TITLES[name], error.message, error.hint, error.fields)
    except Exception as error:  # noqa: BLE001 - an edge: the other checks still run
        _log.warning("the check %s broke", name, exc_info=error)
        yield Check(name, "fail", _TITLES[name], N_("could not be checked: {reason}"), fields={"reason": error})


def _python(_hub: Hub) -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", "ok", _TITLES["python"], N_("version {version}"), fields={"version": version})


def _processor(_hub: Hub) -> Iterator[Check]:
    cores = physical_cores()
    fields = {"cores": cores}
    if cores < 2:
        hint = N_("Answers will be slow; choose a small model (hameau models list).")
        yield Check("processor", "warn", _TITLES["processor"], N_("physical cores: {cores}"), hint, fields)
    else:
        yield Check("processor", "ok", _TITLES["processor"], N_("physical cores: {cores}"), fields=fields)


def _memory(_hub: Hub) -> Iterator[Check]:
    free = free_memory()
    fields = {"free": free / 1e9}
    if free < LEAST_MEMORY:
        hint = N_("Close other programs: the small model needs about 1.5 GB.")
        yield Check("memory", "warn", _TITLES["memory"], N_("{free} GB free"), hint, fields)
    else:
        yield Check("memory", "ok", _TITLES["memory"], N_("{free} GB free"), fields=fields)


def _disk(hub: Hub) -> Iterator[Check]:
    free = shutil.disk_usage(hub.home).free
    fields = {"free": free / 1e9, "home": hub.home}
    state: State = "fail" if free < LEAST_DISK else "warn" if free < GOOD_DISK else "ok"
    hint = N_("Free some space, or choose another disk with HAMEAU_HOME.") if state != "ok" else ""
    yield Check("disk", state, _TITLES["disk"], N_("{free} GB free at {home}"), hint, fields)


def _home(hub: Hub) -> Iterator[Check]:
    rights = stat.S_IMODE(hub.home.stat().st_mode)
    fields = {"home": hub.home, "rights": f"{rights:04o}"}
    if rights & 0o077:
        hint = N_("Other accounts of this machine may look in. Correct it with: chmod 700 {home}")
        yield Check("home", "warn", _TITLES["home"], N_("{home} has the rights {rights}"), hint, fields)
    else:
        yield Check("home", "ok", _TITLES["home"], N_("{home} is yours alone"), fields=fields)


def _database(hub: Hub) -> Iterator[Check]:
    wrong = hub.database.check()
    if wrong:
        hint = N_("Stop Hameau, then: hameau doctor --repair, which saves what can be read; or hameau restore.")
        fields = {"reason": "; ".join(wrong[:3])}
        yield Check("database", "fail", _TITLES["database"], N_("damaged: {reason}"), hint, fields)
    elif hub.key is not None:
        yield Check("database", "ok", _TITLES["database"], N_("sound, and encrypted"))
    else:
        yield Check("database", "ok", _TITLES["database"], N_("sound"))


def _library(hub: Hub) -> Iterator[Check]:
    wrong = disagreements(hub.database)
    if turns := turns_unindexed(hub.database):
        wrong["conversations"] = turns
    hint = N_("Stop Hameau, then: hameau doctor --repair")
    for name, count in wrong.items():
        yield Check("library", "fail", _TITLES["library"], _WRONG[name], hint, {"count": count})
    if not wrong:
        yield Check("library", "ok", _TITLES["library"], N_("texts, search index, vectors and conversations agree"))


def _backup(hub: Hub) -> Iterator[Check]:
    last = last_backup(hub.database)
    hint = N_("Make one, best on another disk: hameau backup PATH")
    if last is None:
        yield Check("backup", "warn", _TITLES["backup"], N_("none was ever made"), hint)
        return
    fields = {"moment": last.made_at[:10], "path": last.path}
    if last.days > OLD_BACKUP_DAYS:
        yield Check("backup", "warn", _TITLES["backup"], N_("the last one is of {moment}, in {path}"), hint, fields)
    else:
        yield Check("backup", "ok", _TITLES["backup"], N_("the last one is of {moment}, in {path}"), fields=fields)


def _leftovers(hub: Hub) -> Iterator[Check]:
    left = leftovers(hub.home)
    if left:
        fields = {"names": ", ".join(path.name for path in left[:3]), "count": len(left)}
        hint = N_("Stop Hameau, then: hameau doctor --repair")
        detail = N_("something was cut off and left files behind: {names}")
        yield Check("leftovers", "warn", _TITLES["leftovers"], detail, hint, fields)


def _components(_hub: Hub) -> Iterator[Check]:
    missing = [name for name in needed() if not there(name)]
    if missing:
        hint = N_("Install Hameau again: make install")
        fields = {"names": ", ".join(missing)}
        yield Check("components", "fail", _TITLES["components"], N_("missing: {names}"), hint, fields)
    else:
        yield Check(
            "components", "ok", _TITLES["components"], N_("all {count} are here"), fields={"count": len(needed())}
        )


def _models(hub: Hub) -> Iterator[Check]:
    installed = hub.models.installed()
    for kind, wanted in (("chat", N_("no model that answers")), ("embedding", N_("no model that finds by meaning"))):
        if not any(model.card.kind == kind for model in installed):
            names = [card.id for card in hub.models.recommended() if card.kind == kind]
            hint = N_("Fetch one with: hameau models add {name}")
            yield Check("models", "warn", _TITLES["models"], wanted, hint, {"name": names[0] if names else "…"})
    for model in installed:
        fields = {"name": model.card.id}
        try:
            hub.models.facts(model.card.id)
        except HameauError as error:
            hint = N_("Remove it and fetch it again: hameau models remove {name}, then hameau models add {name}")
            _log.info("the model %s is not intact: %s", model.card.id, error)
            yield Check("models", "fail", _TITLES["models"], N_("{name} is damaged"), hint, fields)
        else:
            yield Check("models", "ok", _TITLES["models"], N_("{name} is intact"), fields=fields)


def _pictures(hub: Hub) -> Iterator[Check]:
    notices = hub.extractor.notices()
    for notice in notices:
        yield Check("pictures", "warn", _TITLES["pictures"], notice)
    if not notices:
        yield Check("pictures", "ok", _TITLES["pictures"], N_("read in French and English"))


def _sandbox(hub: Hub) -> Iterator[Check]:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text("<!DOCTYPE html><title>x</title><p>Bonjour.</p>", encoding="utf-8")
        hub.extractor.extract(page)
    walls = set(hub.extractor.walls or ())
    fields = {"walls": ", ".join(sorted(walls)), "lacking": ", ".join(sorted(WALLS - walls))}
    if walls >= WALLS:
        yield Check("sandbox", "ok", _TITLES["sandbox"], N_("files are read behind all walls: {walls}"), fields=fields)
    else:
        hint = N_("This system lacks some; files from strangers are read with less protection.")
        yield Check("sandbox", "warn", _TITLES["sandbox"], N_("missing walls: {lacking}"), hint, fields)


def _perimeter(hub: Hub) -> Iterator[Check]:
    protection = hub.perimeter.self_test()
    if protection.proven:
        yield Check("perimeter", "ok", _TITLES["perimeter"], words.PROVEN)
    elif protection.failures:
        fields = {"failures": ", ".join(protection.failures)}
        hint = N_("Something let Hameau's attempts out. docs/perimeter.md says how to find out what.")
        yield Check("perimeter", "fail", _TITLES["perimeter"], words.BROKEN, hint, fields)
    else:
        hint = N_("docs/perimeter.md says what each level needs of the system. What was missing: {reason}")
        fields = {"reason": protection.lacking or "—"}
        yield Check("perimeter", "warn", _TITLES["perimeter"], words.ENFORCEMENT[protection.level], hint, fields)


def _journal(hub: Hub) -> Iterator[Check]:
    found = hub.perimeter.journal.verify()
    if found.ok:
        yield Check(
            "journal", "ok", _TITLES["journal"], N_("{entries} entries, none touched"), "", {"entries": found.entries}
        )
    else:
        hint = N_("See what and where with: hameau journal verify")
        fields = {"count": len(found.problems)}
        yield Check("journal", "fail", _TITLES["journal"], N_("not as it was written, in {count} places"), hint, fields)


def _running(hub: Hub) -> Iterator[Check]:
    if address := hub.presence.address():
        yield Check("running", "ok", _TITLES["running"], N_("at {address}"), fields={"address": address})
    else:
        yield Check("running", "ok", _TITLES["running"], N_("not now"))


_WRONG = {
    "text index": N_("the search index does not match the texts ({count})"),
    "documents": N_("documents are miscounted, or have lost text ({count})"),
    "vectors": N_("vectors are miscounted ({count})"),
    "sources": N_("sources have documents that nobody would read ({count})"),
    "parts": N_("documents inside others that are gone ({count})"),
    "conversations": N_("conversations that a search does not find ({count})"),
}

_TITLES = {
    "python": N_("Python"),
    "processor": N_("Processor"),
    "memory": N_("Memory"),
    "disk": N_("Disk"),
    "home": N_("Home folder"),
    "components": N_("Components"),
    "database": N_("Database"),
    "library": N_("Library"),
    "backup": N_("Backup"),
    "leftovers": N_("Leftovers"),
    "models": N_("Models"),
    "pictures": N_("Text in pictures"),
    "sandbox": N_("Reading strangers' files"),
    "perimeter": N_("Perimeter"),
    "journal": N_("Journal"),
    "running": N_("Server"),
}

_CHECKS: tuple[Callable[[Hub], Iterator[Check]], ...] = (
    _python,
    _processor,
    _memory,
    _disk,
    _home,
    _components,
    _database,
    _library,
    _backup,
    _leftovers,
    _models,
    _pictures,
    _sandbox,
    _perimeter,
    _journal,
    _running,
)
