"""Where a person's data live. Known to whoever starts first, before any setting is read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def default_home(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a person's data goes by the XDG Base Directory Specification; a relative path is ignored, as it asks."""
    base = Path(environment.get("XDG_DATA_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".local" / "share") / "hameau"


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The home folder that ``environment`` names (``HAMEAU_HOME``), else the default one. It need not exist yet."""
    named = environment.get("HAMEAU_HOME", "")
    return Path(named).expanduser().absolute() if named else default_home(environment)
