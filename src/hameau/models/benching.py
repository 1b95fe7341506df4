"""How fast a model is here, what it takes, and how well it reads French: measured on this machine, kept for whoever compares.

The speeds are the engine's own (tokens it had to read, tokens it wrote, and the time of each), over a text that no cache
knows, as the median of :data:`ROUNDS`. Nothing else should work meanwhile.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Protocol

import msgspec

from hameau.kit import N_, Cancelled, now
from hameau.models.ports import Cancel, Generator
from hameau.models.questions import Mark, Score, mark, questions, request_for, tally
from hameau.models.types import Chunk, GenerationRequest, InstalledModel, Message, Usage

FILE = "measured.json"
"""In the home folder: a folder of models may lie on a stick and be used elsewhere."""
ROUNDS = 3
WRITTEN = 64
"""Tokens that are written in one round."""
_READ = (
    "La rivière prend sa source sous les hêtres, au pied d'un rocher que les anciens appelaient la Table du Roi. Elle descend "
    "d'abord en chantant entre les fougères, puis elle s'assagit, passe devant le lavoir, fait tourner la roue du moulin et "
    "longe les jardins. Au printemps, quand fond la neige, elle déborde parfois jusqu'à la route, et les enfants manquent "
    "l'école. Les anciens disent qu'il ne faut pas lui en vouloir : c'est elle qui fait pousser les saules dont on tresse "
    "les paniers, c'est elle qui garde frais le beurre en été. On y a pêché la truite, on y a lavé le linge, on y a fait "
    "tremper le chanvre. Aujourd'hui on y mesure le niveau de l'eau chaque matin, à huit heures, sur une règle de bois "
    "peinte en blanc et rouge, et le chiffre est écrit dans un cahier que personne ne lit, sauf les années de crue."
)


class Gauge(Protocol):
    """Measures energy between two moments. :class:`hameau.energy.Meter` is one."""

    def start(self) -> None: ...
    def stop(self) -> Gauged | None: ...


class Gauged(Protocol):
    """What was used."""

    @property
    def watt_hours(self) -> float: ...
    @property
    def source(self) -> str: ...


class Desk(Protocol):
    """What loads and unloads models. :class:`hameau.models.Models` is one."""

    def resolve(self, name: str) -> InstalledModel: ...
    def generator(self, model_id: str | None = None) -> Generator: ...
    def unload(self, model_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Measured:
    """A model on this machine. Speeds in tokens a second, energy in watt-hours for one answer."""

    model: str
    size_bytes: int
    load_s: float
    read_per_s: float
    write_per_s: float
    memory_bytes: int
    watt_hours: float | None = None
    energy_source: str = ""
    answer_s: float | None = None
    """One answer to a question of ours, from the question to its end."""
    score: Score | None = None
    cores: int = 0
    at: str = ""


_KEPT = msgspec.json.Decoder(tuple[Measured, ...])
Told = Callable[[str, int, int], None]
"""What is done now (a gettext id), and how many steps of how many are done."""
LOADING, READING, ASKING = N_("loading"), N_("measuring speed"), N_("asking questions")


def bench(
    models: Desk,
    name: str,
    gauge: Gauge,
    cores: int,
    *,
    ask: bool = True,
    told: Told = lambda *_: None,
    cancel: Cancel | None = None,
) -> Measured:
    """Loads the model anew and measures it. ``ask``: also with our questions, some two seconds each.

    Raises what loading and speaking raise, ``Cancelled`` when ``cancel`` is set.
    """
    model = models.resolve(name)
    told(LOADING, 0, 1)
    models.unload(model.card.id)
    begun = time.perf_counter()
    generator = models.generator(model.card.id)
    _heard(generator, GenerationRequest((Message("user", "Bonjour"),), max_tokens=1), cancel)
    load_s = time.perf_counter() - begun
    rounds = []
    for number in range(ROUNDS):
        told(READING, number, ROUNDS)
        _, usage = _heard(generator, _round(number), cancel)
        rounds.append(usage)
    answer_s, score, used = None, None, None
    if ask:
        gauge.start()
        began = time.perf_counter()
        score = tally([_asked(generator, number, told, cancel) for number in range(len(questions()))])
        answer_s = (time.perf_counter() - began) / score.asked
        used = gauge.stop()
    return Measured(
        model.card.id,
        model.card.size_bytes,
        load_s,
        median(_per_second(each.prompt_tokens - each.cached_tokens, each.prompt_ms) for each in rounds),
        median(_per_second(each.completion_tokens, each.completion_ms) for each in rounds),
        generator.memory_bytes,
        used.watt_hours / score.asked if used and score else None,
        used.source if used else "",
        answer_s,
        score,
        cores,
        now(),
    )


def _asked(generator: Generator, number: int, told: Told, cancel: Cancel | None) -> Mark:
    question = questions()[number]
    told(ASKING, number, len(questions()))
    answer, _ = _heard(generator, request_for(question), cancel)
    return mark(question, answer)


def _round(number: int) -> GenerationRequest:
    """A text to read and a long story to write. Each begins with a number of its own, so that no cache knows it."""
    asked = f"{number + 1} {os.getpid()}. {_READ}\n\nRaconte en deux cents mots ce que devient ce cahier."
    return GenerationRequest((Message("user", asked),), max_tokens=WRITTEN, temperature=0.0, seed=1)


def _heard(generator: Generator, request: GenerationRequest, cancel: Cancel | None) -> tuple[str, Usage]:
    text, last = "", Chunk()
    for chunk in generator.stream(request, cancel):
        text += chunk.text
        last = chunk
    if last.finish == "cancelled" or (cancel is not None and cancel.is_set()):
        raise Cancelled
    return text, last.usage or Usage()


def _per_second(tokens: int, milliseconds: float) -> float:
    return tokens / milliseconds * 1000 if milliseconds > 0 else 0.0


def keep_measured(home: Path, measured: Measured) -> None:
    """Writes it down beside those of other models; the one before of the same model goes. Replaced whole, or not at all."""
    known = {**measured_in(home), measured.model: measured}
    beside = home / f"{FILE}.new"
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(list(known.values())), indent=2) + b"\n")
    beside.replace(home / FILE)


def measured_in(home: Path) -> Mapping[str, Measured]:
    """What was measured here, by model. What can't be read was never measured."""
    try:
        return {each.model: each for each in _KEPT.decode((home / FILE).read_bytes())}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
