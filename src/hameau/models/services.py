"""Programs that run models for us, on this machine or elsewhere: connected by a person, each under a Connection of its own.

What a service had when it was last asked stands in the table, so that a list of models asks nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from hameau.kit import N_, BadInput, HameauError, Missing, NotFound, Unavailable, now
from hameau.models.ports import Doorkeeper, Embedder, Generator, MakesService, ServiceEngine
from hameau.models.types import InstalledModel, ModelCard, RemoteModel, Service, ServiceKind
from hameau.perimeter import Connection, Target, is_far, is_this_machine, target_of
from hameau.storage import Database, Queries, Row

_QUERIES = Queries(Path(__file__).with_name("services.sql"))
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}")
_KINDS: tuple[ServiceKind, ...] = ("ollama", "openai")
_LONGEST_NAME = 200
_LONGEST_SECRET = 4096
_CONTEXT = 8192
"""Tokens that are asked of a service which lets us choose, and has room for more: as much as our own models have."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A service that could be connected, as a person sees it before the yes."""

    service: Service
    connection: Connection
    """What the yes allows. Its ``why`` says what is sent."""
    kinds: tuple[ServiceKind, ...]
    """What it may be, the likelier first."""
    near: bool
    """Whether it is a program of this very machine."""


class Services:
    """The services of one home. Thread-safe; what another process connects is seen at once."""

    def __init__(
        self, database: Callable[[], Database], border: Doorkeeper, engines: Mapping[ServiceKind, MakesService]
    ) -> None:
        self._database = database
        self._border = border
        self._engines = engines

    def all(self) -> tuple[Service, ...]:
        """Every service, by name. Their keys are in it: never show one as it is."""
        return tuple(_service(row) for row in self._rows())

    def find(self, service_id: str) -> Service:
        """The service of that name. Raises :class:`NotFound`."""
        return _service(self._row(service_id))

    def models(self) -> tuple[InstalledModel, ...]:
        """What the services had when they were last asked. Asks nobody."""
        return tuple(_installed(_service(row), model) for row in self._rows() for model in _models(row))

    def host(self, service_id: str) -> str:
        """Where a service runs, for a person: host and port."""
        return urlsplit(self.find(service_id).url).netloc

    def generator(self, model: InstalledModel, context: int = 0) -> Generator:
        """A chat model of a service; asks nobody anything before the first stream. Raises :class:`NotFound`."""
        service, remote = self._there(model)
        return self._engine(service).generator(model.card, remote, context)

    def embedder(self, model: InstalledModel) -> Embedder:
        """An embedder of a service; asks nobody anything before the first text. Raises :class:`NotFound`."""
        service, remote = self._there(model)
        if remote.kind != "embedding":
            raise BadInput(N_("{model} is not a model that makes vectors."), model=model.card.title)
        return self._engine(service).embedder(remote)

    def propose(
        self, url: str, who: str, *, name: str = "", kind: str = "", secret: str = "", local: bool = False
    ) -> Proposal:
        """What ``who`` would allow by connecting ``url``. ``kind`` is ``ollama``, ``openai``, or empty: it is found out.
        ``local`` lets a name stand for a machine of the local network. Raises :class:`BadInput`."""
        place, goal = _place(url)
        near = is_this_machine(goal.host)
        kinds = _kinds(kind, place, goal)
        called = name or self._free_name(kinds[0], goal)
        if not _NAME.fullmatch(called) or called == "hameau":
            raise BadInput(
                N_("“{name}” can't be the name of a service."),
                hint=N_("Use small letters, digits, dots and dashes, such as ollama or big-machine."),
                name=called[:80],
            )
        if len(secret) > _LONGEST_SECRET or any(not " " < sign <= "~" for sign in secret):
            raise BadInput(N_("That can't be a key: it holds signs that no key has, or it is too long."))
        connection = Connection(
            name=f"models.{called}",
            who=who,
            why=f"models of the service {called}: questions, the passages they are answered from, pictures",
            host=goal.host,
            port=goal.port,
            local=local or near or goal.scheme == "http",
        )
        service = Service(called, kinds[0], place, connection.name, secret, now())
        return Proposal(service, connection, kinds, near)

    def connect(self, proposal: Proposal) -> tuple[Service, tuple[InstalledModel, ...]]:
        """Allows what was proposed, asks the service what it has, and keeps it; one of the same name is replaced.

        Nothing is allowed or kept when it does not answer as it should: raises what the engine raises.
        """
        asked = proposal.connection
        before = self._border.policy().connection(asked.name)
        self._border.allow(asked.host, asked.port, why=asked.why, who=asked.who, name=asked.name, local=asked.local)
        try:
            service, found = self._ask(proposal)
            with self._database().transaction(durable=True) as session:
                session.run(_QUERIES["service_put"], _columns(service, found))
        except BaseException:
            self._take_back(asked.name, before)
            raise
        return service, tuple(_installed(service, model) for model in found)

    def refresh(self, service_id: str) -> tuple[InstalledModel, ...]:
        """Asks a service what it has now."""
        service = self.find(service_id)
        found = _usable(self._engine(service).models())
        with self._database().transaction() as session:
            session.run(_QUERIES["service_models"], {"id": service.id, "models": _written(found)})
        return tuple(_installed(service, model) for model in found)

    def disconnect(self, service_id: str) -> Service:
        """Forgets a service, its key and its models, and takes its Connection back: what is open of it is cut. Raises
        :class:`NotFound`."""
        service = self.find(service_id)
        with self._database().transaction(durable=True) as session:
            session.run(_QUERIES["service_remove"], {"id": service.id})
        with suppress(NotFound):  # a person was faster
            self._border.revoke(service.connection)
        return service

    def _ask(self, proposal: Proposal) -> tuple[Service, tuple[RemoteModel, ...]]:
        """What kind of server it is, of those that it may be, and what it has."""
        failure: HameauError | None = None
        for kind in proposal.kinds:
            of_kind = replace(proposal.service, kind=kind)
            try:
                return of_kind, _usable(self._engine(of_kind).models())
            except (NotFound, BadInput, Unavailable) as error:
                failure = failure or error
        assert failure is not None  # noqa: S101 - there is at least one kind
        raise failure

    def _take_back(self, name: str, before: Connection | None) -> None:
        with suppress(NotFound):
            self._border.revoke(name)
        if before is not None:
            self._border.allow(
                before.host, before.port, why=before.why, who=before.who, name=name,
                until=before.until, also=before.also, local=before.local,
            )  # fmt: skip

    def _engine(self, service: Service) -> ServiceEngine:
        if service.kind not in self._engines:
            raise Missing(N_("This Hameau can't speak with services of the kind {kind}."), kind=service.kind)
        return self._engines[service.kind](service, self._border.client)

    def _there(self, model: InstalledModel) -> tuple[Service, RemoteModel]:
        row = self._row(model.service)
        for remote in _models(row):
            if remote.name == model.remote_name:
                return _service(row), remote
        raise NotFound(
            N_("The service {service} does not have the model {model} any more."),
            hint=N_("See what it has: hameau models services --refresh"),
            service=model.service,
            model=model.remote_name,
        )

    def _free_name(self, kind: ServiceKind, goal: Target) -> str:
        taken = {service.id: target_of(service.url) for service in self.all()}
        host = re.sub(r"[^a-z0-9.-]+", "-", goal.host).strip(".-")[:24] or "service"
        for name in (kind if is_this_machine(goal.host) else host, f"{kind}-{goal.port}", f"{host}-{goal.port}"):
            if name not in taken or taken[name] == goal:
                return name
        return f"{kind}-{len(taken) + 1}"

    def _rows(self) -> list[Row]:
        with self._database().read() as session:
            return session.all(_QUERIES["service_all"])

    def _row(self, service_id: str) -> Row:
        for row in self._rows():
            if row["id"] == service_id:
                return row
        raise NotFound(
            N_("No service called {service} is connected."),
            hint=N_("See which there are: hameau models services"),
            service=service_id[:80],
        )


