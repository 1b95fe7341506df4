"""Many at once, and callers that die: the supervisor forgets them and leaks nothing."""

from __future__ import annotations

from collections.abc import Callable

from integration.perimeter.gate.house import Foreign, Gated, link

Start = Callable[..., Gated]
COUNT = """
    def handles():
        found = len(os.listdir(f"/proc/{os.getppid()}/fd"))
        with open(f"/proc/{os.getppid()}/status") as file:
            return found, int(next(line for line in file if line.startswith("Threads")).split()[1])
"""


def test_many_connections_leave_nothing_behind(gated: Start, foreign: Callable[..., Foreign]) -> None:
    place = foreign()
    program = gated(
        COUNT
        + """
    enter()
    own = socket.create_server(("127.0.0.1", 0), backlog=512)
    port = int(sys.argv[1])
    def all():
        return {connect(*own.getsockname()), connect("127.0.0.1", port), connect("127.0.0.1", port, 5),
                connect("192.0.2.1", 9), error_of(socket.socket, socket.AF_INET, socket.SOCK_DGRAM)}
    errors = set()
    for _ in range(5): errors |= all()
    time.sleep(0.5)
    before = handles()
    for _ in range(200): errors |= all()
    time.sleep(0.5)
    say(before=before, after=handles(), errors=sorted(errors))
""",
        str(place.port),
    )
    program.allow(link("127.0.0.1", place.port))
    said = program.hear()
    program.end()
    assert said["errors"] == ["EACCES", "none"]
    assert said["after"][0] == said["before"][0]
    assert said["after"][1] <= 8  # threads without work stay a moment
    assert len(program.book("allowed")) == len(program.book("ended")) == 410


def test_many_threads_and_processes_at_once(gated: Start) -> None:
    program = gated("""
        enter()
        own = socket.create_server(("127.0.0.1", 0), backlog=4096)
        def serve():
            while True: own.accept()[0].close()
        threading.Thread(target=serve, daemon=True).start()
        errors = []
        def call():
            for _ in range(25): errors.append((connect(*own.getsockname()), connect("192.0.2.1", 9)))
        code = ("import socket, sys\\n"
                "for _ in range(25): socket.create_connection(('127.0.0.1', int(sys.argv[1]))).close()")
        children = [subprocess.Popen([sys.executable, "-c", code, str(own.getsockname()[1])]) for _ in range(4)]
        threads = [threading.Thread(target=call) for _ in range(16)]
        for each in threads: each.start()
        for each in threads: each.join()
        say(errors=sorted(set(errors)), number=len(errors), codes=[each.wait() for each in children])
    """)
    assert program.hear() == {"errors": [["none", "EACCES"]], "number": 400, "codes": [0] * 4}
    program.end()


def test_callers_that_die_are_forgotten(gated: Start, foreign: Callable[..., Foreign]) -> None:
    """They are killed while the supervisor decides, or while it waits for a full queue in their stead."""
    full = foreign(backlog=0, accepting=False)
    program = gated(
        COUNT
        + """
    enter()
    port = int(sys.argv[1])
    fill = [socket.socket() for _ in range(3)]
    for line in fill:
        line.setblocking(False)
        line.connect_ex(("127.0.0.1", port))
    own = socket.create_server(("127.0.0.1", 0))
    connect(*own.getsockname())
    connect("192.0.2.1", 9)  # refused: from now on the supervisor has its clerk
    time.sleep(0.5)
    before = handles()
    for number in range(30):
        pid = os.fork()
        if pid == 0:
            if number % 3: connect("127.0.0.1", port)
            while True: connect("192.0.2.1", 9)
        time.sleep(0.01 + number / 1000)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    for _ in range(100):
        if handles() == before: break
        time.sleep(0.1)
    say(before=before, after=handles(), own=connect(*own.getsockname()))
""",
        str(full.port),
    )
    program.allow(link("127.0.0.1", full.port))
    said = program.hear()
    program.end()
    assert said["own"] == "none"
    assert said["after"] == said["before"]


def test_a_signal_in_the_middle_of_a_connect_changes_nothing(gated: Start) -> None:
    program = gated("""
        enter()
        own = socket.create_server(("127.0.0.1", 0), backlog=4096)
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.siginterrupt(signal.SIGALRM, False)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0007)
        errors = {}
        lines = [socket.socket() for _ in range(1000)]
        for line in lines:
            error = errno.errorcode.get(line.connect_ex(own.getsockname()), "none")
            errors[error] = errors.get(error, 0) + 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        say(errors=errors)
    """)
    assert program.hear() == {"errors": {"none": 1000}}
    program.end()
