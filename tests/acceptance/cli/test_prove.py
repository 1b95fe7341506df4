"""``hameau perimeter prove``, the real thing: nothing leaves, the witnesses see, the report can be checked and not changed."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fakes.trees import grow
from hameau.kit import NotFound
from hameau.perimeter import proof
from hameau.perimeter.proof.making import FACTS, KEY, SIGNATURE

PROVE = [sys.executable, "-W", "error", "-c", "from hameau.cli import main; main()", "perimeter", "prove"]
FILES = {"proof.json", "proof.json.sig", "public-key.pem", "rapport.md", "report.md", "journey.pcap", "control.pcap"}
PAPERS = """
    fournil.md: # Le Fournil\\n\\nLa location du Fournil coûte 90 € aux non-adhérents et 40 € aux adhérents.\\n
    roue.html: <h1>La roue</h1><img src="https://192.0.2.99/pixel.gif"><p>La grande roue mesure 4,20 mètres.</p>
"""
BORDER = "not let Hameau"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, model_file: Callable[[str], Path]) -> dict[str, Any]:
    """One whole proof with the smallest real model, over two small documents."""
    base = tmp_path_factory.mktemp("proof")
    model = model_file("smollm2-135m-instruct")
    papers, scratch, out = grow(base / "papiers", PAPERS), base / "scratch", base / "out"
    scratch.mkdir()
    environment = {
        **os.environ,
        "HAMEAU_HOME": str(base / "home"),
        "HAMEAU_MODELS_DIR": str(model.parent),
        "TMPDIR": str(scratch),
    }
    question = "Combien coûte la location du Fournil ?"
    options = ["--out", str(out), "--documents", str(papers), "--question", question, "--model", model.stem, "--json"]
    done = subprocess.run([*PROVE, *options], env=environment, capture_output=True, text=True, timeout=600, check=False)
    if BORDER in done.stdout:
        allowed_to_skip(done.stdout)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    return {
        "code": done.returncode,
        "told": told,
        "out": out,
        "scratch": scratch,
        "papers": papers,
        "environment": environment,
    }


def allowed_to_skip(reason: str) -> None:
    if os.environ.get("HAMEAU_CI") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def report(made: dict[str, Any], tmp_path: Path) -> Path:
    """A copy of the report, to do harm to."""
    return Path(shutil.copytree(made["told"]["folder"], tmp_path / "report"))


pytestmark = pytest.mark.needs_model


def test_nothing_left_and_all_that_was_tried_was_caught(made: dict[str, Any]) -> None:
    facts = json.loads((Path(made["told"]["folder"]) / FACTS).read_text(encoding="utf-8"))
    assert made["told"]["reasons"] == []
    assert (made["code"], made["told"]["passed"], made["told"]["outside"]) == (0, True, 0)
    assert made["told"]["observed"] > 100  # the pages were really fetched, over the loopback
    stage = facts["stage"]
    assert [step["name"] for step in stage["steps"] if not step["ok"]] == []
    assert {"add", "search", "ask", "again", "serve", "status", "doctor", "attempts"} <= {
        s["name"] for s in stage["steps"]
    }
    assert stage["model"] == "smollm2-135m-instruct"
    assert stage["lost"] == 0
    assert len(stage["controls"]) == 6
    assert all(control["seen"] for control in stage["controls"])
    assert all(each["refused"] and each["entry"] and not each["captured"] for each in stage["tries"])
    assert facts["journal"]["ok"]


def test_the_report_is_whole_and_nothing_else_is_left(made: dict[str, Any]) -> None:
    folder = Path(made["told"]["folder"])
    assert folder.parent == made["out"]
    assert re.fullmatch(r"hameau-proof-\d{4}-\d\d-\d\d-\d{4}", folder.name)
    assert {path.name for path in folder.iterdir()} == {*FILES, "journal.zip"}
    assert [path.name for path in made["out"].iterdir()] == [folder.name]
    assert list(made["scratch"].iterdir()) == []
    assert not mentioning(str(made["scratch"]))


def test_the_words_of_documents_and_questions_stay_out_of_it(made: dict[str, Any]) -> None:
    for name in ("proof.json", "rapport.md", "report.md"):
        text = (Path(made["told"]["folder"]) / name).read_text(encoding="utf-8")
        assert "Fournil" not in text
        assert str(made["papers"]) not in text


def test_both_reports_give_the_verdict(made: dict[str, Any]) -> None:
    folder, observed = Path(made["told"]["folder"]), str(made["told"]["observed"])
    assert f"out of {observed} packets" in (folder / "report.md").read_text(encoding="utf-8")
    french = (folder / "rapport.md").read_text(encoding="utf-8")
    assert observed in french
    assert "Refaites-le vous-même" in french


def test_the_command_checks_it(made: dict[str, Any], report: Path) -> None:
    def check(*options: str) -> subprocess.CompletedProcess[str]:
        command = [*PROVE, "--check", str(report), *options]
        return subprocess.run(
            command, env=made["environment"], capture_output=True, text=True, timeout=120, check=False
        )

    good = check("--json")
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout) | {"key": ""} == {
        "ok": True,
        "passed": True,
        "packets": 0,
        "key": "",
        "own_key": True,
        "problems": [],
    }
    (report / "report.md").write_text("All is well.")
    bad = check()
    assert bad.returncode == 1
    assert "report.md" in bad.stdout


@pytest.mark.parametrize("name", sorted({*FILES, "journal.zip"}))
@pytest.mark.parametrize("harm", ["flip", "cut", "extend", "empty", "remove"])
def test_every_change_of_every_file_is_found(report: Path, name: str, harm: str) -> None:
    path = report / name
    content = path.read_bytes()
    middle = len(content) // 2
    changed = {
        "flip": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "cut": content[:-1],
        "extend": content + b"\n",
        "empty": b"",
    }
    if harm == "remove":
        path.unlink()
    else:
        path.write_bytes(changed[harm])
    if (name, harm) == (FACTS, "remove"):
        with pytest.raises(NotFound):
            proof.check(report)
        return
    found = proof.check(report)
    assert not found.ok
    assert found.problems


def test_a_file_more_is_found(report: Path) -> None:
    (report / "more.pcap").write_bytes(b"")
    assert [each.fields["name"] for each in proof.check(report).problems] == ["more.pcap"]


def signed_anew(report: Path, **changes: str) -> None:
    """What somebody does who has no key of ours but knows how reports are made."""
    key = Ed25519PrivateKey.generate()
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    (report / KEY).write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    text = (report / FACTS).read_text(encoding="utf-8")
    text = text.replace(json.loads(text)["key"], raw)
    for old, new in changes.items():
        text = text.replace(old, new)
    (report / FACTS).write_text(text, encoding="utf-8")
    (report / SIGNATURE).write_bytes(key.sign(text.encode()))


def test_a_report_signed_by_somebody_else_shows_another_key(made: dict[str, Any], report: Path) -> None:
    signed_anew(report)
    found = proof.check(report)
    assert found.key != made["told"]["key"]
    assert [each.text for each in found.problems] == ["The file {name} was changed."]  # the key's own hash was noted


def test_facts_that_contradict_the_captures_are_found_even_when_signed(report: Path) -> None:
    signed_anew(report, **{'"captured": false': '"captured": true'})
    assert any("verdict" in each.text for each in proof.check(report).problems)


def test_tools_of_others_agree(made: dict[str, Any]) -> None:
    folder = Path(made["told"]["folder"])
    if openssl := shutil.which("openssl"):
        command = [
            openssl,
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            KEY,
            "-rawin",
            "-in",
            FACTS,
            "-sigfile",
            SIGNATURE,
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert "Success" in done.stdout, done.stderr
    if tcpdump := shutil.which("tcpdump"):
        for name, packets in (("journey.pcap", 0), ("control.pcap", 6)):
            done = subprocess.run([tcpdump, "-nr", name], cwd=folder, capture_output=True, text=True, check=True)
            assert len(done.stdout.splitlines()) == packets
    assert len(base64.b64encode((folder / SIGNATURE).read_bytes())) == 88


# --- where it can't be proven ---------------------------------------------------------------------------------------------


def test_a_border_that_leaks_is_caught_by_the_capture(tmp_path: Path) -> None:
    """With Python's hook alone, the C library and the child get out: into the sealed network, where they are seen."""
    papers = grow(tmp_path / "papiers", PAPERS)
    environment = {**os.environ, "HAMEAU_HOME": str(tmp_path / "home"), "HAMEAU_PERIMETER": "hook"}
    command = [*PROVE, "--out", str(tmp_path / "out"), "--documents", str(papers), "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    told = json.loads(done.stdout)
    if BORDER in done.stdout:
        allowed_to_skip(done.stdout)
    assert done.returncode == 1
    assert not told["passed"]
    assert told["outside"] == 2
    assert any("got out" in reason for reason in told["reasons"])
    folder = Path(told["folder"])
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    assert {each["way"] for each in facts["stage"]["tries"] if each["captured"]} == {"c", "child", "unix"}
    assert "failed" in (folder / "report.md").read_text(encoding="utf-8").split("##")[0]
    found = proof.check(folder)
    assert (found.ok, found.packets) == (True, 2)  # an honest report of a failure


def test_where_the_machine_forbids_it_the_reason_is_said(tmp_path: Path) -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None or os.geteuid() != 0:
        pytest.skip("root lays its powers down with the program setpriv")
    environment = {**os.environ, "HAMEAU_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    command = [setpriv, "--bounding-set=-all", "--inh-caps=-all", *PROVE, "--out", str(tmp_path / "out"), "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "not_permitted"
    assert BORDER in error["message"]
    assert "root" in error["hint"]
    assert list((tmp_path / "out").iterdir()) == []
    assert not list(tmp_path.glob("hameau-proof-*"))


@pytest.mark.parametrize("options", [["--check", "nowhere"], ["--documents", "nowhere"], ["--nope"]])
def test_what_is_not_understood_is_2(options: list[str], tmp_path: Path) -> None:
    done = subprocess.run([*PROVE, *options], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr


# --- cut off -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A proof whose journey has begun; everything that it makes lies in the folder."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "HAMEAU_HOME": str(tmp_path / "home"), "TMPDIR": str(scratch)}
    command = [*PROVE, "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
    )
    assert process.stderr
    for line in process.stderr:
        if BORDER in line:
            process.wait()
            allowed_to_skip(line)
        if "see what holds the border" in line:
            break
    while process.poll() is None and not list(scratch.glob("*/home/hameau.db-wal")):
        time.sleep(0.01)  # documents are being read
    yield process, scratch
    process.stderr.close()
    process.kill()
    process.wait()


def test_ctrl_c_leaves_nothing_behind(begun: tuple[subprocess.Popen[str], Path]) -> None:
    process, scratch = begun
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    nothing_left(scratch)


def test_kill_9_leaves_nothing_behind(begun: tuple[subprocess.Popen[str], Path]) -> None:
    process, scratch = begun
    process.kill()
    process.wait(60)
    nothing_left(scratch)


def test_a_stage_that_was_killed_is_said_and_leaves_nothing(begun: tuple[subprocess.Popen[str], Path]) -> None:
    process, scratch = begun
    (stage,) = psutil.Process(process.pid).children()
    stage.kill()
    assert process.wait(60) == 1
    assert process.stderr
    assert "cut off" in process.stderr.read()
    nothing_left(scratch)


def nothing_left(scratch: Path) -> None:
    """No process, no temporary home, no half report; processes that were told to end get a moment."""
    for _ in range(200):
        if not mentioning(str(scratch)) and not list(scratch.iterdir()):
            break
        time.sleep(0.1)
    assert mentioning(str(scratch)) == []
    assert list(scratch.iterdir()) == []
    assert list((scratch.parent / "out").iterdir()) == []


def mentioning(text: str) -> list[str]:
    """Processes in whose environment ``text`` stands."""
    found = []
    for process in psutil.process_iter():
        try:
            if text in "\0".join(process.environ().values()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found
