"""The official Python client of the Model Context Protocol: what it can do here. Each check is a real call."""

from __future__ import annotations

import inspect
from importlib.metadata import version
from pathlib import Path

import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError

from acceptance.clients.conftest import Served
from acceptance.clients.recorder import Checks, Section

CHECKS = Checks()
QUESTION = "Combien coûte la cotisation annuelle du four à pain ?"
TITLE = "Règlement intérieur du four à pain"


@CHECKS.serves("list_tools")
async def three_tools(client: Client, served: Served) -> None:
    tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == {"search_library", "read_document", "ask_library"}
    assert all(tool.annotations and tool.annotations.read_only_hint and tool.output_schema for tool in tools)


@CHECKS.serves("call_tool")
async def a_passage_is_found_and_its_document_read(client: Client, served: Served) -> None:
    found = await client.call_tool("search_library", {"query": "cotisation annuelle"})
    first = found.structured_content["results"][0]
    assert "15 euros" in first["text"]
    read = await client.call_tool("read_document", {"document_id": first["document_id"]})
    assert read.structured_content["text"].startswith(f"# {TITLE}")


@CHECKS.serves("call_tool")
async def a_question_is_answered_with_its_source(client: Client, served: Served) -> None:
    heard: list[float] = []

    async def told(done: float, total: float | None, text: str | None) -> None:
        heard.append(done)

    asked = await client.call_tool("ask_library", {"question": QUESTION}, progress_callback=told)
    data = asked.structured_content
    assert data["answered"]
    assert data["model"]
    assert "15" in data["answer"]
    assert data["citations"][0]["title"] == TITLE
    assert heard == sorted(heard)
    assert heard


@CHECKS.serves("call_tool")
async def what_the_documents_do_not_say_is_not_invented(client: Client, served: Served) -> None:
    asked = await client.call_tool("ask_library", {"question": "Quelle est la vitesse du train pour Limoges ?"})
    assert not asked.is_error
    assert not asked.structured_content["answered"]


@CHECKS.serves("call_tool")
async def a_wrong_call_is_told_in_words(client: Client, served: Served) -> None:
    wrong = await client.call_tool("search_library", {"question": "x"})
    assert wrong.is_error
    assert wrong.content[0].text
    with pytest.raises(MCPError, match="no tool"):
        await client.call_tool("delete_everything", {})


@CHECKS.serves("list_resources")
async def documents_are_listed(client: Client, served: Served) -> None:
    assert TITLE in {one.title for one in (await client.list_resources()).resources}


@CHECKS.serves("list_resource_templates")
async def addresses_are_described(client: Client, served: Served) -> None:
    templates = (await client.list_resource_templates()).resource_templates
    assert {one.uri_template for one in templates} == {"hameau://documents/{id}{?start}", "hameau://passages/{id}"}


@CHECKS.serves("read_resource")
async def a_document_is_read(client: Client, served: Served) -> None:
    listed = (await client.list_resources()).resources
    read = await client.read_resource(listed[0].uri)
    assert read.contents[0].text  # type: ignore[union-attr]
    with pytest.raises(MCPError):
        await client.read_resource("file:///etc/passwd")


@CHECKS.serves("send_ping")
async def a_ping_is_answered(client: Client, served: Served) -> None:
    if client.protocol_version < "2026":
        with pytest.warns(MCPDeprecationWarning):
            await client.send_ping()


REASONS = {
    "complete": "Nothing to complete: tools take words, and documents have addresses from the list.",
    "get_prompt": "There are no prompts.",
    "list_prompts": "There are no prompts.",
    "listen": "Nothing is said unasked: no line stays open without a request.",
    "send_progress_notification": "Nobody here waits for the client.",
    "send_roots_list_changed": "The client's folders are its own affair.",
    "set_logging_level": "There is no log to send: it would tell of questions and documents.",
    "subscribe_resource": "Nothing is said unasked: no line stays open without a request.",
    "unsubscribe_resource": "Nothing is said unasked: no line stays open without a request.",
}
NOTES = {
    "call_tool": "`search_library`, `read_document`, `ask_library` (with progress, and stopped when it is cancelled)",
    "list_resources": "the documents, a hundred at a time",
    "read_resource": "a document or a passage",
    "send_ping": "up to 2025-11-25; later revisions have none",
}


def section(_: Path) -> Section:
    """The Python client, over HTTP and over standard streams."""
    methods = {name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")}
    return Section(
        title="Model Context Protocol, Python client",
        about=f"`mcp` {version('mcp')}, with `http://127.0.0.1:8484/mcp` or with `hameau mcp` over standard streams; each call in the "
        "revisions 2025-11-25 (handshake) and 2026-07-28 (each request stands alone).",
        methods=frozenset(methods),
        served=CHECKS.served(),
        reasons=REASONS,
        notes=NOTES,
    )
