"""Makes a model out of another one: its own name and its own way, the same weights. No second copy of them is made."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from hameau.kit import N_, BadInput, Conflict, Corrupt, Refused, locked
from hameau.models.adopt import adopt, link_or_copy
from hameau.models.disk import disk_error
from hameau.models.fetch import Arrival
from hameau.models.inspect import check_adapter, check_projector, slug
from hameau.models.names import new_id
from hameau.models.recipes import PLAIN, checked, context_of, over
from hameau.models.shelf import Shelf
from hameau.models.types import Adapter, InstalledModel, Recipe

logger = logging.getLogger(__name__)

_MAX_ADAPTERS = 8
_LONGEST = 200  # characters of a file's name


def make(base: InstalledModel, name: str, recipe: Recipe, arrival: Arrival) -> InstalledModel:
    """A model called ``name`` that uses the weights of ``base`` as ``recipe`` says, and as the base's own recipe says
    where that is silent. One of that name is replaced when it was made so too.

    Raises :class:`BadInput` (name, options, adapters), :class:`Conflict` (the name is another model's) or
    :class:`Refused` (a base whose weights are not on this machine).
    """
    model_id = new_id(name)
    _check_base(base)
    merged = over(checked(recipe), base.recipe)
    return _write(base, model_id, replace(merged, base=base.recipe.base or base.card.id), arrival)


def copy(source: InstalledModel, target: str, arrival: Arrival) -> InstalledModel:
    """Another name for ``source``. Raises as :func:`make` does."""
    return make(source, target, PLAIN, arrival)


def make_from_files(name: str, recipe: Recipe, files: Mapping[str, Path], arrival: Arrival) -> InstalledModel:
    """A model called ``name`` with weights of its own: ``files`` by their names, linked or copied. One GGUF file, with a
    projector beside it where it has one; or those of a folder in the form of Hugging Face; or one such folder.

    Raises what :func:`hameau.models.adopt.adopt` raises, and :class:`BadInput` for a bad name, recipe or set of files.
    """
    model_id = new_id(name)
    merged = checked(recipe)
    with _alone(arrival, model_id), ExitStack() as staged:
        weights, projector = _sorted_out(arrival, model_id, files, staged)
        adapters = _bring(arrival, model_id, merged.adapters)
        merged = replace(merged, base="", adapters=adapters)
        there = arrival.shelf.find(model_id)
        if there is not None and (there.recipe.base or there.foreign):
            arrival.shelf.remove(there)
        digest = weights.name.removeprefix("sha256-") if weights.parent == arrival.shelf.blobs.folder else ""
        model = adopt(weights, (), arrival, name=model_id, recipe=merged, projector=projector, digest=digest)
        made = model if model.recipe == merged else arrival.shelf.rewrite(model, merged) or model
    for used in (*files.values(), *(Path(each.path) for each in recipe.adapters)):
        if used.parent == arrival.shelf.blobs.folder:
            used.unlink(missing_ok=True)
    return made


def _sorted_out(
    arrival: Arrival, model_id: str, files: Mapping[str, Path], staged: ExitStack
) -> tuple[Path, Path | None]:
    """The weights among ``files``, and the projector."""
    for name in files:
        if Path(name).name != name or name.startswith(".") or len(name) > _LONGEST:
            raise BadInput(N_("“{name}” is no name for a file of a model."), name=name[:100])
    if "config.json" in files:
        folder = arrival.shelf.incoming / f"{slug(model_id)}.staging"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        staged.callback(shutil.rmtree, folder, ignore_errors=True)
        for name, path in files.items():
            link_or_copy(path, folder / name, arrival)
        return folder, None
    seeing = [path for path in files.values() if _sees(path)]
    others = [path for path in files.values() if path not in seeing]
    if len(others) != 1 or len(seeing) > 1:
        raise BadInput(
            N_("A model is made of one file with weights, and of one projector at most; {count} files came."),
            hint=N_("Or of a whole folder in the form of Hugging Face, with its config.json."),
            count=len(files),
        )
    return others[0], seeing[0] if seeing else None


def _sees(path: Path) -> bool:
    try:
        check_projector(path)
    except (BadInput, Corrupt) as error:  # if it is no model either, that is said when it is taken in
        logger.debug("%s is no projector: %s", path, error)
        return False
    return True


def _check_base(base: InstalledModel) -> None:
    if base.service:
        raise Refused(N_("{model} runs elsewhere, so it can’t be given another name here."), model=base.card.title)
    if base.card.kind != "chat" or not base.path:
        raise BadInput(N_("{model} is not a chat model."), model=base.card.title)


def _write(base: InstalledModel, model_id: str, recipe: Recipe, arrival: Arrival) -> InstalledModel:
    shelf = arrival.shelf
    with _alone(arrival, model_id):
        there = shelf.find(model_id)
        _check_free(shelf, there, model_id, base)
        stays = base.foreign and recipe.adapters == base.recipe.adapters
        adapters = recipe.adapters if stays else _bring(arrival, model_id, recipe.adapters, base.card.family)
        recipe = replace(recipe, adapters=adapters)
        context = context_of(recipe.options) or base.card.context
        card = replace(base.card, id=model_id, title=model_id, context=context, starter=False, origins=())
        if there is not None and not there.recipe.base and not there.foreign:  # made from files: its weights stay
            made = shelf.rewrite(there, replace(recipe, base=""))
        elif base.foreign:
            made = shelf.refer(card, replace(recipe, base=""), weights=base.path, projector=base.projector)
        else:
            made = shelf.refer(card, recipe)
    if made is None:
        raise Conflict(N_("{model} was removed meanwhile."), model=base.card.id)
    return made


def _check_free(shelf: Shelf, there: InstalledModel | None, model_id: str, base: InstalledModel) -> None:
    """The name may be had: it is nobody's, or that of a model that was made here."""
    if there is None:
        if not shelf.taken(model_id):
            return
    elif there.recipe.base or there.foreign:
        if not shelf.users(model_id):
            return
    elif there.recipe != PLAIN and there.card.id == base.card.id:
        return
    raise Conflict(
        N_("Another model called “{model}” is already there."),
        hint=N_("Remove it first (hameau models remove {model}), or choose another name."),
        model=model_id,
    )


def _bring(arrival: Arrival, model_id: str, adapters: tuple[Adapter, ...], family: str = "") -> tuple[Adapter, ...]:
    """The adapters as files of the folder, linked or copied there."""
    if len(adapters) > _MAX_ADAPTERS:
        raise BadInput(N_("At most {most} adapters can be laid over a model."), most=_MAX_ADAPTERS)
    brought = []
    for number, adapter in enumerate(adapters):
        source, target = Path(adapter.path), arrival.shelf.adapter(model_id, number)
        check_adapter(source, family)
        if not target.exists() or not target.samefile(source):
            draft = arrival.shelf.incoming / f"{target.name}.adopting"
            draft.unlink(missing_ok=True)
            link_or_copy(source, draft, arrival)
            draft.replace(target)
        brought.append(Adapter(str(target), adapter.scale))
    return tuple(brought)


@contextmanager
def _alone(arrival: Arrival, model_id: str) -> Iterator[None]:
    """Nobody else makes the same model meanwhile, in any process. The disk's errors leave as ours."""
    shelf = arrival.shelf
    try:
        shelf.incoming.mkdir(parents=True, exist_ok=True)
        with locked(shelf.incoming / f"{slug(model_id)}.lock", arrival.check):
            yield
    except OSError as error:
        raise disk_error(error, shelf.folder) from error
