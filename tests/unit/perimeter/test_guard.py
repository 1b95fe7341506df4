"""The guard, by one table of attempts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hameau.kit import BadInput
from hameau.perimeter import Act, Attempt, Connection, Level, Neighbour, Policy, Target, target_of, verdict
from hameau.perimeter.guard import canonical

NOW = 1_000_000.0
YES = Connection("models", "Ada", "a model", "models.example", 443, NOW + 60, also=("*.cdn.example",))
LAN = Connection("mirror", "Ada", "the town's mirror", "mirror.example", 443, NOW + 60, local=True)
NUMBER = Connection("machine", "Ada", "a machine", "192.168.1.5", 8443, NOW + 60)
SIX = Connection("six", "Ada", "a machine", "2001:db8::5", 443, NOW + 60)
OLD = Connection("old", "Ada", "yesterday", "old.example", 443, NOW)
ENGINE = Connection("ollama", "Ada", "another engine", "127.0.0.1", 11434)
POLICY = Policy(connections=(YES, LAN, NUMBER, SIX, OLD, ENGINE))
HOME = Policy(Level.HOME_NETWORK, (Neighbour("192.168.1.7", 0), Neighbour("nas.home.arpa", 443)), (YES,))


def to(address: str, port: int = 443, host: str = "", *, own: bool = False) -> Attempt:
    return Attempt(Act.CONNECT, "inet6" if ":" in address else "inet", address, port, host=host, own=own)


def name(host: str, port: int = 443) -> Attempt:
    return Attempt(Act.RESOLVE, "inet", port=port, host=host)


ALLOWED = [
    # our own programs on this machine
    (to("127.0.0.1", 8484, own=True), POLICY, False),
    (to("::1", 9, own=True), POLICY, False),
    (to("::ffff:127.0.0.1", 80, own=True), POLICY, False),
    (Attempt(Act.CONNECT, "unix", "/srv/hameau/tmp/x.sock", own=True), POLICY, False),
    (Attempt(Act.LISTEN, "inet", "127.0.0.1", 8484), POLICY, False),
    (Attempt(Act.LISTEN, "inet6", "::1", 8484), POLICY, False),
    # names that nobody has to be asked for
    (name("localhost"), POLICY, False),
    (name("x.localhost"), POLICY, False),
    (name("192.0.2.1"), POLICY, False),
    # what was allowed, by name, port and time
    (name("models.example"), POLICY, True),
    (name("MODELS.example."), POLICY, True),
    (to("93.184.215.14", host="models.example"), POLICY, True),
    (to("2606:2800:21f::1", host="eu.cdn.example"), POLICY, True),
    (to("10.0.0.7", host="mirror.example"), POLICY, True),
    (to("192.168.1.5", 8443), POLICY, True),
    (to("2001:DB8:0::5"), POLICY, True),
    (to("127.0.0.1", 11434), POLICY, True),
    # the home network, when it is open
    (to("192.168.1.7", 9), HOME, True),
    (name("nas.home.arpa"), HOME, True),
    (to("192.168.1.8", host="nas.home.arpa"), HOME, True),
    (Attempt(Act.LISTEN, "inet", "0.0.0.0", 8484), HOME, True),
    (to("93.184.215.14", host="models.example"), HOME, True),
]
REFUSED = [
    # nobody said yes
    (name("else.example"), POLICY, "nobody"),
    (to("10.0.0.1"), POLICY, "nobody"),
    (to("192.168.1.6", 8443), POLICY, "nobody"),
    (to("169.254.169.254", 80), POLICY, "nobody"),
    (to("8.8.8.8", 53), POLICY, "nobody"),
    (to("fe80::1"), POLICY, "nobody"),
    (to("fd00::1"), POLICY, "nobody"),
    (to("::ffff:8.8.8.8"), POLICY, "nobody"),
    (to("0.0.0.0", 80), POLICY, "nobody"),
    (to("255.255.255.255", 80), POLICY, "nobody"),
    (to("224.0.0.251", 5353), POLICY, "nobody"),
    # nearly what was allowed
    (name("models.example", 8443), POLICY, "nobody"),
    (to("192.168.1.5"), POLICY, "nobody"),
    (name("xmodels.example"), POLICY, "nobody"),
    (name("models.example.evil"), POLICY, "nobody"),
    (name("sub.models.example"), POLICY, "nobody"),
    (name("cdn.example"), POLICY, "nobody"),
    (name("evilcdn.example"), POLICY, "nobody"),
    (name("localhost.evil"), POLICY, "nobody"),
    # too late
    (name("old.example"), POLICY, "expired"),
    # names that lead elsewhere (DNS rebinding)
    (to("127.0.0.1", host="models.example"), POLICY, "local network"),
    (to("::1", host="models.example"), POLICY, "local network"),
    (to("::ffff:10.0.0.1", host="models.example"), POLICY, "local network"),
    (to("192.168.0.1", host="eu.cdn.example"), POLICY, "local network"),
    (to("169.254.169.254", host="models.example"), POLICY, "local network"),
    # other programs of this machine that could speak for us: a proxy, a resolver, a message bus
    (to("127.0.0.1", 3128), POLICY, "another program"),
    (to("127.0.0.53", 53), POLICY, "another program"),
    (to("::1", 9050), POLICY, "another program"),
    (Attempt(Act.CONNECT, "unix", "/run/user/1000/bus"), POLICY, "another program"),
    (Attempt(Act.CONNECT, "unix", "@abstract"), POLICY, "another program"),
    # listening for other machines
    (Attempt(Act.LISTEN, "inet", "0.0.0.0", 8484), POLICY, "closed"),
    (Attempt(Act.LISTEN, "inet6", "::", 8484), POLICY, "closed"),
    (Attempt(Act.LISTEN, "inet", "192.168.1.2", 8484), POLICY, "closed"),
    # what could leave unseen, whatever was allowed
    (Attempt(Act.SOCKET, "inet", protocol="udp"), HOME, "unseen"),
    (Attempt(Act.SOCKET, "packet", protocol="raw"), HOME, "unseen"),
    (Attempt(Act.SEND, "inet", "192.168.1.7", 9), HOME, "unseen"),
    (Attempt(Act.CONNECT, "vsock"), HOME, "unseen"),
    # the home network is what was named, no more
    (to("192.168.1.9", 9), HOME, "nobody"),
    (name("nas.home.arpa", 80), HOME, "nobody"),
    (to("93.184.215.14", host="nas.home.arpa"), HOME, "nobody"),
    (to("127.0.0.1", 443, host="nas.home.arpa"), HOME, "another program"),
    (to("192.168.1.7", 9), POLICY, "nobody"),
]


@pytest.mark.parametrize(("attempt", "policy", "leaves"), ALLOWED)
def test_allowed(attempt: Attempt, policy: Policy, leaves: bool) -> None:
    judged = verdict(attempt, policy, NOW)
    assert judged.allowed, judged.reason
    assert judged.leaves is leaves


@pytest.mark.parametrize(("attempt", "policy", "why"), REFUSED)
def test_refused(attempt: Attempt, policy: Policy, why: str) -> None:
    judged = verdict(attempt, policy, NOW)
    assert not judged.allowed
    assert why in judged.reason
    assert judged.connection is None
    assert judged.leaves


def test_by_default_nothing_leaves() -> None:
    for attempt, _policy, leaves in ALLOWED:
        assert verdict(attempt, Policy(), NOW).allowed is not leaves


def test_the_verdict_names_the_connection() -> None:
    assert verdict(name("models.example"), POLICY, NOW).connection is YES
    assert verdict(to("127.0.0.1", own=True), POLICY, NOW).connection is None


def test_a_fresh_connection_helps_where_an_old_one_expired() -> None:
    fresh = Connection("today", "Ada", "today", "old.example", 443, NOW + 1)
    assert verdict(name("old.example"), Policy(connections=(OLD, fresh)), NOW).allowed


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
    judged = verdict(Attempt(Act.RESOLVE, "inet", port=target.port, host=target.host), Policy(), NOW)
    assert judged.allowed == (not judged.leaves)


@given(st.ip_addresses(), st.integers(0, 65535), st.booleans())
def test_closed_means_our_own_programs_on_this_machine(address: object, port: int, own: bool) -> None:
    judged = verdict(to(str(address), port, own=own), Policy(), NOW)
    assert judged.allowed == (
        own and canonical(str(address)).startswith(("127.", "::1")) and canonical(str(address)) != "::1:"
    )


@pytest.mark.parametrize("host", ["1.2.3.4%data.example.org", "127.0.0.1%data.example.org", "fe80::1%data.example.org"])
def test_what_hides_behind_an_address_is_not_asked_for(host: str) -> None:
    assert not verdict(name(host), Policy(), NOW).allowed


@pytest.mark.parametrize(
    "address",
    ["64:ff9b::c0a8:101", "2002:c0a8:101::1", "fec0::1", "::7f00:1", "::ffff:192.168.1.1", "100.64.0.1", "0.0.0.0"],
)
def test_a_name_leads_to_nothing_near_in_other_clothes(address: str) -> None:
    far = Connection("feed", "Ada", "news", "feed.example.org", 443)
    judged = verdict(to(address, host="feed.example.org"), Policy(connections=(far,)), NOW)
    assert not judged.allowed
    assert "leads into the local network" in judged.reason
    assert verdict(to("64:ff9b::808:808", host="feed.example.org"), Policy(connections=(far,)), NOW).allowed


def test_a_name_that_can_t_be_one_is_refused_like_any_other() -> None:
    far = Connection("feed", "Ada", "news", "*.example.org", 443)
    assert not verdict(name("é" * 100), Policy(Level.HOME_NETWORK, connections=(far,)), NOW).allowed
