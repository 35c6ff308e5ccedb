"""Curation on a real Ray cluster of this machine: the same bytes as without one."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="ray is not installed: pip install ray"
    ),
]
ROOT = Path(__file__).parents[2]
# A process of its own each: Daft's runner is chosen once.
CODE = """
import sys
from pathlib import Path
from dslm.cases import read_labelled
from dslm.contract import load_contract
from dslm.curation.sources.daft_engine import Engine
from dslm.curation.pipeline import curate
data, gold, out, kind = sys.argv[1:]
contract = load_contract(Path(data) / "workflow.yaml")
done = curate(contract, Path(data), read_labelled(Path(gold), contract), Path(out),
              Engine(kind, workers=2))
print(done.inputs["sources"])
"""


def run(data: Path, gold: Path, out: Path, kind: str) -> str:
    arguments = [str(data), str(gold), str(out), kind]
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        capture_output=True, text=True, check=False, timeout=240, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1]


def test_a_ray_cluster_gives_the_same_bytes_as_this_machine_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "sources").mkdir(parents=True)
    here = ROOT / "data" / "invoice_intake"
    workflow = (here / "workflow.yaml").read_text()
    asked = "    kinds: [email, iban, phone]\n"
    fields = "    fields: {target.supplier: company, target.number: id}\n"
    assert asked in workflow
    (data / "workflow.yaml").write_text(workflow.replace(asked, asked + fields))
    sources = sorted((here / "sources").glob("*.jsonl"))
    lines = [line for path in sources for line in path.read_text().splitlines()]
    broken = dict(json.loads(lines[0]), id="broken", target={})
    random.Random(3).shuffle(lines)
    for part in range(4):
        text = "\n".join([*lines[part::4], json.dumps(broken)] if part == 1 else lines[part::4])
        (data / "sources" / f"part{part}.jsonl").write_text(text + "\n")
    gold = ROOT / "eval" / "invoice_intake" / "gold.jsonl"
    digests = [run(data, gold, tmp_path / kind, kind) for kind in ("local", "ray")]
    assert digests[0] == digests[1]
    names = sorted(path.name for path in (tmp_path / "local").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "ray").iterdir())
    assert "train.jsonl" in names
    book = json.loads((tmp_path / "ray" / "ledger.json").read_text())["personal"]
    assert book["shared"] > 0  # counted over the pieces before they are read
    for name in names:
        ours, theirs = ((tmp_path / kind / name).read_bytes() for kind in ("local", "ray"))
        assert ours == theirs, name
