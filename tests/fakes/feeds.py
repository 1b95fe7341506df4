"""Small feeds and pages, as a village would write them."""

from __future__ import annotations

_NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)


def entry(
    title: str,
    name: str,
    *,
    link: str = "",
    date: str = "Sun, 01 Feb 2026 10:00:00 +0100",
    author: str = "",
    text: str = "&lt;p&gt;Samedi, le four du village est allumé.&lt;/p&gt;",
    more: str = "",
) -> str:
    """An item of RSS."""
    who = f"<dc:creator>{author}</dc:creator>" if author else ""
    when = f"<pubDate>{date}</pubDate>" if date else ""
    where = link or f"https://moulin.example/{name}"
    return (
        f'<item><title>{title}</title><link>{where}</link><guid isPermaLink="false">urn:moulin:{name}</guid>'
        f"{when}{who}<description>{text}</description>{more}</item>"
    )


def rss(*entries: str, title: str = "Le Moulin", more: str = "") -> str:
    """A feed in RSS 2.0."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {_NAMESPACES}><channel><title>{title}</title>'
        f"<link>https://moulin.example/</link>{more}{''.join(entries)}</channel></rss>"
    )


def atom(*entries: str, title: str = "Le Moulin") -> str:
    """A feed in Atom, with entries written as items of RSS."""
    written = "".join(
        one.replace("item>", "entry>").replace('<guid isPermaLink="false">', "<id>").replace("</guid>", "</id>")
        .replace("description>", "summary>")
        for one in entries
    )  # fmt: skip
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>{title}</title>{written}</feed>'


def page(head: str, body: str = "<p>Bienvenue.</p>") -> str:
    """A page of the web."""
    return f"<!DOCTYPE html>\n<html lang='fr'><head><title>Le Moulin</title>{head}</head><body>{body}</body></html>"
