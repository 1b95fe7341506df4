"""The library: documents one can search, cut into passages that know where they stand.

- :class:`Library`: sources, documents, passages, search, and the writing half that the indexer uses
- nouns: :class:`Source`, :class:`Document`, :class:`Passage`, :class:`Locator`, :class:`SearchResult`, :class:`LibraryStatus`…
- :class:`Indexer`: keeps it all in line with the sources, in the background; :class:`Progress` says how far it is
- ports: :class:`SourceAdapter` lists what a source holds, :class:`Extractor` reads a file
- :func:`sentences`, :func:`terms`, :func:`query_terms`, :func:`fold`: how the library reads a text, for those who quote it

The way of a file: a source lists it, an extractor reads it, ``passages.py`` cuts it, ``analysis.py`` makes its terms,
``intake.py`` writes it all at once, ``search.py`` finds it by its words (the text index) and its meaning (``vectors.py``),
put together by ``fusion.py``.
"""

from hameau.library.analysis import fold, query_terms, terms
from hameau.library.fusion import WEIGHTS, Weights
from hameau.library.indexer import Indexer
from hameau.library.language import detect as detect_language
from hameau.library.library import HOME, Library
from hameau.library.passages import embedding_text
from hameau.library.ports import Extractor, Item, PartlyUnavailable, SourceAdapter, SourceContext
from hameau.library.progress import Progress, SourceProgress
from hameau.library.sentences import sentences
from hameau.library.types import (
    Document,
    DocumentState,
    EmbeddingTask,
    Extracted,
    KnownDocument,
    LibraryStatus,
    Locator,
    PageSpan,
    Passage,
    SearchResult,
    SearchResults,
    Source,
    SourceState,
)

__all__ = [
    "HOME",
    "WEIGHTS",
    "Document",
    "DocumentState",
    "EmbeddingTask",
    "Extracted",
    "Extractor",
    "Indexer",
    "Item",
    "KnownDocument",
    "Library",
    "LibraryStatus",
    "Locator",
    "PageSpan",
    "PartlyUnavailable",
    "Passage",
    "Progress",
    "SearchResult",
    "SearchResults",
    "Source",
    "SourceAdapter",
    "SourceContext",
    "SourceProgress",
    "SourceState",
    "Weights",
    "detect_language",
    "embedding_text",
    "fold",
    "query_terms",
    "sentences",
    "terms",
]
