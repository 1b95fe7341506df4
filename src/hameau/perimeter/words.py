"""The sentences about the border that every face uses. English text ids; the faces translate them."""

from __future__ import annotations

from hameau.kit import N_
from hameau.perimeter.types import Enforcement, Level

LEVELS = {
    Level.CLOSED: N_("Closed: this machine only."),
    Level.HOME_NETWORK: N_("Home network: this machine and the neighbours that you named."),
}
ENFORCEMENT = {
    Enforcement.SYSTEM: N_("The system itself lets nothing of Hameau out."),
    Enforcement.GATE: N_("The kernel stops every way out, and a supervisor outside Hameau decides."),
    Enforcement.HOOK: N_(
        "Not proven: only Hameau's own Python code is held back; libraries in other languages are not."
    ),
}
UNTESTED = N_("Not tried since the start.")
PROVEN = N_("Tried at the start: three attempts to get out were refused and written down.")
BROKEN = N_("Not proven: attempts on purpose got out or were not written down ({failures}).")
WALLS = {
    "seccomp": N_("Every request to connect goes to a supervisor, who makes the allowed ones himself."),
    "landlock": N_("The kernel refuses connections a second time, by another rule."),
    "capabilities": N_("The special powers of the administrator were laid down."),
    "namespaces": N_("Readers of files and models run where there is no network at all."),
    "nftables": N_("The system's packet filter stops whatever Hameau's user sends."),
    "cgroup": N_("A kernel program looks at every packet of Hameau's processes."),
    "systemd": N_("The system's service manager cuts Hameau off from every address."),
    "hook": N_("Python code of Hameau's own process is held back."),
}
