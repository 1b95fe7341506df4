"""Hostile pages of the web, and mail."""

from __future__ import annotations

from integration.library.attackers.corpus import WORDS, Target, attack


@attack("page.html", leads=True, reads=True)
def _(target: Target) -> bytes:
    web, secret = target.web, target.secret
    return f"""<!doctype html><html manifest="{web}/m"><head><base href="{web}/base/"><meta http-equiv="refresh" content="0;url={web}/refresh">
<link rel="stylesheet" href="{web}/s.css"><link rel="prefetch" href="{web}/pre"><link rel="dns-prefetch" href="//tracker.invalid">
<link rel="icon" href="{web}/icon"><style>@import url({web}/i.css); @font-face {{ src: url({web}/f.woff) }} p {{ background: url({web}/b.png) }}</style>
<script src="{web}/s.js"></script><script>fetch("{web}/fetch")</script></head><body background="{web}/bg.png" onload="fetch('{web}/on')">
<p>{WORDS}</p><img src="{web}/pixel.png" srcset="{web}/2x.png 2x"><iframe src="{web}/frame"></iframe><iframe src="file://{secret}"></iframe>
<object data="{web}/object"></object><embed src="{web}/embed"><video src="{web}/v" poster="{web}/p"></video><audio src="{web}/a"></audio>
<a href="javascript:fetch('{web}/js')" ping="{web}/ping">x</a><form action="{web}/form"><input type="image" src="{web}/input"></form>
<svg><image href="{web}/svg"/></svg><math href="{web}/math"></math></body></html>""".encode()


@attack("deep.html")
def _(target: Target) -> bytes:
    return b"<html>" + b"<div><table><tr><td><b>" * 100_000 + WORDS.encode()


@attack("attributes.html")
def _(target: Target) -> bytes:
    return b"<html><p " + b"a=b " * 300_000 + b">" + WORDS.encode()


@attack("unclosed.html")
def _(target: Target) -> bytes:
    return b"<html>" + b"<![CDATA[ <!-- <a <" * 20_000


@attack("charset.html")
def _(target: Target) -> bytes:
    return b'<html><meta charset="punycode"><p>' + b"a" * 200_000 + b"-" + b"zz" * 20_000


@attack("mail.eml", leads=True, reads=True)
def _(target: Target) -> bytes:
    body = f'<p>{WORDS}</p><img src="{target.web}/pixel.gif" width=1><link rel=stylesheet href="{target.web}/c.css"><style>@import "{target.web}/i.css"</style>'
    return (
        f"From: a@b.invalid\r\nSubject: Relance\r\nDisposition-Notification-To: <{target.web}/receipt>\r\nList-Unsubscribe: <{target.web}/list>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/html\r\n\r\n{body}\r\n"
        f'--b\r\nContent-Type: message/external-body; access-type=URL; URL="{target.web}/body"\r\n\r\nContent-Type: text/plain\r\n\r\n\r\n'
        f'--b\r\nContent-Type: message/external-body; access-type=local-file; name="file://{target.secret}"\r\n\r\nContent-Type: text/plain\r\n\r\n\r\n'
        "--b--\r\n"
    ).encode()


@attack("attachments.eml", reads=True)
def _(target: Target) -> bytes:
    names = (
        "../../../evil.sh",
        f"{target.outside}/evil.sh",
        "a\x1b[2Jb.pdf",
        "exe.\u202efdp.pdf",
        "CON",
        "a\r\n b.txt",
        "x" * 5000,
    )
    parts = "".join(f'--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\nevil\r\n' for name in names)  # fmt: skip
    return f"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{WORDS}\r\n{parts}--b--\r\n".encode()


@attack("deep.eml")
def _(target: Target) -> bytes:
    head = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(3000))
    return ("Subject: x\r\n" + head + "\r\nfin").encode()


@attack("headers.eml")
def _(target: Target) -> bytes:
    return (
        b"Subject: "
        + b"=?utf-8?q?=C3=A9?= " * 100_000
        + b"\r\n"
        + b"X: y\r\n" * 100_000
        + b"Received: "
        + b"(" * 200_000
        + b"\r\n\r\nx"
    )


@attack("forwarded.eml")
def _(target: Target) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * 5000 + b"Subject: x\r\n\r\nx"
