"""The room that speaks HTTP: the native API, and the pages. The only room that knows the web framework.

- :func:`create_app`: the ASGI application over a hub (what it needs of one stands in ``ports.py``)
- :func:`serve`: runs it until it is told to stop
- :func:`serve_streams`: the Model Context Protocol over standard streams

A request passes ``doors`` (is it ours?), becomes a ``call`` (house, language), and reaches an ``endpoint`` of ``api/`` or a
page of ``pages/``. ``shapes`` bounds what comes in, ``errors`` is the one table from errors to statuses, ``openapi`` is made
from the endpoints, ``events`` streams answers and stops them when the reader leaves, ``assets`` are the files beside pages.
"""

from hameau.server.app import create_app
from hameau.server.doors import Address
from hameau.server.mcp import serve_streams
from hameau.server.ports import House
from hameau.server.run import serve

__all__ = ["Address", "House", "create_app", "serve", "serve_streams"]