def _place(url: str) -> tuple[str, Target]:
    """An address in the form in which it is kept, and where it leads."""
    written = url.strip() if "://" in url else f"http://{url.strip()}"
    goal = target_of(written)
    parts = urlsplit(written)
    if parts.query or parts.fragment:
        raise BadInput(N_("The address of a service has no « ? » and no « # »: {url}"), url=url[:200])
    if goal.scheme == "http" and is_far(goal.host):
        raise BadInput(
            N_("{host} is not in your home network: only encrypted connections (https) may leave it."), host=goal.host
        )
    return f"{goal.scheme}://{parts.netloc}{parts.path.rstrip('/')}", goal


def _kinds(kind: str, place: str, goal: Target) -> tuple[ServiceKind, ...]:
    """What kind of service it may be, the likelier first."""
    if kind:
        found = next((each for each in _KINDS if each == kind), None)
        if found is None:
            raise BadInput(N_("A service is of the kind ollama or openai, not {kind}."), kind=kind[:40])
        return (found,)
    if urlsplit(place).path:
        return ("openai",)
    return ("ollama", "openai") if goal.port == 11434 else ("openai", "ollama")


def _usable(models: tuple[RemoteModel, ...]) -> tuple[RemoteModel, ...]:
    """The models whose names can be shown and typed, each once."""
    by_name = {
        _called(model): model
        for model in models
        if 0 < len(model.name) <= _LONGEST_NAME and model.name.isprintable() and " " not in model.name
    }
    return tuple(model for called, model in by_name.items() if called)


def _called(model: RemoteModel) -> str:
    """A model's name after that of its service. Some servers have the path of a file for it: then the file's name."""
    name = re.split(r"[/\\]", model.name)[-1] if re.match(r"[/\\]|[A-Za-z]:\\", model.name) else model.name
    return name.removesuffix(".gguf").removesuffix(":latest")


def _installed(service: Service, model: RemoteModel) -> InstalledModel:
    card = ModelCard(
        id=f"{service.id}/{_called(model)}",
        kind=model.kind,
        title=_called(model),
        family=model.family,
        parameters=model.parameters,
        quantization=model.quantization,
        languages=(),
        license="",
        license_url="",
        size_bytes=0,
        ram_bytes=0,
        context=min(model.context, _CONTEXT)
        if service.kind == "ollama" and model.context
        else model.context or _CONTEXT,
    )
    return InstalledModel(
        card, "", service.added_at, service=service.id, remote_name=model.name, abilities=frozenset(model.abilities)
    )


def _columns(service: Service, models: tuple[RemoteModel, ...]) -> dict[str, object]:
    return {
        "id": service.id,
        "kind": service.kind,
        "url": service.url,
        "connection": service.connection,
        "secret": service.secret,
        "added_at": service.added_at,
        "models": _written(models),
    }


def _service(row: Row) -> Service:
    return Service(row["id"], row["kind"], row["url"], row["connection"], row["secret"], row["added_at"])


def _written(models: tuple[RemoteModel, ...]) -> str:
    return msgspec.json.encode(models).decode()


def _models(row: Row) -> tuple[RemoteModel, ...]:
    """What stands in the table; nothing where another version of Hameau wrote what this one can't read."""
    try:
        return msgspec.json.decode(row["models"], type=tuple[RemoteModel, ...])
    except msgspec.MsgspecError:
        return ()
