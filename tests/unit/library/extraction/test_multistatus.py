"""The form ``multistatus``: what real servers write, and what hostile ones would."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hameau.library.extraction.forms import told
from hameau.library.extraction.forms.multistatus import Multistatus, read
from hameau.library.extraction.reasons import Unreadable
from hameau.library.sources.dav_told import Listing, multiget, propfind, sync_collection

NEXTCLOUD = """<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">
 <d:response><d:href>/remote.php/dav/files/ada/Caf%c3%a9/</d:href>
  <d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype><d:getetag>&quot;65a1&quot;</d:getetag>
   <oc:fileid>42</oc:fileid><oc:permissions>SRGDNVCK</oc:permissions><s:other>no</s:other></d:prop>
   <d:status>HTTP/1.1 200 OK</d:status></d:propstat>
  <d:propstat><d:prop><d:getcontentlength/><nc:is-encrypted>1</nc:is-encrypted></d:prop>
   <d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>
 <d:response><d:href>/remote.php/dav/files/ada/Caf%c3%a9/gone.txt</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>
 <d:sync-token> http://sabre.io/ns/sync/7 </d:sync-token>
</d:multistatus>"""

CALENDARS = """<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/">
<response><href>/ada/agenda/</href><propstat><prop><resourcetype><C:calendar/><collection/></resourcetype>
<C:supported-calendar-component-set><C:comp name="VEVENT"/><C:comp name="VTODO"/></C:supported-calendar-component-set>
<supported-report-set><supported-report><report><sync-collection/></report></supported-report></supported-report-set>
<C:calendar-home-set><href>/ada/</href><href>/équipe/</href></C:calendar-home-set><CS:getctag>9</CS:getctag>
<C:calendar-data>BEGIN:VCALENDAR\r\nSUMMARY:L&apos;été &lt;b&gt;\r\nEND:VCALENDAR\r\n</C:calendar-data></prop>
<status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"""


def test_what_a_nextcloud_lists() -> None:
    found = read(NEXTCLOUD.encode())
    first, second = found.responses
    assert (first.href, first.status) == ("/remote.php/dav/files/ada/Caf%c3%a9/", 200)
    assert first.props == {
        "d:resourcetype": "d:collection",
        "d:getetag": '"65a1"',
        "oc:fileid": "42",
        "oc:permissions": "SRGDNVCK",
    }
    assert (second.status, second.props) == (404, {})
    assert found.token == "http://sabre.io/ns/sync/7"


def test_what_can_not_be_told_is_not_taken_for_an_empty_file() -> None:
    props = "<d:propstat><d:prop><d:getetag/></d:prop><d:status>HTTP/1.1 {}</d:status></d:propstat>"
    known = "<d:propstat><d:prop><d:getetag>1</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
    for said, status in (
        (props.format("503 Busy"), 503),
        (props.format("403 No"), 403),
        (props.format("404 None"), 200),
        (props.format("500 Oh") + known, 200),
        (known + props.format("500 Oh"), 200),
    ):
        [one] = read(
            f'<d:multistatus xmlns:d="DAV:"><d:response>{said}</d:response></d:multistatus>'.encode()
        ).responses
        assert one.status == status


def test_what_a_calendar_server_lists_whatever_the_prefixes() -> None:
    [one] = read(CALENDARS.encode("utf-8")).responses
    assert set(one.props["d:resourcetype"].split()) == {"cal:calendar", "d:collection"}
    assert one.props["cal:supported-calendar-component-set"] == "VEVENT VTODO"
    assert "d:sync-collection" in one.props["d:supported-report-set"].split()
    assert one.props["cal:calendar-home-set"].split() == ["/ada/", "/équipe/"]
    assert one.props["cs:getctag"] == "9"
    assert "SUMMARY:L'été <b>\n" in one.props["cal:calendar-data"]


def test_what_is_written_here_is_read_there() -> None:
    listing = msgspec.json.decode(told("multistatus", NEXTCLOUD.encode()), type=Listing)
    assert listing.responses[0].is_folder
    assert listing.responses[0].etag == '"65a1"'
    assert (listing.responses[1].size, listing.token) == (0, "http://sabre.io/ns/sync/7")


ENTITIES = '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html><body>Sign in</body></html>",
        "<d:multistatus xmlns:d='DAV:'>",
        ENTITIES + NEXTCLOUD.partition("\n")[2],
        '<!DOCTYPE d SYSTEM "http://127.0.0.1/x"><d:multistatus xmlns:d="DAV:"/>',
        "<d:multistatus xmlns:d='DAV:'>" + "<a>" * 5_000 + "</a>" * 5_000 + "</d:multistatus>",
        "<d:multistatus xmlns:d='DAV:'><d:response><d:href>" + "x" * 10_000 + "</d:href></d:response></d:multistatus>",
        "<d:multistatus xmlns:d='DAV:'>&unknown;</d:multistatus>",
        "<?xml version='1.0' encoding='x-nobody-knows'?><d:multistatus xmlns:d='DAV:'/>",
        "<multistatus/>",
    ],
)
def test_what_is_no_listing_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text.encode())


def test_a_value_without_end_is_cut_off() -> None:
    long = "<d:getetag>" + "x" * (9 << 20) + "</d:getetag>"
    with pytest.raises(Unreadable, match="too_long"):
        read(NEXTCLOUD.replace("<oc:fileid>42</oc:fileid>", long).encode())


def test_mutations_are_read_or_refused() -> None:
    chance = random.Random(6)
    for text in (NEXTCLOUD, CALENDARS):
        for _ in range(400):
            data = bytearray(text.encode())
            for _ in range(chance.randint(1, 6)):
                at = chance.randrange(len(data))
                match chance.randrange(3):
                    case 0:
                        data[at] = chance.randrange(256)
                    case 1:
                        del data[at : at + chance.randint(1, 30)]
                    case _:
                        data[at:at] = bytes(data[chance.randrange(len(data)) :][: chance.randint(1, 60)])
            try:
                found = read(bytes(data))
            except Unreadable:
                continue
            assert isinstance(found, Multistatus)
            msgspec.json.decode(msgspec.json.encode(found), type=Listing)


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=60))
def test_questions_are_well_formed_whatever_is_asked(text: str) -> None:
    for asked in (
        propfind(("d:getetag", "oc:fileid")),
        sync_collection(text, ("d:getetag",)),
        multiget("cal:calendar-multiget", ("cal:calendar-data",), [text]),
    ):
        with pytest.raises(Unreadable, match="the root is"):
            read(asked)
