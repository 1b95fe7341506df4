from __future__ import annotations

from hameau.library.duplicates import MOST_COPIES, collapsed
from hameau.library.types import Copy, Locator, SearchResult


def result(number: int, text: str, document: int | None = None) -> SearchResult:
    return SearchResult(
        number, document or number, f"T{number}", f"{number}.txt", text, Locator(0, len(text)), 1 / number
    )


def test_the_same_text_is_one_result_that_names_the_others() -> None:
    found = collapsed([result(1, "Le bail."), result(2, "Autre chose."), result(3, "le  bail.\n")], 10)
    assert [one.passage_id for one in found] == [1, 2]
    assert found[0].copies == (Copy(3, "T3", "3.txt"),)
    assert found[1].copies == ()


def test_a_repetition_inside_a_document_is_left_out_silently() -> None:
    (found,) = collapsed([result(1, "Le bail."), result(2, "Le bail.", document=1)], 10)
    assert found.copies == ()


def test_copies_do_not_count_for_the_limit_and_are_named_up_to_one() -> None:
    same = [result(number, "Avis.") for number in range(1, 60)]
    found = collapsed([*same, result(60, "Bail."), result(61, "Loyer.")], 2)
    assert [one.passage_id for one in found] == [1, 60]
    assert len(found[0].copies) == MOST_COPIES


def test_what_has_no_letters_is_compared_as_it_is() -> None:
    assert len(collapsed([result(1, "***"), result(2, "###")], 5)) == 2
