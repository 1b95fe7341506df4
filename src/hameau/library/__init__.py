"""The library: documents one can search, cut into passages that know where they stand.

- :class:`Library`: sources, documents, passages, search, and the writing half that the indexer uses
- nouns: :class:`Source`, :class:`Document`, :class:`Passage`, :class:`Locator`, :class:`SearchResult`, :class:`LibraryStatus`…
- :class:`Indexer`: keeps it all in line with the sources, in the background; :class:`Progress` says how far it is
- :func:`erase_soon`: asks for the last bytes of what is deleted to go (``erasing.py``)
- :class:`Jobs`: what the background work has yet to do, each :class:`Job` a row of the database
- :func:`disagreements`, :func:`mend`: whether what is stored agrees with itself, and what puts it right
- :class:`Archives`: encyclopedias, asked at each search instead of read; their pages are an :class:`Article` of data
- ports: :class:`SourceAdapter` lists what a source holds, :class:`Extractor` reads a file; a :class:`FollowedSource` says by its
  :class:`Watcher` what changes
- :class:`Planet`: what the feeds of a space brought, in the order of time
- :func:`bound`: what a person gave to narrow a search becomes a :class:`Filter`; :func:`said` tells it in words
- :func:`sentences`, :func:`terms`, :func:`query_terms`, :func:`fold`: how the library reads a text, for those who quote it

The way of a file: a source lists it, an extractor reads it, ``passages.py`` cuts it, ``analysis.py`` makes its terms,
``intake.py`` writes it all at once, ``search.py`` finds it by its words (``textindex.py``) and its meaning (``vectors.py``), put
together by ``fusion.py`` and looked at closely by ``rerank.py``, within what ``understanding.py`` reads in the question.
"""

from hameau.library.analysis import fold, query_terms, terms
from hameau.library.archives import (
    About,
    ArchiveFacts,
    Archives,
    Article,
    Block,
    Named,
    Run,
    Thing,
    Written,
    write_archive,
)
from hameau.library.bounds import bound, said
from hameau.library.enclosures import Enclosed
from hameau.library.erasing import erase_soon
from hameau.library.fusion import WEIGHTS, Weights
from hameau.library.health import disagreements, mend
from hameau.library.indexer import Indexer
from hameau.library.jobs import Job, Jobs
from hameau.library.language import detect as detect_language
from hameau.library.library import Library
from hameau.library.passages import embedding_text
from hameau.library.passages import passages as cut
from hameau.library.planet import News, Planet, PlanetFeed, PlanetPage
from hameau.library.ports import (
    BatchSource,
    Changes,
    Content,
    Extractor,
    FollowedSource,
    Item,
    Kept,
    Later,
    Memory,
    NamedSource,
    OutwardSource,
    Parser,
    PartlyUnavailable,
    Reach,
    Secrets,
    SourceAdapter,
    SourceContext,
    WatchedSource,
    Watcher,
)
from hameau.library.progress import Progress, SourceProgress
from hameau.library.secrets import SourceSecrets
from hameau.library.sentences import sentences
from hameau.library.shelves import HOME
from hameau.library.types import (
    KINDS,
    Aside,
    Copy,
    Document,
    DocumentState,
    EmbeddingTask,
    Extracted,
    Filter,
    KnownDocument,
    LibraryStatus,
    Link,
    Links,
    Locator,
    Origin,
    PageSpan,
    Part,
    Passage,
    SearchResult,
    SearchResults,
    Source,
    SourceState,
    Span,
    Understood,
)
from hameau.library.understanding import understand

__all__ = [
    "HOME",
    "KINDS",
    "WEIGHTS",
    "About",
    "ArchiveFacts",
    "Archives",
    "Article",
    "Aside",
    "BatchSource",
    "Block",
    "Changes",
    "Content",
    "Copy",
    "Document",
    "DocumentState",
    "EmbeddingTask",
    "Enclosed",
    "Extracted",
    "Extractor",
    "Filter",
    "FollowedSource",
    "Indexer",
    "Item",
    "Job",
    "Jobs",
    "Kept",
    "KnownDocument",
    "Later",
    "Library",
    "LibraryStatus",
    "Link",
    "Links",
    "Locator",
    "Memory",
    "Named",
    "NamedSource",
    "News",
    "Origin",
    "OutwardSource",
    "PageSpan",
    "Parser",
    "Part",
    "PartlyUnavailable",
    "Passage",
    "Planet",
    "PlanetFeed",
    "PlanetPage",
    "Progress",
    "Reach",
    "Run",
    "SearchResult",
    "SearchResults",
    "Secrets",
    "Source",
    "SourceAdapter",
    "SourceContext",
    "SourceProgress",
    "SourceSecrets",
    "SourceState",
    "Span",
    "Thing",
    "Understood",
    "WatchedSource",
    "Watcher",
    "Weights",
    "Written",
    "bound",
    "cut",
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
    "understand",
    "write_archive",
]
