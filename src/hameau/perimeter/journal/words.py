"""An entry as a sentence, in the reader's language: the same in the terminal and on the pages."""

from __future__ import annotations

import time
from collections.abc import Mapping

from hameau.kit import N_, say
from hameau.perimeter.journal.types import Entry, Fact, Kind

_NAMES: dict[str, str] = {
    Kind.STARTED: N_("start"),
    Kind.STOPPED: N_("end"),
    Kind.SELF_TEST: N_("self-test"),
    Kind.REFUSED: N_("refused"),
    Kind.ALLOWED: N_("let through"),
    Kind.ENDED: N_("connection over"),
    Kind.REPEATED: N_("refused again"),
    Kind.CONNECTION_ALLOWED: N_("connection allowed"),
    Kind.CONNECTION_REVOKED: N_("connection revoked"),
    Kind.LEVEL_CHANGED: N_("protection changed"),
    Kind.SOURCE_ADDED: N_("source added"),
    Kind.SOURCE_REMOVED: N_("source removed"),
    Kind.INDEXED: N_("documents read"),
    Kind.EXPORTED: N_("export"),
    Kind.DELETED: N_("deleted"),
    Kind.MODEL_ADDED: N_("model added"),
    Kind.MODEL_REMOVED: N_("model removed"),
    Kind.MODEL_CHOSEN: N_("model chosen"),
    Kind.SETTING_CHANGED: N_("setting changed"),
    Kind.KEY_MADE: N_("key made"),
    Kind.KEY_USED: N_("key used"),
    Kind.KEY_REVOKED: N_("key taken back"),
    Kind.KEY_REFUSED: N_("key refused"),
    Kind.ASKED: N_("question"),
    Kind.RECOVERED: N_("journal put right"),
    Kind.BACKED_UP: N_("backup"),
    Kind.RESTORED: N_("backup restored"),
    Kind.LOCK_CHANGED: N_("encryption changed"),
    Kind.REPAIRED: N_("library put right"),
    Kind.FORGOTTEN: N_("forgotten"),
    Kind.ERASED: N_("erased entry"),
    Kind.EXPORTED_JOURNAL: N_("journal exported"),
}
"""Short, for filters and tables."""

_ACTS: dict[str, tuple[str, str, str]] = {
    "connect": (
        N_("{program} wanted to reach {place}: refused."),
        N_("{program} was let through to {place}."),
        N_("{program} wanted to reach {place}: refused again (×{times})."),
    ),
    "resolve": (
        N_("{program} wanted the address of {host}: refused."),
        N_("{program} asked for the address of {host}."),
        N_("{program} wanted the address of {host}: refused again (×{times})."),
    ),
    "listen": (
        N_("{program} wanted to be reached at {place}: refused."),
        N_("{program} can be reached at {place}."),
        N_("{program} wanted to be reached at {place}: refused again (×{times})."),
    ),
    "send": (
        N_("{program} wanted to send to {place}: refused."),
        N_("{program} sent to {place}."),
        N_("{program} wanted to send to {place}: refused again (×{times})."),
    ),
    "socket": (
        N_("{program} wanted a kind of link that could leave unseen ({protocol}): refused."),
        N_("{program} got a kind of link that could leave unseen ({protocol})."),
        N_("{program} wanted a kind of link that could leave unseen ({protocol}): refused again (×{times})."),
    ),
}
_MANY = N_("Refused again (×{times}): many different attempts in one minute.")

_SENTENCES: dict[str, str] = {
    Kind.STARTED: N_("Hameau started."),
    Kind.STOPPED: N_("Hameau stopped."),
    Kind.ENDED: N_("The connection to {place} is over: {sent} bytes sent, {received} received."),
    Kind.CONNECTION_ALLOWED: N_("The connection “{connection}” to {place} was allowed."),
    Kind.CONNECTION_REVOKED: N_("The connection “{connection}” to {place} was revoked."),
    Kind.LEVEL_CHANGED: N_("The protection was set to “{level}”."),
    Kind.SOURCE_ADDED: N_("A source was added: {source}"),
    Kind.SOURCE_REMOVED: N_("A source was removed (documents: {documents})."),
    Kind.INDEXED: N_("Documents were read: {documents}."),
    Kind.EXPORTED: N_("Exported: {what}"),
    Kind.DELETED: N_("Deleted: {what}"),
    Kind.MODEL_ADDED: N_("The model {model} was added."),
    Kind.MODEL_REMOVED: N_("The model {model} was removed."),
    Kind.MODEL_CHOSEN: N_("The model {model} was chosen."),
    Kind.SETTING_CHANGED: N_("The setting “{setting}” was changed."),
    Kind.KEY_MADE: N_("The key “{key}” was made; it opens: {scopes}."),
    Kind.KEY_USED: N_("The key “{key}” was used for the first time."),
    Kind.KEY_REVOKED: N_("The key “{key}” was taken back."),
    Kind.KEY_REFUSED: N_("Somebody at {address} was not let in: wrong key."),
    Kind.ASKED: N_("A question was asked."),
    Kind.BACKED_UP: N_("A backup was made and read back: {backup}"),
    Kind.RESTORED: N_("A backup was restored: {backup}"),
    Kind.LOCK_CHANGED: N_("The encryption of this home was changed."),
    Kind.REPAIRED: N_("The library was put right."),
    Kind.ERASED: N_("What stood here was erased on request; its hash stays."),
    Kind.EXPORTED_JOURNAL: N_("The journal was exported (entries: {entries})."),
}
_ALLOWED_UNTIL = N_("The connection “{connection}” to {place} was allowed until {until}.")
_PROVEN = N_("Self-test: all that was tried on purpose was refused and written down.")
_NOT_PROVEN = N_("Self-test: something got through, or was not written down: {failures}")
_RECOVERED: dict[str, str] = {
    "torn": N_("An unfinished line was moved into {file}: Hameau had been cut off."),
    "foreign": N_("Lines that are not from Hameau were found and moved into {file}."),
    "missing": N_("The end of the journal was missing (entries: {missing})."),
    "changed": N_("The end of the journal was not the one that its head knew."),
    "head": N_("The head of the journal was missing or damaged; it was made anew."),
}
_LEVELS: dict[str, str] = {"closed": N_("closed"), "home-network": N_("home network")}
_SOURCE_REMOVED = N_("A source was removed: {source}")
_FORGOTTEN: dict[str, str] = {
    "document": N_("A document was forgotten with every trace."),
    "source": N_("What was read from a source was forgotten with every trace."),
}
_UNKNOWN = N_("Something that this version of Hameau does not know: {kind}")
_SOMEBODY = N_("a program")
_SOMEWHERE = N_("an unknown place")


