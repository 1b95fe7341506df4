"""Rows of the database to nouns of the room."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hameau.library.types import Document, KnownDocument, Locator, Passage, SearchResult, Source
from hameau.storage import Row


def source(row: Row) -> Source:
    return Source(
        id=row["id"],
        space=row["space"],
        kind=row["kind"],
        uri=row["uri"],
        title=row["title"],
        state=row["state"],
        created_at=row["created_at"],
        synced_at=row["synced_at"],
        error=row["error"],
        hint=row["error_hint"],
        fields=json.loads(row["error_fields"]),
        settings=json.loads(row["settings"]),
        documents=row["documents"],
        failed=row["failed"],
        mounts=tuple(json.loads(row["mounts"])),
        paused_at=row["paused_at"],
    )


def document(row: Row) -> Document:
    return Document(
        id=row["id"],
        source_id=row["source_id"],
        space=row["space"],
        uri=row["uri"],
        title=row["title"],
        state=row["state"],
        media_type=row["media_type"],
        language=row["language"],
        size=row["size"],
        modified_at=row["modified_at"],
        content_hash=row["content_hash"],
        pages=row["pages"],
        passages=row["passages"],
        reason=row["reason"],
        hint=row["hint"],
        fields=json.loads(row["reason_fields"]) if row["reason_fields"] != "{}" else {},
        kind=row["kind"],
        dated_at=row["dated_at"],
        authors=row["authors"],
        parent_id=row["parent_id"],
        link=row["link"],
        thread=row["thread"],
    )


def known(row: Row) -> KnownDocument:
    return KnownDocument(row["id"], row["uri"], row["state"], row["fingerprint"], row["content_hash"], row["size"])


def locator(row: Row) -> Locator:
    start = row["start"]
    return Locator(start, start + len(row["text"]), row["page"], tuple(json.loads(row["heading"])))


def passage(row: Row) -> Passage:
    return Passage(row["id"], row["document_id"], row["ordinal"], row["text"], locator(row))


def result(row: Row, score: float, similarity: float | None) -> SearchResult:
    return SearchResult(
        passage_id=row["id"],
        document_id=row["document_id"],
        title=row["title"],
        uri=row["uri"],
        text=row["text"],
        locator=locator(row),
        score=score,
        similarity=similarity,
        kind=row["kind"],
        dated_at=row["dated_at"],
    )


def fields(values: Mapping[str, object]) -> str:
    """The fields of a message as JSON; what JSON does not know becomes text."""
    return json.dumps(dict(values), ensure_ascii=False, default=str)
