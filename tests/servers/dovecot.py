"""A real Dovecot on loopback, for as long as its block: its own folder, ports from the system, ended by its number.

The mailboxes are Maildir below ``mail/USER``; a test may look into them, put mails there and see which marks they have.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PROGRAM = Path("/usr/sbin/dovecot")
USER, PASSWORD = "amelie", "le moulin à eau"
MORE_USERS = 50
"""Others, with the same password: ``amelie0``, ``amelie1``… so that each test has mailboxes of its own."""
_UP_SECONDS = 20.0
_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_location = {location}
mail_home = {folder}/home/%u
mailbox_list_index = yes
maildir_stat_dirs = no
mail_max_userip_connections = 50
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_verbose = yes
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Brouillons {{
    special_use = \\Drafts
    auto = create
  }}
  mailbox Corbeille {{
    special_use = \\Trash
    auto = create
  }}
  mailbox Pourriel {{
    special_use = \\Junk
    auto = create
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
}}
ssl = {ssl}
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
imap_capability = {capability}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap {{
  process_min_avail = 1
}}
service stats {{
  chroot =
}}
"""


_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running server. ``port`` is in the clear (with STARTTLS where that is on), ``tls_port`` encrypted."""

    folder: Path
    port: int
    tls_port: int

    @property
    def certificate(self) -> Path:
        """What a client has to trust."""
        return self.folder / "certificate.pem"

    def box(self, name: str = "", user: str = USER) -> Path:
        """The Maildir of a mailbox; of the inbox, without a name."""
        return self.folder / "mail" / user / (f".{name.replace('/', '.')}" if name else "")

    def put(self, mails: Iterable[bytes], name: str = "", user: str = USER, marks: str = "S") -> list[Path]:
        """Mails into a mailbox, as another program leaves them there; read ones, unless ``marks`` says otherwise."""
        box = self.box(name, user)
        for folder in ("cur", "new", "tmp"):
            (box / folder).mkdir(parents=True, exist_ok=True)
        made = []
        for mail in mails:
            made.append(box / "cur" / f"{1_700_000_000 + next(_NUMBERS)}.M1P1.hameau:2,{marks}")
            made[-1].write_bytes(mail)
        own(self)
        return made

    def marks(self, user: str = USER) -> dict[str, str]:
        """Every mail by the part of its name that stays, with its folder and its marks: what a client may have changed."""
        root = self.folder / "mail" / user
        return {
            str(path.parent.relative_to(root)) + "/" + path.name.partition(":")[0]: path.name.partition(":2,")[2]
            for path in sorted(root.rglob("*"))
            if path.parent.name in ("cur", "new")
        }

    def log(self) -> str:
        """What it wrote down."""
        return (self.folder / "log").read_text("utf-8", "replace")


@contextmanager
def dovecot(*, tls: bool = True, capability: str = "", location: str = "") -> Iterator[Dovecot]:
    """Starts one. ``capability``: instead of what it can do, what it says; ``location``: where mails lie, Dovecot's words."""
    folder = Path(tempfile.mkdtemp(prefix="hameau-dovecot-"))
    user, group = _account(folder)
    server = Dovecot(folder, *_free_ports())
    _make_certificate(folder)
    (folder / "mail").mkdir()
    users = [USER, *(f"{USER}{number}" for number in range(MORE_USERS))]
    (folder / "users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in users), "utf-8")
    configuration = folder / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder,
            user=user,
            group=group,
            port=server.port,
            tls_port=server.tls_port,
            ssl="yes" if tls else "no",
            capability=capability,
            location=location or f"maildir:{folder}/mail/%u",
        ),
        "utf-8",
    )
    _give(folder, user)
    process = subprocess.Popen(
        [str(PROGRAM), "-F", "-c", str(configuration)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_until_up(process, server)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(0.3)
        except subprocess.TimeoutExpired:
            pass  # it waits for those who are still signed in
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr:
            process.stderr.close()
        shutil.rmtree(folder, ignore_errors=True)


def own(server: Dovecot) -> None:
    """Gives what a test put into the mailboxes to the user that the server runs as."""
    _give(server.folder / "mail", _account(server.folder)[0])


def _account(folder: Path) -> tuple[str, str]:
    """Dovecot reads no mail as root: another user is lent it."""
    import grp
    import pwd

    entry = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    if os.getuid() == 0:
        folder.chmod(0o755)
    return entry.pw_name, grp.getgrgid(entry.pw_gid).gr_name


def _give(path: Path, user: str) -> None:
    if os.getuid() != 0:
        return
    import pwd

    entry = pwd.getpwnam(user)
    for each in [path, *path.rglob("*")]:
        with suppress(FileNotFoundError):  # the server works there as well
            os.chown(each, entry.pw_uid, entry.pw_gid)


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _wait_until_up(process: subprocess.Popen[str], server: Dovecot) -> None:
    until = time.monotonic() + _UP_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"Dovecot did not start: {process.stderr.read() if process.stderr else ''}")
        try:
            with socket.create_connection(("127.0.0.1", server.port), 1) as line:
                line.settimeout(5)
                if line.recv(100).startswith(b"* OK"):
                    return
        except OSError:
            time.sleep(0.02)
    raise AssertionError("Dovecot is not up: " + (server.log() if (server.folder / "log").exists() else ""))


def _make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
