"""A small process outside the perimeter that speaks to the desktop's keyring. Opens no document and no library."""

from __future__ import annotations

import json
import logging
import sys

try:
    import keyring

    HERE = True
except ImportError:  # the extra is not installed
    HERE = False

_SERVICE = "hameau"
_log = logging.getLogger(__name__)


def main() -> None:
    """Takes orders, one JSON object a line, until nobody gives any more."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(line))) + "\n")
        sys.stdout.flush()


def obey(order: dict[str, str]) -> dict[str, object]:
    """What the keyring says to ``order``."""
    if not HERE:
        return {"missing": True}
    try:
        if order["order"] == "get":
            return {"secret": keyring.get_password(_SERVICE, order["name"]), "done": True}
        if order["order"] == "set":
            keyring.set_password(_SERVICE, order["name"], order["secret"])
        elif keyring.get_password(_SERVICE, order["name"]) is not None:
            keyring.delete_password(_SERVICE, order["name"])
    except Exception as error:  # noqa: BLE001 - every backend has errors of its own
        _log.info("the keyring: %s", error)
        return {"error": str(error) or type(error).__name__}
    return {"done": True}


if __name__ == "__main__":
    main()
