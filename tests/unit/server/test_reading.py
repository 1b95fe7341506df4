"""The reading view: nothing of the text lost, the quote marked where it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fakes.house import STATUTES
from hameau.library import Locator, Passage
from hameau.server.reading import PART, Line, Span, part, parts, pieces


def passages_of(text: str, size: int = 90) -> list[Passage]:
    cuts = list(range(0, len(text), size))
    return [
        Passage(n, 1, n, text[a : a + size], Locator(a, min(len(text), a + size), page=n // 3 + 1))
        for n, a in enumerate(cuts)
    ]


def words_of(lines: tuple[Line, ...]) -> str:
    return "".join(piece.text for line in lines for cell in line.cells for piece in cell)


def marked(lines: tuple[Line, ...], mark: str) -> str:
    return "".join(piece.text for line in lines for cell in line.cells for piece in cell if piece.mark == mark)


@given(st.text(st.characters(exclude_characters="|#"), max_size=600), st.data())
def test_every_sign_is_shown_once_and_the_quote_is_what_is_marked(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    shown = part(text, passages_of(text), None, Span(start, end), None)
    assert "".join(words_of(shown.lines).split()) == "".join(text.split())
    quote = "".join(marked(shown.lines, "quote").split())
    assert quote == "".join(text[start:end].split())


def test_headings_and_tables_get_their_look() -> None:
    shown = part(STATUTES, passages_of(STATUTES, 10_000), None, None, None)
    assert [line.level for line in shown.lines if line.kind == "heading"] == [2, 3, 3, 3]
    rows = [line for line in shown.lines if line.kind == "row"]
    assert [["".join(p.text for p in cell).strip() for cell in row.cells] for row in rows] == [
        ["Poste", "Montant"],
        ["Chauffage", "1 240 €"],
        ["Assurance", "310 €"],
    ]


def test_heading_levels_never_jump() -> None:
    text = "###### Six\n# One\n#### Four"
    shown = part(text, passages_of(text), None, None, None)
    assert [line.level for line in shown.lines if line.kind == "heading"] == [2, 2, 3]


def test_a_long_book_opens_at_the_part_of_the_quote() -> None:
    text = "Une phrase de plus. " * 10_000
    passages = passages_of(text, 600)
    spans = parts(passages, len(text))
    assert "".join(text[s.start : s.end] for s in spans) == text
    assert all(s.end - s.start >= PART for s in spans[:-1])
    shown = part(text, passages, None, Span(150_000, 150_019), None)
    assert marked(shown.lines, "quote") == text[150_000:150_019]
    assert 1 < shown.number < shown.count
    assert part(text, passages, 10**9, None, None).number == shown.count


def test_pieces_cut_where_marks_begin_and_end() -> None:
    found = list(pieces("abcdef", Span(0, 6), Span(2, 3), Span(1, 5)))
    assert [(one.text, one.mark) for one in found] == [
        ("a", ""),
        ("b", "near"),
        ("c", "quote"),
        ("de", "near"),
        ("f", ""),
    ]


def test_an_empty_document() -> None:
    assert part("", [], None, None, None).lines == ()
