"""Among Hameau's own programs everything works as without a gate, and nothing of it is written down."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from integration.perimeter.gate.house import Foreign, Gated, forbidden

Start = Callable[..., Gated]


def test_own_listeners_are_reached_by_all_their_names(gated: Start) -> None:
    program = gated("""
        enter()
        four, six = socket.create_server(("127.0.0.1", 0)), socket.create_server(("::1", 0), family=socket.AF_INET6)
        a, b = four.getsockname()[1], six.getsockname()[1]
        alias = socket.create_server(("127.8.8.8", 0))
        say(errors=[connect(*place) for place in (("127.0.0.1", a), ("0.0.0.0", a), ("::ffff:127.0.0.1", a), ("::1", b),
            ("::", b), ("127.8.8.8", alias.getsockname()[1]))])
        child = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1]))).sendall(b'from a child')"
        subprocess.run([sys.executable, "-c", child, str(a)], check=True)
        for _ in range(3): four.accept()[0].close()
        say(got=four.accept()[0].recv(100).decode())
    """)
    assert program.hear() == {"errors": ["none"] * 6}
    assert program.hear() == {"got": "from a child"}
    assert program.end() == 0
    assert program.book() == []


def test_a_port_that_is_given_up_and_taken_by_another_is_not_ours_any_more(gated: Start) -> None:
    program = gated(
        """
        enter()
        line = socket.create_server(("127.0.0.1", 0))
        port = line.getsockname()[1]
        error = connect("127.0.0.1", port)
        line.close()
        say(port=port, error=error)
        sys.stdin.readline()
        say(error=connect("127.0.0.1", port))
        """,
        stdin=subprocess.PIPE,
    )
    said = program.hear()
    assert said["error"] == "none"
    with socket.create_server(("127.0.0.1", said["port"])):
        assert program.process.stdin
        program.process.stdin.write("\n")
        program.process.stdin.close()
        assert program.hear() == {"error": "EACCES"}
        program.end()
    assert len(program.book("refused", port=said["port"])) == 1


def test_own_unix_sockets_work(gated: Start) -> None:
    program = gated("""
        import tempfile
        enter()
        folder = tempfile.mkdtemp()
        os.chdir(folder)
        errors = []
        for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            for path in (f"{folder}/a{kind}", f"b{kind}"):
                line = socket.socket(socket.AF_UNIX, kind)
                line.bind(path)
                line.listen()
                os.symlink(path, f"{path}.link")
                for way in (path, f"{folder}/{os.path.basename(path)}", f"{path}.link", f"/proc/self/cwd/{os.path.basename(path)}"):
                    with socket.socket(socket.AF_UNIX, kind) as caller:
                        errors.append(error_of(caller.connect, way))
                    # « /proc/self » is somebody else to the supervisor: refusing it is as good
        say(errors=sorted(set(errors[0:3] + errors[4:7] + errors[8:11] + errors[12:15])))
        os.chdir("/")
        subprocess.run(["rm", "-r", folder])
    """)
    assert program.hear() == {"errors": ["none"]}
    assert program.end() == 0


def test_unix_sockets_of_others_are_refused(gated: Start, tmp_path: Path) -> None:
    """Also under a name or in a place that was ours."""
    other = socket.socket(socket.AF_UNIX)
    other.bind(str(tmp_path / "other"))
    other.listen()
    hidden = socket.socket(socket.AF_UNIX)
    hidden.bind(f"\0hameau-test-{os.getpid()}")
    hidden.listen()
    program = gated(
        """
        enter()
        folder, hidden = sys.argv[1], "\\0" + sys.argv[2]
        def call(path):
            with socket.socket(socket.AF_UNIX) as line: return error_of(line.connect, path)
        own = socket.socket(socket.AF_UNIX)
        own.bind(f"{folder}/own"); own.listen()
        before = call(f"{folder}/own")
        os.symlink(f"{folder}/other", f"{folder}/link")
        os.link(f"{folder}/other", f"{folder}/hard")
        os.rename(f"{folder}/own", f"{folder}/moved")
        os.link(f"{folder}/other", f"{folder}/own")
        faked = socket.socket(socket.AF_UNIX)
        faked.bind(f"{folder}/faked")
        os.rename(f"{folder}/faked", f"{folder}/away")
        os.link(f"{folder}/other", f"{folder}/faked")
        faked.listen()
        say(before=before, errors=[call(f"{folder}/{name}") for name in ("other", "link", "hard", "own", "faked")] + [call(hidden)],
            nobody=[call(f"{folder}/none"), call(f"{folder}/book")])
        """,
        str(tmp_path),
        f"hameau-test-{os.getpid()}",
    )
    said = program.hear()
    program.end()
    assert said["before"] == "none"
    assert said["errors"] == ["EACCES"] * 6
    assert set(said["nobody"]) == {"ENOENT", "ECONNREFUSED"}
    assert len(program.book("refused", family="unix")) == 6
    assert program.book("refused", address="@hameau-test-" + str(os.getpid()))
    other.setblocking(False)
    heard = []
    while True:  # it was asked « is it you? » where it posed as ours, and hung up on
        try:
            asked, _ = other.accept()
        except BlockingIOError:
            break
        with asked:
            heard.append(asked.recv(1))
    other.close()
    hidden.close()
    assert set(heard) <= {b""}


def test_another_root_is_another_place(gated: Start, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        forbidden("only root may change its root")
    program = gated("""
        enter()
        line = socket.socket(socket.AF_UNIX)
        line.bind(f"{FOLDER}/s"); line.listen()
        pid = os.fork()
        if pid == 0:
            try: os.chroot(FOLDER)
            except OSError as error: say(error="chroot " + errno.errorcode[error.errno]); os._exit(0)
            caller = socket.socket(socket.AF_UNIX)
            say(error=error_of(caller.connect, "/s"))
            os._exit(0)
        os.waitpid(pid, 0)
    """)
    assert program.hear()["error"] in ("EACCES", "chroot EPERM")
    program.end()


def test_a_full_queue_of_our_own_stalls_nobody_else(gated: Start) -> None:
    program = gated("""
        enter()
        full, free = socket.create_server(("127.0.0.1", 0), backlog=0), socket.create_server(("127.0.0.1", 0))
        first = [socket.socket() for _ in range(3)]
        for line in first:
            line.setblocking(False)
            line.connect_ex(full.getsockname())
        waiting = threading.Thread(target=connect, args=full.getsockname())
        waiting.start()
        time.sleep(0.3)
        stuck = waiting.is_alive()
        say(stuck=stuck, error=connect(*free.getsockname()))
        def serve():
            while True: full.accept()
        threading.Thread(target=serve, daemon=True).start()
        waiting.join(20)
        say(stuck=waiting.is_alive())
    """)
    said = program.hear()
    assert said == {"stuck": True, "error": "none"}
    assert program.hear() == {"stuck": False}
    program.end()


def test_asyncio_and_subprocesses_work(gated: Start) -> None:
    program = gated("""
        import asyncio
        enter()
        async def main():
            async def answer(reader, writer):
                writer.write(await reader.readline()); await writer.drain(); writer.close()
            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
            writer.write(b"hello\\n")
            got = await reader.readline()
            writer.close()
            process = await asyncio.create_subprocess_exec("echo", "child", stdout=-1)
            server.close()
            return got + (await process.communicate())[0]
        say(got=asyncio.run(main()).decode())
    """)
    assert program.hear() == {"got": "hello\nchild\n"}
    assert program.end() == 0
    assert program.book() == []


def test_psutil_and_a_second_filter_work(gated: Start) -> None:
    program = gated("""
        import psutil
        enter()
        me = psutil.Process()
        listening = socket.create_server(("127.0.0.1", 0))
        say(memory=me.memory_info().rss > 0, sockets=len(me.net_connections()), parents=len(me.parents()) >= 2)
    """)
    said = program.hear()
    assert said["memory"]
    assert said["parents"]
    assert said["sockets"] == 1
    assert program.end() == 0


def test_inherited_sockets_are_closed(gated: Start, foreign: Callable[..., Foreign]) -> None:
    line = socket.create_connection(("127.0.0.1", foreign().port))
    line.set_inheritable(True)
    program = gated(
        """
        before = error_of(os.fstat, int(sys.argv[1]))
        enter()
        say(before=before, after=error_of(os.fstat, int(sys.argv[1])))
        """,
        str(line.fileno()),
        close_fds=False,
    )
    assert program.hear() == {"before": "none", "after": "EBADF"}
    program.end()
    line.close()


def test_a_network_socket_in_the_place_of_the_input_is_replaced(gated: Start, foreign: Callable[..., Foreign]) -> None:
    line = socket.create_connection(("127.0.0.1", foreign().port))
    program = gated("enter(); say(input=os.readlink('/proc/self/fd/0'))", stdin=line)
    assert program.hear() == {"input": "/dev/null"}
    program.end()
    line.close()


def test_programs_of_another_architecture_are_killed(gated: Start, tmp_path: Path) -> None:
    compiler = shutil.which("gcc")
    if compiler is None:
        forbidden("gcc is not here (Debian: apt install gcc)")
    source = tmp_path / "compat.c"
    source.write_text(
        'int main(void) { int r; __asm__ volatile("int $0x80" : "=a"(r) : "a"(20)); return r > 0 ? 0 : 1; }\n',
        encoding="ascii",
    )
    made = subprocess.run([compiler, "-o", str(tmp_path / "compat"), str(source)], capture_output=True, check=False)
    if made.returncode != 0:
        forbidden("this is not x86-64")
    program = gated("enter(); say(code=subprocess.run([f'{FOLDER}/compat']).returncode)")
    assert program.hear() == {"code": -31}  # SIGSYS
    program.end()
    assert sys.platform == "linux"
