"""A conversation as a file that outlives us: Markdown to read, JSON to keep."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hameau.assistant.types import Answer, Conversation, Turn
from hameau.kit import N_, BadInput, say


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
    lines = [f"# {conversation.title}", ""]
    for turn in turns:
        lines += [f"## {_line(turn.question.text)}", "", f"*{turn.asked_at}*", "", *_answer(turn.answer, language), ""]
    return "\n".join(lines).rstrip() + "\n"


def _answer(answer: Answer, language: str) -> list[str]:
    lines = []
    for sentence in answer.sentences:
        marks = "".join(f"[^{number}]" for number in sentence.citations)
        doubt = "" if sentence.supported else f" *({say(N_('to be checked'), language)})*"
        lines.append(f"{sentence.text}{marks}{doubt}")
    if not answer.sentences:
        lines.append(answer.answer)
    lines.append("")
    for citation in answer.citations:
        page = f", p. {citation.locator.page}" if citation.locator.page else ""
        lines.append(f"[^{citation.number}]: {citation.title}{page} ({citation.uri}) — « {_line(citation.quote)} »")
    return lines


def _line(text: str) -> str:
    return " ".join(text.split())
