"""Models on their way to this machine. One thread each; what became of them is kept until the server stops.

An arrival can be paused (what came is kept, and it goes on from there) and stopped (what came is thrown away). Knows nothing of
how a model is fetched: the room ``models`` does it and says how far it is.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from hameau.kit import N_, Cancelled, Conflict, HameauError, NotFound, Refused, explain, new_id
from hameau.perimeter import Connection, asked_by
from hameau.server.errors import known
from hameau.server.model_shapes import Arrival
from hameau.server.ports import ModelsFace

log = logging.getLogger(__name__)

State = Literal["running", "paused", "stopped", "done", "failed"]


@dataclass(slots=True)
class _Running:
    id: str
    model: str
    consent: bool
    """The person's yes to this download holds for going on with it too."""
    state: State = "running"
    wish: State = "running"
    """What a person wants of it: it becomes so as soon as the work notices."""
    done: int = 0
    total: int = 0
    error: HameauError | None = None
    cancel: threading.Event = field(default_factory=threading.Event)


class Arrivals:
    """Starts additions, lets them pause and go on, and tells how far each one is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}

    def start(self, models: ModelsFace, model: str, *, consent: bool = False) -> str:
        """Begins to add ``model`` in the background; its id here. One model is added once at a time.

        ``consent`` is the person's yes to the one download that the model needs, where it needs one.
        """
        wanted = _allowed(models, model, consent)
        with self._lock:
            if any(one.model == model and one.state == "running" for one in self._running.values()):
                raise Conflict(N_("This model is already on its way."), hint=N_("Wait until it is there."))
            for old in [one.id for one in self._running.values() if one.model == model]:
                del self._running[old]
            running = _Running(new_id("arrival"), model, consent)
            self._running[running.id] = running
        self._set_out(models, running, wanted)
        return running.id

    def pause(self, arrival_id: str) -> None:
        """Lets it rest; what came is kept. Nothing happens when it is not on its way."""
        with self._lock:
            running = self._one(arrival_id)
            if running.state == "running" and running.wish == "running":
                running.wish = "paused"
                running.cancel.set()

    def resume(self, models: ModelsFace, arrival_id: str) -> None:
        """Goes on with one that rests, or tries one anew that failed. Raises ``Refused`` when it needs a new yes."""
        with self._lock:
            running = self._one(arrival_id)
        if running.state in ("running", "done"):
            if running.wish == "paused":
                raise Conflict(N_("It is just coming to rest."), hint=N_("Try again in a moment."))
            return
        wanted = _allowed(models, running.model, running.consent)
        with self._lock:
            if running.state in ("running", "done"):
                return
            running.state = running.wish = "running"
            running.error, running.cancel = None, threading.Event()
        self._set_out(models, running, wanted)

    def stop(self, models: ModelsFace, arrival_id: str) -> None:
        """Ends it; what came is thrown away as soon as nobody writes to it any more."""
        with self._lock:
            running = self._one(arrival_id)
            if running.state == "done":
                return
            running.wish = "stopped"
            running.cancel.set()
            resting = running.state != "running"
            if resting:
                running.state = "stopped"
        if resting:
            _discard(models, running.model)

    def _one(self, arrival_id: str) -> _Running:
        if arrival_id not in self._running:
            raise NotFound(N_("No such model is on its way."), hint=N_("See the list of models."))
        return self._running[arrival_id]

    def _set_out(self, models: ModelsFace, running: _Running, wanted: Connection | None) -> None:
        context = contextvars.copy_context()  # the journal says through which face the model was asked for
        work: Callable[[], None] = lambda: self._add(models, running, wanted)  # noqa: E731 - shorter than a partial
        threading.Thread(target=context.run, args=(work,), name=f"add {running.model}", daemon=True).start()

    def _add(self, models: ModelsFace, running: _Running, consent: Connection | None) -> None:
        def progress(done: int, total: int) -> None:
            running.done, running.total = done, total

        ended: State = "done"
        try:
            models.add(running.model, progress, cancel=running.cancel, consent=consent)
        except Cancelled as error:
            running.error, ended = error, "failed" if running.wish == "running" else running.wish
        except Exception as error:  # noqa: BLE001 - the edge of a thread: the page shows it
            running.error, ended = known(error), "failed"
            log.warning("adding the model %s failed: %s", running.model, error)
        with self._lock:
            if ended in ("paused", "failed") and running.wish == "stopped":
                ended = "stopped"
            running.state = ended
        if ended == "stopped":
            _discard(models, running.model)

    def list(self, language: str) -> tuple[Arrival, ...]:
        """All of them, the newest first, errors in ``language``."""
        with self._lock:
            running = sorted(self._running.values(), key=lambda one: one.id, reverse=True)
        return tuple(_shown(one, language) for one in running)


def _shown(running: _Running, language: str) -> Arrival:
    if running.state == "done":
        return Arrival(running.id, running.model, "done", running.total, running.total)
    message, hint = explain(running.error, language) if running.error and running.state == "failed" else ("", "")
    return Arrival(running.id, running.model, running.state, running.done, running.total, message, hint)


def _allowed(models: ModelsFace, model: str, consent: bool) -> Connection | None:
    """The Connection that the download needs. Raises ``Refused`` when nobody said yes to it."""
    wanted = consent_of(models, model)
    if wanted is not None and not consent:
        raise Refused(
            N_("This model comes from {host}: that download needs your yes."),
            hint=N_("Say yes to this one download, or add the model from a file."),
            host=wanted.host,
        )
    return wanted


def _discard(models: ModelsFace, model: str) -> None:
    """Throws away what came of ``model``; trouble with the disk is no reason to fail what a person asked."""
    try:
        models.discard(model)
    except HameauError as error:
        log.warning("what came of %s could not be thrown away: %s", model, error)


def consent_of(models: ModelsFace, model: str) -> Connection | None:
    """What must be said yes to before ``model`` can come; nothing for files of this machine and for unknown names."""
    if any(card.id == model for card in models.cards()):
        return models.consent_for(model, asked_by())
    return None
