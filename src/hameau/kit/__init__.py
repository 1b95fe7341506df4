"""The tool chest: errors, languages, identifiers, time, settings. Imports nothing of ours.

- :class:`HameauError` and its kinds: everything that can go wrong, with a message and a hint
- :func:`N_`, :func:`say`, :func:`explain`, :func:`choose_language`: texts in French and English
- :mod:`settings`: settings declared once, read from defaults, config.toml and the environment
- :func:`home_folder`: where a person's data live; :func:`locked`, :func:`try_lock`: between processes
- :func:`new_id`, :func:`now`, :func:`stamp`, :func:`monotonic_ms`
"""

from hameau.kit import settings
from hameau.kit.clock import monotonic_ms, now, stamp
from hameau.kit.errors import (
    BadInput,
    Busy,
    Cancelled,
    Conflict,
    Corrupt,
    HameauError,
    Missing,
    NotEnough,
    NotFound,
    Refused,
    Unavailable,
)
from hameau.kit.home import default_home, home_folder
from hameau.kit.ids import new_id
from hameau.kit.language import LANGUAGES, N_, explain, of_terminal, say, translations
from hameau.kit.language import choose as choose_language
from hameau.kit.locks import CAN_SHARE, locked, try_lock

__all__ = [
    "CAN_SHARE",
    "LANGUAGES",
    "N_",
    "BadInput",
    "Busy",
    "Cancelled",
    "Conflict",
    "Corrupt",
    "HameauError",
    "Missing",
    "NotEnough",
    "NotFound",
    "Refused",
    "Unavailable",
    "choose_language",
    "default_home",
    "explain",
    "home_folder",
    "locked",
    "monotonic_ms",
    "new_id",
    "now",
    "of_terminal",
    "say",
    "settings",
    "stamp",
    "translations",
    "try_lock",
]
