"""Accounts: who may come in, and what for. Today programs with a key; people and their spaces follow. Knows nothing of HTTP.

- :class:`Keys`: named API keys: made, shown once, kept as hashes, taken back
- :class:`ApiKey`, :class:`NewKey`: what is known of one, and the one moment when it can be read
- :data:`Scope`, :data:`SCOPES`: what a key opens; :data:`PREFIX`: how every key begins
"""

from hameau.accounts.keys import PREFIX, Keys
from hameau.accounts.types import SCOPES, ApiKey, NewKey, Scope

__all__ = ["PREFIX", "SCOPES", "ApiKey", "Keys", "NewKey", "Scope"]
