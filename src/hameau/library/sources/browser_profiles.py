"""Where the browsers of this account keep their profiles. Reads names of folders, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FIREFOX = {
    "Firefox": (".mozilla/firefox", ".config/mozilla/firefox", "snap/firefox/common/.mozilla/firefox",
                ".var/app/org.mozilla.firefox/.mozilla/firefox", "Library/Application Support/Firefox/Profiles"),
    "LibreWolf": (".librewolf", ".var/app/io.gitlab.librewolf-community/.librewolf"),
    "Tor Browser": (".tor project/firefox",),
}  # fmt: skip
_CHROMIUM = {
    "Chromium": (".config/chromium", "snap/chromium/common/chromium", ".var/app/org.chromium.Chromium/config/chromium",
                 "Library/Application Support/Chromium"),
    "Google Chrome": (".config/google-chrome", ".var/app/com.google.Chrome/config/google-chrome",
                      "Library/Application Support/Google/Chrome"),
    "Brave": (".config/BraveSoftware/Brave-Browser", ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser"),
    "Vivaldi": (".config/vivaldi",),
    "Edge": (".config/microsoft-edge",),
}  # fmt: skip
_MOST = 200


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of a browser. ``title`` is what to call the source."""

    path: Path
    browser: str
    title: str


def profiles(home: Path | None = None) -> list[Profile]:
    """The profiles below ``home`` (this account's, when ``None``) that hold bookmarks or a history."""
    base = Path.home() if home is None else home
    found = [*_below(base, _FIREFOX, ("places.sqlite",)), *_below(base, _CHROMIUM, ("Bookmarks", "History"))]
    return sorted(found, key=lambda one: (one.browser, one.title))


def _below(base: Path, known: dict[str, tuple[str, ...]], marks: tuple[str, ...]) -> Iterator[Profile]:
    for browser, places in known.items():
        for place in places:
            try:
                folders = sorted(path for path in (base / place).iterdir() if path.is_dir())[:_MOST]
                held = [folder for folder in folders if any((folder / mark).is_file() for mark in marks)]
            except OSError:  # not there, or not ours to look into
                continue
            for folder in held:
                name = folder.name.partition(".")[2] or folder.name
                yield Profile(folder, browser, browser if len(held) == 1 else f"{browser} ({name})")
