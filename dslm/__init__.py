"""Release pipeline for domain-specific small language models (DSLMs)."""

import os

__version__ = "0.1.0"

# Nothing leaves the machine: libraries read these when they are imported, which is after us. They
# are set outright: no setting of the shell turns telemetry or the hub on behind a release's back.
os.environ |= {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",  # `dslm base prepare --hub` lifts it for its own process
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
for _name, _value in {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    # Threads that wait asleep: where another process runs too, spinning ones cost 1.5-3 times
    # the speed (docs/measurements/invoice_intake.md).
    "OMP_WAIT_POLICY": "passive",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}.items():
    os.environ.setdefault(_name, _value)
