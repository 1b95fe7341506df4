"""Placeholder until helper P's command is here."""

import click


@click.command()
def prove() -> None:
    raise click.ClickException("not yet")
