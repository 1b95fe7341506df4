"""The real extractor on real files of every kind, made on the spot."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kreuzberg
import pytest
from PIL import Image

from fakes import papers
from hameau.kit import HameauError, Missing, Refused
from hameau.library.extraction import SandboxedExtractor
from hameau.library.extraction.reasons import SOME_BROKEN
from hameau.library.types import Extracted

SENTENCE = "L'assemblée générale s'est tenue à Saint-Étienne le 14 juillet 2025."
OTHER = "La cotisation annuelle reste fixée à douze euros."


@pytest.fixture(scope="module")
def extractor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxedExtractor]:
    made = SandboxedExtractor(workers=2, scratch=tmp_path_factory.mktemp("scratch"))
    yield made
    made.close()


@pytest.fixture
def read(extractor: SandboxedExtractor, tmp_path: Path):
    def extract(name: str, content: bytes) -> Extracted:
        path = tmp_path / name
        path.write_bytes(content)
        return extractor.extract(path)

    return extract


def partition(extracted: Extracted) -> None:
    """The pages are the whole text, in order."""
    assert extracted.pages[0].start == 0
    assert extracted.pages[-1].end == len(extracted.text)
    for before, after in zip(extracted.pages, extracted.pages[1:], strict=False):
        assert before.end == after.start


def test_word_with_its_heading(read) -> None:
    extracted = read("compte rendu.docx", papers.docx([SENTENCE, OTHER], heading="Compte rendu"))
    assert "# Compte rendu" in extracted.text
    assert SENTENCE in extracted.text and OTHER in extracted.text


def test_libreoffice_text(read) -> None:
    extracted = read("statuts.odt", papers.odt([SENTENCE, OTHER], heading="Statuts"))
    assert "# Statuts" in extracted.text
    assert SENTENCE in extracted.text and OTHER in extracted.text


def test_sheets_know_their_number(read) -> None:
    extracted = read(
        "budget.xlsx",
        papers.xlsx({"Recettes": [["Poste", "Montant"], ["Cotisations", "1 234,50 €"]], "Dépenses": [["Loyer"]]}),
    )
    assert "Cotisations\t1 234,50 €" in extracted.text
    assert [page.number for page in extracted.pages] == [1, 2]
    second = extracted.pages[1]
    assert "Loyer" in extracted.text[second.start : second.end]
    partition(extracted)


def test_libreoffice_sheet(read) -> None:
    assert "Cotisations\t12" in read("budget.ods", papers.ods([["Poste", "Montant"], ["Cotisations", "12"]])).text


@pytest.mark.parametrize("make, name", [(papers.pptx, "bilan.pptx"), (papers.odp, "bilan.odp")])
def test_slides_know_their_number(read, make, name: str) -> None:
    extracted = read(name, make([("Bilan moral", SENTENCE), ("Bilan financier", OTHER)]))
    assert "## Bilan financier" in extracted.text
    assert [page.number for page in extracted.pages] == [1, 2]
    first, second = (extracted.text[page.start : page.end] for page in extracted.pages)
    assert SENTENCE in first and OTHER in second
    partition(extracted)


def test_book(read) -> None:
    extracted = read("contes.epub", papers.epub("Contes du hameau", {"Le loup": SENTENCE, "La chèvre": OTHER}))
    assert extracted.title == "Contes du hameau"
    assert "# La chèvre" in extracted.text and OTHER in extracted.text


def test_chapters_without_heads_take_them_from_the_contents(read) -> None:
    extracted = read("contes.epub", papers.epub("Contes", {"Le loup": SENTENCE, "La chèvre": OTHER}, headed=False))
    assert f"# La chèvre\n\n{OTHER}" in extracted.text and extracted.text.count("La chèvre") == 1
    assert (extracted.authors, extracted.dated_at) == ("Jean Conteur", "1902-05-01T00:00:00.000Z")


def test_a_book_that_a_shop_locked_is_said_so(read) -> None:
    with zipfile.ZipFile(io.BytesIO(papers.epub("Contes", {"Le loup": SENTENCE}))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    fonts = b"<encryption><CipherReference URI='fonts/a.otf'/></encryption>"
    assert SENTENCE in read("a.epub", papers.packed({**parts, "META-INF/encryption.xml": fonts}, first="mimetype")).text
    with pytest.raises(Refused):
        read(
            "b.epub",
            papers.packed(
                {**parts, "META-INF/encryption.xml": fonts.replace(b"fonts/a.otf", b"c1.xhtml")}, first="mimetype"
            ),
        )


def test_the_notes_under_a_slide_stand_on_its_page(read) -> None:
    extracted = read(
        "bilan.pptx", papers.pptx([("Un", "texte"), ("Deux", "texte"), ("Trois", "")], {1: SENTENCE, 3: OTHER})
    )
    pages = [extracted.text[page.start : page.end] for page in extracted.pages]
    assert f"Notes : {SENTENCE}" in pages[0] and f"Notes : {OTHER}" in pages[2] and "Notes" not in pages[1]
    partition(extracted)


def test_who_wrote_a_document_and_when(read) -> None:
    extracted = read("lettre.docx", papers.docx([SENTENCE], author="Marie Roux", modified="2025-03-03T10:00:00Z"))
    assert (extracted.authors, extracted.dated_at) == ("Marie Roux", "2025-03-03T10:00:00.000Z")


def test_a_long_sheet_says_again_what_its_columns_are(read) -> None:
    rows = [["Poste", "Montant"], *([f"Poste numéro {number}", "12 €"] for number in range(100))]
    for name, data in (("b.xlsx", papers.xlsx({"Budget": rows})), ("b.ods", papers.ods(rows))):
        assert read(name, data).text.count("Poste\tMontant\n") > 2
    values = "\n".join(";".join(row) for row in rows)
    assert read("b.csv", values.encode()).text.count("Poste\tMontant\n") > 2


@pytest.mark.parametrize(
    "name, pack",
    [("a.zip", papers.packed), ("a.tar.gz", papers.tarred), ("a.7z", papers.sevenzip), ("sans nom", papers.packed)],
)
def test_documents_of_every_kind_in_an_archive(read, name: str, pack) -> None:
    inside = papers.packed({"note.txt": "Une note."})
    parts = {
        "lettre.docx": papers.docx([SENTENCE]),
        "plan.pdf": papers.pdf([[OTHER]]),
        "d.zip": inside,
        "x.mp3": b"ID3" + bytes(99),
    }
    extracted = read(name, pack({**parts, "mot.eml": papers.letter("À jeudi.", {"p.odt": papers.odt(["Le plan."])})}))
    for expected in (
        f"# lettre.docx\n\n{SENTENCE}",
        OTHER,
        "## note.txt\n\nUne note.",
        "À jeudi.",
        "Le plan.",
        "x.mp3 : ",
    ):
        assert expected in extracted.text
    assert extracted.warnings


def test_a_member_that_takes_too_long_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(papers.packed({"a.txt": SENTENCE, "b.html": b"<p>mot <b>mot</b>" * 1_700_000, "c.md": OTHER}))
    extractor = SandboxedExtractor(scratch=tmp_path / "scratch", seconds=2)
    extracted = extractor.extract(path)
    extractor.close()
    assert SENTENCE in extracted.text and OTHER in extracted.text
    assert "b.html : a interrompu la lecture" in extracted.text and SOME_BROKEN in extracted.warnings


@pytest.mark.needs_ocr
def test_a_photo_from_a_telephone_with_its_date(read) -> None:
    extracted = read("photo.heic", (Path(papers.__file__).parent / "photo.heic").read_bytes())
    assert "Bonjour le hameau" in extracted.text
    assert (extracted.dated_at, extracted.media_type) == ("2024-07-14T10:30:00.000Z", "image/heic")


@pytest.mark.needs_ocr
def test_only_the_pages_that_are_pictures_are_recognised(read, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.pdf"
    drawn.write_bytes(papers.pdf([["La réunion du conseil aura lieu jeudi soir."]]))
    picture = Image.open(io.BytesIO(kreuzberg.render_pdf_page(str(drawn), 0, dpi=150)))
    pages = io.BytesIO()
    picture.convert("L").save(pages, "PDF", resolution=150)
    assert "réunion du conseil" in read("scan.pdf", pages.getvalue()).text
    picture.rotate(90, expand=True).save(tmp_path / "a.jpg", exif=_turned())
    assert "réunion du conseil" in read("a.jpg", (tmp_path / "a.jpg").read_bytes()).text


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    return exif


def test_a_thread_that_ends_takes_no_reader_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(papers.docx([SENTENCE]))
    extractor = SandboxedExtractor(workers=2, scratch=tmp_path / "scratch")
    for _ in range(2):
        with ThreadPoolExecutor(2) as threads:
            assert all(SENTENCE in found.text for found in threads.map(extractor.extract, [path, path]))
        assert extractor._all
    jobs = round(10 * sum(worker.wear for worker in extractor._all))  # a small file wears a tenth
    extractor.close()
    assert jobs == 4


def test_pdf_pages_stand_where_they_stand(read) -> None:
    extracted = read("notice.pdf", papers.pdf([["Première page.", SENTENCE], ["Deuxième page.", OTHER]]))
    assert [page.number for page in extracted.pages] == [1, 2]
    first, second = (extracted.text[page.start : page.end] for page in extracted.pages)
    assert "Première page." in first and SENTENCE in first
    assert "Deuxième page." in second and OTHER in second
    partition(extracted)


@pytest.mark.needs_ocr
def test_picture_and_scan_are_recognised(read, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.pdf"
    drawn.write_bytes(papers.pdf([["La réunion du conseil aura lieu jeudi soir."]]))
    picture = kreuzberg.render_pdf_page(str(drawn), 0, dpi=200)
    assert "réunion du conseil" in read("photo.png", picture).text


def test_scan_without_recognition_says_what_to_install(tmp_path: Path) -> None:
    without = SandboxedExtractor(scratch=tmp_path / "scratch", environ={"TESSDATA_PREFIX": "/nowhere"})
    without._languages = ()  # as on a machine where Tesseract is not installed
    path = tmp_path / "photo.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n rest")
    with pytest.raises(Missing) as caught:
        without.extract(path)
    assert "tesseract-ocr-fra" in caught.value.hint
    assert len(without.notices()) == 1
    without.close()


def test_mail(read) -> None:
    raw = (
        "From: =?utf-8?q?Am=C3=A9lie?= <amelie@example.org>\r\nTo: bureau@example.org\r\nSubject: =?iso-8859-1?q?R=E9union?=\r\n"
        "Date: Mon, 3 Mar 2025 10:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nÀ jeudi, à la mairie.\r\n"
        '--b\r\nContent-Type: application/pdf; name="ordre du jour.pdf"\r\nContent-Disposition: attachment; '
        'filename="ordre du jour.pdf"\r\n\r\nx\r\n--b--\r\n'
    )
    extracted = read("message.eml", raw.encode("latin-1"))
    assert extracted.title == "Réunion"
    for expected in ("Amélie <amelie@example.org>", "3 Mar 2025", "À jeudi, à la mairie.", "ordre du jour.pdf"):
        assert expected in extracted.text


def test_page_of_the_web_without_its_scripts(read) -> None:
    page = "<html><head><title>La mairie</title><style>p{}</style></head><body><script>alert(1)</script><h2>Horaires</h2><p>Le mardi.</p>"
    extracted = read("mairie.html", page.encode())
    assert extracted.title == "La mairie"
    assert extracted.text == "## Horaires\n\nLe mardi.\n\n"


@pytest.mark.parametrize(
    "name, content",
    [
        ("coupé.docx", papers.docx([SENTENCE])[:300]),
        ("coupé.pdf", papers.pdf([[SENTENCE]])[:200]),
        ("faux.odt", b"pas une archive"),
        ("vide.pdf", b""),
        ("archive.rar", b"Rar!\x1a\x07\x01\x00" + bytes(200)),
        ("vide.zip", papers.packed({})),
        ("chanson.mp3", b"ID3\x04" + bytes(200)),
        ("programme", b"\x7fELF\x02\x01\x01" + bytes(200)),
    ],
)
def test_what_cannot_be_read_says_why_and_the_next_file_works(read, name: str, content: bytes) -> None:
    with pytest.raises(HameauError) as caught:
        read(name, content)
    assert caught.value.message and caught.value.hint
    assert SENTENCE in read("suivant.docx", papers.docx([SENTENCE])).text


def test_a_name_that_lies_is_overruled_by_the_bytes(read) -> None:
    assert SENTENCE in read("en fait un docx.pdf", papers.docx([SENTENCE])).text


def test_nothing_is_left_in_the_scratch_folder(tmp_path: Path) -> None:
    extractor = SandboxedExtractor(scratch=tmp_path / "scratch")
    path = tmp_path / "a.docx"
    path.write_bytes(papers.docx([SENTENCE]))
    extractor.extract(path)
    extractor.close()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_text_that_can_only_be_too_long_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "endless.txt"
    path.write_bytes(b"Encore une ligne.\n" * 500_000)
    extractor = SandboxedExtractor(max_characters=1000)
    tracemalloc.start()
    try:
        with pytest.raises(HameauError):
            extractor.extract(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        extractor.close()
    assert peak < 1 << 20
