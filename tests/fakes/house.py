"""A whole house in memory: a library, an assistant that knows its answers, models that arrive at once. For the server's tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from fakes.archives import ArchivesInMemory
from fakes.connecting import Elsewhere, FeedsInMemory, LoginsInMemory, PlanetInMemory
from fakes.keys import KeysInMemory
from fakes.speakers import WHEN, ModelsInMemory, ServicesInMemory
from fakes.web import WebInMemory, asked_web
from hameau.assistant import (
    Answer,
    AnswerEvent,
    BestSentence,
    Citation,
    Conversation,
    Done,
    EvidenceFound,
    Question,
    Sentence,
    SentenceChecked,
    TokenSaid,
    Turn,
    WebFound,
    WebUsed,
)
from hameau.hub import NO_KEYRING, Connecting, Keyring, Settings
from hameau.kit import BadInput, NotEnough, NotFound, Refused
from hameau.library import (
    Aside,
    Document,
    DocumentState,
    Filter,
    LibraryStatus,
    Links,
    Locator,
    Passage,
    SearchResult,
    SearchResults,
    Source,
    Understood,
)
from hameau.models import Cancel, Chunk, Usage
from hameau.perimeter import Perimeter, Protection

DOUBT = "“{missing}” does not stand in the sources."


class LibraryInMemory:
    """Passages are paragraphs, search is the count of shared words."""

    def __init__(self) -> None:
        self.kept_sources: dict[str, Source] = {}
        self.kept: dict[int, Document] = {}
        self.texts: dict[int, str] = {}
        self.gone = 0
        self.aside: dict[int, list[Aside]] = {}
        self.pointing: dict[int, Links] = {}
        self.synced: list[str] = []
        self.out: dict[str, int] = {}
        self.state = LibraryStatus(0, 0, 0, 0, 0)

    def put(self, source_id: str, title: str, text: str, **more: object) -> int:
        """Adds a document; its id."""
        number = len(self.kept) + 1
        uri = f"{self.kept_sources[source_id].uri}/{title}"
        document = Document(number, source_id, "home", uri, title, "indexed", size=len(text.encode()), modified_at=WHEN)
        self.kept[number] = replace(document, **more)  # type: ignore[arg-type]
        self.texts[number] = text
        return number

    def search(
        self,
        query: str,
        *,
        limit: int = 20,
        space: str = "home",
        source_id: str | None = None,
        document_id: int | None = None,
    ) -> SearchResults:
        if not query.strip():
            raise BadInput("The search is empty.", hint="Write what you look for.")
        wanted = set(query.lower().split())
        found = []
        for document in self.kept.values():
            if document.space != space or document.state != "indexed":
                continue
            if (source_id or document.source_id) != document.source_id or (document_id or document.id) != document.id:
                continue
            scored = (
                (one, len(wanted & set(one.text.lower().replace(".", "").split())))
                for one in self.passages(document.id)
            )
            found.extend(self.result(passage, float(score)) for passage, score in scored if score)
        found.sort(key=lambda result: -result.score)
        return SearchResults(query, 1.5, tuple(found[:limit]))

    def result(self, passage: Passage, score: float) -> SearchResult:
        document = self.kept[passage.document_id]
        return SearchResult(passage.id, document.id, document.title, document.uri, passage.text, passage.locator, score)

    def add_source(
        self, kind: str, uri: str, *, space: str = "home", title: str = "", settings: Mapping[str, object] | None = None
    ) -> Source:
        if space != "home":
            raise NotFound("There is no space {space}.", hint="See the list of spaces.", space=space)
        for known in self.kept_sources.values():
            if (known.kind, known.uri) == (kind, uri):
                return known
        if kind == "folder" and not uri.startswith("/"):
            raise BadInput("{uri} is not a folder.", hint="Give a whole path.", uri=uri)
        number = f"source_{len(self.kept_sources) + 1 + self.gone}"
        source = Source(
            number, space, kind, uri, title or uri.rpartition("/")[2], "ready", WHEN, settings=settings or {}
        )
        self.kept_sources[number] = source
        return source

    def sources(self, space: str = "home") -> list[Source]:
        return [self._counted(one) for one in self.kept_sources.values() if one.space == space]

    def _counted(self, source: Source) -> Source:
        mine = [one for one in self.kept.values() if one.source_id == source.id]
        return replace(source, documents=len(mine), failed=sum(one.state == "failed" for one in mine))

    def source(self, source_id: str) -> Source:
        if source_id not in self.kept_sources:
            raise NotFound("There is no such source.", hint="See the list of sources.")
        return self._counted(self.kept_sources[source_id])

    def source_ids(self) -> list[str]:
        return list(self.kept_sources)

    def change_source(self, source_id: str, *, settings: Mapping[str, object]) -> Source:
        self.kept_sources[source_id] = replace(self.source(source_id), settings=settings)
        return self.source(source_id)

    def pause_source(self, source_id: str) -> None:
        self.kept_sources[source_id] = replace(self.source(source_id), paused_at=WHEN)

    def resume_source(self, source_id: str) -> None:
        self.kept_sources[source_id] = replace(self.source(source_id), paused_at="")

    def remove_source(self, source_id: str) -> None:
        self.source(source_id)
        self.gone += 1
        del self.kept_sources[source_id]
        self.kept = {number: one for number, one in self.kept.items() if one.source_id != source_id}

    def forget(self, document_id: int) -> list[str]:
        gone = self.document(document_id)
        del self.kept[document_id]
        self.out[gone.source_id] = self.out.get(gone.source_id, 0) + 1
        return [one.uri for one in self.kept.values() if one.content_hash and one.content_hash == gone.content_hash]

    def kept_out(self, source_id: str) -> int:
        return self.out.get(source_id, 0)

    def let_back(self, source_id: str) -> int:
        self.request_sync(source_id)
        return self.out.pop(source_id, 0)

    def request_sync(self, source_id: str) -> None:
        self.synced.append(self.source(source_id).id)

    def documents(
        self,
        source_id: str | None = None,
        *,
        space: str | None = "home",
        state: DocumentState | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Document]:
        found = [
            one
            for one in self.kept.values()
            if one.space == space and source_id in (None, one.source_id) and state in (None, one.state)
        ]
        return found[offset : offset + limit]

    def document(self, document_id: int) -> Document:
        if document_id not in self.kept:
            raise NotFound("There is no such document.", hint="Search for it in the library.")
        return self.kept[document_id]

    def text(self, document_id: int) -> str:
        self.document(document_id)
        return self.texts[document_id]

    def passages(self, document_id: int) -> list[Passage]:
        text, made, start = self.text(document_id), [], 0
        for ordinal, paragraph in enumerate(text.split("\n\n")):
            end = min(len(text), start + len(paragraph) + 2)
            locator = Locator(start, end, page=ordinal // 4 + 1, heading=("Statuts",))
            made.append(Passage(document_id * 1000 + ordinal, document_id, ordinal, text[start:end], locator))
            start = end
        return made

    def asides(self, document_id: int) -> list[Aside]:
        return self.aside.get(document_id, [])

    def parts(self, document_id: int) -> list[Document]:
        return [one for one in self.kept.values() if one.parent_id == document_id]

    def thread(self, document_id: int) -> list[Document]:
        thread = self.document(document_id).thread
        return [one for one in self.kept.values() if thread and one.thread == thread]

    def links(self, document_id: int) -> Links:
        self.document(document_id)
        return self.pointing.get(document_id, Links())

    def passage(self, passage_id: int) -> Passage:
        return self.passages(passage_id // 1000)[passage_id % 1000]

    def status(self, space: str = "home") -> LibraryStatus:
        mine = [one for one in self.kept.values() if one.space == space]
        return replace(
            self.state,
            documents=len(mine),
            pending=sum(one.state == "pending" for one in mine),
            failed=sum(one.state == "failed" for one in mine),
        )

    def failures(self, space: str = "home") -> list[Document]:
        return [one for one in self.kept.values() if one.space == space and one.state == "failed"]


class AssistantOfScript:
    """Finds passages as the library does, quotes the first one, and adds a sentence that nothing supports."""

    def __init__(self, library: LibraryInMemory, web: WebInMemory | None = None) -> None:
        self.library = library
        self.web = web or WebInMemory()
        self.kept: dict[str, tuple[Conversation, list[Turn]]] = {}
        self.cancelled = threading.Event()
        """Set when an answer noticed that nobody waits for it any more."""
        self.full = False
        """Whether the disk is full: an answer is made, but can't be kept."""
        self.letter = ""
        """What a draft says, when a test wants one."""
        self.earlier: tuple[str, ...] = ()
        """The questions before the last one that was asked without being kept."""
        self.hold: Callable[[Cancel], None] = lambda cancel: None
        """Called between the evidence and the first word: a test makes the answer wait here."""

    def ask(self, question: Question, cancel: Cancel | None = None, language: str = "fr") -> Iterator[AnswerEvent]:
        stop = cancel or threading.Event()
        try:
            yield from self._steps(question, stop)
        finally:
            if stop.is_set():
                self.cancelled.set()

    def reply(
        self,
        question: Question,
        earlier: Sequence[str] = (),
        /,
        *,
        cancel: Cancel | None = None,
        language: str = "fr",
        heard: Callable[[Chunk], None] = lambda _: None,
    ) -> Iterator[AnswerEvent]:
        self.earlier = tuple(earlier)
        kept = dict(self.kept)
        for event in self.ask(question, cancel, language):
            if isinstance(event, Done):
                self.kept = kept
                heard(Chunk(finish="stop", usage=Usage(prompt_tokens=20, completion_tokens=9)))
                event = Done(replace(event.answer, conversation=""))
            yield event

    def _steps(self, question: Question, cancel: Cancel) -> Iterator[AnswerEvent]:
        words = question.text or "association"
        found = self.library.search(words, limit=5, document_id=question.document_id, source_id=question.source_id)
        yield EvidenceFound(found.results, found.took_ms, words)
        web: WebUsed | None = None
        outside: tuple[SearchResult, ...] = ()
        if question.web_query:
            steps = list(asked_web(self.web, question))
            yield from (WebFound(used) for used, _ in steps)
            web, outside = steps[-1]
            if outside:
                yield EvidenceFound((*found.results, *outside), found.took_ms, words)
        if not found.results:
            yield Done(self._keep(question, Answer("", False, (), (), "", nearest=self._nearest(), web=web)))
            return
        citation = self._cite(found.results[0])
        yield BestSentence(citation, 2.0)
        self.hold(cancel)
        if cancel.is_set():
            return
        said = (
            Sentence(citation.quote, (1,), True),
            Sentence("Il faut aussi 12 chevaux.", (), False, doubt=DOUBT, missing="12"),
        )
        for sentence in said:
            for word in sentence.text.split(" "):
                yield TokenSaid(word + " ")
            yield SentenceChecked(sentence, (citation,) if sentence.citations else ())
        text = self.letter or " ".join(one.text for one in said)
        cited = (citation,)
        if outside:
            of_web = replace(
                self._cite(outside[0]), number=2, quote=outside[0].text, origin="web", link=outside[0].link
            )
            verbatim = Sentence(of_web.quote, (2,), True, verbatim=True)
            yield SentenceChecked(verbatim, (of_web,))
            said, cited = (*said, verbatim), (citation, of_web)
        answer = Answer(
            text, True, said, cited, "petit-modele", evidence_ms=2.0, first_token_ms=90.0, total_ms=3210.0, web=web
        )
        if self.full:
            yield Done(answer)
            raise NotEnough("The disk is full.", hint="Free some space.")
        yield Done(self._keep(question, answer))

    def web_question(self, text: str, conversation: str | None = None, space: str = "home") -> str:
        return " ".join(text.split()).rstrip(" ?")

    def _nearest(self) -> tuple[SearchResult, ...]:
        return tuple(
            self.library.result(self.library.passages(number)[0], 0.1) for number in list(self.library.kept)[:1]
        )

    def _cite(self, result: SearchResult) -> Citation:
        quote = result.text.strip().split("\n")[-1]
        start = result.locator.start + result.text.index(quote)
        locator = replace(result.locator, start=start, end=start + len(quote))
        return Citation(1, result.passage_id, result.document_id, result.title, result.uri, quote, locator)

    def _keep(self, question: Question, answer: Answer) -> Answer:
        number = question.conversation or f"conversation_{len(self.kept) + 1}"
        first = Conversation(number, question.space, question.text[:60] or question.task, WHEN, WHEN, 0)
        conversation, turns = self.kept.get(number, (first, []))
        answer = replace(answer, conversation=number)
        turns = [*turns, Turn(f"turn_{len(turns) + 1}", WHEN, question, answer)]
        self.kept[number] = (replace(conversation, turns=len(turns)), turns)
        return answer

    def _one(self, conversation_id: str) -> tuple[Conversation, list[Turn]]:
        if conversation_id not in self.kept:
            raise NotFound("There is no such conversation.", hint="See the list of conversations.")
        return self.kept[conversation_id]

    def conversations(self, space: str = "home", search: str = "") -> list[Conversation]:
        return [one for one, _ in self.kept.values() if one.space == space and search.lower() in one.title.lower()]

    def conversation(self, conversation_id: str) -> Conversation:
        return self._one(conversation_id)[0]

    def turns(self, conversation_id: str) -> list[Turn]:
        return self._one(conversation_id)[1]

    def rename(self, conversation_id: str, title: str) -> None:
        conversation, turns = self._one(conversation_id)
        self.kept[conversation_id] = (replace(conversation, title=title), turns)

    def delete(self, conversation_id: str) -> None:
        self._one(conversation_id)
        del self.kept[conversation_id]

    def export(self, conversation_id: str, form: Literal["markdown", "json"] = "markdown", language: str = "fr") -> str:
        conversation, turns = self._one(conversation_id)
        if form == "json":
            return json.dumps({"title": conversation.title, "turns": len(turns)})
        return f"# {conversation.title}\n\n" + "\n\n".join(turn.answer.answer for turn in turns)


