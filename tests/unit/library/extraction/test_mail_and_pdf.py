"""Mail without a server, and lines of a PDF page without a PDF."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hameau.library.extraction.mail import read_mail, read_mailbox
from hameau.library.extraction.pdf import reflow


def test_the_plain_half_of_an_alternative_is_taken() -> None:
    raw = (
        b"Subject: Bonjour\nContent-Type: multipart/alternative; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nen clair\n--b\nContent-Type: text/html\n\n<p>en couleurs</p>\n--b--\n"
    )
    text = read_mail(raw).text
    assert "en clair" in text and "couleurs" not in text


def test_only_html() -> None:
    assert "en couleurs" in read_mail(b"Subject: x\nContent-Type: text/html\n\n<p>en <b>couleurs</b></p>").text


def test_a_mail_without_head_is_text() -> None:
    assert read_mail(b"ceci n'est pas un message").text == "ceci n'est pas un message"


def test_a_mailbox_has_all_its_messages() -> None:
    raw = b"From a@x Mon\nSubject: un\n\npremier\n\nFrom b@x Tue\nSubject: deux\n\nsecond\n"
    text = read_mailbox(raw).text
    assert "# un" in text and "premier" in text and "# deux" in text and "second" in text


@given(st.binary(max_size=300))
def test_any_bytes_make_a_mail(raw: bytes) -> None:
    read_mail(b"From: x\n" + raw)
    read_mailbox(raw)


def test_lines_that_broke_for_lack_of_room_are_joined() -> None:
    page = "Le conseil municipal s'est réuni en mairie le lundi\r\nsuivant pour voter le budget.\r\nArticle 1\r\nLe budget est voté."
    assert (
        reflow(page)
        == "Le conseil municipal s'est réuni en mairie le lundi suivant pour voter le budget.\n\nArticle 1\n\nLe budget est voté."
    )


def test_a_cut_word_is_mended_only_when_it_is_known_whole() -> None:
    assert (
        reflow("une asso-\nciation et un porte-\nmonnaie", frozenset({"association"}))
        == "une association et un porte-monnaie"
    )


@given(st.text("abc .-\n\x02É", max_size=300))
def test_no_letter_is_lost_or_invented(page: str) -> None:
    def letters(text: str) -> str:
        return "".join(character for character in text if character.isalpha())

    assert letters(reflow(page)) == letters(page)
