"""A conversation as a file that outlives us: Markdown to read, JSON to keep."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from hameau.assistant.conversations import heading
from hameau.assistant.draft import BLANK
from hameau.assistant.types import Answer, Conversation, Turn
from hameau.kit import N_, BadInput, say

_SIGNS = re.compile(r"[\\`*\[\]<>]|^(?=[#+-])")
"""What Markdown would take for a mark, a link or HTML: the words of a document are only words."""
_NUMBER = re.compile(r"\\\[(\d+)\\\]")


def export(conversation: Conversation, turns: Sequence[Turn], form: str, language: str = "fr") -> str:
    """The whole conversation as ``markdown`` or ``json``. Raises ``BadInput`` for another form."""
    if form == "json":
        text = msgspec.json.format(
            msgspec.json.encode({"conversation": conversation, "turns": turns}), indent=2
        ).decode()
        return text + "\n"
    if form == "markdown":
        return _markdown(conversation, turns, language)
    raise BadInput(N_("There is no form “{form}”."), hint=N_("Choose markdown or json."), form=form)


def _markdown(conversation: Conversation, turns: Sequence[Turn], language: str) -> str:
    lines = [f"# {_line(conversation.title)}", ""]
    for place, turn in enumerate(turns, start=1):
        title = heading(turn.question, turn.answer, language)
        lines += [f"## {_line(title)}", "", f"*{turn.asked_at}*", ""]
        if (web := turn.answer.web) and web.host:
            words = {"host": web.host, "query": web.query}
            lines += [_line(say(N_("Asked on the web, at {host}: « {query} »"), language, words)), ""]
        lines += [*_answer(turn, place, language), ""]
    return "\n".join(lines).rstrip() + "\n"


def _answer(turn: Turn, place: int, language: str) -> list[str]:
    """The answer and its footnotes. Footnotes are of the whole file, so their labels hold the turn's ``place``."""
    answer = turn.answer
    letter = _letter(answer, place) if BLANK.search(turn.question.template) else []
    lines = list(letter)
    for sentence in answer.sentences:
        if letter and sentence.supported:
            continue  # it stands in the letter
        marks = "".join(f"[^{place}-{number}]" for number in sentence.citations)
        doubt = "" if sentence.supported else f" *({say(N_('to be checked'), language)})*"
        before = "- " if letter else "> " if sentence.verbatim else ""
        lines += [f"{before}{_line(sentence.text)}{marks}{doubt}", ""]
    if not answer.sentences:
        lines += [_line(answer.answer), ""]
    for citation in answer.citations:
        page = f", p. {citation.locator.page}" if citation.locator.page else ""
        where = f"{_line(citation.title)}{page} ({_line(citation.uri)})"
        lines.append(f"[^{place}-{citation.number}]: {where} — « {_line(citation.quote)} »")
    return lines


def _letter(answer: Answer, place: int) -> list[str]:
    """A filled letter, line by line as it was written."""
    lines = (_NUMBER.sub(rf"[^{place}-\1]", _line(line)) for line in answer.answer.splitlines())
    return [*(f"{line}  " if line else "" for line in lines), ""]


def _line(text: str) -> str:
    return _SIGNS.sub(lambda sign: f"\\{sign[0]}", " ".join(text.split()))
