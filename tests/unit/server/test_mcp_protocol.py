"""Messages of the Model Context Protocol: what is read, what is refused, and that no byte makes it stumble."""

from __future__ import annotations

import base64
import io
import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.house import furnished
from hameau.server import serve_streams
from hameau.server.mcp import protocol
from hameau.server.mcp.desk import schema_of
from hameau.server.mcp.protocol import Message, Wrong
from hameau.server.mcp.tools import TOOLS

META = {protocol.VERSION_KEY: "2026-07-28", protocol.CAPABILITIES_KEY: {}}


def raw(**fields: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **fields}).encode()


def refused(data: bytes) -> int:
    with pytest.raises(Wrong) as caught:
        protocol.read(data)
    return caught.value.code


def test_a_request_and_a_notification() -> None:
    assert protocol.read(raw(id="a", method="ping")) == Message("ping", {}, "a")
    assert protocol.read(raw(method="notifications/initialized", params={"_meta": {}})) == Message(
        "notifications/initialized", {"_meta": {}}
    )


def test_answers_to_us_who_never_ask_are_let_pass() -> None:
    assert protocol.read(raw(id=1, result={})) is None


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
        b'"x"',
        raw(id=1),
        raw(id=None, method="ping"),
        raw(id=True, method="ping"),
        raw(id=1.5, method="ping"),
        raw(id=1, method=3),
        raw(id=1, method="ping", params=[1]),
        b'{"jsonrpc":"1.0","id":1,"method":"ping"}',
    ],
)
def test_what_is_no_single_message_is_refused(data: bytes) -> None:
    assert refused(data) == protocol.INVALID_REQUEST


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 5000, b"{" * 200_000])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    assert refused(data) == protocol.PARSE_ERROR


def test_a_message_has_a_largest_size() -> None:
    assert refused(b" " * (protocol.MAX_MESSAGE + 1)) == protocol.INVALID_REQUEST


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(msgspec.json.encode))
def test_no_bytes_whatever_do_more_than_be_refused(data: bytes) -> None:
    try:
        protocol.read(data)
    except Wrong as wrong:
        assert wrong.message


def headers(**more: str) -> dict[str, str]:
    return {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "search_library", **more}


def called(**meta: object) -> Message:
    return Message("tools/call", {"name": "search_library", "_meta": META | meta}, 1)


def test_a_request_that_stands_alone_says_its_revision_itself_and_its_headers_repeat_it() -> None:
    assert protocol.check_modern(called(), headers()) == "2026-07-28"
    assert protocol.check_modern(called()) == "2026-07-28"


@pytest.mark.parametrize(
    ("given_headers", "message", "code"),
    [
        (headers(), Message("tools/call", {"_meta": {}}, 1), protocol.INVALID_PARAMS),
        (headers(), Message("tools/call", {}, 1), protocol.INVALID_PARAMS),
        ({"mcp-method": "tools/call"}, called(), protocol.HEADER_MISMATCH),
        (headers(**{"mcp-method": "tools/list"}), called(), protocol.HEADER_MISMATCH),
        (headers(**{"mcp-name": "ask_library"}), called(), protocol.HEADER_MISMATCH),
        (headers(**{"mcp-name": "=?base64?!?="}), called(), protocol.HEADER_MISMATCH),
        (
            headers(**{"mcp-protocol-version": "2031-01-01"}),
            called(**{protocol.VERSION_KEY: "2031-01-01"}),
            protocol.UNSUPPORTED_VERSION,
        ),
        (None, called(**{protocol.VERSION_KEY: 7}), protocol.INVALID_PARAMS),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(
    given_headers: dict[str, str] | None, message: Message, code: int
) -> None:
    with pytest.raises(Wrong) as caught:
        protocol.check_modern(message, given_headers)
    assert caught.value.code == code


def test_a_name_that_is_no_plain_header_comes_in_base64() -> None:
    uri = "hameau://documents/é"
    message = Message("resources/read", {"uri": uri, "_meta": META}, 1)
    wrapped = f"=?base64?{base64.b64encode(uri.encode()).decode()}?="
    protocol.check_modern(message, headers(**{"mcp-method": "resources/read", "mcp-name": wrapped}))


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [("2024-11-05", "2024-11-05"), ("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25"), (None, "2025-11-25")],
)
def test_who_shakes_hands_gets_the_revision_they_offer_or_our_latest(offered: object, agreed: str) -> None:
    assert protocol.agreed(offered) == agreed


def test_schemas_of_tools_are_objects_without_our_own_notes() -> None:
    for tool in TOOLS.values():
        for schema in (schema_of(tool.takes), schema_of(tool.gives)):
            assert schema["type"] == "object"
            assert "title" not in schema
            assert "description" not in schema
        assert schema_of(tool.takes)["additionalProperties"] is False


# The protocol over standard streams, without a process


def spoken(tmp_path: Path, *lines: bytes) -> list[dict[str, Any]]:
    target = io.BytesIO()
    serve_streams(furnished(tmp_path), "en", io.BytesIO(b"\n".join(lines) + b"\n"), target)
    return [json.loads(line) for line in target.getvalue().splitlines()]


def test_every_wrong_line_is_answered_and_the_next_one_is_served(tmp_path: Path) -> None:
    long = raw(id=1, method="ping", params={"x": "y" * protocol.MAX_MESSAGE})
    answers = spoken(
        tmp_path, b"nonsense", b"", long, b"\x00", raw(id=3, method="nothing"), raw(id=4, method="tools/call")
    )
    assert [(one["id"], one["error"]["code"]) for one in sorted(answers, key=lambda one: str(one["id"]))] == [
        (3, protocol.METHOD_NOT_FOUND),
        (4, protocol.INVALID_PARAMS),
        (None, protocol.PARSE_ERROR),
        (None, protocol.INVALID_REQUEST),
        (None, protocol.PARSE_ERROR),
    ]


def test_when_the_client_goes_what_runs_is_stopped(tmp_path: Path) -> None:
    house = furnished(tmp_path)
    begun = threading.Event()

    def hold(cancel: Any) -> None:
        begun.set()
        cancel.wait(30)

    house.assistant.hold = hold
    call = {"name": "ask_library", "arguments": {"question": "cotisation annuelle"}}

    class Source(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            if not line:
                begun.wait(30)
            return line

    target = io.BytesIO()
    serve_streams(house, "en", Source(raw(id=1, method="tools/call", params=call) + b"\n"), target)
    assert house.assistant.cancelled.is_set()
    assert json.loads(target.getvalue())["result"]["isError"]


@settings(max_examples=30, deadline=None)
@given(
    method=st.sampled_from(
        ["initialize", "tools/call", "resources/list", "resources/read", "tools/list", "server/discover"]
    ),
    params=st.dictionaries(
        st.sampled_from(["name", "arguments", "uri", "cursor", "_meta", "protocolVersion"]),
        st.none()
        | st.integers()
        | st.text(max_size=8)
        | st.sampled_from(["search_library", "read_document", META])
        | st.dictionaries(
            st.sampled_from(["query", "document_id", "start", "limit", "kinds", "since"]),
            st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=2),
        ),
    ),
)
def test_whatever_is_asked_gets_one_answer(tmp_path_factory: Any, method: str, params: dict[str, object]) -> None:
    (answer,) = spoken(tmp_path_factory.mktemp("house"), raw(id=9, method=method, params=params))
    assert answer["id"] == 9
    assert ("result" in answer) != ("error" in answer)
    assert answer.get("error", {}).get("code") != protocol.INTERNAL_ERROR
