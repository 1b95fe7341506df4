"""Files that come with an article are named so that they are found again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hameau.library.enclosures import Enclosed, found, written

SOUND = Enclosed("https://moulin.example/son.mp3", "audio/mpeg", 34_200_000, 2530)


def test_a_line_for_each() -> None:
    text = written([SOUND, Enclosed("https://moulin.example/x.pdf")])
    assert text == (
        "https://moulin.example/son.mp3 (audio/mpeg, 34.2 MB, 0:42:10)\nhttps://moulin.example/x.pdf (application/octet-stream)"
    )
    assert found(f"Le texte (bref).\n\n{text}\n") == (
        SOUND,
        Enclosed("https://moulin.example/x.pdf", "application/octet-stream"),
    )


@settings(deadline=None)
@given(st.sampled_from(["audio/mpeg", "video/webm", "x, (y)", ""]), st.integers(0, 10**12), st.integers(0, 10**7))
def test_what_is_written_is_found(media_type: str, size: int, seconds: int) -> None:
    (one,) = found(written([Enclosed("https://x.example/a", media_type, size, seconds)]))
    assert one.seconds == seconds
    assert abs(one.size - size) <= max(50, size * 0.05)


def test_text_that_only_looks_like_one() -> None:
    assert found("voir https://x.example/ (le site)\nhttps://x.example/y\n(audio/mpeg)") == ()
