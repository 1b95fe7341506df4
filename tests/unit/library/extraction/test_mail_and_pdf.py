"""Mail without a server, and lines of a PDF page without a PDF."""

from __future__ import annotations

import email
import email.message
import email.policy
import struct
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fakes import papers
from fakes.reading import context
from hameau.library.extraction import mail, mail_tnef
from hameau.library.extraction.context import Context
from hameau.library.extraction.decoding import tidy
from hameau.library.extraction.mail_headers import topic
from hameau.library.extraction.pdf import reflow
from hameau.library.extraction.reasons import MAIL_LOCKED
from hameau.library.types import Extracted


def read_mail(raw: bytes) -> Extracted:
    """As the worker does: what of the asides is believed must be what was meant."""
    found = mail.read_mail(raw, context())
    assert tidy(found.text) == found.text
    return found


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
    assert topic("Revue : le sommaire") == "Revue : le sommaire"


def searched(found: Extracted) -> str:
    """The text without what is left aside."""
    text = found.text
    for span in reversed(found.asides):
        text = text[: span.start] + text[span.end :]
    return text


def test_what_is_attached_is_a_document_of_its_own() -> None:
    found = read_mail(
        papers.letter("Ci-joint.", {"ordre du jour.md": b"# Points\n\nLe budget.", "x.bin": b"\x7fELF" + bytes(99)})
    )
    assert "Pièces jointes : ordre du jour.md, x.bin" in found.text and "Le budget" not in found.text
    assert [(part.name, part.extracted.title, part.size) for part in found.parts] == [
        ("ordre du jour.md", "Points", 20)
    ]
    assert "Le budget." in found.parts[0].extracted.text
    assert "## Fichiers non lus\n\nx.bin : non lu" in found.text


def test_in_an_archive_what_is_attached_is_a_section() -> None:
    inside = replace(context(), apart=False)
    found = mail.read_mail(papers.letter("Ci-joint.", {"ordre.md": b"# Points\n\nLe budget."}), inside)
    assert "## ordre.md\n\nPoints\n\n### Points\n\nLe budget." in found.text and not found.parts


def test_a_mail_inside_a_mail_is_a_document_and_so_is_what_it_brought() -> None:
    inner = papers.letter("Le toit fuit.", {"toit.txt": b"Un croquis."}, subject="Toit")
    outer = email.message.EmailMessage()
    outer["Subject"] = "Pour info"
    outer.set_content("Voir plus bas.")
    outer.add_attachment(email.message_from_bytes(inner, policy=email.policy.default))
    outer.add_attachment(email.message_from_bytes(inner, policy=email.policy.default))
    found = read_mail(outer.as_bytes())
    assert [part.name for part in found.parts] == [
        "Toit.eml",
        "Toit.eml/toit.txt",
        "Toit (2).eml",
        "Toit.eml/toit (2).txt",
    ]
    assert "Voir plus bas." in found.text and "fuit" not in found.text
    assert "Le toit fuit." in found.parts[0].extracted.text and not found.parts[0].extracted.parts


def test_what_a_page_quotes_is_left_aside_like_what_a_text_quotes() -> None:
    page = "<p>D'accord.</p><div>Le 3 mars 2025 à 10:00, Paul a écrit :</div><blockquote type=cite><p>Un</p><p>Deux</p></blockquote>"
    raw = f"Subject: Re: x\nContent-Type: text/html; charset=utf-8\n\n{page}".encode()
    found = read_mail(raw)
    assert "D'accord." in searched(found) and "Paul" not in searched(found) and "Deux" not in searched(found)
    assert "Paul a écrit" in found.text and "> Deux" in found.text


def test_a_mail_reads_as_it_was_sent() -> None:
    found = read_mail(papers.letter("À jeudi.\n\n-- \nAmélie\n\nLe 3 mars 2025 à 10:00, Paul a écrit :\n> Quand ?\n"))
    assert found.text.endswith("À jeudi.\n\n-- \nAmélie\n\nLe 3 mars 2025 à 10:00, Paul a écrit :\n> Quand ?\n\n")
    assert searched(found).rstrip().endswith("À jeudi.")
    assert found.text[found.asides[0].start :].startswith("-- \nAmélie")


