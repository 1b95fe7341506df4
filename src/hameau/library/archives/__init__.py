"""Archives: encyclopedias and other ZIM files, asked through their own index instead of read into the library.

- :class:`Archives`: all of a house, each open in a process of its own (``process.py``, ``cell.py``, ``worker.py``)
- inside that process: ``opening.py`` (the only reader of the format), ``asking.py`` (which words are looked for together),
  ``choosing.py`` (the best passages of the best articles), ``markup.py`` (a page as data)
- outside: ``believing.py`` (what of its answers is believed), ``laying.py`` (where a block stands in the text)
- :func:`write_archive`: a ZIM file from documents (``writing.py``; ``binding.py`` is the process that writes)
"""

from hameau.library.archives.archives import Archives
from hameau.library.archives.types import ArchiveFacts, Article, Block, Named, Run, Thing
from hameau.library.archives.writing import About, Written, write_archive

__all__ = ["About", "ArchiveFacts", "Archives", "Article", "Block", "Named", "Run", "Thing", "Written", "write_archive"]
