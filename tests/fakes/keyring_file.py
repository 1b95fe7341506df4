"""A keyring of the desktop whose content lies in the file that ``FAKE_KEYRING`` names."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class Keyring(KeyringBackend):
    """Chosen by ``PYTHON_KEYRING_BACKEND=fakes.keyring_file.Keyring``."""

    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        return self._kept().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._keep({**self._kept(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = self._kept()
        del kept[f"{service}/{username}"]
        self._keep(kept)

    def _kept(self) -> dict[str, str]:
        path = Path(os.environ["FAKE_KEYRING"])
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def _keep(self, kept: dict[str, str]) -> None:
        Path(os.environ["FAKE_KEYRING"]).write_text(json.dumps(kept))
