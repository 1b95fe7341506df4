"""Kinds of sources in a person's words: what each is called, what it does, and what it sends. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hameau.kit import N_


@dataclass(frozen=True, slots=True)
class KindWords:
    """How one kind of source is told. Texts are gettext ids; ``sent`` may hold ``{host}``."""

    name: str
    does: str
    sent: str = ""
    """What goes to the other side, apart from the request itself."""


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds that stand together on the page."""

    name: str
    title: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to add a source: what the form asks for. ``kind`` is empty where it is found out."""

    name: str
    title: str
    kind: str
    label: str
    example: str
    hint: str = ""


KINDS: Mapping[str, KindWords] = {
    "folder": KindWords(N_("Folder"), N_("Reads a place of this machine; the files stay as they are.")),
    "mail": KindWords(N_("Mails on this machine"), N_("Reads mails that lie on this machine; they stay as they are.")),
    "imap": KindWords(
        N_("Mailbox"),
        N_("Fetches the mails that are new there. None is marked as read, moved or deleted."),
        N_("To {host}: your name and your password there, and which mails are wanted."),
    ),
    "webdav": KindWords(
        N_("Files elsewhere"),
        N_("Fetches the files that are new or changed there. None is changed or deleted."),
        N_("To {host}: your name and your password there, and which files, events or contacts are wanted."),
    ),
    "caldav": KindWords(
        N_("Calendar"),
        N_("Fetches the events that are new or changed there. None is changed or deleted."),
        N_("To {host}: your name and your password there if it has any, and which events are wanted."),
    ),
    "carddav": KindWords(
        N_("Contacts"),
        N_("Fetches the contacts that are new or changed there. None is changed or deleted."),
        N_("To {host}: your name and your password there, and which contacts are wanted."),
    ),
    "feed": KindWords(
        N_("Feed"),
        N_("Asks from time to time whether there is anything new to read."),
        N_("To {host}: that somebody at your address reads this feed, and how recent the last answer was."),
    ),
    "zim": KindWords(N_("Encyclopedia"), N_("Is asked through its own index when you ask; its text is not copied.")),
    "browser": KindWords(
        N_("Browser"), N_("Reads the bookmarks that lie on this machine, and the history only if you chose so.")
    ),
}
UNKNOWN = KindWords(N_("Source"), N_("This Hameau does not know this kind of source."))

GROUPS = (
    Group("files", N_("Folders and files"), ("folder",)),
    Group("mail", N_("Mail"), ("imap", "mail")),
    Group("elsewhere", N_("Nextcloud and files elsewhere"), ("webdav",)),
    Group("days", N_("Calendars and contacts"), ("caldav", "carddav")),
    Group("feeds", N_("Feeds"), ("feed",)),
    Group("encyclopedias", N_("Encyclopedias"), ("zim",)),
    Group("browser", N_("Bookmarks"), ("browser",)),
)

ANY_WAY = Way(
    "",
    N_("Anything"),
    "",
    N_("A folder, a mail address, or the address of a feed, a calendar or a Nextcloud"),
    "/home/… · nom@exemple.fr · https://…",
)
WAYS = (
    Way("folder", N_("Folder"), "folder", N_("Which folder or file of this machine?"), "/home/…/Documents"),
    Way(
        "mail",
        N_("Mail"),
        "",
        N_("Your mail address, or a folder of mails on this machine"),
        "nom@exemple.fr",
        N_("A Thunderbird profile, a Maildir, an mbox file or a folder of saved mails is read where it is."),
    ),
    Way(
        "nextcloud",
        N_("Nextcloud"),
        "webdav",
        N_("The address of your Nextcloud, or of another WebDAV storage"),
        "https://cloud.exemple.fr",
        N_("You will log in there, in your browser; Hameau gets a password of its own that you can take back there."),
    ),
    Way(
        "calendar",
        N_("Calendar"),
        "caldav",
        N_("The address of the calendar, or of the server that has your calendars"),
        "https://cloud.exemple.fr",
    ),
    Way(
        "contacts",
        N_("Contacts"),
        "carddav",
        N_("The address of the server that has your contacts"),
        "https://cloud.exemple.fr",
    ),
    Way(
        "feed",
        N_("Feed"),
        "feed",
        N_("The address of the feed, or of the site"),
        "https://exemple.fr/feed.xml",
    ),
    Way(
        "encyclopedia",
        N_("Encyclopedia"),
        "zim",
        N_("Which archive? A file that ends in .zim"),
        "/home/…/wikipedia_fr_all.zim",
        N_("Encyclopedias as Kiwix has them are asked where they lie, and not copied."),
    ),
    Way(
        "web",
        N_("Web search"),
        "",
        N_("The address of a SearXNG, your own or one that you trust"),
        "https://searx.exemple.fr",
        N_("It is asked only when you say so with a question; what leaves is shown first."),
    ),
    Way("browser", N_("Bookmarks"), "browser", N_("Which browser’s folder?"), "/home/…/.mozilla/firefox/…"),
)


def of_kind(kind: str) -> KindWords:
    """The words of ``kind``."""
    return KINDS.get(kind, UNKNOWN)


def group_of(kind: str) -> str:
    """The name of the group that ``kind`` stands in."""
    return next((group.name for group in GROUPS if kind in group.kinds), "files")


def way_of(name: str) -> Way:
    """The way called ``name``; the one that finds out for itself when there is none."""
    return next((way for way in WAYS if way.name == name), ANY_WAY)
