"""The text that is proposed to leave for the web: out of the question alone, without what belongs to one's own documents. Pure.

It is only a proposal: a person sees it, and may change it, before it leaves. Nothing of the library is ever added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from hameau.assistant.followup import make_whole
from hameau.library import understand

LONGEST = 200
"""Characters; search engines look at the first few dozen words."""
_PRIVATE = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an address of mail
    r"|(?:[A-Z]{2}\d{2}[ ]?(?:[A-Z0-9]{4}[ ]?){2,7}[A-Z0-9]{1,4})\b"  # of a bank account (ISO 13616)
    r"|(?<![\w-])(?:\+|00)?\d(?:[ .-]?\d){8,}(?![\w])"  # of a telephone, of a person
    r"|(?<!\w)(?:~|[A-Za-z]:\\|/(?:home|Users|media|mnt|srv|tmp|var)/)[^\s,;?!]*"  # of a file
)
_LEFT_OVER = re.compile(
    r"(?:\s+(?:dans|de|du|des|à|au|aux|sur|par|le|la|les|in|of|from|on|by|the|to))+$", re.IGNORECASE
)
"""What pointed at something that was taken out."""
_ENDS = " \t\n,;:.?!-–—"


def web_question(question: str, earlier: Sequence[str] = (), today: date | None = None) -> str:
    """What to propose for ``question``; ``earlier`` are those before it. Empty when nothing of it is for the web."""
    whole = make_whole(" ".join(question.split()), list(earlier))
    read = understand(whole, today or date.today())  # noqa: DTZ011 - « hier » is that of whoever asks
    words = _PRIVATE.sub(" ", read.words)
    words = " ".join(words.split()).strip(_ENDS)
    if words != whole.strip(_ENDS):
        words = _LEFT_OVER.sub("", words).rstrip(_ENDS)
    if len(words) <= LONGEST:
        return words
    return words[: LONGEST + 1].rpartition(" ")[0].rstrip(_ENDS) or words[:LONGEST]
