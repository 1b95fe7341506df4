"""`hameau serve`: how long until the first page, how much memory before a model is loaded, how heavy the first page is.

    python bench/serving.py [--runs N]

Each run starts the real process on the same home. Memory is the proportional set size of the server and its workers.
"""

from __future__ import annotations

import argparse
import re
import time

from common import Server, home, median


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    starts: list[float] = []
    memories: list[float] = []
    page = ""
    with home() as folder:
        for _ in range(runs + 1):  # the first one makes the home and warms the disk: not counted
            began = time.perf_counter()
            server = Server(folder)
            try:
                page = server.get("/").decode()
                starts.append(time.perf_counter() - began)
                time.sleep(1.0)
                memories.append(sum(process.memory_full_info().pss for process in server.tree) / 2**20)
                weight, requests = weigh(server, page)
            finally:
                server.stop()
    print(f"first page after {median(starts[1:]):.2f} s (median of {runs})")
    print(f"memory before a model is loaded {median(memories[1:]):.0f} MB")
    print(f"first page: {requests} requests, {weight / 1000:.0f} kB as files, before compression")


def weigh(server: Server, page: str) -> tuple[int, int]:
    """The page and all that it names: bytes and requests, modules' own imports included."""
    seen: dict[str, int] = {"/": len(page.encode())}
    queue = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        body = server.get(name)
        seen[name] = len(body)
        if name.split("?")[0].endswith(".js"):
            base = name.rsplit("/", 1)[0]
            imported = re.findall(r'from\s*"([^"]+)"', body.decode())
            queue += [name if name.startswith("/") else f"{base}/{name.removeprefix('./')}" for name in imported]
    return sum(seen.values()), len(seen)


if __name__ == "__main__":
    main()
