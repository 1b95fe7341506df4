"""The chat engines in memory: loaded when they are asked for, shared, put away when their memory is needed or their time is
over. Knows nothing of catalogues and folders.

The rules (docs/decisions/0022-pool-of-engines.md):

- One engine for the same weights, whatever the model is called. Two models load at once; one loads once, and whoever asks
  meanwhile waits for it, outside every lock.
- Room is made by putting away the one whose last use is longest ago, never one that writes or is waited for. When all of
  them do, nobody new enters the oldest, and its room is taken when it has answered.
- An engine with more room for text than asked for is used as it is; with less, it is loaded anew once nobody uses it.
- An engine goes ``keep_alive`` seconds after its last use, as the last one who used it wished.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum

from hameau.kit import N_, Cancelled, HameauError, NotEnough, Unavailable
from hameau.models.ports import Cancel, Generator
from hameau.models.turns import Turns
from hameau.models.types import EngineOptions, InstalledModel, LoadedModel, Memory
from hameau.perimeter import asked_by

logger = logging.getLogger(__name__)

Weights = tuple[object, ...]
_LOOK = 0.05  # seconds between two looks at whether the one who waits has hung up
_NUMBERS = itertools.count()
_GRACE = 30.0  # seconds that one asked for with no time to live waits for its first request


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants a model. ``context`` in tokens; ``keep_alive`` in seconds after its use, negative: until its memory
    is needed."""

    context: int
    keep_alive: float


class _State(Enum):
    LOADING = "loading"
    READY = "ready"
    LEAVING = "leaving"


class _Comer:
    """Who waits for an engine to be there."""

    __slots__ = ("admitted", "context")

    def __init__(self, context: int) -> None:
        self.context = context
        self.admitted = False
        """It was counted among the users the moment the engine came, so that it can't be put away before."""


class _Engine:
    """One engine: on its way, there, or leaving. Guarded by the pool's lock."""

    def __init__(self, model: InstalledModel, options: EngineOptions, needs: int) -> None:
        self.model, self.options, self.needs = model, options, needs
        self.turns = Turns(options.parallel)
        self.state = _State.LOADING
        self.generator: Generator | None = None
        self.problem: HameauError | None = None
        self.names = {model.card.id}
        self.users = 0
        """Requests that write or wait for their turn."""
        self.comers: list[_Comer] = []
        self.larger = 0
        """Who waits for it to be free, to load it anew with more room."""
        self.number = next(_NUMBERS)
        self.blocked = False
        """It waits for another one's memory, …"""
        self.stuck = False
        """… and that one is writing."""
        self.yielding = False
        """Another one waits for its memory: nobody new enters."""
        self.loaded_at = time.time()
        self.used_at = time.monotonic()
        self.expires: float | None = None
        self.closing = False
        """It goes as soon as nobody uses it; ``doomed``: before."""
        self.doomed = False

    @property
    def idle(self) -> bool:
        """It is there, and nobody uses it now."""
        return self.state is _State.READY and not self.users

    @property
    def held(self) -> int:
        """Bytes in memory."""
        return self.generator.memory_bytes if self.generator is not None else 0


