"""``hameau perimeter prove``: a user's journey in a sealed network where every packet is watched, and a signed report."""

from __future__ import annotations

from pathlib import Path

import click

from hameau.cli import terminal
from hameau.cli.demo import QUESTION, SAMPLES
from hameau.cli.house import as_json
from hameau.cli.registry import COMMANDS
from hameau.cli.words import _, as_text, decimal, language, speak
from hameau.hub import Settings, read_settings
from hameau.kit import N_, Missing
from hameau.perimeter import Journal, proof

_SECOND, _WORDS = "Et pour les adhérents ?", "chaudière"
"""They go with the question over the sample documents."""
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(
    help=_(
        "Prove that nothing leaves: a whole journey in a sealed network where every packet is watched. "
        "Writes a signed report that anybody can check."
    )
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help=_("Where to put the report's folder. Default: here."),
)
@click.option(
    "--documents",
    type=_FOLDER,
    help=_("Your documents instead of the samples. The report holds their folder’s path, nothing of what they say."),
)
@click.option("--question", metavar=_("TEXT"), help=_("What to ask of your documents."))
@click.option("--model", metavar=_("NAME"), help=_("The model that answers (hameau models list)."))
@click.option("--check", "folder", type=_FOLDER, help=_("Check the report in this folder instead of making one."))
@as_json
def prove(
    out: Path, documents: Path | None, question: str | None, model: str | None, folder: Path | None, json_: bool
) -> None:
    settings = read_settings()
    speak(settings.language)
    passed = (
        _check(settings, folder, json_) if folder else _prove(_wish(settings, out, documents, question, model), json_)
    )
    if not passed:
        raise click.exceptions.Exit(1)


def _wish(settings: Settings, out: Path, documents: Path | None, question: str | None, model: str | None) -> proof.Wish:
    if documents is None and not SAMPLES.is_dir():
        raise Missing(
            N_("The sample documents are not here."),
            hint=N_("Name documents of yours: hameau perimeter prove --documents FOLDER"),
        )
    asked = as_text(question) if question else _(N_("What are these documents about?"))
    return proof.Wish(
        home=settings.home_path,
        out=out.absolute(),
        models=settings.models_path,
        documents=(documents or SAMPLES).absolute(),
        samples=documents is None,
        question=QUESTION if documents is None and not question else asked,
        second=_SECOND if documents is None else _(N_("Where does it say so?")),
        words=_WORDS if documents is None else asked,
        model=model or settings.chat_model,
        language=language(),
        commands=tuple(COMMANDS),
    )


def _prove(wish: proof.Wish, json_: bool) -> bool:
    def tell(progress: proof.Progress) -> None:
        if not json_:
            _tell(progress)

    if not json_:
        terminal.note(
            N_("A sealed network is made; Hameau works in it while every packet is watched. This takes a minute.")
        )
    folder, made = proof.prove(wish, tell)
    reasons = [proof.said(each, language()) for each in made.reasons]
    verdict = proof.verdict_line(made, language())
    if json_:
        facts = {"observed": made.observed, "outside": made.outside, "reasons": reasons, "key": made.key}
        terminal.document({"passed": made.passed, "verdict": verdict, "folder": str(folder), **facts})
        return made.passed
    terminal.line(verdict, "bold green" if made.passed else "bold red")
    for reason in reasons:
        terminal.line(f"  ✗ {terminal.one_line(reason)}", "red")
    terminal.line(_(N_("The report: {folder}"), {"folder": folder}))
    return made.passed


def _tell(progress: proof.Progress) -> None:
    """One line a step, on the error output, when it is done."""
    if (step := progress.done) is None:
        return
    fields = {
        "mark": "✓" if step.ok else "✗",
        "step": _(proof.STEP_NAMES.get(step.name, step.name)),
        "result": proof.said(step.said, language()),
        "seconds": decimal(step.seconds),
    }
    terminal.note(N_("{mark} {step}: {result} ({seconds} s)"), fields)


def _check(settings: Settings, folder: Path, json_: bool) -> bool:
    """A report is good when it is as it was signed and what it proves holds; the key says whose it is."""
    found = proof.check(folder)
    passed = found.ok and found.proof is not None and found.proof.passed
    problems = [proof.said(each, language()) for each in found.problems]
    own = bool(found.key) and Journal(settings.home_path / "journal").summary().key == found.key
    if json_:
        facts = {"passed": passed, "packets": found.packets, "key": found.key, "own_key": own, "problems": problems}
        terminal.document({"ok": found.ok, **facts})
        return passed
    for problem in problems:
        terminal.line(f"✗ {terminal.one_line(problem)}", "red")
    if found.ok and found.proof is not None:
        terminal.line(_(N_("✓ The signature and the hashes fit, and the packets were counted again.")), "green")
        terminal.line(terminal.one_line(proof.verdict_line(found.proof, language())), "bold")
    whose = (
        N_("Signed by this Hameau: {key}")
        if own
        else N_("Signed by the key {key}: compare it with the one you were given.")
    )
    terminal.line(_(whose, {"key": found.key or "—"}))
    return passed
