"""The cellar: one SQLite file that holds everything, and the few words needed to talk to it.

- :class:`Database`: the file, opened, checked and brought up to date; one writer at a time, any number of readers
- :class:`Session`: what a transaction hands out: ``run``, ``many``, ``all``, ``one``, ``value``
- :class:`Queries`: the named statements of a room, read from its ``queries.sql``
- :class:`Snapshot`: the bytes of the file at one moment, for a backup
- :func:`alone`, :func:`reseal`, :func:`opens`, :func:`proved`, :func:`is_encrypted`: the whole file, while nobody uses it
- :func:`whole`, :func:`settle`: files that are there as a whole, on the disk, or not at all
- :func:`fold`, :func:`go_back_to`, :func:`keep_copy`, :func:`kept_copies`, :func:`version_of`,
  :func:`version_there`, :func:`newest_version`: the way back from an upgrade
- :func:`salvage`: what can still be read of a damaged file

Only this room imports a database driver. It knows the tables (``schema.sql``, the sum of ``migrations/``), not their meaning:
each room keeps its own statements.
"""

from hameau.storage.connecting import KEY_BYTES, is_encrypted
from hameau.storage.copying import settle, whole
from hameau.storage.database import Database
from hameau.storage.downgrading import fold, go_back_to, newest_version, version_there
from hameau.storage.migrations import BACKUPS, keep_copy, kept_copies, version_of
from hameau.storage.presence import alone
from hameau.storage.queries import Queries
from hameau.storage.salvage import Salvaged, salvage
from hameau.storage.sealing import opens, proved, reseal
from hameau.storage.session import Row, Session
from hameau.storage.snapshot import Snapshot

__all__ = [
    "BACKUPS",
    "KEY_BYTES",
    "Database",
    "Queries",
    "Row",
    "Salvaged",
    "Session",
    "Snapshot",
    "alone",
    "fold",
    "go_back_to",
    "is_encrypted",
    "keep_copy",
    "kept_copies",
    "newest_version",
    "opens",
    "proved",
    "reseal",
    "salvage",
    "settle",
    "version_of",
    "version_there",
    "whole",
]
