"""Documents made on the spot, byte by byte, so that no test needs a file from elsewhere.

Each maker returns the bytes of a small, correct file; the office formats hold no more than their standards ask for.
"""

from __future__ import annotations

import email.message
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
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


def _core(author: str, modified: str) -> str:
    """Who made an office file and when (ECMA-376, part 2, 8.3)."""
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:dcterms="http://purl.org/dc/terms/"><dc:creator>{escape(author)}</dc:creator>'
        f"<dcterms:modified>{modified}</dcterms:modified></cp:coreProperties>"
    )


def docx(paragraphs: Sequence[str], heading: str = "", author: str = "", modified: str = "") -> bytes:
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
            **({"docProps/core.xml": _core(author, modified)} if author or modified else {}),
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


def pptx(slides: Sequence[tuple[str, str]], notes: Mapping[int, str] | None = None) -> bytes:
    """A presentation of titles and texts, with notes under the slides of those numbers (ECMA-376)."""
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
        if words := (notes or {}).get(number):
            parts[f"ppt/notesSlides/notesSlide{number}.xml"] = (
                f'<p:notes xmlns:p="{p}" xmlns:a="{a}"><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph type="body" idx="1"/></p:nvPr>'
                f"</p:nvSpPr><p:txBody><a:p><a:r><a:t>{escape(words)}</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:notes>"
            )
            types[f"/ppt/notesSlides/notesSlide{number}.xml"] = f"{main}.notesSlide+xml"
            parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = _relations(
                [("notesSlide", f"../notesSlides/notesSlide{number}.xml")]
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


def epub(title: str, chapters: Mapping[str, str], *, headed: bool = True) -> bytes:
    """A book (EPUB 3) with one file a chapter; where the chapters have no heads of their own the contents name them."""
    parts: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
    }
    manifest = spine = links = ""
    for number, (heading, text) in enumerate(chapters.items(), 1):
        parts[f"c{number}.xhtml"] = (
            f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{escape(heading)}</title></head>'
            f"<body>{f'<h1>{escape(heading)}</h1>' if headed else ''}<p>{escape(text)}</p></body></html>"
        )
        links += f'<li><a href="c{number}.xhtml">{escape(heading)}</a></li>'
        manifest += f'<item id="c{number}" href="c{number}.xhtml" media-type="application/xhtml+xml"/>'
        spine += f'<itemref idref="c{number}"/>'
    parts["nav.xhtml"] = f'<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol>{links}</ol></nav></body></html>'
    manifest += '<item id="nav" properties="nav" href="nav.xhtml" media-type="application/xhtml+xml"/>'
    parts["book.opf"] = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="i">x</dc:identifier><dc:title>{escape(title)}</dc:title>'
        "<dc:creator>Jean Conteur</dc:creator><dc:date>1902-05-01</dc:date>"
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


def tarred(parts: Mapping[str, str | bytes], packer: str = "gz") -> bytes:
    """A tar of ``parts``, packed by ``gz``, ``bz2``, ``xz`` or, with "", not at all."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{packer}") as archive:  # type: ignore[call-overload]
        for name, content in parts.items():
            raw = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return buffer.getvalue()


def sevenzip(parts: Mapping[str, str | bytes], method: str = "lzma2", *, packed_header: bool = False) -> bytes:
    """A 7z of ``parts``, all in one folder, packed by ``lzma2`` or ``copy``, its header too or plain (7zFormat.txt)."""
    raw = [content.encode() if isinstance(content, str) else content for content in parts.values()]
    packed, coder = _seven_packed(b"".join(raw), method)
    names = b"".join(name.encode("utf-16-le") + b"\0\0" for name in parts)
    sizes = b"".join(map(_seven_number, map(len, raw[:-1])))
    streams = _seven_streams(0, len(packed), coder, len(b"".join(raw)))
    streams += b"\x08\x0d" + _seven_number(len(raw)) + (b"\x09" + sizes if sizes else b"") + b"\x00\x00"
    files = b"\x05" + _seven_number(len(raw)) + b"\x11" + _seven_number(len(names) + 1) + b"\x00" + names + b"\x00"
    header = b"\x01\x04" + streams + files + b"\x00"
    if packed_header:
        small, coder = _seven_packed(header, "lzma2")
        header, packed = b"\x17" + _seven_streams(len(packed), len(small), coder, len(header)) + b"\x00", packed + small
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + packed + header


def _seven_packed(data: bytes, method: str) -> tuple[bytes, bytes]:
    """Packed bytes, and how a header names the way."""
    if method != "lzma2":
        return data, b"\x01\x00"
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16, "preset": 6}]
    return lzma.compress(data, lzma.FORMAT_RAW, filters=filters), b"\x21\x21\x01\x08"  # 2 to the power of 16


def _seven_streams(start: int, packed: int, coder: bytes, size: int) -> bytes:
    return (
        b"\x06" + _seven_number(start) + b"\x01\x09" + _seven_number(packed) + b"\x00"
        b"\x07\x0b\x01\x00\x01" + coder + b"\x0c" + _seven_number(size) + b"\x00"
    )


def _seven_number(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else b"\xff" + value.to_bytes(8, "little")


def letter(
    text: str,
    attached: Mapping[str, bytes] | None = None,
    subject: str = "Réunion",
    *,
    message_id: str = "",
    references: str = "",
) -> bytes:
    """A mail (RFC 5322, MIME), from Amélie to the office."""
    message = email.message.EmailMessage()
    message["From"], message["To"] = "Amélie Roux <amelie@example.org>", "bureau@example.org"
    message["Subject"], message["Date"] = subject, "Mon, 3 Mar 2025 10:00:00 +0100"
    for field, value in (("Message-ID", message_id), ("References", references)):
        if value:
            message[field] = value
    message.set_content(text)
    for name, content in (attached or {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def mailbox(texts: Sequence[str]) -> bytes:
    """An mbox (RFC 4155) of letters."""
    return b"".join(b"From amelie@example.org Mon Mar  3 10:00:00 2025\n" + letter(text) + b"\n" for text in texts)