def test_a_conversation_is_known_by_its_first_mail() -> None:
    first = read_mail(b"Message-ID: <un@x>\nSubject: a\n\nb")
    second = read_mail(b"Message-ID: <deux@x>\nIn-Reply-To: <un@x>\nSubject: Re: a\n\nb")
    third = read_mail(
        b"Message-ID: <trois@x>\nIn-Reply-To: <deux@x>\nReferences: <un@x>\n <deux@x>\nSubject: Re: a\n\nb"
    )
    assert {first.thread, second.thread, third.thread} == {"un@x"}
    assert read_mail(b"Subject: a\n\nb").thread == ""


def test_lines_that_were_broken_for_the_way_are_joined() -> None:
    raw = b"Subject: x\nContent-Type: text/plain; format=flowed\n\nLe budget \nest vot\xc3\xa9.\n> Quel \n> budget ?\n-- \nPaul\n"
    assert "Le budget est voté.\n> Quel budget ?\n-- \nPaul" in read_mail(raw).text


def test_an_invitation_is_read_beside_the_text() -> None:
    raw = (
        b"Subject: Invitation\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nVenez.\n"
        b"--b\nContent-Type: text/html\n\n<p>Venez.</p>\n--b\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n"
        b"BEGIN:VEVENT\nSUMMARY:R\xc3\xa9union\nDTSTART:20260305T180000Z\nEND:VEVENT\nEND:VCALENDAR\n--b--\n"
    )

    def read(data: bytes, name: str, inside: Context) -> Extracted:
        return Extracted(text=name)

    found = mail.read_mail(raw, context(read))
    assert [part.name for part in found.parts] == ["invitation.ics"] and found.text.count("Venez.") == 1


def test_ten_thousand_receivers_are_not_all_written_down() -> None:
    many = ", ".join(f"Membre {number} <membre{number}@example.org>" for number in range(10_000))
    found = read_mail(f"To: {many}\nSubject: x\n\nBonjour à tous.".encode())
    assert len(found.text) < 2_000 and "Membre 3 <" in found.text and found.text.count("…") == 1
    assert len(found.authors) <= 300


def test_nesting_without_end_is_no_trap() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
    assert "# Poupées" in read_mail("Subject: Poupées\n".encode() + deep).text


def test_a_mail_that_does_not_say_what_stands_between_its_parts() -> None:
    raw = b"Subject: x\nContent-Type: multipart/mixed\n\n--b\nContent-Type: text/plain\n\nBonjour.\n--b\nContent-Type: image/png\n\n%PNG\n--b--\n"
    assert read_mail(raw).text == "# x\n\nBonjour.\n\n"


def test_bytes_that_no_mail_may_hold() -> None:
    assert read_mail("Subject: Été\nFrom: Zoé\n\nb".encode()).title == "Été"
    assert read_mail("Subject: Été\n\nb".encode("cp1252")).title == "Été"


def test_the_order_of_attachments_with_one_name_is_kept() -> None:
    raw = b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"".join(
        b"--b\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\n%d\n" % n for n in range(3)
    )
    parts = read_mail(raw).parts
    assert [(part.name, part.extracted.text.strip()) for part in parts] == [
        ("a.txt", "0"),
        ("a (2).txt", "1"),
        ("a (3).txt", "2"),
    ]


def test_what_exchange_packed_is_unpacked() -> None:
    def attribute(name: int, value: bytes) -> bytes:
        return struct.pack("<BII", 2, name, len(value)) + value + b"\0\0"

    long_name = b"\x1f\x00\x07\x37" + struct.pack("<II", 1, 24) + "compte rendu.md\0".encode("utf-16-le")[:24]
    packed = b"\x78\x9f\x3e\x22\x01\x00" + b"".join(
        attribute(name, value)
        for name, value in [
            (0x00069002, b"\0" * 14), (0x00018010, b"ORDRE.TXT\0"), (0x0006800F, b"Le budget."),
            (0x00069002, b"\0" * 14), (0x0006800F, "La fête.".encode()), (0x00069005, long_name),
        ]
    )  # fmt: skip
    found = read_mail(papers.letter("Ci-joint.", {"winmail.dat": packed}))
    assert [(part.name, part.extracted.text) for part in found.parts] == [
        ("ORDRE.TXT", "Le budget."),
        ("compte rendu", "La fête."),
    ]
    assert list(mail_tnef.files(packed[:40])) == [] and list(mail_tnef.files(b"\x78\x9f\x3e\x22")) == []


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
