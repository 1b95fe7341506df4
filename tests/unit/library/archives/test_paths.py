"""Where links of a page lead, and what may be shown as an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.library.archives.paths import target


@pytest.mark.parametrize(
    ("page", "reference", "found"),
    [
        ("Moulin", "Rivi%C3%A8re", ("Rivière", False)),
        ("A/Moulin", "./Pont#histoire", ("A/Pont", False)),
        ("A/Moulin", "../I/m/photo.jpg", ("I/m/photo.jpg", False)),
        ("A/Moulin", "../../../../etc/passwd", ("etc/passwd", False)),
        ("A/Moulin", "/Pont", ("Pont", False)),
        ("questions/12/titre", "../13/autre", ("questions/13/autre", False)),
        ("Moulin", "https://exemple.org/a?b=c", ("https://exemple.org/a?b=c", True)),
        ("Moulin", "//exemple.org/a", ("https://exemple.org/a", True)),
        ("Moulin", "javascript:alert(1)", ("", False)),
        ("Moulin", "data:text/html,x", ("", False)),
        ("Moulin", "mailto:a@exemple.org", ("", False)),
        ("Moulin", 'https://exemple.org/" onclick="x', ("", False)),
        ("Moulin", "#ici", ("", False)),
        ("Moulin", "", ("", False)),
        ("Moulin", "..", ("", False)),
        ("Moulin", "a%00b", ("", False)),
    ],
)  # fmt: skip
def test_a_link_leads_into_the_archive_or_to_the_web(page: str, reference: str, found: tuple[str, bool]) -> None:
    assert target(page, reference) == found


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_link_leaves_the_archive_but_to_the_web(page: str, reference: str) -> None:
    path, outside = target(page, reference)
    if outside:
        assert path.lower().startswith(("http://", "https://"))
    else:
        assert not path.startswith(("/", "../")) and "\0" not in path
