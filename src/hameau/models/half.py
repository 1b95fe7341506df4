"""Models of the catalogue that are half here: what an arrival that was paused or killed left, to go on with or to throw
away."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

from hameau.kit import N_, Conflict, locked
from hameau.models.disk import disk_error
from hameau.models.shelf import Shelf
from hameau.models.types import ModelCard, Unfinished

logger = logging.getLogger(__name__)

# What bringing a model leaves in the folder of what arrives: hameau.models.fetch, hameau.models.hub_file.
_JOINED, _NOTE, _SCRATCH, _DOWNLOAD = ".part", ".json", ".packages", ".download"


def unfinished(shelf: Shelf, cards: Iterable[ModelCard]) -> tuple[Unfinished, ...]:
    """The models among ``cards`` that are half here, and how far they have come."""
    found = ((card, _arrived(shelf.incoming, card.id)) for card in cards)
    here = {model.card.id for model in shelf.all()}
    return tuple(
        Unfinished(card.id, min(done, card.size_bytes), card.size_bytes)
        for card, done in found
        if done and card.id not in here
    )


def discard(shelf: Shelf, model_id: str) -> None:
    """Throws away what has arrived of ``model_id``; nothing happens when nothing has. Raises :class:`Conflict` while it
    arrives."""
    if not shelf.incoming.is_dir() or Path(model_id).name != model_id:
        return

    def busy() -> None:
        raise Conflict(
            N_("{model} is arriving right now."), hint=N_("Stop it first, then throw away what came."), model=model_id
        )

    try:
        with locked(shelf.incoming / f"{model_id}.lock", busy):
            for end in (_NOTE, _JOINED, _DOWNLOAD):
                (shelf.incoming / f"{model_id}{end}").unlink(missing_ok=True)
            shutil.rmtree(shelf.incoming / f"{model_id}{_SCRATCH}", ignore_errors=True)
    except OSError as error:
        raise disk_error(error, shelf.incoming) from error


def _arrived(incoming: Path, model_id: str) -> int:
    """Bytes that bringing it again would not bring again."""
    try:
        return (incoming / f"{model_id}{_DOWNLOAD}").stat().st_size
    except OSError:
        logger.debug("%s was not being downloaded", model_id)
    try:
        return int(json.loads((incoming / f"{model_id}{_NOTE}").read_text("utf-8"))["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0  # no note: nothing of it came
