"""What of a mail is not its own: the tail that quotes the mail it answers, the signature under it, the foot of a mailing list.

What is forwarded is not quoted: it is what the mail is about. A short quotation with an answer below it stays, for the answer
needs it. When nothing of its own would be left, all of the mail is its own. Sources: RFC 3676 (4.3, 4.5) for ``>`` and ``-- ``;
the words of the mail programs themselves for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hameau.library.types import Span

_LONG_QUOTATION = 8
"""Lines; a longer one is left out even with an answer below it."""
_SIGNATURE_LINES = 15
_FOOT_LINES = 7
_LONGEST_LINE = 400
_HEADS = 7
"""Lines that a repeated header may take."""

_QUOTED = re.compile(r"[ \t]{0,3}>")
_ATTRIBUTION = re.compile(
    r"[ \t>]{0,5}(?:le|on|am|el|il|op|em)\b.{4,300}?\b(?:a écrit|à écrit|wrote|schrieb|escribió|ha scritto|schreef|escreveu)"
    r"\b.{0,80}:?[ \t]*",
    re.IGNORECASE,
)
_DATED = re.compile(r"\d{1,2}[:h]\d\d|\d{4}|@")
_ORIGINAL = re.compile(
    r"[ \t]*-{2,}[ \t]*(?:original message|message d['’]origine|message original|original-nachricht|ursprüngliche nachricht|"
    r"mensaje original|messaggio originale)[ \t]*-{2,}[ \t]*",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"[ \t]*(?:-{2,}[ \t]*(?:forwarded message|message transféré|weitergeleitete nachricht|mensaje reenviado|"
    r"messaggio inoltrato)\b.{0,40}|begin forwarded message\b.{0,10}|début du message (?:réexpédié|transféré)\b.{0,10})",
    re.IGNORECASE,
)
_FIRST_HEAD = re.compile(r"[ \t*]{0,3}(?:de|from|von|da)[ \t\xa0]?:\**[ \t]*\S", re.IGNORECASE)
_FURTHER_HEAD = re.compile(
    r"[ \t*]{0,3}(?:envoyé|sent|date|gesendet|enviado|inviato|à|to|an|para|a|cc|objet|subject|betreff|asunto|oggetto)"
    r"(?:[ \t]le)?[ \t\xa0]?:",
    re.IGNORECASE,
)
_RULE = re.compile(r"[ \t]*_{8,}[ \t]*")
_FOOT_RULE = re.compile(r"[ \t]*[_-]{20,}[ \t]*")
_LIST = re.compile(r"https?://|@|mailing list|liste de diffusion|désabonn|désinscri|unsubscribe", re.IGNORECASE)
_TELEPHONE = re.compile(
    r"(?:envoyé (?:de|depuis) (?:mon|ma|l['’])|sent from (?:my|mail|outlook)|get outlook for|télécharge[rz] outlook|"
    r"von meinem .{2,30} gesendet|enviado desde mi)\b.{0,60}",
    re.IGNORECASE,
)


def asides(text: str, *, forwards: bool = False) -> tuple[Span, ...]:
    """The stretches of ``text`` that are repeated or only sign it, in order. ``forwards``: the subject says that a mail is
    passed on, so what looks like the header of another mail is no tail."""
    lines = text.split("\n")
    own = list(range(_tail(lines, forwards=forwards)))
    own = _without_long_quotations(lines, own)
    own = _without_signature(lines, _without_foot(lines, own))
    while own and (not lines[own[-1]].strip() or _QUOTED.match(lines[own[-1]]) or _attributes(lines, own)):
        own.pop()
    own = _without_signature(lines, own)
    if not any(lines[at].strip() for at in own):
        return ()
    return _stretches(lines, frozenset(own))


def is_foot(text: str) -> bool:
    """Whether a text of its own is what a mailing list puts under every mail."""
    lines = text.strip().split("\n")
    return len(lines) <= _FOOT_LINES + 1 and bool(_FOOT_RULE.fullmatch(lines[0])) and _names_a_list(lines[1:])


def _stretches(lines: Sequence[str], own: frozenset[int]) -> tuple[Span, ...]:
    """What is not one's own, blank lines around it left to the rest."""
    found: list[Span] = []
    start = end = -1
    place = 0
    for at, line in enumerate(lines):
        after = place + len(line) + 1
        if at in own:
            if start >= 0:
                found.append(Span(start, end))
            start = -1
        elif line.strip():
            start = place if start < 0 else start
            end = place + len(line) + (at < len(lines) - 1)
        place = after
    if start >= 0:
        found.append(Span(start, end))
    return tuple(found)


