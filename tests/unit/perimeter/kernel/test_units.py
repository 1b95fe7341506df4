"""The units that are shipped: what they must say, and that systemd understands them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[4] / "packaging" / "systemd"
NAMES = ("hameau.service", "hameau-perimeter.service")


def _settings(path: Path) -> dict[str, str]:
    """The last value of each setting; lists of several lines are joined."""
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            found[key] = f"{found[key]} {value}" if found.get(key) and value else value
    return found


def test_hameau_can_become_nothing_else() -> None:
    unit = _settings(UNITS / "hameau.service")
    assert unit["User"] == "hameau"
    assert unit["NoNewPrivileges"] == "yes"
    assert unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"] == ""
    assert set(unit["RestrictAddressFamilies"].split()) == {"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"}
    assert unit["ProtectSystem"] == "strict"
    assert unit["Requires"] == "hameau-perimeter.service"
    assert "hameau-perimeter.service" in unit["After"].split()
    assert "--require-perimeter" in unit["ExecStart"].split()
    assert "IPAddressDeny" not in unit  # the pair's default lets Connections be allowed


def test_hameau_keeps_what_its_gate_and_workers_need() -> None:
    unit = _settings(UNITS / "hameau.service")
    assert set(unit["RestrictNamespaces"].split()) == {"user", "net"}
    calls = set(unit["SystemCallFilter"].split())
    assert {"@system-service", "seccomp", "pidfd_getfd", "landlock_restrict_self"} <= calls
    assert unit["Environment"] == "HAMEAU_HOME=/var/lib/hameau"


def test_the_keeper_starts_before_and_always_again() -> None:
    unit = _settings(UNITS / "hameau-perimeter.service")
    assert "User" not in unit
    assert unit["Before"] == "hameau.service"
    assert unit["Type"] == "notify"
    assert unit["Restart"] == "always"
    assert set(unit["CapabilityBoundingSet"].split()) == {"CAP_NET_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN"}


def test_the_total_closure_is_a_drop_in() -> None:
    unit = _settings(UNITS / "hameau.service.d" / "closed.conf.example")
    assert unit == {"IPAddressDeny": "any", "IPAddressAllow": "localhost"}


def test_systemd_understands_them(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not here (Debian: apt install systemd)")
    command = tmp_path / "hameau"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    drop_ins = {"hameau.service": "closed.conf", "hameau-perimeter.service": "cgroup.conf"}
    for name in NAMES:
        text = (UNITS / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(re.sub(r"/opt/hameau/bin/hameau", str(command), text))
        folder = tmp_path / f"{name}.d"
        folder.mkdir()
        drop_in = (UNITS / f"{name}.d" / f"{drop_ins[name]}.example").read_text(encoding="utf-8")
        (folder / drop_ins[name]).write_text(drop_in.replace("/opt/hameau/bin/hameau", str(command)))
    paths = [str(tmp_path / name) for name in NAMES]
    done = subprocess.run([program, "verify", *paths], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
