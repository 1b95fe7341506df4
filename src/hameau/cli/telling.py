"""An answer as it is made: the evidence at once, the model's words as they come, doubts with their reason, then the quotes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hameau.assistant import (
    Answer,
    AnswerEvent,
    BestSentence,
    Citation,
    Done,
    EvidenceFound,
    Sentence,
    SentenceChecked,
    TokenSaid,
    WebFound,
    told_web,
)
from hameau.cli import terminal
from hameau.cli.places import place, snippet
from hameau.cli.web_told import gave, heading_of, second_hand, whose
from hameau.cli.words import _, decimal, language
from hameau.kit import N_, HameauError, Unavailable
from hameau.library import SearchResult

_SHOWN = 5
"""Passages shown as evidence; all of them are in the answer's ``--json`` and on the page."""
_SNIPPET = 160
"""Characters of a passage shown as evidence where nothing says how wide a line is."""
_SNIPPET_LINES = 2
"""Lines of a passage shown as evidence, below the line that says where it stands."""


def tell(events: Iterator[AnswerEvent], out: Console | None = None, *, letter: bool = False) -> Answer:
    """Prints an answer while it is made, and returns it. A filled ``letter`` is printed whole, with what is doubtful in it.

    What goes wrong after the answer is raised once the answer is printed.
    """
    out = out or terminal.console()
    teller = _OnTerminal(out, letter) if out.is_terminal else _OnPipe(out, letter)
    answer: Answer | None = None
    try:
        for event in events:
            match event:
                case EvidenceFound():
                    teller.evidence(event)
                case WebFound():
                    teller.web(event)
                case BestSentence():
                    teller.best(event)
                case TokenSaid():
                    teller.token(event.text)
                case SentenceChecked():
                    teller.sentence(event)
                case Done():
                    teller.close()
                    answer = event.answer
                    _ending(out, answer, letter)
    finally:
        teller.close()
    return _whole(answer)


def finish(events: Iterator[AnswerEvent]) -> tuple[Answer, HameauError | None]:
    """The answer, without a word printed, and what went wrong after it."""
    answer: Answer | None = None
    try:
        for event in events:
            if isinstance(event, Done):
                answer = event.answer
    except HameauError as error:
        if answer is None:
            raise
        return answer, error
    return _whole(answer), None


def _whole(answer: Answer | None) -> Answer:
    if answer is None:
        raise Unavailable(N_("The answer stopped before its end."), hint=N_("Ask again."))
    return answer


def told(answer: Answer) -> Answer:
    """``answer`` with its doubts in the reader's language, as the HTTP API tells it."""
    sentences = tuple(replace(one, doubt=_reason(one)) for one in answer.sentences)
    return replace(answer, sentences=sentences, web=told_web(answer.web, language()) if answer.web else None)


class _OnPipe:
    """Nobody watches: only what is checked is printed, one sentence a line."""

    def __init__(self, out: Console, letter: bool) -> None:
        self.out = out
        self.letter = letter
        self.shown: set[int] = set()
        self.asked_web = False

    def evidence(self, event: EvidenceFound) -> None:
        """The passages; when the web was asked too, they come a second time, and only what is new is printed."""
        new = [one for one in event.results if one.passage_id not in self.shown]
        if not self.shown or new:
            self.out.print(_found(event) if not self.asked_web else Text(_(N_("What the web says")), style="bold"))
        for result in new[:_SHOWN]:
            self.show(result)
        self.shown.update(one.passage_id for one in event.results)
        self.out.print()

    def show(self, result: SearchResult) -> None:
        """One passage of the evidence."""
        self.out.print(Text(f"· {place(result.title, result.locator)}{whose(result)}"), soft_wrap=True)
        self.out.print(Text(terminal.safe(f"  {snippet(result.text, _SNIPPET)}")), soft_wrap=True)

    def web(self, event: WebFound) -> None:
        """What left and who did not answer, then which pages could not be read."""
        for line, style in gave(told_web(event.web, language()), again=self.asked_web):
            self.out.print(Text(line, style=style), soft_wrap=not self.out.is_terminal)
        self.asked_web = True

    def best(self, event: BestSentence) -> None:
        """A stand-in has no place where the real answer follows in the same breath."""

    def token(self, text: str) -> None:
        """Waits for its sentence to be checked."""

    def sentence(self, event: SentenceChecked) -> None:
        if not (event.sentence.verbatim or self.letter):  # the others stand among the quotes, or in the letter
            self.out.print(_sentence(event.sentence), soft_wrap=True)

    def close(self) -> None:
        """Nothing is open."""