def _tail(lines: Sequence[str], *, forwards: bool) -> int:
    """The line where another mail begins that is only repeated; the number of lines when there is none."""
    for at, line in enumerate(lines):
        if len(line) > _LONGEST_LINE or not line.strip():
            continue
        if _FORWARDED.fullmatch(line):
            return len(lines)
        if _ORIGINAL.fullmatch(line):
            return at
        if (
            not forwards
            and _FIRST_HEAD.match(line)
            and _is_header(lines, at)
            and any(one.strip() for one in lines[:at])
        ):
            return at - 1 if at and _RULE.fullmatch(_above(lines, at)) else at
        if _is_attribution(lines, range(at, at + 3)) and not _answers_below(lines, at):
            return at
    return len(lines)


def _above(lines: Sequence[str], at: int) -> str:
    return next((line for line in reversed(lines[max(at - 3, 0) : at]) if line.strip()), "")


def _is_header(lines: Sequence[str], at: int) -> bool:
    return sum(1 for line in lines[at + 1 : at + 1 + _HEADS] if _FURTHER_HEAD.match(line[:_LONGEST_LINE])) >= 2


def _attributes(lines: Sequence[str], own: Sequence[int]) -> bool:
    """Whether the last of one's own lines, alone or with the one or two above it, only says whose words follow."""
    return any(_is_attribution(lines, own[-many:], whole=True) for many in (1, 2, 3) if len(own) >= many)


def _is_attribution(lines: Sequence[str], places: Sequence[int], *, whole: bool = False) -> bool:
    """« Le 3 mars 2026 à 10:12, Paul a écrit : », on one line, or broken over two or three; over all of them when ``whole``."""
    joined = ""
    for at in places:
        if at >= len(lines) or len(lines[at]) > _LONGEST_LINE:
            return False
        joined = f"{joined} {lines[at].strip()}".strip()
        if (not whole or at == places[-1]) and _ATTRIBUTION.fullmatch(joined):
            return bool(_DATED.search(joined))
    return False


def _answers_below(lines: Sequence[str], at: int) -> bool:
    """Whether the quotation below an attribution is marked, and followed by words of one's own."""
    seen = False
    for line in lines[at + 1 :]:
        if _QUOTED.match(line):
            seen = True
        elif line.strip() and seen:
            return True
    return False


def _without_long_quotations(lines: Sequence[str], own: Sequence[int]) -> list[int]:
    kept: list[int] = []
    run: list[int] = []
    for at in [*own, -1]:
        if at >= 0 and (_QUOTED.match(lines[at]) or (run and not lines[at].strip())):
            run.append(at)
            continue
        if sum(1 for one in run if lines[one].strip()) <= _LONG_QUOTATION:
            kept += run
        else:
            kept = _without_attribution(lines, kept)
        run = []
        kept.append(at)
    return kept[:-1]


def _without_attribution(lines: Sequence[str], kept: list[int]) -> list[int]:
    while kept and not lines[kept[-1]].strip():
        kept.pop()
    for many in (1, 2, 3):
        if len(kept) >= many and _is_attribution(lines, kept[-many:], whole=True):
            return kept[:-many]
    return kept


def _without_signature(lines: Sequence[str], own: list[int]) -> list[int]:
    for place in range(max(len(own) - _SIGNATURE_LINES, 1), len(own)):
        if lines[own[place]].rstrip("\xa0") in ("-- ", "--"):
            own = own[:place]
            break
    while own and (not lines[own[-1]].strip() or _TELEPHONE.fullmatch(lines[own[-1]].strip()[:_LONGEST_LINE])):
        own = own[:-1]
    return own


def _without_foot(lines: Sequence[str], own: list[int]) -> list[int]:
    """A rule near the end, and below it how to leave the mailing list."""
    for place in range(max(len(own) - _FOOT_LINES - 1, 1), len(own)):
        if _FOOT_RULE.fullmatch(lines[own[place]]) and _names_a_list([lines[at] for at in own[place + 1 :]]):
            return own[:place]
    return own


def _names_a_list(lines: Sequence[str]) -> bool:
    return any(_LIST.search(line[:_LONGEST_LINE]) for line in lines)
