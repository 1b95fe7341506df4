"""An answer as it is made: the evidence at once, the words as they come, each sentence with its sources, then the quotes."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from hameau.assistant import (
    Answer,
    AnswerEvent,
    BestSentence,
    Citation,
    Done,
    EvidenceFound,
    SentenceChecked,
    TokenSaid,
)
from hameau.cli import terminal
from hameau.cli.places import place, snippet
from hameau.cli.words import _
from hameau.kit import N_, Unavailable

_SHOWN = 5
"""Passages shown as evidence; all of them are in the answer's ``--json`` and on the page."""
_SNIPPET = 160
"""Characters of a passage shown as evidence: two lines of a terminal."""


def tell(events: Iterator[AnswerEvent]) -> Answer:
    """Prints an answer while it is made, and returns it."""
    out = terminal.console()
    teller = _OnTerminal(out) if out.is_terminal else _OnPipe(out)
    try:
        for event in events:
            match event:
                case EvidenceFound():
                    teller.evidence(event)
                case BestSentence():
                    teller.best(event)
                case TokenSaid():
                    teller.token(event.text)
                case SentenceChecked():
                    teller.sentence(event)
                case Done():
                    teller.close()
                    _ending(out, event.answer)
                    return event.answer
    finally:
        teller.close()
    raise Unavailable(N_("The answer stopped before its end."), hint=N_("Ask again."))


def finish(events: Iterator[AnswerEvent]) -> Answer:
    """The answer, without a word printed."""
    for event in events:
        if isinstance(event, Done):
            return event.answer
    raise Unavailable(N_("The answer stopped before its end."), hint=N_("Ask again."))


class _OnPipe:
    """Nobody watches: only what is checked is printed, one sentence a line."""

    def __init__(self, out: Console) -> None:
        self.out = out

    def evidence(self, event: EvidenceFound) -> None:
        self.out.print(_evidence(event), soft_wrap=True)

    def best(self, event: BestSentence) -> None:
        """A stand-in has no place where the real answer follows in the same breath."""

    def token(self, text: str) -> None:
        """Waits for its sentence to be checked."""

    def sentence(self, event: SentenceChecked) -> None:
        self.out.print(_sentence(event), soft_wrap=True)

    def close(self) -> None:
        """Nothing is open."""


class _OnTerminal(_OnPipe):
    """A person watches: words appear as the model says them, and are replaced by their checked sentence."""

    def __init__(self, out: Console) -> None:
        super().__init__(out)
        self.stand_in = Text()
        self.checked: list[Text] = []
        self.pending = ""
        self.live: Live | None = None

    def evidence(self, event: EvidenceFound) -> None:
        self.out.print(_evidence(event))
        self.live = Live(console=self.out, auto_refresh=False, vertical_overflow="visible")
        self.live.start()

    def best(self, event: BestSentence) -> None:
        quote = terminal.safe(" ".join(event.citation.quote.split()))
        self.stand_in = Text(_(N_("The closest sentence: « {quote} »"), {"quote": quote}), style="dim italic")
        self._draw()

    def token(self, text: str) -> None:
        self.pending += terminal.safe(text)
        self._draw()

    def sentence(self, event: SentenceChecked) -> None:
        self.checked.append(_sentence(event))
        self.pending = ""
        self._draw()

    def close(self) -> None:
        if self.live is not None:
            self.pending, self.stand_in = "", Text() if self.checked else self.stand_in
            self._draw()
            self.live.stop()
            self.live = None

    def _draw(self) -> None:
        if self.live is not None:
            said = Text(" ").join([*self.checked, Text(self.pending.strip())])
            self.live.update(Group(said if said.plain.strip() else self.stand_in), refresh=True)


def _evidence(event: EvidenceFound) -> Text:
    """The passages that were found, before any word of the model."""
    took = terminal.duration(event.took_ms)
    text = Text(
        _(N_("What your documents say ({count} passages, {time})"), {"count": len(event.results), "time": took})
    )
    text.stylize("bold")
    for result in event.results[:_SHOWN]:
        text.append("\n· ", style="default")
        text.append(terminal.safe(place(result.title, result.locator)), style="cyan")
        text.append(f"\n  {terminal.safe(snippet(result.text, _SNIPPET))}", style="dim")
    text.append("\n")
    return text


def _sentence(event: SentenceChecked) -> Text:
    """A sentence, the numbers of its sources, and a doubt where the sources don't carry it."""
    text = Text(terminal.safe(event.sentence.text))
    for number in event.sentence.citations:
        text.append(f" [{number}]", style="cyan")
    if not event.sentence.supported:
        text.append(f" ({_(N_('not confirmed by your documents'))})", style="yellow")
    return text


def _ending(out: Console, answer: Answer) -> None:
    """The quotes behind the numbers, what came nearest when nothing was found, and what it took."""
    wrap = not out.is_terminal
    if not answer.sentences:
        out.print(Text(terminal.safe(answer.answer)), soft_wrap=wrap)
    out.print()
    for citation in answer.citations:
        out.print(_citation(citation), soft_wrap=wrap)
    if not answer.answered and answer.nearest:
        out.print(Text(_(N_("The nearest passages:")), style="bold"))
        for result in answer.nearest[:_SHOWN]:
            out.print(Text(terminal.safe(f"· {place(result.title, result.locator)}")), soft_wrap=wrap)
    fields = {
        "evidence": terminal.duration(answer.evidence_ms),
        "first": terminal.duration(answer.first_token_ms),
        "total": terminal.duration(answer.total_ms),
        "energy": "—" if answer.energy_wh is None else f"{answer.energy_wh:.3f} Wh",
        "model": answer.model or "—",
    }
    words = N_("evidence {evidence} · first word {first} · whole answer {total} · energy {energy} · model {model}")
    terminal.note(words, fields)


def _citation(citation: Citation) -> Text:
    text = Text(f"[{citation.number}] ", style="cyan")
    text.append(terminal.safe(place(citation.title, citation.locator)), style="bold")
    text.append(f"\n    « {terminal.safe(' '.join(citation.quote.split()))} »", style="default")
    text.append(f"\n    {terminal.safe(citation.uri)}", style="dim")
    return text
