"""Hameau: sovereign local AI. Ask your own documents, on your own machine.

The rooms, from the street down to the cellar: ``cli``, ``server``, ``hub``, ``assistant``, ``library``, ``models``,
``storage``, ``perimeter``, ``kit``. ``docs/architecture.md`` is the map.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
