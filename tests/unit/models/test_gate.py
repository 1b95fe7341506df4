"""People come first."""

from __future__ import annotations

import threading

import pytest

from hameau.models import Gate


def test_it_is_quiet_when_nobody_waits() -> None:
    gate = Gate()
    assert not gate.busy
    assert gate.wait_for_quiet(0)


def test_it_is_busy_until_the_last_person_leaves() -> None:
    gate = Gate()
    with gate.person():
        with gate.person():
            assert gate.busy
        assert gate.busy
        assert not gate.wait_for_quiet(0)
    assert not gate.busy


def test_a_person_leaves_also_by_an_error() -> None:
    gate = Gate()
    with pytest.raises(ValueError, match="x"), gate.person():
        raise ValueError("x")
    assert not gate.busy


def test_who_waits_for_quiet_is_woken() -> None:
    gate = Gate()
    woken = threading.Event()

    def background() -> None:
        gate.wait_for_quiet()
        woken.set()

    with gate.person():
        thread = threading.Thread(target=background)
        thread.start()
        assert not woken.is_set()
    thread.join()
    assert woken.is_set()


def test_listeners_hear_the_first_and_the_last() -> None:
    gate = Gate()
    heard: list[bool] = []
    forget = gate.listen(heard.append)
    with gate.person(), gate.person():
        pass
    forget()
    with gate.person():
        pass
    assert heard == [False, True, False]


def test_a_listener_that_comes_late_hears_that_somebody_waits() -> None:
    gate = Gate()
    heard: list[bool] = []
    with gate.person():
        gate.listen(heard.append)
    assert heard == [True, False]


def test_a_listener_that_fails_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    calls: list[bool] = []

    def broken(busy: bool) -> None:
        calls.append(busy)
        if busy:
            raise RuntimeError("broken")

    gate.listen(broken)
    with gate.person():
        pass
    assert calls == [False, True, False]
    assert "broken" in caplog.text
