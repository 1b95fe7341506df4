"""The native HTTP API: one file a subject, each with its ``ENDPOINTS``; :data:`ENDPOINTS` is all of them."""

from hameau.server.api import (
    ask,
    chat,
    connecting,
    conversations,
    documents,
    feeds,
    health,
    journal,
    keys,
    models,
    perimeter,
    search,
    settings,
    sources,
    web,
)

ENDPOINTS = (
    *health.ENDPOINTS,
    *connecting.ENDPOINTS,
    *feeds.ENDPOINTS,
    *sources.ENDPOINTS,
    *search.ENDPOINTS,
    *web.ENDPOINTS,
    *ask.ENDPOINTS,
    *chat.ENDPOINTS,
    *documents.ENDPOINTS,
    *conversations.ENDPOINTS,
    *models.ENDPOINTS,
    *settings.ENDPOINTS,
    *perimeter.ENDPOINTS,
    *journal.ENDPOINTS,
    *keys.ENDPOINTS,
)

__all__ = ["ENDPOINTS"]
