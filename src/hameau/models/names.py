"""The names of models as programs write them: Ollama's form, ``[host/][namespace/]name[:tag]``, case left aside."""

from __future__ import annotations

import re

from hameau.kit import N_, BadInput
from hameau.models.inspect import slug

_HOSTS = ("registry.ollama.ai/", "ollama.com/")
_PART = r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?"
_FORM = re.compile(rf"(?:{_PART}/)?{_PART}(?::{_PART})?")
_LONGEST = 80
_OURS = "hameau"
_PARTS = re.compile(r"\.(?:mmproj|adapter\d*)$")


def tidy(name: str) -> str:
    """``name`` as an id: lower case, without what may be left out (``registry.ollama.ai/library/x:latest`` is ``x``)."""
    name = name.strip().lower()
    for host in _HOSTS:
        name = name.removeprefix(host)
    return name.removeprefix("library/").removesuffix(":latest")


def alike(name: str, model_id: str) -> bool:
    """Whether a program that says ``name`` means ``model_id``: the same but for ``:`` and ``/``, which file names lack."""
    return tidy(name) == tidy(model_id) or slug(tidy(name)) == slug(tidy(model_id))


def new_id(name: str) -> str:
    """The id for a model that shall be called ``name``. Raises :class:`BadInput` for what is no name."""
    found = tidy(name)
    if not _FORM.fullmatch(found) or len(found) > _LONGEST or _PARTS.search(slug(found)) or found.endswith(".gguf"):
        raise BadInput(
            N_("“{name}” is no name for a model."),
            hint=N_("Letters, digits, dots and dashes, and a tag where you like: my-model:v2"),
            name=name[:100],
        )
    if found.partition("/")[0] == _OURS:
        raise BadInput(N_("Names that begin with hameau/ are Hameau’s own."), name=name[:100])
    return found
