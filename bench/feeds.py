"""A thousand feeds: taken over from an OPML file, read for the first time, and looked at again when nothing is new.

They are served by a real nginx, each under a host of its own (and so under a Connection of its own). What nginx wrote into its
log says whether it was really asked, and what it answered. Run: ``python bench/feeds.py [FEEDS] [ARTICLES]`` (1,000 and 20).
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from common import home, machine

from fakes.feeds import entry, rss
from hameau.hub import Hub, read_settings
from hameau.library.jobs import RESCAN
from servers.nginx import Nginx, nginx

WORDS = "le moulin la roue four pain village fête rivière chêne école conseil budget jardin pluie marché livre route pont".split()


def main(feeds: int, articles: int) -> None:
    """Prints one figure a line."""
    print(machine())
    with home() as folder, nginx() as server:
        listed = written(server, feeds, articles)
        hub = Hub(read_settings({"home": str(folder / "home")}))
        try:
            began = time.monotonic()
            wanted = hub.feeds.propose(listed, near=True)
            tell(f"{len(wanted.proposals)} proposals out of an OPML file, s", time.monotonic() - began)
            began = time.monotonic()
            hub.feeds.connect(wanted)
            tell(f"{len(hub.perimeter.policy().connections)} Connections and sources kept, s", time.monotonic() - began)
            tell("first reading, s", timed(hub))
            tell("… articles", hub.library.status().documents)
            for number in (1, 2):
                server.forget()
                ask_again(hub)
                tell(f"nothing new, look {number}, s", timed(hub))
                tell("… answers of nginx by status", str(server.statuses()))
            server.forget()
            server.write(f"feeds/{feeds // 2}.rss", feed(random.Random(1), feeds // 2, articles + 1), age=0)
            ask_again(hub)
            tell("one article more in one feed, s", timed(hub))
            tell("… answers of nginx by status", str(server.statuses()))
            pages = [reading(hub) for _ in range(20)]
            tell("a page of the planet, ms", statistics.median(pages) * 1000)
            began = time.monotonic()
            hub.planet.feeds()
            tell("the list of feeds, ms", (time.monotonic() - began) * 1000)
        finally:
            hub.close()


def written(server: Nginx, feeds: int, articles: int) -> bytes:
    """The feeds on nginx's disk; their OPML."""
    dice = random.Random(7)
    lines = ["<opml version='2.0'><head><title>Mille flux</title></head><body>"]
    for number in range(feeds):
        server.write(f"feeds/{number}.rss", feed(dice, number, articles))
        where = f"http://flux{number}.localhost:{server.port}/feeds/{number}.rss"
        lines.append(f"<outline text='Flux {number}' xmlUrl='{where}'/>")
    return "".join([*lines, "</body></opml>"]).encode()


def feed(dice: random.Random, number: int, articles: int) -> str:
    """A feed with articles of a few paragraphs."""
    made = []
    for place in range(articles):
        text = "".join(f"&lt;p&gt;{' '.join(dice.choices(WORDS, k=60))}.&lt;/p&gt;" for _ in range(3))
        date = f"{1 + place % 28:02} Jan 2026 10:00:00 +0100"
        made.append(entry(" ".join(dice.choices(WORDS, k=6)), f"{number}-{place}", date=date, text=text))
    return rss(*made, title=f"Flux {number}")


def ask_again(hub: Hub) -> None:
    """What a look that is due asks for."""
    for source_id in hub.library.source_ids():
        hub.library.jobs.ask(RESCAN, source_id)


def timed(hub: Hub) -> float:
    """Seconds until nothing is left to do."""
    began = time.monotonic()
    hub.indexer.run_until_idle(vectors=False)
    return time.monotonic() - began


def reading(hub: Hub) -> float:
    """Seconds that a page of the planet takes."""
    began = time.monotonic()
    page = hub.planet.news()
    assert page.news
    return time.monotonic() - began


def tell(what: str, figure: float | str) -> None:
    """One line."""
    print(f"{what}: {figure if isinstance(figure, str) else round(figure, 3)}", flush=True)


if __name__ == "__main__":
    main(*(int(one) for one in [*sys.argv[1:], *("1000", "20")[len(sys.argv) - 1 :]]))
