"""The composition root: settings in, a working house out. The only room that names concrete adapters.

- :class:`Hub`: the parts, put together and built when they are first used: library, indexer, models, assistant, gate
- :class:`Connecting`, :class:`Proposal`: how sources come and go; :class:`Logins`, :class:`PendingLogin`: by a server's own page
- :class:`Feeds`, :class:`FeedList`: lists of feeds (OPML), in and out
- :class:`Settings`, :func:`read_settings`, :func:`change_settings`: what can be chosen
- :func:`checkup`, :class:`Check`: what ``hameau doctor`` looks at; :func:`repair`: what it puts right
- :func:`back_up`, :func:`restore`, :func:`check_backup`, :func:`list_backups`: copies of a home, and the way back
- :func:`lock`, :func:`unlock`, :class:`Vault`, :class:`Unlocking`: a home that only its person can open
- :func:`downgrade`: the way back from an upgrade
- :class:`Presence`: one server a home
"""

from hameau.hub.checks import Check, checkup
from hameau.hub.connecting import FILE, KEPT, Connecting, Proposal
from hameau.hub.downgrade import Downgraded, downgrade
from hameau.hub.feeds import FeedList, Feeds
from hameau.hub.hub import Hub
from hameau.hub.keeping import Backup, Manifest, Restored, back_up, check_backup, list_backups, restore
from hameau.hub.keyrings import NO_KEYRING, Keyring
from hameau.hub.locking import change_vault, lock, unlock
from hameau.hub.logins import Logins, PendingLogin
from hameau.hub.presence import Presence
from hameau.hub.repairing import Repair, repair
from hameau.hub.settings import Settings, change_settings, read_settings
from hameau.hub.vault import KEYRING, PASSPHRASE, RECOVERY, Unlocking, Vault, check_new, new_recovery_key, vault_of

__all__ = [
    "FILE",
    "KEPT",
    "KEYRING",
    "NO_KEYRING",
    "PASSPHRASE",
    "RECOVERY",
    "Backup",
    "Check",
    "Connecting",
    "Downgraded",
    "FeedList",
    "Feeds",
    "Hub",
    "Keyring",
    "Logins",
    "Manifest",
    "PendingLogin",
    "Presence",
    "Proposal",
    "Repair",
    "Restored",
    "Settings",
    "Unlocking",
    "Vault",
    "back_up",
    "change_settings",
    "change_vault",
    "check_backup",
    "check_new",
    "checkup",
    "downgrade",
    "list_backups",
    "lock",
    "new_recovery_key",
    "read_settings",
    "repair",
    "restore",
    "unlock",
    "vault_of",
]
