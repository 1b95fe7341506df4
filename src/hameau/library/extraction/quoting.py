"""A mail's own words: without the tail that quotes the mail it answers, and without the signature under it.

What is forwarded is not quoted: it is what the mail is about. A short quotation with an answer below it stays, for the answer
needs it. When nothing of its own is left, the mail stays as it was. Sources: RFC 3676 (4.3, 4.5) for ``>`` and ``-- ``; the
words of the mail programs themselves for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LONG_QUOTATION = 8
"""Lines; a longer one is left out even with an answer below it."""
_SIGNATURE_LINES = 15
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
_TELEPHONE = re.compile(
    r"(?:envoyé (?:de|depuis) (?:mon|ma|l['’])|sent from (?:my|mail|outlook)|get outlook for|télécharge[rz] outlook|"
    r"von meinem .{2,30} gesendet|enviado desde mi)\b.{0,60}",
    re.IGNORECASE,
)


def own_words(text: str, *, forwards: bool = False) -> str:
    """``text`` without quoted tail and signature. ``forwards``: the subject says that a mail is passed on, so what looks like
    the header of another mail is no tail."""
    lines = text.split("\n")
    kept = lines[: _tail(lines, forwards=forwards)]
    kept = _without_long_quotations(kept)
    kept = _without_signature(kept)
    while kept and (not kept[-1].strip() or _QUOTED.match(kept[-1]) or _is_attribution(kept, len(kept) - 1)):
        kept.pop()
    kept = _without_signature(kept)
    own = "\n".join(kept).strip("\n")
    return own if own.strip() else text


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
        if _is_attribution(lines, at) and not _answers_below(lines, at):
            return at
    return len(lines)


def _above(lines: Sequence[str], at: int) -> str:
    return next((line for line in reversed(lines[max(at - 3, 0) : at]) if line.strip()), "")


def _is_header(lines: Sequence[str], at: int) -> bool:
    return sum(1 for line in lines[at + 1 : at + 1 + _HEADS] if _FURTHER_HEAD.match(line[:_LONGEST_LINE])) >= 2


def _is_attribution(lines: Sequence[str], at: int) -> bool:
    """« Le 3 mars 2026 à 10:12, Paul a écrit : », on one line, or broken over two or three."""
    joined = ""
    for line in lines[at : at + 3]:
        if len(line) > _LONGEST_LINE:
            return False
        joined = f"{joined} {line.strip()}".strip()
        if _ATTRIBUTION.fullmatch(joined):
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


def _without_long_quotations(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    run: list[str] = []
    for line in [*lines, "."]:
        if _QUOTED.match(line) or (run and not line.strip()):
            run.append(line)
            continue
        if sum(1 for one in run if one.strip()) <= _LONG_QUOTATION:
            kept += run
        else:
            while kept and not kept[-1].strip():
                kept.pop()
            if kept and _is_attribution(kept, len(kept) - 1):
                kept.pop()
            kept.append("")
        run = []
        kept.append(line)
    return kept[:-1]


def _without_signature(lines: list[str]) -> list[str]:
    for at in range(max(len(lines) - _SIGNATURE_LINES, 1), len(lines)):
        if lines[at].rstrip("\xa0") in ("-- ", "--"):
            lines = lines[:at]
            break
    while lines and (not lines[-1].strip() or _TELEPHONE.fullmatch(lines[-1].strip()[:_LONGEST_LINE])):
        lines = lines[:-1]
    return lines
