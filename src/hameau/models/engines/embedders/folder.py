"""An embedder that a person brought, as :mod:`~hameau.models.engines.embedders.plan` reads its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from hameau.kit import N_, BadInput, HameauError
from hameau.models.engines.embedders import exported, gguf, safetensors
from hameau.models.engines.embedders.plan import Plan, plan
from hameau.models.engines.embedders.reading import Facts, Model, ReadingEmbedder

_LOADERS: dict[str, Callable[[Plan, int], Model]] = {
    ".onnx": exported.load,
    ".safetensors": safetensors.load,
    ".gguf": gguf.load,
}


def facts(path: Path) -> Facts:
    """The embedder at ``path``, before anything is loaded.

    Raises :class:`NotFound`, :class:`BadInput` (with what is missing or not understood) or :class:`Corrupt`.
    """
    return plan(path).facts


def embedder(path: Path, threads: int) -> ReadingEmbedder:
    """The embedder at ``path``, in this process. Raises as :func:`facts` does; the same at its first text, and
    :class:`Missing` when a component is not installed."""
    known = plan(path)
    return ReadingEmbedder(known.facts, threads, lambda: _load(known, threads))


def there(models: Path) -> Iterator[Path]:
    """The folders and files in ``models`` that are embedders."""
    try:
        entries = sorted(models.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or not (entry.is_dir() or entry.suffix == ".gguf"):
            continue
        try:
            plan(entry)
        except HameauError:
            continue  # a chat model, or something else
        yield entry


def _load(known: Plan, threads: int) -> Model:
    try:
        return _LOADERS[known.weights.suffix](known, threads)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadInput(
            N_("{path} is not a usable embedding model: {reason}"), path=str(known.path), reason=str(error)
        ) from error
