"""The switches by which the libraries we ship, and those that a person may add, are told to stay silent.

The perimeter does not rely on them: it is there because a call that is never tried wastes no time and writes no line in
the journal. Sources: each project's documentation of its environment variables.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

SWITCHES = {
    "DO_NOT_TRACK": "1",  # consoledonottrack.com: honoured by many command-line tools
    "HF_HUB_OFFLINE": "1",  # huggingface_hub, and through it kreuzberg, faster-whisper, transformers
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "LLAMA_ARG_OFFLINE": "1",  # llama.cpp, inside xllamacpp
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "ORT_TELEMETRY_DISABLED": "1",  # onnxruntime (Windows builds)
    "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
    "ANONYMIZED_TELEMETRY": "False",  # chromadb, browser tools
    "GRADIO_ANALYTICS_ENABLED": "False",
    "POSTHOG_DISABLED": "1",
    "SCARF_NO_ANALYTICS": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
    "WANDB_MODE": "offline",
}


def set_switches(environment: MutableMapping[str, str] = os.environ) -> None:
    """Sets every switch for this process and its children."""
    environment.update(SWITCHES)
