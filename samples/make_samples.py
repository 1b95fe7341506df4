"""Makes the sample documents that are no plain text: a Word file, an OpenDocument file and a PDF, with the standard library alone.

Their words stand below, so that a change shows in a review. The same words make the same bytes on every machine.

Usage: ``python samples/make_samples.py [FOLDER]``
"""

from __future__ import annotations

import io
import sys
import zipfile
from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "les-amis-du-moulin"

MINUTES = """# Compte rendu de l'assemblée générale du 14 mars 2026
L'assemblée générale ordinaire des Amis du Moulin de Brévanne s'est tenue le samedi 14 mars 2026 à 15 h, dans la salle du Fournil. Sur 82 adhérents, 47 étaient présents ou représentés ; le quorum étant atteint, l'assemblée a pu délibérer.
## Rapport moral
La présidente, Solène Kerbrat, a remercié les bénévoles : 1 260 heures de travail ont été données en 2025. Le moulin a reçu 1 932 visiteurs, soit 214 de plus que l'année précédente. Le rapport est adopté à l'unanimité.
## Rapport financier
Le trésorier, Bastien Morvan, a présenté les comptes de 2025. Le solde au 31 décembre 2025 est de 3 412,50 €. Les comptes sont approuvés par 45 voix et 2 abstentions.
## Réparation de la grande roue
Douze augets et un bras de la grande roue doivent être remplacés. Le devis du charpentier Yann Le Dantec s'élève à 12 600 €. Le département en paie la moitié. L'assemblée vote la réparation par 44 voix contre 3.
## Cotisation
La cotisation reste fixée à 18 € pour une personne seule et à 30 € pour une famille.
## Élections
Solène Kerbrat est réélue présidente. Bastien Morvan reste trésorier. Ghislaine Aubry est élue secrétaire, en remplacement de Paul Castaing, que l'assemblée remercie pour ses dix années de service. Maëlle Guivarc'h entre au conseil.
## Questions diverses
Un adhérent demande que le moulin ouvre aussi le vendredi en août. Le conseil répondra avant le mois de juin. La séance est levée à 17 h 40.
"""

WATER = """# Plan d'eau de secours du hameau de Brévanne
Ce plan dit quoi faire quand l'eau du réseau manque ou n'est plus potable. Il a été arrêté par la mairie et l'association le 21 janvier 2026.
## Qui décide
La responsable du plan est Maëlle Guivarc'h, au 06 39 98 55 21. En son absence, appelez la mairie au 02 61 91 42 00. Le plan est déclenché quand la coupure dépasse six heures, ou dès que la préfecture déclare l'eau impropre.
## Où trouver de l'eau
L'eau potable est distribuée sur le parvis de la chapelle, de 8 h à 10 h et de 17 h à 19 h. Chaque personne reçoit 5 litres par jour. Les malades, les nourrissons et leurs parents sont servis d'abord, à domicile s'il le faut.
La source des Fontenelles donne 900 litres par heure, même en été. Son eau n'est pas potable sans être bouillie pendant cinq minutes.
Une citerne souple de 10 000 litres se trouve derrière le Fournil ; elle sert aux toilettes, aux bêtes et au feu, jamais à la boisson.
## Fermer le réseau
La vanne générale du hameau est sous la plaque ronde, devant le numéro 12 de la rue Haute. La clé à carré est accrochée dans le local de la chaudière. On ferme en tournant de quatorze tours vers la droite.
## Après la coupure
Laissez couler l'eau froide pendant trois minutes avant de la boire. Videz les ballons d'eau chaude restés tièdes plus de deux jours.
"""

BOILER = [
    """# Notice de la chaudière Thermoval 24 B
La chaudière à fioul Thermoval 24 B chauffe le Fournil et la salle d'accueil. Elle a été posée le 6 octobre 2019. Cette notice est écrite pour les bénévoles ; le manuel complet est dans l'armoire du local.
## Mise en route
Ouvrez la vanne de fioul rouge. Vérifiez que la pression d'eau est comprise entre 1,2 et 1,8 bar ; la pression normale à froid est de 1,5 bar. Appuyez trois secondes sur le bouton vert. Le voyant devient fixe au bout de deux minutes.
## Réglages
La consigne est de 19 °C pendant les réunions et de 16 °C le reste du temps. En hiver, quand la salle est fermée, laissez le thermostat sur la position hors gel, à 7 °C.
""",
    """## Pannes et codes d'erreur
E2 : la flamme ne s'allume pas. Vérifiez le niveau de fioul, puis réarmez une seule fois.
E4 : il manque de l'eau dans le circuit. Ouvrez le robinet bleu jusqu'à 1,5 bar, puis réarmez.
E7 : la cheminée tire mal. Coupez la chaudière, aérez le local et appelez le chauffagiste. Ne réarmez pas.
E9 : la sonde extérieure est débranchée. La chaudière marche, mais règle mal la température.
En cas d'odeur de fioul ou de fumée, fermez la vanne rouge, sortez et appelez le 18.
""",
    """## Entretien
Le ramonage et le contrôle annuel se font avant le 15 octobre. Le contrat d'entretien est souscrit auprès de Chauffage Bellerive, au 02 61 91 42 17 ; son numéro est CB-2019-0417. Le gicleur se change tous les deux ans ; il l'a été le 3 octobre 2025.
La cuve contient 1 500 litres de fioul. Il faut commander quand il en reste 300 litres, soit au trait jaune de la jauge.
Le détecteur de monoxyde de carbone du local est testé le premier samedi de chaque mois.
""",
]

