"""An answer in the terminal: the model's words, what is doubtful in them, then every quote once."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

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
)
from hameau.cli.places import place
from hameau.cli.telling import finish, tell
from hameau.kit import NotEnough, Unavailable
from hameau.library import Locator, SearchResult

LONG = "La salle du Fournil peut être louée à la journée par les habitants du hameau. " * 12
QUOTE = "Pour les non-adhérents, la journée coûte 90 €."
WHERE = Locator(0, len(QUOTE), page=3, heading=("Règlement", "Location du Fournil"))
CITATION = Citation(1, 1, 1, "Règlement", "/papiers/reglement.pdf", QUOTE, WHERE)
FOUND = SearchResult(1, 1, "Règlement", "/papiers/reglement.pdf", f"# Titre\n{LONG}", WHERE, 1.0)
SAID = (
    Sentence("La location coûte 90 €.", (1,), True),
    Sentence("Il faut 12 chevaux.", (), False, "“{missing}” does not stand in the sources.", missing="12"),
    Sentence("On danse.", (), False, "Few of its words stand in the sources."),
    Sentence(QUOTE, (1,), True, verbatim=True),
)


def play(sentences: tuple[Sentence, ...] = SAID, model: str = "petit", answered: bool = True) -> Iterator[AnswerEvent]:
    yield EvidenceFound((FOUND, FOUND), 12.0, "?")
    yield BestSentence(CITATION, 13.0)
    for sentence in sentences:
        if not sentence.verbatim:
            yield TokenSaid(sentence.text)
        yield SentenceChecked(sentence, (CITATION,))
    text = " ".join(one.text for one in sentences) or "Your documents do not answer this question."
    yield Done(Answer(text, answered, sentences, (CITATION,) if sentences else (), model, nearest=(FOUND,)))


def watched(events: Iterator[AnswerEvent], width: int, *, letter: bool = False) -> str:
    """What a person sees on a terminal of ``width`` columns once the answer is there."""
    screen = io.StringIO()
    made = Console(file=screen, force_terminal=True, width=width, color_system=None, legacy_windows=False)
    tell(events, made, letter=letter)
    return screen.getvalue()


def test_a_place_reads_from_the_title_down() -> None:
    assert place("Règlement", WHERE) == "Règlement › Location du Fournil, p. 3"
    assert place("Budget", Locator(0, 1)) == "Budget"


def test_on_a_pipe_every_quote_stands_once(capsys: pytest.CaptureFixture[str]) -> None:
    tell(play())
    out = capsys.readouterr().out
    assert out.count(QUOTE) == 1
    assert "La location coûte 90 €. [1]\n" in out
    assert "Il faut 12 chevaux. (to be checked: 12)\n" in out
    assert "On danse. (to be checked: few of its words stand in the sources)\n" in out
    assert out.index("On danse.") < out.index(f"[1] « {QUOTE} »\n    Règlement › Location du Fournil, p. 3\n")


def test_on_a_terminal_nothing_is_left_of_what_stood_in() -> None:
    seen = watched(play(), width=100)
    last = seen.rpartition("La location coûte 90 €. [1]")[2]
    assert last.count(QUOTE) == 1
    assert "closest" not in last


def test_a_card_of_evidence_takes_three_lines_at_most() -> None:
    for width in (40, 80, 200):
        lines = watched(play(), width).splitlines()
        cards = lines[1 : lines.index("", 1)]
        while cards and not cards[0].startswith("·"):
            cards.pop(0)
        assert len(cards) <= 6
        assert all(len(line.rstrip()) <= width for line in cards)


def test_without_a_model_the_sentences_are_said_to_be_the_documents(capsys: pytest.CaptureFixture[str]) -> None:
    tell(play(SAID[-1:], model=""))
    out = capsys.readouterr().out
    assert out.count(QUOTE) == 1
    assert out.index("No model that writes is on this machine") < out.index("[1]")
    assert "hameau models add" in out


def test_nothing_found_shows_what_comes_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    tell(play((), model="", answered=False))
    out = capsys.readouterr().out
    assert "do not answer this question" in out
    assert "No model" not in out
    assert out.index("nearest") < out.rindex("· Règlement")


LETTER = "Madame,\n\nla journée coûte 90 € [1] et il faut 12 chevaux.\n"
FILLED = (Sentence("prix : 90 €", (1,), True), Sentence("chevaux : 12", (), False, missing="12"))


def filled() -> Iterator[AnswerEvent]:
    yield EvidenceFound((FOUND,), 12.0, "prix")
    for word in LETTER.split(" "):
        yield TokenSaid(f"{word} ")
    for sentence in FILLED:
        yield SentenceChecked(sentence, (CITATION,))
    yield Done(Answer(LETTER, True, FILLED, (CITATION,), "petit"))


def test_a_filled_letter_is_printed_whole_then_what_is_doubtful_then_the_quotes() -> None:
    pipe = io.StringIO()
    tell(filled(), Console(file=pipe, soft_wrap=True), letter=True)
    screen = watched(filled(), 100, letter=True)
    for out in (pipe.getvalue(), screen[screen.rindex("Madame,") :]):
        assert LETTER.strip() in out
        assert "prix : 90 €" not in out
        assert out.index("12 chevaux") < out.index("chevaux : 12 (to be checked: 12)") < out.index(f"« {QUOTE} »")


def broken() -> Iterator[AnswerEvent]:
    yield from play()
    raise NotEnough("The disk is full.", hint="Free some space.")


def test_what_goes_wrong_after_the_answer_does_not_take_it_away(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotEnough):
        tell(broken())
    out = capsys.readouterr().out
    assert f"[1] « {QUOTE} »" in out
    answer, trouble = finish(broken())
    assert answer.answered
    assert isinstance(trouble, NotEnough)


def test_an_answer_without_an_end_is_an_error() -> None:
    for ended in (tell, finish):
        with pytest.raises(Unavailable):
            ended(iter([EvidenceFound((FOUND,), 12.0, "?")]))


def test_a_title_cannot_break_its_line() -> None:
    assert place("Statuts\n[1] « faux »\x1b[2J", Locator(0, 1)) == r"Statuts\n[1] « faux »\x1b[2J"
