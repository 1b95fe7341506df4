from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hameau.library.passages import LARGEST, SMALLEST, embedding_text, left_aside, passages
from hameau.library.types import PageSpan, Span

SENTENCE = "Le conseil municipal se réunit chaque premier lundi du mois dans la salle des fêtes. "
MARKDOWN = st.lists(
    st.sampled_from(
        [
            "# Un\n",
            "## Deux\n",
            "### Trois\n",
            "\n",
            "```\n",
            "- point\n",
            SENTENCE,
            SENTENCE * 8,
            "x" * 1500,
            "mot ",
            "é\n",
        ]
    ),
    max_size=40,
).map("".join)
ANY = st.one_of(MARKDOWN, st.text(max_size=3000))


@given(ANY)
def test_no_text_is_lost_and_locators_are_exact(text: str) -> None:
    pieces = passages(text)
    assert "".join(piece.text for piece in pieces) == text
    at = 0
    for piece in pieces:
        assert piece.locator.start == at
        at = piece.locator.end
        assert text[piece.locator.start : piece.locator.end] == piece.text != ""


@given(ANY, st.lists(st.integers(0, 3000), max_size=12, unique=True))
def test_passages_and_what_is_left_aside_are_the_text(text: str, edges: list[int]) -> None:
    cuts = sorted(edge for edge in edges if edge <= len(text))
    asides = [Span(first, last) for first, last in zip(cuts[::2], cuts[1::2], strict=False)]
    pieces = passages(text, (), asides)
    aside = left_aside(text, pieces)
    whole = sorted([(piece.locator.start, piece.text) for piece in pieces] + [(one.start, one.text) for one in aside])
    assert "".join(words for _, words in whole) == text
    assert all(text[start : start + len(words)] == words for start, words in whole)
    hidden = {at for span in asides for at in range(span.start, span.end)}
    assert not hidden & {at for piece in pieces for at in range(piece.locator.start, piece.locator.end)}
    if asides:
        seen = hidden | {at for piece in pieces for at in range(piece.locator.start, piece.locator.end)}
        assert not "".join(letter for at, letter in enumerate(text) if at not in seen).strip()
        assert all(len(piece.text) <= LARGEST for piece in pieces)


def test_a_heading_that_is_left_aside_stands_above_nothing() -> None:
    text = "# Réponse\n\nLe devis nous va.\n\n# Cité\n\nLe devis.\n\nÀ bientôt.\n"
    aside = Span(text.index("# Cité"), text.index("À bientôt"))
    assert [(piece.text, piece.locator.heading) for piece in passages(text, (), [aside])] == [
        ("# Réponse\n\nLe devis nous va.\n\n", ("Réponse",)),
        ("À bientôt.\n", ("Réponse",)),
    ]


@given(ANY)
def test_no_passage_is_too_long(text: str) -> None:
    assert all(len(piece.text) <= LARGEST for piece in passages(text))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(0, 5))
def test_pages_are_those_of_the_first_character(sizes: list[int], lead: int) -> None:
    text, pages = " " * lead, []
    for number, size in enumerate(sizes, 1):
        start = len(text)
        text += SENTENCE * size
        pages.append(PageSpan(number, start, len(text)))
    for piece in passages(text, pages):
        first = piece.locator.start + len(piece.text) - len(piece.text.lstrip())
        if first < piece.locator.end:
            assert piece.locator.page == next(p.number for p in reversed(pages) if p.start <= first)


def test_an_empty_text_has_no_passage() -> None:
    assert passages("") == []


def test_prose_is_cut_at_sentences_near_the_aim() -> None:
    pieces = passages(SENTENCE * 40)
    assert all(piece.text.endswith(". ") for piece in pieces)
    assert all(SMALLEST <= len(piece.text) <= LARGEST for piece in pieces)


def test_paragraphs_are_kept_whole_where_they_can_be() -> None:
    paragraph = SENTENCE * 6 + "\n\n"
    assert [piece.text for piece in passages(paragraph * 5)] == [paragraph] * 5


def test_headings_open_passages_and_are_told() -> None:
    text = f"# Statuts\n\n{SENTENCE * 3}\n\n## Article 1\n\n{SENTENCE * 3}\n\n## Article 2\n\n{SENTENCE * 3}"
    assert [piece.locator.heading for piece in passages(text)] == [
        ("Statuts",),
        ("Statuts", "Article 1"),
        ("Statuts", "Article 2"),
    ]
    assert passages(text)[1].text.startswith("## Article 1\n")


def test_a_heading_alone_joins_what_follows() -> None:
    pieces = passages(f"# Guide\n\n## Début\n\n{SENTENCE}")
    assert [(piece.locator.heading, piece.text[:7]) for piece in pieces] == [(("Guide", "Début"), "# Guide")]


def test_a_comment_in_code_is_no_heading() -> None:
    assert [piece.locator.heading for piece in passages(f"# Guide\n\n```\n# commande\n```\n{SENTENCE}")] == [("Guide",)]


def test_a_sentence_without_end_is_cut_at_a_space() -> None:
    pieces = passages("mot " * 1000)
    assert all(piece.text.endswith(" ") for piece in pieces)


def test_the_embedder_reads_title_headings_and_text() -> None:
    assert embedding_text("Statuts", ("Statuts", "Article 1"), " Un texte.\n") == "Statuts > Article 1\nUn texte."
    assert embedding_text("", (), "Un texte.") == "Un texte."
