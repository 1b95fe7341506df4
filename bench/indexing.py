"""How fast documents become searchable, and how much of the embedder's own speed is left when the whole house works.

    python bench/indexing.py [FILES] [--embed FILES]

Writes small French files of 2.7 kB into a temporary folder, indexes them as the product does, and prints passages and files a
second for the text part; then does some of them with vectors too, and compares with the bare embedder on the same passages in
the same run. Ratios are what counts; rates are this machine's.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hameau.hub import Hub, read_settings

_WORDS = (
    "le la les un une des du de au aux et ou mais donc car ni que qui dont pour avec sans sous sur dans chez vers commune mairie "
    "conseil budget voirie école cantine hameau lavoir fontaine forêt chemin verger moulin association assemblée cotisation "
    "adhérent trésorière règlement statuts séance délibération travaux toiture chaudière entretien devis facture montant euros "
    "réunion salle clé location fête marché atelier jardin partagé récolte compost arrosage bénévole planning samedi dimanche "
    "présente approuve décide propose rappelle demande prévoit organise finance répare ouvre ferme commence termine annuelle "
    "municipale ancien nouveau grand petit commun rural local prochain dernier premier second chaque tout plusieurs aucun"
).split()


def write_files(folder: Path, count: int, seed: int) -> None:
    """``count`` files of about 2.7 kB: a title and paragraphs of plausible sentences, the same for the same ``seed``."""
    dice = random.Random(seed)
    folder.mkdir(parents=True)
    for number in range(count):
        text = f"# Fiche {number} du hameau\n\n"
        while len(text.encode()) < 2_700:
            sentences = (
                " ".join(dice.choices(_WORDS, k=dice.randint(8, 22))).capitalize() + "."
                for _ in range(dice.randint(2, 5))
            )
            text += " ".join(sentences) + "\n\n"
        (folder / f"fiche-{number:05}.md").write_text(text, encoding="utf-8")


def seconds(step: Callable[[], object]) -> float:
    """How long ``step`` takes."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="?", type=int, default=1000)
    parser.add_argument("--embed", type=int, default=60)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        text_part(Path(place) / "text", chosen.files)
        whole(Path(place) / "whole", chosen.embed)


def text_part(place: Path, files: int) -> None:
    """Files to searchable passages."""
    write_files(place / "files", files, seed=1)
    hub = Hub(read_settings({"home": str(place / "home")}))
    hub.add_source("folder", str(place / "files"))
    took = seconds(lambda: hub.indexer.run_until_idle(vectors=False))
    passages = hub.library.status().passages
    print(
        f"text part: {passages / took:.0f} passages a second, {files / took:.0f} files a second ({files} files, {took:.1f} s)"
    )
    again = seconds(
        lambda: (hub.library.request_sync(hub.library.sources()[0].id), hub.indexer.run_until_idle(vectors=False))
    )
    print(f"looking again at {files} unchanged files: {again:.2f} s")
    hub.close()


def whole(place: Path, files: int) -> None:
    """Files to passages with vectors, against the bare embedder on the same texts."""
    write_files(place / "files", files, seed=2)
    hub = Hub(read_settings({"home": str(place / "home")}))
    hub.models.background_embedder().embed_passages(["échauffement"])
    hub.add_source("folder", str(place / "files"))
    took = seconds(hub.indexer.run_until_idle)
    status = hub.library.status()
    texts = [task.text for task in hub.library.passages_without_vectors("nobody", status.passages)]
    embedder = hub.models.embedder()
    embedder.embed_passages(["échauffement"])
    bare = seconds(lambda: embedder.embed_passages(texts))
    print(
        f"whole: {status.embedded_passages / took:.1f} passages a second, {files / took:.2f} files a second, {took:.1f} s"
    )
    print(f"bare embedder: {len(texts) / bare:.1f} passages a second; whole / bare = {bare / took:.1%}")
    hub.close()


if __name__ == "__main__":
    main()
