"""Release pipeline for domain-specific small language models (DSLMs)."""

import os

__version__ = "0.1.0"

# Nothing leaves the machine: libraries read these when they are imported, which is after us.
for _name, _value in {
    "HF_HUB_OFFLINE": "1",  # `dslm base prepare --hub` lifts it for its own process
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}.items():
    os.environ.setdefault(_name, _value)
