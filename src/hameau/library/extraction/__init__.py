"""From a file that a stranger made to its text, at arm's length.

- :class:`SandboxedExtractor`: the extractor; plain text is decoded in place, everything else goes to a locked-in worker

The way of a file: ``pool`` has it opened (``opening``) and asks ``kinds`` what it is; ``plain`` and ``decoding`` read text;
for the rest ``process`` starts ``cell``, which closes the doors (``sandbox``, and ``calls`` for the system calls) and runs
``worker``, whose one writable file is ``scrap`` and whose answer goes through ``trust``; there ``reading`` chooses among ``pdf``,
``office``, ``opendocument``, ``hypertext``, ``mail`` and ``engine`` (kreuzberg, and Tesseract inside it), and ``structure``
writes the text. ``wire`` is what the two processes say to each other, ``reasons`` why a file could not be read, ``ocr`` where
Tesseract's languages lie.
"""

from hameau.library.extraction.pool import SandboxedExtractor

__all__ = ["SandboxedExtractor"]
