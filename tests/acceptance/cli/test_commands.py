"""The real command in a process of its own: what it prints, on which output, and its exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import HAMEAU, Finished, Server
from fakes.trees import grow

Hameau = Callable[..., Finished]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return grow(
        tmp_path / "papiers",
        """
        fournil.md: # Le Fournil\\n\\nLa location du Fournil coûte 90 € aux non-adhérents.\\n
        moulin/
            roue.txt: La grande roue mesure 4,20 mètres.\\n
            vide.txt:
        """,
    )


def test_help_is_in_the_readers_language(hameau: Hameau) -> None:
    english, french = hameau("--help"), hameau("--help", environment={"HAMEAU_LANGUAGE": "fr"})
    assert (english.code, french.code) == (0, 0)
    assert "Usage:" in english.out
    assert "Usage :" in french.out
    assert "Interroger vos documents" in french.out


@pytest.mark.parametrize("locale", ["fr_FR.UTF-8", "fr"])
def test_the_locale_of_the_terminal_is_followed(hameau: Hameau, locale: str) -> None:
    done = hameau("search", "", environment={"HAMEAU_LANGUAGE": "", "LC_ALL": "", "LC_MESSAGES": "", "LANG": locale})
    assert done.code == 2
    assert re.search("question|recherch|cherch", done.err)


@pytest.mark.parametrize(
    "arguments", [["nope"], ["search"], ["ask"], ["search", "x", "--limit", "0"], ["--nope"], ["sources", "remove"]]
)
def test_what_is_not_understood_is_2_and_says_why(hameau: Hameau, arguments: list[str]) -> None:
    done = hameau(*arguments)
    assert done.code == 2
    assert done.err.strip()
    assert done.out == ""


def test_an_error_has_a_message_a_hint_and_no_stack(hameau: Hameau, tmp_path: Path) -> None:
    done = hameau("add", str(tmp_path / "nowhere"))
    assert done.code == 1
    assert str(tmp_path / "nowhere") in done.err
    assert "Traceback" not in done.err


def test_an_error_is_the_one_document_of_json(hameau: Hameau) -> None:
    done = hameau("models", "show", "nope", "--json")
    assert done.code == 1
    error = json.loads(done.out)["error"]
    assert error["code"] == "not_found"
    assert error["message"]
    assert error["hint"]


def test_a_settings_file_that_is_wrong_is_said_to_be(hameau: Hameau, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("port = [", encoding="utf-8")
    done = hameau("status")
    assert done.code == 1
    assert "config.toml" in done.err
    assert done.err.count("\n") == 2


def test_the_way_of_a_folder(hameau: Hameau, documents: Path) -> None:
    added = _json(hameau("add", str(documents), "--json"))
    assert added["status"]["documents"] == 3
    assert added["status"]["embedded_passages"] == added["status"]["passages"] > 0

    found = _json(hameau("search", "prix pour les non-adhérents", "--json"))
    assert found["results"][0]["uri"] == str(documents / "fournil.md")
    assert set(found) >= {"query", "took_ms", "results"}

    (documents / "neuf.txt").write_text("Le chat du meunier s'appelle Ganymède.\n", encoding="utf-8")
    (documents / "fournil.md").unlink()
    synced = _json(hameau("sync", "--json"))
    assert synced["status"]["documents"] == 3
    assert "Ganymède" in _json(hameau("search", "chat du meunier", "--json"))["results"][0]["text"]

    listed = _json(hameau("sources", "--json"))
    assert [source["uri"] for source in listed] == [str(documents)]
    assert hameau("sources", "remove", listed[0]["id"]).code == 0
    assert _json(hameau("sources", "list", "--json")) == []
    assert _json(hameau("search", "chat du meunier", "--json"))["results"] == []
    assert _json(hameau("status", "--json"))["passages"] == 0


def test_adding_twice_keeps_one_source(hameau: Hameau, documents: Path) -> None:
    first, second = (_json(hameau("add", str(documents), "--json")) for _ in range(2))
    assert first["source"]["id"] == second["source"]["id"]
    assert first["status"] == second["status"]


def test_output_for_programs_has_no_colour_and_no_escape(hameau: Hameau, documents: Path) -> None:
    grow(documents, "piege.txt: un \x1b]0;piège\x07 pour le terminal du moulin\\n")
    assert hameau("add", str(documents)).code == 0
    for arguments in (["search", "piège terminal moulin"], ["sources"], ["status"], ["models", "list"]):
        done = hameau(*arguments)
        assert done.code == 0, done.err
        assert "\x1b" not in done.out + done.err
        assert done.out


def test_arguments_that_are_no_utf8_are_read_all_the_same(hameau: Hameau, documents: Path) -> None:
    assert hameau("add", str(documents)).code == 0
    done = hameau("search", "mètres de la roue".encode("cp1252"), "--json")
    assert _json(done)["query"] == "mètres de la roue"
    assert "roue" in _json(done)["results"][0]["text"]


def test_a_folder_whose_name_is_no_utf8_can_be_added(hameau: Hameau, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/papiers-\xe9t\xe9"
    try:
        Path(os.fsdecode(folder)).mkdir()
    except OSError:
        pytest.skip("this file system takes no such names")
    Path(os.fsdecode(folder), "note.txt").write_text("Le bief gèle en janvier.\n", encoding="utf-8")
    assert _json(hameau("add", folder, "--json"))["status"]["documents"] == 1


def test_a_reader_that_goes_away_is_no_error(home: Path, documents: Path, hameau: Hameau) -> None:
    assert hameau("add", str(documents)).code == 0
    process = subprocess.Popen([*HAMEAU, "search", "moulin roue"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() in (0, 141)
    assert "Traceback" not in errors
    assert "Broken" not in errors


def test_the_doctor_looks_at_everything(hameau: Hameau, home: Path) -> None:
    done = hameau("doctor", "--json")
    report = json.loads(done.out)
    assert done.code == (0 if report["healthy"] else 1)
    names = {check["name"] for check in report["checks"]}
    assert names >= {
        "python",
        "processor",
        "memory",
        "disk",
        "home",
        "database",
        "models",
        "pictures",
        "sandbox",
        "running",
    }
    assert all(check["hint"] for check in report["checks"] if check["state"] == "fail")
    home.chmod(0o755)
    states = {check["name"]: check["state"] for check in json.loads(hameau("doctor", "--json").out)["checks"]}
    assert states["home"] == "warn"


def test_the_doctor_finds_a_damaged_database(hameau: Hameau, home: Path) -> None:
    assert hameau("status").code == 0
    (home / "hameau.db").write_bytes(b"this is no database" * 100)
    done = hameau("doctor")
    assert done.code == 1
    assert "✗ Database" in done.out


def test_no_service_says_how_to_connect_one(hameau: Hameau) -> None:
    done = hameau("models", "services")
    assert done.code == 0
    assert "hameau models connect" in done.err
    assert _json(hameau("models", "services", "--json")) == []


def test_models_are_listed_and_shown(hameau: Hameau) -> None:
    models = _json(hameau("models", "list", "--json"))
    assert {model["kind"] for model in models} == {"chat", "embedding"}
    shown = _json(hameau("models", "show", models[0]["id"], "--json"))
    assert shown["license"]
    installed = next(model["id"] for model in models if model["installed"])
    assert "abilities" in _json(hameau("models", "show", installed, "--json"))
    assert hameau("models", "show", models[0]["id"]).code == 0
    assert hameau("models", "remove", "nope").code == 1


def test_a_file_that_is_no_model_is_refused_and_leaves_nothing(hameau: Hameau, tmp_path: Path, home: Path) -> None:
    (tmp_path / "wrong.gguf").write_bytes(b"GGUF" + b"\0" * 100)
    done = hameau("models", "add", str(tmp_path / "wrong.gguf"))
    assert done.code == 1
    assert done.err.strip()
    assert not list((home / "models").rglob("*.gguf"))


def test_what_can_t_be_read_here_is_said_by_the_status(hameau: Hameau, tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"")
    told = {"TESSDATA_PREFIX": str(tmp_path), "HAMEAU_LANGUAGE": "fr"}
    assert any(
        "tesseract-ocr-fra" in notice for notice in _json(hameau("status", "--json", environment=told))["notices"]
    )
    assert "la partie française" in hameau("status", environment=told).out


def test_two_commands_beside_a_server(server: Server, hameau: Hameau, documents: Path) -> None:
    added = _json(hameau("add", str(documents), "--json"))
    assert added["status"]["documents"] == 3
    assert added["status"]["pending"] == 0
    second = hameau("serve", "--port", "0")
    assert second.code == 1
    assert server.url in second.err


@pytest.mark.parametrize(("how", "codes"), [(signal.SIGINT, {130}), (signal.SIGTERM, {0})])
def test_a_server_that_is_asked_to_stop_goes_quietly(
    start_server: Callable[..., Server], how: int, codes: set[int]
) -> None:
    server = start_server()
    assert server.stop(how) in codes
    assert "Traceback" not in "".join(server.errors)
    start_server()  # the home is free again


def test_a_killed_server_leaves_the_home_free(start_server: Callable[..., Server]) -> None:
    start_server().stop(signal.SIGKILL)
    start_server()


def test_ctrl_c_stops_long_work_at_once(home: Path, documents: Path) -> None:
    for number in range(300):
        (documents / f"{number}.txt").write_text(f"Feuille {number} du registre. " * 200, encoding="utf-8")
    process = subprocess.Popen([*HAMEAU, "add", str(documents)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not (home / "hameau.db").exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.needs_model
def test_a_question_is_answered_with_its_source(
    hameau: Hameau, documents: Path, model_file: Callable[[str], Path], models_dir: Path
) -> None:
    name = "qwen2.5-coder-0.5b-instruct"
    model_file(name)
    assert hameau("add", str(documents)).code == 0
    question = "Combien coûte la location du Fournil pour les non-adhérents ?"
    answer = _json(hameau("ask", question, "--model", name, "--json"))
    assert set(answer) >= {
        "answer", "answered", "sentences", "citations", "model", "evidence_ms", "first_token_ms", "total_ms", "energy_wh",
    }  # fmt: skip
    assert answer["answered"]
    assert "90" in answer["answer"]
    assert answer["citations"][0]["uri"] == str(documents / "fournil.md")
    assert "90 €" in answer["citations"][0]["quote"]

    told = hameau("ask", question, "--model", name)
    assert told.code == 0
    evidence, citation = told.out.index("What your documents say"), told.out.index("[1]")
    assert evidence < citation
    assert "90" in told.out

    chatted = hameau("chat", "--model", name, typed=f"{question}\n\n")
    assert chatted.code == 0
    assert "90" in chatted.out

    kept = _json(hameau("conversations", "list", "--json"))
    assert len(kept) == 3
    assert _json(hameau("conversations", "search", "Fournil", "--json"))
    assert "90" in hameau("conversations", "show", kept[0]["id"]).out
    assert json.loads(hameau("conversations", "export", kept[0]["id"], "--format", "json").out)
    assert hameau("conversations", "delete", kept[0]["id"], "--yes").code == 0
    assert len(_json(hameau("conversations", "list", "--json"))) == 2


@pytest.mark.needs_model
def test_the_demo_does_the_main_job(hameau: Hameau, model_file: Callable[[str], Path], models_dir: Path) -> None:
    model_file("qwen2.5-coder-0.5b-instruct")
    for _run in range(2):
        done = hameau("demo", "--once", environment={"HAMEAU_CHAT_MODEL": "qwen2.5-coder-0.5b-instruct"})
        assert done.code == 0, done.err
        assert "90 €" in done.out
        assert "reglement-interieur.md" in done.out
    assert _json(hameau("status", "--json"))["failed"] == 0


def _json(done: Finished) -> Any:
    assert done.code == 0, done.err
    return json.loads(done.out)
