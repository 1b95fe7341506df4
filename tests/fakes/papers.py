"""Documents made on the spot, byte by byte, so that no test needs a file from elsewhere.

Each maker returns the bytes of a small, correct file; the office formats hold no more than their standards ask for.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def packed(parts: Mapping[str, str | bytes], *, first: str = "") -> bytes:
    """A ZIP of ``parts``; the one called ``first`` is stored in front, uncompressed, as ODF and EPUB ask."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if first:
            archive.writestr(zipfile.ZipInfo(first), parts[first])
        for name, content in parts.items():
            if name != first:
                archive.writestr(name, content)
    return buffer.getvalue()


def docx(paragraphs: Sequence[str], heading: str = "") -> bytes:
    """A Word document (ECMA-376)."""
    body = (
        f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{escape(heading)}</w:t></w:r></w:p>'
        if heading
        else ""
    )
    body += "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>' for text in paragraphs)
    styles = (
        f'<w:styles {_W}><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/>'
        '<w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>'
    )
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    return packed(
        {
            "[Content_Types].xml": _types(
                {"/word/document.xml": f"{main}.document.main+xml", "/word/styles.xml": f"{main}.styles+xml"}
            ),
            "_rels/.rels": _relations({"officeDocument": "word/document.xml"}),
            "word/_rels/document.xml.rels": _relations({"styles": "styles.xml"}),
            "word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>",
            "word/styles.xml": styles,
        }
    )


