from __future__ import annotations

import pytest

from hameau.library.analysis import index_terms
from hameau.library.preparing import around, file_name, linked_name, names, part_uri, prepare, title_of
from hameau.library.types import Document, Extracted, Part


def document(uri: str, **more: object) -> Document:
    return Document(1, "src", "home", uri, "comme listé", "pending", modified_at="2026-01-02T00:00:00.000Z", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("extracted", "title"),
    [
        (Extracted("# Statuts\n\nTexte.", title=" Les statuts "), "Les statuts"),
        (Extracted("# Statuts #\n\nTexte."), "Statuts"),
        (Extracted("Compte rendu\n\nTexte."), "Compte rendu"),
        (Extracted("Chère Marie,\n\nTexte."), "comme listé"),
        (Extracted("Compte rendu\n\nTexte.", media_type="text/html"), "comme listé"),
    ],
)
def test_a_document_is_called_what_it_calls_itself(extracted: Extracted, title: str) -> None:
    assert title_of(extracted, document("a.txt")) == title


def test_the_name_of_the_file_and_the_authors_are_found_too() -> None:
    assert names("Facture", "/x/facture%20edf_2023.pdf") == "Facture edf 2023"
    assert names("Bonjour", "/x/1.eml", "Marie Martin") == "Bonjour 1 Marie Martin"
    ready = prepare(document("/x/1.eml"), Extracted("Le texte.", title="Bonjour", authors="Marie Martin"))
    assert "martin" in ready.index[0][0].split()


@pytest.mark.parametrize(
    ("uri", "kind", "called"),
    [
        ("imaps://paul@exemple.fr/INBOX;UIDVALIDITY=9/;UID=0000000007", "mail", "Bonjour"),
        ("/x/cur/1700000.M1P2.hote:2,S", "mail", "Bonjour"),
        ("/x/devis.eml", "mail", "Bonjour devis"),
        ("https://exemple.fr/dav/agenda/4B2F.ics", "event", "Bonjour"),
        ("https://exemple.fr/dav/plan du verger.odt", "text", "Bonjour plan verger"),
        ("imaps://paul@exemple.fr/INBOX;UID=7#part=devis.pdf", "pdf", "Bonjour devis"),
    ],
)
def test_a_number_that_nobody_gave_is_no_name(uri: str, kind: str, called: str) -> None:
    assert names("Bonjour", uri, kind=kind) == called


@pytest.mark.parametrize("name", ["devis.pdf", "lettres/a%b #1.pdf", "é\n.txt", "x#part=y"])
def test_a_part_stands_in_its_document(name: str) -> None:
    uri = part_uri("/x/a#part=b.mbox", name)
    assert around(uri) == "/x/a#part=b.mbox" and around("/x/a") == "/x/a"
    assert file_name(uri).name == name.rpartition("/")[2]


def test_a_part_that_is_known_is_not_made_ready_again() -> None:
    part = Part("a.txt", Extracted("Le verger.", title="Plan"), 9)
    (first,) = prepare(document("m"), Extracted("", parts=(part,))).parts
    (again,) = prepare(document("m"), Extracted("", parts=(part,)), known={first.uri: first.content_hash}).parts
    assert (first.unread, again.unread) == (False, True)
    assert (first.title, first.size, len(first.pieces)) == (again.title, again.size, 1) == ("Plan", 9, 1)
    assert len(again.pieces) == 0


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("Le Moulin", "le moulin"),
        ("archives/Moulin.md#Roue", "moulin"),
        ("plan.pdf", "plan.pdf"),
        ("v1.2", "v1.2"),
        ("https://exemple.fr/A#b", "https://exemple.fr/A#b"),
    ],
)
def test_links_are_compared_by_their_last_part(target: str, name: str) -> None:
    assert linked_name(target) == name


def test_kind_date_and_authors_are_filled() -> None:
    mail = Extracted(
        "Le texte du courriel.", media_type="message/rfc822", dated_at="2025-03-04T05:06:07.000Z", authors="Marie"
    )
    ready = prepare(document("/x/1.eml"), mail, "hash")
    assert (ready.kind, ready.dated_at, ready.authors) == ("mail", "2025-03-04T05:06:07.000Z", "Marie")
    note = prepare(document("/x/note.txt"), Extracted("Le texte de la note.", media_type="text/plain"))
    assert (note.kind, note.dated_at, note.authors) == ("text", "2026-01-02T00:00:00.000Z", "")


def test_every_passage_has_its_row_of_terms() -> None:
    text = "# Statuts\n\n" + "Le bureau se réunit. " * 20 + "\n\n## Cotisation\n\n" + "La cotisation est due. " * 20
    ready = prepare(document("statuts.md"), Extracted(text))
    assert len(ready.index) == len(ready.pieces) > 1
    titles, headings, bodies = zip(*(map(str.split, row) for row in ready.index), strict=True)
    assert titles[0] == titles[-1] == index_terms("Statuts")
    assert headings[-1] == index_terms("Cotisation")
    assert bodies == tuple(index_terms(piece.text) for piece in ready.pieces)
    assert ready.characters == len(text)
    assert ready.language == "fr"


def test_a_document_without_text_has_no_rows() -> None:
    ready = prepare(document("vide.txt"), Extracted(""))
    assert (ready.pieces, ready.index, ready.language) == ([], [], "")


def test_a_table_is_not_called_like_its_first_sheet() -> None:
    sheets = Extracted("# Feuille1\n\nNom\tPrix\n", media_type="application/vnd.oasis.opendocument.spreadsheet")
    assert title_of(sheets, document("/x/comptes.ods")) == "comme listé"
