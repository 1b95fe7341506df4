"""Models that Ollama keeps on this machine, brought here without a second copy.

Its store (https://github.com/ollama/ollama/blob/main/docs/faq.md, « Where are models stored? ») has ``manifests``, one JSON
file a model in the form of container images, and ``blobs``, one file a layer, named by its SHA-256. Nothing in it is changed.
The weights get a second name here (a hard link) where the file system allows it; else they are used where they lie.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hameau.kit import N_, BadInput, Corrupt, NotFound, Refused
from hameau.models.adopt import adopt, is_linkable
from hameau.models.disk import disk_error
from hameau.models.fetch import Arrival
from hameau.models.inspect import card_of, check_adapter, check_projector, inspect
from hameau.models.names import new_id, tidy
from hameau.models.recipes import OPTIONS, checked
from hameau.models.types import Adapter, InstalledModel, Message, Nearby, Recipe

logger = logging.getLogger(__name__)

PREFIX = "ollama:"
"""Before the name of a model of Ollama's store, where a model is asked for by what brings it."""
_LAYER = "application/vnd.ollama.image."
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_MAX_MANIFEST = 1 << 20
_MAX_LAYERS = 1000
_MAX_TEXT = 4 << 20
_MAX_MODELS = 2000
_CHUNK = 4 << 20
_ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of a model: what it is (``model``, ``projector``, ``system``…), where, and how long it must be."""

    kind: str
    path: Path
    size: int

    @property
    def sha256(self) -> str:
        """As its name says."""
        return self.path.name.removeprefix("sha256-")


@dataclass(frozen=True, slots=True)
class Kept:
    """One model of the store."""

    name: str
    store: Path
    layers: tuple[Layer, ...]

    def of(self, kind: str) -> tuple[Layer, ...]:
        """Its layers of one kind."""
        return tuple(layer for layer in self.layers if layer.kind == kind)

    @property
    def size_bytes(self) -> int:
        return sum(layer.size for layer in self.layers)


def stores() -> tuple[Path, ...]:
    """Where Ollama keeps its models on this machine, as far as this user may look."""
    told = os.environ.get("OLLAMA_MODELS", "")
    usual = (Path.home() / ".ollama/models", Path("/usr/share/ollama/.ollama/models"), Path("/var/lib/ollama/models"))
    found = [Path(told).expanduser()] if told else []
    return tuple(dict.fromkeys(path for path in (*found, *usual) if _is_store(path)))


def kept(folders: tuple[Path, ...] | None = None) -> tuple[Kept, ...]:
    """Every complete model of the stores, by name; of two with one name the first store's. Reads small files only."""
    found: dict[str, Kept] = {}
    for store in stores() if folders is None else folders:
        for manifest in _manifests(store / "manifests"):
            try:
                one = _read(store, manifest)
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
                logger.warning("%s is not a manifest of Ollama: %s", manifest, error)
                continue
            if one.of("model") and all(layer.path.is_file() for layer in one.layers):
                found.setdefault(one.name, one)
    return tuple(found[name] for name in sorted(found))


def nearby_in_ollama(known: frozenset[str] = frozenset()) -> tuple[Nearby, ...]:
    """What could be brought from there; ``known`` are the names of models that are here already."""
    return tuple(
        Nearby(f"{PREFIX}{one.name}", one.name, one.size_bytes, "Ollama") for one in kept() if one.name not in known
    )


def bring(name: str, arrival: Arrival, folders: tuple[Path, ...] | None = None) -> InstalledModel:
    """The model that Ollama calls ``name``, with its instruction, options, projector and adapters. Every file is checked
    against its digest. Bringing it twice changes nothing.

    Raises :class:`NotFound` with the names that there are, :class:`Corrupt` (a file is not what it should be) and what
    :func:`hameau.models.adopt.adopt` raises.
    """
    there = kept(folders)
    one = next((each for each in there if each.name == tidy(name)), None)
    if one is None:
        raise NotFound(
            N_("Ollama keeps no model called “{model}” on this machine."),
            hint=N_("It keeps: {known}"),
            model=name[:100],
            known=", ".join(each.name for each in there[:50]) or "—",
        )
    model_id = new_id(one.name)
    if len(one.of("model")) != 1:
        raise BadInput(N_("{model} consists of several files of weights, which can’t be used here."), model=one.name)
    try:
        _check_digests(one, arrival)
        return _put(one, model_id, arrival)
    except OSError as error:
        raise disk_error(error, one.store) from error


