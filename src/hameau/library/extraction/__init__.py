"""From a file that a stranger made to its text, at arm's length.

- :class:`SandboxedExtractor`: the extractor; plain text is decoded in place, everything else goes to a locked-in worker
- :class:`Outlines`: what the form ``opml`` tells of a list of feeds

The way of a file: ``pool`` has it opened (``opening``) and asks ``kinds`` what it is; ``plain`` (``vault``) and ``decoding``
read text; for the rest ``process`` starts ``cell``, which closes the doors (``sandbox``, and ``calls`` for the system calls)
and runs ``worker``, whose one writable file is ``scrap`` and whose answer goes through ``trust``. There ``reading`` chooses:

- ``pdf``, ``pictures``, ``office`` (with ``engine``, which is kreuzberg with Tesseract inside, and ``tree``, its documents),
  ``opendocument``, ``notes``, ``outlook``, ``book``, ``hypertext``, ``mail`` (``quoting`` finds its own words)
- ``calendar`` (``moments``, ``zones``, ``recurrence``), ``contacts``, both over ``contentlines``; ``chats``,
  ``chat_structures`` and ``chat_archives`` (``conversation``, ``spoken_dates``); ``bookmarks`` (``lz4block``), ``joplin``
  (``joplin_items``): what other programs export, told by ``marks``, each thing in it a document of its own (``gathering``);
  ``days`` has the French words
- ``archives`` (``sevenzip``, ``sevenheader``, ``bounded``), whose files come back to ``reading`` as ``members``

``context`` is what they share and may spend, ``limits`` every bound, ``structure`` and ``tables`` write the text, ``tags``
reads those of hypertext, ``properties`` dates and authors. ``wire`` is what the two processes say to each other, ``reasons``
why a file could not be read, ``ocr`` where Tesseract's languages lie.
"""

from hameau.library.extraction.forms.feed_shape import Outline, Outlines
from hameau.library.extraction.pool import SandboxedExtractor

__all__ = ["Outline", "Outlines", "SandboxedExtractor"]