@dataclass
class HouseInMemory:
    """The hub's shape over the fakes of this file."""

    settings: Settings
    library: LibraryInMemory = field(default_factory=LibraryInMemory)
    models: ModelsInMemory = field(default_factory=ModelsInMemory)
    services: ServicesInMemory = field(default_factory=ServicesInMemory)
    keys: KeysInMemory = field(default_factory=KeysInMemory)
    assistant: AssistantOfScript = field(init=False)
    web: WebInMemory = field(default_factory=WebInMemory)
    archives: ArchivesInMemory = field(default_factory=ArchivesInMemory)
    keyring: Keyring = NO_KEYRING
    elsewhere: Elsewhere = field(init=False)
    """Other machines, and what was kept of their passwords."""
    perimeter: Perimeter = field(init=False)
    """The real one, on the home folder of the settings: it reaches nothing by itself."""

    def __post_init__(self) -> None:
        self.assistant = AssistantOfScript(self.library, self.web)
        self.perimeter = Perimeter(self.settings.home_path)
        self.elsewhere = Elsewhere(self.library, lambda: self.perimeter)

    @property
    def connecting(self) -> Connecting:
        return self.elsewhere.connecting

    @property
    def feeds(self) -> FeedsInMemory:
        return self.elsewhere.feeds

    @property
    def planet(self) -> PlanetInMemory:
        return PlanetInMemory(self.library)

    @property
    def logins(self) -> LoginsInMemory:
        return self.elsewhere.logins

    def write_back(self, source_id: str, name: str, text: str) -> str:
        source = self.library.source(source_id)
        if source.kind != "webdav":
            raise Refused("Nothing can be kept there.")
        self.elsewhere.written[name] = text
        return f"{source.uri}{name}"

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
        found = self.library.search(query, limit=limit, space=space, source_id=source_id, document_id=document_id)
        reading = Understood(query, only or Filter())
        if "courriels" in query and not everywhere:  # the in-memory house understands one word
            reading = replace(reading, only=replace(reading.only, kinds=frozenset({"mail"})))
        return replace(found, understood=reading)

    def forget(self, document_id: int) -> list[str]:
        return self.library.forget(document_id)

    def change_settings(self, *, chat_model: str) -> Settings:
        self.settings = replace(self.settings, chat_model=chat_model)
        return self.settings

    def add_source(
        self, kind: str, uri: str, *, space: str = "home", title: str = "", settings: Mapping[str, object] | None = None
    ) -> Source:
        return self.library.add_source(kind, uri, space=space, title=title, settings=settings)


