"""Sources come and go over the real library, perimeter and adapters: all of it, or nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from hameau.hub import Connecting, Hub, read_settings
from hameau.hub.trials import TrialSecrets
from hameau.kit import BadInput, HameauError, Missing, NotFound, Refused, Unavailable
from hameau.library import SourceSecrets
from hameau.perimeter import FOREVER, Kind, Perimeter
from servers.dav import PASSWORD, USER, wsgidav


class Ring:
    """A keyring in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def there(self) -> bool:
        return True

    def get(self, name: str) -> str:
        return self.kept.get(name, "")

    def put(self, name: str, secret: str) -> None:
        if secret:
            self.kept[name] = secret
        else:
            self.kept.pop(name, None)


def names(hub: Hub) -> list[str]:
    return [one.name for one in hub.perimeter.policy().connections]


def test_a_storage_is_connected_written_to_and_removed_with_all_that_was_its(hub: Hub, tmp_path: Path) -> None:
    files = tmp_path / "nuage"
    files.mkdir()
    (files / "note.md").write_text("Le moulin tourne.", "utf-8")
    with wsgidav(files, tmp_path / "log") as there:
        proposal = hub.connecting.propose(there.url, kind="webdav", user=USER)
        assert proposal.near
        assert proposal.needs_secret
        assert names(hub) == []
        with pytest.raises(BadInput):
            hub.connecting.connect(proposal)
        with pytest.raises(Refused):
            hub.connecting.connect(proposal, secret="faux")
        assert names(hub) == []
        assert hub.library.sources() == []
        source = hub.connecting.connect(proposal, secret=PASSWORD)
        assert names(hub) == [source.settings["connection"]]
        assert PASSWORD not in repr(source)
        hub.indexer.run_until_idle(lambda _: None)
        assert hub.library.source(source.id).documents == 1
        uri = hub.write_back(source.id, "Résumé.md", "# Résumé\n\nTout va bien.")
        assert (files / "Résumé.md").read_text("utf-8").startswith("# Résumé")
        assert hub.write_back(source.id, "Résumé.md", "autre") != uri
        assert (files / "Résumé.md").read_text("utf-8").startswith("# Résumé")
        again = hub.connecting.connect(hub.connecting.again(source.id))
        assert again.id == source.id
        hub.connecting.remove(source.id)
    assert names(hub) == []
    assert hub.library.sources() == []
    with hub.database.read() as session:
        assert session.value("select count(*) from source_secrets") == 0


def test_what_does_not_answer_leaves_nothing_and_what_was_allowed_before_stays(hub: Hub) -> None:
    held = hub.perimeter.allow("127.0.0.1", 9, why="before", who="command", name="source.feed.127.0.0.1", local=True)
    proposal = hub.connecting.propose("http://127.0.0.1:9/feed.xml", kind="feed")
    with pytest.raises(HameauError):
        hub.connecting.connect(proposal)
    assert [replace(one, since=0.0) for one in hub.perimeter.policy().connections] == [replace(held, since=0.0)]
    assert hub.library.sources() == []


def test_a_mail_server_that_was_only_guessed_is_said_to_be(hub: Hub) -> None:
    proposal = hub.connecting.propose("jeanne@moulin.invalid")
    with pytest.raises(Unavailable) as away:
        hub.connecting.connect(proposal, secret="moulin")
    assert "IMAP" in away.value.hint
    assert away.value.fields["user"] == "jeanne%40moulin.invalid"
    assert hub.library.sources("home") == []


def test_a_folder_is_no_matter_of_the_border(hub: Hub, tmp_path: Path) -> None:
    source = hub.connecting.connect(hub.connecting.propose(str(tmp_path)))
    assert (source.kind, names(hub)) == ("folder", [])
    assert hub.connecting.pause(source.id).paused_at
    assert hub.connecting.resume(source.id).paused_at == ""
    with pytest.raises(NotFound):
        hub.connecting.remove("nowhere")
    with pytest.raises(Refused):
        hub.write_back(source.id, "a.md", "text")
    with pytest.raises(Missing):
        hub.connecting.propose("x", kind="unheard-of")


