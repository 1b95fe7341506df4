"""``hameau demo``: the main job on the sample documents: fetch the models, read, ask, answer, then serve the pages."""

from __future__ import annotations

from pathlib import Path

import click

import hameau
from hameau.assistant import Question
from hameau.cli import terminal
from hameau.cli.follow import bring_up_to_date
from hameau.cli.house import house
from hameau.cli.models import add_with_progress
from hameau.cli.serve import until_stopped
from hameau.cli.telling import tell
from hameau.cli.words import _, language
from hameau.hub import Hub
from hameau.kit import N_, Missing

SAMPLES = Path(hameau.__file__).resolve().parents[2] / "samples" / "les-amis-du-moulin"
QUESTION = "Combien coûte la location du Fournil pour les non-adhérents ?"


@click.command(help=_("Fetch the starter models, read the sample documents, answer a question, then serve the pages."))
@click.option("--once", is_flag=True, help=_("Don't serve the pages afterwards."))
@click.option(
    "--port", type=click.IntRange(0, 65535), help=_("The port to listen on. Default: 8484; 0 takes a free one.")
)
def demo(once: bool, port: int | None) -> None:
    chosen = {} if port is None else {"port": port}
    with house(**chosen) as hub:
        _models(hub)
        hub.warm()
        _samples(hub)
        terminal.line(_(N_("Question: {question}"), {"question": QUESTION}), "bold")
        terminal.line()
        tell(hub.assistant.ask(Question(QUESTION, source_id=_samples_id(hub)), language=language()))
        terminal.line()
        if once:
            return
        if address := hub.presence.address():
            terminal.line(_(N_("Hameau is running already: {address}"), {"address": address}), "bold")
            return
        until_stopped(hub)


def _models(hub: Hub) -> None:
    """Fetches the starter models that are not here yet."""
    here = {model.card.id for model in hub.models.installed()}
    if any(model.card.kind == "chat" for model in hub.models.installed()):
        return
    for card in hub.models.recommended():
        if card.id not in here:
            fields = {"title": card.title, "size": terminal.size(card.size_bytes)}
            terminal.note(N_("Fetching {title}, {size}, once…"), fields)
            add_with_progress(hub, card.id)


def _samples(hub: Hub) -> None:
    """Adds the sample documents; a second time only what changed is read."""
    if not SAMPLES.is_dir():
        raise Missing(
            N_("The sample documents are not here."),
            hint=N_("They come with the sources of Hameau. Add documents of yours: hameau add FOLDER"),
        )
    hub.add_source("folder", str(SAMPLES), title="Les Amis du Moulin de Brévanne")
    bring_up_to_date(hub)


def _samples_id(hub: Hub) -> str | None:
    return next((source.id for source in hub.library.sources() if source.uri.endswith(SAMPLES.name)), None)
