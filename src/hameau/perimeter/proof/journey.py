"""A user's journey: real commands of Hameau, one after the other, each in a process of its own that goes behind the border.

Of documents and answers only numbers are kept: a report may be handed on.
"""

from __future__ import annotations

import http.client
import os
import re
import shlex
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hameau.kit import N_
from hameau.perimeter.proof import outcomes
from hameau.perimeter.proof.outcomes import Outcome, Reader
from hameau.perimeter.proof.pages import visit
from hameau.perimeter.proof.processes import Finished, Running
from hameau.perimeter.proof.types import Order, Said, Step

_KEPT = ("HAMEAU_PERIMETER",)
"""The one wish of the person that the journey follows: which border is wanted."""
_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]|localhost):\d+")
_START_SECONDS, _STOP_SECONDS = 120.0, 60.0
_LONG, _SHORT = 3600.0, 300.0


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its arguments with ``{fields}``, how long it may take, and what its JSON says."""

    name: str
    arguments: tuple[str, ...]
    seconds: float
    read: Reader = outcomes.done
    needs: str = ""
    """A command that this Hameau must have."""


def environment(order: Order) -> dict[str, str]:
    """As the person's, but with a home of its own and none of their settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HAMEAU_") or name in _KEPT}
    chosen = {
        "HAMEAU_HOME": str(order.home),
        "HAMEAU_MODELS_DIR": order.models,
        "HAMEAU_LANGUAGE": order.language,
        "HAMEAU_CHAT_MODEL": order.model,
    }
    return kept | {name: value for name, value in chosen.items() if value}


class Journey:
    """The steps of one order. What later steps need of earlier ones is in ``known``."""

    def __init__(self, order: Order, phase: Callable[[str], None]) -> None:
        """``phase`` is told the name of each step before it begins."""
        self._order = order
        self._phase = phase
        self._environment = environment(order)
        self.known: dict[str, str] = {
            "documents": order.documents,
            "question": order.question,
            "second": order.second,
            "words": order.words,
            "conversation": "",
            "recording": str(order.folder / "recording.wav"),
        }

    def steps(self) -> Iterator[Step]:
        """Each step as soon as it is done. After a failed one the others still run: they tell more."""
        for command in _COMMANDS:
            if command.needs and command.needs not in self._order.commands:
                continue
            self._phase(command.name)
            yield self._serve() if command.name == "serve" else self._run(command)

    def _run(self, command: Command) -> Step:
        if command.needs == "transcribe":
            _silence(Path(self.known["recording"]))
        arguments = [part.format_map(self.known) for part in command.arguments]
        done = Running([*self._order.hameau, *arguments], self._order.folder, self._environment).wait(command.seconds)
        came = outcomes.judged(command.read, done)
        self.known |= came.known
        return self._step(command.name, command.arguments, done, came)

    def _serve(self) -> Step:
        """Starts the server, visits its pages, asks over HTTP, and stops it as a shutdown would."""
        arguments = ("serve", "--port", "0")
        running = Running([*self._order.hameau, *arguments], self._order.folder, self._environment)
        try:
            came = self._visited(running)
            running.ask_to_stop()
            done = running.wait(_STOP_SECONDS)
        finally:
            running.end()
        if came.ok and done.code != 0:
            came = outcomes.failed(done)
        return self._step("serve", arguments, done, came)

    def _step(self, name: str, arguments: tuple[str, ...], done: Finished, came: Outcome) -> Step:
        return Step(name, self._typed(arguments), round(done.seconds, 2), done.code, came.ok, came.said)

    def _visited(self, running: Running) -> Outcome:
        address = _address(running)
        if not address:
            return outcomes.wrong(N_("The server did not start."))
        try:
            made = visit(address, self._order.words, self._order.question)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return outcomes.wrong(N_("The server did not answer: {reason}"), reason=str(error)[:200])
        if made.failed:
            return outcomes.wrong(N_("Not everything was served: {what}"), what=", ".join(made.failed[:5]))
        if made.elsewhere:
            return outcomes.wrong(N_("A page asks for something elsewhere: {what}"), what=", ".join(made.elsewhere[:5]))
        fields = {"pages": made.pages, "assets": made.assets, "calls": made.api}
        text = N_("Pages: {pages}, their files: {assets}, calls of the API: {calls}, a question among them.")
        return Outcome(True, Said(text, fields))

    def _typed(self, arguments: tuple[str, ...]) -> str:
        """The command as a person would type it; their own documents and questions are not named."""
        if self._order.samples:
            shown = self.known | {"documents": "samples/" + Path(self._order.documents).name}
        else:
            shown = {name: name.upper() for name in self.known}
        shown |= {"conversation": "CONVERSATION", "recording": "recording.wav"}
        return shlex.join(["hameau", *(part.format_map(shown) for part in arguments)]).replace("'", '"')


def _address(running: Running) -> str:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and running.process.poll() is None:
        if found := _ADDRESS.search(running.output()):
            return found.group()
        time.sleep(0.05)
    return ""


def _silence(path: Path) -> None:
    """One second of it: the journey must not depend on what is said."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(32_000))


_COMMANDS = (
    Command("models", ("models", "list", "--json"), _SHORT, outcomes.models),
    Command("perimeter", ("perimeter", "show", "--json"), _SHORT, outcomes.held, needs="perimeter"),
    Command("add", ("add", "{documents}", "--json"), _LONG, outcomes.added),
    Command("search", ("search", "{words}", "--json"), _SHORT, outcomes.found),
    Command("ask", ("ask", "{question}", "--json"), _LONG, outcomes.answered),
    Command("again", ("ask", "{second}", "--conversation", "{conversation}", "--json"), _LONG, outcomes.answered),
    Command("transcribe", ("transcribe", "{recording}"), _LONG, needs="transcribe"),
    Command("serve", (), _LONG),
    Command("status", ("status", "--json"), _SHORT, outcomes.status),
    Command("doctor", ("doctor", "--json"), _SHORT, outcomes.healthy),
    Command("journal", ("journal", "verify", "--json"), _SHORT, outcomes.verified, needs="journal"),
)