STATUTES = """# Statuts de l'association Le Hameau

## Article 1 – Nom
Il est fondé une association appelée « Le Hameau des Tilleuls ».

## Article 2 – Cotisation
La cotisation annuelle est de 15 euros par foyer. Elle est due avant le 31 mars.

## Article 3 – Assemblée générale
L'assemblée générale se réunit une fois par an, au mois de mai. Elle est convoquée quinze jours avant par le président.

| Poste | Montant |
|---|---|
| Chauffage | 1 240 € |
| Assurance | 310 € |

Le four à pain est ouvert à tous les adhérents le premier dimanche du mois.

La clé est chez Mme Poulain, 3 rue du Lavoir."""


def furnished(home: Path, host: str = "127.0.0.1", port: int = 8484) -> HouseInMemory:
    """A house with a folder, three documents (one could not be read) and a model."""
    house = HouseInMemory(Settings(home=str(home), host=host, port=port, max_file_bytes=1_000_000))
    source = house.library.add_source("folder", "/home/jeanne/Association", title="Association")
    house.library.put(source.id, "Statuts.pdf", STATUTES, pages=2, language="fr", passages=7)
    house.library.put(source.id, "Chaudière.txt", "La chaudière se purge chaque automne.", language="fr", passages=1)
    reason = {
        "reason": "Le fichier est protégé par un mot de passe.",
        "hint": "Enregistrez une copie sans mot de passe.",
    }
    house.library.put(source.id, "Budget.xlsx", "", state="failed", **reason)
    house.models.add("petit-modele", lambda done, total: None)
    return house


def behind(house: HouseInMemory, protection: Protection) -> HouseInMemory:
    """``house`` as if ``protection`` had been found at the start."""

    class Behind(Perimeter):
        def protection(self) -> Protection:
            return protection

    house.perimeter = Behind(house.settings.home_path)
    return house
