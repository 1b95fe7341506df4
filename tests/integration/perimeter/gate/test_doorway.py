"""What the tree asks of the supervisor, and that nobody else is answered."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable

from integration.perimeter.gate.house import Foreign, Gated, link

Start = Callable[..., Gated]


def test_inside_is_known(gated: Start) -> None:
    program = gated("""
        before = gate.inside()
        entered = enter()
        say(before=before, inside=gate.inside(), state=gate.state(), walls=entered.walls)
    """)
    said = program.hear()
    program.end()
    assert (said["before"], said["inside"]) == (False, True)
    assert said["state"]["level"] == "gate"
    assert said["state"]["walls"] == said["walls"]
    assert "seccomp" in said["walls"]
    assert said["state"]["refused"] == 0
    assert said["state"]["connections"] == []


def test_a_name_that_nobody_allowed_is_not_asked_for(gated: Start) -> None:
    program = gated("""
        enter()
        try: gate.resolve("example.org", 443)
        except Refused as error: say(message=str(error), host=error.fields["host"], hint=bool(error.hint))
    """)
    said = program.hear()
    program.end()
    assert "example.org" in said["message"]
    assert (said["host"], said["hint"]) == ("example.org", True)
    assert len(program.book("refused", act="resolve", host="example.org", port=443)) == 1


def test_a_name_is_pinned_to_where_it_led(gated: Start, foreign: Callable[..., Foreign]) -> None:
    port = foreign().port
    program = gated(
        """
        port = int(sys.argv[1])
        enter()
        early = connect("127.0.0.1", port)
        found = gate.resolve("localhost", port)
        line = socket.create_connection(("127.0.0.1", port))
        say(early=early, found="127.0.0.1" in found, names=gate.state()["connections"])
        other = connect("127.0.0.2", port)
        line.close()
        """,
        str(port),
    )
    program.allow(link("localhost", port))
    said = program.hear()
    program.end()
    assert said == {"early": "EACCES", "found": True, "names": ["test"]}
    assert len(program.book("allowed", act="connect", host="localhost", address="127.0.0.1", connection="test")) == 1


def test_what_a_program_counted_is_written_down_once(gated: Start, foreign: Callable[..., Foreign]) -> None:
    place = foreign()
    program = gated(
        """
        port = int(sys.argv[1])
        enter()
        line = socket.create_connection(("127.0.0.1", port))
        gate.ended("test", "", "127.0.0.1", port, 123, 456)
        line.close()
        gate.ended("test", "", "192.0.2.9", 1, 1, 1)
        time.sleep(0.5)
        """,
        str(place.port),
    )
    program.allow(link("127.0.0.1", place.port))
    assert program.end() == 0
    ended = program.book("ended")
    assert [(each["connection"], each["sent"], each["received"], each["cut"]) for each in ended] == [
        ("test", 123, 456, False)
    ]


def test_a_name_that_leads_inwards_is_refused(gated: Start, foreign: Callable[..., Foreign]) -> None:
    port = foreign().port
    program = gated(
        """
        enter()
        def ask():
            try: return gate.resolve(socket.gethostname(), int(sys.argv[1]))
            except (Refused, Unavailable) as error: return type(error).__name__
        say(answer=ask())
        """,
        str(port),
    )
    program.allow(link(socket.gethostname(), port, local=False))
    answer = program.hear()["answer"]
    program.end()
    assert answer in ("Refused", "Unavailable")  # this machine's own name is an address of its own, where it is known


def test_a_name_that_does_not_exist_is_not_found(gated: Start) -> None:
    program = gated("""
        enter()
        try: gate.resolve("nobody.invalid.", 443)
        except Unavailable as error: say(error=str(error))
    """)
    program.allow(link("nobody.invalid", 443))
    assert "can't be found" in program.hear()["error"]
    program.end()


def test_a_process_outside_is_not_answered(gated: Start) -> None:
    program = gated(
        "enter(); say(door=os.environ['HAMEAU_DOOR']); sys.stdin.readline(); say(ask=gate.state()['level'])",
        stdin=subprocess.PIPE,
    )
    door = program.hear()["door"]
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(20)
        line.connect(door)
        try:
            line.sendall(json.dumps({"ask": "state"}).encode() + b"\n")
            assert line.recv(1000) == b""
        except ConnectionError:  # it was sent away before it could ask
            pass
    program.process.stdin.write("\n")  # type: ignore[union-attr]
    program.process.stdin.close()  # type: ignore[union-attr]
    assert program.hear() == {"ask": "gate"}
    program.end()


def test_nonsense_at_the_door_harms_nothing(gated: Start) -> None:
    program = gated("""
        enter()
        answers = []
        for nonsense in (b"\\n", b"{}\\n", b"[]\\n", b"{\\"ask\\": 1}\\n", b"\\xff\\n", b"{\\"ask\\": \\"resolve\\"}\\n",
                         b"{\\"ask\\": \\"resolve\\", \\"host\\": \\"a\\", \\"port\\": 1e999}\\n", b"x" * 20000):
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(20)
                line.connect(os.environ["HAMEAU_DOOR"])
                try:
                    line.sendall(nonsense)
                    answers.append(line.recv(1000).decode())
                except OSError as error: answers.append("closed")
        say(answers=answers, state=gate.state()["level"])
    """)
    said = program.hear()
    program.end()
    assert said["state"] == "gate"
    assert all(not answer or answer == "closed" or "failed" in answer for answer in said["answers"])


def test_several_questions_on_one_line_and_at_once(gated: Start) -> None:
    program = gated("""
        enter()
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(os.environ["HAMEAU_DOOR"])
            line.sendall(b"{\\"ask\\": \\"state\\"}\\n{\\"ask\\": \\"state\\"}\\n")
            got = b""
            while got.count(b"\\n") < 2: got += line.recv(4096)
        levels = []
        threads = [threading.Thread(target=lambda: levels.append(gate.state()["level"])) for _ in range(20)]
        for each in threads: each.start()
        for each in threads: each.join()
        say(lines=got.count(b"gate"), levels=levels)
    """)
    assert program.hear() == {"lines": 2, "levels": ["gate"] * 20}
    program.end()
