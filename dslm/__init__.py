"""Release pipeline for domain-specific small language models (DSLMs)."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from dslm.releasing.python_api import OpenRelease

__version__ = "0.1.0"

# Nothing leaves the machine: libraries read these when they are imported, which is after us. They
# are set outright: no setting of the shell turns telemetry or the hub on behind a release's back.
os.environ |= {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",  # `dslm base prepare --hub` lifts it for its own process
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
}
for _name, _value in {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    # Waiting threads of libgomp spin a little, then sleep: beside another process, spinning for
    # long leaves two threads slower than one; sleeping at once costs a fifth on a quiet machine.
    "GOMP_SPINCOUNT": "20000",
    # On a GPU blocks are lengthened instead of one taken for each size: of rows of many lengths a
    # fifth to nine tenths more was held than tensors took, now a hundredth more
    # (docs/measurements/gpu.md).
    "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}.items():
    os.environ.setdefault(_name, _value)
# It says at import that it cannot fetch code from a hub, which is as it should be.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)


def open_release(
    workflow: str, release: int | str = "champion", *, root: str | Path | None = None
) -> OpenRelease:
    """A registered release that was verified and answers: `dslm.releasing.python_api` has more.

    Args:
        workflow: A folder in `data/` of the repository.
        release: `champion`, or a version's number.
        root: The repository; by default the one around the present folder, or `DSLM_ROOT`.
    """
    from dslm.releasing.python_api import open_release as opened

    return opened(workflow, release, root=root)
