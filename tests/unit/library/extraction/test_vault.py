"""Notes in Markdown: what they say of themselves, and what they point at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hameau.library.extraction.plain import read_plain
from hameau.library.extraction.vault import about
from hameau.library.types import Extracted

NOTE = """---
title: "Le lavoir"
date: 2025-03-01
tags: [eau, patrimoine]
aliases:
  - Lavoir
authors:
  - Jeanne
  - Paul
source: https://mairie.example/lavoir
---
# Autre titre

Voir [[Le moulin]], [[Village/La place#Histoire|la place]], ![[plan.pdf]] et [la mairie](https://mairie.example/),
[une note](../sous%20dossier/note.md#titre "x"), [un courriel](mailto:a@example.org).

```
[[pas un lien]] [ni](cela.md)
```
"""


def read(text: str) -> Extracted:
    return read_plain(text.encode(), "text/markdown")


def test_what_a_note_says_of_itself() -> None:
    found = read(NOTE)
    assert (found.title, found.dated_at, found.authors) == ("Le lavoir", "2025-03-01T00:00:00.000Z", "Jeanne, Paul")
    assert found.link == "https://mairie.example/lavoir"
    assert found.text == NOTE


def test_what_it_points_at() -> None:
    assert read(NOTE).links == (
        "Le moulin", "Village/La place", "plan.pdf", "https://mairie.example/", "../sous dossier/note.md",
    )  # fmt: skip


def test_a_note_that_says_nothing() -> None:
    assert about("Bonjour [a] (b) [[ ]] [x]( )") == about("")


def test_other_texts_have_no_links() -> None:
    assert read_plain(NOTE.encode(), "text/plain").links == ()


@given(st.text("[]()|#`~-: \nab/", max_size=300))
def test_any_text_is_a_note(text: str) -> None:
    assert read(text).text == read(text).text
