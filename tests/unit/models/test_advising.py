"""Which model suits a machine: the verdicts and their reasons, for machines of all sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.models import Machine, Measured, ModelCard, advise, keep_measured, measured_in
from hameau.models.questions import Score

GB = 1_000_000_000
ROOMY = Machine(12 * GB, 16 * GB, 4, 100 * GB)


def card(name: str, gigabytes: float, *languages: str) -> ModelCard:
    size = int(gigabytes * GB)
    spoken = languages or ("fr", "en")
    return ModelCard(name, "chat", name, "llama", "", "Q4_K_M", spoken, "MIT", "", size, size + GB // 2, 4096, "")


SMALL, MIDDLE, LARGE, HUGE = card("small", 0.5), card("middle", 1.5), card("large", 4.5), card("huge", 40)
CARDS = (LARGE, SMALL, HUGE, MIDDLE)


def verdicts(machine: Machine, **more: object) -> dict[str, str]:
    found = advise(CARDS, more.get("installed", ()), machine, more.get("measured", {}))  # type: ignore[arg-type]
    return {one.card.id: one.verdict for one in found}


def measured(model: ModelCard, seconds: float, right: int = 20) -> Measured:
    score = Score(24, right, 24 - right, 0, 0)
    return Measured(model.id, model.size_bytes, 1.0, 100.0, 30.0, GB, answer_s=seconds, score=score)


def test_the_largest_that_answers_in_time_is_the_best() -> None:
    assert verdicts(ROOMY) == {"middle": "best", "small": "good", "large": "slow", "huge": "too_large"}


def test_more_cores_carry_more() -> None:
    assert verdicts(replace(ROOMY, cores=32))["large"] == "best"


def test_little_memory_is_said_with_both_numbers() -> None:
    judged = advise(CARDS, (), replace(ROOMY, memory_total=3 * GB, memory=2 * GB), {})
    found = {one.card.id: one for one in judged}
    assert judged[0].card == MIDDLE
    assert found["large"].verdict == "too_large"
    assert found["large"].reasons[0].fields == {"need_bytes": LARGE.ram_bytes, "have_bytes": 3 * GB}


def test_a_full_disk_leaves_what_is_here_already() -> None:
    full = replace(ROOMY, disk=GB // 2)
    assert verdicts(full)["middle"] == "no_room"
    assert verdicts(full, installed={"small"})["small"] == "best"


def test_memory_that_others_hold_now_is_said_and_does_not_forbid() -> None:
    found = advise((MIDDLE,), (), replace(ROOMY, memory=GB), {})
    assert found[0].verdict == "best"
    assert any("close other programs" in reason.text for reason in found[0].reasons)


def test_a_model_that_does_not_speak_the_language_comes_last() -> None:
    english = card("english", 1.4, "en")
    found = advise((english, SMALL), (), ROOMY, {})
    assert [(one.card.id, one.verdict) for one in found] == [("small", "best"), ("english", "other_language")]
    assert advise((english, SMALL), (), ROOMY, {}, "en")[0].card == english


def test_what_was_measured_counts_more_than_what_is_reckoned() -> None:
    slow = {"middle": measured(MIDDLE, 55.0)}
    assert verdicts(ROOMY, measured=slow)["middle"] == "slow"
    quick = {"large": measured(LARGE, 9.0)}
    assert verdicts(ROOMY, measured=quick)["large"] == "best"


def test_a_model_that_reads_worse_than_a_coin_is_not_the_best_for_being_large() -> None:
    known = {"large": measured(LARGE, 9.0, right=7), "middle": measured(MIDDLE, 5.0, right=18)}
    found = advise(CARDS, (), ROOMY, known)
    assert found[0].card == MIDDLE
    assert any(reason.fields.get("right") == 18 for reason in found[0].reasons)


def test_where_none_answers_in_time_the_quickest_is_named() -> None:
    old = replace(ROOMY, cores=1)
    known = {"small": measured(SMALL, 40.0), "middle": measured(MIDDLE, 90.0)}
    first = advise((MIDDLE, SMALL), (), old, known)[0]
    assert (first.card, first.verdict) == (SMALL, "best")
    assert "quickest" in first.reasons[0].text


def test_embedders_are_not_advised_and_nothing_is_advised_of_nothing() -> None:
    embedder = replace(SMALL, id="embedder", kind="embedding")
    assert [one.card for one in advise((embedder, SMALL), (), ROOMY, {})] == [SMALL]
    assert advise((), (), ROOMY, {}) == ()


@given(
    st.builds(
        Machine,
        st.integers(0, 100 * GB),
        st.integers(0, 100 * GB),
        st.integers(0, 128),
        st.integers(0, 1000 * GB),
    )
)
def test_every_machine_gets_a_word_on_every_model_and_one_best_at_most(machine: Machine) -> None:
    found = advise(CARDS, {"small"}, machine, {})
    assert {one.card.id for one in found} == {one.id for one in CARDS}
    assert [one.verdict for one in found].count("best") <= 1
    assert all(one.reasons for one in found)


def test_measures_are_kept_one_a_model(tmp_path: Path) -> None:
    assert measured_in(tmp_path) == {}
    keep_measured(tmp_path, measured(SMALL, 3.0))
    keep_measured(tmp_path, measured(MIDDLE, 6.0))
    keep_measured(tmp_path, measured(SMALL, 4.0))
    assert measured_in(tmp_path) == {"small": measured(SMALL, 4.0), "middle": measured(MIDDLE, 6.0)}


@pytest.mark.parametrize("content", [b"", b"{", b'[{"model": 3}]', b"\xff"])
def test_a_damaged_file_of_measures_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "measured.json").write_bytes(content)
    assert measured_in(tmp_path) == {}
