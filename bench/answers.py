"""Answers of the whole product on an evaluation folder: index ``FOLDER/files``, ask every question, write what was said.

    python bench/answers.py FOLDER --home HOME --out outputs.jsonl [--model ID] [--every N] [--no-model]

FOLDER holds ``questions.jsonl`` {id, kind, question} and ``files/``. Each line of the output is {id, answer, citations:
[{file, quote}], abstained}, as the folder's own scoring script reads it. HOME is kept, so that a second run indexes
nothing. Prints the medians of the waits as well.
"""

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from hameau.assistant import Answer, BestSentence, Done, EvidenceFound, Question, Sentence
from hameau.hub import Hub, read_settings


@dataclass
class Waits:
    """What a person waited for, in milliseconds."""

    evidence: list[float] = field(default_factory=list)
    best: list[float] = field(default_factory=list)
    first_token: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)

    def __str__(self) -> str:
        medians = {
            name: round(statistics.median(values)) if (values := getattr(self, name)) else None
            for name in ("evidence", "best", "first_token", "total")
        }
        said = [sentence for sentence in self.sentences if not sentence.verbatim]
        supported = sum(sentence.supported for sentence in said)
        return f"milliseconds, medians: {medians}; sentences of the model: {len(said)}, supported {supported}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model")
    parser.add_argument("--every", type=int, default=1)
    asked = parser.parse_args()
    hub = Hub(read_settings({"home": str(asked.home)}))
    try:
        source = hub.library.add_source("folder", str((asked.folder / "files").resolve()))
        hub.indexer.run_until_idle()
        print(hub.library.status(), hub.library.source(source.id).documents)
        lines = (asked.folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        questions = [json.loads(line) for line in lines][:: asked.every]
        waits = Waits()
        with asked.out.open("w", encoding="utf-8") as out:
            for question in questions:
                answer = ask(hub, Question(question["question"], model=asked.model), waits)
                out.write(json.dumps(as_output(question["id"], answer), ensure_ascii=False) + "\n")
                out.flush()
        print(waits)
    finally:
        hub.close()


def ask(hub: Hub, question: Question, waits: Waits) -> Answer:
    """The answer, its waits noted."""
    for event in hub.assistant.ask(question):
        match event:
            case EvidenceFound():
                waits.evidence.append(event.took_ms)
            case BestSentence():
                waits.best.append(event.took_ms)
            case Done():
                answer = event.answer
    if answer.first_token_ms is not None:
        waits.first_token.append(answer.first_token_ms)
    waits.total.append(answer.total_ms)
    waits.sentences += answer.sentences
    return answer


def as_output(question_id: str, answer: Answer) -> dict[str, object]:
    """One line for the scoring script."""
    return {
        "id": question_id,
        "answer": answer.answer if answer.answered else "",
        "citations": [{"file": citation.uri, "quote": citation.quote} for citation in answer.citations],
        "abstained": not answer.answered,
        "confidence": answer.confidence,
        "said": " ".join(sentence.text for sentence in answer.sentences if not sentence.verbatim),
    }


if __name__ == "__main__":
    main()
