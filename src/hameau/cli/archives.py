"""``hameau archives``: a space as an archive that any reader of encyclopedias opens."""

from __future__ import annotations

from pathlib import Path

import click

from hameau.cli import terminal
from hameau.cli.house import as_json, house, in_space
from hameau.cli.progress import counting
from hameau.cli.words import _, language
from hameau.kit import N_, say
from hameau.library import About, write_archive


@click.group(help=_("Write your documents as an archive (ZIM) that any reader of encyclopedias opens."))
def archives() -> None: ...


@archives.command(
    help=_(
        "Write the documents of a space as one file, with their text and an index of their words: Kiwix reads it, and so does"
        " « hameau add ». A file that is there already is never replaced. Whoever gets the file can read all of it."
    )
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--title", default="", help=_("What the archive is called. Default: the space, or the name of the file."))
@click.option("--description", default="", help=_("What it holds, in one sentence."))
@click.option("--creator", default="", help=_("Whose documents these are."))
@click.option("--licence", default="", help=_("What others may do with them, for example « CC BY-SA 4.0 »."))
@in_space
@as_json
def write(path: Path, title: str, description: str, creator: str, licence: str, space: str, json_: bool) -> None:
    target = path.expanduser().absolute()
    about = About(
        title or (space if space != "home" else target.stem),
        description or say(N_("Documents written by Hameau"), language()),
        language(),
        creator,
        licence,
    )
    with house() as hub, counting(N_("Writing: {done} of {total}")) as progress:
        total = hub.library.status(space).documents
        made = write_archive(
            hub.library, target, about, space=space, progress=lambda done, _title: progress(done, max(total, done))
        )
    if json_:
        terminal.document(
            {"path": str(made.path), "documents": made.documents, "bytes": made.size, "left_out": made.left_out}
        )
        return
    fields = {"count": made.documents, "path": made.path, "size": terminal.size(made.size)}
    terminal.line(_(N_("Documents written: {count}, in {path} ({size})."), fields))
    if made.left_out:
        terminal.note(N_("Documents without any text were left out: {count}."), {"count": made.left_out})
