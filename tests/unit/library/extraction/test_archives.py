"""Archives as documents: one section a file, nothing believed, nothing without end."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import papers
from fakes.reading import context, read_text
from hameau.library.extraction import limits
from hameau.library.extraction.archives import read_archive
from hameau.library.extraction.context import Context
from hameau.library.extraction.kinds import HEAD_BYTES, kind_of
from hameau.library.extraction.reasons import MEMBERS_LEFT, MEMBERS_LOCKED, MEMBERS_UNREAD, SOME_BROKEN, Unreadable
from hameau.library.types import Extracted

PARTS = {"lettre.txt": "Le conseil s'est réuni.", "dossier/été.md": "# Budget\n\nIl est voté."}
SECTIONS = "# lettre.txt\n\nLe conseil s'est réuni.\n\n# dossier/été.md\n\nBudget\n\n## Budget\n\nIl est voté.\n\n"


def read(data: bytes, name: str, inside: Context | None = None) -> Extracted:
    return read_archive(data, name, kind_of(name, data[:HEAD_BYTES]).media_type, inside or context(deep))


def deep(data: bytes, name: str, inside: Context) -> Extracted:
    """Reads text, and archives in archives."""
    kind = kind_of(name, data[:HEAD_BYTES])
    return (
        read_archive(data, name, kind.media_type, inside) if kind.family == "archive" else read_text(data, name, inside)
    )


def reason(data: bytes, name: str) -> str:
    with pytest.raises(Unreadable) as caught:
        read(data, name)
    return caught.value.reason


@pytest.mark.parametrize(
    "name, data",
    [
        ("a.zip", papers.packed(PARTS)),
        ("a.tar", papers.tarred(PARTS, "")),
        ("a.tar.gz", papers.tarred(PARTS)),
        ("a.tbz2", papers.tarred(PARTS, "bz2")),
        ("a.txz", papers.tarred(PARTS, "xz")),
        ("a.7z", papers.sevenzip(PARTS)),
        ("b.7z", papers.sevenzip(PARTS, "copy")),
        ("c.7z", papers.sevenzip(PARTS, packed_header=True)),
    ],
)
def test_every_file_is_a_section(name: str, data: bytes) -> None:
    assert read(data, name).text == SECTIONS


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_single_packed_file_is_read_as_itself(pack) -> None:
    ending = "gz" if pack is gzip.compress else "bz2"
    found = read(pack(b"# Budget\n"), f"notes.md.{ending}")
    assert (found.text, found.media_type) == ("# Budget\n", "text/markdown")


def test_what_is_not_read_is_named_with_the_reason() -> None:
    inside = context(deep)
    text = read(papers.packed({"a.txt": "bonjour", "chanson.mp3": b"ID3" + bytes(99)}), "a.zip", inside).text
    assert "# Fichiers non lus\n\nchanson.mp3 : enregistrement ou film" in text
    assert inside.budget.doubts == {MEMBERS_UNREAD}


def locked(data: bytes, *names: bytes) -> bytes:
    """A ZIP whose entries of those names claim to be encrypted."""
    out = bytearray(data)
    for mark, flags, name in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        at = out.find(mark)
        while at >= 0:
            if any(out[at + name :].startswith(one) for one in names):
                out[at + flags] |= 1
            at = out.find(mark, at + 4)
    return bytes(out)


def test_a_password_is_said_so() -> None:
    both = papers.packed({"a.txt": "bonjour", "b.txt": "secret"})
    inside = context(deep)
    assert "b.txt : protégé par un mot de passe" in read(locked(both, b"b.txt"), "a.zip", inside).text
    assert inside.budget.doubts == {MEMBERS_LOCKED}
    assert reason(locked(both, b"a.txt", b"b.txt"), "a.zip") == "encrypted"


def test_names_lead_nowhere() -> None:
    names = ("../../evil.txt", "/etc/evil.txt", "C:\\Windows\\evil.txt", "a/./b//evil.txt", "x\ny.txt")
    text = read(papers.packed(dict.fromkeys(names, "mal")), "a.zip").text
    headings = [line for line in text.split("\n") if line.startswith("#")]
    assert headings == ["# evil.txt", "# etc/evil.txt", "# Windows/evil.txt", "# a/b/evil.txt", "# x y.txt"]


def test_old_names_are_read_in_their_alphabet() -> None:
    data = papers.packed({"XXXX.txt": "bonjour"}).replace(b"XXXX", "éclé".encode("cp850"))
    assert read(data, "a.zip").text.startswith("# éclé.txt\n")


def test_what_a_system_left_there_is_not_mentioned() -> None:
    text = read(
        papers.packed({"__MACOSX/._a.txt": b"\0", ".DS_Store": b"\0", "a/.git/x": "x", "a.txt": "oui"}), "a.zip"
    ).text
    assert text == "# a.txt\n\noui\n\n"


def test_bombs_are_refused() -> None:
    assert reason(papers.packed({"zeros.txt": bytes(40 << 20)}), "a.zip") == "bomb"
    assert reason(gzip.compress(bytes(40 << 20)), "zeros.txt.gz") == "bomb"
    assert reason(papers.tarred({"zeros.txt": bytes(40 << 20)}, "bz2"), "a.tar.bz2") == "bomb"
    assert reason(papers.sevenzip({"zeros.txt": bytes(40 << 20)}), "a.7z") == "bomb"


def test_archives_in_archives_end_at_a_depth() -> None:
    inner = papers.packed({"fond.txt": "le fond"})
    for _ in range(limits.DEPTH - 1):
        inner = papers.packed({"dedans.zip": inner})
    assert "le fond" in read(inner, "a.zip").text
    inside = context(deep)
    assert "le fond" not in read(papers.packed({"dedans.zip": inner}), "a.zip", inside).text
    assert MEMBERS_LEFT in inside.budget.doubts


def test_the_budget_is_one_for_all() -> None:
    inside = context(deep, members=5)
    text = read(papers.packed({f"{number}.txt": f"texte {number}" for number in range(9)}), "a.zip", inside).text
    assert "texte 4" in text and "texte 5" not in text and "8.txt : au-delà" in text
    assert inside.budget.doubts == {MEMBERS_LEFT}


def test_a_member_that_broke_a_reader_is_left_out() -> None:
    inside = context(deep, left_out=frozenset({1}))
    text = read(papers.packed(PARTS), "a.zip", inside).text
    assert "Il est voté." in text and "lettre.txt : a interrompu la lecture" in text
    assert inside.budget.doubts == {SOME_BROKEN}


def test_links_and_devices_in_a_tar_are_not_followed() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo(f"{kind!r}.txt")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert reason(buffer.getvalue(), "a.tar") == "empty"


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.7z", "a.txz"])
@given(data=st.data())
def test_damage_is_told_and_nothing_else(name: str, data: st.DataObject) -> None:
    makers = {
        "a.zip": papers.packed, "a.tar.gz": papers.tarred, "a.7z": papers.sevenzip, "a.txz": lambda parts: papers.tarred(parts, "xz"),
    }  # fmt: skip
    broken = bytearray(makers[name](PARTS))
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(6, len(broken) - 1))] = data.draw(st.integers(0, 255))
    del broken[data.draw(st.integers(6, len(broken))) :]
    try:
        read(bytes(broken), name)
    except Unreadable as verdict:
        assert verdict.reason
