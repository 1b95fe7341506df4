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
_LONGEST_ABBREVIATION = max(map(len, _ABBREVIATIONS | _ENDING_ABBREVIATIONS))
_INITIALS = re.compile(r"(?:\w\.)+\w")
_WORD_BEFORE = re.compile(r"[\w.\u2019'-]+$")
_LIST_ITEM = re.compile(
    r"[ \t]*(?:[-*+\u2022\u25aa\u2013\u2014][ \t]|\d{1,3}[.)\u00b0][ \t]|[a-zA-Z][.)][ \t]|#{1,6}[ \t]|\||>)"
)
_AFTER_A_LETTER = (".", ")")
_BLANK = re.compile(r"[ \t\u00a0]*\n")
_OPENERS = "\"'\u00ab\u201c\u2018\u2019([\u2014\u2013- \u00a0\u202f\u00bf\u00a1*_"
_LINE_ENDS = tuple(":;.!?\u2026\u00bb")
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
    size = len(text)
    for match in _CANDIDATE.finditer(text):
        at, end = match.span()
        if end <= last:
            continue  # inside the white space of the cut before
        if text[at] == "\n":
            wanted = _ends_line(text, line_start, at, end)
            line_start = end
        else:
            mark = match[0]
            feed = text.rfind("\n", at, end)
            if feed >= 0:
                wanted = _ends_line(text, line_start, at, feed + 1) or _ends_sentence(text, at, mark, end)
                line_start = feed + 1
            else:
                wanted = _ends_sentence(text, at, mark, end)
        if wanted:
            last = end
            if end < size and text[end].isspace():
                last = _end_of_space(text, end)
                line_start = max(line_start, text.rfind("\n", end, last) + 1)
            if last < size:
                yield last


def marks(text: str) -> list[tuple[int, int]]:
    """Whatever may end a sentence, as ``(start, end)``, in order: to look with :func:`cut_at` at a few of them only."""
    return [match.span() for match in _CANDIDATE.finditer(text)]


def cut_at(text: str, mark: tuple[int, int]) -> int:
    """Where the sentence that follows ``mark`` begins, or 0 when it ends none: one of :func:`cuts`."""
    at, end = mark
    feed = text.rfind("\n", at, end)
    wanted = feed >= 0 and _ends_line(text, text.rfind("\n", 0, at) + 1, at, feed + 1)
    wanted = wanted or (text[at] != "\n" and _ends_sentence(text, at, text[at:end], end))
    if not wanted:
        return 0
    after = _end_of_space(text, end)
    return after if after < len(text) else 0


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _ends_sentence(text: str, at: int, mark: str, end: int) -> bool:
    following = _first_letter(text, end)
    if not following:
        return True
    if mark[0] == "." and mark[1:2] != ".":
        before = text[max(0, at - _WINDOW) : at]
        written = before.rsplit(None, 1)[-1] if before[-1:].isalpha() else ""
        if not written.isalpha():
            return _ends_after(text, at, following)
        if len(written) <= _LONGEST_ABBREVIATION:
            word = written.lower()
            if word in _ENDING_ABBREVIATIONS:
                return following.isupper()
            if word in _ABBREVIATIONS or (len(written) == 1 and written.isupper()):
                return False  # « M. Dupont », « p. ex. », « J. Verne »
        return not following.islower()
    if mark[0] in "!?":
        return not following.islower()  # « Yahoo! est », « vraiment ? dit-il »
    return not following.islower() or mark[0] not in ".\u2026"


def _ends_after(text: str, at: int, following: str) -> bool:
    """Does a full stop end a sentence behind what is not letters alone: a number, initials, « n.-l. », a bracket?"""
    found = _WORD_BEFORE.search(text, max(0, at - _WINDOW), at)
    written = found[0].rpartition("'")[2].rpartition("\u2019")[2] if found else ""
    word = written.lower()
    if word in _ENDING_ABBREVIATIONS:
        return following.isupper()
    if word in _ABBREVIATIONS or (len(written) == 1 and written.isupper()):
        return False  # « l'av. », « (J. Verne) »
    if _INITIALS.fullmatch(word):  # « S.N.C.F. »
        return following.isupper()
    if word.isdigit() and len(word) <= 3 and text[at - len(word) - 1 : at - len(word)] in ("\n", "") and at > 0:
        return False  # « 1. Premier point » at the start of a line
    return not following.islower()


def _first_letter(text: str, at: int) -> str:
    """The first character of what follows that is no quote mark, bracket or space; empty when nothing follows nearby."""
    if text[at : at + 1].isalpha():
        return text[at]
    for character in text[at : at + 12]:
        if character not in _OPENERS and not character.isspace():
            return character
    return text[at : at + 1]


def _ends_line(text: str, line_start: int, at: int, after: int) -> bool:
    """Does the line feed before ``after`` part two things (a list, a heading, a blank line), or only wrap a sentence?"""
    first = text[after : after + 1]
    if first == "\n" or not first:
        return True
    plain = first.isalpha() and text[after + 1 : after + 2] not in _AFTER_A_LETTER
    if not plain and (_BLANK.match(text, after) or _LIST_ITEM.match(text, after)):
        return True
    if text.startswith(("#", "|"), line_start):
        return True
    following = _first_letter(text, after)
    if following.islower():
        return False
    length = at - line_start
    ended = text[at - 1 : at] in _LINE_ENDS
    return ended or length < _SHORT_LINE or length > _LONG_LINE
