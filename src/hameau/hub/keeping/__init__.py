"""Backups of a home, and the way back.

- ``shelf.py``     where a backup lies: a folder that grows by what changed, or one file
- ``chunks.py``    pieces of files by their content: named, packed, sealed, and proved when they are read
- ``progress.py``  how far it is
- ``manifest.py``  what one backup holds
- ``last.py``      when the last one was made
- ``taking.py``    :func:`back_up`: while everybody goes on working
- ``giving.py``    :func:`restore`, :func:`check_backup`: onto an empty home, or in the place of another

``hub/swap.py`` puts the restored home in place: whole, or not at all, whenever it is killed.
Models are not in a backup: they are named in it with their hashes, and can be fetched again.
"""

from hameau.hub.keeping.giving import Restored, check_backup, list_backups, restore
from hameau.hub.keeping.last import LastBackup, last_backup
from hameau.hub.keeping.manifest import Manifest
from hameau.hub.keeping.taking import Backup, back_up

__all__ = [
    "Backup",
    "LastBackup",
    "Manifest",
    "Restored",
    "back_up",
    "check_backup",
    "last_backup",
    "list_backups",
    "restore",
]
