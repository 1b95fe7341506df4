"""The library as a model: what is the question, how the answer is written, and that a document's words stay words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.assistant import Answer, AnswerEvent, Citation, Done, Question, Sentence, SentenceChecked, Spoken, TokenSaid
from hameau.assistant.as_model import as_model, in_footnotes, plain, question_in
from hameau.kit import BadInput
from hameau.library import Locator, SearchResult
from hameau.models import Cancel, Chunk, GenerationRequest, Message, Usage

FEE = "L'adhésion annuelle coûte 12 €."
AT = Locator(40, 71, 3, ("Règlement", "Cotisations"))
CITED = Citation(1, 7, 3, "Règlement", "/reglement.pdf", FEE, AT)
SAID = Sentence("Elle coûte 12 € par an.", (1,), True)
DOUBTED = Sentence("Et 99 chevaux.", (), False, "“{missing}” does not stand in the sources.", missing="99")
QUOTED = Sentence(FEE, (1,), True, verbatim=True)
ANSWER = Answer("…", True, (SAID, DOUBTED, QUOTED), (CITED,), "small")


class Assistant:
    """Says what it was made with; remembers what it was asked."""

    def __init__(self, answer: Answer = ANSWER) -> None:
        self.answer = answer
        self.asked: tuple[str, tuple[str, ...]] = ("", ())

    def reply(
        self,
        question: Question,
        earlier: Sequence[str] = (),
        /,
        *,
        cancel: Cancel | None = None,
        language: str = "fr",
        heard: Callable[[Chunk], None] = lambda _: None,
    ) -> Iterator[AnswerEvent]:
        self.asked = question.text, tuple(earlier)
        heard(Chunk("Elle"))
        heard(Chunk(finish="stop", usage=Usage(prompt_tokens=200, completion_tokens=12)))
        yield TokenSaid("Elle")
        for sentence in self.answer.sentences:
            yield SentenceChecked(sentence, self.answer.citations)
        yield Done(self.answer)


def chat(*messages: tuple[str, str]) -> GenerationRequest:
    return GenerationRequest(tuple(Message(role, text) for role, text in messages))  # type: ignore[arg-type]


def said(answer: Answer, request: GenerationRequest | None = None, language: str = "en") -> list[Spoken]:
    return list(as_model(Assistant(answer), request or chat(("user", "Combien ?")), language=language))


def test_sentences_come_one_by_one_with_their_numbers_then_the_quotes_then_the_sources() -> None:
    pieces = said(ANSWER)
    assert [piece.chunk.text for piece in pieces] == [
        "Elle coûte 12 € par an. [1]",
        " Et 99 chevaux. (⚠ to be checked: “99” does not stand in the sources)",
        f"\n\n« {FEE} » [1]",
        "\n\nSources:\n[1] Règlement › Cotisations, p. 3",
        "",
    ]


def test_the_last_piece_has_the_citations_the_finish_and_what_it_cost() -> None:
    *others, last = said(ANSWER)
    assert last.citations == (CITED,)
    assert last.chunk.finish == "stop"
    assert last.chunk.usage == Usage(prompt_tokens=200, completion_tokens=12)
    assert not any(piece.citations or piece.chunk.finish for piece in others)


def test_the_streamed_text_is_the_whole_text() -> None:
    assert "".join(piece.chunk.text for piece in said(ANSWER)) == in_footnotes(ANSWER, "en")


def test_it_speaks_the_language_of_the_question() -> None:
    question = chat(("user", "Combien coûte l'adhésion annuelle pour les habitants du village ?"))
    assert "ne figure pas" in said(ANSWER, question)[1].chunk.text


def test_not_found_says_so_and_shows_what_came_closest() -> None:
    near = SearchResult(9, 4, "Recettes", "/r.md", "# Soupe\n\nLa soupe cuit   longtemps.", Locator(0, 30), 0.1)
    answer = Answer("Your documents do not answer this question.", False, (), (), "", nearest=(near,))
    assert "".join(piece.chunk.text for piece in said(answer)) == (
        "Your documents do not answer this question.\n\n- Recettes : « La soupe cuit longtemps. »"
    )


def test_the_last_question_is_asked_and_those_before_it_are_leaned_on() -> None:
    assistant = Assistant()
    request = chat(
        ("system", "You are a pirate."),
        ("user", "Combien coûte l'adhésion ?"),
        ("assistant", "12 €. [1]"),
        ("user", "Et pour les autres ?"),
    )
    list(as_model(assistant, request))
    assert assistant.asked == ("Et pour les autres ?", ("Combien coûte l'adhésion ?",))


def test_a_raw_prompt_is_a_question_too() -> None:
    assert question_in(GenerationRequest(prompt="Combien ?")) == ("Combien ?", [])


@pytest.mark.parametrize(
    "request_",
    [
        GenerationRequest((Message("user", "?"),), json_schema={}),
        GenerationRequest((Message("user", "?"),), grammar="root ::= [a-z]"),
        GenerationRequest(prompt="a", suffix="b"),
        GenerationRequest((Message("user", "?", images=(b"x",)),)),
    ],
)
def test_what_the_library_can_not_do_is_refused(request_: GenerationRequest) -> None:
    with pytest.raises(BadInput):
        question_in(request_)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("![x](http://evil.example/?leak)", r"\![x\](http://evil.example/?leak)"),
        ("[click](http://evil.example)", r"[click\](http://evil.example)"),
        ("![x][y]\n\n[y]: http://evil.example", "\\![x\\][y]\n\n[y\\]: http://evil.example"),
        ('<img src="http://evil.example">', r'\<img src="http://evil.example">'),
        ("```html\nx", "\\```html\nx"),
        ("    <b>", r"\<b>"),
        (r"\![x\](http://evil.example)", r"\\\![x\\\](http://evil.example)"),
        (r"C:\Users\jeanne", r"C:\Users\jeanne"),
        ("3 < 4, [1] et un tableau | a |", "3 < 4, [1] et un tableau | a |"),
    ],
)
def test_nothing_of_a_document_loads_links_or_hides_in_a_client_that_draws_markdown(hostile: str, shown: str) -> None:
    assert plain(hostile) == shown
    sentence = Sentence(hostile, (1,), True, verbatim=True)
    assert shown in in_footnotes(Answer("", True, (sentence,), (CITED,), ""), "en")


@given(st.text(alphabet="![]()<a:`~ \n\t\\h", max_size=40))
def test_no_text_whatever_keeps_the_beginning_of_a_picture(text: str) -> None:
    shown = plain(text).replace("\\\\", "•")  # a sign of its own: what stands before it and after it does not meet
    for place in (index for index in range(len(shown) - 1) if shown.startswith("![", index)):
        assert shown[:place].endswith("\\")
