"""The cellar: one SQLite file that holds everything, and the few words needed to talk to it.

- :class:`Database`: the file, opened, checked and brought up to date; one writer at a time, any number of readers
- :class:`Session`: what a transaction hands out: ``run``, ``many``, ``all``, ``one``, ``value``
- :class:`Queries`: the named statements of a room, read from its ``queries.sql``

Only this room imports a database driver. It knows the tables (``schema.sql``, the sum of ``migrations/``), not their meaning:
each room keeps its own statements.
"""

from hameau.storage.database import Database
from hameau.storage.queries import Queries
from hameau.storage.session import Row, Session

__all__ = ["Database", "Queries", "Row", "Session"]
