"""Brings a model from its official address, through the perimeter's door, when a person said yes to that one
download."""

from __future__ import annotations

from hameau.kit import N_, Refused, locked
from hameau.models.disk import check_disk, disk_error
from hameau.models.fetch import Arrival
from hameau.models.ports import Border
from hameau.models.types import InstalledModel, ModelCard, Origin
from hameau.perimeter import Connection


def fetch_url(
    card: ModelCard, origin: Origin, arrival: Arrival, border: Border | None, consent: Connection | None
) -> InstalledModel:
    """The model of ``card`` from the address of ``origin``; what an earlier try left is gone on with.

    Raises :class:`Refused` without ``consent`` or without a fingerprint in the card, and what
    :meth:`hameau.perimeter.Client.download` raises.
    """
    if not card.sha256:
        raise Refused(
            N_("The catalogue does not know the fingerprint of {model}, so it is not downloaded."),
            hint=N_("Download it yourself from {url}, then: hameau models add FILE.gguf"),
            model=card.title,
            url=origin.url,
        )
    if consent is None or border is None:
        raise Refused(
            N_("{model} comes from the internet ({url}, {size} MB), and nobody has said yes to that."),
            hint=N_("To allow this one download: hameau models add {id} --yes"),
            model=card.title,
            url=origin.url,
            size=card.size_bytes // 1_000_000,
            id=card.id,
        )
    shelf = arrival.shelf

    def watch(done: int) -> None:
        arrival.check()
        arrival.progress(done, card.size_bytes)

    def waiting() -> None:
        arrival.check()
        arrival.progress(0, card.size_bytes)

    try:
        shelf.incoming.mkdir(parents=True, exist_ok=True)
        with locked(shelf.incoming / f"{card.id}.lock", waiting):
            if (there := shelf.find(card.id)) is not None:
                return there
            partial = shelf.incoming / f"{card.id}.download"
            check_disk(shelf.incoming, card.size_bytes - (partial.stat().st_size if partial.exists() else 0))
            with border.opened(consent) as allowed:
                border.client.download(
                    origin.url,
                    partial,
                    connection=allowed.name,
                    sha256=card.sha256,
                    max_bytes=card.size_bytes,
                    watch=watch,
                )
            model = shelf.put(card, partial)
    except OSError as error:
        raise disk_error(error, shelf.folder) from error
    arrival.progress(card.size_bytes, card.size_bytes)
    return model
