"""Pages as data: what is kept of their HTML, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.archives.laying import article_text, said
from hameau.library.archives.markup import blocks_of
from hameau.library.archives.types import BOLD, ITALIC, Block, Run


def kinds(html: str) -> list[tuple[str, str]]:
    return [(block.kind, said(block.runs)) for block in blocks_of(html, "Page")]


def test_the_structure_of_a_page_is_kept() -> None:
    html = "<h1>Le&nbsp;moulin</h1><p>Un <b>vieux</b> moulin.<p>Deux<ul><li>un<ul><li>deux</ul></ul><blockquote>dit</blockquote>fin"
    assert kinds(html) == [
        ("heading", "Le moulin"), ("paragraph", "Un vieux moulin."), ("paragraph", "Deux"), ("item", "un"), ("item", "deux"),
        ("quote", "dit"), ("paragraph", "fin"),
    ]  # fmt: skip
    items = [block.level for block in blocks_of(html, "Page") if block.kind == "item"]
    assert items == [1, 2]


def test_what_runs_or_is_hidden_is_left_out() -> None:
    html = (
        "<head><title>t</title></head><p>a</p><script>if (a < b) document.write('<p>x</p>')</script><style>p{}</style>"
        "<div style='display: none'>b<div>c</div></div><p hidden>d</p><svg><text>e</text></svg><template><p>f</p></template>"
        "<iframe src='x'>g</iframe><div class='mw-editsection'>h</div><sup class='reference'>[1]</sup><p>z</p><!-- <p>i</p> -->"
    )
    assert kinds(html) == [("paragraph", "a"), ("paragraph", "z")]


def test_tables_are_rows_of_cells() -> None:
    html = (
        "<table><tr><th>Nom<th>Prix</tr><tr><td>Pain<td><p>2 €</p><table><tr><td>bio</td></tr></table></tr>"
        "<tr><td>Encadré qui n'est pas un tableau</td></tr></table>"
    )
    blocks = blocks_of(html, "Page")
    assert [block.kind for block in blocks] == ["row", "row", "paragraph"]
    assert blocks[0].head and not blocks[1].head
    assert article_text(blocks)[0] == "Nom | Prix\nPain | 2 € bio\n\nEncadré qui n'est pas un tableau"


def test_links_lead_inside_or_to_an_address() -> None:
    html = "<p><a href='../B/Autre%20page?x=1#ici'>a</a> <a href='https://e.org/x'>b</a> <a href='javascript:alert(1)'>c</a> <a href='#d'>d</a></p>"
    runs = {run.text.strip(): run for run in blocks_of(html, "A/Page")[0].runs}
    assert (runs["a"].to, runs["a"].outside) == ("B/Autre page", False)
    assert (runs["b"].to, runs["b"].outside) == ("https://e.org/x", True)
    assert all(run.to == "" for text, run in runs.items() if "c" in text or "d" in text)


def test_styles_end_with_their_tag() -> None:
    runs = blocks_of("<p>a<b>b<i>c</b>d</p>", "Page")[0].runs
    assert [(run.text, run.style) for run in runs] == [("a", 0), ("b", BOLD), ("c", BOLD | ITALIC), ("d", 0)]


def test_pictures_are_shown_and_signs_are_not() -> None:
    html = "<p>Avant <img src='loupe.png' width=12 alt='x'> après</p><img src='I/photo.jpg' width=400 alt='La photo'><img src='data:image/png;base64,x'><img src='https://e.org/p.png'>"
    blocks = blocks_of(html, "A/Page")
    assert [block.kind for block in blocks] == ["paragraph", "picture"]
    assert blocks[1].runs == (Run("La photo", to="A/I/photo.jpg"),)


PIECES = [
    *"<>/!-\"' =&;#abpt\n\u2028é",
    "<p>",
    "<td>",
    "<tr>",
    "<table>",
    "</table>",
    "<ul>",
    "</ul>",
    "<li>",
    "<b>",
    "</b>",
    "<pre>",
]
PIECES += [
    "<a href='x'>",
    "</a>",
    "</pre>",
    "<script>",
    "</script>",
    "<!--",
    "<h2>",
    "<br>",
    "<div hidden>",
    "<img src='i.png'>",
]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_markup_is_a_page_whose_places_are_right(html: str) -> None:
    blocks = blocks_of(html, "Page")
    text, again = article_text(blocks)
    assert again == blocks
    for block in blocks:
        if block.kind in ("paragraph", "code"):
            assert text.startswith(said(block.runs), block.start)
    assert "<script" not in text.lower() or "&lt;" in html.lower() or "<scr" in html.lower()


@pytest.mark.parametrize(
    "html", ["<" * 200_000, "<a " * 20_000, "<div class=hidden>" * 20_000, "<table><tr><td>" * 20_000, "&" * 300_000]
)
def test_endless_nonsense_ends(html: str) -> None:
    blocks_of(html, "Page")


def test_a_block_has_one_shape_in_text() -> None:
    blocks = (Block("heading", 0, (Run("T"),), 2), Block("item", 0, (Run("a"),), 1), Block("item", 0, (Run("b"),), 2))
    text, laid = article_text(blocks)
    assert text == "## T\n\n- a\n  - b"
    assert [block.start for block in laid] == [0, 6, 10]
