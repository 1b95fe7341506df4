"""Writes a store as Ollama keeps one: manifests and blobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

_IMAGE = "application/vnd.ollama.image."


def put(store: Path, name: str, layers: Mapping[str, bytes]) -> dict[str, Path]:
    """One model, ``model:tag``; the blobs by their kind."""
    model, _, tag = name.partition(":")
    told, blobs = [], {}
    for kind, content in layers.items():
        digest = hashlib.sha256(content).hexdigest()
        blob = store / "blobs" / f"sha256-{digest}"
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        blobs[kind] = blob
        told.append({"mediaType": _IMAGE + kind, "digest": f"sha256:{digest}", "size": len(content)})
    space = model if "/" in model else f"library/{model}"
    manifest = store / "manifests" / "registry.ollama.ai" / space / (tag or "latest")
    manifest.parent.mkdir(parents=True, exist_ok=True)
    config = {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": "sha256:" + "0" * 64, "size": 2}
    manifest.write_text(json.dumps({"schemaVersion": 2, "config": config, "layers": told}), encoding="utf-8")
    return blobs
