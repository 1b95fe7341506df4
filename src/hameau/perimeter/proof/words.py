"""Names that a report gives to steps, ways out and borders: English text ids."""

from __future__ import annotations

from collections.abc import Mapping

from hameau.kit import N_

STEP_NAMES: Mapping[str, str] = {
    "models": N_("look at the models"),
    "perimeter": N_("see what holds the border"),
    "add": N_("add documents and read them"),
    "search": N_("search the documents"),
    "ask": N_("ask a question"),
    "again": N_("ask a second one that follows from it"),
    "transcribe": N_("write down what a recording says"),
    "serve": N_("open the pages and ask there"),
    "status": N_("see how far the library is"),
    "doctor": N_("check the machine"),
    "journal": N_("check the journal"),
    "attempts": N_("attempts on purpose, behind the border"),
    "control before": N_("control before"),
    "control after": N_("control after"),
}
WAYS: Mapping[str, str] = {
    "python": N_("Python’s own socket"),
    "c": N_("a C library, past Python"),
    "child": N_("another program that Hameau starts"),
    "ipv6": N_("IPv6"),
    "udp": N_("UDP, without a connection"),
    "name": N_("asking for the address of a name (DNS)"),
    "unix": N_("another program of this machine, which could pass things on"),
}
"""The attempts that must have been made."""
LEVELS: Mapping[str, str] = {
    "system": N_("the system’s own filters, set by root"),
    "gate": N_("the gate: the kernel stops every call that could leave, and a supervisor decides"),
    "hook": N_("Python’s audit hook alone: not proven"),
    "": N_("unknown"),
}
FACTS: Mapping[str, str] = {
    "system": N_("system"),
    "kernel": N_("kernel"),
    "architecture": N_("architecture"),
    "processor": N_("processor"),
    "threads": N_("processor threads"),
    "memory_bytes": N_("memory in bytes"),
    "root": N_("run as root"),
}
