"""The guard, by one table of addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.kit import BadInput
from hameau.perimeter import Consent, Target, target_of, verdict
from hameau.perimeter.guard import canonical

NOW = 1_000_000.0
YES = Consent("Ada", "a model", "models.example", 443, NOW + 60, also=("*.cdn.example",))
LAN = Consent("Ada", "the town's mirror", "mirror.example", 443, NOW + 60, local=True)
NUMBER = Consent("Ada", "a machine", "192.168.1.5", 8443, NOW + 60)
SIX = Consent("Ada", "a machine", "2001:db8::5", 443, NOW + 60)
OLD = Consent("Ada", "yesterday", "old.example", 443, NOW)
ALL = (YES, LAN, NUMBER, SIX, OLD)

ALLOWED = [
    # loopback never leaves the machine
    ("http://127.0.0.1/", ""),
    ("http://127.0.0.1:8484/x", ""),
    ("http://127.8.9.10/", ""),
    ("https://[::1]:9/", ""),
    ("http://[::ffff:127.0.0.1]/", ""),
    ("http://localhost/", "127.0.0.1"),
    ("http://LOCALHOST./", "::1"),
    ("http://models.localhost/", "127.0.0.1"),
    # what was allowed, by name, port and time
    ("https://models.example/a?b=c", ""),
    ("https://MODELS.example./a", "93.184.215.14"),
    ("https://models.example:443/a", "2606:2800:21f::1"),
    ("https://eu.cdn.example/a", "93.184.215.14"),
    ("https://mirror.example/a", "10.0.0.7"),
    ("https://192.168.1.5:8443/", "192.168.1.5"),
    ("https://[2001:DB8:0::5]/", ""),
]
REFUSED = [
    # nobody said yes
    ("https://else.example/", "", "nobody"),
    ("https://10.0.0.1/", "", "nobody"),
    ("https://192.168.1.6:8443/", "", "nobody"),
    ("https://169.254.169.254/latest/meta-data", "", "nobody"),
    ("https://8.8.8.8/", "", "nobody"),
    ("https://[fe80::1]/", "", "nobody"),
    ("https://[fd00::1]/", "", "nobody"),
    ("https://[::ffff:8.8.8.8]/", "", "nobody"),
    ("https://0.0.0.0/", "", "nobody"),
    # nearly what was allowed
    ("https://models.example:8443/", "", "nobody"),
    ("https://192.168.1.5/", "", "nobody"),
    ("https://xmodels.example/", "", "nobody"),
    ("https://models.example.evil/", "", "nobody"),
    ("https://sub.models.example/", "", "nobody"),
    ("https://cdn.example/", "", "nobody"),
    ("https://evilcdn.example/", "", "nobody"),
    ("https://localhost.evil/", "", "nobody"),
    # in the clear
    ("http://models.example:443/", "", "https"),
    ("http://192.168.1.5:8443/", "", "https"),
    # too late
    ("https://old.example/", "", "expired"),
    # names that lead elsewhere (DNS rebinding)
    ("https://models.example/", "127.0.0.1", "local network"),
    ("https://models.example/", "::1", "local network"),
    ("https://models.example/", "::ffff:10.0.0.1", "local network"),
    ("https://eu.cdn.example/", "192.168.0.1", "local network"),
    ("https://models.example/", "169.254.169.254", "local network"),
    ("http://localhost/", "93.184.215.14", "elsewhere"),
]


@pytest.mark.parametrize(("url", "address"), ALLOWED)
def test_allowed(url: str, address: str) -> None:
    judged = verdict(target_of(url), ALL, NOW, address=address)
    assert judged.allowed, judged.reason


@pytest.mark.parametrize(("url", "address", "why"), REFUSED)
def test_refused(url: str, address: str, why: str) -> None:
    judged = verdict(target_of(url), ALL, NOW, address=address)
    assert not judged.allowed
    assert why in judged.reason
    assert judged.consent is None


def test_the_verdict_names_the_consent() -> None:
    assert verdict(target_of("https://models.example/"), ALL, NOW).consent is YES
    assert verdict(target_of("http://127.0.0.1/"), ALL, NOW).consent is None


def test_a_fresh_consent_helps_where_an_old_one_expired() -> None:
    fresh = Consent("Ada", "today", "old.example", 443, NOW + 1)
    assert verdict(target_of("https://old.example/"), (OLD, fresh), NOW).allowed


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a/", "file:///etc/passwd", "https://", "https:///x", "https://a:b@c/", "https://a:99999/",
     "https://a:x/", "http://[::1", "https://a b/", "https://a/\r\nX: y", "//a/b", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_web_address(url: str) -> None:
    with pytest.raises(BadInput):
        target_of(url)


def test_names_are_compared_in_one_form() -> None:
    assert target_of("https://Élan.example./x") == Target("https", "xn--lan-9la.example", 443)
    assert canonical("[2001:DB8:0:0::5]") == "2001:db8::5"
    assert canonical("::FFFF:127.0.0.1") == "127.0.0.1"


@given(st.text(max_size=80))
def test_any_text_is_judged_or_refused(text: str) -> None:
    try:
        target = target_of("https://" + text)
    except BadInput:
        return
    judged = verdict(target, (), NOW)
    assert judged.allowed == (judged.reason.startswith("It stays"))
