"""One question to a SearXNG, and what it says, believed only as far as it must be.

SearXNG's own API (docs.searxng.org, « Search API »): ``/search`` with ``q`` and ``format=json``; searx 1.1 has the same. The
question goes in the body of a POST, so that it stands in no log of addresses.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import msgspec

from hameau.kit import N_, BadInput, HameauError, Refused, Unavailable, monotonic_ms
from hameau.perimeter import Ask, Patience
from hameau.websearch.addresses import is_web, may_open, place
from hameau.websearch.ports import Line, Stop
from hameau.websearch.types import Found, Hit

CONNECTION = "web.search"
LONGEST_QUESTION = 400
"""Characters that leave at most; search engines look at the first few dozen words."""
HITS = 20
"""Results that are looked at; an instance gives 10 to 40 a page."""
_PATIENCE = Patience(first=20.0, between=15.0, line=4 << 20, total=4 << 20)
_REFUSED = 40
_TITLE, _CONTENT, _NAME = 300, 1000, 80
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")


def ask(line: Line, url: str, query: str, language: str = "all", cancel: Stop | None = None) -> Found:
    """What the SearXNG at ``url`` answers to ``query``. ``language`` is a code of two letters, or ``all``.

    Raises ``BadInput``, ``Refused``, ``Unavailable`` or ``Cancelled``.
    """
    asked = " ".join(query.split())
    if not asked:
        raise BadInput(N_("The question for the web is empty."), hint=N_("Write a few words to search."))
    if len(asked) > LONGEST_QUESTION:
        raise BadInput(
            N_("The question for the web has {count} characters; {most} is the most."),
            hint=N_("A few words find more than a long text."),
            count=len(asked),
            most=LONGEST_QUESTION,
        )
    began = monotonic_ms()
    status, told = _exchanged(line, url, {"q": asked, "format": "json", "language": language}, cancel)
    if status != 200 or not isinstance(told.get("results"), list):
        raise _unexpected(place(url), told)
    hits = tuple(_hits(told))
    return Found(asked, place(url), hits, tuple(_refused(told)), monotonic_ms() - began)


def try_out(line: Line, url: str, cancel: Stop | None = None) -> None:
    """Asks for nothing, so that nobody is asked anything: whether a SearXNG is there, and whether it speaks with programs.

    Raises as :func:`ask` does.
    """
    status, told = _exchanged(line, url, {"q": "", "format": "json"}, cancel)
    if not (status == 400 and "error" in told) and not (status == 200 and "results" in told):
        raise _unexpected(place(url), told)


def _exchanged(line: Line, url: str, form: Mapping[str, str], cancel: Stop | None) -> tuple[int, Mapping[str, object]]:
    """The status and the JSON object of an answer."""
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    request = Ask("POST", f"{url}/search", urlencode(form).encode("ascii"), headers)
    with line.exchange(CONNECTION, request, cancel=cancel, patience=_PATIENCE) as answer:
        host, status = place(url), answer.status
        if status in _REDIRECTS:
            raise Refused(
                N_("{host} sends the question on to {place}, and this is not followed."),
                hint=N_(
                    "A question that begins with « !! » does that. Else correct the address: hameau web --connect URL"
                ),
                host=host,
                place=seemly(answer.header("location"), _NAME) or "?",
            )
        if status in (401, 403, 404, 407, 429) or status >= 500:
            raise _failed(host, status)
        body = answer.read(_PATIENCE.total)
    try:
        told = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        told = None
    if not isinstance(told, dict):
        raise Unavailable(
            N_("What {host} answers is not what a SearXNG says."),
            hint=N_("Is the address right? It is that of its start page: hameau web --connect URL"),
            host=host,
        )
    return status, told


def _failed(host: str, status: int) -> HameauError:
    if status == 403:
        return Refused(
            N_("{host} does not answer programs: its JSON format is off."),
            hint=N_("Whoever keeps it adds json to search.formats in its settings.yml (docs/searxng.md)."),
            host=host,
        )
    if status in (401, 407):
        return Refused(N_("{host} asks for a password, which Hameau does not have."), host=host)
    if status == 429:
        return Unavailable(
            N_("{host} refuses to answer: too many questions, or its limiter keeps programs out."),
            hint=N_("Wait a little. If it stays so, use one of your own (docs/searxng.md)."),
            host=host,
        )
    if status == 404:
        return Unavailable(
            N_("There is no SearXNG at this address of {host}."),
            hint=N_("The address is that of its start page: hameau web --connect URL"),
            host=host,
        )
    return Unavailable(
        N_("{host} answered with status {status}."), hint=N_("Try again later."), host=host, status=status
    )


def _unexpected(host: str, told: Mapping[str, object]) -> HameauError:
    """An answer in JSON that is none to our question."""
    said = told.get("error")
    if isinstance(said, str) and said:
        return Unavailable(
            N_("{host} could not search: {reason}"),
            hint=N_("Try again later."),
            host=host,
            reason=seemly(said, _CONTENT),
        )
    return Unavailable(
        N_("What {host} answers is not what a SearXNG says."),
        hint=N_("Is the address right? It is that of its start page: hameau web --connect URL"),
        host=host,
    )


def _hits(told: Mapping[str, object]) -> Iterator[Hit]:
    results = told.get("results")
    seen: set[str] = set()
    for one in results if isinstance(results, list) else ():
        url = one.get("url") if isinstance(one, dict) else None
        if not isinstance(url, str) or url in seen or not is_web(url):
            continue
        seen.add(url)
        score = one.get("score")
        yield Hit(
            title=seemly(one.get("title"), _TITLE) or url,
            url=url,
            content=seemly(one.get("content"), _CONTENT),
            engines=_engines(one),
            score=float(score) if isinstance(score, int | float) and abs(score) < 1e9 else 0.0,
            published=seemly(one.get("publishedDate"), _NAME),
            near=not may_open(url),
        )
        if len(seen) == HITS:
            return


def _engines(one: Mapping[str, object]) -> tuple[str, ...]:
    named = one.get("engines")
    names = named if isinstance(named, list) and named else [one.get("engine")]
    return tuple(filter(None, (seemly(name, _NAME) for name in names[:_REFUSED])))


def _refused(told: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The engines that did not answer: ``[name, reason]`` each."""
    silent = told.get("unresponsive_engines")
    for one in silent[:_REFUSED] if isinstance(silent, list) else ():
        parts = [seemly(part, _CONTENT) for part in one[:3]] if isinstance(one, list) else [seemly(one, _NAME)]
        if parts and parts[0]:
            yield parts[0], " ".join(filter(None, parts[1:]))


def seemly(value: object, most: int) -> str:
    """A stranger's word as plain text on one line: no marks, no signs that are not seen, no more than ``most`` characters."""
    if not isinstance(value, str):
        return ""
    text = html.unescape(_TAG.sub("", value[: most * 4]))
    words = " ".join(_UNSEEN.sub(" ", text).split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
