"""The Model Context Protocol at ``/mcp``, and over standard streams: assistants of others read this library.

Our own half of the protocol, and no more of it than a library needs (decision 19): three tools, and the documents as
resources.

- ``protocol``: messages and revisions; ``methods``: from parameters to results; ``tools``, ``resources``: what is served
- ``desk``, ``telling``: what a tool is, and how passages and answers are told
- ``http``, ``streams``: the two ways in
"""

from hameau.server.mcp.http import ENDPOINTS
from hameau.server.mcp.streams import serve_streams

__all__ = ["ENDPOINTS", "serve_streams"]
