"""The model cards that come with Hameau: TOML files in ``cards/``, one a model. Knows nothing of what is installed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from hameau.kit import N_, Corrupt, NotFound
from hameau.models.types import Kind, ModelCard, Origin


class Catalogue:
    """Cards by their id, in the order of the catalogue: starters first, then by size."""

    def __init__(self, cards: tuple[ModelCard, ...]) -> None:
        self._cards = {card.id: card for card in sorted(cards, key=lambda c: (not c.starter, c.kind, c.size_bytes))}

    def __iter__(self) -> Iterator[ModelCard]:
        return iter(self._cards.values())

    def find(self, model_id: str) -> ModelCard | None:
        """The card called ``model_id``, or none."""
        return self._cards.get(model_id)

    def card(self, model_id: str) -> ModelCard:
        """The card called ``model_id``; raises :class:`NotFound` with the names that there are."""
        if card := self._cards.get(model_id):
            return card
        raise NotFound(
            N_("There is no model called “{model}” in the catalogue."),
            hint=N_("The models are: {known}. A file of yours also works: hameau models add FILE.gguf"),
            model=model_id,
            known=", ".join(self._cards),
        )

    def of_kind(self, kind: Kind) -> tuple[ModelCard, ...]:
        """All cards of one kind."""
        return tuple(card for card in self if card.kind == kind)


@cache
def bundled() -> Catalogue:
    """The catalogue that comes with this version of Hameau."""
    folder = files("hameau.models") / "cards"
    texts = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")}
    return Catalogue(tuple(parse(text) for _, text in sorted(texts.items())))


def parse(text: str) -> ModelCard:
    """A card from its TOML text; raises :class:`Corrupt` when a field is missing, unknown or of another type."""
    try:
        return from_mapping(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, TypeError, KeyError, ValueError) as error:
        raise Corrupt(N_("A model card can't be read: {reason}"), reason=str(error)) from error


def from_mapping(data: Mapping[str, Any]) -> ModelCard:
    """A card from parsed TOML. Raises ``TypeError``, ``KeyError`` or ``ValueError`` on anything unexpected."""
    values = dict(data)
    if values["kind"] not in ("chat", "embedding"):
        raise ValueError(f"kind {values['kind']!r}")
    for name in ("id", "title", "sha256"):
        if not isinstance(values.get(name, ""), str):
            raise TypeError(f"{name} is not text")
    for name in ("size_bytes", "ram_bytes", "context"):
        if not isinstance(values[name], int) or values[name] < 0:
            raise TypeError(f"{name} is not a positive number")
    values["languages"] = tuple(values["languages"])
    values["note"] = dict(values.get("note", {}))
    values["origins"] = tuple(_origin(origin) for origin in values.pop("origins", ()))
    return ModelCard(**values)


def _origin(data: Mapping[str, Any]) -> Origin:
    values = dict(data)
    if values["kind"] not in ("packages", "url", "bundled"):
        raise ValueError(f"origin {values['kind']!r}")
    for name in ("packages", "hosts"):
        values[name] = tuple(values.get(name, ()))
    return Origin(**values)


def to_toml(card: ModelCard, added_at: str = "") -> str:
    """``card`` as TOML that :func:`parse` reads back; ``added_at`` is written as a comment-free extra line when
    given."""
    lines = [f"added_at = {quoted(added_at)}"] if added_at else []
    for name in _PLAIN:
        value = getattr(card, name)
        if isinstance(value, bool):
            lines.append(f"{name} = {str(value).lower()}")
        else:
            lines.append(f"{name} = {value if isinstance(value, int) else quoted(value)}")
    lines.append(f"languages = {_list(card.languages)}")
    if card.note:
        lines += ["", "[note]", *(f"{quoted(key)} = {quoted(value)}" for key, value in card.note.items())]
    for origin in card.origins:
        lines += ["", "[[origins]]", f"kind = {quoted(origin.kind)}"]
        lines += [
            f"{name} = {quoted(getattr(origin, name))}" for name in ("member", "url", "module") if getattr(origin, name)
        ]
        lines += [f"{name} = {_list(getattr(origin, name))}" for name in ("packages", "hosts") if getattr(origin, name)]
    return "\n".join(lines) + "\n"


_PLAIN = (
    "id", "kind", "title", "family", "parameters", "quantization", "license", "license_url",
    "size_bytes", "ram_bytes", "context", "sha256", "dimensions", "starter",
)  # fmt: skip


def _list(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(quoted(value) for value in values) + "]"


def quoted(text: str) -> str:
    """``text`` as a TOML basic string (TOML 1.0, "String"): control characters escaped, lone surrogates replaced."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    escaped = clean.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'
