"""The library: documents one can search, cut into passages that know where they stand.

- :class:`Library`: sources, documents, passages, search, and the writing half that the indexer uses
- nouns: :class:`Source`, :class:`Document`, :class:`Passage`, :class:`Locator`, :class:`SearchResult`, :class:`LibraryStatus`…
- :class:`Indexer`: keeps it all in line with the sources, in the background; :class:`Progress` says how far it is
- :func:`erase_soon`: asks for the last bytes of what is deleted to go (``erasing.py``)
- :class:`Jobs`: what the background work has yet to do, each :class:`Job` a row of the database
- :func:`disagreements`, :func:`mend`: whether what is stored agrees with itself, and what puts it right
- ports: :class:`SourceAdapter` lists what a source holds, :class:`Extractor` reads a file; a :class:`FollowedSource` says by its
  :class:`Watcher` what changes
- :func:`bound`: what a person gave to narrow a search becomes a :class:`Filter`; :func:`said` tells it in words
- :func:`sentences`, :func:`terms`, :func:`query_terms`, :func:`fold`: how the library reads a text, for those who quote it

The way of a file: a source lists it, an extractor reads it, ``passages.py`` cuts it, ``analysis.py`` makes its terms,
``intake.py`` writes it all at once, ``search.py`` finds it by its words (``textindex.py``) and its meaning (``vectors.py``), put
together by ``fusion.py`` and looked at closely by ``rerank.py``, within what ``understanding.py`` reads in the question.
"""

from hameau.library.analysis import fold, query_terms, terms
from hameau.library.bounds import bound, said
from hameau.library.erasing import erase_soon
from hameau.library.fusion import WEIGHTS, Weights
from hameau.library.health import disagreements, mend
from hameau.library.indexer import Indexer
from hameau.library.jobs import Job, Jobs
from hameau.library.language import detect as detect_language
from hameau.library.library import HOME, Library
from hameau.library.passages import embedding_text
from hameau.library.ports import (
    Changes,
    Extractor,
    FollowedSource,
    Item,
    PartlyUnavailable,
    SourceAdapter,
    SourceContext,
    Watcher,
)
from hameau.library.progress import Progress, SourceProgress
from hameau.library.sentences import sentences
from hameau.library.types import (
    KINDS,
    Copy,
    Document,
    DocumentState,
    EmbeddingTask,
    Extracted,
    Filter,
    KnownDocument,
    LibraryStatus,
    Locator,
    PageSpan,
    Passage,
    SearchResult,
    SearchResults,
    Source,
    SourceState,
    Understood,
)

__all__ = [
    "HOME",
    "KINDS",
    "WEIGHTS",
    "Changes",
    "Copy",
    "Document",
    "DocumentState",
    "EmbeddingTask",
    "Extracted",
    "Extractor",
    "Filter",
    "FollowedSource",
    "Indexer",
    "Item",
    "Job",
    "Jobs",
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
    "Understood",
    "Watcher",
    "Weights",
    "bound",
    "detect_language",
    "disagreements",
    "embedding_text",
    "erase_soon",
    "fold",
    "mend",
    "query_terms",
    "said",
    "sentences",
    "terms",
]
