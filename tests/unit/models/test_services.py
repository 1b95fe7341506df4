"""The services of a home: what is allowed, what is kept, what goes. The engine is a fake; border and database are real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.models import ScriptedGenerator
from hameau.kit import BadInput, HameauError, Missing, NotFound, Refused, Unavailable
from hameau.models import Embedder, GenerationRequest, Generator, Message, ModelCard, RemoteModel, Service, Services
from hameau.perimeter import Client, Kind, Perimeter
from hameau.storage import Database

_ASK = GenerationRequest((Message("user", "x"),))


class Elsewhere:
    """A server that has what the test says; ``failure`` is raised instead."""

    models_there: tuple[RemoteModel, ...] = (RemoteModel("big", context=32768), RemoteModel("tiny:latest", context=512))
    failures: dict[str, HameauError] = {}  # noqa: RUF012 - each test sets its own
    asked: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self, service: Service, client: Client) -> None:
        self.service = service

    def models(self) -> tuple[RemoteModel, ...]:
        self.asked.append((self.service.kind, self.service.secret))
        if self.service.kind in self.failures:
            raise self.failures[self.service.kind]
        return self.models_there

    def generator(self, card: ModelCard, model: RemoteModel, context: int = 0) -> Generator:
        return ScriptedGenerator(f"{model.name} {context}", card=card)

    def embedder(self, model: RemoteModel) -> Embedder:
        raise NotImplementedError


@pytest.fixture
def border(tmp_path: Path) -> Iterator[Perimeter]:
    made = Perimeter(tmp_path)
    yield made
    made.journal.close()


@pytest.fixture
def services(tmp_path: Path, border: Perimeter, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setattr(Elsewhere, "failures", {})
    monkeypatch.setattr(Elsewhere, "asked", [])
    database = Database(tmp_path / "hameau.db")
    yield Services(lambda: database, border, {"ollama": Elsewhere, "openai": Elsewhere})
    database.close()


def test_a_service_comes_is_used_and_goes(services: Services, border: Perimeter) -> None:
    proposal = services.propose("localhost:11434", "Ada", secret="s3cret")
    assert proposal.near
    assert border.policy().connections == (), "a proposal allows nothing"
    service, models = services.connect(proposal)
    assert (service.id, service.kind, service.url) == ("ollama", "ollama", "http://localhost:11434")
    assert [(model.card.id, model.card.context) for model in models] == [("ollama/big", 8192), ("ollama/tiny", 512)]
    assert all(model.service == "ollama" and not model.path for model in models)
    assert services.models() == models
    allowed = border.policy().connection("models.ollama")
    assert allowed
    assert (allowed.host, allowed.port, allowed.local) == ("localhost", 11434, True)
    assert services.host("ollama") == "localhost:11434"
    generator = services.generator(models[1], 256)
    assert next(iter(generator.stream(_ASK))).text == "tiny"
    assert services.disconnect("ollama").id == "ollama"
    assert services.all() == services.models() == ()
    assert border.policy().connections == ()
    with pytest.raises(NotFound):
        services.generator(models[0])


def test_a_key_is_kept_and_never_shown(services: Services, border: Perimeter) -> None:
    service, _ = services.connect(services.propose("localhost:11434", "Ada", secret="s3cret"))
    assert services.find("ollama").secret == "s3cret"
    assert "s3cret" not in repr((service, services.all(), services.propose("x.org", "Ada", secret="s3cret")))
    assert "s3cret" not in repr([entry.facts for entry in border.journal.entries()])
    with pytest.raises(BadInput):
        services.propose("localhost", "Ada", secret="a\r\nX: y")
    with pytest.raises(BadInput):
        services.propose("localhost", "Ada", secret="k" * 5000)


def test_one_that_does_not_answer_leaves_nothing(services: Services, border: Perimeter) -> None:
    Elsewhere.failures.update(openai=Unavailable("silent"), ollama=NotFound("no"))
    with pytest.raises(Unavailable, match="silent"):
        services.connect(services.propose("localhost:8000", "Ada"))
    assert [kind for kind, _ in Elsewhere.asked] == ["openai", "ollama"]
    assert services.all() == ()
    assert border.policy().connections == ()
    kinds = [entry.kind for entry in border.journal.entries()]
    assert kinds == [Kind.CONNECTION_REVOKED, Kind.CONNECTION_ALLOWED]


def test_a_wrong_key_is_not_tried_in_another_protocol(services: Services) -> None:
    Elsewhere.failures.update(openai=Refused("key"))
    with pytest.raises(Refused):
        services.connect(services.propose("localhost:8000", "Ada"))
    assert [kind for kind, _ in Elsewhere.asked] == ["openai"]


def test_connected_anew_it_is_replaced_or_stays_as_it_was(services: Services, border: Perimeter) -> None:
    services.connect(services.propose("localhost:11434", "Ada", secret="old"))
    services.connect(services.propose("localhost:11434", "Ada", secret="new"))
    assert [service.secret for service in services.all()] == ["new"]
    Elsewhere.failures.update(ollama=Unavailable("off"))
    with pytest.raises(Unavailable):
        services.connect(services.propose("localhost:9999", "Bob", name="ollama", kind="ollama"))
    assert services.find("ollama").url == "http://localhost:11434"
    kept = border.policy().connection("models.ollama")
    assert kept
    assert (kept.port, kept.who) == (11434, "Ada")


def test_names_do_not_collide(services: Services) -> None:
    places = (
        "localhost:11434",
        "localhost:8000",
        "127.0.0.1:8001",
        "https://ia.example.org/v1",
        "https://ia.example.org",
    )
    names = [services.connect(services.propose(place, "Ada", kind="openai"))[0].id for place in places]
    assert names == ["openai", "openai-8000", "openai-8001", "ia.example.org", "ia.example.org"]


def test_what_it_has_now_is_asked_anew(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    services.connect(services.propose("localhost:11434", "Ada"))
    strange = ("", "a b", "a\nb", "x" * 300, "\u202eevil", "/models/good.gguf", "C:\\models\\other.gguf", "org/name:7b")
    monkeypatch.setattr(Elsewhere, "models_there", tuple(RemoteModel(name) for name in strange))
    assert [model.card.id for model in services.refresh("ollama")] == [
        "ollama/good",
        "ollama/other",
        "ollama/org/name:7b",
    ]
    assert services.models()[0].remote_name == "/models/good.gguf"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x",
        "http://",
        "http://u:p@x",
        "http://x/?q=1",
        "http://x/#f",
        "http://x y",
        "http://1.1.1.1",
        "http://x:99999",
    ],
)
def test_addresses_that_are_none(services: Services, url: str) -> None:
    with pytest.raises(BadInput):
        services.propose(url, "Ada")


@pytest.mark.parametrize("name", ["Hameau", "hameau", "a/b", "..", "-x", "x" * 40, "é"])
def test_names_that_are_none(services: Services, name: str) -> None:
    with pytest.raises(BadInput):
        services.propose("localhost", "Ada", name=name)


def test_far_ones_are_asked_for_as_such(services: Services) -> None:
    far = services.propose("https://ia.example.org/v1", "Ada")
    assert not far.near
    assert not far.connection.local
    assert "passages" in far.connection.why
    assert services.propose("nas.home.arpa:11434", "Ada").connection.local, "unencrypted: the local network alone"


def test_an_unknown_kind(services: Services) -> None:
    with pytest.raises(BadInput):
        services.propose("localhost", "Ada", kind="grpc")
    with pytest.raises(NotFound):
        services.disconnect("nobody")


def test_a_hameau_without_the_engine(tmp_path: Path, border: Perimeter) -> None:
    database = Database(tmp_path / "other.db")
    bare = Services(lambda: database, border, {})
    with pytest.raises(Missing):
        bare.connect(bare.propose("localhost", "Ada", kind="ollama"))
    assert border.policy().connections == ()
    database.close()
