"""The native HTTP API: one file a subject, each with its ``ENDPOINTS``; :data:`ENDPOINTS` is all of them."""

from hameau.server.api import (
    ask,
    conversations,
    documents,
    health,
    journal,
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
    *documents.ENDPOINTS,
    *conversations.ENDPOINTS,
    *models.ENDPOINTS,
    *settings.ENDPOINTS,
    *perimeter.ENDPOINTS,
    *journal.ENDPOINTS,
)

__all__ = ["ENDPOINTS"]
