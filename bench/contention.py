"""A prompt while indexing runs, against the same prompt at rest: time to the first word, in one run on a real server.

    python bench/contention.py FOLDER [--model ID] [--rounds N]

FOLDER is indexed while questions over the samples are asked, each with a pause before it in which indexing goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

from common import SAMPLES, Server, home, median, sample_questions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b-instruct")
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    questions = sample_questions()[: asked.rounds]
    with home() as folder:
        server = Server(folder)
        try:
            source = add(server, SAMPLES)
            until_idle(server)
            first_word(server, source, questions[0], asked.model)
            rest = [first_word(server, source, question, asked.model) for question in questions]
            add(server, asked.folder)
            busy: list[float] = []
            for question in questions:
                time.sleep(2.0)
                status = json.loads(server.get("/api/v1/status"))
                if status["embedded_passages"] == status["passages"] and not status["pending"]:
                    break
                busy.append(first_word(server, source, question, asked.model))
            print(
                f"first word at rest {median(rest):.0f} ms, while indexing {median(busy):.0f} ms ({len(busy)} questions)"
            )
            print(f"ratio {median(busy) / median(rest):.2f}")
        finally:
            server.stop()


def add(server: Server, folder: Path) -> str:
    """The id of the new source."""
    reply = b"".join(server.post("/api/v1/sources", {"kind": "folder", "uri": str(folder.resolve())}))
    source: str = json.loads(reply)["id"]
    return source


def until_idle(server: Server) -> None:
    """Waits until every passage has its vector."""
    while True:
        status = json.loads(server.get("/api/v1/status"))
        if status["passages"] and status["embedded_passages"] == status["passages"] and not status["pending"]:
            return
        time.sleep(0.3)


def first_word(server: Server, source: str, question: str, model: str) -> float:
    """Milliseconds from the question to the model's first token, over HTTP; the answer is read to its end."""
    began = time.perf_counter()
    first = math.nan
    body = {"question": question, "model": model, "stream": True, "source": source}
    for line in server.post("/api/v1/ask", body):
        if line.startswith(b"event: token") and math.isnan(first):
            first = (time.perf_counter() - began) * 1000
    return first


if __name__ == "__main__":
    main()