def test_a_thousand_feeds_are_allowed_at_once(hub: Hub) -> None:
    lines = [f'<outline type="rss" text="n{n}" xmlUrl="https://h{n % 50}.example/{n}.xml"/>' for n in range(300)]
    opml = f'<opml version="2.0"><body>{"".join(lines)}</body></opml>'.encode()
    wanted = hub.feeds.propose(opml)
    assert len(wanted.hosts) == 50
    made = hub.feeds.connect(wanted)
    assert (len(made), len(names(hub))) == (300, 50)
    assert made[0].title == "n0"
    again = hub.feeds.propose(hub.feeds.export())
    assert (len(again.proposals), len(again.known)) == (0, 300)


def test_secrets_are_kept_where_they_were_wanted(hub: Hub, tmp_path: Path) -> None:
    ring = Ring()
    secrets = SourceSecrets(hub.database, ring)
    tried = TrialSecrets(secrets)
    token = tmp_path / "token"
    token.write_text("renewed\n")
    for where, secret in (("kept", "one"), ("keyring", "two"), (f"file:{token}", "")):
        source = hub.library.add_source("memory", where, settings={"secret": where})
        secrets.put(source, secret)
        if where.startswith("file:"):
            token.chmod(0o644)
            with pytest.raises(Refused):
                secrets.of(source)
            token.chmod(0o600)
        assert tried.of(source) == (secret or "renewed")
        with tried.trying(source.id, "typed"):
            assert tried.of(source) == "typed"
        secrets.remove(source)
        if not where.startswith("file:"):
            with pytest.raises(Missing):
                tried.of(source)
    assert ring.kept == {}
    assert token.read_text() == "renewed\n"
    assert isinstance(hub.connecting, Connecting)


def test_a_connection_that_was_over_does_not_come_to_life_by_a_failure(tmp_path: Path) -> None:
    now = [1_000_000_000.0]
    border = Perimeter(tmp_path, clock=lambda: now[0])
    border.allow("127.0.0.1", 9, why="then", who="Ada", name="source.feed.127.0.0.1", local=True, until=now[0] + 60)
    made = Hub(read_settings({"home": str(tmp_path)}))
    try:
        proposal = made.connecting.propose("http://127.0.0.1:9/feed.xml", kind="feed")
        with pytest.raises(Unavailable):  # and not that a Connection can't end in the past
            made.connecting.connect(proposal)
        assert names(made) == []
    finally:
        made.close()


def test_a_connection_is_only_lent_while_a_source_is_tried(hub: Hub, tmp_path: Path) -> None:
    """Whoever is killed in the middle leaves nothing that holds for ever."""
    files = tmp_path / "nuage"
    files.mkdir()
    with wsgidav(files, tmp_path / "log") as there:
        proposal = hub.connecting.propose(there.url, kind="webdav", user=USER)
        hub.connecting.connect(proposal, secret=PASSWORD)
    kept, lent = hub.perimeter.journal.entries(kinds={Kind.CONNECTION_ALLOWED})
    assert "until" not in kept.facts
    assert time.time() < float(lent.facts["until"]) < time.time() + 3600
    assert [one.until for one in hub.perimeter.policy().connections] == [FOREVER]


def test_a_password_that_is_elsewhere_from_now_on_is_not_left_behind(hub: Hub, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(PASSWORD)
    token.chmod(0o600)
    files = tmp_path / "nuage"
    files.mkdir()
    with wsgidav(files, tmp_path / "log") as there:
        source = hub.connecting.connect(hub.connecting.propose(there.url, kind="webdav", user=USER), secret=PASSWORD)
        hub.connecting.connect(hub.connecting.again(source.id), keep=f"file:{token}")
    with hub.database.read() as session:
        assert session.value("select count(*) from source_secrets") == 0


def test_feeds_that_can_not_be_kept_leave_no_connections(hub: Hub) -> None:
    one = hub.connecting.propose("https://a.example/f.xml", kind="feed")
    two = replace(one, space="nowhere")
    with pytest.raises(NotFound):
        hub.connecting.connect_all([one, two])
    assert (names(hub), hub.library.sources()) == ([], [])


def test_a_failure_in_one_window_does_not_cut_what_another_connected(hub: Hub) -> None:
    proposal = hub.connecting.propose("http://127.0.0.1:9/feed.xml", kind="feed")
    assert proposal.connection is not None
    hub.connecting.connect_all([proposal])
    hub.connecting._take_back(proposal.connection, None)  # what the other window does
    assert names(hub) == ["source.feed.127.0.0.1"]