def kind_name(kind: Kind | str, language: str) -> str:
    """A kind in two words."""
    return say(_NAMES.get(kind, str(kind)), language)


def sentence(entry: Entry, language: str) -> str:
    """What happened, in one sentence. Names of programs and hosts are strangers' words: show them as such."""
    fields = _fields(entry.facts, language)
    fields["kind"] = str(entry.kind)
    return _filled(_template(entry), language, fields)


def reason(entry: Entry, language: str) -> str:
    """Why an attempt was refused or let through, or what a Connection is for; empty when the entry does not say."""
    why = str(entry.facts.get("why", ""))
    if entry.kind not in (Kind.REFUSED, Kind.ALLOWED, Kind.KEY_REFUSED):
        return why  # a person's own words
    return _filled(why, language, _fields(entry.facts, language)) if why else ""


def local_time(seconds: float) -> str:
    """A moment by the reader's clock, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _template(entry: Entry) -> str:
    facts = entry.facts
    if entry.kind in (Kind.REFUSED, Kind.ALLOWED, Kind.REPEATED):
        if facts.get("many"):
            return _MANY
        forms = _ACTS.get(str(facts.get("act", "")), _ACTS["connect"])
        return forms[(Kind.REFUSED, Kind.ALLOWED, Kind.REPEATED).index(Kind(entry.kind))]
    if entry.kind == Kind.SELF_TEST:
        return _PROVEN if facts.get("proven", not facts.get("failures")) else _NOT_PROVEN
    if entry.kind == Kind.RECOVERED:
        return _RECOVERED.get(str(facts.get("reason", "")), _RECOVERED["changed"])
    if entry.kind == Kind.FORGOTTEN:
        return _FORGOTTEN.get(str(facts.get("what", "")), _FORGOTTEN["document"])
    if entry.kind == Kind.SOURCE_REMOVED and "source" in facts:
        return _SOURCE_REMOVED  # as it was written before
    if entry.kind == Kind.CONNECTION_ALLOWED and "until" in facts:
        return _ALLOWED_UNTIL
    return _SENTENCES.get(entry.kind, _UNKNOWN)


class _Open(dict[str, str]):
    """A field that an entry does not hold is shown as a gap."""

    def __missing__(self, name: str) -> str:
        return "…"


def _fields(facts: Mapping[str, Fact], language: str) -> dict[str, str]:
    fields = _Open({name: str(fact) for name, fact in facts.items()})
    fields["program"] = fields.get("program") or say(_SOMEBODY, language)
    fields["place"] = _place(facts) or say(_SOMEWHERE, language)
    fields["host"] = fields.get("host") or fields.get("address") or say(_SOMEWHERE, language)
    if "level" in facts:
        fields["level"] = say(_LEVELS.get(str(facts["level"]), str(facts["level"])), language)
    until = facts.get("until")
    if isinstance(until, int | float):
        fields["until"] = local_time(until)
    return fields


def _place(facts: Mapping[str, Fact]) -> str:
    """``host:port``, as addresses are written."""
    host, port = str(facts.get("host") or facts.get("address") or ""), facts.get("port", 0)
    if not port or not host:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _filled(text: str, language: str, fields: Mapping[str, str]) -> str:
    """``text`` in ``language``. A text from a journal may have been tampered with: it is never more than a text."""
    said = say(text, language)
    try:
        return said.format_map(fields)
    except (KeyError, IndexError, ValueError, AttributeError):
        return said
