"""How many of a folder of messy files the product's extractor reads as it should.

    python bench/messy.py FOLDER

``FOLDER`` holds ``files/`` and ``manifest.tsv`` whose columns ``file`` and ``expected`` say what must be found: a string,
``must-fail-clean`` (a clear reason, or any text, but no crash), or ``empty-ok``. Compared in NFKC, lower case, white space
collapsed. A miss that no format allows to avoid, or an expectation that is wrong, is explained instead of counted.
"""

from __future__ import annotations

import csv
import sys
import time
import unicodedata
from pathlib import Path

from hameau.kit import HameauError
from hameau.library.extraction import SandboxedExtractor

EXPLAINED = {
    "standardized_text.wav": "speech: waits for transcription",
    "standardized_text.mp3": "speech: waits for transcription",
    "ShortAudioSampleFrench.mp3": "speech: waits for transcription",
    "simple.heic": "the photo shows a recipe, PIZZA DOUGH WITH STORE-BOUGHT YEAST, and that is what is read",
}


def folded(text: str) -> str:
    """``text`` as it is compared."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def verdict(extractor: SandboxedExtractor, path: Path, expected: str) -> tuple[bool, str]:
    """Whether ``path`` came out as ``expected``, and what came out."""
    try:
        extracted = extractor.extract(path)
    except HameauError as error:
        return expected in ("must-fail-clean", "empty-ok"), f"{type(error).__name__}: {error}"
    if expected == "must-fail-clean":
        return bool(extracted.text.strip()), f"{len(extracted.text)} characters"
    if expected == "empty-ok":
        return True, f"{len(extracted.text)} characters"
    return folded(expected) in folded(extracted.text), f"{len(extracted.text)} characters, {len(extracted.pages)} pages"


def main() -> None:
    """Prints one line a file and the score."""
    folder = Path(sys.argv[1])
    extractor = SandboxedExtractor()
    good = total = explained = 0
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as manifest:
        for row in csv.DictReader(manifest, delimiter="\t", quoting=csv.QUOTE_NONE):
            start = time.perf_counter()
            fine, came = verdict(extractor, folder / "files" / row["file"], row["expected"])
            total += 1
            good += fine
            explained += not fine and row["file"] in EXPLAINED
            came += "" if fine else f" ({EXPLAINED.get(row['file'], 'UNEXPLAINED')})"
            print(
                f"{'ok  ' if fine else 'MISS'} {time.perf_counter() - start:6.2f} s  {row['file']:40} {came}",
                flush=True,
            )
    extractor.close()
    print(f"{good} of {total}, {explained} explained; walls: {extractor.walls}; notices: {extractor.notices()}")


if __name__ == "__main__":
    main()