def xlsx(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """A workbook with inline strings (ECMA-376)."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = {"/xl/workbook.xml": f"{main}.sheet.main+xml"}
    parts: dict[str, str | bytes] = {"_rels/.rels": _relations({"officeDocument": "xl/workbook.xml"})}
    listed, targets = "", []
    for number, (name, rows) in enumerate(sheets.items(), 1):
        lines = ""
        for at, row in enumerate(rows, 1):
            cells = "".join(
                f'<c r="{chr(65 + column)}{at}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
                for column, text in enumerate(row)
            )
            lines += f'<row r="{at}">{cells}</row>'
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{space}"><sheetData>{lines}</sheetData></worksheet>'
        )
        types[f"/xl/worksheets/sheet{number}.xml"] = f"{main}.worksheet+xml"
        listed += f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        targets.append(("worksheet", f"worksheets/sheet{number}.xml"))
    parts["xl/_rels/workbook.xml.rels"] = _relations(targets)
    parts["xl/workbook.xml"] = f'<workbook xmlns="{space}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>'
    parts["[Content_Types].xml"] = _types(types)
    return packed(parts)


def pptx(slides: Sequence[tuple[str, str]]) -> bytes:
    """A presentation of titles and texts (ECMA-376)."""
    p, a = (
        "http://schemas.openxmlformats.org/presentationml/2006/main",
        "http://schemas.openxmlformats.org/drawingml/2006/main",
    )
    main = "application/vnd.openxmlformats-officedocument.presentationml"
    types = {"/ppt/presentation.xml": f"{main}.presentation.main+xml"}
    parts: dict[str, str | bytes] = {"_rels/.rels": _relations({"officeDocument": "ppt/presentation.xml"})}
    targets, listed = [], ""
    for number, (title, text) in enumerate(slides, 1):
        shapes = "".join(
            f'<p:sp><p:nvSpPr><p:cNvPr id="{2 + at}" name="s{at}"/><p:cNvSpPr/><p:nvPr>{holder}</p:nvPr></p:nvSpPr><p:spPr/>'
            f"<p:txBody><a:bodyPr/><a:p><a:r><a:t>{escape(words)}</a:t></a:r></a:p></p:txBody></p:sp>"
            for at, (holder, words) in enumerate((('<p:ph type="title"/>', title), ('<p:ph idx="1"/>', text)))
        )
        parts[f"ppt/slides/slide{number}.xml"] = (
            f'<p:sld xmlns:p="{p}" xmlns:a="{a}"><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/>'
            f"</p:nvGrpSpPr><p:grpSpPr/>{shapes}</p:spTree></p:cSld></p:sld>"
        )
        types[f"/ppt/slides/slide{number}.xml"] = f"{main}.slide+xml"
        targets.append(("slide", f"slides/slide{number}.xml"))
        listed += f'<p:sldId id="{255 + number}" r:id="rId{number}"/>'
    parts["ppt/_rels/presentation.xml.rels"] = _relations(targets)
    parts["ppt/presentation.xml"] = (
        f'<p:presentation xmlns:p="{p}" xmlns:r="{_RELATIONS}"><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>'
    )
    parts["[Content_Types].xml"] = _types(types)
    return packed(parts)


_ODF = " ".join(
    f'xmlns:{name}="{address}"'
    for name, address in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
        "presentation": "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0",
    }.items()
)


def opendocument(kind: str, body: str) -> bytes:
    """An OpenDocument file of ``kind`` (``text``, ``spreadsheet``, ``presentation``) around the inside of its body."""
    media_type = f"application/vnd.oasis.opendocument.{kind}"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{media_type}"/></manifest:manifest>'
    )
    content = f"<office:document-content {_ODF}><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    return packed({"mimetype": media_type, "content.xml": content, "META-INF/manifest.xml": manifest}, first="mimetype")


def odt(paragraphs: Sequence[str], heading: str = "") -> bytes:
    """A LibreOffice text."""
    title = f'<text:h text:outline-level="1">{escape(heading)}</text:h>' if heading else ""
    return opendocument("text", title + "".join(f"<text:p>{escape(text)}</text:p>" for text in paragraphs))


def ods(rows: Sequence[Sequence[str]]) -> bytes:
    """A LibreOffice spreadsheet of one sheet."""
    lines = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    return opendocument("spreadsheet", f'<table:table table:name="Feuille1">{lines}</table:table>')


def odp(slides: Sequence[tuple[str, str]]) -> bytes:
    """A LibreOffice presentation of titles and texts."""
    return opendocument(
        "presentation",
        "".join(
            f'<draw:page draw:name="p{number}"><draw:frame presentation:class="title"><draw:text-box><text:p>{escape(title)}</text:p>'
            f"</draw:text-box></draw:frame><draw:frame><draw:text-box><text:p>{escape(text)}</text:p></draw:text-box></draw:frame></draw:page>"
            for number, (title, text) in enumerate(slides, 1)
        ),
    )


def epub(title: str, chapters: Mapping[str, str]) -> bytes:
    """A book (EPUB 3) with one file a chapter."""
    parts: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
    }
    manifest = spine = ""
    for number, (heading, text) in enumerate(chapters.items(), 1):
        parts[f"c{number}.xhtml"] = (
            f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{escape(heading)}</title></head>'
            f"<body><h1>{escape(heading)}</h1><p>{escape(text)}</p></body></html>"
        )
        manifest += f'<item id="c{number}" href="c{number}.xhtml" media-type="application/xhtml+xml"/>'
        spine += f'<itemref idref="c{number}"/>'
    parts["book.opf"] = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="i">x</dc:identifier><dc:title>{escape(title)}</dc:title>'
        f"<dc:language>fr</dc:language></metadata><manifest>{manifest}</manifest><spine>{spine}</spine></package>"
    )
    return packed(parts, first="mimetype")


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF 1.4 with one line of Helvetica under the other; an empty page stays empty."""
    streams = []
    for lines in pages:
        drawn = b"BT /F1 14 Tf 60 780 Td 18 TL "
        for line in lines:
            text = line.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
            drawn += b"(" + text + b") Tj T* "
        streams.append((drawn + b"ET", b"/Font << /F1 3 0 R >>"))
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    return _pdf(streams, [font])


def scanned_pdf(png: bytes) -> bytes:
    """A PDF whose one page is the picture ``png`` (8 bits, not interlaced) and no text."""
    width, height, _, colour = struct.unpack(">IIBB", png[16:26])
    colours = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    data, at = b"", 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        if name == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    if colours in (2, 4):
        raise ValueError("a picture without transparency, please")
    space = b"/DeviceGray" if colours == 1 else b"/DeviceRGB"
    image = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %s /BitsPerComponent 8 /Filter /FlateDecode "
        b"/DecodeParms << /Predictor 15 /Colors %d /BitsPerComponent 8 /Columns %d >> /Length %d >>\nstream\n%s\nendstream"
        % (width, height, space, colours, width, len(data), data)
    )
    return _pdf([(b"q 595 0 0 842 0 0 cm /I Do Q", b"/XObject << /I 3 0 R >>")], [image])


def _pdf(pages: Sequence[tuple[bytes, bytes]], shared: Sequence[bytes]) -> bytes:
    """Objects 1 catalogue, 2 page tree, 3… ``shared``, then a page and its stream for each of ``pages``."""
    first = 3 + len(shared)
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        *shared,
    ]
    for number, (stream, resources) in enumerate(pages):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << %s >> /Contents %d 0 R >>"
            % (resources, first + 2 * number + 1)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def _types(parts: Mapping[str, str]) -> str:
    overrides = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items())
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(targets: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    pairs = targets.items() if isinstance(targets, Mapping) else targets
    inside = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(pairs, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'
