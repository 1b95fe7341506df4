"""Models on their way to this machine. One thread each; what became of them is kept until the server stops.

Knows nothing of how a model is fetched: the room ``models`` does it and says how far it is.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from dataclasses import dataclass, field

from hameau.kit import N_, Cancelled, Conflict, HameauError, NotFound, Refused, explain, new_id
from hameau.perimeter import Connection, asked_by
from hameau.server.errors import known
from hameau.server.ports import ModelsFace
from hameau.server.shapes import Arrival

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Running:
    id: str
    model: str
    done: int = 0
    total: int = 0
    finished: bool = False
    error: HameauError | None = None
    cancel: threading.Event = field(default_factory=threading.Event)


class Arrivals:
    """Starts additions and tells how far each one is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}

    def start(self, models: ModelsFace, model: str, *, consent: bool = False) -> str:
        """Begins to add ``model`` in the background; its id here. One model is added once at a time.

        ``consent`` is the person's yes to the one download that the model needs, where it needs one.
        """
        wanted = consent_of(models, model)
        if wanted is not None and not consent:
            raise Refused(
                N_("This model comes from {host}: that download needs your yes."),
                hint=N_("Say yes to this one download, or add the model from a file."),
                host=wanted.host,
            )
        with self._lock:
            if any(one.model == model and not one.finished for one in self._running.values()):
                raise Conflict(N_("This model is already on its way."), hint=N_("Wait until it is there."))
            for old in [one.id for one in self._running.values() if one.finished and one.model == model]:
                del self._running[old]
            running = _Running(new_id("arrival"), model)
            self._running[running.id] = running
        context = contextvars.copy_context()  # the journal says through which face the model was asked for
        threading.Thread(
            target=context.run, args=(self._add, models, running, wanted), name=f"add {model}", daemon=True
        ).start()
        return running.id

    def stop(self, arrival_id: str) -> None:
        """Asks a running addition to stop. What is half there is the room ``models``' to clear away."""
        with self._lock:
            running = self._running.get(arrival_id)
        if running is None:
            raise NotFound(N_("No such model is on its way."), hint=N_("See the list of models."))
        running.cancel.set()

    def _add(self, models: ModelsFace, running: _Running, consent: Connection | None) -> None:
        def progress(done: int, total: int) -> None:
            running.done, running.total = done, total

        try:
            models.add(running.model, progress, cancel=running.cancel, consent=consent)
        except Cancelled as error:
            running.error = error
        except Exception as error:  # noqa: BLE001 - the edge of a thread: the page shows it
            running.error = known(error)
            log.warning("adding the model %s failed: %s", running.model, error)
        finally:
            running.finished = True

    def list(self, language: str) -> tuple[Arrival, ...]:
        """All of them, the newest first, errors in ``language``."""
        with self._lock:
            running = sorted(self._running.values(), key=lambda one: one.id, reverse=True)
        return tuple(_shown(one, language) for one in running)


def _shown(running: _Running, language: str) -> Arrival:
    if not running.finished:
        return Arrival(running.id, running.model, "running", running.done, running.total)
    if running.error is None:
        return Arrival(running.id, running.model, "done", running.total, running.total)
    message, hint = explain(running.error, language)
    return Arrival(running.id, running.model, "failed", running.done, running.total, message, hint)


def consent_of(models: ModelsFace, model: str) -> Connection | None:
    """What must be said yes to before ``model`` can come; nothing for files of this machine and for unknown names."""
    if any(card.id == model for card in models.cards()):
        return models.consent_for(model, asked_by())
    return None
