"""The libraries that Hameau is made of, as the installation names them."""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata

_NAME = re.compile(r"^[A-Za-z0-9._-]+")


@cache
def needed() -> tuple[str, ...]:
    """The names of the packages that this Hameau needs here, without those of extras; empty when it was not installed."""
    try:
        wanted = metadata.requires("hameau") or []
    except metadata.PackageNotFoundError:
        return ()
    return tuple(found.group() for each in wanted if "extra ==" not in each and (found := _NAME.match(each)))


def there(name: str) -> bool:
    """Whether a package is installed."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