class _OnTerminal(_OnPipe):
    """A person watches: words appear as the model says them, and are replaced by their checked sentence."""

    def __init__(self, out: Console, letter: bool) -> None:
        super().__init__(out, letter)
        self.stand_in = Text()
        self.checked: list[Text] = []
        self.pending = ""
        self.live: Live | None = None

    def evidence(self, event: EvidenceFound) -> None:
        super().evidence(event)
        if self.live is not None:
            return
        self.live = Live(console=self.out, auto_refresh=False, vertical_overflow="visible", transient=True)
        self.live.start()

    def show(self, result: SearchResult) -> None:
        where = Text(f"· {place(result.title, result.locator)}{whose(result)}", style="cyan")
        where.truncate(self.out.width, overflow="ellipsis")
        self.out.print(where)
        self.out.print(_first_lines(self.out, terminal.safe(snippet(result.text, 10_000))))

    def best(self, event: BestSentence) -> None:
        quote = terminal.safe(" ".join(event.citation.quote.split()))
        self.stand_in = Text(_(N_("The closest sentence: « {quote} »"), {"quote": quote}), style="dim italic")
        self._draw()

    def token(self, text: str) -> None:
        self.pending += terminal.safe(text)
        self._draw()

    def sentence(self, event: SentenceChecked) -> None:
        if event.sentence.verbatim or self.letter:
            return
        self.checked.append(_sentence(event.sentence))
        self.pending = ""
        self._draw()

    def close(self) -> None:
        if self.live is not None:
            self.live.stop()
            self.live = None
            if self.checked:
                self.out.print(Text(" ").join(self.checked))

    def _draw(self) -> None:
        if self.live is not None:
            said = Text(" ").join([*self.checked, Text(self.pending.strip())])
            self.live.update(said if said.plain.strip() else self.stand_in, refresh=True)


def _found(event: EvidenceFound) -> Text:
    """The line above the passages that were found, before any word of the model."""
    fields = {"count": len(event.results), "time": terminal.duration(event.took_ms)}
    return Text(_(N_("What your documents say ({count} passages, {time})"), fields), style="bold")


def _first_lines(out: Console, text: str) -> Padding:
    """``text`` on two lines of this terminal, below the place it stands at."""
    lines = list(Text(text).wrap(out, out.width - 2))
    if len(lines) > _SNIPPET_LINES:
        lines = lines[:_SNIPPET_LINES]
        lines[-1].truncate(out.width - 3)
        lines[-1].rstrip()
        lines[-1].append("…")
    return Padding(Text("\n", style="dim").join(lines), (0, 0, 0, 2))


def _sentence(sentence: Sentence) -> Text:
    """A sentence, the numbers of its sources, and what is doubtful where the sources don't carry it."""
    text = Text(terminal.safe(sentence.text))
    for number in sentence.citations:
        text.append(f" [{number}]", style="cyan")
    if not sentence.supported:
        reason = _reason(sentence).rstrip(".")
        what = sentence.missing or reason[:1].lower() + reason[1:]
        words = _(N_("to be checked: {what}"), {"what": what}) if what else _(N_("to be checked"))
        text.append(terminal.safe(f" ({words})"), style="yellow")
    return text


def _reason(sentence: Sentence) -> str:
    return _(sentence.doubt, {"missing": sentence.missing}) if sentence.doubt else ""


def _ending(out: Console, answer: Answer, letter: bool) -> None:
    """The quotes behind the numbers, what came nearest when nothing was found, and what it took."""
    wrap = not out.is_terminal
    if letter or not answer.answered or not (answer.citations or answer.sentences):
        out.print(Text(terminal.safe(answer.answer)), soft_wrap=wrap)
    doubtful = [one for one in answer.sentences if letter and not (one.supported or one.verbatim)]
    if doubtful:
        out.print()
    for one in doubtful:
        out.print(_sentence(one), soft_wrap=wrap)
    if answer.answered and not answer.model:
        out.print(Text(_(WORDLESS), style="yellow"), soft_wrap=wrap)
        out.print(Text(_(ADD_MODEL), style="dim"), soft_wrap=wrap)
    out.print()
    apart = any(citation.origin != "library" for citation in answer.citations)
    for origin in dict.fromkeys(citation.origin for citation in answer.citations):
        if apart:
            out.print(Text(heading_of(origin), style="bold"))
        for citation in answer.citations:
            if citation.origin == origin:
                out.print(_citation(citation, answer, wide=out.is_terminal), soft_wrap=wrap)
                out.print()
    if not answer.answered and answer.nearest:
        out.print(Text(_(N_("The nearest passages:")), style="bold"))
        for result in answer.nearest[:_SHOWN]:
            out.print(Text(f"· {place(result.title, result.locator)}{whose(result)}"), soft_wrap=wrap)
        out.print()
    fields = {
        "evidence": terminal.duration(answer.evidence_ms),
        "first": terminal.duration(answer.first_token_ms),
        "total": terminal.duration(answer.total_ms),
        "energy": "—" if answer.energy_wh is None else f"{decimal(answer.energy_wh, 3)} Wh",
        "model": answer.model or "—",
    }
    words = N_("evidence {evidence} · first word {first} · whole answer {total} · energy {energy} · model {model}")
    terminal.note(words, fields)


WORDLESS = N_("No model that writes is on this machine yet: these are sentences of your documents, word for word.")
ADD_MODEL = N_("For answers in its own words: hameau models list, then hameau models add NAME")


def _citation(citation: Citation, answer: Answer, *, wide: bool) -> Table | Text:
    """A quote, where it stands, and its file. ``wide``: on a terminal, where lines are folded below each other."""
    number = Text(f"[{citation.number}]", style="cyan")
    quote = Text(terminal.safe(f"« {' '.join(citation.quote.split())} »"))
    where = Text(place(citation.title, citation.locator), style="bold")
    path = Text(f"{terminal.one_line(citation.uri)}{second_hand(citation, answer)}", style="dim")
    if not wide:
        return Text("\n    ").join([Text(" ").join([number, quote]), where, path])
    grid = Table.grid(padding=(0, 1))
    grid.add_row(number, Group(quote, where, path))
    return grid