_WHEN = (2026, 1, 1, 0, 0, 0)


def archive(members: list[tuple[str, str]], *, stored_first: bool = False) -> bytes:
    """A ZIP file whose bytes depend on nothing but ``members``."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for index, (name, content) in enumerate(members):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            # Stored, not compressed: the bytes of a deflated stream differ from one zlib to the next.
            packed.writestr(entry, content.encode("utf-8"), zipfile.ZIP_STORED)
            assert not stored_first or index or name == "mimetype"
    return stream.getvalue()


def lines(text: str) -> list[tuple[int, str]]:
    """The paragraphs of ``text`` with their heading level, 0 for plain ones."""
    found = []
    for line in text.strip().splitlines():
        words = line.lstrip("#")
        found.append((len(line) - len(words), words.strip()))
    return found


def docx(text: str) -> bytes:
    """An Office Open XML text (ECMA-376, part 1) with heading styles."""
    paragraphs = "".join(
        "<w:p>"
        + (f'<w:pPr><w:pStyle w:val="Heading{level}"/></w:pPr>' if level else "")
        + f'<w:r><w:t xml:space="preserve">{escape(words, quote=False)}</w:t></w:r></w:p>'
        for level, words in lines(text)
    )
    word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}"><w:name w:val="heading {n}"/>'
        f'<w:pPr><w:outlineLvl w:val="{n - 1}"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>'
        for n in (1, 2)
    )
    office = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return archive(
        [
            (
                "[Content_Types].xml",
                f'{head}<Types xmlns="{packages}/content-types">'
                '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                '<Default Extension="xml" ContentType="application/xml"/>'
                f'<Override PartName="/word/document.xml" ContentType="{office}.document.main+xml"/>'
                f'<Override PartName="/word/styles.xml" ContentType="{office}.styles+xml"/></Types>',
            ),
            (
                "_rels/.rels",
                f'{head}<Relationships xmlns="{packages}/relationships">'
                f'<Relationship Id="rId1" Type="{relation}/officeDocument" Target="word/document.xml"/></Relationships>',
            ),
            (
                "word/_rels/document.xml.rels",
                f'{head}<Relationships xmlns="{packages}/relationships">'
                f'<Relationship Id="rId1" Type="{relation}/styles" Target="styles.xml"/></Relationships>',
            ),
            ("word/styles.xml", f"{head}<w:styles {word}>{styles}</w:styles>"),
            ("word/document.xml", f"{head}<w:document {word}><w:body>{paragraphs}</w:body></w:document>"),
        ]
    )


def odt(text: str) -> bytes:
    """An OpenDocument text (ISO/IEC 26300)."""
    body = "".join(
        f'<text:h text:outline-level="{level}">{escape(words, quote=False)}</text:h>'
        if level
        else f"<text:p>{escape(words, quote=False)}</text:p>"
        for level, words in lines(text)
    )
    spaces = "urn:oasis:names:tc:opendocument:xmlns"
    media = "application/vnd.oasis.opendocument.text"
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return archive(
        [
            ("mimetype", media),
            (
                "META-INF/manifest.xml",
                f'{head}<manifest:manifest xmlns:manifest="{spaces}:manifest:1.0" manifest:version="1.3">'
                f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{media}"/>'
                '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>',
            ),
            (
                "content.xml",
                f'{head}<office:document-content xmlns:office="{spaces}:office:1.0" xmlns:text="{spaces}:text:1.0" '
                f'office:version="1.3"><office:body><office:text>{body}</office:text></office:body></office:document-content>',
            ),
        ],
        stored_first=True,
    )


def pdf(pages: list[str], title: str) -> bytes:
    """A PDF 1.4 with one built-in font in WinAnsiEncoding (ISO 32000-1, annex D), one page for each text."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, text in enumerate(pages):
        stream = _page(text)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    objects.append(b"<< /Title (%s) >>" % _string(title))
    return _file(objects)


def _page(text: str) -> bytes:
    """The drawing of one page: headings larger, lines broken at 88 characters."""
    drawn, height = [b"BT"], 790
    for level, words in lines(text):
        size = {0: 11, 1: 18, 2: 14}[level]
        height -= 12 if level else 4
        for line in _broken(words, 88 if not level else 60):
            drawn.append(b"/F1 %d Tf 1 0 0 1 56 %d Tm (%s) Tj" % (size, height, _string(line)))
            height -= size + 4
    drawn.append(b"ET")
    return b"\n".join(drawn)


def _broken(words: str, width: int) -> list[str]:
    found = [""]
    for word in words.split(" "):
        if len(found[-1]) + len(word) >= width:
            found.append("")
        found[-1] = f"{found[-1]} {word}".strip()
    return found


def _string(text: str) -> bytes:
    return text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file(objects: list[bytes]) -> bytes:
    """Objects, cross-reference table and trailer; the last object is the information dictionary."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects))
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def made() -> dict[str, bytes]:
    """Every generated sample by its file name."""
    return {
        "compte-rendu-assemblee-generale-2026.docx": docx(MINUTES),
        "plan-eau-de-secours.odt": odt(WATER),
        "notice-chaudiere.pdf": pdf(BOILER, "Notice de la chaudière Thermoval 24 B"),
    }


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made().items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1:])
