"""Puts the parts together, each when it is first used. Here, and only here, stands which adapter fills which port."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from hameau.accounts import Keys
from hameau.assistant import Assistant, forget_in_answers
from hameau.hub.adapters import WritableSource, adapters
from hameau.hub.connecting import Connecting
from hameau.hub.feeds import Feeds
from hameau.hub.keyrings import NO_KEYRING, Keyring
from hameau.hub.locking import DATABASE, ready
from hameau.hub.logins import Logins
from hameau.hub.presence import Presence
from hameau.hub.scratch import Scratch
from hameau.hub.settings import Settings, change_settings, prepare_home, searxng_of
from hameau.hub.swap import finish, pending
from hameau.hub.trials import TrialSecrets
from hameau.hub.vault import Unlocking, Vault, vault_of
from hameau.kit import N_, HameauError, Refused
from hameau.kit import settings as setting_kinds
from hameau.library import (
    Archives,
    Filter,
    Indexer,
    Library,
    Planet,
    SearchResults,
    Source,
    SourceAdapter,
    SourceContext,
    SourceSecrets,
)
from hameau.library.extraction import SandboxedExtractor
from hameau.models import Gate, Models, Services, physical_cores
from hameau.models.engines import ENGINES
from hameau.perimeter import Kind, Perimeter
from hameau.storage import Database, alone
from hameau.websearch import WebSearch

Part = TypeVar("Part")

UPLOADS = "uploads"
"""Where files that a person hands over lie, by space: a source like any other."""
WEB_PAGE_SECONDS = 20
"""For reading one page of the web: a person waits, and may ask for others."""
_log = logging.getLogger(__name__)


class Hub:
    """The house of one home folder. Parts are built once, in any thread; :meth:`close` ends them in the right order."""

    def __init__(self, settings: Settings, unlocking: Unlocking | None = None, keyring: Keyring = NO_KEYRING) -> None:
        """``settings`` say where the home is, ``unlocking`` finds the key of an encrypted one when it is first needed,
        ``keyring`` is the desktop's.

        Raises ``Refused`` or ``BadInput`` when it can't be a home.
        """
        self.settings = settings
        self._unlocking = unlocking or Unlocking()
        self.keyring = keyring
        self.home: Path = settings.home_path
        prepare_home(self.home)
        if pending(self.home):  # a restore that was decided, and cut off
            with alone(self.home):
                finish(self.home)
        self.presence = Presence(self.home)
        self._scratch = Scratch(self.home)
        self.gate = Gate()
        self._lock = threading.RLock()
        self._parts: dict[str, Any] = {}

    @property
    def database(self) -> Database:
        """The one file."""
        return self._once("database", lambda: Database(self.home / DATABASE, self.key))

    @property
    def vault(self) -> Vault | None:
        """What wraps the key of an encrypted home; ``None`` for one in the clear."""
        return vault_of(self.home)

    @property
    def key(self) -> bytes | None:
        """The key of an encrypted home; ``None`` for one in the clear. Raises ``Refused`` when nothing opens it."""
        return self._once("key", lambda: ready(self.home, self._unlocking.key))

    def settle_in(self, before: str) -> None:
        """Brings a library that was restored up to date; files of the home are where the home is now, not ``before``."""
        self.library.rebase(before, str(self.home))

    @property
    def perimeter(self) -> Perimeter:
        """The border: what may leave, what holds it, and the journal."""
        return self._once("perimeter", lambda: Perimeter(self.home))

    @property
    def models(self) -> Models:
        """The catalogue, the installed models and the loaded engines."""
        return self._once(
            "models",
            lambda: Models(
                self.settings.models_path,
                ENGINES,
                gate=self.gate,
                border=self.perimeter,
                witness=self.perimeter,
                wanted=self.settings.chat_model,
                embedding=self.settings.embedding_model,
                threads=self.settings.threads,
                context=self.settings.context_tokens,
                parallel=self.settings.parallel_answers,
                budget=self.settings.models_memory_bytes,
                keep_alive=self.settings.keep_alive_seconds,
                services=self.services,
            ),
        )

    @property
    def services(self) -> Services:
        """The programs that run models for us, here or elsewhere."""
        return self._once("services", lambda: Services(lambda: self.database, self.perimeter, ENGINES.services))

    @property
    def keys(self) -> Keys:
        """The keys of programs."""
        return self._once("keys", lambda: Keys(lambda: self.database, self.perimeter))

    @property
    def library(self) -> Library:
        """What was read, and the search over it."""
        return self._once(
            "library",
            lambda: Library(
                self.database,
                self.models.embedder,
                embedder_by_id=self.models.embedder_by_id,
                notices=self._notices,
                witness=self.perimeter,
                forget_answers=forget_in_answers,
                asked=self.archives,
            ),
        )

    @property
    def archives(self) -> Archives:
        """Encyclopedias and other archives, asked where they lie."""
        return self._once("archives", lambda: Archives(self._source, scratch=self._scratch.folder()))

    def _source(self, source_id: str) -> Source:
        return self.library.source(source_id)

    @property
    def extractor(self) -> SandboxedExtractor:
        """Reads files that strangers made, in processes of their own."""
        return self._once(
            "extractor",
            lambda: SandboxedExtractor(
                workers=max(1, physical_cores() - 1),  # one core stays for whoever works on the machine meanwhile
                memory_bytes=self.settings.extraction_memory_bytes,
                seconds=self.settings.extraction_seconds,
                scratch=self._scratch.folder(),
            ),
        )

    @property
    def indexer(self) -> Indexer:
        """Brings the library up to date in the background."""
        return self._once("indexer", self._make_indexer)

    @property
    def adapters(self) -> Mapping[str, SourceAdapter]:
        """What reads each kind of source."""
        return self._once("adapters", self._make_adapters)

    @property
    def connecting(self) -> Connecting:
        """How sources come and go: proposed, allowed, tried, kept, paused, removed."""
        return self._once(
            "connecting",
            lambda: Connecting(
                lambda: self.database.transaction(durable=True),
                self.library,
                lambda: self.perimeter,
                lambda: self.adapters,
                self._kept_secrets,
                self._secrets,
                self.settings.max_file_bytes,
            ),
        )

    @property
    def feeds(self) -> Feeds:
        """Lists of feeds, taken over and handed out."""
        return self._once(
            "feeds",
            lambda: Feeds(self.connecting, self.library, self.extractor),
        )

    @property
    def planet(self) -> Planet:
        """What the feeds brought, in the order of time."""
        return self._once("planet", lambda: Planet(self.database))

    @property
    def logins(self) -> Logins:
        """Logins on a server's own page, that wait for the person."""
        return self._once("logins", lambda: Logins(self.connecting, lambda: self.perimeter))

    @property
    def assistant(self) -> Assistant:
        """Answers questions; keeps conversations."""
        return self._once(
            "assistant",
            lambda: Assistant(
                self.database,
                self.library,
                self.models,
                self.gate,
                self.perimeter,
                web=self.web,
                measures=self.models.embedder,
            ),
        )

    @property
    def web(self) -> WebSearch:
        """The web, asked through the SearXNG that a person chose."""
        return self._once(
            "web",
            lambda: WebSearch(
                self.perimeter,
                lambda: self._web_reader,
                lambda: searxng_of(self.home),
                lambda url: self.change_settings(searxng_url=url),
            ),
        )

    @property
    def _web_reader(self) -> SandboxedExtractor:
        """Reads pages for a person who waits: the other extractor stands still meanwhile."""
        return self._once(
            "web reader",
            lambda: SandboxedExtractor(
                workers=2,
                memory_bytes=self.settings.extraction_memory_bytes,
                seconds=min(self.settings.extraction_seconds, WEB_PAGE_SECONDS),
                scratch=self._scratch.folder() / "web",
            ),
        )

    def add_source(
        self, kind: str, uri: str, *, space: str = "home", title: str = "", settings: Mapping[str, object] | None = None
    ) -> Source:
        """A new source, checked by its adapter first; the one that is there already when it is known.

        Raises ``BadInput``, ``NotFound`` or ``Refused`` when it can't be one.
        """
        canonical = self.indexer.check(kind, uri, settings)
        return self.library.add_source(kind, canonical, space=space, title=title, settings=settings or {})

    def forget(self, document_id: int) -> tuple[str, ...]:
        """Forgets a document with every trace: see :meth:`Library.forget_document`, whose answer this is. A file that was
        handed over is Hameau's own and goes too; any other stays where it is, and is not read again. Raises ``NotFound``.
        """
        path = Path(self.library.document(document_id).uri)
        handed_over = path.is_relative_to(self.home.resolve() / UPLOADS)
        if handed_over:
            path.unlink(missing_ok=True)
        return self.library.forget_document(document_id, keep_out=not handed_over)

    def write_back(self, source_id: str, name: str, text: str) -> str:
        """Keeps ``text`` as a new file called ``name`` where the source is, because a person asked for it; its address.

        Nothing that is there is written over. Raises ``Refused`` for a source that nothing can be written to.
        """
        source = self.library.source(source_id)
        adapter = self.adapters.get(source.kind)
        if not isinstance(adapter, WritableSource):
            raise Refused(
                N_("Nothing can be kept in « {title} »."),
                hint=N_("Only a Nextcloud or another WebDAV storage takes a file."),
                title=source.title or source.uri,
            )
        uri = adapter.put(SourceContext(source, self.settings.max_file_bytes), name, text.encode())
        self.library.request_sync(source_id)
        return uri

    def search(
        self,
        query: str,
        *,
        limit: int = 20,
        space: str = "home",
        source_id: str | None = None,
        document_id: int | None = None,
        only: Filter | None = None,
        everywhere: bool = False,
    ) -> SearchResults:
        """Searches for a person who waits: background work stands aside meanwhile. See :meth:`Library.search`."""
        with self.gate.person():
            return self.library.search(
                query,
                limit=limit,
                space=space,
                source_id=source_id,
                document_id=document_id,
                only=only,
                everywhere=everywhere,
            )

    def change_settings(self, **changes: setting_kinds.Plain) -> Settings:
        """Keeps ``changes`` in the home's file and lets them hold at once. The address and the limits of a running server
        stay until it starts anew.

        Raises ``BadInput`` for a setting or a value that can't be.
        """
        with self._lock:
            self.settings = change_settings(self.settings, **changes)
            for name in sorted(changes):
                self.perimeter.record(Kind.SETTING_CHANGED, setting=name)
            if models := self._parts.get("models"):
                models.want(self.settings.chat_model)
                models.want_embedder(self.settings.embedding_model)
            return self.settings

    def start(self) -> None:
        """Begins the background work of a server: sources are followed from now on."""
        self.indexer.start()

    def warm(self, model_id: str | None = None) -> None:
        """Begins to load the chat model while a person still types. What goes wrong is told to whoever asks.

        Not worth it beside a search alone: that takes 50 ms, and 120 while a model loads.
        """
        models = self.models

        def load() -> None:
            try:
                models.generator(model_id)
            except HameauError as error:
                _log.info("the model was not loaded ahead: %s", error)

        threading.Thread(target=load, name="warm", daemon=True).start()

    def close(self) -> None:
        """Ends what was built, the last thing first. May be called twice."""
        with self._lock:
            parts, self._parts = self._parts, {}
        if indexer := parts.get("indexer"):
            indexer.stop()
        for adapter in parts.get("adapters", {}).values():
            if hang_up := getattr(adapter, "close", None):  # lines that rest between two looks
                hang_up()
        for name in ("archives", "extractor", "web reader", "models", "database"):
            if part := parts.get(name):
                part.close()
        if border := parts.get("perimeter"):
            border.journal.close()
        self._scratch.close()
        self.presence.release()

    def _notices(self) -> tuple[str, ...]:
        indexer = self._parts.get("indexer")
        return (*self.extractor.notices(), *(indexer.notices() if indexer else ()))

    @property
    def _kept_secrets(self) -> SourceSecrets:
        return self._once("kept secrets", lambda: SourceSecrets(self.database, self.keyring))

    @property
    def _secrets(self) -> TrialSecrets:
        return self._once("secrets", lambda: TrialSecrets(self._kept_secrets))

    def _make_adapters(self) -> Mapping[str, SourceAdapter]:
        scratch = self._scratch.folder()
        return adapters(self.home, scratch, self.perimeter.client, self._secrets, self.extractor, self.archives)

    def _make_indexer(self) -> Indexer:
        return Indexer(
            self.library,
            adapters=self.adapters,
            extractor=self.extractor,
            background_embedder=self.models.background_embedder,
            gate=self.gate,
            home=self.home,
            max_file_bytes=self.settings.max_file_bytes,
        )

    def _once(self, name: str, make: Callable[[], Part]) -> Part:
        with self._lock:
            if name not in self._parts:
                self._parts[name] = make()
            return cast(Part, self._parts[name])
