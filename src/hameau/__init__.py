"""Hameau: sovereign local AI. Ask your own documents, on your own machine.

The rooms, from the street down to the cellar: ``cli``, ``server``, ``hub``, ``assistant``, ``library``, ``models``,
``storage``, ``perimeter``, ``kit``. ``docs/architecture.md`` is the map.
"""

import os

# Before anything imports numpy: its linear algebra would keep threads of its own spinning on the cores that the embedder
# and the chat model use. Embedding a question took 34 ms beside them and takes 12 ms without; a scan of all vectors is
# bound by memory and loses nothing.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
__all__ = ["__version__"]
