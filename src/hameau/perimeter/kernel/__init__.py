"""What the kernel holds by itself: networks with nothing in them, and the walls that root sets for Hameau's user.

- :func:`enter`, :func:`loopback_up`, :func:`sham_interface`: an empty network, and a sham way out of it (:class:`Sham`)
- :func:`keep`: root's process that holds everything one user sends (``nftables``, ``cgroup``), follows the policy and
  has what was refused written down (:data:`Record`); :func:`release` takes its walls away; :data:`MECHANISMS`
- :func:`held_for`, :func:`addresses_for`: for the user's own process: what holds it, and which addresses are open
- :class:`NotPermitted`: the machine does not allow it

Inside: ``netlink`` and ``bpf`` speak to the kernel, ``nftables``, ``nflog``, ``programs``, ``cgroup`` and ``sockets``
say one thing each to it, ``walls`` gives them one face, and ``keeper`` decides nothing but when.
"""

from hameau.perimeter.kernel.errors import NotPermitted
from hameau.perimeter.kernel.keeper import MECHANISMS, keep, release
from hameau.perimeter.kernel.namespaces import Sham, enter, loopback_up, sham_interface
from hameau.perimeter.kernel.scribe import Record
from hameau.perimeter.standing import addresses_for, held_for

__all__ = [
    "MECHANISMS",
    "NotPermitted",
    "Record",
    "Sham",
    "addresses_for",
    "enter",
    "held_for",
    "keep",
    "loopback_up",
    "release",
    "sham_interface",
]
