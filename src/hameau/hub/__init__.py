"""The composition root: settings in, a working house out. The only room that names concrete adapters.

- :class:`Hub`: the parts, put together and built when they are first used: library, indexer, models, assistant, gate
- :class:`Settings`, :func:`read_settings`, :func:`change_settings`: what can be chosen
- :func:`checkup`, :class:`Check`: what ``hameau doctor`` looks at
- :class:`Presence`: one server a home
"""

from hameau.hub.checks import Check, checkup
from hameau.hub.hub import Hub
from hameau.hub.presence import Presence
from hameau.hub.settings import Settings, change_settings, read_settings

__all__ = ["Check", "Hub", "Presence", "Settings", "change_settings", "checkup", "read_settings"]
