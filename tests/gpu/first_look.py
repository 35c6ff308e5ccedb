"""A first look at a GPU that may be there for minutes only: the most worth first, kept as it comes.

    python tests/gpu/first_look.py --minutes 8 --out DIR [--only STEP …] [--limit STEP=SECONDS …]
        [--device cpu --tiny] [--list] [--dry-run]

Needs a copy of the repository, Python 3.11 and the packages it lists first; nothing is installed,
no network is used: models are random weights of real shapes, drawn on the device. Each step is a
process of its own with a limit. `DIR/summary.json` and `summary.md` are written anew after every
step, `DIR/steps` has a file for each, `DIR/logs` what they printed; whoever ends this program finds
there what was found until then. Exit code 0: the machine could be used, and each step that was
begun is done.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests
sys.path.insert(0, str(Path(__file__).parents[2]))  # dslm, not installed

from gpu.look import summary, wheels
from gpu.look.measuring import measure
from gpu.look.running import DONE, FAILED, OVER, Look, Result, planned, run
from gpu.look.steps import STEPS, chosen
from support.processes.limited_processes import starting, write_whole

BEGUN = time.monotonic()
ROOT = Path(__file__).parents[2]
NOISE = "ignore:resource_tracker"  # of a lock that a library makes when it is loaded


def limits_of(given: list[str]) -> dict[str, float]:
    """`STEP=SECONDS` of the command line."""
    known = {step.name for step in STEPS}
    found = {}
    for one in given:
        name, _, seconds = one.partition("=")
        if name not in known:
            sys.exit(f"--limit: no step {name!r}; there are {', '.join(sorted(known))}")
        try:
            found[name] = above_zero(seconds)
        except ValueError:
            sys.exit(f"--limit: {one!r} is not STEP=SECONDS")
    return found


def above_zero(text: str) -> float:
    """A time: there is one, and it ends."""
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError(text)
    return number


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=above_zero, default=8.0, help="for everything together")
    parser.add_argument(
        "--out", type=lambda text: Path(text).absolute(), help="folder for what is found"
    )
    parser.add_argument("--only", nargs="+", choices=[step.name for step in STEPS], metavar="STEP")
    parser.add_argument("--limit", nargs="+", default=[], metavar="STEP=SECONDS")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="a model of two layers, to try it")
    parser.add_argument("--list", action="store_true", help="what there is: steps and packages")
    parser.add_argument("--dry-run", action="store_true", help="what would be begun in the time")
    parser.add_argument("--cold", action="store_true", help="start every process anew")
    return parser.parse_args()


def set_device(device: str) -> None:
    """Settings of this process and those it starts."""
    os.chdir(ROOT)
    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests"), before])
    os.environ["PYTHONWARNINGS"] = NOISE
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def print_packages() -> None:
    for name, version in wheels.table().items():
        print(f"  {name:16} {version or 'not installed'}")
    lacking = wheels.missing(tuple(wheels.needed()))
    print(f"missing, those that packages need in turn too: {', '.join(lacking) or 'none'}")


def print_plan(results: list[Result]) -> None:
    for result in results:
        about = result.reason or f"at most {result.limit:g} s"
        print(f"  {result.step.name:18} {result.step.shows}\n{'':21}{about}")


def head_of(asked: argparse.Namespace) -> dict[str, Any]:
    return {
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "minutes": asked.minutes,
        "device": asked.device, "model": "tiny, to try it" if asked.tiny else "real shapes",
        "python": sys.version.split()[0], "packages": wheels.table(),
        "missing": wheels.missing(tuple(wheels.needed())),
    }  # fmt: skip


def look_of(asked: argparse.Namespace) -> Look:
    anew = (starting("spawn"),)
    return Look(
        steps=chosen(asked.only, tiny=asked.tiny), seconds=asked.minutes * 60, out=asked.out,
        starts=anew if asked.cold else (starting("forkserver", "gpu.look.warm"), *anew),
        measure=measure, missing=wheels.missing, gpu=asked.device == "cuda",
        limits=limits_of(asked.limit),
    )  # fmt: skip


def stop(*_: Any) -> None:
    raise SystemExit(143)  # what is running is ended on the way out


def clear(out: Path) -> None:
    """Make the folders of a look, without what an earlier one wrote; all else stays."""
    names = {step.name for step in STEPS}
    try:
        for folder in ("logs", "steps"):
            (out / folder).mkdir(parents=True, exist_ok=True)
            for old in (out / folder).glob("*.*"):
                if old.stem in names or old.stem[3:] in names:
                    old.unlink()
        write_whole(out / "summary.md", "begun\n")
    except OSError as error:
        sys.exit(f"--out: nothing can be written to {out}: {error.strerror}; name another folder")


def go(asked: argparse.Namespace, look: Look) -> int:
    """Make the steps; say where the results are."""
    signal.signal(signal.SIGTERM, stop)
    clear(look.out)
    head = head_of(asked)
    told: set[tuple[str, str]] = set()

    def tell(results: list[Result]) -> None:
        summary.write(look.out, head | {"seconds": round(time.monotonic() - BEGUN, 1)}, results)
        for line in summary.news(results, told):
            print(line, flush=True)

    try:
        results = run(look, tell, BEGUN)
    except KeyboardInterrupt:
        print(f"interrupted; what was found is in {look.out / 'summary.md'}")
        return 130
    print(f"written: {look.out / 'summary.md'}")
    broken = any(result.status in (FAILED, OVER) for result in results)
    return int(broken or results[0].status != DONE)


def main() -> int:
    """Print what is there, and what is planned or found."""
    asked = arguments()
    set_device(asked.device)
    look = look_of(asked)
    print("packages")
    print_packages()
    if asked.list or asked.dry_run:
        print("steps, the most worth first, if each took its whole limit")
        print_plan(planned(look))
        return 0
    if asked.out is None:
        sys.exit("--out is missing: name a folder for what is found")
    return go(asked, look)


if __name__ == "__main__":
    sys.exit(main())
