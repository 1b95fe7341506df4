"""Mail without a server, and lines of a PDF page without a PDF."""

from __future__ import annotations

import email
import email.message
import email.policy

from hypothesis import given
from hypothesis import strategies as st

from fakes import papers
from fakes.reading import context
from hameau.library.extraction import mail
from hameau.library.extraction.context import Context
from hameau.library.extraction.pdf import reflow
from hameau.library.extraction.reasons import MAIL_LOCKED
from hameau.library.types import Extracted


def read_mail(raw: bytes) -> Extracted:
    return mail.read_mail(raw, context())


def read_mailbox(raw: bytes) -> Extracted:
    return mail.read_mailbox(raw, context())


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


def test_who_wrote_to_whom_and_when() -> None:
    found = read_mail(papers.letter("À jeudi."))
    assert found.authors == "Amélie Roux <amelie@example.org> → bureau@example.org"
    assert found.dated_at == "2025-03-03T09:00:00.000Z"


def test_a_thread_has_one_name() -> None:
    for subject in ("Re: Réunion", "RE : Réf : Réunion", "Fwd: Re[2]: Réunion", "Réunion"):
        found = read_mail(papers.letter("À jeudi.", subject=subject))
        assert found.title == "Réunion" and "# Réunion\n" in found.text
        assert subject in found.text
    assert mail.thread("Revue : le sommaire") == "Revue : le sommaire"


def test_what_is_attached_is_read_under_its_name() -> None:
    text = read_mail(
        papers.letter("Ci-joint.", {"ordre du jour.md": b"# Points\n\nLe budget.", "x.bin": b"\x7fELF" + bytes(99)})
    ).text
    assert "Pièces jointes : ordre du jour.md, x.bin" in text
    assert "## ordre du jour.md\n\nPoints\n\n### Points\n\nLe budget." in text
    assert "## Fichiers non lus\n\nx.bin : non lu" in text


def test_a_mail_inside_a_mail_is_a_section() -> None:
    outer = email.message.EmailMessage()
    outer["Subject"] = "Pour info"
    outer.set_content("Voir plus bas.")
    outer.add_attachment(
        email.message_from_bytes(papers.letter("Le toit fuit.", subject="Toit"), policy=email.policy.default)
    )

    def read(data: bytes, name: str, inside: Context) -> Extracted:
        assert name == "Toit.eml"
        return mail.read_mail(data, inside)

    text = mail.read_mail(outer.as_bytes(), context(read)).text
    assert "Voir plus bas." in text and "## Toit.eml\n" in text and "Le toit fuit." in text


def test_what_a_page_quotes_is_left_out_like_what_a_text_quotes() -> None:
    page = "<p>D'accord.</p><div>Le 3 mars 2025 à 10:00, Paul a écrit :</div><blockquote type=cite><p>Un</p><p>Deux</p></blockquote>"
    raw = f"Subject: Re: x\nContent-Type: text/html; charset=utf-8\n\n{page}".encode()
    text = read_mail(raw).text
    assert "D'accord." in text and "Paul" not in text and "Deux" not in text


def test_a_saved_page_is_a_page() -> None:
    raw = (
        b"From: <Saved by a browser>\nSubject: La mairie\nContent-Type: multipart/related; boundary=b\n\n"
        b"--b\nContent-Type: text/html; charset=utf-8\n\n<p>Le mardi.</p>\n--b\nContent-Type: image/png\n\nx\n--b--\n"
    )
    found = mail.read_saved_page(raw)
    assert (found.text, found.title, found.media_type) == ("Le mardi.\n\n", "La mairie", "multipart/related")


def test_an_encrypted_mail_is_said_so() -> None:
    inside = context()
    raw = b"Subject: Secret\nContent-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: application/x\n\nxx\n--b--\n"
    assert "# Secret" in mail.read_mail(raw, inside).text
    assert MAIL_LOCKED in inside.budget.doubts


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