def _put(one: Kept, model_id: str, arrival: Arrival) -> InstalledModel:
    weights, shelf = one.of("model")[0], arrival.shelf
    projector = next((layer.path for layer in one.of("projector")), None)
    recipe = recipe_of(one)
    card = card_of(inspect(weights.path), model_id)
    card = replace(card, title=one.name, sha256=weights.sha256, license=card.license or _license_name(recipe.license))
    if projector is not None:
        check_projector(projector)
    for layer in one.of("adapter"):
        check_adapter(layer.path, card.family)
    there = shelf.find(model_id)
    if there is not None and there.card.sha256 == weights.sha256:
        return there
    shelf.incoming.mkdir(parents=True, exist_ok=True)
    if is_linkable(weights.path, shelf.incoming):
        return adopt(
            weights.path, (), arrival, name=model_id, recipe=recipe, projector=projector, digest=weights.sha256
        )
    if shelf.taken(model_id):
        raise Refused(
            N_("Another model called “{model}” is already there."),
            hint=N_("Remove it first: hameau models remove {model}"),
            model=model_id,
        )
    made = shelf.refer(card, recipe, weights=str(weights.path), projector=str(projector or ""))
    if made is None:
        raise Corrupt(N_("Ollama removed {model} meanwhile."), model=one.name)
    arrival.progress(card.size_bytes, card.size_bytes)
    return made


def recipe_of(one: Kept) -> Recipe:
    """How Ollama uses the model: its instruction, options, first messages and terms. The template stays aside: the model is
    spoken to by the one in its own file."""
    options: dict[str, object] = {}
    for layer in one.of("params"):
        data = _json(layer.path)
        if isinstance(data, Mapping):
            options |= {str(name): value for name, value in data.items() if name in OPTIONS}
    messages: list[Message] = []
    for layer in one.of("messages"):
        messages += _messages(_json(layer.path))
    return checked(
        Recipe(
            system="\n".join(_text(layer.path) for layer in one.of("system")),
            options=options,
            adapters=tuple(Adapter(str(layer.path)) for layer in one.of("adapter")),
            messages=tuple(messages),
            license="\n".join(_text(layer.path) for layer in one.of("license")),
        )
    )


def _messages(said: object) -> list[Message]:
    """Those of a list of ``{role, content}`` that are such; the rest is left aside."""
    given = [each for each in said if isinstance(each, Mapping)] if isinstance(said, list) else []
    return [
        Message(each["role"], each["content"])
        for each in given
        if each.get("role") in _ROLES and isinstance(each.get("content"), str)
    ]


def _check_digests(one: Kept, arrival: Arrival) -> None:
    """Every file is what its name says. Raises :class:`Corrupt`."""
    total, done = one.size_bytes, 0
    for layer in one.layers:
        digest, size = hashlib.sha256(), 0
        with layer.path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                arrival.check()
                digest.update(chunk)
                size += len(chunk)
                arrival.progress(min(done + size, total), total)
        done += layer.size
        if size != layer.size or digest.hexdigest() != layer.sha256:
            raise Corrupt(
                N_("A file of {model} is damaged in Ollama’s store: {file}."),
                hint=N_("Have Ollama fetch it again: ollama pull {model}"),
                model=one.name,
                file=layer.path.name,
            )


def _read(store: Path, manifest: Path) -> Kept:
    if manifest.stat().st_size > _MAX_MANIFEST:
        raise ValueError("too long")
    data = json.loads(manifest.read_text("utf-8"))
    layers = data["layers"]
    if len(layers) > _MAX_LAYERS:
        raise ValueError("too many layers")
    host, *space, model, tag = manifest.relative_to(store / "manifests").parts
    name = tidy("/".join([host, *space, f"{model}:{tag}"]))
    return Kept(name, store, tuple(_layer(store, each) for each in layers))


def _layer(store: Path, data: Mapping[str, Any]) -> Layer:
    digest = _DIGEST.fullmatch(data["digest"])
    size = data["size"]
    if digest is None or not isinstance(size, int) or size < 0:
        raise ValueError("a layer without digest or size")
    return Layer(str(data["mediaType"]).removeprefix(_LAYER), store / "blobs" / f"sha256-{digest[1]}", size)


def _manifests(folder: Path) -> Iterator[Path]:
    """``HOST/NAMESPACE/MODEL/TAG``, a bounded number of them."""
    found = (path for path in sorted(folder.glob("*/*/*/*")) if path.is_file() and not path.name.startswith("."))
    for _, path in zip(range(_MAX_MODELS), found, strict=False):
        yield path


def _is_store(path: Path) -> bool:
    try:
        return (path / "manifests").is_dir() and (path / "blobs").is_dir()
    except OSError as error:  # another user's
        logger.debug("%s can't be looked into: %s", path, error)
        return False


def _text(path: Path) -> str:
    if path.stat().st_size > _MAX_TEXT:
        raise Corrupt(N_("A file of Ollama’s store is too long: {file}."), file=path.name)
    return path.read_text("utf-8", "replace")


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise Corrupt(N_("{path} can't be read: {reason}"), path=str(path), reason=str(error)) from error


def _license_name(text: str) -> str:
    """The first words of the terms."""
    return text.strip().partition("\n")[0].strip()[:60]
