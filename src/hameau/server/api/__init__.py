"""The native HTTP API: one file a subject, each with its ``ENDPOINTS``; :data:`ENDPOINTS` is all of them."""

from hameau.server.api import (
    ask,
    chat,
    conversations,
    documents,
    health,
    journal,
    keys,
    models,
    perimeter,
    search,
    settings,
    sources,
)

ENDPOINTS = (
    *health.ENDPOINTS,
    *sources.ENDPOINTS,
    *search.ENDPOINTS,
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
