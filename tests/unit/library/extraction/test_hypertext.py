"""HTML to text: what a reader sees, nothing that runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.extraction.hypertext import decode_html, read_html
from hameau.library.extraction.structure import Draft


def text_of(page: str) -> str:
    draft = Draft()
    read_html(page, draft)
    return draft.finish()[0].strip()


@pytest.mark.parametrize(
    "page, text",
    [
        ("<p>Un <b>mot</b>, deux&nbsp;&amp; trois</p>", "Un mot, deux & trois"),
        ("<h1>La\nmairie</h1><p>Le  mardi</p>", "# La mairie\n\nLe mardi"),
        ("<ul><li>un<li>deux</ul>fin", "un\n\ndeux\n\nfin"),
        ("<table><tr><th>x<td>y<tr><td>1<td>2</table>", "x\ty\n1\t2"),
        ("a<script>let x = '<p>non</p>'</script>b<style>p{}</style>", "ab"),
        ("<p style='display: none'>caché</p><p hidden>aussi</p><p>vu</p>", "vu"),
        ("<div hidden><div>caché</div>encore</div>vu", "vu"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("un<br>deux", "un\ndeux"),
        ("<p>ouvert <i>sans fin", "ouvert sans fin"),
        ("<head><title>T</title><body>corps", "corps"),
    ],
)
def test_pages(page: str, text: str) -> None:
    assert text_of(page) == text


@given(st.text("<>/abpdivh1litrtdscript =\"'!-&;\n", max_size=200))
def test_any_mess_is_read(page: str) -> None:
    text_of(page)


@pytest.mark.parametrize("alphabet", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_declared_alphabets(alphabet: str) -> None:
    page = f'<meta charset="{alphabet}"><p>L\'été à la mairie</p>'
    assert "L'été à la mairie" in decode_html(page.encode(alphabet))
