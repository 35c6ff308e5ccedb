"""Training on one GPU: tokens a second, utilisation and memory, each switch alone, beside others.

    python tests/bench/train_gpu.py [--sizes 1b 3b 8b] [--tokens 512] [--batch 16] [--steps 12]
        [--only ours trl …] [--out FILE.json]

Needs a CUDA machine and no network: models have the shapes of Llama 3.2 1B and 3B and Llama 3.1 8B
(`dslm/settings/bases.yaml`) and random weights. Every variant is a process of its own: ours goes
through `dslm.training.run.training_run.train`, doctor, probe and all; TRL's is the script that a
newcomer writes (`training_variants`, `peer_trainers`). A variant that fails says so and the others
go on. For a machine that is there for minutes only, see `tests/gpu/first_look.py`.

Without a GPU it runs a tiny model on CPU, to show that it works, and says what was not measured.

`utilisation` is by operations that the model needs (`dslm.training.run.flops`), of the peak that
the maker specifies; `utilisation_of_measured` is of what a large product reached in this run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # tiny_model, scored_rows, …

from support.models.random_base import SIZES, TINY, write_shapes
from support.processes.limited_processes import Notes, limited, starting
from support.training.asked_run import Asked, on_gpu
from support.training.training_variants import NEEDS, OTHERS, OURS, one

from dslm.training.run import hardware_peak

AIMS = {"1b": 72_000, "3b": 28_000, "8b": 11_000}  # tokens a second, LoRA in bf16 on one H200
LIMIT = 580.0  # seconds a variant


def why_not(variant: str) -> str | None:
    """Why a variant cannot be measured here."""
    package, gpu = NEEDS.get(variant, ("torch", False))
    if gpu and not on_gpu():
        return "no CUDA device"
    return None if importlib.util.find_spec(package) else f"{package} is not installed"


def measure(notes: Notes, variant: str, folder: Path, asked: Asked) -> None:
    """One variant, in its process."""
    notes.add(one(variant, folder, asked))


def in_a_process(variant: str, folder: Path, asked: Asked) -> dict[str, Any]:
    """One variant in a process of its own; a failure is a result too."""
    log = folder.with_name("variant.log")
    ended = limited(starting("spawn"), measure, (variant, folder, asked), LIMIT, log)
    if ended.over:
        return {"failed": f"longer than {LIMIT:.0f} seconds"}
    return ended.found if ended.failed is None else {"failed": ended.failed}


def report(asked: Asked, wanted_sizes: list[str] | None, only: list[str] | None) -> dict[str, Any]:
    """All variants of all sizes that this machine can measure."""
    import torch

    sizes = (wanted_sizes or list(SIZES)) if on_gpu() else [TINY]
    reached = hardware_peak.measured("bfloat16").flops
    if on_gpu():
        torch.cuda.empty_cache()  # the runs have processes of their own
    known = hardware_peak.specified(hardware_peak.device_name())
    found: dict[str, Any] = {
        "machine": hardware_peak.device_name(), "torch": torch.__version__,
        "peak_tflops_measured": round(reached / 1e12, 3),
        "peak_tflops_specified": known.flops / 1e12 if known else None,
        "tokens_a_row_about": asked.tokens, "rows_at_once": asked.batch, "updates": asked.steps,
        "aims_tokens_per_second": AIMS, "sizes": {}, "not_measured": {},
    }  # fmt: skip
    if not on_gpu():
        found["not_measured"] |= dict.fromkeys(SIZES, "no CUDA device")
    for size in sizes:
        results = found["sizes"][size] = {}
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "base"
            write_shapes(size, folder)
            needed = None  # operations a token: the same for all, ours counts them
            for variant in only or (*OURS, *OTHERS):
                if reason := why_not(variant):
                    found["not_measured"][variant] = reason
                    continue
                made = in_a_process(variant, folder, asked)
                needed = needed or made.get("flops_per_token")
                if needed and "tokens_per_second" in made:
                    done = made["tokens_per_second"] * needed
                    made["utilisation_of_measured"] = round(done / reached, 4)
                    made["utilisation"] = round(done / known.flops, 4) if known else None
                results[variant] = made
                sys.stderr.write(f"{size} · {variant}: {json.dumps(made)}\n")
    found["not_measured"]["LLaMA-Factory"] = (
        "its command line needs a data set and a config of its own"
    )
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES)
    parser.add_argument("--only", nargs="+", choices=[*OURS, *OTHERS])
    parser.add_argument("--tokens", type=int, default=Asked.tokens)
    parser.add_argument("--batch", type=int, default=Asked.batch)
    parser.add_argument("--steps", type=int, default=Asked.steps)
    parser.add_argument("--rows", type=int, default=Asked.rows)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    asked = Asked(given.tokens, given.batch, given.steps, given.rows)
    text = json.dumps(report(asked, given.sizes, given.only), indent=2)
    print(text)
    if given.out:
        given.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
