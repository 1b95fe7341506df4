"""Where sentences begin and end, in French and English prose, lists and tables.

A mark that can end a sentence is looked at with a few characters on either side, so the work grows with the length of the text
and nothing else. Knows nothing of passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WINDOW = 24
"""How far back an abbreviation is looked for, in characters."""

# A candidate: closing marks after an ending, then white space; or a line feed.
_CANDIDATE = re.compile(
    r"[.!?\u2026\u3002\uff01\uff1f]{1,4}[\"'\u2019\u201d\u00bb)\]]{0,3}(?:[\u00a0\u202f ]\u00bb)?\s{1,8}|\n"
)
_SPACE = re.compile(r"\s*")
_ABBREVIATIONS = frozenset(
    """
    m mm mme mmes mlle mlles me mgr dr drs pr prof st ste sts cf cf art al al. ap av env ex etc. p pp par. vol t
    chap éd ed fig n no nos num tel tél bd boul bld av. r rd pl dép dpt min max hab sec c.-à-d ch coll dir trad
    réf ref ann app adj adv apr janv févr avr juil sept oct nov déc inc ltd co jr sr mr mrs ms vs st. gen col sgt lt
    capt rev hon i.e e.g approx dept est fig. anc litt lat gr angl all arr arrdt s.-l s.d
    """.split()
)
_ENDING_ABBREVIATIONS = frozenset("etc j.-c env hab min max inc ltd co jr sr n.b s.a e-c".split())
"""Those that may well end a sentence: a capital after them counts."""
_WORD_BEFORE = re.compile(r"[\w.\u2019'-]+$")
_LIST_ITEM = re.compile(
    r"[ \t]*(?:[-*+\u2022\u25aa\u2013\u2014][ \t]|\d{1,3}[.)\u00b0][ \t]|[a-zA-Z][.)][ \t]|#{1,6}[ \t]|\||>)"
)
_BLANK = re.compile(r"[ \t\u00a0]*\n")
_OPENERS = "\"'\u00ab\u201c\u2018\u2019([\u2014\u2013- \u00a0\u202f\u00bf\u00a1*_"
_SHORT_LINE = 60
_LONG_LINE = 140


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of ``text`` as ``(start, end)`` in code points, in order, without the white space around them."""
    spans: list[tuple[int, int]] = []
    start = 0
    for cut in (*cuts(text), len(text)):
        piece = text[start:cut]
        trimmed = piece.strip()
        if trimmed:
            begin = start + len(piece) - len(piece.lstrip())
            spans.append((begin, begin + len(trimmed)))
        start = cut
    return spans


def cuts(text: str) -> Iterator[int]:
    """Where a new sentence begins, strictly inside ``text``, in rising order. White space stays before the cut."""
    line_start = 0
    last = 0
    for match in _CANDIDATE.finditer(text):
        end = match.end()
        if end <= last:
            continue  # inside the white space of the cut before
        if "\n" in match[0]:
            feed = text.rfind("\n", match.start(), end)
            wanted = _ends_line(text, line_start, match.start(), feed + 1)
            wanted = wanted or (match[0][0] != "\n" and _ends_sentence(text, match.start(), match[0], end))
            line_start = feed + 1
        else:
            wanted = _ends_sentence(text, match.start(), match[0], end)
        if wanted:
            last = end + _run_of_space(text, end)
            line_start = max(line_start, text.rfind("\n", end, last) + 1)
            if last < len(text):
                yield last


def _run_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() - at if found else 0


def _ends_sentence(text: str, at: int, mark: str, end: int) -> bool:
    following = _first_letter(text, end)
    if not following:
        return True
    if mark[0] == "." and mark[1:2] != ".":
        found = _WORD_BEFORE.search(text, max(0, at - _WINDOW), at)
        written = found[0].rpartition("'")[2].rpartition("\u2019")[2] if found else ""
        word = written.lower()
        if word in _ENDING_ABBREVIATIONS:
            return following.isupper()
        if word in _ABBREVIATIONS or (len(written) == 1 and written.isupper()):
            return False  # « M. Dupont », « p. ex. », « J. Verne »
        if re.fullmatch(r"(?:\w\.)+\w", word):  # « S.N.C.F. »
            return following.isupper()
        if word.isdigit() and len(word) <= 3 and text[at - len(word) - 1 : at - len(word)] in ("\n", "") and at > 0:
            return False  # « 1. Premier point » at the start of a line
        return not following.islower()
    if mark[0] in "!?":
        return not following.islower()  # « Yahoo! est », « vraiment ? dit-il »
    return not following.islower() or mark[0] not in ".\u2026"


def _first_letter(text: str, at: int) -> str:
    """The first character of what follows that is no quote mark, bracket or space; empty when nothing follows nearby."""
    for character in text[at : at + 12]:
        if character not in _OPENERS and not character.isspace():
            return character
    return text[at : at + 1]


def _ends_line(text: str, line_start: int, at: int, after: int) -> bool:
    """Does the line feed before ``after`` part two things (a list, a heading, a blank line), or only wrap a sentence?"""
    if _BLANK.match(text, after) or after >= len(text):
        return True
    if _LIST_ITEM.match(text, after) or text.startswith("#", line_start) or text.startswith("|", line_start):
        return True
    following = _first_letter(text, after)
    if following.islower():
        return False
    length = at - line_start
    ended = text[at - 1 : at] in tuple(":;.!?\u2026\u00bb")
    return ended or length < _SHORT_LINE or length > _LONG_LINE
