"""What a person waits for at a prompt: the passages, the verbatim best sentence, the first word of each model.

    python bench/waits.py [MODEL ...]

Over the sample documents, through the whole product in this process; the model is loaded before the first question
counts. Medians over the questions of the samples, in milliseconds.
"""

from __future__ import annotations

import sys

from answers import Waits, ask
from common import SAMPLES, home, median, sample_questions

from hameau.assistant import Question
from hameau.hub import Hub, read_settings

MODELS = ("qwen2.5-coder-0.5b-instruct", "qwen2.5-coder-1.5b-instruct")


def main() -> None:
    with home() as folder:
        hub = Hub(read_settings({"home": str(folder)}))
        try:
            hub.library.add_source("folder", str(SAMPLES))
            hub.indexer.run_until_idle()
            for model in sys.argv[1:] or MODELS:
                measure(hub, model)
        finally:
            hub.close()


def measure(hub: Hub, model: str) -> None:
    questions = sample_questions()
    ask(hub, Question(questions[0], model=model), Waits())
    waits = Waits()
    for question in questions:
        ask(hub, Question(question, model=model), waits)
    print(
        f"{model}: {len(questions)} questions; passages {median(waits.evidence):.0f}, best sentence "
        f"{median(waits.best):.0f}, first word {median(waits.first_token):.0f}, whole answer {median(waits.total):.0f} ms"
    )


if __name__ == "__main__":
    main()
