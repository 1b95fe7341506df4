"""All measures, one after the other, never side by side. What they print is kept under build/bench/.

    python bench/run.py [NAME ...]        with HAMEAU_EVAL=FOLDER for those that need public evaluation data

``docs/benchmarks.md`` holds the figures with the machine they were measured on, and what to think of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from common import ROOT, machine

BUILD = ROOT / "build" / "bench"


@dataclass(frozen=True, slots=True)
class Measure:
    """One script with its arguments; ``{eval}`` stands for the evaluation data, ``{build}`` for the place of results."""

    name: str
    command: str

    @property
    def needs_data(self) -> bool:
        return "{eval}" in self.command


MEASURES = (
    Measure("serving", "serving.py"),
    Measure("waits", "waits.py"),
    Measure("generator", "generator.py"),
    Measure("programs", "programs.py"),
    Measure("search", "search_latency.py {eval}/mixte"),
    Measure("indexing", "indexing.py"),
    Measure("contention", "contention.py {eval}/piaf/files"),
    Measure("retrieval-piaf", "retrieval.py {eval}/piaf --vectors {build}/vectors.pickle"),
    Measure("retrieval-mixte", "retrieval.py {eval}/mixte --vectors {build}/vectors.pickle"),
    Measure("answers", "answers.py {eval}/answers-piaf --home {build}/answers --out {build}/answers.jsonl"),
    Measure("score", "{eval}/score_answers.py {eval}/answers-piaf {build}/answers.jsonl"),
    Measure("journal", "journal.py"),
    Measure("perimeter", "perimeter.py"),
    Measure("mail", "mail.py 10000"),
    Measure("webdav", "webdav.py 10000"),
    Measure("feeds", "feeds.py 1000 20"),
    Measure("zim", "zim.py {eval}/piaf"),
    Measure("web", "web.py {eval}/piaf --questions 40"),
    Measure("messy", "messy.py {eval}/messy"),
)


def main() -> None:
    wanted = set(sys.argv[1:]) or {measure.name for measure in MEASURES}
    if unknown := wanted - {measure.name for measure in MEASURES}:
        raise SystemExit(f"no such measure: {', '.join(sorted(unknown))}")
    BUILD.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    failed = [measure.name for measure in MEASURES if measure.name in wanted and not run(measure)]
    if failed:
        raise SystemExit(f"did not finish: {', '.join(failed)}")


def run(measure: Measure) -> bool:
    """Whether it finished; a measure whose data are not here is left out aloud."""
    data = os.environ.get("HAMEAU_EVAL", "")
    if measure.needs_data and not data:
        print(f"\n== {measure.name}: left out, HAMEAU_EVAL names no folder of evaluation data", flush=True)
        return True
    script, *arguments = measure.command.format(eval=data, build=BUILD).split()
    path = Path(script) if Path(script).is_absolute() else ROOT / "bench" / script
    print(f"\n== {measure.name}: python bench/{measure.command}", flush=True)
    with (BUILD / f"{measure.name}.txt").open("w", encoding="utf-8") as kept:
        process = subprocess.Popen([sys.executable, str(path), *arguments], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            kept.write(line)
        return process.wait() == 0


if __name__ == "__main__":
    main()