class Pool:
    """Thread-safe. ``load`` makes an engine, ``needs`` says how many bytes it will take with these options (and raises what is
    wrong with it), ``free`` how many bytes are free; ``budget`` bounds what all hold together, 0: by what is free."""

    def __init__(
        self,
        load: Callable[[InstalledModel, EngineOptions], Generator],
        needs: Callable[[InstalledModel, EngineOptions], int],
        free: Callable[[], int],
        *,
        budget: int = 0,
    ) -> None:
        self._load, self._needs, self._free, self.budget = load, needs, free, budget
        self._changed = threading.Condition()
        self._engines: dict[Weights, _Engine] = {}
        self._threads: set[threading.Thread] = set()
        self._keeper: threading.Thread | None = None
        self._closed = False

    def names(self) -> tuple[str, ...]:
        """The ids of the models that are ready, the one used last first."""
        with self._changed:
            return tuple(name for engine in self._ready() for name in (engine.model.card.id, *sorted(engine.names)))

    def loaded(self) -> tuple[LoadedModel, ...]:
        """What is in memory, the one used last first."""
        with self._changed:
            ready = [(engine, engine.generator, engine.expires) for engine in self._ready()]
        later = time.time() - time.monotonic()
        return tuple(
            LoadedModel(
                engine.model,
                engine.options.context,
                generator.memory_bytes if generator is not None else 0,
                engine.loaded_at,
                None if expires is None or engine.users else expires + later,
                engine.turns.running,
                engine.turns.waiting,
            )
            for engine, generator, expires in ready
        )

    def memory(self, total: int) -> Memory:
        """How much models hold, of ``total`` bytes."""
        with self._changed:
            used = sum(engine.held for engine in self._engines.values())
            free = max(0, self._room())
            return Memory(total, free, self.budget or used + free, used)

    def want(self, model: InstalledModel, options: EngineOptions, wish: Wish) -> None:
        """Loads ``model`` and returns when it is there, or when it has to wait for others to finish. Raises
        :class:`NotEnough`, :class:`Corrupt`, :class:`Missing`, …"""
        with self._changed:
            try:
                engine = self._entered(model, replace(options, context=wish.context), None, patient=False)
            except _NotNow:
                return
        self._left(engine, replace(wish, keep_alive=wish.keep_alive or _GRACE))

    @contextmanager
    def using(
        self,
        model: InstalledModel,
        options: EngineOptions,
        wish: Wish,
        cancel: Cancel | None,
        seen: Callable[..., None],
    ) -> Iterator[Generator]:
        """The engine of ``model`` for one answer, when it is its turn. ``seen(turns, ticket)`` is told its place in line.

        Raises as :meth:`want` does, :class:`Busy` when too many wait, :class:`Cancelled` when ``cancel`` is set first.
        """
        with self._changed:
            engine = self._entered(model, replace(options, context=wish.context), cancel)
        try:
            ticket = engine.turns.ticket(asked_by())
            try:
                seen(engine.turns, ticket)
                engine.turns.wait(ticket, cancel)
                if engine.generator is None:
                    raise _put_away()
                yield engine.generator
            finally:
                engine.turns.leave(ticket)
        finally:
            self._left(engine, wish)

    def unload(self, weights: Weights, *, now: bool = False) -> None:
        """Puts an engine away: as soon as nobody uses it, or ``now``, which ends what it writes with an error."""
        with self._changed:
            engine = self._engines.get(weights)
            if engine is None:
                return
            engine.closing = True
            engine.doomed |= now
            if engine.state is _State.READY and (now or engine.idle):
                self._leave(engine)
            self._changed.notify_all()
            if now:
                self._changed.wait_for(lambda: self._engines.get(weights) is not engine)

    def close(self) -> None:
        """Ends every engine, and waits until they are gone."""
        with self._changed:
            self._closed = True
            for engine in tuple(self._engines.values()):
                if engine.state is _State.READY:
                    self._leave(engine)
            self._changed.notify_all()
        while True:
            with self._changed:
                if not self._threads:
                    return
                thread = next(iter(self._threads))
            thread.join()

    # --- entering and leaving; with the lock held ---

    def _entered(
        self, model: InstalledModel, options: EngineOptions, cancel: Cancel | None, *, patient: bool = True
    ) -> _Engine:
        while True:
            if self._closed:
                raise _put_away()
            if cancel is not None and cancel.is_set():
                raise Cancelled
            engine = self._engines.get(model.weights)
            if engine is None:
                engine = self._begin(model, options)
            elif engine.state is _State.READY and not engine.yielding:
                if engine.options.context >= options.context and not engine.larger:
                    engine.users += 1
                    return self._used(engine, model)
                if engine.options.context < options.context:
                    if not patient and engine.users:
                        raise _NotNow
                    self._grow(engine, options, cancel)
                    continue
            if not patient and (engine.stuck or engine.yielding or engine.larger):
                raise _NotNow
            if self._wait_at(engine, options.context, cancel, patient):
                return self._used(engine, model)

    def _wait_at(self, engine: _Engine, context: int, cancel: Cancel | None, patient: bool) -> bool:
        """Waits until something happened to ``engine``; whether that was that it came, and is held for who waited."""
        comer = _Comer(context)
        engine.comers.append(comer)
        while not comer.admitted and engine.problem is None:
            self._changed.wait(None if cancel is None else _LOOK)
            gone = cancel is not None and cancel.is_set()
            if comer.admitted or gone or engine.state is not _State.LOADING or (engine.stuck and not patient):
                break
        if comer in engine.comers:
            engine.comers.remove(comer)
        if engine.problem is not None:
            problem = engine.problem
            raise type(problem)(problem.message, hint=problem.hint, **problem.fields) from problem
        return comer.admitted

    def _used(self, engine: _Engine, model: InstalledModel) -> _Engine:
        engine.model = model
        engine.names.add(model.card.id)
        engine.closing = False
        engine.used_at = time.monotonic()
        return engine

    def _left(self, engine: _Engine, wish: Wish) -> None:
        with self._changed:
            engine.users -= 1
            engine.used_at = time.monotonic()
            engine.expires = None if wish.keep_alive < 0 else engine.used_at + wish.keep_alive
            if not engine.users:
                if engine.idle and (engine.closing or wish.keep_alive == 0):
                    self._leave(engine)
                self._changed.notify_all()
            if engine.expires is not None and self._keeper is None and self._engines:
                self._keeper = threading.Thread(target=self._keep, name="hameau-keeper", daemon=True)
                self._keeper.start()

    # --- loading; with the lock held ---

    def _begin(self, model: InstalledModel, options: EngineOptions) -> _Engine:
        engine = _Engine(model, options, self._needs(model, options))
        self._engines[model.weights] = engine
        self._work(self._bring, engine)
        return engine

    def _grow(self, engine: _Engine, options: EngineOptions, cancel: Cancel | None) -> None:
        """Loads ``engine`` anew with the room of ``options``, once nobody uses it. What can't fit is said before."""
        needs = self._needs(engine.model, options)
        others = sum(other.held for other in self._engines.values() if other is not engine and other.idle)
        if (room := self._room() + max(engine.held, engine.needs) + others) < needs:
            raise _not_enough(engine.model, needs, room)
        engine.larger += 1
        try:
            while engine.state is _State.READY and engine.users:
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                self._changed.wait(None if cancel is None else _LOOK)
        finally:
            engine.larger -= 1
            self._changed.notify_all()
        if self._engines.get(engine.model.weights) is engine and engine.state is _State.READY:
            self._leave(engine, _Engine(engine.model, options, needs))

    def _leave(self, engine: _Engine, successor: _Engine | None = None) -> None:
        engine.state = _State.LEAVING
        engine.turns.close()
        self._work(self._take_away, engine, successor)

    def _work(self, job: Callable[..., None], *what: object) -> None:
        def run() -> None:
            try:
                job(*what)
            finally:
                with self._changed:
                    self._threads.discard(thread)
                    self._changed.notify_all()

        thread = threading.Thread(target=run, name="hameau-engine", daemon=True)
        self._threads.add(thread)
        thread.start()

    # --- in threads of their own, without the lock ---

    def _take_away(self, engine: _Engine, successor: _Engine | None) -> None:
        if engine.generator is not None:
            engine.generator.close()
        with self._changed:
            weights = engine.model.weights
            engine.generator = None
            del self._engines[weights]
            if successor is not None and not self._closed:
                self._engines[weights] = successor
                self._work(self._bring, successor)
            self._changed.notify_all()

    def _bring(self, engine: _Engine) -> None:
        generator: Generator | None = None
        problem: HameauError | None = None
        try:
            self._make_room(engine)
            generator = self._load(engine.model, engine.options)
        except HameauError as error:
            problem = error
        except Exception as error:  # the edge of a thread: whoever waits must not wait for ever
            logger.exception("The engine of %s could not be loaded", engine.model.card.id)
            problem = Unavailable(N_("The model failed: {reason}"), reason=str(error))
        with self._changed:
            engine.generator = generator
            engine.loaded_at, engine.used_at = time.time(), time.monotonic()
            if generator is not None and (engine.doomed or self._closed):
                problem = _put_away()
            engine.problem = problem
            if generator is None:
                del self._engines[engine.model.weights]
            elif problem is not None:
                self._leave(engine)
            else:
                self._open(engine)
            self._changed.notify_all()

    def _open(self, engine: _Engine) -> None:
        engine.state = _State.READY
        for comer in engine.comers:
            if comer.context <= engine.options.context:
                comer.admitted = True
                engine.users += 1
        if engine.closing and not engine.users:
            self._leave(engine)

    def _make_room(self, engine: _Engine) -> None:
        """Puts others away until ``engine`` fits; waits for those that write. Raises :class:`NotEnough` when even that would
        not do, before anything is put away, and :class:`Cancelled` when nobody wants it any more."""
        with self._changed:
            try:
                while (room := self._room(engine)) - self._ahead(engine) < engine.needs and not self._closed:
                    engine.blocked = True
                    others = [e for e in self._engines.values() if e is not engine and e.needs and not e.blocked]
                    there = sorted((e for e in others if e.state is _State.READY), key=lambda e: e.used_at)
                    settled = len(there) == len(others) and not self._ahead(engine)
                    if settled and room + sum(each.held or each.needs for each in there) < engine.needs:
                        raise _not_enough(engine.model, engine.needs, room)
                    idle = [each for each in there if each.idle]
                    if idle and settled:
                        self._leave(idle[0])
                    elif settled and not any(each.yielding for each in there):
                        there[0].yielding = True
                    engine.stuck = settled and not idle
                    if not engine.comers and time.monotonic() - engine.used_at > _GRACE:
                        raise Cancelled
                    self._changed.notify_all()
                    self._changed.wait(1.0)  # programs that are not ours free memory too
            finally:
                engine.blocked = engine.stuck = False
                for each in self._engines.values():
                    each.yielding = False
                self._changed.notify_all()

    def _ahead(self, engine: _Engine) -> int:
        """Bytes that those want who wait for room longer than ``engine``."""
        return sum(each.needs for each in self._engines.values() if each.blocked and each.number < engine.number)

    def _room(self, but: _Engine | None = None) -> int:
        """Bytes that another engine, or ``but``, could take. The system counts a file that is mapped as free memory; we
        don't."""
        others = [each for each in self._engines.values() if each is not but]
        ready = [each for each in others if each.state is not _State.LOADING]
        coming = sum(each.needs for each in others if each.state is _State.LOADING and not each.blocked)
        free = self._free() - coming - sum(min(each.held, each.model.card.size_bytes) for each in ready)
        if self.budget:
            free = min(free, self.budget - coming - sum(each.held for each in ready))
        return free

    def _ready(self) -> list[_Engine]:
        ready = (engine for engine in self._engines.values() if engine.state is _State.READY)
        return sorted(ready, key=lambda engine: -engine.used_at)

    def _keep(self) -> None:
        """Puts away what nobody asked for in its time; ends when nothing is left."""
        with self._changed:
            while self._engines and not self._closed:
                now = time.monotonic()
                for engine in self._ready():
                    if engine.idle and engine.expires is not None and engine.expires <= now:
                        self._leave(engine)
                times = [e.expires for e in self._ready() if e.expires is not None and not e.users]
                self._changed.wait(max(0.0, min(times) - now) if times else None)
            self._keeper = None


class _NotNow(Exception):
    """It would have to wait for others to finish."""


def _not_enough(model: InstalledModel, needs: int, room: int) -> NotEnough:
    return NotEnough(
        N_("{model} needs {need} MB of memory, and {free} MB are free."),
        hint=N_("Close other programs, or choose a smaller model: hameau models list shows them."),
        model=model.card.title,
        need=needs // 1_000_000,
        free=max(0, room) // 1_000_000,
    )


def _put_away() -> Unavailable:
    return Unavailable(N_("This model was put away."), hint=N_("Ask again: it will be loaded anew."))
