"""Files that are sent before something is made of them, and models that are half here."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.models import CARD
from hameau.kit import BadInput, Cancelled, Conflict, NotEnough, locked
from hameau.models import Blobs, Catalogue, Unfinished
from hameau.models.half import discard, unfinished
from hameau.models.shelf import Shelf

DIGEST = "sha256:" + hashlib.sha256(b"hello").hexdigest()
KNOWN = replace(CARD, id="known", size_bytes=1000)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def test_what_is_sent_is_found(blobs: Blobs) -> None:
    assert blobs.find(DIGEST) is None
    with blobs.receiving(DIGEST) as into:
        into.add(b"hel")
        into.add(b"lo")
    found = blobs.find(DIGEST)
    assert found
    assert found.read_bytes() == b"hello"


def test_something_else_is_not_kept(blobs: Blobs) -> None:
    with pytest.raises(BadInput, match="digest"), blobs.receiving(DIGEST) as into:
        into.add(b"hallo")
    assert list(blobs.folder.iterdir()) == []


def test_what_is_cut_off_is_not_kept(blobs: Blobs) -> None:
    with pytest.raises(Cancelled), blobs.receiving(DIGEST) as into:
        into.add(b"hel")
        raise Cancelled
    assert list(blobs.folder.iterdir()) == []


def test_more_than_the_disk_holds_is_refused_before_it_comes(blobs: Blobs) -> None:
    with pytest.raises(NotEnough), blobs.receiving(DIGEST, 10**16):
        pytest.fail("it began")


@pytest.mark.parametrize(
    "digest", ["", "sha256:", "md5:" + "0" * 64, "sha256:" + "g" * 64, "sha256:../../x", "sha256:" + "A" * 64]
)
def test_what_is_no_digest_is_refused(blobs: Blobs, digest: str) -> None:
    with pytest.raises(BadInput):
        blobs.find(digest)


def test_what_nobody_uses_goes(blobs: Blobs) -> None:
    with blobs.receiving(DIGEST) as into:
        into.add(b"hello")
    found = blobs.find(DIGEST)
    assert found
    os.utime(found, (time.time() - 100_000,) * 2)
    blobs.tidy()
    assert blobs.find(DIGEST) is None


def test_half_a_model_is_told_and_can_be_thrown_away(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, Catalogue((KNOWN,)))
    assert unfinished(shelf, (KNOWN,)) == ()
    discard(shelf, "known")
    shelf.incoming.mkdir()
    (shelf.incoming / "known.json").write_text(json.dumps({"packages": [], "done": 1, "bytes": 400}))
    (shelf.incoming / "known.part").write_bytes(bytes(500))
    assert unfinished(shelf, (KNOWN,)) == (Unfinished("known", 400, 1000),)
    with locked(shelf.incoming / "known.lock"), pytest.raises(Conflict):
        discard(shelf, "known")
    discard(shelf, "known")
    assert unfinished(shelf, (KNOWN,)) == ()
    assert [path.name for path in shelf.incoming.iterdir()] == ["known.lock"]
    (shelf.incoming / "known.download").write_bytes(bytes(300))
    assert unfinished(shelf, (KNOWN,)) == (Unfinished("known", 300, 1000),)
    discard(shelf, "../known")
    assert (shelf.incoming / "known.download").exists()
