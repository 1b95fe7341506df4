"""Going in, and what happens where there is no gate to be had: nothing has changed, and the reason is known."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from integration.perimeter.gate.house import Gated, forbidden

Start = Callable[..., Gated]


def test_a_second_gate_inside_the_first_is_not_to_be_had(gated: Start) -> None:
    """The kernel allows one listener a tree; whoever finds itself behind another's goes on without, and knows why."""
    program = gated("""
        enter()
        before = sorted(os.listdir("/proc/self/fd")), signal.pthread_sigmask(signal.SIG_BLOCK, []), os.getpid()
        second = gate.enter(judge=judge, book=Lines(), find=find)
        after = sorted(os.listdir("/proc/self/fd")), signal.pthread_sigmask(signal.SIG_BLOCK, []), os.getpid()
        say(gated=second.gated, reason=second.reason, same=before == after, inside=gate.inside())
    """)
    said = program.hear()
    assert (said["gated"], said["same"], said["inside"]) == (False, True, True)
    assert "busy" in said["reason"].lower()
    assert program.end() == 0


def test_an_ordinary_user_goes_in_as_well(gated: Start, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        forbidden("every test here is run by an ordinary user already")
    program = gated(
        """
        import codecs, ctypes
        from hameau.perimeter.types import Verdict
        class Silent:
            def refused(self, *_, **__): pass
            allowed = ended = refused
        codecs.lookup("ascii")  # this user may not read where Python's own files are
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as after exec
        entered = gate.enter(judge=lambda _: Verdict(False, "no"), book=Silent(), find=find)
        own = socket.create_server(("127.0.0.1", 0))
        say(walls=entered.walls, own=connect(*own.getsockname()), other=connect("192.0.2.1", 9), inside=gate.inside(),
            look=error_of(open, f"/proc/{os.getppid()}/mem", "rb"))
    """,
        cwd="/",
    )
    said = program.hear()
    assert "seccomp" in said["walls"]
    assert "capabilities" not in said["walls"]
    assert (said["own"], said["other"], said["inside"], said["look"]) == ("none", "EACCES", True, "EACCES")
    program.end()


def test_with_threads_there_is_no_way_in(gated: Start) -> None:
    program = gated("""
        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
        said = gate.enter(judge=judge, book=Lines(), find=find)
        say(gated=said.gated, reason=said.reason)
    """)
    said = program.hear()
    assert not said["gated"]
    assert "thread" in said["reason"]
    assert program.end() == 0


def test_where_the_filter_is_forbidden_nothing_changes(gated: Start) -> None:
    """As in a container whose own filter refuses the call."""
    program = gated("""
        import ctypes, platform
        from hameau.perimeter.gate import calls, filter, notify, numbers
        table = filter.Rule("seccomp", ((filter.Is(1, 8, 8),),), then=filter.NOT_PERMITTED)
        code = ctypes.create_string_buffer(filter.program(platform.machine(), [table]))
        calls.prctl(calls.SET_NO_NEW_PRIVS, 1)
        header = struct.pack("HxxxxxxP", (len(code) - 1) // 8, ctypes.addressof(code))
        calls.system("seccomp", 1, 0, header)
        before = os.getpid()
        said = gate.enter(judge=judge, book=Lines(), find=find)
        say(gated=said.gated, reason=said.reason, same=before == os.getpid(), door="HAMEAU_DOOR" in os.environ)
    """)
    said = program.hear()
    assert (said["gated"], said["same"], said["door"]) == (False, True, False)
    assert "seccomp" in said["reason"]
    assert program.end() == 0


def test_a_judge_that_fails_refuses(gated: Start) -> None:
    program = gated("""
        def broken(attempt): raise RuntimeError("no")
        gate.enter(judge=broken, book=Lines(), find=find)
        own = socket.create_server(("127.0.0.1", 0))
        say(error=[connect("192.0.2.1", 9), error_of(socket.socket, socket.AF_INET, socket.SOCK_DGRAM)],
            own=connect(*own.getsockname()))
    """)
    assert program.hear() == {"error": ["EACCES", "EACCES"], "own": "none"}
    assert program.end() == 0


def test_a_book_that_fails_lets_nothing_out(gated: Start) -> None:
    program = gated("""
        class Full(Lines):
            def _write(self, *_, **__): raise OSError(errno.ENOSPC, "full")
        import json
        with open(f"{FOLDER}/policy", "w") as file:
            json.dump({"connections": [{"name": "t", "who": "", "why": "t", "host": "192.0.2.1", "port": 9}]}, file)
        gate.enter(judge=judge, book=Full(), find=find)
        say(error=[connect("192.0.2.1", 9), connect("192.0.2.1", 10)])
    """)
    assert program.hear() == {"error": ["EACCES", "EACCES"]}
    assert program.end() == 0
