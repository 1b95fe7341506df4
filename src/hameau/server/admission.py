"""Finds out who comes, by where they come from and the key they bring. What that opens is said in :mod:`visitors`.

- On this machine nobody needs a key, unless the setting ``require_key`` asks for one. A client that must send something may
  send anything; what begins like a key of ours must be one, and then bounds what its bearer may do.
- From another machine, only a key of ours opens anything.
- A site in the setting ``allowed_origins`` may have models speak from a browser of this machine; more needs a key.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from hameau.accounts import PREFIX, ApiKey
from hameau.kit import N_, HameauError
from hameau.server.credentials import Credential, credential_of
from hameau.server.errors import NoKey, TooManyTries, WrongKey
from hameau.server.ports import House
from hameau.server.tries import Tries, place_of
from hameau.server.visitors import CHAT, Visitor, is_near, with_key

_KNOWN_KEYS = 1024


class Admission:
    """The one who looks at keys. For the event loop; the database is asked in a thread of its own, which no answer blocks."""

    def __init__(self, house: House, tries: Tries | None = None) -> None:
        self._house = house
        self._tries = tries or Tries()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="keys")
        self._good: OrderedDict[bytes, None] = OrderedDict()
        """Hashes of keys that opened before: they are looked up also where somebody else tries wrong ones."""

    async def visitor(
        self, host: str | None, headers: Mapping[str, str], cookies: Mapping[str, str], *, site_allowed: bool = False
    ) -> Visitor:
        """Who asks from ``host``. Raises ``NoKey``, ``WrongKey`` or ``TooManyTries``.

        ``site_allowed``: a page of another site asks, one that the person allowed.
        """
        near = is_near(host)
        required = not near or self._house.settings.require_key
        # A page on another port of this machine is « the same site » to a browser, which sends it the cookie of ours along.
        brought = credential_of(headers, {} if site_allowed else cookies)
        if _counts(brought, required=required):
            key = await self.key(brought.secret, host)
            return with_key(key, near=near, by_cookie=brought.way == "cookie")
        if required:
            raise no_key(near=near)
        return Visitor(near, scopes=CHAT) if site_allowed else Visitor(near)

    async def key(self, secret: str, host: str | None) -> ApiKey:
        """The key that ``secret`` is. Raises ``WrongKey`` or ``TooManyTries``."""
        place = place_of(host or "")
        mark = hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
        if (seconds := self._tries.wait(place)) and mark not in self._good:
            raise TooManyTries(
                N_("Too many wrong keys came from here."),
                hint=N_("Wait {seconds} seconds, then try again."),
                seconds=math.ceil(seconds),
            )
        loop = asyncio.get_running_loop()
        found, why = await loop.run_in_executor(self._threads, self._look_up, secret)
        if found is None:
            self._good.pop(mark, None)
            if self._tries.fail(place):
                await loop.run_in_executor(self._threads, self._house.keys.refused, host or "", why)
            raise WrongKey(why, hint=N_("Make a key on the machine where Hameau runs: hameau keys add NAME"))
        self._good[mark] = None
        if len(self._good) > _KNOWN_KEYS:
            self._good.popitem(last=False)
        return found

    def _look_up(self, secret: str) -> tuple[ApiKey | None, str]:
        keys = self._house.keys
        found = keys.check(secret)
        return found, "" if found is not None else keys.why_not(secret)


def _counts(brought: Credential, *, required: bool) -> bool:
    """Whether what was brought is looked at. Where no key is required, a cookie is left over from another address, and
    what does not begin like a key of ours is what clients send that must send something."""
    if not brought.secret:
        return False
    return required or (brought.way != "cookie" and brought.secret.startswith(PREFIX))


def no_key(*, near: bool) -> HameauError:
    """Without a key."""
    text = N_("Hameau asks for a key here.") if near else N_("From another machine, Hameau asks for a key.")
    return NoKey(
        text, hint=N_("Make one on the machine where Hameau runs, and give it to this program: hameau keys add NAME")
    )
