"""What every Embedder must do: the bundled one, the same in its own process, and the fake."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from fakes.models import HashedEmbedder
from hameau.models import BackgroundEmbedder, Embedder, Gate, physical_cores
from hameau.models.engines import ENGINES
from hameau.models.engines.embedders import FOUR_BITS

FRENCH = [
    "La salle des fêtes ouvre le samedi à dix heures.",
    "Le chien du voisin aboie toute la nuit.",
    "Le budget de l'association est de 1 234,50 € pour l'année.",
]
ODD = ["", " ", "\0", "a\0b", "\ud800", "mot " * 20_000, "\n\n", "😀" * 50]


@pytest.fixture(scope="module", params=["fake", "bundled", "4 bits"])
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    makers: dict[str, Callable[[], Embedder]] = {
        "fake": HashedEmbedder,
        "bundled": lambda: ENGINES.embedder(physical_cores()),
        "4 bits": lambda: ENGINES.embedder(physical_cores(), FOUR_BITS),
    }
    made = makers[request.param]()
    yield made
    made.close()


@pytest.fixture(scope="module")
def background() -> Iterator[BackgroundEmbedder]:
    same = ENGINES.embedder(1)
    made = BackgroundEmbedder(ENGINES.embedding_worker, same.id, same.dimensions, physical_cores(), Gate())
    yield made
    made.close()
    same.close()


def test_vectors_have_unit_length(embedder: Embedder) -> None:
    for vectors in (embedder.embed_passages(FRENCH), embedder.embed_queries(FRENCH)):
        assert vectors.shape == (3, embedder.dimensions)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_the_same_text_has_the_same_vector(embedder: Embedder) -> None:
    alone = embedder.embed_passages(FRENCH[1:2])
    together = embedder.embed_passages(FRENCH)
    assert np.allclose(alone[0], together[1], atol=1e-4)


def test_a_question_is_nearest_to_its_answer(embedder: Embedder) -> None:
    question = embedder.embed_queries(["Quand ouvre la salle des fêtes ?"])[0]
    assert int(np.argmax(embedder.embed_passages(FRENCH) @ question)) == 0


def test_no_text_is_no_vector(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimensions)
    assert embedder.embed_queries([]).shape == (0, embedder.dimensions)


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_have_vectors(embedder: Embedder, text: str) -> None:
    for vectors in (embedder.embed_passages([text, FRENCH[0]]), embedder.embed_queries([text])):
        assert np.isfinite(vectors).all()


def test_the_id_names_the_vectors(embedder: Embedder) -> None:
    assert embedder.id
    assert embedder.id == embedder.id.strip()


def test_the_background_gives_the_very_same_vectors(background: BackgroundEmbedder) -> None:
    embedder = ENGINES.embedder(physical_cores())
    texts = FRENCH * 13  # more than one batch
    assert background.id == embedder.id
    assert background.dimensions == embedder.dimensions
    assert np.allclose(background.embed_passages(texts), embedder.embed_passages(texts), atol=1e-5)
    assert background.embed_passages([]).shape == (0, embedder.dimensions)
    assert np.isfinite(background.embed_passages(ODD)).all()
    embedder.close()
