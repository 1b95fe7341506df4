"""Forms: what strangers wrote and a program wants to understand, not a person to read. Runs inside the worker.

Each form is a function from bytes to a structure that ``msgspec`` writes as JSON; who asked decodes it into its own types.
"""

from hameau.library.extraction.forms.desk import told

__all__ = ["told"]
