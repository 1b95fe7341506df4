"""Where a person's data live. Known to whoever starts first, before any setting is read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hameau.kit.errors import Refused
from hameau.kit.language import N_


def default_home(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a person's data goes by the XDG Base Directory Specification; a relative path is ignored, as it asks."""
    base = Path(environment.get("XDG_DATA_HOME", ""))
    if base.is_absolute():
        return base / "hameau"
    try:
        return Path.home() / ".local" / "share" / "hameau"
    except RuntimeError as error:  # a user whom the system does not know, as in some containers
        raise _nowhere() from error


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The home folder that ``environment`` names (``HAMEAU_HOME``), else the default one. It need not exist yet.

    Raises :class:`Refused` when there is no such place.
    """
    named = environment.get("HAMEAU_HOME", "")
    try:
        return Path(named).expanduser().absolute() if named else default_home(environment)
    except (RuntimeError, OSError) as error:  # nobody's folder; or beside a folder that is gone
        raise _nowhere() from error


def _nowhere() -> Refused:
    return Refused(N_("There is no home folder here."), hint=N_("Choose a place with HAMEAU_HOME=/path/of/a/folder."))
