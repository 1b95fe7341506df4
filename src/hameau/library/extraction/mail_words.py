"""The words of one part of a mail: decoded, and as the person who wrote them saw them. Runs in the worker."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message

from hameau.library.extraction.decoding import decode, decode_as, tidy
from hameau.library.extraction.hypertext import read_html
from hameau.library.extraction.structure import Draft

_LONGEST_LINE = 100_000
"""Characters of a paragraph that was broken for the way; beyond it, somebody plays with us."""


def words(part: Message) -> str:
    """The text of a part; of hypertext what a reader sees, with ``>`` before what it marks as quoted."""
    if part.get_content_subtype() == "html":
        draft = Draft()
        read_html(text_of(part), draft, quotes=True)
        return draft.finish()[0]
    text = text_of(part)
    if _parameter(part, "format") == "flowed":
        return "\n".join(_flowing(text, delete_space=_parameter(part, "delsp") == "yes"))
    return text


def text_of(part: Message) -> str:
    """The decoded characters of a part, whatever alphabet it says or means."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = _charset(part)
    if charset and charset not in ("us-ascii", "ascii", "unknown-8bit"):
        return tidy(decode_as(payload, "cp1252" if charset in ("iso-8859-1", "latin1") else charset))
    return tidy(decode(payload))


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset() or "")
    except (LookupError, ValueError, TypeError):  # a parameter in an alphabet that there is not
        return ""


def _parameter(part: Message, name: str) -> str:
    try:
        value = part.get_param(name)
    except (LookupError, ValueError, TypeError):
        return ""
    return value.lower() if isinstance(value, str) else ""


def _flowing(text: str, *, delete_space: bool) -> Iterator[str]:
    """Lines that were broken for the way, joined again (RFC 3676, 4): a space at the end says that the line goes on."""
    joined, depth = "", -1
    for line in text.split("\n"):
        quotes = len(line) - len(line.lstrip(">"))
        rest = line[quotes:].removeprefix(" ")
        if depth >= 0 and (quotes != depth or rest == "-- " or len(joined) > _LONGEST_LINE):
            yield _quoted(joined, depth)
            joined, depth = "", -1
        joined += rest
        if rest.endswith(" ") and rest != "-- ":
            joined = joined[:-1] if delete_space else joined
            depth = quotes
            continue
        yield _quoted(joined, quotes)
        joined, depth = "", -1
    if depth >= 0:
        yield _quoted(joined, depth)


def _quoted(line: str, depth: int) -> str:
    return f"{'>' * depth} {line}" if depth else line
