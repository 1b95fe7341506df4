"""The border of the machine: nothing leaves it unless a person said yes.

- :class:`Consent`: what a person said yes to; :class:`Target`: where a connection wants to go
- :func:`verdict`: the guard, a pure function of both and of the time; :func:`target_of` reads an address
- :class:`Client`: the only network door; it downloads one file, with consent and fingerprint
"""

from hameau.perimeter.client import Client
from hameau.perimeter.guard import target_of, verdict
from hameau.perimeter.types import Consent, Target, Verdict

__all__ = ["Client", "Consent", "Target", "Verdict", "target_of", "verdict"]
