"""What of an archive's answers is believed. A process that a hostile archive took over can lie about its texts, and nothing more:
no control characters, no places outside the text, no address that is none."""

from __future__ import annotations

from dataclasses import replace

from hameau.library.archives.laying import article_text, in_one_line
from hameau.library.archives.paths import LONGEST, is_address
from hameau.library.archives.types import ArchiveFacts, Article, Block, Hit, Hits, Run, Thing
from hameau.library.extraction.decoding import tidy
from hameau.library.extraction.trust import seemly

CHARACTERS = 6_000_000
BLOCKS = 200_000
_PASSAGE, _HEADINGS, _WEIGHTS = 4_000, 12, 200
_STARTS = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
    "image/avif": (b"\x00\x00\x00",),
    "image/svg+xml": (b"",),
}
"""How the pictures that are shown begin; an SVG is text, and shown as a picture alone."""


def facts(told: ArchiveFacts) -> ArchiveFacts:
    """What an archive says of itself, each on one line."""
    return replace(
        told,
        title=seemly(told.title),
        description=seemly(told.description),
        language=told.language
        if told.language.isascii() and told.language.isalpha() and len(told.language) < 4
        else "",
        date=seemly(told.date, 40),
        creator=seemly(told.creator),
        publisher=seemly(told.publisher),
        licence=seemly(told.licence),
        entries=max(told.entries, 0),
        main=told.main[:LONGEST],
        picture=told.picture[:LONGEST],
    )


def hits(told: Hits) -> Hits:
    """Passages as the library has them."""
    return Hits(
        tuple(_hit(hit) for hit in told.hits if hit.text.strip() and hit.path),
        tuple((stem, min(max(weight, 0.0), 50.0)) for stem, weight in told.weights[:_WEIGHTS]),
    )


def article(told: Article) -> Article:
    """A page whose text is put together anew from its blocks."""
    blocks, left = [], CHARACTERS
    for block in told.blocks[:BLOCKS]:
        left -= sum(len(run.text) for run in block.runs) + sum(len(run.text) for cell in block.cells for run in cell)
        if left < 0:
            break
        blocks.append(in_one_line(_block(block)))
    text, laid = article_text(blocks)
    return Article(told.path[:LONGEST], seemly(told.title), text, laid, told.cut or len(laid) < len(told.blocks))


def thing(told: Thing) -> Thing | None:
    """A picture that begins as its kind does; nothing for anything else."""
    starts = _STARTS.get(told.media_type)
    return told if starts and told.data.startswith(starts) else None


def _hit(hit: Hit) -> Hit:
    heading = tuple(seemly(one) for one in hit.heading[:_HEADINGS])
    fit = min(max(hit.fit, 0.0), 1.0)
    return Hit(hit.path[:LONGEST], seemly(hit.title), tidy(hit.text[:_PASSAGE]), max(hit.start, 0), heading, fit)


def _block(block: Block) -> Block:
    return replace(
        block,
        runs=tuple(map(_run, block.runs)),
        cells=tuple(tuple(map(_run, cell)) for cell in block.cells),
        level=max(0, min(block.level, 12)),
    )


def _run(run: Run) -> Run:
    to = run.to[:LONGEST]
    return Run(tidy(run.text), run.style & 31, to if not run.outside or is_address(to) else "", run.outside)
