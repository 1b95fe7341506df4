"""Every setting of Hameau, declared once. ``docs/settings.md`` is made from this file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from hameau.kit import N_, BadInput, Refused, default_home, settings

FILE = "config.toml"
PRIVATE = 0o700
"""The home folder is its owner's alone."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be chosen. The environment weighs more than the file, the file more than the default."""

    home: str = settings.setting(
        "",
        "Where everything is kept. Empty: `$XDG_DATA_HOME/hameau`, else `~/.local/share/hameau`.",
        variable_only=True,
    )
    passphrase_file: str = settings.setting(
        "", "A file that holds the passphrase of an encrypted home ([keeping.md](keeping.md)).", variable_only=True
    )
    host: str = settings.setting("127.0.0.1", "The address that `hameau serve` listens on: this machine alone.")
    port: int = settings.setting(8484, "The port that `hameau serve` listens on.", low=0)
    require_key: bool = settings.setting(
        False,
        "Ask for a key on this machine too: where several people use it, or where another program passes requests on. "
        "From other machines a key is always asked for.",
    )
    allowed_origins: tuple[str, ...] = settings.setting(
        (),
        "Web apps whose pages may have models speak from a browser of this machine, such as `https://notes.example`; for more "
        "they need a key.",
    )
    language: str = settings.setting(
        "", "The language of commands and pages, `fr` or `en`. Empty: the terminal's, the browser's."
    )
    chat_model: str = settings.setting(
        "", "The model that answers, by its name in `hameau models list`. Empty: the best one that fits in memory."
    )
    embedding_model: str = settings.setting(
        "",
        "The model that finds passages by meaning: a folder or a GGUF file in the folder of models, or its path. "
        "Empty: the one that comes with Hameau.",
    )
    models_dir: str = settings.setting("", "Where model files are kept. Empty: `models/` in the home folder.")
    threads: int = settings.setting(0, "Processor threads for models. 0: as many as there are physical cores.", low=0)
    context_tokens: int = settings.setting(
        0, "The context window of the chat model, in tokens. 0: what the model's card says.", low=0
    )
    parallel_answers: int = settings.setting(
        4, "Answers that one chat model writes at the same time; more of them wait in line.", low=1
    )
    models_memory_bytes: int = settings.setting(
        0, "Memory that loaded chat models may take together, in bytes. 0: as much as is free.", low=0
    )
    keep_alive_seconds: int = settings.setting(
        1800,
        "How long a chat model stays in memory after its last answer, in seconds. 0: it goes at once; -1: it stays until its "
        "memory is needed.",
        low=-1,
    )
    searxng_url: str = settings.setting(
        "",
        "The SearXNG that is asked for the web when a question says so. Chosen with `hameau web --connect`, which also "
        "allows the Connection ([searxng.md](searxng.md)). Empty: none.",
    )
    max_file_bytes: int = settings.setting(
        200_000_000, "Files larger than this many bytes are not read; the library says so.", low=1
    )
    extraction_memory_bytes: int = settings.setting(
        2_000_000_000, "Memory that reading one file may take, in bytes.", low=100_000_000
    )
    extraction_seconds: int = settings.setting(120, "Time that reading one file may take, in seconds.", low=1)

    @property
    def home_path(self) -> Path:
        """The home folder; it need not exist yet."""
        return Path(self.home).expanduser().absolute() if self.home else default_home()

    @property
    def models_path(self) -> Path:
        """The folder of the model files; it need not exist yet."""
        return Path(self.models_dir).expanduser().absolute() if self.models_dir else self.home_path / "models"


def read_settings(
    chosen: Mapping[str, settings.Plain] | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """The settings of the home folder that ``environment`` names; ``chosen`` ones, of a command line, weigh most."""
    wanted = dict(chosen or {})
    home = Path(str(wanted.pop("home", "") or settings.read(Settings, None, environment).home_path)).expanduser()
    read = settings.read(Settings, home / FILE, environment)
    return replace(read, home=str(home), **wanted)  # type: ignore[arg-type]


def searxng_of(home: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The setting ``searxng_url`` as it is now: a command may choose another one while a server runs."""
    return settings.read(Settings, home / FILE, environment).searxng_url


def change_settings(current: Settings, **changes: settings.Plain) -> Settings:
    """Keeps ``changes`` in the home's ``config.toml`` and returns the settings that hold from now on."""
    allowed = {each.name for each in fields(Settings)}
    if unknown := set(changes) - allowed:
        raise BadInput(N_("There is no setting {name}."), name=min(unknown))
    prepare_home(current.home_path)
    settings.change(Settings, current.home_path / FILE, changes)
    return replace(current, **changes)  # type: ignore[arg-type]


def prepare_home(home: Path) -> None:
    """Makes the home folder, readable by its owner alone. A folder that exists keeps the rights its owner gave it."""
    try:
        home.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except FileExistsError:
        raise BadInput(N_("{home} is a file; Hameau needs a folder there."), home=home) from None
    except OSError as error:
        raise Refused(
            N_("The home folder {home} can't be made: {reason}"),
            hint=N_("Choose another place with HAMEAU_HOME=/path/of/a/folder."),
            home=home,
            reason=error.strerror or error,
        ) from error
    if (owner := _another_owner(home)) is not None:
        raise Refused(
            N_(
                "The home folder {home} belongs to another user; as root, files would be left there that it can't read."
            ),
            hint=N_("Run Hameau as that user: sudo -u '#{owner}' hameau …"),
            home=home,
            owner=owner,
        )
    if not os.access(home, os.W_OK | os.X_OK):
        raise Refused(
            N_("The home folder {home} can't be written to."),
            hint=N_("Correct its permissions, or choose another place with HAMEAU_HOME=/path/of/a/folder."),
            home=home,
        )


def _another_owner(home: Path) -> int | None:
    """The user id of the owner of ``home`` when we are root and it is not."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    owner = home.stat().st_uid
    return owner if owner != 0 else None
