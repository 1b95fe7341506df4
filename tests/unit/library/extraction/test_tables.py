"""Tables whose every passage says what its columns are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hameau.library.extraction.hypertext import read_html
from hameau.library.extraction.structure import Draft
from hameau.library.extraction.tables import header_of, read_values, write_table
from hameau.library.passages import passages

HEADER = ["Poste", "Sens", "Montant prévu"]
ROWS = [[f"Poste numéro {number}", "recette", f"{number},00"] for number in range(200)]


def written(rows: list[list[str]]) -> str:
    draft = Draft()
    write_table(rows, draft)
    return draft.finish()[0]


def test_every_passage_of_a_long_table_begins_with_the_header() -> None:
    pieces = passages(written([HEADER, *ROWS]))
    assert len(pieces) > 5
    assert all(piece.text.startswith("Poste\tSens\tMontant prévu\n") for piece in pieces)


def test_no_row_is_lost_or_told_twice() -> None:
    lines = written([["Budget"], HEADER, *ROWS]).split("\n")
    assert lines[0] == "Budget"
    assert [line for line in lines if line.startswith("Poste numéro")] == ["\t".join(row) for row in ROWS]


def test_the_header_is_found_below_a_title_and_not_among_figures() -> None:
    assert header_of([["Budget 2026"], HEADER, *ROWS]) == 1
    assert header_of([["", "2024", "2025"], *[["Loyer", "12", "13"]] * 5]) == 0
    assert header_of([["12", "13", "14"], *ROWS]) is None
    assert header_of([["Monsieur le Maire, " * 9, "Brévanne, le 3 mars"], *ROWS]) is None
    assert header_of([HEADER, ROWS[0]]) is None


def test_values_between_semicolons_commas_and_tabs() -> None:
    for sign in ";,\t":
        text = f'Poste{sign}Remarque\nLoyer{sign}"à payer{sign} bientôt"\nBois{sign}livré\nEau{sign}\n'
        remark = f"à payer{sign} bientôt".replace("\t", "")
        assert read_values(text) == f"Poste\tRemarque\nLoyer\t{remark}\nBois\tlivré\nEau\n\n"


def test_what_is_no_table_stays_as_it_is() -> None:
    for text in ("Bonjour.\nÀ jeudi.\n", "", "un seul mot", 'a;b\n"c;d\n' + "e;f\n" * 50):
        assert read_values(text) == text


@given(st.text('ab;,\t"\n ', max_size=200))
def test_any_mess_of_values_keeps_its_letters(text: str) -> None:
    kept = read_values(text)
    assert kept.count("a") >= text.count("a") and kept.count("b") >= text.count("b")


def test_a_long_table_of_a_page_repeats_its_head_cells() -> None:
    rows = "".join(f"<tr><td>Poste numéro {number}<td>{number}</tr>" for number in range(100))
    draft = Draft()
    read_html(f"<table><tr><th>Poste<th>Montant</tr>{rows}</table><p>Fin.", draft)
    text = draft.finish()[0]
    assert text.count("Poste\tMontant\n") > 2
    assert text.count("Poste numéro 50\t") == 1 and text.endswith("Fin.\n\n")
